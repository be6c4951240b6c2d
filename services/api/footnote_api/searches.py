"""Searches as `GET /api/search` answers them: their hits as JSON, remembered for a minute."""

from cachetools import TTLCache
from pydantic_core import to_json

from footnote_api.addresses import absolute
from footnote_api.assistant import Assistant
from footnote_api.excerpts import excerpt
from footnote_core.models import Passage

_REMEMBERED_BYTES = 8_000_000
"""Some 1,300 searches: ten sections take 5 kB."""
_ENTRY_BYTES = 1_500
"""Of the words and what keeps them."""
_SECONDS = 60.0
"""Readers type the same beginnings of the same words. No longer than this, so that what was found without an
embedder or a reranker, while its vendor failed, does not outlive the failure."""


class Searches:
    """Answers searches, the same ones of one generation of the index only once a minute."""

    def __init__(self, assistant: Assistant, site_url: str) -> None:
        self._assistant = assistant
        self._site_url = site_url
        self._remembered: TTLCache[tuple[object, ...], bytes] = TTLCache(
            _REMEMBERED_BYTES, _SECONDS, getsizeof=lambda hits: len(hits) + _ENTRY_BYTES
        )

    async def hits(self, words: str, limit: int, version: str | None, locale: str | None) -> bytes:
        """A JSON list of the best `limit` sections, best first. Raises IndexNotReady."""
        key = (await self._assistant.ready(), words, limit, version, locale)
        if (hits := self._remembered.get(key)) is None:
            hits = self._remembered[key] = await self._search(words, limit, version, locale)
        return hits

    async def _search(self, words: str, limit: int, version: str | None, locale: str | None) -> bytes:
        found = await self._assistant.find(words, limit=limit, version=version, locale=locale)
        return to_json([self._hit(passage, words) for passage in found])

    def _hit(self, passage: Passage, words: str) -> dict[str, object]:
        text, marks = excerpt(passage.text, words, passage.locale)
        return {
            "url": absolute(self._site_url, passage.link),
            "title": passage.title,
            "heading": passage.heading,
            "excerpt": text,
            "marks": marks,
            "score": round(passage.score, 4),
            "version": passage.version,
            "locale": passage.locale,
            "source": passage.source,
        }
