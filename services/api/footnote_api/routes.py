"""The HTTP surface: parse, call, return."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints
from pydantic_core import to_json
from starlette.responses import Response

from footnote_api.deps import CallerDep, ServicesDep, client_of, origins_of
from footnote_api.error_handlers import ErrorBody, error_body
from footnote_api.events import Answer, Cited, Delta, Done, Event, Noticed
from footnote_api.export import exported
from footnote_api.metrics import CONTENT_TYPE
from footnote_api.middleware import READER_LEFT
from footnote_api.questions import AskBody, Name
from footnote_api.streams import PING, EventStream, paced, unless_left
from footnote_api.threads import Feedback, FeedbackKind, Reason
from footnote_core import log
from footnote_core.errors import FootnoteError

_ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorBody, "description": "request_invalid"},
    "default": {"model": ErrorBody, "description": "every other failure"},
}
_EVENT_STREAM = {"text/event-stream": {"schema": {"type": "string"}}}
_CHATKIT_REQUEST = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["type", "params"],
            "properties": {
                "type": {"type": "string"},
                "params": {"type": "object"},
                "metadata": {"type": "object"},
            },
        },
        "example": {"type": "threads.list", "params": {"limit": 20}},
    }
}

router = APIRouter(responses=_ERRORS)


class ProofBody(BaseModel):
    """The answer to the challenge of a `proof_required`."""

    challenge: str = Field(max_length=200)
    nonce: str = Field(
        max_length=64, description="SHA-256 of `<challenge>:<nonce>` begins with the bits asked for"
    )


class SessionRequest(BaseModel):
    """`existing` may be any earlier client secret; a forged one starts a new owner."""

    existing: str | None = Field(None, max_length=500)
    proof: ProofBody | None = None


class SessionBody(BaseModel):
    client_secret: str
    expires_at: AwareDatetime = Field(description="RFC 3339, UTC")


class CitationBody(BaseModel):
    index: int = Field(description="the number of its [n] marker")
    url: str = Field(description="absolute link to the exact heading")
    title: str = Field(description="title of the page")
    heading: str | None = Field(description="null before the first heading")
    quote: str = Field(description="words that stand in the docs")
    source: str = Field(description="file of the page, relative to the site, or its address")


class NearestBody(BaseModel):
    url: str
    title: str
    heading: str | None


class AnswerBody(BaseModel):
    answer: str = Field(description="Markdown with [1] markers")
    citations: list[CitationBody]
    refused: bool = Field(description="true: the docs do not answer this")
    nearest: list[NearestBody] = Field(description="the closest sections, when refused")
    answerer: str = Field(description="what wrote the answer", examples=["extractive"])
    notice: str | None = Field(description="what the reader should know, for example that a vendor failed")
    timings_ms: dict[str, float]


class HitBody(BaseModel):
    url: str
    title: str
    heading: str | None
    excerpt: str = Field(description="at most 300 characters of plain text around the words searched for")
    marks: list[tuple[int, int]] = Field(description="start and end of the words in `excerpt` that match")
    score: float
    version: str
    locale: str
    source: str


class SearchBody(BaseModel):
    hits: list[HitBody]
    took_ms: float


class FeedbackBody(BaseModel):
    """A reader's vote on one answer of a conversation; the last vote counts."""

    thread_id: str = Field(max_length=100)
    item_id: str = Field(max_length=100, description="the message that the vote is on")
    kind: FeedbackKind
    reason: Reason | None = None
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)] | None = Field(
        None, pattern=r"^[^\x00]*$", description="the reader's own words, up to 1,000 characters"
    )


class ExportedMessageBody(BaseModel):
    id: str
    role: Literal["user", "assistant"]
    created_at: AwareDatetime
    text: str


class ExportedConversationBody(BaseModel):
    id: str
    title: str | None
    created_at: AwareDatetime
    messages: list[ExportedMessageBody]


class ExportBody(BaseModel):
    """Messages of an assistant have `citations` and `feedback` besides, those of a reader `quoted`."""

    exported_at: AwareDatetime
    conversations: list[ExportedConversationBody]


@router.post("/api/chatkit/session", response_model=SessionBody, summary="Get a client secret")
async def create_session(
    request: Request, services: ServicesDep, body: SessionRequest | None = None
) -> Response:
    body = body or SessionRequest()
    client, origin = client_of(request, services), origins_of(request)[0]
    services.limits.session(client)
    if not client.unlimited and not services.sessions.renews(body.existing, origin):
        proof = body.proof
        services.proofs.check(
            proof.challenge if proof else None, proof.nonce if proof else "", client.address, origin
        )
    secret = services.sessions.issue(body.existing, origin)
    expires_at = secret.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"client_secret": secret.value, "expires_at": expires_at}
    return JSONResponse(content, headers={"cache-control": "no-store"})


