"""What is counted over a whole corpus: how rare its terms are, how long its fields."""

import base64
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from footnote_core.index.terms import Bags, FieldLengths, term_id


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Document frequencies of a corpus of chunks: parallel arrays, ids ascending."""

    documents: int
    ids: NDArray[np.uint32]
    frequencies: NDArray[np.uint32]

    @classmethod
    def of(cls, documents: Iterable[Bags]) -> "Lexicon":
        counts = DocumentCounts()
        for bags in documents:
            counts.add(bags)
        return counts.lexicon()

    def frequency(self, term: str) -> int:
        """In how many chunks the term stands."""
        wanted = np.uint32(term_id(term))  # of the ids' type: of another one they would all be converted
        position = self.ids.searchsorted(wanted)
        if position == len(self.ids) or self.ids[position] != wanted:
            return 0
        return int(self.frequencies[position])

    def knows(self, term: str) -> bool:
        """Whether the term stands in the docs."""
        return self.frequency(term) > 0

    def idf(self, term: str) -> float:
        """Inverse document frequency, at least 0; highest for a term the docs never use."""
        frequency = self.frequency(term)
        return math.log((self.documents - frequency + 0.5) / (frequency + 0.5) + 1.0)

    def revised(self, removed: Sequence[Sequence[int]], added: "Lexicon") -> "Lexicon":
        """Without the documents that have the term ids `removed`, and with those of another lexicon."""
        gone = np.fromiter((term for document in removed for term in document), dtype=np.uint32)
        ids, positions = np.unique(np.concatenate((self.ids, added.ids, gone)), return_inverse=True)
        change = np.concatenate(
            (self.frequencies.astype(np.int64), added.frequencies.astype(np.int64), -np.ones(len(gone)))
        )
        frequencies = np.bincount(positions, change, len(ids)).astype(np.int64)
        kept = frequencies > 0
        documents = self.documents - len(removed) + added.documents
        return Lexicon(documents, ids[kept], frequencies[kept].astype(np.uint32))

    def payload(self) -> dict[str, Any]:
        """JSON-ready form for the index."""
        pack = [base64.b64encode(a.astype("<u4").tobytes()).decode() for a in (self.ids, self.frequencies)]
        return {"documents": self.documents, "ids": pack[0], "frequencies": pack[1]}

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Lexicon":
        ids, frequencies = (
            np.frombuffer(base64.b64decode(payload[k]), dtype="<u4") for k in ("ids", "frequencies")
        )
        return cls(payload["documents"], ids, frequencies)


class DocumentCounts:
    """Documents counted one after another: how many, in how many each term stands, how long their fields."""

    def __init__(self) -> None:
        self.documents = 0
        self._frequencies: Counter[int] = Counter()
        self._terms: Counter[str] = Counter()

    def add(self, bags: Bags) -> None:
        self.documents += 1
        self._frequencies.update({term_id(term) for bag in bags.values() for term in bag})
        self._terms.update({name: bag.total() for name, bag in bags.items()})

    def lexicon(self) -> Lexicon:
        ids = np.array(sorted(self._frequencies), dtype=np.uint32)
        frequencies = np.array([self._frequencies[int(i)] for i in ids], dtype=np.uint32)
        return Lexicon(self.documents, ids, frequencies)

    def lengths(self) -> FieldLengths:
        """Mean length of each field, in terms."""
        return FieldLengths({name: total / self.documents for name, total in self._terms.items()})
