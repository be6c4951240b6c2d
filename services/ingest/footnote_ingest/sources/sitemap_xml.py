"""The sitemap protocol: addresses of pages, or of further sitemaps. Without I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.parsers import expat

from footnote_ingest.sources.http import Answer, Inflater, Refused


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one sitemap lists: pages, or sitemaps where it is an index."""

    pages: Sequence[str] = ()
    sitemaps: Sequence[str] = ()


def read_sitemap(answer: Answer, *, max_bytes: int) -> Sitemap:
    """Read a sitemap, compressed or not. Raises Refused for what is none."""
    body = answer.body
    if body[:2] == b"\x1f\x8b":
        inflater = Inflater(max_bytes)
        body = inflater.feed(body)
        inflater.finish()
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")) or (
        answer.media_type == "text/html" and not start.startswith(b"<?xml")
    ):
        raise Refused(
            "it is an HTML page; a development server answers so to everything, so give the built site"
        )
    if b"<!doctype" in body[:4000].lower():
        raise Refused("it has a document type, which no sitemap needs")
    return _read(body)


def _read(body: bytes) -> Sitemap:
    listener = _Listener()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = listener.start
    parser.EndElementHandler = listener.end
    parser.CharacterDataHandler = listener.text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Refused(f"it is no XML sitemap, or cut off: line {error.lineno} is not well-formed") from error
    if listener.root not in ("urlset", "sitemapindex"):
        raise Refused(f"it is no XML sitemap but <{listener.root[:40]}>")
    addresses = tuple(dict.fromkeys(address for address in listener.addresses if address))
    return Sitemap(sitemaps=addresses) if listener.root == "sitemapindex" else Sitemap(pages=addresses)


class _Listener:
    """Collects addresses in document order; of images and videos, which stand deeper, none."""

    def __init__(self) -> None:
        self.root = ""
        self.addresses: list[str] = []
        self._path: list[str] = []
        self._text: list[str] = []

    def start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name.rpartition("}")[2])
        self.root = self.root or self._path[0]
        self._text.clear()

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, _: str) -> None:
        if self._path in (["urlset", "url", "loc"], ["sitemapindex", "sitemap", "loc"]):
            self.addresses.append("".join(self._text).strip())
        self._path.pop()
