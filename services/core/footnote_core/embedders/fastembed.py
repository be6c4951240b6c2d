"""Better local models for those who can download them: fastembed's, which run on onnxruntime.

An extra that is not installed by default: with it come some 100 MB of packages, and 70 MB and more of each model.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from footnote_core.embedders import Purpose, Vectors
from footnote_core.embedders.vectors import unit_vectors
from footnote_core.errors import ConfigurationError, UpstreamError
from footnote_core.settings import Settings

DEFAULT_MODEL = "BAAI/bge-small-en-v1.5"
M = TypeVar("M")


class FastEmbedder:
    """Vectors of one of fastembed's models; a question takes some 4 ms on two idle cores (all-MiniLM-L6-v2)."""

    batch_size = 64

    def __init__(self, model: Any) -> None:
        """model: a `fastembed.TextEmbedding`."""
        self._model = model
        self._name: str = model.model_name
        self.dimension: int = model.embedding_size
        self.id = f"fastembed/{self._name}-{self.dimension}"

    @classmethod
    def from_settings(cls, settings: Settings) -> "FastEmbedder":
        """Raises ConfigurationError without the extra, and without the model."""
        with extra_for("FOOTNOTE_EMBEDDER"):
            from fastembed import TextEmbedding
        name = settings.embed_model or DEFAULT_MODEL
        return cls(load_model(TextEmbedding, name, "FOOTNOTE_EMBED_MODEL", settings))

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        """Rows of length 1. Raises UpstreamError. In a thread: the model leaves Python alone while it computes."""
        embed = self._model.query_embed if purpose == "query" else self._model.passage_embed
        with model_errors(self.id):
            rows = await asyncio.to_thread(lambda: list(embed(list(texts))))
        return unit_vectors(rows, len(texts), self.dimension, self._name)

    async def aclose(self) -> None:
        """Nothing to close."""


def load_model(kind: Callable[..., M], name: str, setting: str, settings: Settings) -> M:
    """The model, downloaded at first use to FOOTNOTE_MODELS_PATH. Raises ConfigurationError.

    kind     fastembed's class for this kind of model
    setting  that names the model, for messages
    """
    known = [model["model"] for model in kind.list_supported_models()]  # type: ignore[attr-defined]
    if name not in known:
        raise ConfigurationError(
            f"{setting}: fastembed has no model {name}. It has {', '.join(sorted(known))}."
        )
    try:
        with model_errors(name):
            return kind(name, cache_dir=str(settings.models_path))
    except (UpstreamError, ValueError, OSError, RuntimeError) as error:
        raise ConfigurationError(
            f"The model {name} can neither be read in {settings.models_path} nor downloaded: {error} "
            "Run footnote-ingest where there is internet and copy that folder, or set FOOTNOTE_MODELS_PATH."
        ) from error


@contextmanager
def model_errors(name: str) -> Iterator[None]:
    """What onnxruntime raises, as UpstreamError; its classes have nothing in common but where they come from."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith("onnxruntime"):
            raise
        raise UpstreamError(f"The model {name} failed: {error}", {"kind": "failed"}) from error


@contextmanager
def extra_for(setting: str) -> Iterator[None]:
    """Imports from the extra; where it is missing, ConfigurationError says how to get it."""
    try:
        yield
    except ImportError as error:
        raise ConfigurationError(
            f"{setting}=fastembed needs packages that are not installed; the container images do not have them. "
            "Run: .venv/bin/uv sync --inexact --no-dev --all-packages --extra fastembed"
        ) from error
