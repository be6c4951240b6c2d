"""What stands in the index: chunks, pages and the generation's description as points, and back (pure)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from footnote_core.embedders import Vectors
from footnote_core.index.calibration import Nearness
from footnote_core.index.engine import Found, Point
from footnote_core.index.lexicon import Lexicon
from footnote_core.index.terms import FieldLengths, Weights
from footnote_core.models import Chunk, Page, Passage, point_id

SCHEMA = 7
"""Layout of the points and the formula of their weights. An index of another schema is rebuilt, never read."""

DESCRIPTION_ID = point_id("generation")


@dataclass(frozen=True, slots=True)
class GenerationInfo:
    """What is recorded of one generation of the index.

    fingerprint  hash over everything that decides the content; equal means nothing to do
    versions     of the docs, the one readers see by default first; filled in by the index
    locales      likewise
    nearness     of its texts to each other; measured by `Draft.publish`
    recipe       hash over the rules by which pages become points; another one makes all points anew
    revised      chunks added and removed since all points were last made anew
    """

    embedder: str
    dimension: int
    fingerprint: str
    pages: int
    chunks: int
    created_at: str
    schema: int = SCHEMA
    versions: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    nearness: Nearness = field(default_factory=Nearness)
    recipe: str = ""
    revised: int = 0


@dataclass(frozen=True, slots=True)
class PageRecord:
    """What is recorded of one page, so that it can be told whether it changed without reading it again.

    digest   hash over the page's inputs, by its source; empty when the source cannot tell
    content  hash over everything of the page that is in the index
    """

    route: str
    source: str
    version: str
    latest: bool | None
    locale: str
    digest: str
    content: str
    sections: int
    chunks: int
    tokens: int

    @classmethod
    def of(cls, page: Page, chunks: Sequence[Chunk]) -> "PageRecord":
        head = (page.title, page.description, page.keywords, page.kind)
        body = [(c.anchor, c.heading, c.path, c.text, c.ordinal, c.line, c.rows, c.linked) for c in chunks]
        content = hashlib.blake2b(
            json.dumps(
                [page.route, page.source, page.version, page.latest, page.locale, head, body]
            ).encode(),
            digest_size=16,
        )
        return cls(
            page.route,
            page.source,
            page.version,
            page.latest,
            page.locale,
            page.digest,
            content.hexdigest(),
            len(page.sections),
            len(chunks),
            sum(chunk.tokens for chunk in chunks),
        )


@dataclass(frozen=True, slots=True)
class Description:
    """A generation as it describes itself.

    lexicon  None while the generation is being built: nobody may search it
    """

    info: GenerationInfo
    lexicon: Lexicon | None
    chunk_lengths: FieldLengths
    page_lengths: FieldLengths

    def point(self) -> Point:
        payload = {
            "kind": "generation",
            "info": asdict(self.info),
            "lexicon": self.lexicon.payload() if self.lexicon else None,
            "chunk_lengths": dict(self.chunk_lengths.mean),
            "page_lengths": dict(self.page_lengths.mean),
        }
        return Point(DESCRIPTION_ID, payload)

    @classmethod
    def of(cls, found: Found) -> "Description":
        lexicon = found.payload.get("lexicon")
        return cls(
            _info(found.payload.get("info", {})),
            Lexicon.from_payload(lexicon) if lexicon else None,
            FieldLengths(found.payload.get("chunk_lengths", {})),
            FieldLengths(found.payload.get("page_lengths", {})),
        )


def _info(recorded: Mapping[str, Any]) -> GenerationInfo:
    """What an index of any schema says of itself: later schemas may know more, earlier ones less."""
    blank: dict[str, Any] = {
        "embedder": "",
        "dimension": 0,
        "fingerprint": "",
        "pages": 0,
        "chunks": 0,
        "created_at": "",
        "schema": 0,
        "recipe": "",
        "revised": 0,
    }
    known = {name: recorded.get(name, default) for name, default in blank.items()}
    lists = {name: tuple(recorded.get(name, ())) for name in ("versions", "locales")}
    return GenerationInfo(**known | lists, nearness=Nearness(**recorded.get("nearness", {})))


DESCRIPTION_FIELDS = ("kind", "info", "lexicon", "chunk_lengths", "page_lengths")


def text_hash(text: str) -> str:
    """Identity of a chunk's embedded text, as it is stored beside the vector."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def chunk_point(chunk: Chunk, vector: Vectors, weights: Weights) -> Point:
    payload = {
        "kind": "chunk",
        "route": chunk.route,
        "title": chunk.title,
        "source": chunk.source,
        "anchor": chunk.anchor or "",
        "heading": chunk.heading,
        "path": list(chunk.path),
        "text": chunk.text,
        "ordinal": chunk.ordinal,
        "version": chunk.version,
        "locale": chunk.locale,
        "rows": [list(row) for row in chunk.rows],
        "hash": text_hash(chunk.embedded_text),
    }
    return Point(chunk.id, payload, {"dense": vector}, {"bm25": weights})


def page_point(record: PageRecord, weights: Weights, vectors: Vectors) -> Point:
    """vectors: of the page's chunks; the direction of their sum is what the page is about."""
    centre = vectors.sum(axis=0)
    length = float(np.linalg.norm(centre))
    dense = {"page_dense": centre / length} if length else {}
    return Point(point_id("page", record.route), {"kind": "page", **asdict(record)}, dense, {"page": weights})


def page_record(payload: Mapping[str, Any]) -> PageRecord:
    return PageRecord(**{name: payload[name] for name in PageRecord.__slots__})


def to_passage(found: Found, score: float = 0.0, nearness: float = 0.0) -> Passage:
    payload = found.payload
    return Passage(
        id=found.id,
        route=payload["route"],
        title=payload["title"],
        source=payload["source"],
        anchor=payload["anchor"] or None,
        heading=payload["heading"],
        path=tuple(payload["path"]),
        text=payload["text"],
        ordinal=payload["ordinal"],
        version=payload["version"],
        locale=payload["locale"],
        score=score,
        nearness=nearness,
        rows=tuple((cell, anchor) for cell, anchor in payload["rows"]),
    )
