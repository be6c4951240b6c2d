"""Limits as the deployed server keeps them: two workers, real sockets, floods."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.test_chatkit_server import serving
from tests.support.api import QUESTION, small_index
from tests.support.postgres import Postgres

ORIGIN = "https://docs.example.com"
MINUTE = 60


@pytest.fixture(scope="module")
def index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index") / "small"

    async def build() -> None:
        index, _ = await small_index(folder)
        await index.aclose()

    asyncio.run(build())
    return folder


@pytest.fixture
def address(tmp_path: Path, index_folder: Path) -> Iterator[str]:
    """A server behind a proxy on this machine, so that a test can be many clients."""
    with serving(
        tmp_path,
        FOOTNOTE_INDEX_PATH=str(index_folder),
        FOOTNOTE_TRUSTED_PROXIES="127.0.0.1",
        FOOTNOTE_SEARCHES_PER_ADDRESS="60",
        FOOTNOTE_QUESTIONS_PER_ADDRESS="30",
        FOOTNOTE_QUESTIONS_PER_OWNER="5",
        FOOTNOTE_SESSIONS_PER_ADDRESS="100000",
    ) as (url, _):
        yield url


def behind(client: str) -> dict[str, str]:
    return {"x-forwarded-for": client}


async def flood(url: str, requests: list[tuple[str, str, dict[str, object]]]) -> list[httpx.Response]:
    """All requests, many at a time, each over a connection of its own, so that all workers get some."""
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
        return await asyncio.gather(
            *(client.request(method, path, **options) for method, path, options in requests)  # type: ignore[arg-type]
        )


def allowed(per_minute: int, seconds: float) -> int:
    """Most requests that a limit lets pass in `seconds`."""
    return per_minute + int(per_minute * seconds / MINUTE) + 1


async def test_a_flood_from_one_address_passes_no_more_than_its_limit(address: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    search = ("GET", "/api/search?q=lamp", {"headers": behind("203.0.113.7")})
    answers = await flood(address, [search] * 1_000)
    seconds = loop.time() - began
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 429}
    assert 60 <= statuses[200] <= allowed(60, seconds)
    assert all(1 <= int(answer.headers["retry-after"]) <= MINUTE for answer in answers if answer.is_error)
    other = httpx.get(f"{address}/api/search?q=lamp", headers=behind("203.0.113.8"))
    assert other.status_code == 200
    text = httpx.get(f"{address}/metrics").text
    assert f'limit="FOOTNOTE_SEARCHES_PER_ADDRESS"}} {statuses[429]}.0' in text


async def test_two_hundred_owners_behind_one_address_ask_no_more_than_it_may(address: str) -> None:
    """Sessions are cheap; questions are what costs."""
    loop = asyncio.get_running_loop()
    session = ("POST", "/api/chatkit/session", {"headers": behind("203.0.113.7") | {"origin": ORIGIN}})
    sessions = await flood(address, [session] * 200)
    bearers = [f"Bearer {answer.json()['client_secret']}" for answer in sessions]
    assert len({bearer.split(".")[1] for bearer in bearers}) == 200
    began = loop.time()
    answers = await flood(
        address,
        [
            (
                "POST",
                "/api/ask",
                {
                    "headers": behind("203.0.113.7") | {"origin": ORIGIN, "authorization": bearer},
                    "json": {"question": QUESTION},
                },
            )
            for bearer in bearers
        ],
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 429}
    assert 30 <= statuses[200] <= allowed(30, loop.time() - began)


async def test_one_owner_at_many_addresses_asks_no_more_than_it_may(address: str) -> None:
    loop = asyncio.get_running_loop()
    session = httpx.post(f"{address}/api/chatkit/session", headers={"origin": ORIGIN})
    headers = {"origin": ORIGIN, "authorization": f"Bearer {session.json()['client_secret']}"}
    began = loop.time()
    answers = await flood(
        address,
        [
            (
                "POST",
                "/api/ask",
                {"headers": headers | behind(f"198.51.100.{n}"), "json": {"question": QUESTION}},
            )
            for n in range(60)
        ],
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 429}
    assert 5 <= statuses[200] <= allowed(5, loop.time() - began)


async def test_a_client_cannot_make_itself_another(tmp_path: Path, index_folder: Path) -> None:
    """Without trusted proxies the header changes nothing, whichever server program reads it."""
    with serving(
        tmp_path,
        FOOTNOTE_INDEX_PATH=str(index_folder),
        FOOTNOTE_UNLIMITED_ADDRESSES="none",
        FOOTNOTE_SEARCHES_PER_ADDRESS="20",
    ) as (url, _):
        loop = asyncio.get_running_loop()
        began = loop.time()
        requests = [("GET", "/api/search?q=lamp", {"headers": behind(f"198.51.100.{n}")}) for n in range(100)]
        statuses = Counter(answer.status_code for answer in await flood(url, requests))  # type: ignore[arg-type]
        assert set(statuses) == {200, 429}
        assert 20 <= statuses[200] <= allowed(20, loop.time() - began)
        assert (tmp_path / "server.log").read_text().count("proxy_not_trusted") in (1, 2)  # once a worker


async def test_limits_of_conversations_hold_however_many_come_at_once(
    tmp_path: Path, index_folder: Path, postgres: Postgres
) -> None:
    """The last conversation that an owner may have is asked for by all workers at the same time."""
    url_of_database = await postgres.new_database()
    with serving(tmp_path, FOOTNOTE_INDEX_PATH=str(index_folder), FOOTNOTE_DATABASE_URL=url_of_database) as (
        url,
        _,
    ):
        session = httpx.post(f"{url}/api/chatkit/session")
        headers = {"authorization": f"Bearer {session.json()['client_secret']}"}
        content = [{"type": "input_text", "text": QUESTION}]
        message = {"content": content, "attachments": [], "inference_options": {}}
        create = {"type": "threads.create", "params": {"input": message}}
        answers = await flood(url, [("POST", "/api/chatkit", {"headers": headers, "json": create})] * 230)
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {200: 200, 413: 30}
