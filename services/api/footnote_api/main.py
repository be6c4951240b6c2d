"""The application: settings in, an ASGI app out. Nothing is opened before its lifespan begins."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline

from footnote_api.answerers import Checked, build_answerer
from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_api.assistant import Assistant
from footnote_api.budget import DailyBudget, Unlimited
from footnote_api.chatkit import ChatKit
from footnote_api.connections import METRICS
from footnote_api.databases import open_database
from footnote_api.deps import Services
from footnote_api.error_handlers import add_error_handlers
from footnote_api.limits import Limits
from footnote_api.metrics import Metrics, open_metrics
from footnote_api.middleware import layers
from footnote_api.proofs import Proofs
from footnote_api.rates import open_rates
from footnote_api.rerankers import build_reranker
from footnote_api.retention import delete_unused
from footnote_api.routes import router
from footnote_api.searches import Searches
from footnote_api.sessions import Sessions
from footnote_api.threads import Threads
from footnote_api.tracing import is_untraced, open_tracing
from footnote_core import __version__, log
from footnote_core.embedders import build_embedder
from footnote_core.errors import IndexNotReady, UpstreamError
from footnote_core.index import open_index
from footnote_core.settings import Settings, load

_STORING_SECONDS = 1.5
"""What is left of the grace period for answers that were cut to be stored."""

_TELEMETRY: TelemetryConfig = {
    "auto_configure": False,
    "exclude": is_untraced,
    "logs": False,
    "metrics": False,
    "operation_spans": False,
}
"""Spans of requests, once there is something that takes them; ours are the logs and the metrics."""

Opener = Callable[[Settings, Metrics], AbstractAsyncContextManager[Services]]


@asynccontextmanager
async def open_services(settings: Settings, metrics: Metrics) -> AsyncIterator[Services]:
    """Everything that requests use, opened once a process and closed at its end."""
    log.configure(settings.log_level)
    async with AsyncExitStack() as stack:
        embedder = build_embedder(settings)
        stack.push_async_callback(embedder.aclose)
        index = open_index(settings)
        stack.push_async_callback(index.aclose)
        reranker = build_reranker(settings)
        if reranker is not None:
            stack.push_async_callback(reranker.aclose)
        database = await open_database(settings.database_url.get_secret_value())
        stack.push_async_callback(database.aclose)
        threads = Threads(database)
        allowed = settings.daily_tokens
        budget = DailyBudget(database, allowed, metrics.spend) if allowed else Unlimited(metrics.spend)
        answerer = build_answerer(settings, budget)
        fallback = None if answerer.name == ExtractiveAnswerer.name else ExtractiveAnswerer()
        assistant = Assistant(
            settings.site_url, index, embedder, answerer, metrics, reranker, fallback, settings.strictness
        )
        log.event(
            "service_started",
            embedder=embedder.id,
            answerer=answerer.name,
            index=index.engine,
            reranker=reranker.name if reranker else "none",
        )
        keys = _session_keys(settings)
        rates = open_rates()
        stack.callback(rates.close)
        limits = Limits(settings, rates)
        chatkit = ChatKit(threads, assistant, limits)
        stack.push_async_callback(chatkit.answering.ended, _STORING_SECONDS)
        stack.enter_context(_running(delete_unused(threads, settings.threads_retention_days)))
        await _warm_up(assistant)
        await _check_key(assistant)
        yield Services(
            settings=settings,
            sessions=Sessions(keys, settings.session_ttl_seconds),
            embedder=embedder,
            index=index,
            assistant=assistant,
            searches=Searches(assistant, settings.site_url),
            chatkit=chatkit,
            limits=limits,
            proofs=Proofs(keys, settings.session_pow_bits, rates),
            metrics=metrics,
        )


def create_app(settings: Settings | None = None, opener: Opener = open_services) -> FastAPI:
    """The application. `settings` None reads the environment; `opener` provides its services.

    Raises ConfigurationError for settings that are wrong.
    """
    chosen = settings or load()
    metrics = open_metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Metrics]]:
        with open_tracing(os.environ):
            async with opener(chosen, metrics) as services:
                app.state.services = services
                yield {METRICS: metrics}

    app = FastAPIOffline(
        title="Footnote",
        description="Answers from documentation, every claim with a link to the exact heading.",
        version=__version__,
        redoc_url=None,
        redirect_slashes=False,
        static_url="/docs/assets",
        lifespan=lifespan,
        telemetry=_TELEMETRY,
        middleware=layers(chosen.cors_origins, metrics),
    )
    app.include_router(router)
    add_error_handlers(app)
    return app


@contextmanager
def _running(work: Coroutine[None, None, None]) -> Iterator[None]:
    """`work` in the background, ended with what is inside."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


async def _warm_up(assistant: Assistant) -> None:
    """Search once, so that the first reader does not wait for models and index to load."""
    try:
        await assistant.find("warm up", limit=1)
    except IndexNotReady as error:
        log.warning("index_not_ready", reason=error.message)


async def _check_key(assistant: Assistant) -> None:
    """Say at start that the model cannot answer, rather than to the first reader."""
    if not isinstance(assistant.answerer, Checked):
        return
    try:
        await assistant.answerer.check()
    except UpstreamError as error:
        assistant.breakers["answer"].failed(error)
        log.warning("answerer_not_working", answerer=assistant.answerer.name, reason=error.message)


def _session_keys(settings: Settings) -> tuple[bytes, ...]:
    if settings.session_keys:
        return settings.session_keys
    log.warning(
        "session_secret_generated", hint="set FOOTNOTE_SESSION_SECRET to keep sessions over a restart"
    )
    return (secrets.token_bytes(32),)