@router.post(
    "/api/chatkit",
    summary="The ChatKit protocol",
    openapi_extra={"requestBody": {"required": True, "content": _CHATKIT_REQUEST}},
    responses={200: {"description": "JSON or, for requests that stream, events", "content": _EVENT_STREAM}},
)
async def chatkit(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    answered = await services.chatkit.handle(await request.body(), caller)
    if isinstance(answered, bytes):
        return Response(answered, media_type="application/json", headers={"cache-control": "no-store"})
    return EventStream(answered)


@router.post("/api/feedback", status_code=204, summary="Say how good an answer was")
async def feedback(services: ServicesDep, caller: CallerDep, body: FeedbackBody) -> None:
    services.limits.read(caller.client)
    vote = Feedback(body.kind, body.reason, body.comment)
    await services.chatkit.vote(caller.owner, body.thread_id, [body.item_id], vote)


@router.get(
    "/api/conversations/export",
    summary="Get all own conversations",
    response_model=ExportBody,
)
async def export(services: ServicesDep, caller: CallerDep) -> Response:
    services.limits.read(caller.client)
    headers = {
        "cache-control": "no-store",
        "content-disposition": 'attachment; filename="conversations.json"',
    }
    pieces = await exported(services.chatkit.threads, caller.owner)
    return StreamingResponse(pieces, media_type="application/json", headers=headers)


@router.post(
    "/api/ask",
    summary="Ask one question",
    response_model=AnswerBody,
    responses={
        200: {"description": "JSON, or events with `Accept: text/event-stream`", "content": _EVENT_STREAM}
    },
)
async def ask(request: Request, services: ServicesDep, caller: CallerDep, body: AskBody) -> Response:
    services.limits.question(caller)
    await services.assistant.ready()
    events = services.assistant.answer(body.question, history=body.turns(), place=body.place())
    if "text/event-stream" in request.headers.get("accept", ""):
        return EventStream(_answer_events(events))
    answer = await unless_left(request, _whole(events))
    if answer is None:
        return Response(status_code=READER_LEFT)
    return JSONResponse(_answer_body(answer))


@router.get("/api/search", summary="Search the docs", response_model=SearchBody)
async def search(
    request: Request,
    services: ServicesDep,
    q: Annotated[str, Query(min_length=1, max_length=400, pattern=r"\S", description="what to look for")],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    version: Name | None = None,
    locale: Name | None = None,
) -> Response:
    services.limits.read(client_of(request, services))
    began = time.perf_counter()
    hits = await services.searches.hits(q, limit, version or None, locale or None)
    took_ms = round((time.perf_counter() - began) * 1000, 2)
    return Response(b'{"hits":%b,"took_ms":%g}' % (hits, took_ms), media_type="application/json")


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Can it answer?")
async def readyz(services: ServicesDep) -> dict[str, Any]:
    info = await services.assistant.ready()
    return {"status": "ok", "generation": asdict(info), "vendors": services.assistant.vendors()}


@router.get(
    "/metrics",
    summary="Prometheus text",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(services: ServicesDep) -> Response:
    try:
        live = await services.assistant.ready()
    except FootnoteError:  # no failure of this request: it is among what is told
        live = None
    return Response(services.metrics.exposition(live), media_type=CONTENT_TYPE)


async def _whole(events: AsyncGenerator[Event]) -> Answer:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Done):
                return event.answer
    raise AssertionError("an answer ends with Done")


async def _answer_events(events: AsyncGenerator[Event]) -> AsyncGenerator[bytes]:
    """An answer as named events; the texts of all `delta`s together are the Markdown."""
    try:
        async with aclosing(paced(events)) as paced_events:
            async for event in paced_events:
                match event:
                    case None:
                        yield PING
                    case Delta(text=text):
                        yield _named("delta", {"text": text})
                    case Cited():
                        yield _named("delta", {"text": event.mark})
                        if event.new:
                            yield _named("citation", asdict(event.citation))
                    case Noticed(message=message):
                        yield _named("notice", {"message": message})
                    case Done(answer=answer):
                        yield _named("done", _answer_body(answer))
    except FootnoteError as error:
        log.warning("answer_ended", code=error.code, reason=error.reason)
        yield _named("error", error_body(error.code, error.message, error.details))
    except Exception:  # noqa: BLE001 - the response has begun: only an event can tell; the log has the rest
        log.failure("answer_failed")
        yield _named("error", error_body("internal_error", "Something went wrong here. Try again."))


def _named(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + to_json(data) + b"\n\n"


def _answer_body(answer: Answer) -> dict[str, Any]:
    return {
        "answer": answer.markdown,
        "citations": [asdict(citation) for citation in answer.citations],
        "refused": answer.refused,
        "nearest": [asdict(section) for section in answer.nearest],
        "answerer": answer.answerer,
        "notice": answer.notice,
        "timings_ms": answer.timings_ms,
    }
