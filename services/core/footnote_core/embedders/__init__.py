"""The embedder port: texts to unit vectors.

`id` names the model and its dimension; an index made by another id is refused, never mixed.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from footnote_core.settings import Settings

Purpose = Literal["document", "query"]
Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors of length 1."""

    @property
    def id(self) -> str:
        """Vendor, model and dimension, for example `local/wordllama-256`."""

    @property
    def dimension(self) -> int: ...

    @property
    def batch_size(self) -> int:
        """How many texts one call should carry."""

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        """Embed `texts`; the result has shape (len(texts), dimension), float32, rows of length 1.

        Raises UpstreamError or UpstreamTimeout when a vendor fails.
        """

    async def aclose(self) -> None:
        """Close connections; the embedder cannot be used afterwards."""


def build_embedder(settings: Settings) -> Embedder:
    """The embedder that the settings choose; packages of vendors and extras are imported only when chosen."""
    choice = settings.embedder
    if choice == "auto":
        choice = "cohere" if settings.cohere_api_key else "local"
    if choice == "cohere":
        from footnote_core.embedders.cohere import CohereEmbedder

        return CohereEmbedder.from_settings(settings)
    if choice == "openai":
        from footnote_core.embedders.openai import OpenAIEmbedder

        return OpenAIEmbedder.from_settings(settings)
    if choice == "fastembed":
        from footnote_core.embedders.fastembed import FastEmbedder

        return FastEmbedder.from_settings(settings)
    from footnote_core.embedders.local import LocalEmbedder

    return LocalEmbedder()
