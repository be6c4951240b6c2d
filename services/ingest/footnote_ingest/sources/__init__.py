"""Where pages come from. A source gives pages and says what it could not read."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from footnote_core.models import Page

NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})


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

    def pages(self, known: Mapping[str, str] = NOTHING_KNOWN) -> AsyncIterator[Page | Unchanged | Problem]:
        """Every page that can be answered from.

        known  `Page.digest` of indexed pages by route; a source that finds a page with the same digest may
               say Unchanged instead of reading it
        Raises SourceError when there is nothing to read at all.
        """
