"""Client secrets: who they prove, how long, and what happens to false ones."""

import re
from urllib.parse import quote

import pytest

from footnote_api.sessions import RENEWAL_SECONDS, Sessions
from footnote_core.errors import Unauthorized

SECRET = b"0123456789abcdef0123456789abcdef"


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(SECRET, 600, clock)


def test_a_secret_proves_its_owner_until_it_expires(sessions: Sessions, clock: Clock) -> None:
    issued = sessions.issue()
    assert sessions.owner(issued.value) == issued.owner
    clock.now += 599
    assert sessions.owner(issued.value) == issued.owner
    clock.now += 1
    with pytest.raises(Unauthorized):
        sessions.owner(issued.value)


def test_an_expired_secret_keeps_its_owner_for_a_day(sessions: Sessions, clock: Clock) -> None:
    issued = sessions.issue()
    clock.now += 600 + RENEWAL_SECONDS - 1
    assert sessions.issue(issued.value).owner == issued.owner
    clock.now += 1
    assert sessions.issue(issued.value).owner != issued.owner


def test_owners_differ_and_secrets_are_safe_in_urls(sessions: Sessions) -> None:
    issued = [sessions.issue() for _ in range(50)]
    assert len({one.owner for one in issued}) == 50
    assert all(quote(one.value, safe="") == one.value for one in issued)


def test_another_worker_with_the_same_session_secret_agrees(sessions: Sessions, clock: Clock) -> None:
    issued = sessions.issue()
    assert Sessions(SECRET, 600, clock).owner(issued.value) == issued.owner
    with pytest.raises(Unauthorized):
        Sessions(SECRET[::-1], 600, clock).owner(issued.value)


@pytest.mark.parametrize("part", range(4), ids=["version", "owner", "expiry", "signature"])
def test_no_part_of_a_secret_can_be_changed(sessions: Sessions, part: int) -> None:
    pieces = sessions.issue().value.split(".")
    pieces[part] = re.sub(r"[a-zA-Z0-9]", lambda m: "B" if m.group() == "A" else "A", pieces[part], count=1)
    if part == 2:
        pieces[part] = "99999999999"
    forged = ".".join(pieces)
    with pytest.raises(Unauthorized):
        sessions.owner(forged)
    assert sessions.issue(forged).owner != pieces[1]


@pytest.mark.parametrize("junk", [None, "", "v1", "v1...", "v1.é.1.é", "\x00", "x" * 10_000, "v1.a.b.c"])
def test_junk_is_refused_alike(sessions: Sessions, junk: str | None) -> None:
    with pytest.raises(Unauthorized) as refused:
        sessions.owner(junk)
    assert "POST /api/chatkit/session" in refused.value.message
