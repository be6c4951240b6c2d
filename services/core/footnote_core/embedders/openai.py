"""Embeddings by OpenAI or a server that speaks its API."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
import openai

from footnote_core import log
from footnote_core.embedders import Purpose, Vectors
from footnote_core.embedders.vectors import unit_vectors
from footnote_core.errors import UpstreamError, UpstreamTimeout
from footnote_core.settings import Settings

DEFAULT_MODEL = "text-embedding-3-small"
_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_DOCUMENT_SECONDS = 120.0
_RETRIES = 2
"""The client waits between tries as long as `Retry-After` says; the deadline above still holds."""


class OpenAIEmbedder:
    """Vectors of `model`. `dimension` must be what the model returns."""

    batch_size = 256
    query_seconds = 1.0
    """A reader waits: after this the search goes on without the vector."""

    def __init__(self, client: openai.AsyncOpenAI, model: str, dimension: int) -> None:
        self._client = client
        self._model = model
        self.dimension = dimension
        self.id = f"openai/{model}-{dimension}"

    @classmethod
    def from_settings(cls, settings: Settings) -> "OpenAIEmbedder":
        model = settings.embed_model or DEFAULT_MODEL
        return cls(open_client(settings), model, _DIMENSIONS.get(model, 1536))

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        """Rows of length 1. Raises UpstreamError, also when the vectors have another dimension."""
        seconds = self.query_seconds if purpose == "query" else _DOCUMENT_SECONDS
        rows: list[list[float]] = []
        with upstream_errors("OpenAI"):
            async with asyncio.timeout(seconds):
                for start in range(0, len(texts), self.batch_size):
                    batch = list(texts[start : start + self.batch_size])
                    response = await self._client.embeddings.create(
                        model=self._model, input=batch, encoding_format="float"
                    )
                    rows += [
                        entry.embedding for entry in sorted(response.data, key=lambda entry: entry.index)
                    ]
        return unit_vectors(rows, len(texts), self.dimension, f"OpenAI's {self._model}")

    async def aclose(self) -> None:
        await self._client.close()


def open_client(settings: Settings) -> openai.AsyncOpenAI:
    """A client for OpenAI, or for the server at OPENAI_BASE_URL, which may want no key.

    Over aiohttp: a server that passes on 300 answers at once spends a seventh less on each token than over httpcore.
    """
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    return openai.AsyncOpenAI(
        api_key=key,
        base_url=settings.openai_base_url or "https://api.openai.com/v1",
        max_retries=_RETRIES,
        http_client=openai.DefaultAioHttpClient(event_hooks={"request": [_identify]}),
    )


async def _identify(request: Any) -> None:
    request.headers.update(log.request_headers())


@contextmanager
def upstream_errors(vendor: str) -> Iterator[None]:
    """Every way in which the client fails, as UpstreamError or UpstreamTimeout.

    `details["kind"]` says what went wrong where that decides what to do next.
    """
    try:
        yield
    except (TimeoutError, openai.APIConnectionError, httpx2.RequestError) as error:
        if _was_late(error):
            raise UpstreamTimeout(f"{vendor} did not answer in time.", {"kind": "slow"}) from error
        raise UpstreamError(f"{vendor} cannot be reached.", {"kind": "down"}) from error
    except openai.APIStatusError as error:
        raise _refused(vendor, error) from error
    except openai.OpenAIError as error:
        raise UpstreamError(f"{vendor} reported a failure.", {"kind": "failed"}) from error
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError) as error:
        raise UpstreamError(
            f"{vendor} answered in a way that cannot be read.", {"kind": "unreadable"}
        ) from error


def _was_late(error: BaseException | None) -> bool:
    """Whether time ran out. The names of the client's errors do not tell: a refused connection is a timeout, too."""
    while error is not None and not isinstance(error, TimeoutError):
        error = error.__cause__
    return error is not None


def _refused(vendor: str, error: openai.APIStatusError) -> UpstreamError:
    """The failure for an answer with an error status."""
    kind, message = f"status {error.status_code}", f"{vendor} answered with status {error.status_code}."
    if error.status_code in (401, 403):
        kind, message = "key", f"{vendor} does not accept the key in OPENAI_API_KEY."
    elif error.status_code == 404:
        kind, message = (
            "model",
            f"{vendor} does not know the model. Check the name of the model in the settings.",
        )
    elif error.code == "insufficient_quota":
        kind, message = "quota", f"{vendor} says that the account's quota is used up."
    elif error.status_code == 429:
        kind, message = "limit", f"{vendor} is limiting requests or the account's quota is used up."
    elif error.code == "context_length_exceeded":
        kind, message = (
            "context",
            f"{vendor} says that the question with its passages is too long for the model.",
        )
    elif error.code in ("content_filter", "content_policy_violation"):
        kind, message = "filter", f"{vendor}'s content filter stopped the answer."
    return UpstreamError(message, {"kind": kind})
