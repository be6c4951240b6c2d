"""Pages from a Docusaurus site directory, or from a plain folder of md/mdx files."""

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from footnote_core.errors import SourceError
from footnote_core.index import IndexedPage
from footnote_core.models import Page, Section
from footnote_ingest.links import Fragments, LinkTexts, links_in, resolve, with_link_texts
from footnote_ingest.manifest import Manifest, read_manifests
from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.front_matter import FrontMatter, split_front_matter
from footnote_ingest.parsers.imports import specifiers_in
from footnote_ingest.parsers.markdown import Document, parse
from footnote_ingest.parsers.text import normalize_lines, without_id
from footnote_ingest.reconcile import Listed, adopt, reconcile, stale, with_built_ids
from footnote_ingest.routes import DocNames, SiteUrls, blog_names, doc_names, page_names
from footnote_ingest.site import Root, Site, read_site
from footnote_ingest.sources import NOTHING_KNOWN, Prepare, Problem, Unchanged, as_read
from footnote_ingest.sources.components import gives_row_ids, partials_everywhere
from footnote_ingest.sources.tree import SUFFIXES, Tree, decode, read_page
from footnote_ingest.workers import ordered_map, usable_processes


@dataclass(frozen=True, slots=True)
class _Head:
    """What the beginning of a file tells, without its text."""

    data: bytes
    front_matter: FrontMatter
    links: tuple[tuple[str, str], ...]


