"""Client secrets over HTTP: replayed from other pages, and used by programs, which have no origin."""

import httpx
import pytest

from tests.support.api import ORIGIN, Parts, running

EVIL = "https://evil.example"
LIST = {"type": "threads.list", "params": {}}


async def sign_in(client: httpx.AsyncClient, headers: dict[str, str], existing: str | None = None) -> str:
    response = await client.post("/api/chatkit/session", headers=headers, json={"existing": existing})
    assert response.status_code == 200
    return str(response.json()["client_secret"])


async def status(client: httpx.AsyncClient, secret: str, headers: dict[str, str]) -> int:
    headers = headers | {"authorization": f"Bearer {secret}"}
    return (await client.post("/api/chatkit", headers=headers, json=LIST)).status_code


@pytest.fixture
def page() -> dict[str, str]:
    return {"origin": ORIGIN}


async def test_a_secret_of_one_page_is_worthless_on_another(parts: Parts, page: dict[str, str]) -> None:
    async with running(parts) as client:
        del client.headers["origin"]
        secret = await sign_in(client, page)
        assert await status(client, secret, page) == 200
        for other in (EVIL, "null", ORIGIN + ".evil.example", ORIGIN.replace("https", "http")):
            assert await status(client, secret, {"origin": other}) == 401
        assert await status(client, secret, {}) == 401


async def test_a_stolen_secret_does_not_renew_elsewhere(parts: Parts, page: dict[str, str]) -> None:
    async with running(parts) as client:
        del client.headers["origin"]
        secret = await sign_in(client, page)
        stolen = await sign_in(client, {"origin": EVIL}, secret)
        assert stolen.split(".")[1] != secret.split(".")[1]
        renewed = await sign_in(client, page, secret)
        assert renewed.split(".")[1] == secret.split(".")[1]


async def test_programs_send_no_origin(parts: Parts) -> None:
    async with running(parts) as client:
        del client.headers["origin"]
        secret = await sign_in(client, {})
        assert await status(client, secret, {}) == 200
        assert await status(client, secret, {"origin": EVIL}) == 401


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_page_that_reads_from_its_own_origin_sends_none(parts: Parts, scheme: str) -> None:
    async with running(parts) as client:
        del client.headers["origin"]
        secret = await sign_in(client, {"origin": f"{scheme}://api.test"})
        assert await status(client, secret, {"sec-fetch-site": "same-origin"}) == 200
        assert await status(client, secret, {"sec-fetch-site": "cross-site"}) == 401
        elsewhere = {"sec-fetch-site": "same-origin", "host": "api.internal:8000"}
        assert await status(client, secret, elsewhere) == 401
        for page, expected in (
            (f"{scheme}://api.test/docs/x?y#z", 200),
            (f"{EVIL}/{scheme}://api.test/", 401),
        ):
            assert await status(client, secret, elsewhere | {"referer": page}) == expected


async def test_both_secrets_are_good_while_one_replaces_the_other(parts: Parts, page: dict[str, str]) -> None:
    old, new = "an-old-one-that-is-to-be-replaced-soon", "a-new-one-that-takes-its-place-from-now"

    def with_secret(value: str) -> Parts:
        given = parts.settings.model_dump(by_alias=True) | {"FOOTNOTE_SESSION_SECRET": value}
        return Parts(type(parts.settings)(**given), parts.index, parts.embedder)

    async with running(with_secret(old)) as client:
        secret = await sign_in(client, page)
    async with running(with_secret(f"{new}, {old}")) as client:
        assert await status(client, secret, page) == 200
        renewed = await sign_in(client, page, secret)
    async with running(with_secret(new)) as client:
        assert await status(client, secret, page) == 401
        assert await status(client, renewed, page) == 200
