"""Which network addresses the crawler may connect to.

A name is resolved here, every address it has is checked, and the connection goes to an address that
was checked: a name server that answers differently the second time changes nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host name, port) -> its addresses. Raises OSError for a name that is not known."""

_PRIVATE_DOMAINS = ("localhost", "local", "internal")
"""Top-level domains that no public name server serves: who writes them means a host of their own."""
_NAT64 = IPv6Network("64:ff9b::/96")


class Forbidden(Exception):
    """An address that must not be connected to; the text names it."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; one that carries an IPv4 address counts as that."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip in _NAT64:
            ip = IPv4Address(int(ip) & 0xFFFFFFFF)
        else:
            ip = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)
    site_local = isinstance(ip, IPv6Address) and ip.is_site_local
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not site_local


def names_private_host(host: str) -> bool:
    """Whether `host` can only mean a host of the operator's own: an address that is not public,
    `localhost`, a name without a dot as in a compose network, or one below `.local` or `.internal`."""
    try:
        return not is_public(host.strip("[]"))
    except ValueError:
        name = host.rstrip(".").lower()
        return "." not in name or name.endswith(tuple(f".{domain}" for domain in _PRIVATE_DOMAINS))


async def resolve(host: str, port: int) -> Sequence[str]:
    """Addresses of a host as the operating system knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests to checked addresses only; TLS certificates are still checked against the name.

    private  addresses that are not public are allowed too
    Raises Forbidden for an address that is not allowed, httpx.ConnectError for a name that is not known.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, private: bool, resolver: Resolver = resolve
    ) -> None:
        self._inner = inner
        self._private = private
        self._resolve = resolver
        self._known: dict[tuple[str, int], Sequence[str]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        key = (host, request.url.port or (443 if request.url.scheme == "https" else 80))
        if key not in self._known:
            self._known[key] = await self._checked(*key)
        failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
        for address in self._known[key]:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        self._known.pop(key, None)  # the host may have moved: the next attempt asks for its address again
        raise failure or httpx.ConnectError(f"{host} has no address")

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(f"the name {host} is not known") from error
        for address in addresses:
            ip = ip_address(address.partition("%")[0])
            if ip.is_multicast or ip.is_unspecified or not (self._private or is_public(address)):
                raise Forbidden(
                    f"{host} leads to {address}, which is no public address; "
                    "if the site really is there, set FOOTNOTE_CRAWL_PRIVATE=true"
                )
        return addresses

    async def aclose(self) -> None:
        await self._inner.aclose()
