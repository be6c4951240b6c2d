"""What other pages call a page and its sections: the texts of the links that lead there (pure)."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from footnote_ingest.reconcile import Listed
from footnote_ingest.routes import join

_LINK = re.compile(r"(?<!!)\[([^\[\]]{1,200})\]\(<?([^()\s<>]{1,500})")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)

LinkTexts = Mapping[str, tuple[str, ...]]
"""Heading id, empty for the page itself -> the different texts of links to it, sorted."""


def links_in(markdown: str) -> tuple[tuple[str, str], ...]:
    """Text and target of the inline links of a file, without those that lead to another site."""
    return tuple(
        (" ".join(text.split()), unquote(target))
        for text, target in _LINK.findall(markdown)
        if not _ELSEWHERE.match(target)
    )


def link_texts(files: Sequence[Listed]) -> dict[str, LinkTexts]:
    """Texts of the links between pages, by the route that they lead to. Of a page's own links none counts."""
    targets = _Targets(files)
    texts: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for file in files:
        for text, target in file.links:
            path, _, anchor = target.partition("#")
            route = targets.route(file, path.partition("?")[0])
            if route is not None and route != file.route:
                texts[route][anchor].add(text)
    return {
        route: {anchor: tuple(sorted(found)) for anchor, found in sorted(sections.items())}
        for route, sections in texts.items()
    }


class _Targets:
    """Pages by all that a link may call them."""

    def __init__(self, files: Sequence[Listed]) -> None:
        self._by_file = {(_group(file), _relative(file)): file.route for file in files}
        self._by_source = {(file.root.locale, file.source): file.route for file in files}
        self._by_path = {_bare(file.route): file.route for file in files}

    def route(self, file: Listed, path: str) -> str | None:
        """The page that a link in `file` leads to, None when it is not one of ours."""
        if path.startswith("@site/"):
            return self._by_source.get((file.root.locale, path.removeprefix("@site/")))
        if not path.endswith((".md", ".mdx")):
            return next((self._by_path[one] for one in _addresses(file, path) if one in self._by_path), None)
        if not path.startswith("/"):
            beside = posixpath.join(posixpath.dirname(_relative(file)), path)
            return self._by_file.get((_group(file), posixpath.normpath(beside)))
        # From the folder of all pages, else from that of the site.
        below = path.lstrip("/")
        return self._by_file.get((_group(file), below)) or self._by_source.get((file.root.locale, below))


def _addresses(file: Listed, path: str) -> Iterator[str]:
    """What a path in a link may mean: a browser goes from the page or from its folder, as the page's slash is."""
    if path.startswith("/"):
        yield _bare(join(file.root.base_url, path))
        yield _bare(path)
    elif path:
        yield _bare(posixpath.join(file.route, path))
        yield _bare(posixpath.join(_bare(file.route), "..", path))


def _group(file: Listed) -> tuple[str, str, str | None, str]:
    root = file.root
    return root.kind, root.plugin, root.version, root.locale


def _relative(file: Listed) -> str:
    """The path below the folder of its pages, which a translation has, too."""
    root = file.root
    folder = root.localized if root.localized and file.path.is_relative_to(root.localized) else root.folder
    return file.path.relative_to(folder).as_posix()


def _bare(path: str) -> str:
    return posixpath.normpath(path).rstrip("/")
