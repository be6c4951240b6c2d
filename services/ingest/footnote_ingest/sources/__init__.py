"""Where pages come from. A source gives pages and says what it could not read."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from footnote_core.index import IndexedPage
from footnote_core.models import Page

NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})


Prepare = Callable[[Page], Page | IndexedPage]


def as_read(page: Page) -> Page:
    return page


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of the site that is not indexed as it should be.

    failed  True: the page is left out; False: it is indexed, but `message` says what is missing
    """

    file: str
    line: int
    message: str
    failed: bool = True


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A page that is what it was: the index has all of it."""

    route: str


class Source(Protocol):
    @property
    def name(self) -> str:
        """Folder or address, for messages."""

    def pages(
        self, known: Mapping[str, str] = NOTHING_KNOWN, prepare: Prepare = as_read
    ) -> AsyncIterator[Page | IndexedPage | Unchanged | Problem]:
        """Every page that can be answered from.

        known    `Page.digest` of indexed pages by route; a source that finds a page with the same digest may
                 say Unchanged instead of reading it
        prepare  what to give instead of a page; runs where the page is made, which may be another process
        Raises SourceError when there is nothing to read at all.
        """
