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
    return Sessions((SECRET,), 600, clock)


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
    assert Sessions((SECRET,), 600, clock).owner(issued.value) == issued.owner
    with pytest.raises(Unauthorized):
        Sessions((SECRET[::-1],), 600, clock).owner(issued.value)


def test_a_key_is_rotated_without_ending_a_session(clock: Clock) -> None:
    old, new = b"o" * 32, b"n" * 32
    before = Sessions((old,), 600, clock).issue()
    during = Sessions((new, old), 600, clock)
    assert during.owner(before.value) == before.owner
    renewed = during.issue(before.value)
    assert renewed.owner == before.owner
    after = Sessions((new,), 600, clock)
    assert after.owner(renewed.value) == before.owner  # the first one signed it
    with pytest.raises(Unauthorized):
        after.owner(before.value)


DOCS, EVIL = "https://docs.example.com", "https://evil.example"


@pytest.mark.parametrize(
    ("issued_at", "used_at", "accepted"),
    [
        (DOCS, (DOCS,), True),
        (DOCS, (EVIL,), False),
        (DOCS, ("",), False),
        (DOCS, ("null",), False),
        (DOCS, ("http://docs.example.com",), False),
        (DOCS, (f"{DOCS}:8443",), False),
        (DOCS, ("https://docs.example.com", "http://docs.example.com"), True),
        ("", ("",), True),
        ("", (EVIL,), False),
    ],
)
def test_a_secret_is_bound_to_its_origin(
    sessions: Sessions, issued_at: str, used_at: tuple[str, ...], accepted: bool
) -> None:
    issued = sessions.issue(origin=issued_at)
    renewed = sessions.issue(issued.value, used_at[0])
    if accepted:
        assert sessions.owner(issued.value, used_at) == issued.owner
        assert renewed.owner == issued.owner
    else:
        with pytest.raises(Unauthorized):
            sessions.owner(issued.value, used_at)
        assert renewed.owner != issued.owner


def test_the_origin_cannot_be_moved_into_another_part(sessions: Sessions) -> None:
    version, owner, expiry, signature = sessions.issue(origin=DOCS).value.split(".")
    for forged in (
        f"{version}.{owner}.{expiry}\n{DOCS}.{signature}",
        f"{version}.{owner}\n{DOCS}.{expiry}.{signature}",
    ):
        with pytest.raises(Unauthorized):
            sessions.owner(forged)


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


@pytest.mark.parametrize("junk", [None, "", "v2", "v2...", "v2.é.1.é", "\x00", "x" * 10_000, "v2.a.b.c"])
def test_junk_is_refused_alike(sessions: Sessions, junk: str | None) -> None:
    with pytest.raises(Unauthorized) as refused:
        sessions.owner(junk)
    assert "POST /api/chatkit/session" in refused.value.message
