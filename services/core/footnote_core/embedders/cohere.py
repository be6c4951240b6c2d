"""Embeddings by Cohere."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import cohere
import httpx
from cohere.core.api_error import ApiError
from cohere.core.parse_error import ParsingError
from cohere.v2.client import OMIT

from footnote_core import log
from footnote_core.embedders import Purpose, Vectors
from footnote_core.embedders.vectors import unit_vectors
from footnote_core.errors import ConfigurationError, UpstreamError, UpstreamTimeout
from footnote_core.settings import Settings

DEFAULT_MODEL = "embed-v5.0-fast"
_DIMENSION = 1024
"""Asked of models that let us choose (v4 and later), fixed in the others."""
_DOCUMENT_SECONDS = 120.0
_RETRIES = 2
"""The client waits between tries as long as `Retry-After` says; the deadline above still holds."""
_REASONS = {
    401: "Cohere does not accept the key in COHERE_API_KEY.",
    403: "Cohere does not accept the key in COHERE_API_KEY.",
    404: "Cohere does not know the model. Check the name of the model in the settings.",
    429: "Cohere is limiting requests or the account's quota is used up.",
}
_KINDS = {401: "key", 403: "key", 404: "model", 429: "limit"}


class CohereEmbedder:
    """Vectors of `model`, made for questions or for documents as the purpose says."""

    batch_size = 96
    """The most texts that Cohere takes at once."""
    query_seconds = 1.0
    """A reader waits: after this the search goes on without the vector."""

    def __init__(self, client: cohere.AsyncClientV2, model: str) -> None:
        self._client = client
        self._model = model
        self.dimension = 384 if "light" in model else _DIMENSION
        self.id = f"cohere/{model}-{self.dimension}"

    @classmethod
    def from_settings(cls, settings: Settings) -> "CohereEmbedder":
        return cls(open_client(settings), settings.embed_model or DEFAULT_MODEL)

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        """Rows of length 1. Raises UpstreamError, also when the vectors have another dimension."""
        seconds = self.query_seconds if purpose == "query" else _DOCUMENT_SECONDS
        rows: list[list[float]] = []
        with upstream_errors():
            async with asyncio.timeout(seconds):
                for start in range(0, len(texts), self.batch_size):
                    rows += await self._embed(list(texts[start : start + self.batch_size]), purpose)
        return unit_vectors(rows, len(texts), self.dimension, f"Cohere's {self._model}")

    async def _embed(self, batch: list[str], purpose: Purpose) -> list[list[float]]:
        input_type = "search_query" if purpose == "query" else "search_document"
        can_choose = re.match(r"embed-v[4-9]", self._model) is not None
        response = await self._client.embed(
            model=self._model,
            texts=batch,
            input_type=input_type,
            embedding_types=["float"],
            output_dimension=self.dimension if can_choose else OMIT,
            truncate="END",
        )
        return response.embeddings.float_ or []

    async def aclose(self) -> None:
        await close_client(self._client)


def open_client(settings: Settings) -> cohere.AsyncClientV2:
    """A client with the key of the settings."""
    if settings.cohere_api_key is None:
        raise ConfigurationError("COHERE_API_KEY is not set.")
    return new_client(settings.cohere_api_key.get_secret_value())


def new_client(key: str, base_url: str | None = None) -> cohere.AsyncClientV2:
    """A client for Cohere, or for another server that speaks its API."""
    transport = httpx.AsyncClient(
        timeout=httpx.Timeout(_DOCUMENT_SECONDS, connect=5), event_hooks={"request": [_identify]}
    )
    return cohere.AsyncClientV2(key, base_url=base_url, httpx_client=transport, max_retries=_RETRIES)


async def _identify(request: httpx.Request) -> None:
    request.headers.update(log.request_headers())


async def close_client(client: cohere.AsyncClientV2) -> None:
    """Close the client's connections."""
    await client.__aexit__(None, None, None)  # type: ignore[no-untyped-call]


@contextmanager
def upstream_errors() -> Iterator[None]:
    """Every way in which the client fails, as UpstreamError or UpstreamTimeout."""
    try:
        yield
    except (TimeoutError, httpx.TimeoutException) as error:
        raise UpstreamTimeout("Cohere did not answer in time.", {"kind": "slow"}) from error
    except ApiError as error:
        status = error.status_code or 0
        message = _REASONS.get(status, f"Cohere answered with status {status}.")
        raise UpstreamError(message, {"kind": _KINDS.get(status, f"status {status}")}) from error
    except httpx.HTTPError as error:
        raise UpstreamError("Cohere cannot be reached.", {"kind": "down"}) from error
    except (ParsingError, ValueError, AttributeError, TypeError) as error:  # the client checks no shapes
        raise UpstreamError(
            "Cohere answered in a way that cannot be read.", {"kind": "unreadable"}
        ) from error