class FilesSource:
    """Reads docs, blog and pages of a site in all versions and locales, or every md/mdx file of a folder."""

    def __init__(self, site_dir: Path, urls: SiteUrls) -> None:
        self.name = str(site_dir)
        self._site = site_dir.resolve()
        self._urls = urls
        self._layout = Site(())
        self._tree = Tree(self._site)
        self._parsed: tuple[Path, Document] | None = None
        self._rows_have_ids = True
        self._everywhere: Mapping[str, tuple[str, str]] = {}
        self._versions: dict[str, set[str]] = {}
        self._linked: Mapping[str, LinkTexts] = {}

    async def pages(
        self, known: Mapping[str, str] = NOTHING_KNOWN, prepare: Prepare = as_read
    ) -> AsyncIterator[Page | IndexedPage | Unchanged | Problem]:
        """Pages in the order of their files; drafts and unlisted pages are left out silently."""
        said: set[Problem] = set()
        for item in self._items(known, prepare):
            if isinstance(item, Problem):
                if item in said:  # of a file that several locales share
                    continue
                said.add(item)
            yield item

    def _items(
        self, known: Mapping[str, str], prepare: Prepare
    ) -> Iterator[Page | IndexedPage | Unchanged | Problem]:
        self._layout = read_site(self._site, self._urls)
        self._tree = Tree(self._site, self._layout.roots, self._layout.reach)
        yield from self._layout.problems
        manifests: dict[str, Manifest] = {}
        for read in read_manifests(self._site):
            if isinstance(read, Problem):
                yield read
            else:
                manifests[read.locale] = read
        if not manifests:
            yield from self._layout.doubts
        self._rows_have_ids = gives_row_ids(self._site)
        self._everywhere = partials_everywhere(self._site)
        files: list[Listed] = []
        found: set[str] = set()
        prefixes: dict[tuple[str, str, str | None], str] = {}
        roots = adopt(self._layout.roots, manifests, self._site)
        for root in roots:
            if root.version:
                self._versions.setdefault(root.plugin, set()).add(root.version)
        for root in roots:
            manifest = manifests.get(root.locale)
            listed: list[Listed] = []
            for item in self._list(root, manifest):
                if isinstance(item, Problem):
                    found.add(item.file)
                    yield item
                else:
                    found.add(item[0].source)
                    if item[1]:
                        listed.append(item[0])
            key = (root.kind, root.plugin, root.version)
            if manifest:
                adopted, listed, problems = reconcile(root, listed, manifest)
                prefixes.setdefault(key, adopted.prefix.removeprefix(adopted.base_url))
                for problem in problems:
                    yield problem
            elif key in prefixes:  # as the build of another locale has it
                moved = replace(root, prefix=root.base_url + prefixes[key])
                listed = [replace(f, root=moved, route=moved.route(f.names.slug)) for f in listed]
            files += listed
        for manifest in manifests.values():
            for problem in stale(manifest, lambda source: (self._site / source).is_file()):
                yield problem
        for link in self._tree.outside:
            yield Problem(
                link, 1, "is a link that leads out of the site directory; it is not followed", failed=False
            )
        if not found:
            raise SourceError(f"There are no .md or .mdx files to index in {self.name}.")
        links = resolve(files)
        self._linked, fragments = links.texts, Fragments(links, files)
        files = [replace(file, links=()) for file in files]
        by_route: dict[str, list[Listed]] = defaultdict(list)
        for file in files:
            by_route[file.route].append(file)

        def prepared(shared: Sequence[Listed]) -> list[Page | IndexedPage | Unchanged | Problem]:
            items = (item for file in shared for item in self._read(file, by_route[file.route], known))
            return [prepare(item) if isinstance(item, Page) else item for item in items]

        # Files that several locales share stand together, so that each is parsed once.
        files.sort(key=lambda f: f.source)
        groups = [list(group) for _, group in groupby(files, key=lambda f: f.path)]
        for ready in ordered_map(prepared, groups, usable_processes(len(groups))):
            for result in ready:
                fragments.add(result)
                yield result
        if not manifests:
            yield from fragments.problems()

    def _read(
        self, file: Listed, alike: Sequence[Listed], known: Mapping[str, str]
    ) -> Iterator[Page | Unchanged | Problem]:
        """alike: the files of the same address."""
        if len(alike) > 1:
            others = ", ".join(f.source for f in alike if f is not file)
            message = f"has the same address as {others}: {file.route}; give one of them another slug"
            yield Problem(file.source, file.slug_line, message)
            return
        digest = self._digest(file)
        if known.get(file.route) == digest:
            yield Unchanged(file.route)
        else:
            yield from self._parse(file, digest)

    def _list(self, root: Root, manifest: Manifest | None) -> Iterator[tuple[Listed, bool] | Problem]:
        """The files of a folder, each with whether readers may see it."""
        for path in self._tree.walk(root):
            relative = path.relative_to(root.folder).as_posix()
            translation = root.localized / relative if root.localized else None
            if translation and translation.is_file() and self._tree.may_read(translation):
                path = translation
            source = self._tree.name(path)
            head = self._head(path)
            if isinstance(head, Problem):
                yield head
                continue
            front_matter = head.front_matter
            try:
                names = _names(root, relative, front_matter)
            except ValueError as error:
                yield Problem(source, front_matter.slug_line, str(error))
                continue
            entry = (
                manifest.entry(source, root.kind, root.plugin, root.version, names.id) if manifest else None
            )
            changed_at = path.stat().st_mtime
            listed = Listed(
                source,
                path,
                root,
                names,
                front_matter.slug_line,
                root.route(names.slug),
                changed_at,
                entry,
                bool(manifest and entry and manifest.is_current(entry, head.data, changed_at)),
                head.links,
            )
            yield listed, not front_matter.hidden

    def _head(self, path: Path) -> _Head | Problem:
        source = self._tree.name(path)
        data = read_page(path)
        if isinstance(data, tuple):
            return Problem(source, *data)
        try:
            front_matter, body = split_front_matter(normalize_lines(decode(data)))[:2]
            return _Head(data, front_matter, links_in(body))
        except ParseError as error:
            return Problem(source, error.line, error.message)

    def _digest(self, file: Listed) -> str:
        """Hash over all that a page is made of: its place, its file, and those it imports, theirs included."""
        root = file.root
        place = (file.source, file.route, self._version(root), root.latest, root.locale, root.kind)
        told = (file.entry if file.built else None, self._rows_have_ids, self._layout.dialect)
        linked = self._linked.get(file.route)
        digest = hashlib.blake2b(repr((place, told, linked)).encode(), digest_size=16)
        data = read_page(file.path)
        waiting = [(file.source, "" if isinstance(data, tuple) else data.decode("utf-8", "replace"))]
        seen = {file.source}
        while waiting:
            name, text = waiting.pop()
            digest.update(f"{name}\0{text}\0".encode())
            used = [(specifier, name) for specifier in specifiers_in(text)]
            used += [found for tag, found in self._everywhere.items() if f"<{tag}" in text]
            for specifier, importer in used:
                if not specifier.endswith(SUFFIXES):
                    digest.update(f"{specifier}\0{self._tree.code(specifier, importer)}\0".encode())
                elif (partial := self._tree.partial(specifier, importer)) and partial.name not in seen:
                    seen.add(partial.name)
                    waiting.append((partial.name, partial.text))
        return digest.hexdigest()

    def _parse(self, file: Listed, digest: str) -> Iterator[Page | Problem]:
        try:
            document = self._document(file)
        except ParseError as error:
            yield Problem(file.source, error.line, error.message)
            return
        notes = [*document.notes, *_collisions(document.sections)]
        title, sections = document.title, document.sections
        if not self._rows_have_ids:
            sections = tuple(replace(section, rows=()) for section in sections)
        if file.built and file.entry:
            built = without_id(file.entry.title or title)
            if built != title:
                message = f"has the title {built!r} in the build, but its file gives {title!r}; the build is followed"
                notes.append((1, message))
                title = built
            sections, difference = with_built_ids(sections, file.entry)
            if difference:
                notes.append((1, difference))
        sections = with_link_texts(sections, self._linked.get(file.route, {}))
        for line, message in notes:
            yield Problem(file.source, line, message, failed=False)
        yield Page(
            route=file.route,
            title=title,
            source=file.source,
            sections=sections,
            description=document.front_matter.description,
            keywords=document.front_matter.keywords,
            version=self._version(file.root),
            locale=file.root.locale,
            kind=file.root.kind,
            latest=file.root.latest,
            # Without a digest the page is read, and its problems are told, on every run.
            digest="" if notes else digest,
        )

    def _version(self, root: Root) -> str:
        """Empty for what belongs to all versions: pages without any, and the latest of secondary docs."""
        main = "default" if "default" in self._versions else next(iter(self._versions), "")
        several = any(len(names) > 1 for names in self._versions.values())
        everywhere = several and root.plugin != main and root.latest
        return "" if root.version is None or everywhere else root.version

    def _document(self, file: Listed) -> Document:
        """The parsed file; the last one is kept, for the next locale. Raises ParseError."""
        if self._parsed and self._parsed[0] == file.path:
            return self._parsed[1]
        data = read_page(file.path)
        if isinstance(data, tuple):
            raise ParseError(data[1], data[0])
        document = parse(
            decode(data),
            name=file.source,
            fallback_title=file.names.base_id or file.path.stem,  # a post named by its date alone has none
            partial=self._tree.partial,
            code=self._tree.code,
            everywhere=self._everywhere,
            removes_title=file.root.kind == "blog",
            dialect=self._layout.dialect,
        )
        self._parsed = (file.path, document)
        return document


def _names(root: Root, relative: str, front_matter: FrontMatter) -> DocNames:
    """Raises ValueError for what Docusaurus refuses."""
    if root.kind == "blog":
        return blog_names(relative, slug=front_matter.slug)
    if root.kind == "pages":
        return page_names(relative, slug=front_matter.slug)
    return doc_names(
        relative,
        slug=front_matter.slug,
        id=front_matter.id,
        number_prefixes=front_matter.number_prefixes and root.number_prefixes,
    )


def _collisions(sections: tuple[Section, ...]) -> Iterator[tuple[int, str]]:
    """Ids that stand on the page more than once, as partials make them."""
    first: dict[str, int] = {}
    for section in sections:
        if section.anchor in first:
            message = f"has the id #{section.anchor} again after line {first[section.anchor]}; links lead to the first"
            yield section.line, message
        elif section.anchor:
            first[section.anchor] = section.line
