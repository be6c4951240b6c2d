"""Proof of work: what solves a challenge, for whom, how often, and how sessions ask for it."""

import mmap
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from footnote_api.cli.client import ApiClient, ApiFailed
from footnote_api.proofs import LIFE_SECONDS, Proofs, solve, zero_bits
from footnote_api.rates import SIZE, Rates
from footnote_core.errors import ProofRequired
from tests.support.api import ORIGIN, Parts, settings
from tests.unit.api.test_limits import ADDRESS, client_of, serving

KEY = b"k" * 32
BITS = 8
SESSION = "/api/chatkit/session"


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(clock: Clock) -> Iterator[Rates]:
    table = Rates(mmap.mmap(-1, SIZE), clock=clock)
    yield table
    table.close()


@pytest.fixture
def proofs(rates: Rates, clock: Clock) -> Proofs:
    return Proofs((KEY,), BITS, rates, clock)


def asked(proofs: Proofs, challenge: str | None = None, nonce: str = "", *about: str) -> tuple[str, str]:
    """The reason why a proof is refused, and the challenge that is asked instead."""
    with pytest.raises(ProofRequired) as refused:
        proofs.check(challenge, nonce, *(about or ("203.0.113.7", ORIGIN)))
    details = refused.value.details
    assert isinstance(details, dict)
    assert (details["bits"], details["algorithm"]) == (BITS, "SHA-256")
    return refused.value.reason, details["challenge"]


def unsolved(challenge: str) -> str:
    return next(nonce for nonce in map(str, range(100_000)) if zero_bits(challenge, nonce) < BITS)


def test_a_solution_is_good_once(proofs: Proofs, clock: Clock) -> None:
    reason, challenge = asked(proofs)
    assert reason == "missing"
    nonce = solve(challenge, BITS)
    proofs.check(challenge, nonce, "203.0.113.7", ORIGIN)
    assert asked(proofs, challenge, nonce)[0] == "used"
    clock.now += LIFE_SECONDS - 1
    assert asked(proofs, challenge, nonce)[0] == "used"
    clock.now += 1
    assert asked(proofs, challenge, nonce)[0] == "expired"


def test_a_solution_is_good_for_who_asked(proofs: Proofs) -> None:
    _, challenge = asked(proofs)
    nonce = solve(challenge, BITS)
    for about in (("203.0.113.8", ORIGIN), ("203.0.113.7", "https://evil.example"), ("203.0.113.7", "")):
        assert asked(proofs, challenge, nonce, *about)[0] == "forged"
    proofs.check(challenge, nonce, "203.0.113.7", ORIGIN)


def test_what_is_no_solution_is_named(proofs: Proofs, clock: Clock) -> None:
    _, challenge = asked(proofs)
    assert asked(proofs, challenge, unsolved(challenge))[0] == "wrong"
    nonce = solve(challenge, BITS)
    version, expiry, drawn, signature = challenge.split(".")
    for forged in (
        f"{version}.{int(expiry) + 1}.{drawn}.{signature}",
        f"{version}.{expiry}.{drawn[::-1]}.{signature}",
        f"{version}.{expiry}.{drawn}.{signature[::-1]}",
        "",
        "p1...",
        "\x00",
        "x" * 10_000,
    ):
        assert asked(proofs, forged, solve(forged, BITS))[0] == "forged"
    clock.now += LIFE_SECONDS
    assert asked(proofs, challenge, nonce)[0] == "expired"


def test_a_rotated_key_is_still_known(rates: Rates, clock: Clock) -> None:
    _, challenge = asked(Proofs((KEY,), BITS, rates, clock))
    nonce = solve(challenge, BITS)
    Proofs((b"n" * 32, KEY), BITS, rates, clock).check(challenge, nonce, "203.0.113.7", ORIGIN)


def test_no_bits_ask_for_nothing(rates: Rates) -> None:
    Proofs((KEY,), 0, rates).check(None, "")


async def test_a_new_session_costs_a_proof_and_a_renewed_one_none(parts: Parts) -> None:
    async with (
        serving(parts, FOOTNOTE_SESSION_POW_BITS=str(BITS), FOOTNOTE_SESSIONS_PER_ADDRESS="0") as app,
        client_of(app, ADDRESS) as client,
    ):
        refused = await client.post(SESSION)
        assert refused.status_code == 401
        body = refused.json()
        assert body["code"] == "proof_required"
        challenge = body["details"]["challenge"]
        proof = {"challenge": challenge, "nonce": solve(challenge, BITS)}
        session = await client.post(SESSION, json={"proof": proof})
        assert session.status_code == 200
        secret = session.json()["client_secret"]
        assert (await client.post(SESSION, json={"existing": secret})).status_code == 200
        again = await client.post(SESSION, json={"proof": proof})
        assert (again.status_code, again.json()["code"]) == (401, "proof_required")
        forged = await client.post(SESSION, json={"existing": secret[:-1] + "-"})
        assert forged.status_code == 401
        elsewhere = await client.post(
            SESSION, json={"existing": secret}, headers={"origin": "https://evil.example"}
        )
        assert elsewhere.status_code == 401


@pytest.mark.parametrize(
    "proof",
    [[], "x", {"challenge": "x"}, {"nonce": "x"}, {"challenge": "x" * 201, "nonce": "1"}, {"challenge": "x", "nonce": "1" * 65}, {"challenge": None, "nonce": 1}],
)  # fmt: skip
async def test_a_bad_proof_is_refused_whether_one_is_asked_or_not(
    client: httpx.AsyncClient, proof: object
) -> None:
    response = await client.post(SESSION, json={"proof": proof})
    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")


async def test_a_nonce_may_hold_any_text(parts: Parts) -> None:
    async with serving(parts, FOOTNOTE_SESSION_POW_BITS=str(BITS)) as app, client_of(app, ADDRESS) as client:
        for nonce in ("é🎨", "\x00", " ", ""):
            response = await client.post(SESSION, json={"proof": {"challenge": "p1.1.x.y", "nonce": nonce}})
            assert (response.status_code, response.json()["code"]) == (401, "proof_required")


async def test_this_machine_is_not_asked(parts: Parts) -> None:
    parts.settings = settings(FOOTNOTE_SESSION_POW_BITS="28")
    app: FastAPI = parts.app()
    async with app.router.lifespan_context(app), client_of(app, "127.0.0.1") as client:
        assert (await client.post(SESSION)).status_code == 200


def answering(bits: int, requests: list[httpx.Request]) -> httpx.MockTransport:
    """An API that asks for a proof, and believes any."""

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if request.url.path == "/api/ask":
            return httpx.Response(200, json={"answer": "yes"})
        if b'"proof"' in request.content:
            return httpx.Response(200, json={"client_secret": "v2", "expires_at": ""})
        details = {"challenge": "c", "bits": bits, "algorithm": "SHA-256"}
        return httpx.Response(401, json={"code": "proof_required", "message": "Solve.", "details": details})

    return httpx.MockTransport(handle)


def test_the_commands_solve_what_they_are_asked() -> None:
    requests: list[httpx.Request] = []
    with ApiClient("http://api.test", answering(BITS, requests)) as api:
        assert api.ask("Really?") == {"answer": "yes"}
    nonce = solve("c", BITS)
    assert f'"nonce":"{nonce}"'.encode() in requests[1].content.replace(b" ", b"")


def test_the_commands_do_not_search_for_ever() -> None:
    with ApiClient("http://api.test", answering(60, [])) as api, pytest.raises(ApiFailed, match="Solve"):
        api.ask("Really?")
