"""Which versions of its docs a site publishes, and where."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from footnote_core.errors import SourceError
from footnote_ingest.config import Plugin
from footnote_ingest.options import Options
from footnote_ingest.routes import CURRENT_VERSION

_NAME = re.compile(r'(?!\.{1,2}$)[^/\\<>:"|?*\x00-\x1f\ud800-\udfff]{1,32}')


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the docs of one plugin.

    segment  its part of the path: none for the default one, `next` for unreleased docs
    latest   whether it is the default one
    """

    name: str
    folder: Path
    segment: str
    latest: bool

    @property
    def folder_name(self) -> str:
        """Of its translations."""
        return self.name if self.name == CURRENT_VERSION else f"version-{self.name}"


def read_versions(site: Path, plugin: Plugin, current: Path, options: Options) -> Iterator[Version]:
    """The versions that search engines may index, the unreleased one first.

    current  folder of the unreleased docs
    """
    prefix = "" if plugin.id == "default" else f"{plugin.id}_"
    said = plugin.options
    disabled = options.flag(said["disableVersioning"], "disableVersioning")
    names = [] if disabled else _names(site / f"{prefix}versions.json")
    if options.flag(said["includeCurrentVersion"], "includeCurrentVersion") is not False:
        names = names if CURRENT_VERSION in names else [CURRENT_VERSION, *names]
    options.doubt_unknown(said["onlyIncludeVersions"], "onlyIncludeVersions", "all versions")
    if only := [name for item in said["onlyIncludeVersions"].items if (name := item.text)]:
        names = [name for name in names if name in only]
    newest = next((name for name in names if name != CURRENT_VERSION), CURRENT_VERSION)
    last = options.text(said["lastVersion"], "lastVersion", newest) if len(names) > 1 else newest
    for name in names:
        own = said["versions"][name]
        if own["noIndex"].content is True:
            continue
        folder = current if name == CURRENT_VERSION else site / f"{prefix}versioned_docs" / f"version-{name}"
        default = "" if name == last else "next" if name == CURRENT_VERSION else name
        several = len(names) > 1
        path = own["path"]
        segment = options.text(path, f"path of version {name}", default) if several or path.text else default
        yield Version(name, folder, segment, name == last)


def _names(path: Path) -> list[str]:
    if not path.is_file():
        return []
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {error}.") from error
    if not isinstance(names, list) or not all(isinstance(n, str) and _NAME.fullmatch(n) for n in names):
        raise SourceError(f"{path} is not a list of version names.")
    return names
