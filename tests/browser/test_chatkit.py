"""ChatKit by OpenAI's script where it proves to work, our own panel everywhere else."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.panel import ask, open_panel, open_search, wait_for_answer, wait_until

SCRIPT = "https://cdn.platform.openai.com/**"


def _say_to_chatkit(page: Page, text: str) -> None:
    page.get_by_label("ChatKit message").fill(text)
    page.get_by_role("button", name="Send to ChatKit").click()


def test_chatkit_takes_over_once_it_proves_alive(auto_site, scripted, open_page) -> None:
    page = open_page(f"{auto_site}/docs/intro", standin="alive", color_scheme="dark")
    open_panel(page)
    expect(page.locator("openai-chatkit")).to_be_visible()
    expect(page.get_by_role("textbox", name="Ask a question about these docs")).to_have_count(0)
    expect(page.locator("openai-chatkit")).to_have_attribute("data-color-scheme", "dark")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    expect(page.locator("openai-chatkit")).to_have_attribute("data-color-scheme", "light")
    _say_to_chatkit(page, "Why?")
    expect(page.locator("openai-chatkit .log p")).to_have_text(["Why?", "Set `baseUrl` in the config."])
    wait_until(
        page,
        lambda: {"threads.list", "threads.create"} <= {request["type"] for request in scripted.requests},
    )
    # The next page draws ChatKit at once, with the same conversation and the same reader.
    page.reload()
    expect(page.locator("openai-chatkit .log p")).to_have_text(["Why?", "Set `baseUrl` in the config."])
    assert scripted.requests[-1]["params"] == {"thread_id": "thr_1"}


def test_chatkit_renews_its_session(auto_site, scripted, open_page) -> None:
    page = open_page(f"{auto_site}/docs/intro", standin="alive")
    # ChatKit is shown as soon as it asks; its first session is there once it is answered.
    with page.expect_response(f"{scripted.url}/api/chatkit"):
        open_panel(page)
    expect(page.locator("openai-chatkit")).to_be_visible()
    sessions = scripted.sessions
    scripted.script.expire_once = True
    _say_to_chatkit(page, "Why?")
    expect(page.locator("openai-chatkit .log p")).to_have_count(2)
    assert scripted.sessions == sessions + 1


def test_suggestions_are_offered_under_chatkit(auto_site, scripted, open_page) -> None:
    scripted.script.effects = [
        {"type": "client_effect", "name": "suggestions", "data": {"questions": ["And then?"]}}
    ]
    page = open_page(f"{auto_site}/docs/intro", standin="alive")
    open_panel(page)
    expect(page.locator("openai-chatkit")).to_be_visible()
    _say_to_chatkit(page, "Why?")
    page.get_by_role("button", name="And then?").click()
    expect(page.locator("openai-chatkit .log p")).to_have_count(4)


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


def test_the_panel_is_never_taken_from_a_reader_who_types(auto_site, scripted, open_page) -> None:
    page = open_page(f"{auto_site}/docs/intro", standin="alive")
    page.route(SCRIPT, lambda route: (page.wait_for_timeout(400), route.fallback()))
    open_panel(page)
    page.get_by_role("textbox", name="Ask a question about these docs").fill("Wh")
    page.wait_for_timeout(1200)
    expect(page.get_by_role("textbox", name="Ask a question about these docs")).to_have_value("Wh")


def _block(route: Route) -> None:
    route.abort()


def _forbid(route: Route) -> None:
    route.fulfill(status=403, content_type="text/html", body="<h1>Forbidden</h1>")


def _answer_with_a_page(route: Route) -> None:
    route.fulfill(content_type="text/html", body="<h1>Log in to the network</h1>")


def _answer_with_nothing(route: Route) -> None:
    route.fulfill(content_type="text/javascript", body="// An empty script.")


@pytest.mark.parametrize("failure", [_block, _forbid, _answer_with_a_page, _answer_with_nothing])
def test_a_script_that_fails_leaves_our_panel(failure, auto_site, scripted, open_page) -> None:
    page = open_page(f"{auto_site}/docs/intro", may_fail="Unexpected token '<'")  # The page read as a script.
    asked: list[str] = []
    page.route(SCRIPT, lambda route: (asked.append(route.request.url), failure(route)))
    open_panel(page)
    ask(page, "Why?")
    wait_for_answer(page)
    page.wait_for_function(
        "sessionStorage[Object.keys(sessionStorage).find(key => key.endsWith(':chatkit'))] === 'dead'"
    )
    expect(page.locator("openai-chatkit")).to_have_count(0)
    # What failed once is not tried again in this tab.
    page.reload()
    expect(page.locator(".footnote-question")).to_have_text("Why?")
    assert len(asked) == 1


def test_a_frame_without_life_leaves_our_panel(auto_site, scripted, open_page) -> None:
    page = open_page(f"{auto_site}/docs/intro", standin="mute")
    open_panel(page)
    expect(page.locator("openai-chatkit")).to_have_count(1)
    expect(page.locator("openai-chatkit")).not_to_be_visible()
    expect(page.locator("openai-chatkit")).to_have_count(0, timeout=12_000)
    ask(page, "Why?")
    wait_for_answer(page)
