"""What must be set before other machines may reach the API (pure)."""

import ipaddress

from footnote_core.errors import ConfigurationError
from footnote_core.settings import Settings

_MAKE_ONE = "Make one with: openssl rand -hex 32"
_KNOWN_WORDS = (
    b"secret",
    b"password",
    b"changeme",
    b"change-me",
    b"change_me",
    b"example",
    b"default",
    b"footnote",
    b"0123456789",
    b"abcdefgh",
    b"qwertyui",
)
"""What stands in placeholders, and by chance in one random secret of many millions."""
_FEWEST_BYTES = 10
"""Different ones: 32 random bytes written as hexadecimal digits have fewer in one of many millions."""


def check_exposure(settings: Settings) -> None:
    """Raise ConfigurationError where strangers could reach an API that anyone can sign in to.

    `FOOTNOTE_BIND` decides: in a container it is the address that the port is published on.
    """
    if is_loopback(settings.bind):
        return
    reachable = f"FOOTNOTE_BIND={settings.bind} lets other machines reach the API"
    if not settings.session_keys:
        raise ConfigurationError(f"{reachable}, so FOOTNOTE_SESSION_SECRET must be set. {_MAKE_ONE}.")
    if any(is_guessable(key) for key in settings.session_keys):
        raise ConfigurationError(f"{reachable}, but FOOTNOTE_SESSION_SECRET can be guessed. {_MAKE_ONE}.")


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach what is bound to `address`, a name or an IP address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def is_guessable(secret: bytes) -> bool:
    """Whether a session secret looks like a placeholder, a pattern or a sentence rather than like chance."""
    lowered = secret.lower()
    return (
        len(set(secret)) < _FEWEST_BYTES
        or secret in (secret + secret)[1:-1]  # one part of it, repeated
        or any(word in lowered for word in _KNOWN_WORDS)
    )
