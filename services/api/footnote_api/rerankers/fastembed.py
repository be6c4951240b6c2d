"""Reranking by a cross-encoder on this machine, one of fastembed's."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from footnote_api.rerankers.documents import document
from footnote_core.embedders.fastembed import extra_for, load_model, model_errors
from footnote_core.models import Passage
from footnote_core.settings import Settings

DEFAULT_MODEL = "Xenova/ms-marco-MiniLM-L-6-v2"


class FastReranker:
    """Reads the question with each passage."""

    def __init__(self, model: Any) -> None:
        """model: a `fastembed.rerank.cross_encoder.TextCrossEncoder`."""
        self._model = model
        self.name = f"fastembed/{model.model_name}"

    @classmethod
    def from_settings(cls, settings: Settings) -> "FastReranker":
        """Raises ConfigurationError without the extra, and without the model."""
        with extra_for("FOOTNOTE_RERANKER"):
            from fastembed.rerank.cross_encoder import TextCrossEncoder
        name = settings.rerank_model or DEFAULT_MODEL
        return cls(load_model(TextCrossEncoder, name, "FOOTNOTE_RERANK_MODEL", settings))

    async def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """All of `passages`, best first. Raises UpstreamError.

        In a thread: the model leaves Python alone while it computes.
        """
        documents = [document(passage) for passage in passages]
        with model_errors(self.name):
            raw = await asyncio.to_thread(lambda: list(self._model.rerank(question, documents)))
        scores = np.exp(-np.logaddexp(0.0, -np.asarray(raw, dtype=np.float64)))
        ranked = [replace(p, score=float(score)) for p, score in zip(passages, scores, strict=True)]
        return sorted(ranked, key=lambda p: -p.score)

    async def aclose(self) -> None:
        """Nothing to close."""
