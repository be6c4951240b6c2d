"""The one box: sections as the reader types, and the same words as a question."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel import open_panel, open_search, wait_for_answer
from tests.support.scripted_chatkit import Event
from tests.support.servers import SITE_URL


def _hit(path: str, title: str, heading: str | None = None, excerpt: str = "Some words.") -> Event:
    return {
        "url": SITE_URL + path,
        "title": title,
        "heading": heading,
        "excerpt": excerpt,
        "score": 1.0,
        "version": "current",
        "locale": "en",
    }


HITS = [
    _hit("/docs/settings", "Settings", None, "Every setting of the demo."),
    _hit("/docs/quick-start", "Quick start", None, "Start the <b>demo</b>."),
    _hit("/docs/commands", "Commands", "make demo", "Demos & <img src=x onerror=window.attacked=1>"),
]


@pytest.fixture
def box(auto_site, scripted, open_page):
    """Open a page and its search box, over the hits above."""
    scripted.script.hits = HITS

    def open_(**options: object) -> Page:
        page = open_page(f"{auto_site}/docs/intro", **options)
        open_search(page)
        return page

    return open_


def test_sections_appear_and_enter_moves_to_the_heading(site, open_page) -> None:
    page = open_page(f"{site}/docs/intro")
    page.evaluate("window.marker = 'same page'")
    open_search(page)
    page.keyboard.type("roll back index", delay=20)
    best = page.get_by_role("option").first
    expect(best).to_contain_text(re.compile("roll", re.IGNORECASE))
    expect(best.locator("mark").first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"^{site}/docs/.+#"))
    heading = page.locator(f"[id='{page.url.split('#')[1]}']")
    expect(heading).to_be_in_viewport()
    expect(heading).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("window.marker") == "same page", "the page was not loaded again"
    page.go_back()
    page.wait_for_url(f"{site}/docs/intro")


def test_a_question_from_the_box_starts_a_new_conversation(box, scripted) -> None:
    page = box()
    for words in ("Why?", "How?"):
        page.keyboard.type(words)
        page.get_by_role("option", name=f"Ask {words}").click()
        wait_for_answer(page)
        expect(page.locator(".footnote-question")).to_have_text(words)
        open_search(page)
    assert [r["type"] for r in scripted.requests if r["type"].startswith("threads.")] == [
        "threads.create"
    ] * 2


def test_enter_before_the_results_opens_the_best_one(box, scripted) -> None:
    page = box()
    page.keyboard.type("demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/docs/settings")


def test_arrows_move_and_a_modifier_opens_a_new_tab(box) -> None:
    page = box()
    page.keyboard.insert_text("demo")
    options = page.get_by_role("option")
    expect(options).to_have_count(4)
    combobox = page.get_by_role("combobox")
    expect(combobox).to_have_attribute("aria-expanded", "true")
    for key, position in (
        ("ArrowDown", 1),
        ("ArrowDown", 2),
        ("ArrowDown", 3),
        ("ArrowDown", 0),
        ("ArrowUp", 3),
    ):
        page.keyboard.press(key)
        expect(options.nth(position)).to_have_attribute("aria-selected", "true")
        active = options.nth(position).get_attribute("id")
        assert combobox.get_attribute("aria-activedescendant") == active
    page.keyboard.press("ArrowUp")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    opened.value.wait_for_url("**/docs/commands")


def test_escape_closes_and_gives_the_focus_back(box, auto_site, open_page) -> None:
    page = open_page(f"{auto_site}/docs/intro")
    button = page.get_by_role("button", name="Search")
    button.focus()
    page.keyboard.press("Enter")
    box_ = page.get_by_role("dialog")
    expect(box_.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box_).to_have_count(0)
    expect(button).to_be_focused()


def test_the_keys_of_the_chat_leave_the_box(box) -> None:
    page = box()
    page.keyboard.press("Control+i")
    expect(page.get_by_role("dialog", name="Ask the docs")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.get_by_role("textbox")).to_be_focused()


def test_words_stay_when_the_box_is_opened_again(box, scripted) -> None:
    page = box()
    page.keyboard.insert_text("demo")
    expect(page.get_by_role("option")).to_have_count(4)
    searches = len(scripted.searches)
    page.keyboard.press("Escape")
    open_search(page)
    expect(page.get_by_role("option")).to_have_count(4)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Backspace")
    page.keyboard.type("o")
    expect(page.get_by_role("combobox")).to_have_value("demo")
    page.wait_for_timeout(300)
    assert len(scripted.searches) <= searches + 1, "what is known is not asked again"


TYPE_AT_ONCE = """
new MutationObserver((changes, observer) => {
  const input = document.querySelector('.footnote-box input');
  if (!input) return;
  observer.disconnect();
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  for (const letter of 'demo') {
    setValue.call(input, input.value + letter);
    input.dispatchEvent(new InputEvent('input', {bubbles: true}));
  }
}).observe(document.body, {childList: true});
"""
"""Types in the same moment in which the box appears, before anything else of the page can run."""


def test_no_letter_is_lost_while_the_box_appears(auto_site, scripted, open_page) -> None:
    scripted.script.hits = HITS
    page = open_page(f"{auto_site}/docs/intro")
    page.evaluate(TYPE_AT_ONCE)
    open_search(page)
    expect(page.get_by_role("combobox")).to_have_value("demo")
    expect(page.get_by_role("option")).to_have_count(4)


def test_the_box_opens_again_as_fast_as_keys_are_pressed(box) -> None:
    page = box()
    for _ in range(20):
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
    page.keyboard.type("demo")
    expect(page.get_by_role("option")).to_have_count(4)


def test_text_of_the_api_is_only_text(box) -> None:
    page = box()
    page.keyboard.type("demo")
    expect(page.get_by_role("option").nth(1)).to_contain_text("<b>demo</b>")
    expect(page.locator(".footnote-box mark").first).to_have_text("demo")
    assert page.locator(".footnote-box").locator("img, b").count() == 0
    assert page.evaluate("window.attacked") is None


def test_an_address_that_is_a_script_is_no_link(box, scripted) -> None:
    scripted.script.hits = [HITS[0] | {"url": "javascript:window.attacked=2"}]
    page = box()
    page.keyboard.type("demo")
    expect(page.get_by_role("option")).to_have_count(1)
    assert page.locator(".footnote-box a").count() == 0


def test_what_is_not_found_can_be_asked(box, scripted) -> None:
    scripted.script.hits = []
    page = box()
    page.keyboard.type("tungsten")
    expect(page.get_by_role("status").filter(has_text="No section matches")).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_have_text("Ask tungsten")


def test_a_failure_is_told_and_passes_by_itself(box, scripted) -> None:
    scripted.script.refuse = (429, "rate_limited", "Too many searches. Wait a moment.")
    scripted.script.retry_after = 1
    page = box()
    page.keyboard.type("demo")
    expect(page.get_by_role("status").filter(has_text="Too many searches")).to_be_visible()
    scripted.script.refuse = None
    expect(page.get_by_role("option")).to_have_count(4)


def test_a_site_with_one_version_and_language_names_none(box, scripted) -> None:
    page = box()
    page.keyboard.insert_text("demo")
    expect(page.get_by_role("option")).to_have_count(4)
    assert scripted.searches[-1] == {"q": "demo", "limit": "10"}


def test_the_box_shows_above_the_panel_of_a_phone(box) -> None:
    page = box(width=390, height=844)
    page.keyboard.press("Escape")
    open_panel(page)
    open_search(page)
    page.keyboard.type("demo")
    page.get_by_role("option", name="Settings").click()
    page.wait_for_url("**/docs/settings")
    expect(page.get_by_role("dialog")).to_have_count(0)


RESPONSE_BUDGET_BYTES = 10_000


def test_answers_of_the_search_are_small(built_site, api, open_page) -> None:
    page = open_page(f"{built_site}/docs/intro")
    for words in ("docker compose", "index", "how do I change the settings"):
        found = page.request.get(f"{api.url}/api/search", params={"q": words, "limit": 10})
        assert found.ok and len(found.body()) <= RESPONSE_BUDGET_BYTES
