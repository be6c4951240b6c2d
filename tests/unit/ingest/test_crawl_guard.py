"""Which addresses the crawler connects to, and that those are the ones it checked."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from footnote_core.errors import SourceError
from footnote_ingest.sources.guard import Forbidden, GuardedTransport, is_public, names_private_host
from footnote_ingest.sources.sitemap import SitemapSource
from tests.support.sites import html, running_site, sitemap
from tests.unit.ingest.crawling import QUICK


class Names:
    """A name server: each question takes the next of its answers, the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        if not answer:
            raise OSError("unknown")
        return answer


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "224.0.1.1", "255.255.255.255", "240.0.0.1",
        "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1",
        "fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:0001::", "2002:0a00:0001::1",
    ],
)  # fmt: skip
def test_these_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"],
)
def test_these_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("localhost", True), ("LOCALHOST.", True), ("web", True), ("127.0.0.1", True), ("::1", True), ("10.1.2.3", True),
        ("docs.localhost", True), ("host.docker.internal", True), ("docs.svc.cluster.local", True), ("mac.local", True),
        ("docs.example.com", False), ("localhost.example.com", False), ("1.1.1.1", False), ("internal.com", False),
    ],
)  # fmt: skip
def test_a_host_that_can_only_be_the_operators_own(host: str, private: bool) -> None:
    assert names_private_host(host) == private


def recorder(asked: list[httpx.Request], *refusing: str) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.host in refusing:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200)

    return httpx.MockTransport(answer)


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    asked: list[httpx.Request] = []
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    transport = GuardedTransport(recorder(asked), private=False, resolver=names)
    async with httpx.AsyncClient(transport=transport) as client:
        for _ in range(3):
            await client.get("https://docs.example.com:8443/a")
    assert {str(request.url) for request in asked} == {"https://93.184.216.34:8443/a"}
    assert {request.headers["host"] for request in asked} == {"docs.example.com:8443"}
    assert {request.extensions["sni_hostname"] for request in asked} == {"docs.example.com"}
    assert names.asked == ["docs.example.com"]


async def test_a_host_that_moves_is_checked_again() -> None:
    asked: list[httpx.Request] = []
    names = Names(["93.184.216.34", "2606:4700::1"], ["169.254.169.254"])
    transport = GuardedTransport(
        recorder(asked, "93.184.216.34", "2606:4700::1"), private=False, resolver=names
    )
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://docs.example.com/")
        with pytest.raises(Forbidden, match=r"leads to 169\.254\.169\.254"):
            await client.get("http://docs.example.com/")
    assert [request.url.host for request in asked] == ["93.184.216.34", "2606:4700::1"]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["::ffff:192.168.0.1"], ["fe80::1%eth0"]]
)
async def test_one_private_address_among_many_is_enough_to_refuse(addresses: list[str]) -> None:
    asked: list[httpx.Request] = []
    transport = GuardedTransport(recorder(asked), private=False, resolver=Names(addresses))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(Forbidden, match="FOOTNOTE_CRAWL_PRIVATE"):
            await client.get("http://docs.example.com/")
    assert not asked


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "ff02::1"])
async def test_what_is_no_host_at_all_is_never_connected_to(address: str) -> None:
    transport = GuardedTransport(recorder([]), private=True, resolver=Names([address]))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(Forbidden):
            await client.get("http://docs.example.com/")


async def test_a_public_name_for_a_private_host_is_refused_until_allowed(tmp_path: Path) -> None:
    async with running_site({"/a": html("A")}) as site:
        url = site.url.replace("127.0.0.1", "docs.example.com")
        site.answers["/sitemap.xml"] = sitemap(f"{url}/a")

        def source(private: bool) -> SitemapSource:
            names = Names(["127.0.0.1"])
            return SitemapSource(
                f"{url}/sitemap.xml", "", cache=tmp_path, private=private, limits=QUICK, resolver=names
            )

        with pytest.raises(SourceError, match=r"leads to 127\.0\.0\.1.*FOOTNOTE_CRAWL_PRIVATE=true"):
            _ = [item async for item in source(private=False).pages()]
        assert not site.requests
        assert [item async for item in source(private=True).pages()]
        assert site.requests[0].headers["host"] == url.removeprefix("http://")


async def test_a_name_that_is_not_known_is_said(tmp_path: Path) -> None:
    source = SitemapSource(
        "https://docs.example.com/sitemap.xml", "", cache=tmp_path, limits=QUICK, resolver=Names([])
    )
    with pytest.raises(SourceError, match=r"the name docs\.example\.com is not known"):
        _ = [item async for item in source.pages()]
