"""Polite and bounded HTTP for one origin: what a crawl may cost the host, and the host a crawl."""

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from footnote_core.errors import SourceError
from footnote_ingest.sources.guard import Forbidden
from footnote_ingest.sources.robots import Robots

USER_AGENT = "footnote-ingest"
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that may be others a moment later."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a crawl. Sizes are in bytes after decompression.

    delay_seconds    least time between the starts of two requests; a Crawl-delay may lengthen it
    silence_seconds  longest wait for the next byte
    request_seconds  for one answer altogether: a host that sends a byte now and then holds no connection
    wait_seconds     longest Retry-After that is waited for
    silent_pages     so many pages in a row without an answer, and the host is taken for dead
    """

    concurrency: int = 4
    delay_seconds: float = 0.05
    attempts: int = 3
    backoff_seconds: float = 0.5
    redirects: int = 5
    silence_seconds: float = 10.0
    request_seconds: float = 30.0
    wait_seconds: float = 120.0
    crawl_seconds: float = 4 * 3600.0
    page_bytes: int = 5_000_000
    sitemap_bytes: int = 50_000_000
    total_bytes: int = 2_000_000_000
    pages: int = 50_000
    sitemaps: int = 500
    silent_pages: int = 12


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of an address."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def of(cls, url: str) -> "Origin | None":
        """None for what is no http address, and for one with a name or password in it."""
        try:
            parts = httpx.URL(url)
        except httpx.InvalidURL:
            return None
        if parts.scheme not in ("http", "https") or not parts.host or parts.userinfo:
            return None
        return cls(parts.scheme, parts.host, parts.port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")


class Refused(Exception):
    """An address that cannot be read; the text says why.

    status  of the answer; None where there was none
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Unanswered(Refused):
    """The host said nothing, or not all of it."""


class _Transient(Exception):
    """A failure that may pass."""

    def __init__(self, refused: Refused, retry_after_seconds: float = 0.0) -> None:
        super().__init__(str(refused))
        self.refused = refused
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from `url`, redirects followed. No body with status 304."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes = b""

    @property
    def media_type(self) -> str:
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()


def build_client(transport: httpx.AsyncBaseTransport, limits: Limits) -> httpx.AsyncClient:
    """A client that keeps no cookies, uses no proxy of the environment and follows no redirect."""
    return httpx.AsyncClient(
        transport=transport,
        timeout=httpx.Timeout(limits.silence_seconds),
        # gzip only: what is decompressed is measured while it grows.
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
    )


