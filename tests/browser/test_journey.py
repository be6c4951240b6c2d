"""A reader asks, checks a footnote and reads on: the real API, on the dev site and on the built site."""

import gzip
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.panel import ask, open_panel, wait_for_answer

QUESTION = "How do I stop the demo?"


def test_a_footnote_moves_to_its_heading_without_a_reload(site, open_page, picture) -> None:
    page = open_page(f"{site}/docs/intro")
    page.evaluate("window.marker = 'same page'")
    panel = open_panel(page)
    ask(page, QUESTION)
    answer = wait_for_answer(page)
    expect(answer).to_contain_text("Ctrl-C")

    marker = answer.locator(".footnote-marker a").first
    expect(marker).to_have_text("1")
    target = marker.get_attribute("href")
    assert target is not None and target.startswith("/docs/") and "#" in target
    marker.click()

    page.wait_for_url(f"{site}{target}")
    heading = page.locator(f"[id='{urlsplit(target).fragment}']")
    expect(heading).to_be_in_viewport()
    expect(heading).to_have_class(_containing("footnote-target"))
    box = heading.bounding_box()
    assert box is not None and box["y"] >= 56, "the heading stands below the navbar"
    assert page.evaluate("window.marker") == "same page", "the page was not loaded again"
    expect(panel).to_be_visible()
    picture(page, "landed")


def test_every_link_of_an_answer_leads_to_an_existing_heading(built_site, api, open_page) -> None:
    page = open_page(f"{built_site}/docs/intro")
    open_panel(page)
    for question in (
        QUESTION,
        "What leaves my machine?",
        "How do I roll back the index?",
        "What is a tapir?",
    ):
        ask(page, question)
        links = wait_for_answer(page).locator("a")
        expect(links.first).to_be_visible()
        for path in {link.get_attribute("href") for link in links.all()}:
            assert path is not None and path.startswith("/docs/"), path
            address = urlsplit(path)
            html = page.request.get(f"{built_site}{address.path}").text()
            assert not address.fragment or re.search(rf"\bid=\"?{re.escape(address.fragment)}[\" >]", html), (
                path
            )


def test_the_dev_server_forwards_an_answer_as_it_comes(dev_site, api, open_page) -> None:
    """It compresses what may be compressed, and holds back what it compresses."""
    page = open_page(f"{dev_site}/docs/intro")
    open_panel(page)
    with page.expect_response(f"{dev_site}/api/chatkit") as forwarded:
        ask(page, QUESTION)
    assert forwarded.value.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in forwarded.value.headers
    wait_for_answer(page)


def test_a_vote_is_stored(built_site, api, open_page) -> None:
    page = open_page(f"{built_site}/docs/intro")
    open_panel(page)
    ask(page, QUESTION)
    up = wait_for_answer(page).get_by_role("button", name="This helped")
    with page.expect_response(
        lambda response: "items.feedback" in (response.request.post_data or "")
    ) as stored:
        up.click()
    assert stored.value.ok
    expect(up).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("path", ["/docs/intro", "/"])
def test_pages_are_rendered_on_the_server(path, built_site, open_page) -> None:
    page = open_page(f"{built_site}{path}", java_script_enabled=False)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main")).not_to_be_empty()


PANEL_BUDGET_BYTES = 30_000


def test_the_panel_costs_nothing_before_it_is_wanted_and_little_then(built_site, api, open_page) -> None:
    page = open_page(f"{built_site}/docs/intro")
    page.wait_for_load_state("networkidle")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.wait_for_timeout(1000)
    assert fetched == []
    with page.expect_response(lambda response: response.url.endswith("/api/chatkit/session")):
        open_panel(page)
        ask(page, QUESTION)
    wait_for_answer(page)
    scripts = {url for url in fetched if url.endswith(".js")}
    size = sum(len(gzip.compress(page.request.get(url).body(), 9)) for url in scripts)
    assert 0 < size <= PANEL_BUDGET_BYTES


def _containing(name: str) -> re.Pattern[str]:
    return re.compile(rf"(^|\s){name}(\s|$)")
