"""Proof of work: under attack a new session costs its reader's machine a second, instead of a captcha.

A challenge is `p1.<expiry>.<random>.<signature>`: signed like a client secret, so nothing is stored
until it is solved. It is solved by a nonce for which SHA-256 of `<challenge>:<nonce>` begins with
enough zero bits.
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from footnote_api.rates import Rates
from footnote_core.errors import ProofRequired

LIFE_SECONDS = 60
"""A solved challenge is remembered in the table of rates, which looks back that far."""

_CHALLENGE = re.compile(r"(p1\.([0-9]{1,12})\.[A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Proofs:
    """Asks for `bits` zero bits, 0 for none.

    keys   session secrets: the first signs, all verify
    rates  where all workers remember what was solved
    clock  returns Unix seconds
    """

    keys: Sequence[bytes] = field(repr=False)
    bits: int
    rates: Rates
    clock: Callable[[], float] = time.time

    def check(self, challenge: str | None, nonce: str, *about: str) -> None:
        """Raise ProofRequired, with a new challenge, unless `nonce` solves one that was made for `about`.

        `about` says who asks, such as the address; a challenge is of no use to anybody else, or twice.
        """
        if self.bits == 0:
            return
        if challenge is None:
            raise self._asked("missing", about)
        match = _CHALLENGE.fullmatch(challenge)
        if match is None or not self._is_ours(match[1], match[3], about):
            raise self._asked("forged", about)
        if int(match[2]) <= self.clock():
            raise self._asked("expired", about)
        if zero_bits(challenge, nonce) < self.bits:
            raise self._asked("wrong", about)
        if any(self.rates.take([(f"proof {challenge}".encode(), 1)])):
            raise self._asked("used", about)

    def _asked(self, reason: str, about: Sequence[str]) -> ProofRequired:
        body = f"p1.{int(self.clock()) + LIFE_SECONDS}.{secrets.token_urlsafe(16)}"
        return ProofRequired(f"{body}.{_sign(self.keys[0], body, about)}", self.bits, reason)

    def _is_ours(self, body: str, signature: str, about: Sequence[str]) -> bool:
        return any(hmac.compare_digest(signature, _sign(key, body, about)) for key in self.keys)


def solve(challenge: str, bits: int) -> str:
    """A nonce that solves `challenge`; takes about `2 ** bits` hashes."""
    return next(nonce for nonce in map(str, count()) if zero_bits(challenge, nonce) >= bits)


def zero_bits(challenge: str, nonce: str) -> int:
    """With how many zero bits the hash begins."""
    digest = hashlib.sha256(f"{challenge}:{nonce}".encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()


def _sign(key: bytes, body: str, about: Sequence[str]) -> str:
    digest = hmac.digest(key, "\n".join(("proof", body, *about)).encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
