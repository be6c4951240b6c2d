"""Which versions and locales a corpus has, and which of them readers see by default (pure)."""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, Protocol


class Placed(Protocol):
    """A page, or what is recorded of it."""

    @property
    def route(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def latest(self) -> bool | None: ...
    @property
    def locale(self) -> str: ...


def default_first(pages: Sequence[Placed], name: Literal["version", "locale"]) -> tuple[str, ...]:
    """The versions or locales of `pages`, the default one first, then by number of pages.

    The default version has most of the pages that are marked as its latest. Where that does not tell,
    the default is what Docusaurus publishes without a path segment of its own: its routes share the
    shortest beginning. The other versions and locales live one segment deeper. Pages that belong to all
    versions tell nothing.
    """
    routes: dict[str, list[str]] = defaultdict(list)
    latest: Counter[str] = Counter()
    for page in pages:
        routes[getattr(page, name)].append(page.route)
        latest[page.version] += bool(page.latest)

    def order(value: str) -> tuple[bool, int, int, int, str]:
        marked = latest[value] if name == "version" else 0
        return not value, -marked, _depth(routes[value]), -len(routes[value]), value

    values = sorted(routes, key=order)
    return tuple(values[:-1] if len(values) > 1 and not values[-1] else values)


def _depth(routes: Sequence[str]) -> int:
    """Segments of the longest path that all routes lie under."""
    return len(posixpath.commonpath([route.rstrip("/") or "/" for route in routes]).split("/"))
