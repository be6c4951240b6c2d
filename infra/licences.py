"""Licences of everything that the product installs, from the lock files: `make licences`.

Lists name, version and licence of each dependency that is not for development alone. With --check it
fails on one that is not known to go with the Apache License 2.0 of this project.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "services/web"

ALLOWED = re.compile(
    r"0BSD|AFL-2\.1|Apache(-2\.0| Software License)|Artistic-2\.0|BlueOak-1\.0\.0|(3-Clause )?BSD( License)?"
    r"|BSD-[23]-Clause|CC-BY-[34]\.0|CC0-1\.0|ISC( License)?|MIT(-0|-CMU| License)?|(Mozilla Public License |MPL-)2\.0"
    r"|PSF-2\.0|Python Software Foundation License|Python-2\.0|Unicode-3\.0|Unlicense|WTFPL|Zlib"
)
"""Licences that ask for no more than to be named, and MPL 2.0, which covers its own files only."""

SAID_ELSEWHERE = {"openai-chatkit": "Apache-2.0", "py-rust-stemmers": "MIT", "require-like": "MIT"}
"""Packages that say it in their LICENSE or README alone."""

SAME = {
    "footnote",
    "footnote-core",
    "footnote-ingest",
    "footnote-api",
    "footnote-web",
    "docusaurus-theme-footnote",
}


class Dependency(NamedTuple):
    """`licence` is an SPDX expression or the words of the package, "" where it says nothing."""

    ecosystem: str
    name: str
    version: str
    licence: str

    @property
    def is_allowed(self) -> bool:
        """Whether one of the licences to choose from is allowed with all its parts."""
        choices = re.split(r"\s+OR\s+", self.licence.replace("(", "").replace(")", ""))
        return any(
            all(ALLOWED.fullmatch(part.strip()) for part in re.split(r"\s+AND\s+|;\s*", choice))
            for choice in choices
        )


def main() -> int:
    """0, or 1 with --check when a licence is not allowed."""
    parser = argparse.ArgumentParser(description="Licences of the dependencies.")
    parser.add_argument("--check", action="store_true", help="name only those that are not allowed, and fail")
    check = parser.parse_args().check
    found = sorted({*python_dependencies(), *npm_dependencies()})
    refused = [dependency for dependency in found if not dependency.is_allowed]
    for dependency in refused if check else found:
        print(
            f"{dependency.ecosystem:7}{dependency.name} {dependency.version}: {dependency.licence or 'unknown'}"
        )
    print(
        f"{len(found)} dependencies, {len(refused)} with a licence that is not on the list", file=sys.stderr
    )
    return 1 if check and refused else 0


def python_dependencies() -> Iterator[Dependency]:
    """What `uv.lock` names for run time and this environment has installed."""
    uv = Path(sys.executable).with_name("uv")
    command = [
        uv,
        "export",
        "--all-extras",
        "--quiet",
        "--locked",
        "--no-dev",
        "--all-packages",
        "--no-hashes",
        "--no-header",
    ]
    locked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", locked, re.MULTILINE):
        try:
            about = metadata(name)
        except PackageNotFoundError:
            continue  # of another system or Python
        licence = _licence(about.json) or SAID_ELSEWHERE.get(name, "")
        yield Dependency("python", name, about["Version"], licence)


def _licence(about: dict[str, str | list[str]]) -> str:
    """The expression if there is one, else the classifiers, else the first line of the field."""
    if expression := about.get("license_expression"):
        return str(expression)
    named = [c for c in about.get("classifier", []) if c.startswith("License :: ") and c.count(" :: ") > 1]
    if named:
        return "; ".join(c.rpartition(" :: ")[2].removesuffix(" (MPL 2.0)") for c in named)
    return str(about.get("license", "")).partition("\n")[0].strip()


def npm_dependencies() -> Iterator[Dependency]:
    """What `package-lock.json` names for the built site and its theme."""
    packages = json.loads((WEB / "package-lock.json").read_text())["packages"]
    for path, package in packages.items():
        name = package.get("name") or path.rpartition("node_modules/")[2]  # an alias has its own name inside
        if "node_modules/" not in path or package.get("dev") or package.get("link") or name in SAME:
            continue
        yield Dependency("npm", name, package["version"], package.get("license") or _installed(name, path))


def _installed(name: str, path: str) -> str:
    """Of the few packages whose lock entry says nothing, what the package itself says."""
    file = WEB / path / "package.json"
    if not file.is_file():
        return SAID_ELSEWHERE.get(name, "")
    said = json.loads(file.read_text())
    types = [licence["type"] for licence in said.get("licenses", [])]  # how it was written long ago
    return " OR ".join(types) or SAID_ELSEWHERE.get(name, "")


if __name__ == "__main__":
    sys.exit(main())
