"""Which release of Docusaurus a site uses, as its packages tell."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from footnote_ingest.config import Value, repository
from footnote_ingest.javascript.methods import from_json

Release = tuple[int, int]
"""Major and minor number."""

_CORE = "@docusaurus/core"
_LOCKS = {
    "package-lock.json": re.compile(r'"(?:[^"\n]*/)?@docusaurus/core": \{\s*"version": "(\d+)\.(\d+)'),
    "yarn.lock": re.compile(r'^"?@docusaurus/core@[^\n]*:\n +version:? "?(\d+)\.(\d+)', re.MULTILINE),
    "pnpm-lock.yaml": re.compile(r"""^ +['"]?/?@docusaurus/core[@/](\d+)\.(\d+)""", re.MULTILINE),
}
_RANGE = re.compile(r"(\^|~|>=|=|)\s*v?(\d+)\.(\d+)(?:\.[\w.+-]+)?")
_MAX_BYTES = 20_000_000


def has_release(site: Path, release: Release) -> bool | None:
    """Whether the site uses that release of Docusaurus or a later one; None where it cannot be told.

    What is installed counts, then what a lock file names, then the range in the site's `package.json`.
    """
    reach = repository(site)
    folders = [folder for folder in (site, *site.parents) if folder.is_relative_to(reach)]
    for folder in folders:
        installed = _json(folder / "node_modules" / _CORE / "package.json")["version"].text
        if installed:
            return _in_range(installed, release)
    for folder in folders:
        if found := set(_locked(folder)):
            answers = {one >= release for one in found}
            return answers.pop() if len(answers) == 1 else None
    package = _json(site / "package.json")
    asked = package["dependencies"][_CORE].text or package["devDependencies"][_CORE].text
    return _in_range(asked, release) if asked else None


def _locked(folder: Path) -> Iterator[Release]:
    for name, pattern in _LOCKS.items():
        for major, minor in pattern.findall(_text(folder / name)):
            yield int(major), int(minor)


def _in_range(text: str, release: Release) -> bool | None:
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        return None
    least = int(match[2]), int(match[3])
    if least >= release:
        return True
    last = match[1] != ">=" and (match[1] != "^" or least[0] < release[0])
    return False if last else None


def _text(path: Path) -> str:
    """Empty where there is no such file, or a giant one."""
    if not path.is_file() or path.stat().st_size > _MAX_BYTES:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def _json(path: Path) -> Value:
    try:
        return from_json(json.loads(_text(path) or "{}"), 1, path.name)
    except (ValueError, RecursionError):
        return Value({}, 1, path.name)
