"""Pages of one site by their addresses: asked for politely, kept between crawls, parsed."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from footnote_core.errors import SourceError
from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.html import EmptyPage, HtmlPage, decode, forbids_index, parse
from footnote_ingest.sources import Problem
from footnote_ingest.sources.crawl_cache import Copy, CrawlCache
from footnote_ingest.sources.http import Answer, Fetcher, Refused, Unanswered

HTML_TYPES = ("text/html", "application/xhtml+xml")
_AHEAD = 4
"""Pages that wait for the one before them, per request at a time: enough to keep every request busy."""


@dataclass(frozen=True, slots=True)
class CrawledPage:
    """A page that was asked for as `asked` and came from `url`.

    content  hash over addresses and HTML
    page     None where the hash says that it is indexed as it is
    """

    asked: str
    url: str
    content: str
    page: HtmlPage | None


class PageReader:
    """Reads pages.

    is_indexed  whether the page of a content hash need not be parsed again
    empty       pages so far whose text is made in the browser
    """

    def __init__(self, fetcher: Fetcher, cache: CrawlCache, is_indexed: Callable[[str], bool]) -> None:
        self._fetcher = fetcher
        self._cache = cache
        self._is_indexed = is_indexed
        self._silent = 0
        self.empty = 0

    async def read_all(self, asked: Sequence[str]) -> AsyncIterator[CrawledPage | Problem]:
        """Results in the order of `asked`; nothing for a page that asks robots to stay away, or is a list.

        Raises SourceError when the crawl as a whole is beyond its limits or the host is gone.
        """
        ahead = self._fetcher.limits.concurrency * _AHEAD
        tasks: deque[asyncio.Task[CrawledPage | Problem | None]] = deque()
        waiting = iter(asked)
        try:
            while True:
                while len(tasks) < ahead and (url := next(waiting, None)):
                    tasks.append(asyncio.create_task(self._read(url)))
                if not tasks:
                    return
                if (result := await tasks[0]) is not None:
                    yield result
                tasks.popleft()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, url: str) -> CrawledPage | Problem | None:
        try:
            copy = await self._copy(url)
            self._silent = 0
            if any(forbids_index(line) for line in copy.robots.split("\n")):
                return None
            content = blake2b(f"{url}\0{copy.url}\0{copy.html}".encode(), digest_size=16).hexdigest()
            if self._is_indexed(content):
                return CrawledPage(url, copy.url, content, None)
            page = parse(copy.html)
        except Unanswered as refused:
            self._silent += 1
            if self._silent >= self._fetcher.limits.silent_pages:
                raise SourceError(
                    f"{self._fetcher.origin} stopped answering: {self._silent} pages in a row, the last was "
                    f"{url}: {refused}. Nothing was changed."
                ) from refused
            return Problem(url, 1, str(refused))
        except Refused as refused:
            self._silent = 0
            return Problem(url, 1, str(refused))
        except EmptyPage as error:
            self.empty += 1
            return Problem(url, error.line, error.message)
        except ParseError as error:
            return Problem(url, error.line, error.message)
        return None if page.hidden or page.listing else CrawledPage(url, copy.url, content, page)

    async def _copy(self, url: str) -> Copy:
        """The page as it is now: downloaded, or kept from the last crawl if the host says it still holds."""
        kept = self._cache.get(url)
        answer = await self._get(url, kept)
        if kept and answer.status == 304:
            if answer.url == kept.url:
                robots = _robots(answer) or kept.robots
                return replace(kept, robots=robots)
            answer = await self._get(url, None)
        if answer.status == 304:
            raise Refused("it answers 304 though it was not asked whether it changed", 304)
        if answer.media_type not in HTML_TYPES:
            raise Refused(f"it is {answer.media_type or 'of no known type'}, not an HTML page", answer.status)
        charset = re.search(r"charset=([^;]+)", str(answer.headers.get("content-type", "")), re.I)
        html = decode(answer.body, charset[1] if charset else "")
        etag, modified = (str(answer.headers.get(name, "")) for name in ("etag", "last-modified"))
        copy = Copy(answer.url, etag, modified, _robots(answer), html)
        self._cache.put(url, copy)
        return copy

    async def _get(self, url: str, kept: Copy | None) -> Answer:
        return await self._fetcher.get(
            url,
            max_bytes=self._fetcher.limits.page_bytes,
            accept=", ".join(HTML_TYPES),
            conditions=kept.conditions if kept else None,
        )


def _robots(answer: Answer) -> str:
    """X-Robots-Tag headers, one a line."""
    return "\n".join(answer.headers.get_list("x-robots-tag"))
