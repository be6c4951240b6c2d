"""A bad network and an API that is restarted, with the real API where that matters."""

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.panel import ask, open_panel, open_search, wait_for_answer
from tests.support.servers import (
    SITE_URL,
    WEB,
    build_site,
    free_port,
    index_site,
    start_api,
    start_built_site,
)


@pytest.fixture(scope="module")
def restartable(tmp_path_factory: pytest.TempPathFactory):
    """The real API, which a test may stop and start again, and a site over it."""
    folder: Path = tmp_path_factory.mktemp("restart")
    port, web_port = free_port(), free_port()
    settings = index_site(folder, WEB, SITE_URL)
    origin = f"http://localhost:{web_port}"
    build_site(folder, {"FOOTNOTE_API_PORT": str(port), "FOOTNOTE_CHAT_UI": "local"})
    running = [start_api(settings, port, [origin], folder / "api.log")]

    def stop() -> None:
        running.pop().stop()

    def start() -> None:
        running.append(start_api(settings, port, [origin], folder / "api.log"))

    site = start_built_site(folder, web_port)
    yield site.url, stop, start
    site.stop()
    for api in running:
        api.stop()


def test_an_api_that_is_restarted_answers_without_the_reader(restartable, open_page) -> None:
    url, stop, start = restartable
    page = open_page(f"{url}/docs/intro")
    open_panel(page)
    ask(page, "How do I stop the demo?")
    wait_for_answer(page)
    stop()
    ask(page, "What leaves my machine?")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    open_search(page)
    page.keyboard.type("docker")
    expect(page.get_by_role("status").filter(has_text="cannot be reached")).to_be_visible()
    start()
    expect(page.locator("a[role=option]").first).to_be_visible(timeout=40_000)
    page.keyboard.press("Escape")
    expect(page.locator(".footnote-answer")).to_have_count(2, timeout=40_000)
    wait_for_answer(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".footnote-question")).to_have_count(2)


def test_a_restart_in_mid_answer_is_resumed(auto_site, scripted, open_page) -> None:
    scripted.script.hold = threading.Event()
    scripted.script.cut_after = 2
    page = open_page(f"{auto_site}/docs/intro")
    open_panel(page)
    ask(page, "Why?")
    expect(page.locator(".footnote-text")).to_contain_text("Set")
    scripted.script.refuse = (503, "index_not_ready", "Starting.")
    scripted.script.hold.set()
    expect(page.get_by_role("alert")).to_be_visible()
    scripted.script.cut_after = None
    scripted.script.refuse = None
    expect(page.locator(".footnote-text")).to_contain_text("in the config.")
    expect(page.locator(".footnote-question")).to_have_count(1)


def test_a_reload_in_mid_answer_offers_the_question_again(auto_site, scripted, open_page) -> None:
    scripted.script.hold = threading.Event()
    page = open_page(f"{auto_site}/docs/intro")
    open_panel(page)
    ask(page, "Why?")
    expect(page.locator(".footnote-text")).to_contain_text("Set")
    page.reload()
    expect(page.locator(".footnote-question")).to_have_text("Why?")
    scripted.script.hold = None
    page.get_by_role("button", name="Try again").click()
    wait_for_answer(page)


def test_a_slow_network_shows_what_is_being_done(auto_site, scripted, open_page) -> None:
    page = open_page(f"{auto_site}/docs/intro")

    def delay(route: Route) -> None:
        page.wait_for_timeout(800)
        route.fallback()

    page.route(re.compile(r"/assets/js/|/api/"), delay)
    page.get_by_role("button", name="Ask", exact=True).click()
    launcher = page.get_by_role("button", name="Ask", exact=True)
    expect(launcher).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("dialog")).to_be_visible()
    ask(page, "Why?")
    expect(page.locator(".footnote-progress")).to_be_visible()
    wait_for_answer(page)


def test_a_question_from_the_box_reaches_chatkit(auto_site, scripted, open_page) -> None:
    page = open_page(f"{auto_site}/docs/intro", standin="alive")
    open_panel(page)
    expect(page.locator("openai-chatkit")).to_be_visible()
    open_search(page)
    page.keyboard.type("Why?")
    page.get_by_role("option", name="Ask Why?").click()
    expect(page.locator("openai-chatkit .log p")).to_have_count(2)
    sent = next(r for r in scripted.requests if r["type"] == "threads.create")
    assert sent["metadata"] == {"page": "/docs/intro"}
