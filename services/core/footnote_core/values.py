"""What the value of a setting must look like; messages name what is wrong, never a secret (pure)."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("footnote", "{message}", {"message": message})


def _origin_list(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if "*" in origin:
            raise _refuse("`*` is not allowed: name each origin, for example https://docs.example.com")
        scheme, _, rest = origin.partition("://")
        if scheme not in ("http", "https") or not rest or "/" in rest:
            raise _refuse(
                f"{origin!r} is not an origin: write scheme and host only, for example https://docs.example.com"
            )
    return origins


def _network_list(value: object) -> object:
    return () if value == "none" else _origin_list(value)


def _check_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise _refuse(
                f"{network!r} is neither an IP address nor a network such as 10.0.0.0/8 or fd00::/8"
            ) from None
    return networks


def _absolute_path(value: str) -> str:
    if not value.startswith("/"):
        raise _refuse("must start with `/`")
    return value


def _directory_url(value: str) -> str:
    return value if value.endswith("/") else value + "/"


def _http_url(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise _refuse("must start with http:// or https://")
    return value.rstrip("/")


def _session_secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None and any(len(key) < 32 for key in session_keys(value)):
        raise _refuse("each must be at least 32 bytes long; make one with: openssl rand -hex 32")
    return value


def session_keys(value: SecretStr) -> tuple[bytes, ...]:
    """The secrets in a comma-separated list of them."""
    return tuple(part.strip().encode() for part in value.get_secret_value().split(","))


def _database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if url.startswith("sqlite:///"):
        return value
    try:
        named = url.startswith(("postgresql://", "postgres://")) and urlsplit(url).port != 0
    except ValueError:  # of a port that is no number, or of a host like [::1
        named = False
    if not named:
        raise _refuse("must be sqlite:/// followed by a path, or postgresql://user:password@host:port/name")
    return value


Origins = Annotated[tuple[str, ...], BeforeValidator(_origin_list), AfterValidator(_check_origins)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Networks = Annotated[tuple[str, ...], BeforeValidator(_network_list), AfterValidator(_check_networks)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Port = Annotated[int, Field(ge=1, le=65535)]
AbsolutePath = Annotated[str, AfterValidator(_absolute_path)]
DirectoryUrl = Annotated[str, AfterValidator(_absolute_path), AfterValidator(_directory_url)]
SessionSecrets = Annotated[SecretStr | None, AfterValidator(_session_secret)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
