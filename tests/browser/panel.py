"""What a reader does with the panel and the search box, in the words that a reader sees."""

import json
import time
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect


def open_panel(page: Page) -> Locator:
    """Press the launcher; returns the panel."""
    wait_until_alive(page)
    page.get_by_role("button", name="Ask", exact=True).click()
    panel = page.get_by_role("dialog", name="Ask the docs")
    expect(panel).to_be_visible()
    return panel


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    field = page.get_by_role("textbox", name="Ask a question about these docs")
    turns = page.locator(".footnote-turn")
    before = turns.count()
    field.fill(question)
    field.press("Enter")
    expect(turns).to_have_count(before + 1)


def wait_for_answer(page: Page) -> Locator:
    """Wait until the newest answer is complete; returns it."""
    answer = page.locator(".footnote-turn").last.locator(".footnote-answer")
    expect(answer).to_have_attribute("aria-busy", "false")
    return answer


def open_search(page: Page) -> Locator:
    """Press Ctrl-K; returns the search box."""
    wait_until_alive(page)
    page.keyboard.press("Control+k")
    box = page.get_by_role("dialog", name="Search these docs")
    expect(box).to_be_visible()
    return box


def wait_until_alive(page: Page) -> None:
    """Wait until React has taken over the page: before, no button and no key of it does anything."""
    expect(page.locator("html")).to_have_attribute("data-has-hydrated", "true")


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for something outside of the page, such as what a server has been asked; the page goes on meanwhile."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        page.wait_for_timeout(20)


def audit(page: Page) -> None:
    """No violation of axe-core's in our elements. The page's own are its theme's."""
    places = [".footnote-launcher", ".footnote-panel", ".footnote-search", ".footnote-box"]
    include = [[place] for place in places if page.locator(place).count()]
    found = Axe().run(page, context={"include": include})
    ours = [
        {
            "rule": violation["id"],
            "nodes": [node["html"][:200] + node["failureSummary"] for node in violation["nodes"]],
        }
        for violation in found.response["violations"]
    ]
    assert ours == [], json.dumps(ours, indent=1)
