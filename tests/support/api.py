"""The API over a small real index, with any of its parts exchanged, spoken to without a socket."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
from fastapi import FastAPI

from footnote_api.answerers import Answerer, Statement, Turn
from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_api.assistant import Assistant
from footnote_api.chatkit import ChatKit
from footnote_api.clients import Caller, Client
from footnote_api.databases import Database, open_database
from footnote_api.deps import Services
from footnote_api.limits import Limits
from footnote_api.main import create_app
from footnote_api.metrics import Metrics
from footnote_api.proofs import Proofs
from footnote_api.rates import Rates, open_rates
from footnote_api.rerankers import Reranker
from footnote_api.searches import Searches
from footnote_api.sessions import Sessions
from footnote_api.threads import Threads
from footnote_core.embedders import Embedder
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.index import GenerationInfo, Index, open_index
from footnote_core.models import Chunk, Page, Passage, Section
from footnote_core.settings import Settings
from tests.support.publishing import publish_pages

SITE = "https://docs.example.com"
ORIGIN = "https://example.com"
QUESTION = "How do I change the colour of the lamp?"

_DOCS = {
    ("/docs/lamp", "Lamp"): [
        (None, None, "The lamp lights a room. It needs a socket and a bulb."),
        (
            "colour",
            "Colour",
            "Set `colour` in `lamp.yml` to change the colour of the lamp.\n\n```yaml\ncolour: '#ffcc00'\n```",
        ),
        ("timer", "Timer", "The timer switches the lamp off after `minutes`. The default is 30 minutes."),
    ],
    ("/docs/heater", "Heater"): [
        (None, None, "The heater warms a room. Never cover it."),
        (
            "thermostat",
            "Thermostat",
            "Turn the thermostat to choose the temperature. It keeps within one degree.",
        ),
        (
            "errors",
            "Error codes",
            "`E42` means that the heater is too hot. Unplug it and wait for ten minutes.",
        ),
    ],
    ("/docs/install/", "Installation"): [
        ("requirements", "Requirements", "You need a hub with firmware 2.1 or newer and a wireless network."),
        (
            "pairing",
            "Pairing",
            "Hold the button for five seconds. The hub finds the device and shows its name.",
        ),
    ],
}


def settings(**values: str) -> Settings:
    """Settings of a test; nothing of the environment is read."""
    given = {
        "FOOTNOTE_SITE_URL": SITE,
        "FOOTNOTE_CORS_ORIGINS": ORIGIN,
        "FOOTNOTE_SESSION_SECRET": "test-secret-test-secret-test-secret-",
    }
    return Settings.from_mapping(given | values)


def pages() -> list[Page]:
    return [
        Page(
            route,
            title,
            f"docs{route.removeprefix('/docs').rstrip('/')}.md",
            tuple(
                Section(anchor, heading, 2 if anchor else 1, (), text, line)
                for line, (anchor, heading, text) in enumerate(sections, start=1)
            ),
        )
        for (route, title), sections in _DOCS.items()
    ]


async def publish(index: Index, embedder: Embedder, corpus: Sequence[Page] | None = None) -> None:
    """Publish `corpus`, or the small one, in `index`."""
    corpus = corpus if corpus is not None else pages()
    chunks = [
        Chunk(
            p.route,
            p.title,
            p.source,
            s.anchor,
            s.heading,
            s.path,
            s.text,
            ordinal,
            30,
            s.line,
            p.version,
            p.locale,
        )
        for p in corpus
        for ordinal, s in enumerate(p.sections)
    ]
    info = GenerationInfo(
        embedder.id, embedder.dimension, "test", len(corpus), len(chunks), "2026-01-01T00:00:00+00:00"
    )
    vectors = await embedder.embed([c.embedded_text for c in chunks], "document")
    await publish_pages(index, info, corpus, chunks, vectors)


@dataclass
class ScriptedAnswerer:
    """Says what it is told to, waits where it is told to, and then fails if it is told to."""

    statements: Sequence[Statement]
    error: Exception | None = None
    hold: asyncio.Event | None = None
    """Waited for before the last statement."""
    name: str = "scripted"
    asked: list[tuple[str, Sequence[Passage], Sequence[Turn]]] = field(default_factory=list)
    ended: bool = False

    async def stream(
        self, question: str, evidence: Sequence[Passage], history: Sequence[Turn]
    ) -> AsyncIterator[Statement]:
        self.asked.append((question, evidence, history))
        try:
            for place, statement in enumerate(self.statements):
                if self.hold is not None and place == len(self.statements) - 1:
                    await self.hold.wait()
                yield statement
            if self.error is not None:
                raise self.error
        finally:
            self.ended = True


@dataclass
class Parts:
    """What an application is made of; a test exchanges what it is about."""

    settings: Settings
    index: Index
    embedder: Embedder
    answerer: Answerer = field(default_factory=ExtractiveAnswerer)
    fallback: Answerer | None = None
    reranker: Reranker | None = None
    database: Database | None = None
    """None: conversations of its own, in memory."""
    rates: Rates = field(default_factory=open_rates)
    clock: Callable[[], float] | None = None

    def services(self, metrics: Metrics, database: Database) -> Services:
        assistant = Assistant(
            self.settings.site_url,
            self.index,
            self.embedder,
            self.answerer,
            metrics,
            self.reranker,
            self.fallback,
        )
        sessions = Sessions(self.settings.session_keys, self.settings.session_ttl_seconds)
        if self.clock is not None:
            sessions = replace(sessions, clock=self.clock)
        limits = Limits(self.settings, self.rates)
        return Services(
            settings=self.settings,
            sessions=sessions,
            embedder=self.embedder,
            index=self.index,
            assistant=assistant,
            searches=Searches(assistant, self.settings.site_url),
            chatkit=ChatKit(Threads(database), assistant, limits),
            limits=limits,
            proofs=Proofs(self.settings.session_keys, self.settings.session_pow_bits, self.rates),
            metrics=metrics,
        )

    def app(self) -> FastAPI:
        @asynccontextmanager
        async def opener(_: Settings, metrics: Metrics) -> AsyncGenerator[Services]:
            self.database = self.database or await open_database("sqlite:///:memory:")
            yield self.services(metrics, self.database)
            await self.database.aclose()

        return create_app(self.settings, opener)


def caller(owner: str) -> Caller:
    """A reader on this machine, whom no limit of requests holds."""
    return Caller(owner, Client("127.0.0.1", unlimited=True))


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, with an Origin so that CORS headers can be looked at."""
    app = parts.app()
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://api.test", headers={"origin": ORIGIN}
        ) as client:
            yield client


async def signed_in(client: httpx.AsyncClient) -> dict[str, str]:
    """The header of a new owner."""
    response = await client.post("/api/chatkit/session")
    return {"authorization": f"Bearer {response.json()['client_secret']}"}


async def small_index(folder: Path) -> tuple[Index, LocalEmbedder]:
    """The small corpus, published in an embedded index in `folder`."""
    embedder = LocalEmbedder()
    index = open_index(settings(FOOTNOTE_INDEX_PATH=str(folder)))
    await publish(index, embedder)
    return index, embedder
