"""Where a request comes from, whatever it says itself."""

import pytest

from footnote_api.clients import Client, Clients

PROXIES = ("10.0.0.0/8", "192.0.2.1", "2001:db8:1::/48")


@pytest.fixture
def clients() -> Clients:
    return Clients(PROXIES, ("127.0.0.0/8", "::1", "203.0.113.99"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.7, 192.0.2.1, 10.9.9.9"], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
        ("10.0.0.1", ["[2001:db8:2::7]:4711"], "2001:db8:2::/64"),
        ("10.0.0.1", ["2001:db8:2::7"], "2001:db8:2::/64"),
        ("2001:db8:1::5", ["203.0.113.7"], "203.0.113.7"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("2001:db8:7:8:1::1", [], "2001:db8:7:8::/64"),
        ("2001:db8:7:8:ffff::9", [], "2001:db8:7:8::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        # All hops are proxies: the first of them asked for itself.
        ("10.0.0.1", ["10.0.0.7, 10.0.0.3"], "10.0.0.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        # What a proxy would not write ends the list: the hop that passed it on is the client.
        ("10.0.0.1", ["6.6.6.6, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [", ,,"], "10.0.0.1"),
        ("10.0.0.1", ["6.6.6.6, " * 5_000 + "203.0.113.7"], "203.0.113.7"),
        ("", [], "unknown"),
        ("testclient", [], "unknown"),
    ],
)
def test_the_right_most_address_that_is_no_proxy_is_the_client(
    clients: Clients, peer: str, forwarded: list[str], address: str
) -> None:
    assert clients.client(peer, forwarded) == Client(address)


@pytest.mark.parametrize("peer", ["203.0.113.7", "127.0.0.1", "::1", "11.0.0.1"])
def test_who_is_no_proxy_speaks_for_nobody(clients: Clients, peer: str) -> None:
    spoken = clients.client(peer, ["198.51.100.1"])
    assert spoken.unknown_proxy and not spoken.unlimited
    assert spoken.address == clients.client(peer).address


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "203.0.113.99"])
def test_some_addresses_have_no_limit(clients: Clients, peer: str) -> None:
    assert clients.client(peer) == Client(clients.client(peer).address, unlimited=True)
    assert clients.client("10.0.0.1", ["203.0.113.99"]).unlimited
    assert not clients.client("10.0.0.1", ["203.0.113.99, 203.0.113.98"]).unlimited


@pytest.mark.parametrize("peer", ["172.18.0.1", "192.168.65.1", "fd00::1"])
def test_this_machine_is_known_through_a_containers_published_port(peer: str) -> None:
    machine = ("127.0.0.0/8", "::1")
    assert Clients((), machine, on_loopback=True).client(peer).unlimited
    assert not Clients((), machine, on_loopback=True).client(peer, ["203.0.113.7"]).unlimited
    assert not Clients((), machine, on_loopback=True).client("203.0.113.7").unlimited
    assert not Clients((), machine, on_loopback=False).client(peer).unlimited
    assert not Clients((), (), on_loopback=True).client(peer).unlimited


def test_nobody_is_trusted_by_default() -> None:
    assert Clients().client("10.0.0.1", ["203.0.113.7"]) == Client("10.0.0.1", unknown_proxy=True)
