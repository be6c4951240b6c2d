"""Pages of a built site, found through its sitemap.

Only the origin that the operator named is ever asked, redirects included. An address on a page cannot
lead the job anywhere else, and neither can the site's name server (see `guard`).
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence, Set
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote

import httpx

from footnote_core.errors import SourceError
from footnote_core.index import IndexedPage
from footnote_core.models import Page
from footnote_ingest.manifest import FILE_NAME, MAX_BYTES, Entry, parse_manifest
from footnote_ingest.parsers.article import shorten
from footnote_ingest.parsers.html import HtmlPage
from footnote_ingest.sources import NOTHING_KNOWN, Prepare, Problem, Unchanged, as_read, robots
from footnote_ingest.sources.crawl import HTML_TYPES, CrawledPage, PageReader
from footnote_ingest.sources.crawl_cache import CrawlCache
from footnote_ingest.sources.guard import GuardedTransport, Resolver, names_private_host, resolve
from footnote_ingest.sources.http import (
    USER_AGENT,
    Fetcher,
    Limits,
    Origin,
    Refused,
    Unanswered,
    build_client,
)
from footnote_ingest.sources.sitemap_xml import read_sitemap


class SitemapSource:
    """Crawls the pages that a sitemap lists.

    public_origin  origin in the sitemap's addresses when the site is served from elsewhere for now
    cache          folder for copies of pages; they save downloads in the next crawl
    private        addresses that are not public may be connected to, whatever the host is called
    """

    def __init__(
        self,
        sitemap_url: str,
        public_origin: str,
        *,
        cache: Path,
        private: bool = False,
        limits: Limits | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        origin = Origin.of(sitemap_url)
        if origin is None:
            raise SourceError(
                "The sitemap's address must be http or https, without a name or password in it."
            )
        self.name = sitemap_url
        self._origin = origin
        self._public_origin = Origin.of(public_origin)
        self._cache = cache
        self._own_host = names_private_host(origin.host)
        self._private = private or self._own_host
        self._limits = limits or Limits()
        self._resolver = resolver

    async def pages(
        self, known: Mapping[str, str] = NOTHING_KNOWN, prepare: Prepare = as_read
    ) -> AsyncIterator[Page | IndexedPage | Unchanged | Problem]:
        """Pages in the order of the sitemap; every one is asked for, and what did not change is not sent.

        Left out silently are pages that ask robots to stay away and pages that only list others.
        """
        limits = self._limits
        transport = GuardedTransport(
            httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=limits.concurrency)),
            private=self._private,
            resolver=self._resolver,
        )
        async with build_client(transport, limits) as client:
            fetcher = Fetcher(
                client,
                self._origin,
                limits,
                deadline=asyncio.get_running_loop().time() + limits.crawl_seconds,
                delay_seconds=0.0 if self._own_host else limits.delay_seconds,
            )
            cache = CrawlCache(self._cache)
            await self._obey_robots(fetcher)
            addresses, sitemaps, problems = await self._addresses(fetcher)
            asked = self._askable(addresses, fetcher, problems)
            entries = await self._entries(fetcher, sitemaps, problems)
            for problem in problems:
                yield problem
            indexed = {digest.partition("-")[0]: route for route, digest in known.items()}

            def is_indexed(content: str) -> bool:
                route = indexed.get(content)
                return route is not None and known[route] == _digest(content, entries.get(route))

            reader = PageReader(fetcher, cache, is_indexed)
            routes: dict[str, str] = {}
            listed = frozenset(asked)
            async for read in reader.read_all(asked):
                if isinstance(read, Problem):
                    yield read
                    continue
                if read.page is None:
                    yield self._claim(indexed[read.content], read.asked, routes) or Unchanged(
                        indexed[read.content]
                    )
                    continue
                for item in self._items(read, read.page, routes, listed, entries):
                    yield prepare(item) if isinstance(item, Page) else item
            if reader.empty and not routes:
                raise SourceError(
                    f"{self._origin} answers with pages without text, as a development server does: their text "
                    "is made in the browser. Build the site, serve the built files, and crawl those."
                )
            cache.prune()
            if cache.problem:
                yield Problem(str(self._cache), 1, cache.problem, failed=False)

    async def _obey_robots(self, fetcher: Fetcher) -> None:
        """Read robots.txt by RFC 9309: none means no rules, a server that fails means stay away for now."""
        url = f"{self._origin}/robots.txt"
        try:
            answer = await fetcher.get(url, max_bytes=self._limits.page_bytes, accept="text/plain, */*;q=0.1")
        except Refused as refused:
            if isinstance(refused, Unanswered):
                raise SourceError(
                    f"{url} cannot be read: {refused}. Check the address and whether the site is running, "
                    "or try again later."
                ) from refused
            if (refused.status or 0) >= 500 or refused.status == 429:
                raise SourceError(
                    f"{url} cannot be read: {refused}. A site is not crawled while it cannot say "
                    "what may be read; try again later."
                ) from refused
            if refused.status is None:  # too large, forbidden address, damaged
                raise SourceError(f"{url} cannot be read: {refused}.") from refused
            return
        if answer.media_type in HTML_TYPES:
            return  # a site that answers every unknown address with a page has no robots.txt
        rules = robots.parse(answer.body[: robots.MAX_BYTES].decode("utf-8", "replace"), USER_AGENT)
        fetcher.robots = rules
        fetcher.delay_seconds = max(fetcher.delay_seconds, rules.delay_seconds)

    async def _addresses(self, fetcher: Fetcher) -> tuple[list[str], list[str], list[Problem]]:
        """Addresses of pages, of the sitemaps that list them, and what is wrong with other sitemaps.

        Raises SourceError without the sitemap that was asked for.
        """
        limits = self._limits
        pages: dict[str, None] = {}
        waiting, done = deque([self.name]), set[str]()
        foreign: list[str] = []
        problems: list[Problem] = []
        listing: list[str] = []
        while waiting:
            url = waiting.popleft()
            if url in done:
                continue
            done.add(url)
            if len(done) > limits.sitemaps:
                raise SourceError(f"The sitemap {self.name} leads to more than {limits.sitemaps} sitemaps.")
            try:
                answer = await fetcher.get(
                    url, max_bytes=limits.sitemap_bytes, accept="application/xml, text/xml, */*;q=0.1"
                )
                found = read_sitemap(answer, max_bytes=limits.sitemap_bytes)
            except Refused as refused:
                if url == self.name:
                    raise SourceError(f"The sitemap {url} cannot be read: {refused}.") from refused
                problems.append(Problem(url, 1, f"is a sitemap that cannot be read: {refused}"))
                continue
            pages.update(dict.fromkeys(found.pages))
            if found.pages:
                listing.append(url)
            if len(pages) > limits.pages:
                raise SourceError(f"The sitemap {self.name} lists more than {limits.pages} pages.")
            for address in found.sitemaps:
                here = self._here(address)
                waiting.append(here) if here else foreign.append(address)
        if foreign:
            message = f"and {len(foreign)} sitemaps in all belong to another origin; they are not read"
            problems.append(Problem(foreign[0][:500], 1, message, failed=False))
        return list(pages), listing, problems

    def _askable(self, addresses: Sequence[str], fetcher: Fetcher, problems: list[Problem]) -> list[str]:
        """The addresses that may be asked for. Raises SourceError when none is left, or too many."""
        rules = fetcher.robots
        asked: dict[str, None] = {}
        foreign: list[str] = []
        forbidden = 0
        for address in addresses:
            here = self._here(address)
            if here is None:
                foreign.append(address)
            elif rules.allow(_target(here)):
                asked[here] = None
            else:
                forbidden += 1
        if not asked:
            raise SourceError(self._nothing(foreign, forbidden))
        if foreign:
            message = f"and {len(foreign)} addresses in all belong to another origin; they are not read"
            problems.append(Problem(foreign[0][:500], 1, message, failed=False))
        seconds = len(asked) * fetcher.delay_seconds
        if seconds > self._limits.crawl_seconds:
            raise SourceError(
                f"robots.txt of {self._origin} asks for {rules.delay_seconds:g} seconds between requests, which "
                f"makes {seconds / 3600:.1f} hours for {len(asked)} pages; "
                f"the limit is {self._limits.crawl_seconds / 3600:g} hours."
            )
        return list(asked)

    async def _entries(
        self, fetcher: Fetcher, sitemaps: Sequence[str], problems: list[Problem]
    ) -> dict[str, Entry]:
        """What the site's manifests, which stand beside its sitemaps, say of the page of a route."""
        entries: dict[str, Entry] = {}
        for url in dict.fromkeys(str(httpx.URL(sitemap).join(FILE_NAME)) for sitemap in sitemaps):
            if not fetcher.robots.allow(_target(url)):
                continue
            try:
                answer = await fetcher.get(url, max_bytes=MAX_BYTES, accept="application/json")
            except Refused as refused:
                if refused.status not in (401, 403, 404, 410):
                    problems.append(Problem(url, 1, f"{refused}; the manifest is not used", failed=False))
                continue
            if answer.media_type in HTML_TYPES:
                continue  # a site that answers every unknown address with a page has no manifest
            manifest = parse_manifest(answer.body, url, 0.0)
            if isinstance(manifest, Problem):
                problems.append(manifest)
            else:
                entries |= {entry.path: entry for entry in manifest.entries}
        return entries

    def _nothing(self, foreign: Sequence[str], forbidden: int) -> str:
        reason = ""
        if forbidden:
            reason = f" robots.txt forbids {forbidden} of them."
        if foreign:
            reason += f" {len(foreign)} belong to another origin, the first is {foreign[0][:200]}."
        return f"The sitemap {self.name} lists no page of {self._origin} that may be read.{reason}"

    def _here(self, address: str) -> str | None:
        """The address on the origin that is asked, without fragment; None for another site's."""
        origin = Origin.of(address)
        if origin is None or origin not in (self._origin, self._public_origin):
            return None
        return str(self._origin) + _target(address)

    @staticmethod
    def _claim(route: str, asked: str, routes: dict[str, str]) -> Problem | None:
        """Note that the page of `route` is the one asked for as `asked`; a problem if there is one already."""
        if route in routes:
            message = f"has the same address as {routes[route]}: {route}; it is read once"
            return Problem(asked, 1, message, failed=False)
        routes[route] = asked
        return None

    def _items(
        self,
        read: CrawledPage,
        page: HtmlPage,
        routes: dict[str, str],
        listed: Set[str],
        entries: Mapping[str, Entry],
    ) -> Iterator[Page | Problem]:
        """The page under the route that it gives itself, and what is to be said about it."""
        canonical = self._here(_join(read.url, page.canonical)) if page.canonical else None
        if canonical and canonical not in (read.asked, read.url) and canonical in listed:
            message = f"names {canonical} as its canonical address; that page is read instead"
            yield Problem(read.asked, 1, message, failed=False)
            return
        # Servers may redirect to a trailing slash; what the page calls itself is what Docusaurus routes to.
        route = _route(canonical or read.url)
        if problem := self._claim(route, read.asked, routes):
            yield problem
            return
        entry = entries.get(route)
        if entry and (entry.unlisted or entry.no_index):
            return
        for note in page.notes:
            yield Problem(read.asked, 1, note, failed=False)
        yield Page(
            route=route,
            title=shorten(entry.title) if entry and entry.title else page.title,
            source=read.asked,
            sections=page.sections,
            description=page.description,
            keywords=page.keywords,
            version=(entry.version if entry else None) or page.version,
            latest=entry.latest is not False if entry else None,
            locale=page.locale,
            kind=entry.kind if entry else page.kind,
            # Without a digest the page is read, and what is missing from it is told, on every run.
            digest="" if page.notes else _digest(read.content, entry),
        )


def _digest(content: str, entry: Entry | None) -> str:
    """Hash over a page and what the manifest says of it; the hash of the page alone stands before the hyphen."""
    return f"{content}-{blake2b(repr(entry).encode(), digest_size=8).hexdigest()}"


def _route(url: str) -> str:
    """Path and query as Docusaurus writes routes: decoded, but for what would mean something else then."""
    return unquote(re.sub("%(?=23|25|3[Ff])", "%25", _target(url)))


def _join(base: str, address: str) -> str:
    """An address as it stands on the page `base`; empty where it is none."""
    try:
        return str(httpx.URL(base).join(address))
    except httpx.InvalidURL:
        return ""


def _target(url: str) -> str:
    """Path and query as they are asked for."""
    return httpx.URL(url).raw_path.decode("ascii")
