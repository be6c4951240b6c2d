"""What the lifespan opens, and the words that routes may ask for."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from footnote_api.assistant import Assistant
from footnote_api.chatkit import ChatKit
from footnote_api.clients import Caller, Client
from footnote_api.limits import Limits
from footnote_api.metrics import Metrics
from footnote_api.proofs import Proofs
from footnote_api.searches import Searches
from footnote_api.sessions import Sessions
from footnote_core.embedders import Embedder
from footnote_core.index import Index
from footnote_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The objects of one running application: opened once in its lifespan, shared by all requests."""

    settings: Settings
    sessions: Sessions
    embedder: Embedder
    index: Index
    assistant: Assistant
    searches: Searches
    chatkit: ChatKit
    limits: Limits
    proofs: Proofs
    metrics: Metrics


async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(_services)]

_bearer = HTTPBearer(auto_error=False, description="`client_secret` of POST /api/chatkit/session")


def origins_of(request: Request) -> tuple[str, ...]:
    """The origin of the page that sends `request`, or those it may have; "" for programs.

    Browsers leave `Origin` out where a page reads from its own origin, and say so in a header that
    scripts cannot set. `Referer` may be missing then, and `Host` be another behind a proxy.
    """
    headers = request.headers
    if origin := headers.get("origin"):
        return (origin,)
    if headers.get("sec-fetch-site") != "same-origin":
        return ("",)
    host = headers.get("host", "")
    page = "/".join(headers.get("referer", "").split("/", 3)[:3])
    return (f"https://{host}", f"http://{host}", page)


def client_of(request: Request, services: Services) -> Client:
    """Where `request` comes from, for the limits."""
    peer = request.client.host if request.client else ""
    return services.limits.client(peer, request.headers.getlist("x-forwarded-for"))


async def _caller(
    request: Request,
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Caller:
    secret = credentials.credentials if credentials else None
    return Caller(services.sessions.owner(secret, origins_of(request)), client_of(request, services))


CallerDep = Annotated[Caller, Depends(_caller)]
"""The anonymous owner that the request's client secret proves, and where it comes from; 401 without one."""
