"""Which address a request comes from, whatever it says itself (pure)."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PRIVATE = tuple(
    ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""Of local networks and container engines. Python's `is_private` counts addresses of examples too."""

_NETWORK_BITS = 64
"""What a provider gives one customer at least: whoever has one IPv6 address has all of these."""

_FORWARDED_CHARACTERS = 500
"""Of the header, from the right: a dozen proxies in a row."""


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: an IPv4 address or an IPv6 network, as text."""

    address: str
    unlimited: bool = False
    unknown_proxy: bool = False
    """It speaks for others, and is not listed as a proxy."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A reader with a client secret: the owner that it proves, and where the request comes from."""

    owner: str
    client: Client


class Clients:
    """Tells clients apart. `proxies` and `unlimited` are addresses or networks.

    on_loopback  the port is bound to, or published on, a loopback address. Where this machine is unlimited,
                 so is then whoever comes directly from a private address: through a container's published
                 port this machine looks like that.
    """

    def __init__(
        self, proxies: Sequence[str] = (), unlimited: Sequence[str] = (), *, on_loopback: bool = False
    ) -> None:
        self._proxies = tuple(ipaddress.ip_network(network) for network in proxies)
        self._unlimited = tuple(ipaddress.ip_network(network) for network in unlimited)
        self._private_is_here = on_loopback and any(network.is_loopback for network in self._unlimited)
        # Of each instance: the answer depends on the networks. Requests of a client come together.
        self._remembered = lru_cache(maxsize=4096)(self._client)

    def client(self, peer: str, forwarded: Sequence[str] = ()) -> Client:
        """The client behind the connection from `peer` with these `X-Forwarded-For` headers.

        Each proxy adds at the right whom it speaks for, so the right-most address that is no trusted
        proxy is the client's. What stands left of it anybody may have written. `peer` is "" for a
        socket without addresses.
        """
        return self._remembered(peer, ",".join(forwarded)[-_FORWARDED_CHARACTERS:])

    def _client(self, peer: str, forwarded: str) -> Client:
        address = _parsed(peer)
        if address is None:
            return Client("unknown", unknown_proxy=bool(forwarded))
        if not forwarded and self._private_is_here and _in(address, _PRIVATE):
            return Client(_key(address), unlimited=True)
        if forwarded and not _in(address, self._proxies):
            return Client(_key(address), unknown_proxy=True)
        for hop in reversed(forwarded.split(",")):
            if (before := _parsed(hop.strip())) is None:
                break
            address = before
            if not _in(address, self._proxies):
                break
        return Client(_key(address), unlimited=_in(address, self._unlimited))


def _parsed(text: str) -> Address | None:
    """The address in `203.0.113.7`, `203.0.113.7:80`, `2001:db8::7` or `[2001:db8::7]:80`, else None."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _key(address: Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))
