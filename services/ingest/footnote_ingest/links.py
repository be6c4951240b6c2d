"""The links between pages: what they call a page and its sections, and whether there is such a section."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from footnote_core.index import IndexedPage
from footnote_core.models import Page, Section
from footnote_ingest.reconcile import Listed
from footnote_ingest.routes import join
from footnote_ingest.sources import Problem, Unchanged
from footnote_ingest.sources.tree import read_page

_LINK = re.compile(
    r"(?<![!\\])\[((?:[^\[\]\n]|\n(?!\n)){1,200})\]"
    r"\((?:<([^<>\n]+)>|([^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*))(?=[\s)])"
)
"""Text, and target in brackets or without; a target may hold pairs of parentheses."""
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)

_WRITTEN_ID = re.compile(r"""\b(?:id|name)=\{?["'`]([^"'`\n]+)["'`]""")
_TELLING_LINKS = 20
_DEAD_SHARE = 0.5
"""Above what is broken on sites with Docusaurus' own ids: up to 0.3 where components make headings."""

LinkTexts = Mapping[str, tuple[str, ...]]
"""Heading id, empty for the page itself -> the different texts of links to it, sorted."""


def links_in(markdown: str) -> tuple[tuple[str, str], ...]:
    """Text and target of the inline links of a file, without those that lead to another site."""
    found = ((text, bracketed or bare) for text, bracketed, bare in _LINK.findall(markdown))
    return tuple((" ".join(text.split()), target) for text, target in found if not _ELSEWHERE.match(target))


@dataclass(frozen=True, slots=True)
class Links:
    """Where the links between all pages lead.

    texts      by route: what other pages call it and its sections; of a page's own links none counts
    fragments  by route and id: the files with links there, a page's own included, once for each link
    """

    texts: Mapping[str, LinkTexts]
    fragments: Mapping[tuple[str, str], Sequence[str]]


def resolve(files: Sequence[Listed]) -> Links:
    """The links of all pages of a site."""
    targets = _Targets(files)
    texts: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    fragments: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file in files:
        for text, target in file.links:
            path, _, anchor = target.partition("#")
            anchor = unquote(anchor)
            route = targets.route(file, path.partition("?")[0]) if path else file.route
            if route is not None and anchor:
                fragments[route, anchor].append(file.source)
            if route is not None and route != file.route:
                texts[route][anchor].add(text)
    sorted_texts = {
        route: {anchor: tuple(sorted(found)) for anchor, found in sorted(sections.items())}
        for route, sections in texts.items()
    }
    return Links(sorted_texts, fragments)


class Fragments:
    """Compares the ids that links lead to with those of the pages, as these are read one by one."""

    def __init__(self, links: Links, files: Sequence[Listed]) -> None:
        self._links = links.fragments
        self._paths = {file.route: file.path for file in files}
        self._ids: dict[str, set[str]] = {}
        self._whole = True

    def add(self, result: Page | IndexedPage | Unchanged | Problem) -> None:
        """What a file came to. A page that is not read again does not tell its ids."""
        self._whole = self._whole and not isinstance(result, Unchanged)
        page = result.page if isinstance(result, IndexedPage) else result
        if isinstance(page, Page):
            rows = {id for section in page.sections for _, id in section.rows}
            self._ids[page.route] = rows.union(section.anchor or "" for section in page.sections)

    def problems(self) -> Iterator[Problem]:
        """One, if so many ids are unknown that the site must make them in another way than Docusaurus."""
        links = {link: files for link, files in self._links.items() if link[0] in self._ids}
        dead = {(route, id): files for (route, id), files in links.items() if id not in self._ids[route]}
        if not self._whole or not _tells(dead, links):
            return
        written = {route: _written_ids(self._paths[route]) for route in {route for route, _ in dead}}
        dead = {(route, id): files for (route, id), files in dead.items() if id not in written[route]}
        if _tells(dead, links):
            (_, id), files = next(iter(dead.items()))
            message = (
                f"links to #{id}, which is no heading that is known, like {_count(dead):,} of {_count(links):,} "
                "links to headings of the site, which seems to make ids in a way of its own; build it with "
                "docusaurus-theme-footnote, and its manifest tells"
            )
            yield Problem(files[0], 1, message, failed=False)


def _count(links: Mapping[tuple[str, str], Sequence[str]]) -> int:
    return sum(map(len, links.values()))


def _tells(
    dead: Mapping[tuple[str, str], Sequence[str]], links: Mapping[tuple[str, str], Sequence[str]]
) -> bool:
    return _count(links) >= _TELLING_LINKS and _count(dead) >= _DEAD_SHARE * _count(links)


def _written_ids(path: Path) -> frozenset[str]:
    """Ids of elements in a file that are no headings, as `<a name="x">`."""
    data = read_page(path)
    return frozenset(() if isinstance(data, tuple) else _WRITTEN_ID.findall(data.decode("utf-8", "replace")))


def with_link_texts(sections: Sequence[Section], texts: LinkTexts) -> tuple[Section, ...]:
    """`sections` with what links call them; what the page itself is called belongs to its first text."""
    if not texts:
        return tuple(sections)
    first = next((section for section in sections if section.text.strip()), None)
    named = []
    for section in sections:
        own = texts.get(section.anchor, ()) if section.anchor else ()
        of_page = texts.get("", ()) if section is first else ()
        named.append(replace(section, linked=tuple(sorted({*own, *of_page}))))
    return tuple(named)


class _Targets:
    """Pages by all that a link may call them."""

    def __init__(self, files: Sequence[Listed]) -> None:
        self._by_file = {(_group(file), _relative(file)): file.route for file in files}
        self._by_source = {(file.root.locale, file.source): file.route for file in files}
        self._by_path = {_bare(file.route): file.route for file in files}

    def route(self, file: Listed, path: str) -> str | None:
        """The page that a link in `file` leads to, None when it is not one of ours."""
        if not path.endswith((".md", ".mdx")) and not path.startswith("@site/"):
            return next((self._by_path[one] for one in _addresses(file, path) if one in self._by_path), None)
        path = unquote(path)
        if path.startswith("@site/"):
            return self._by_source.get((file.root.locale, path.removeprefix("@site/")))
        # Beside the file, else below the folder of all pages, else below that of the site.
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(_relative(file)), path))
        if path.startswith("./") or (_group(file), beside) in self._by_file:
            return self._by_file.get((_group(file), beside))
        below = path.lstrip("/")
        return self._by_file.get((_group(file), below)) or self._by_source.get((file.root.locale, below))


def _addresses(file: Listed, path: str) -> Iterator[str]:
    """What a path in a link may mean, the most likely first."""
    if path.startswith("/"):
        yield _bare(join(file.root.base_url, path))
        if path.startswith(file.root.base_url):
            yield _bare(path)
    elif path:
        # A browser goes from the page's folder, and with a slash at the end of its address from the page.
        yield _bare(posixpath.join(posixpath.dirname(file.route), path))
        yield _bare(posixpath.join(file.route, path))


def _group(file: Listed) -> tuple[str, str, str | None, str]:
    root = file.root
    return root.kind, root.plugin, root.version, root.locale


def _relative(file: Listed) -> str:
    """The path below the folder of its pages, which a translation has, too."""
    root = file.root
    folder = root.localized if root.localized and file.path.is_relative_to(root.localized) else root.folder
    return file.path.relative_to(folder).as_posix()


def _bare(path: str) -> str:
    return posixpath.normpath(unquote(path)).rstrip("/")
