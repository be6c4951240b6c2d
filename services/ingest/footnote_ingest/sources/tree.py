"""Files of a site: which of them may be read, and what is in them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from footnote_core.errors import SourceError
from footnote_ingest.globs import Matcher
from footnote_ingest.javascript.files import is_path
from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.open_file import Partial
from footnote_ingest.site import Root

MAX_PAGE_BYTES = 2_000_000
"""Larger files are generated data more often than prose; the biggest page of large sites has 0.3 MB."""

SUFFIXES = (".md", ".mdx")


class Tree:
    """A site directory, the folders of pages that its configuration names, and its repository.

    reach    folder that imported files are taken from
    outside  links that lead elsewhere, in the order they were found
    """

    def __init__(self, site: Path, roots: Iterable[Root] = (), reach: Path = Path()) -> None:
        self._site = site
        self._reach = reach
        self._folders = {site}
        self._blogs: list[Path] = []
        self.outside: dict[str, None] = {}
        for root in roots:
            self._folders.add(root.folder.resolve())
            if root.kind == "blog":
                self._blogs += [folder for folder in (root.folder, root.localized) if folder]

    def walk(self, root: Root) -> Iterator[Path]:
        """Files that Docusaurus would take: those its globs match, nothing that starts with a dot."""
        takes = Matcher(root.include, root.exclude)
        seen: set[Path] = set()
        folders = [root.folder]
        while folders:
            folder = folders.pop()
            if folder.resolve() in seen:
                continue
            seen.add(folder.resolve())
            try:
                entries = sorted(os.scandir(folder), key=lambda e: e.name)
            except OSError as error:
                raise SourceError(f"{folder} cannot be read: {error.strerror}.") from error
            for entry in reversed(entries):
                if entry.is_symlink() and not self.may_read(Path(entry.path)):
                    self.outside[self.name(Path(entry.path))] = None
                elif entry.is_dir():
                    skipped = entry.name == "node_modules" or (
                        folder == root.folder and entry.name in root.skipped
                    )
                    if takes.enters(entry.name) and not skipped:
                        folders.append(Path(entry.path))
            for entry in entries:
                path = Path(entry.path)
                if (
                    entry.name.endswith(SUFFIXES)
                    and takes.matches(path.relative_to(root.folder).as_posix())
                    and entry.is_file()
                    and self.may_read(path)
                ):
                    yield path

    def may_read(self, path: Path) -> bool:
        """Whether a file, links followed, belongs to the site or to a folder that its configuration names."""
        real = path.resolve()
        return any(real.is_relative_to(folder) for folder in self._folders)

    def name(self, path: Path) -> str:
        """The path below the site directory, which starts with `../` for a file beside it."""
        return PurePosixPath(os.path.relpath(path, self._site)).as_posix()

    def partial(self, specifier: str, importer: str) -> Partial | None:
        """A Markdown file imported by another; never outside the repository."""
        path = self._imported(specifier, importer)
        text = _text_of(path) if path else None
        if path is None or text is None:
            return None
        return Partial(self.name(path), text, any(path.is_relative_to(folder) for folder in self._blogs))

    def code(self, specifier: str, importer: str) -> str | None:
        """The text of a file that another shows as code; never outside the repository."""
        path = self._imported(specifier, importer)
        return _text_of(path) if path else None

    def _imported(self, specifier: str, importer: str) -> Path | None:
        """Where an import leads: `@site/…`, `/…` as on the site's own web server, or relative to the file."""
        if not is_path(specifier):
            return None
        if specifier.startswith("@site/"):
            candidates = [self._site / specifier.removeprefix("@site/")]
        elif specifier.startswith("/"):
            candidates = [base / specifier.lstrip("/") for base in (self._site / "static", self._site)]
        elif specifier.startswith("."):
            candidates = [self._site / PurePosixPath(importer).parent / specifier]
        else:
            return None
        for path in (candidate.resolve() for candidate in candidates):
            if path.is_file() and (self.may_read(path) or path.is_relative_to(self._reach)):
                return path
        return None


def read_page(path: Path) -> bytes | tuple[int, str]:
    """The content of a file, or (line, message) that says why there is none."""
    try:
        size = path.stat().st_size
        if size > MAX_PAGE_BYTES:
            limit = f"{MAX_PAGE_BYTES / 1e6:.0f} MB"
            return (
                1,
                f"is too large to index ({size / 1e6:.1f} MB, the limit is {limit}); split it into several pages",
            )
        return path.read_bytes()
    except OSError as error:
        return 1, f"cannot be read: {error.strerror}"


def _text_of(path: Path) -> str | None:
    data = read_page(path)
    if isinstance(data, tuple):
        return None
    try:
        return decode(data)
    except ParseError:
        return None


def decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ParseError("is not UTF-8 text; save it with that encoding", line) from error
