"""What a user would build in an afternoon, to compare with."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from footnote_core.models import Chunk

_WORD = re.compile(r"\w+")


class PlainBM25:
    """Okapi BM25 (k1 1.2, b 0.75) over the chunks' text with their headings; lower-cased words, no stemming."""

    K1 = 1.2
    B = 0.75

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks
        bags = [Counter(self._words(c)) for c in chunks]
        mean = sum(bag.total() for bag in bags) / len(bags)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for i, bag in enumerate(bags):
            norm = self.K1 * (1 - self.B + self.B * bag.total() / mean)
            for word, count in bag.items():
                self._postings[word].append((i, count * (self.K1 + 1) / (count + norm)))

    def search(self, question: str, limit: int) -> list[Chunk]:
        """The best chunk of each section, best first."""
        scores: dict[int, float] = defaultdict(float)
        for word in set(_WORD.findall(question.lower())):
            found = self._postings.get(word, [])
            idf = math.log((len(self._chunks) - len(found) + 0.5) / (len(found) + 0.5) + 1)
            for i, weight in found:
                scores[i] += idf * weight
        sections: dict[tuple[str, str | None], Chunk] = {}
        for i in sorted(scores, key=lambda i: (-scores[i], i)):
            sections.setdefault((self._chunks[i].route, self._chunks[i].anchor), self._chunks[i])
        return list(sections.values())[:limit]

    @staticmethod
    def _words(chunk: Chunk) -> list[str]:
        text = " ".join((chunk.title, *chunk.path, chunk.heading or "", chunk.text))
        return _WORD.findall(text.lower())