@dataclass(slots=True)
class Fetcher:
    """Asks one origin, a few requests at a time. `deadline` is in the event loop's seconds."""

    client: httpx.AsyncClient
    origin: Origin
    limits: Limits
    deadline: float
    delay_seconds: float
    robots: Robots = field(default_factory=Robots)
    _received: int = 0
    _next_start: float = 0.0
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.limits.concurrency)

    async def get(
        self, url: str, *, max_bytes: int, accept: str, conditions: Mapping[str, str] | None = None
    ) -> Answer:
        """Fetch `url`, follow redirects within the origin, try again what may pass.

        conditions  headers that ask for 304 when a copy at hand still holds
        Raises Refused for this address, SourceError when the crawl as a whole is beyond its limits.
        """
        redirects, attempt = 0, 1
        headers = {"Accept": accept, **(conditions or {})}
        while True:
            try:
                answer = await self._ask(url, headers, max_bytes)
            except _Transient as failure:
                if attempt == self.limits.attempts:
                    raise failure.refused from failure
                await self._wait_after(failure, attempt)
                attempt += 1
                continue
            if answer.status in (200, 203, 304):
                return answer
            url = self._target(answer)
            redirects += 1
            if redirects > self.limits.redirects:
                raise Refused(f"it redirects more than {self.limits.redirects} times", answer.status)

    def _target(self, answer: Answer) -> str:
        try:
            target = str(httpx.URL(answer.url).join(answer.headers["location"]).copy_with(fragment=None))
        except httpx.InvalidURL as error:
            raise Refused("it redirects to what is no address", answer.status) from error
        if (origin := Origin.of(target)) != self.origin:
            raise Refused(f"it redirects to another origin, {origin or target[:200]}", answer.status)
        if not self.robots.allow(httpx.URL(target).raw_path.decode("ascii")):
            raise Refused(f"it redirects to {target[:200]}, which robots.txt forbids", answer.status)
        return target

    async def _wait_after(self, failure: _Transient, attempt: int) -> None:
        wait = failure.retry_after_seconds
        if wait > self.limits.wait_seconds:
            raise Refused(
                f"{failure} and wants no request for {wait:.0f} s", failure.refused.status
            ) from failure
        if wait:  # the host speaks of all its pages
            self._next_start = max(self._next_start, _now() + wait)
        else:
            await asyncio.sleep(self.limits.backoff_seconds * 2 ** (attempt - 1))

    async def _ask(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Answer:
        """One request in its turn. Raises _Transient, Refused or SourceError."""
        async with self._slots:
            start = max(_now(), self._next_start)
            self._next_start = start + self.delay_seconds
            if start >= self.deadline:
                raise self._late()
            await asyncio.sleep(start - _now())
            seconds = min(self.limits.request_seconds, self.deadline - _now())
            try:
                async with (
                    asyncio.timeout(seconds),
                    self.client.stream("GET", url, headers=headers) as response,
                ):
                    return await self._read(url, response, max_bytes)
            except TimeoutError as error:
                if _now() >= self.deadline:
                    raise self._late() from error
                raise Unanswered(f"it was not complete within {seconds:g} seconds") from error
            except httpx.TimeoutException as error:
                silence = self.limits.silence_seconds
                raise Unanswered(f"the host was silent for {silence:g} seconds") from error
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise Refused("it is no address that can be asked") from error
            except Forbidden as error:
                raise Refused(str(error)) from error
            except httpx.ConnectError as error:
                raise _Transient(Unanswered(f"the host cannot be reached ({error})")) from error
            except httpx.HTTPError as error:
                raise _Transient(Unanswered(f"it was cut off or is not HTTP ({error})")) from error

    async def _read(self, url: str, response: httpx.Response, max_bytes: int) -> Answer:
        status = response.status_code
        if status == 304 or response.has_redirect_location:
            return Answer(url, status, response.headers)
        if status in (200, 203):
            return Answer(url, status, response.headers, await self._body(response, max_bytes))
        refused = Refused(f"it answers {status}", status)
        if status in _TRANSIENT:
            raise _Transient(refused, _retry_after_seconds(response.headers.get("retry-after", "")))
        raise refused

    async def _body(self, response: httpx.Response, max_bytes: int) -> bytes:
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip"):
            raise Refused(f"it is compressed as {coding[:40]}, which was not asked for")
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and (len(announced) > 15 or int(announced) > max_bytes):
            raise too_large(max_bytes)
        inflater = None if coding == "identity" else Inflater(max_bytes)
        parts: list[bytes] = []
        size = 0
        async for raw in response.aiter_raw(65_536):
            part = inflater.feed(raw) if inflater else raw
            parts.append(part)
            size += len(part)
            self._received += len(part)
            if size > max_bytes:
                raise too_large(max_bytes)
            if self._received > self.limits.total_bytes:
                raise SourceError(
                    f"{self.origin} sent more than {self.limits.total_bytes / 1e9:g} GB; nothing was changed."
                )
        if inflater:
            inflater.finish()
        return b"".join(parts)

    def _late(self) -> SourceError:
        return SourceError(
            f"{self.origin} could not be read within {self.limits.crawl_seconds / 60:g} minutes; "
            "nothing was changed."
        )


def too_large(max_bytes: int) -> Refused:
    return Refused(f"it is larger than {max_bytes / 1e6:g} MB")


class Inflater:
    """Decompresses gzip piece by piece and never makes more than it may: a bomb costs no memory.

    Raises Refused when the result is larger than `max_bytes`, damaged or cut off.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._room = max_bytes
        self._stream = zlib.decompressobj(wbits=31)

    def feed(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        while data:
            if self._stream.eof:
                self._stream = zlib.decompressobj(wbits=31)
            try:
                part = self._stream.decompress(data, self._room + 1)
            except zlib.error as error:
                raise Refused("its compression is damaged") from error
            self._room -= len(part)
            if self._room < 0:
                raise too_large(self._max_bytes)
            parts.append(part)
            data = self._stream.unconsumed_tail or self._stream.unused_data.lstrip(b"\0")
        return b"".join(parts)

    def finish(self) -> None:
        if not self._stream.eof:
            raise Refused("it is cut off")


def _retry_after_seconds(value: str) -> float:
    """Seconds of a Retry-After header, which may be a date; 0 without one."""
    if value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _now() -> float:
    return asyncio.get_running_loop().time()
