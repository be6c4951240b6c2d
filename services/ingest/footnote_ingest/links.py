"""What other pages call a page and its sections: the texts of the links that lead there (pure)."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote

from footnote_core.models import Section
from footnote_ingest.reconcile import Listed
from footnote_ingest.routes import join

_LINK = re.compile(
    r"(?<![!\\])\[((?:[^\[\]\n]|\n(?!\n)){1,200})\]"
    r"\((?:<([^<>\n]+)>|([^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*))(?=[\s)])"
)
"""Text, and target in brackets or without; a target may hold pairs of parentheses."""
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)

LinkTexts = Mapping[str, tuple[str, ...]]
"""Heading id, empty for the page itself -> the different texts of links to it, sorted."""


def links_in(markdown: str) -> tuple[tuple[str, str], ...]:
    """Text and target of the inline links of a file, without those that lead to another site."""
    found = ((text, bracketed or bare) for text, bracketed, bare in _LINK.findall(markdown))
    return tuple((" ".join(text.split()), target) for text, target in found if not _ELSEWHERE.match(target))


def link_texts(files: Sequence[Listed]) -> dict[str, LinkTexts]:
    """Texts of the links between pages, by the route that they lead to. Of a page's own links none counts."""
    targets = _Targets(files)
    texts: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for file in files:
        for text, target in file.links:
            path, _, anchor = target.partition("#")
            route = targets.route(file, path.partition("?")[0])
            if route is not None and route != file.route:
                texts[route][unquote(anchor)].add(text)
    return {
        route: {anchor: tuple(sorted(found)) for anchor, found in sorted(sections.items())}
        for route, sections in texts.items()
    }


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
