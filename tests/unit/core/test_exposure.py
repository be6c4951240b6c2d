"""An API that other machines may reach needs a session secret that nobody can guess."""

import base64
import secrets

import pytest

from footnote_core.errors import ConfigurationError
from footnote_core.exposure import check_exposure, is_guessable, is_loopback
from footnote_core.settings import Settings

GOOD = "6f1d0b8e5a7c42939d3e2f10b4a8c7655b0e9d1f7a3c48264d5e6f70819ab2c3"


def settings(bind: str, secret: str = "") -> Settings:
    return Settings.from_mapping({"FOOTNOTE_BIND": bind, "FOOTNOTE_SESSION_SECRET": secret})


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.8.0.1", "localhost", "::1", "[::1]", ""])
def test_this_machine_alone_needs_no_secret(bind: str) -> None:
    check_exposure(settings(bind))


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.168.1.7", "203.0.113.7", "docs.example.com", "127.1"])
def test_others_may_come_only_with_a_secret(bind: str) -> None:
    assert not is_loopback(bind)
    with pytest.raises(ConfigurationError) as refused:
        check_exposure(settings(bind))
    assert f"FOOTNOTE_BIND={bind}" in refused.value.message
    assert "FOOTNOTE_SESSION_SECRET must be set" in refused.value.message
    check_exposure(settings(bind, GOOD))
    check_exposure(settings(bind, f"{GOOD},{GOOD[::-1]}"))


@pytest.mark.parametrize(
    "secret",
    [
        "a" * 32,
        "changeme" * 4,
        "ab12cd34" * 5,
        "0" * 20 + "1" * 20,
        "please-change-me-before-production!",
        "my-Super-Secret-of-the-documentation",
        "0123456789abcdef0123456789abcdef",
        "correct horse battery staple password",
    ],
)
def test_a_placeholder_is_no_secret(secret: str) -> None:
    assert is_guessable(secret.encode())
    with pytest.raises(ConfigurationError, match="can be guessed") as refused:
        check_exposure(settings("0.0.0.0", f"{GOOD},{secret}"))
    assert secret not in refused.value.message


def test_what_the_message_recommends_is_accepted() -> None:
    for _ in range(200):
        drawn = secrets.token_bytes(32)
        assert not is_guessable(drawn.hex().encode())
        assert not is_guessable(base64.b64encode(drawn))
