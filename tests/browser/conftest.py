"""A real browser, the real site in both its forms, and the real API or one that follows a script."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebError, expect

from tests.support import journey_sites
from tests.support.chromium import chromium
from tests.support.foreign_sites import pack_theme
from tests.support.journey_sites import JourneySite, SlowModel
from tests.support.scripted_chatkit import ScriptedChatKit
from tests.support.servers import (
    ROOT,
    Server,
    build_site,
    free_port,
    index_manual,
    start_api,
    start_built_site,
    start_dev_site,
)
from tests.support.vendors import vendors

PICTURES = ROOT / "test-results" / "browser"

OpenPage = Callable[..., Page]

PATIENCE_MS = 30_000
"""For what a page does at once: a machine that does much else besides takes seconds for it."""

expect.set_options(timeout=PATIENCE_MS)

ELSEWHERE = re.compile(r"^(?!https?://(localhost|127\.0\.0\.1)[:/])")
"""Every address but those of this machine. What a pattern leaves out never comes to Python, which would hold it up."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test that needs a site the time to build it, on a machine that does much else besides."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def ports() -> dict[str, int]:
    """Chosen before anything starts: the API must know the sites' origins, and the sites the API's address."""
    return {name: free_port() for name in ("api", "scripted", "dev", "built", "auto")}


@pytest.fixture(scope="session")
def api(ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real API, answering from the manual."""
    folder = tmp_path_factory.mktemp("api")
    origin = f"http://localhost:{ports['built']}"  # The dev site forwards: its origin need not be allowed.
    server = start_api(index_manual(folder), ports["api"], [origin], folder / "api.log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def scripted_server(ports: dict[str, int]) -> Iterator[ScriptedChatKit]:
    server = ScriptedChatKit(ports["scripted"])
    yield server
    server.close()


@pytest.fixture
def scripted(scripted_server: ScriptedChatKit) -> ScriptedChatKit:
    """An API that does what the test tells it to, for `auto_site`."""
    scripted_server.reset()
    return scripted_server


@pytest.fixture(scope="session")
def dev_site(ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`docusaurus start`, which forwards to the real API; own panel only."""
    settings = {
        "FOOTNOTE_API_URL": "/",
        "FOOTNOTE_API_PORT": str(ports["api"]),
        "FOOTNOTE_CHAT_UI": "local",
    }
    server = start_dev_site(tmp_path_factory.mktemp("dev"), ports["dev"], settings)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def built_site(ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`docusaurus build` against the real API, own panel only."""
    settings = {"FOOTNOTE_API_PORT": str(ports["api"]), "FOOTNOTE_CHAT_UI": "local"}
    yield from _serve_build(tmp_path_factory.mktemp("built"), ports["built"], settings)


@pytest.fixture(scope="session")
def auto_site(ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`docusaurus build` against the scripted API; ChatKit is used where it works."""
    settings = {"FOOTNOTE_API_URL": f"http://localhost:{ports['scripted']}", "FOOTNOTE_CHAT_UI": "auto"}
    yield from _serve_build(tmp_path_factory.mktemp("auto"), ports["auto"], settings)


@pytest.fixture(params=["dev_site", "built_site"])
def site(request: pytest.FixtureRequest, api: Server) -> str:
    """The site in both its forms, with the real API behind it."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The theme as it is published."""
    return pack_theme(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="session")
def model() -> Iterator[SlowModel]:
    """The language model of the three sites below."""
    model = SlowModel()
    with vendors(model):
        yield model
        model.go_on.set()


@pytest.fixture(scope="session")
def dev_journeys(
    tarball: Path, model: SlowModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JourneySite]:
    with journey_sites.dev_site(tmp_path_factory.mktemp("dev-journeys"), tarball, model) as site:
        yield site


@pytest.fixture(scope="session")
def built_journeys(
    tarball: Path, model: SlowModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JourneySite]:
    with journey_sites.built_site(tmp_path_factory.mktemp("built-journeys"), tarball, model) as site:
        yield site


@pytest.fixture(scope="session")
def versioned_journeys(
    tarball: Path, model: SlowModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JourneySite]:
    folder = tmp_path_factory.mktemp("versioned-journeys")
    with journey_sites.built_site(folder, tarball, model, versioned=True) as site:
        yield site


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open an address in a context of its own that reaches nothing but this machine.

    The page must end without an uncaught error but `may_fail`; `page.blocked` lists what it asked of other hosts.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_(
        url: str,
        *,
        standin: str | None = None,
        may_fail: str | None = None,
        width: int = 1280,
        height: int = 800,
        **options: object,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        blocked: list[str] = []

        def guard(route: Route) -> None:
            if standin is not None and urlsplit(route.request.url).path.endswith("/chatkit.js"):
                script = (ROOT / "tests" / "support" / "chatkit_standin.js").read_text("utf-8")
                route.fulfill(content_type="text/javascript", body=f"window.standIn = '{standin}';\n{script}")
            else:
                blocked.append(route.request.url)
                route.abort()

        context.route(ELSEWHERE, guard)
        context.set_default_timeout(PATIENCE_MS)

        def note(failure: WebError) -> None:
            if str(failure.error) != may_fail:
                errors.append(str(failure.error))

        context.on("weberror", note)
        page = context.new_page()
        page.blocked = blocked  # type: ignore[attr-defined]
        page.goto(url, wait_until="load")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a screenshot for people to look at."""

    def take(page: Page, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")

    return take


def _serve_build(folder: Path, port: int, settings: dict[str, str]) -> Iterator[str]:
    build_site(folder, settings)
    server = start_built_site(folder, port)
    yield server.url
    server.stop()
