"""Routes and ids are raw; the address a reader gets is escaped once, as a browser would."""

import pytest

from footnote_api.addresses import absolute


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("/docs/intro", "/docs/intro"),
        ("/docs/intro#set-it-up", "/docs/intro#set-it-up"),
        ("/docs/Deep Dive/part one", "/docs/Deep%20Dive/part%20one"),
        ("/docs/api/@scope/name:x#a", "/docs/api/@scope/name:x#a"),
        ("/docs/日本語#日本", "/docs/%E6%97%A5%E6%9C%AC%E8%AA%9E#%E6%97%A5%E6%9C%AC"),
        ("/docs/a#opt-foo.bar(baz)", "/docs/a#opt-foo.bar(baz)"),
        ('/docs/a"b<c>`d{e}', "/docs/a%22b%3Cc%3E%60d%7Be%7D"),
        ('/docs/a#x "y"{z}', "/docs/a#x%20%22y%22{z}"),
        ("/docs/100%", "/docs/100%25"),
        ("/docs/%C3%BCber", "/docs/%C3%BCber"),
    ],
)
def test_an_address_is_escaped_once(link: str, address: str) -> None:
    assert absolute("https://docs.example.com", link) == f"https://docs.example.com{address}"
