"""`footnote-ask` and the client of the commands without a server."""

from typing import Any

import httpx
import pytest

from footnote_api.cli import ask
from footnote_api.cli.client import ApiClient, ApiFailed

ANSWER: dict[str, Any] = {
    "answer": "Set it. [1]",
    "citations": [
        {
            "index": 1,
            "url": "https://x.org/docs/a#b",
            "title": "A",
            "heading": "B",
            "quote": "Set it.",
            "source": "docs/a.md",
        }
    ],
    "refused": False,
    "nearest": [],
    "notice": None,
}
REFUSED = {
    **ANSWER,
    "answer": "No.",
    "citations": [],
    "refused": True,
    "nearest": [{"url": "https://x.org/docs/a", "title": "A", "heading": None}],
}


def test_an_answer_is_printed_with_its_footnotes() -> None:
    assert ask.rendered(ANSWER) == "Set it. [1]\n\n[1] A › B\n    https://x.org/docs/a#b\n    “Set it.”\n"
    assert ask.rendered(REFUSED) == "No.\n\nClosest sections:\n  A  https://x.org/docs/a\n"


def test_an_api_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        ask.main(["x", "--api", "http://127.0.0.1:1"])
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "http://127.0.0.1:1 cannot be reached" in said
    assert "make demo" in said


def test_an_expired_secret_is_renewed_once() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        if request.url.path.endswith("/session"):
            return httpx.Response(200, json={"client_secret": f"secret-{len(seen)}"})
        if request.headers["authorization"] == "Bearer secret-1":
            return httpx.Response(
                401, json={"code": "session_invalid", "message": "Expired.", "details": None}
            )
        return httpx.Response(200, json=ANSWER)

    with ApiClient("http://x.org", httpx.MockTransport(answer)) as api:
        assert api.ask("x") == ANSWER
    assert seen == ["/api/chatkit/session", "/api/ask", "/api/chatkit/session", "/api/ask"]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"code": "x"}'])
def test_something_else_at_the_address_is_said(body: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, content=body))
    with ApiClient("http://x.org", transport) as api, pytest.raises(ApiFailed):
        api.search("x", 10)
