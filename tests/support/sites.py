"""A web server on loopback that does as it is told: stalls, drips, breaks off, lies about lengths."""

import asyncio
import gzip
import hashlib
import mimetypes
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    target: str
    headers: Mapping[str, str]
    """By names in lower case."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent.

    length         Content-Length that is announced; None the true one
    delay_seconds  silence before the first byte
    drip_seconds   pause after each byte of the body; 0 sends it at once
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    delay_seconds: float = 0.0
    drip_seconds: float = 0.0


Answer = Reply | Callable[[Request], Reply]


@dataclass
class Site:
    """A running server. What `answers` does not know is looked up in `folder`, else it is 404.

    Files are sent with an ETag, and 304 without a body to who has them; `/a` and `/a/` are `a/index.html`.
    """

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    folder: Path | None = None
    requests: list[Request] = field(default_factory=list)
    most_at_once: int = 0
    sent_bytes: int = 0
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def asked(self) -> list[str]:
        """Targets in the order of the requests."""
        return [request.target for request in self.requests]

    def answer(self, request: Request) -> Reply:
        found = self.answers.get(request.target)
        if found is not None:
            return found(request) if callable(found) else found
        return self._file(request) if self.folder else Reply(404)

    def _file(self, request: Request) -> Reply:
        assert self.folder is not None
        path = self.folder / unquote(urlsplit(request.target).path).strip("/")
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return Reply(404)
        body = path.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(304, headers={"ETag": etag})
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return Reply(body=body, headers={"ETag": etag, "Content-Type": kind})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer, and the connection is closed."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.most_at_once = max(self.most_at_once, len(self._open))
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = (line.partition(":") for line in lines[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in fields}
            request = Request(lines[0].split(" ")[1], headers)
            self.requests.append(request)
            await self._send(self.answer(request), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the crawler had enough: that is what some tests are about
        finally:
            self._open.discard(task)
            writer.close()

    async def stop(self) -> None:
        """Break off the answers that are still being sent."""
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(reply.delay_seconds)
        length = len(reply.body) if reply.length is None else reply.length
        headers = {"Content-Length": str(length), "Connection": "close", **reply.headers}
        head = f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
        writer.write((head + "".join(f"{n}: {v}\r\n" for n, v in headers.items()) + "\r\n").encode("latin-1"))
        self.sent_bytes += len(reply.body)
        if not reply.drip_seconds:
            writer.write(reply.body)
            await writer.drain()
            return
        for byte in reply.body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(reply.drip_seconds)


@asynccontextmanager
async def running_site(
    answers: Mapping[str, Answer] | None = None, folder: Path | None = None, port: int = 0
) -> AsyncIterator[Site]:
    """A server on a free port of 127.0.0.1, or on `port`."""
    site = Site(answers=dict(answers or {}), folder=folder)
    server = await asyncio.start_server(site.serve, "127.0.0.1", port)
    site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield site
    finally:
        server.close()
        await site.stop()


def html(text: str, head: str = "", **headers: str) -> Reply:
    """A page of one paragraph."""
    body = f"<!doctype html><html><head><title>{text} | Site</title>{head}</head><body><main><p>{text}</p></main>"
    return Reply(body=body.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers})


def sitemap(*addresses: str, kind: str = "urlset") -> Reply:
    """A sitemap of pages, or with kind `sitemapindex` of sitemaps."""
    entry = "url" if kind == "urlset" else "sitemap"
    entries = "".join(f"<{entry}><loc>{address}</loc></{entry}>" for address in addresses)
    body = (
        f'<?xml version="1.0"?><{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</{kind}>'
    )
    return Reply(body=body.encode(), headers={"Content-Type": "application/xml"})


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status, headers={"Location": location})


def bomb(megabytes: int, kind: str) -> Reply:
    """A thousandth of its size on the wire; `kind` is its media type, empty for a file that is itself gzip."""
    packed = _twenty_megabytes() * (megabytes // 20)  # gzip may consist of several members
    headers = (
        {"Content-Type": kind, "Content-Encoding": "gzip"} if kind else {"Content-Type": "application/gzip"}
    )
    return Reply(body=packed, headers=headers)


@cache
def _twenty_megabytes() -> bytes:
    return gzip.compress(b" " * 20_000_000)
