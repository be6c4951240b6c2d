"""Client secrets: who may use a conversation, without an account and without shared state.

A client secret is `v2.<owner>.<expiry>.<signature>`: the owner is a random name for one anonymous
reader, the expiry is in Unix seconds, the signature is HMAC-SHA256 over what stands before it and
the origin of the page that asked for it. Every worker that knows the session secrets can check one;
nothing is stored.
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from footnote_core.errors import Unauthorized

RENEWAL_SECONDS = 24 * 3600
"""How long after its expiry a genuine secret still proves who its owner is."""

_TOKEN = re.compile(r"(v2\.([A-Za-z0-9_-]{16,64})\.([0-9]{1,12}))\.([A-Za-z0-9_-]{43})")
_ASK_AGAIN = "The client secret is missing or no longer valid. Get a new one from POST /api/chatkit/session."


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """What the session endpoint hands out; `expires_at` is UTC."""

    value: str
    owner: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sessions:
    """Issues and checks client secrets.

    keys   session secrets: the first signs, all verify
    clock  returns Unix seconds
    """

    keys: Sequence[bytes] = field(repr=False)
    ttl_seconds: int
    clock: Callable[[], float] = time.time

    def issue(self, existing: str | None = None, origin: str = "") -> ClientSecret:
        """A fresh client secret for pages of `origin`; `origin` is "" for programs, which send none.

        A genuine `existing` of the same origin, expired for a day at most, keeps its owner.
        """
        now = self.clock()
        proven = self._owner(existing, (origin,), not_before=now - RENEWAL_SECONDS) if existing else None
        owner = proven or secrets.token_urlsafe(16)
        expiry = int(now) + self.ttl_seconds
        body = f"v2.{owner}.{expiry}"
        signature = _sign(self.keys[0], body, origin)
        return ClientSecret(f"{body}.{signature}", owner, datetime.fromtimestamp(expiry, UTC))

    def renews(self, existing: str | None, origin: str = "") -> bool:
        """Whether `issue` would keep the owner of `existing`."""
        not_before = self.clock() - RENEWAL_SECONDS
        return existing is not None and self._owner(existing, (origin,), not_before) is not None

    def owner(self, client_secret: str | None, origins: Sequence[str] = ("",)) -> str:
        """The owner that a client secret, valid at one of `origins`, proves; Unauthorized for all else."""
        owner = self._owner(client_secret, origins, not_before=self.clock()) if client_secret else None
        if owner is None:
            raise Unauthorized(_ASK_AGAIN)
        return owner

    def _owner(self, client_secret: str, origins: Sequence[str], not_before: float) -> str | None:
        match = _TOKEN.fullmatch(client_secret)
        if match is None:
            return None
        body, owner, expiry, signature = match.groups()
        genuine = any(
            hmac.compare_digest(signature, _sign(key, body, origin))
            for key in self.keys
            for origin in origins
        )
        return str(owner) if genuine and int(expiry) > not_before else None


def _sign(key: bytes, body: str, origin: str) -> str:
    digest = hmac.digest(key, f"{body}\n{origin}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
