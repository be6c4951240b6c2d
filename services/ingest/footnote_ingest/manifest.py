"""The site's own account of its pages: `footnote-manifest.json`, which the theme package writes in a build.

This file reads and checks it; `reconcile` applies it.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from footnote_ingest.sources import Problem

FILE_NAME = "footnote-manifest.json"
MAX_BYTES = 64_000_000
"""A page takes about 1 kB: more than 50,000 pages with their headings."""


def _inside_site(path: str) -> str:
    """A path on the site itself, with nothing that a browser or a file system would resolve."""
    if not re.fullmatch(r"/(?!/)[^\\?#\x00-\x1f]*", path) or {".", ".."} & set(path.split("/")):
        raise ValueError("is not a path of the site")
    return path


def _inside_folder(path: str | None) -> str | None:
    if path is not None and (path.startswith("/") or "\\" in path or {"", ".", ".."} & set(path.split("/"))):
        raise ValueError("is not a file of the site")
    return path


Route = Annotated[str, Field(max_length=4000), AfterValidator(_inside_site)]
Id = Annotated[str, Field(min_length=1, max_length=4000)]


class Entry(BaseModel):
    """One page of a build; the fields are those of the manifest.

    anchors  level and id of each heading, in the order of the page; None where no page was built
    rows     ids of table rows
    digest   SHA-256 of the source file, hexadecimal
    """

    model_config = ConfigDict(strict=True, frozen=True)

    kind: Literal["docs", "blog", "pages"]
    plugin: str
    version: str | None
    latest: bool | None = None
    id: str
    source: Annotated[str | None, AfterValidator(_inside_folder)]
    path: Route
    title: str | None
    unlisted: bool
    no_index: Annotated[bool, Field(alias="noIndex")]
    anchors: tuple[tuple[int, Id], ...] | None = None
    rows: tuple[Id, ...] | None = None
    digest: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    version: Annotated[Literal[1], Field(alias="schema")]
    url: str
    base_url: Annotated[Route, Field(alias="baseUrl", pattern="/$")]
    locale: Annotated[str, Field(pattern=r"^[\w-]{1,64}$")]
    trailing_slash: Annotated[bool | None, Field(alias="trailingSlash")]
    pages: tuple[Entry, ...]


class Manifest:
    """What one build says of one locale.

    name      path of the file, for messages
    built_at  when it was written, in seconds since the epoch
    """

    def __init__(self, name: str, built_at: float, content: _File) -> None:
        self.name = name
        self.built_at = built_at
        self.locale = content.locale
        self.base_url = content.base_url
        self.trailing_slash = content.trailing_slash
        self.entries = content.pages
        self._by_source = {entry.source: entry for entry in content.pages if entry.source}
        # Of files beside the site directory a manifest names no source.
        self._by_id: dict[tuple[str, str, str | None, str], Entry] = {
            (e.kind, e.plugin, e.version, e.id): e for e in content.pages if not e.source
        }

    def entry(self, source: str, kind: str, plugin: str, version: str | None, id: str) -> Entry | None:
        """What is said of the page made of `source`, which has such an id."""
        if source.startswith("../"):
            return self._by_id.get((kind, plugin, version, id))
        return self._by_source.get(source)

    def groups(self) -> dict[tuple[str, str, str | None], list[Entry]]:
        """The pages made of Markdown by kind, plugin and version."""
        groups: dict[tuple[str, str, str | None], list[Entry]] = {}
        for entry in self.entries:
            if entry.source and entry.source.endswith((".md", ".mdx")):
                groups.setdefault((entry.kind, entry.plugin, entry.version), []).append(entry)
        return groups

    def is_current(self, entry: Entry, data: bytes, changed_at: float) -> bool:
        """Whether the file is the one that was built: by its digest, else by its time."""
        if entry.digest is not None:
            return hashlib.sha256(data).hexdigest() == entry.digest
        return changed_at <= self.built_at


def read_manifests(site: Path) -> Iterator[Manifest | Problem]:
    """The manifests of the last build, one a locale; what is wrong with the others."""
    locales: dict[str, str] = {}
    build = site / "build"
    for path in (build / FILE_NAME, *sorted(build.glob(f"*/{FILE_NAME}"))):
        name = path.relative_to(site).as_posix()
        if not path.is_file():
            continue
        if not path.resolve().is_relative_to(site):
            yield Problem(name, 1, "is a link that leads out of the site directory; it is not used", False)
            continue
        read = _read(path, name)
        if isinstance(read, Manifest) and read.locale in locales:
            message = f"is of the locale {read.locale}, as {locales[read.locale]} is; it is not used"
            read = Problem(name, 1, message, failed=False)
        if isinstance(read, Manifest):
            locales[read.locale] = name
        yield read


def _read(path: Path, name: str) -> Manifest | Problem:
    stat = path.stat()
    if stat.st_size > MAX_BYTES:
        message = f"is larger than {MAX_BYTES // 1_000_000} MB; it is not used"
        return Problem(name, 1, message, failed=False)
    try:
        data = path.read_bytes()
    except OSError as error:
        return Problem(name, 1, f"cannot be read ({error.strerror}); it is not used", failed=False)
    return parse_manifest(data, name, stat.st_mtime)


def parse_manifest(data: bytes, name: str, built_at: float) -> Manifest | Problem:
    """The manifest in `data`, or what is wrong with it."""
    try:
        content = _File.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        message = f"is no manifest that can be used: {place}: {first['msg']}; build the site again"
        return Problem(name, 1, message, failed=False)
    stray = next((e for e in content.pages if not f"{e.path}/".startswith(content.base_url)), None)
    if stray is not None:
        message = f"is no manifest that can be used: {stray.path} is not below {content.base_url}"
        return Problem(name, 1, message, failed=False)
    return Manifest(name, built_at, content)
