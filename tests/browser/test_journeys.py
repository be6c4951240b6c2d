"""What readers do, on three kinds of site with the real API behind each.

Every test runs on the dev site (`docusaurus start`), on a built site with a base URL and on a site with versions
and languages, whose next version is read. The built ones are under a strict content security policy, and OpenAI's
host cannot be reached from any.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.panel import ask, audit, open_panel, open_search, wait_for_answer, wait_until_alive
from tests.support.foreign_sites import hashes_of
from tests.support.journey_sites import CHATKIT_HOST, JourneySite

MOVES = "What does the pump move?"
PRESSURE = "What is the pressure of the pump?"
API = re.compile("/api/")

Start = Callable[..., Page]


@pytest.fixture(params=["dev", "built", "versioned"])
def place(request: pytest.FixtureRequest):
    site: JourneySite = request.getfixturevalue(f"{request.param}_journeys")
    yield site
    site.model.go_on.set()


@pytest.fixture
def start(place: JourneySite, open_page) -> Start:
    """Open a page of the docs that React has taken over."""

    def start_(page_name: str = "guide", **options: object) -> Page:
        page = open_page(f"{place.origin}{place.docs}/{page_name}", **options)
        wait_until_alive(page)
        return page

    return start_


def _hold(place: JourneySite, page: Page, question: str) -> Locator:
    """Ask, and stop the model in mid-answer; returns the answer's text, which has its first sentence."""
    place.model.go_on.clear()
    ask(page, question)
    text = page.locator(".footnote-turn").last.locator(".footnote-text")
    expect(text).to_contain_text("The pump moves water" if question == MOVES else "The pressure of the pump")
    return text


def _expect_pressure(page: Page) -> None:
    """The newest answer is complete and begins with what the guide of this version says about the pressure."""
    text = wait_for_answer(page).locator(".footnote-text")
    expect(text).to_have_text(re.compile(r"^The pressure of the pump is nine bar\.1"))


def _alert(page: Page) -> Locator:
    """What the panel says that went wrong; a page of an old or new version has an alert of its own."""
    return page.locator(".footnote-panel").get_by_role("alert")


def _at(place: JourneySite, page_name: str, heading: str) -> re.Pattern[str]:
    """The address of a heading. Many hosts, and Docusaurus' dev server, add a slash to a page's."""
    return re.compile(re.escape(f"{place.origin}{place.docs}/{page_name}") + "/?#" + heading + "$")


def _expect_landed(page: Page, heading: str) -> None:
    target = page.locator(f"[id='{heading}']")
    expect(target).to_be_in_viewport()
    expect(target).to_have_class(re.compile("footnote-target"))


def _is_under_navbar(page: Page, heading: str) -> bool:
    box = page.locator(f"[id='{heading}']").bounding_box()
    return box is not None and box["y"] < 56


def test_ask(start, place) -> None:
    page = start()
    open_panel(page)
    text = _hold(place, page, MOVES)
    expect(page.locator(".footnote-answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".footnote-actions")).to_have_count(0)
    place.model.go_on.set()
    answer = wait_for_answer(page)
    expect(text).to_have_text(re.compile(r"^The pump moves water\.1"))
    expect(answer.locator(".footnote-marker a").first).to_have_attribute(
        "href", f"{place.docs}/guide#install-the-pump"
    )


def test_follow_up(start, place) -> None:
    page = start()
    open_panel(page)
    ask(page, MOVES)
    wait_for_answer(page)
    ask(page, "And what is its pressure?")
    _expect_pressure(page)
    expect(page.locator(".footnote-question")).to_have_count(2)


def test_go_on_with_a_suggestion(start) -> None:
    page = start()
    open_panel(page)
    ask(page, MOVES)
    wait_for_answer(page)
    suggestion = page.locator(".footnote-turn .footnote-questions button").first
    expect(suggestion).to_have_text("What does “Pressure of the pump” say?")
    suggestion.click()
    expect(page.locator(".footnote-question").last).to_contain_text("Pressure of the pump")
    wait_for_answer(page)


def test_stop(start, place) -> None:
    page = start()
    open_panel(page)
    text = _hold(place, page, MOVES)
    page.get_by_role("button", name="Stop").click()
    expect(wait_for_answer(page)).to_contain_text("You stopped this answer.")
    expect(page.get_by_role("textbox")).to_be_focused()
    kept = text.inner_text()
    place.model.go_on.set()
    ask(page, PRESSURE)
    wait_for_answer(page)
    expect(page.locator(".footnote-text").first).to_have_text(kept, use_inner_text=True)


def test_retry(start, place) -> None:
    page = start()
    open_panel(page)
    _hold(place, page, MOVES)
    page.get_by_role("button", name="Stop").click()
    place.model.go_on.set()
    page.get_by_role("button", name="Answer again").click()
    answer = wait_for_answer(page)
    expect(answer.locator(".footnote-marker")).to_have_count(2)
    page.reload()
    expect(page.locator(".footnote-question")).to_have_count(1)
    expect(page.locator(".footnote-answer")).to_have_count(1)


def test_edit_and_ask_again(start) -> None:
    page = start()
    open_panel(page)
    ask(page, "What does the pump mvoe?")
    wait_for_answer(page)
    page.locator(".footnote-question").hover()
    page.get_by_role("button", name="Edit and ask again").click()
    field = page.get_by_role("textbox")
    expect(field).to_have_value("What does the pump mvoe?")
    expect(field).to_be_focused()
    ask(page, MOVES)
    expect(wait_for_answer(page)).to_contain_text("The pump moves water")


def test_cite(start, place) -> None:
    page = start("valve")
    page.evaluate("window.marker = 'same page'")
    open_panel(page)
    ask(page, MOVES)
    wait_for_answer(page).locator(".footnote-marker a").first.click()
    page.wait_for_url(_at(place, "guide", "install-the-pump"))
    _expect_landed(page, "install-the-pump")
    assert not _is_under_navbar(page, "install-the-pump")
    assert page.evaluate("window.marker") == "same page", "the page was not loaded again"
    expect(page.get_by_role("dialog")).to_be_visible()


def test_preview(start) -> None:
    page = start()
    open_panel(page)
    ask(page, MOVES)
    marker = wait_for_answer(page).locator(".footnote-marker a").first
    preview = page.get_by_role("tooltip")
    marker.hover()
    expect(preview).to_contain_text("Guide › Install the pump")
    expect(preview.locator("q")).to_contain_text("The pump moves water")
    page.locator(".footnote-header h2").hover()
    expect(preview).to_have_count(0)
    marker.focus()
    expect(preview).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_follow_a_source(start, place) -> None:
    page = start("valve")
    open_panel(page)
    ask(page, MOVES)
    wait_for_answer(page).locator(".footnote-sources a").first.click()
    page.wait_for_url(_at(place, "guide", "install-the-pump"))
    _expect_landed(page, "install-the-pump")


def test_deep_link_into_a_tab(start, place) -> None:
    page = start("valve")
    open_search(page)
    page.keyboard.type("pump on windows")
    page.locator("a[role=option]", has_text="Pump on Windows").click()
    page.wait_for_url(_at(place, "guide", "pump-on-windows"))
    _expect_landed(page, "pump-on-windows")
    expect(page.get_by_role("tab", name="Windows")).to_have_attribute("aria-selected", "true")


def test_deep_link_into_a_collapsed_section(start, place) -> None:
    page = start()
    expect(page.locator("#pressure-of-the-pump")).to_be_hidden()
    open_panel(page)
    ask(page, PRESSURE)
    wait_for_answer(page).locator(".footnote-marker a").first.click()
    page.wait_for_url(_at(place, "guide", "pressure-of-the-pump"))
    _expect_landed(page, "pressure-of-the-pump")


def test_arrive_at_a_hidden_heading(start) -> None:
    page = start("valve?os=linux#spring-of-the-valve")
    _expect_landed(page, "spring-of-the-valve")
    expect(page.get_by_role("tab", name="Windows 11")).to_have_attribute("aria-selected", "true")


def test_back_button(start, place) -> None:
    page = start("valve")
    open_panel(page)
    ask(page, PRESSURE)
    wait_for_answer(page).locator(".footnote-marker a").first.click()
    page.wait_for_url(_at(place, "guide", "pressure-of-the-pump"))
    _expect_landed(page, "pressure-of-the-pump")
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Valve")).to_be_visible()
    expect(page.locator(".footnote-question")).to_have_text(PRESSURE)
    page.go_forward()
    expect(page.locator("#pressure-of-the-pump")).to_be_in_viewport()


def test_reload(start) -> None:
    page = start()
    open_panel(page)
    ask(page, MOVES)
    text = wait_for_answer(page).locator(".footnote-text").inner_text()
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator(".footnote-text")).to_have_text(text, use_inner_text=True)
    assert page.evaluate("document.activeElement === document.body"), "the keys belong to the page"
    ask(page, PRESSURE)
    _expect_pressure(page)
    expect(page.locator(".footnote-question")).to_have_count(2)


def test_reload_in_mid_answer(start, place) -> None:
    page = start()
    open_panel(page)
    _hold(place, page, MOVES)
    page.reload()
    expect(page.locator(".footnote-question")).to_have_text(MOVES)
    place.model.go_on.set()
    page.get_by_role("button", name="Try again").click()
    expect(wait_for_answer(page).locator(".footnote-marker")).to_have_count(2)
    expect(page.locator(".footnote-question")).to_have_count(1)


def test_read_on_in_mid_answer(start, place) -> None:
    page = start("valve")
    open_panel(page)
    _hold(place, page, MOVES)
    page.locator(".menu__link", has_text="Guide").click()
    expect(page.get_by_role("heading", level=1, name="Guide")).to_be_visible()
    expect(page.locator(".footnote-answer")).to_have_attribute("aria-busy", "true")
    place.model.go_on.set()
    expect(wait_for_answer(page).locator(".footnote-marker")).to_have_count(2)


SECRET = "Object.keys(sessionStorage).find((key) => key.endsWith(':secret'))"


def test_token_expiry(start, place) -> None:
    """A genuine secret that has ended: the API refuses it, and its reader gets another unseen."""
    page = start()
    open_panel(page)
    ask(page, MOVES)
    wait_for_answer(page)
    expired = place.expired(page.evaluate(f"sessionStorage[{SECRET}]"))
    page.evaluate(f"(secret) => {{ sessionStorage[{SECRET}] = secret; }}", expired)
    with page.expect_response(lambda response: response.status == 401):
        ask(page, PRESSURE)
    _expect_pressure(page)
    expect(_alert(page)).to_have_count(0)
    assert page.evaluate(f"sessionStorage[{SECRET}]") != expired
    page.reload()
    expect(page.locator(".footnote-question")).to_have_text([MOVES, PRESSURE])


@pytest.mark.parametrize("place", ["built"], indirect=True)
def test_proof_of_work(start, place) -> None:
    """An attacked API: a new reader's browser works for its session, once, and the reader notices nothing."""
    under_attack = {"FOOTNOTE_SESSION_POW_BITS": "12", "FOOTNOTE_UNLIMITED_ADDRESSES": "none"}
    with place.api.with_settings(**under_attack):
        page = start()
        open_panel(page)
        sessions: list[tuple[int, str]] = []
        page.on("response", lambda answer: sessions.append((answer.status, answer.request.post_data or "")))
        ask(page, MOVES)
        expect(wait_for_answer(page)).to_contain_text("The pump moves water")
        ask(page, PRESSURE)
        _expect_pressure(page)
        expect(_alert(page)).to_have_count(0)
    asked = [(status, "proof" in json.loads(body)) for status, body in sessions if "existing" in body]
    assert asked == [(401, False), (200, True)]


def test_api_restart_in_mid_answer(start, place) -> None:
    page = start()
    open_panel(page)
    _hold(place, page, MOVES)
    place.api.stop()
    place.model.go_on.set()
    try:
        expect(_alert(page)).to_contain_text("It is tried again by itself.")
        open_search(page)
        page.keyboard.type("pressure")
        expect(page.get_by_role("status").filter(has_text="cannot be reached")).to_be_visible()
    finally:
        place.api.start()
    expect(page.locator("a[role=option]").first).to_be_visible(timeout=40_000)
    page.keyboard.press("Escape")
    markers = page.locator(".footnote-answer[aria-busy=false] .footnote-marker")
    expect(markers).to_have_count(2, timeout=40_000)
    expect(_alert(page)).to_have_count(0)
    expect(page.locator(".footnote-question")).to_have_count(1)


def test_two_tabs(start, place) -> None:
    first = start()
    open_panel(first)
    ask(first, MOVES)
    wait_for_answer(first)
    second = first.context.new_page()
    second.goto(first.url)
    open_panel(second)
    expect(second.locator(".footnote-welcome")).to_be_visible()
    _hold(place, second, PRESSURE)
    first.reload()
    expect(first.locator(".footnote-question")).to_have_text(MOVES)
    place.model.go_on.set()
    _expect_pressure(second)
    expect(first.locator(".footnote-question")).to_have_count(1)


class Gate:
    """Holds back what the page asks for, until it is let through."""

    def __init__(self, page: Page, pattern: re.Pattern[str]) -> None:
        self._page, self._pattern = page, pattern
        self._waiting: list[Route] = []
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        self._waiting.append(route)

    def open(self) -> None:
        self._page.unroute(self._pattern)
        for route in self._waiting:
            route.fallback()


def test_slow_network(start) -> None:
    page = start()
    code = Gate(page, re.compile(r"\.js$"))
    launcher = page.get_by_role("button", name="Ask", exact=True)
    launcher.click()
    expect(launcher).to_have_attribute("aria-busy", "true")
    code.open()
    expect(page.get_by_role("dialog")).to_be_visible()
    answers = Gate(page, API)
    ask(page, MOVES)
    expect(page.locator(".footnote-progress")).to_be_visible()
    answers.open()
    wait_for_answer(page)


def test_offline(start) -> None:
    page = start()
    open_panel(page)
    page.context.set_offline(True)
    ask(page, MOVES)
    expect(_alert(page)).to_contain_text("cannot be reached at the moment. It is tried again")
    page.context.set_offline(False)
    wait_for_answer(page)
    expect(_alert(page)).to_have_count(0)
    expect(page.locator(".footnote-question")).to_have_count(1)


def test_too_many_questions(start) -> None:
    page = start()
    open_panel(page)
    page.route(API, _refuse)
    ask(page, MOVES)
    expect(_alert(page)).to_contain_text("Too many questions. Wait. It is tried again by itself.")
    page.unroute(API)
    wait_for_answer(page)
    expect(_alert(page)).to_have_count(0)
    expect(page.locator(".footnote-question")).to_have_count(1)


def _refuse(route: Route) -> None:
    headers = {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "retry-after",
        "retry-after": "1",
    }
    body = {"code": "rate_limited", "message": "Too many questions. Wait.", "details": None}
    route.fulfill(status=429, json=body, headers=headers)


def test_blocked_cdn(start) -> None:
    """The sites leave it to the theme who draws the chat; OpenAI's script is refused by the network."""
    page = start()
    with page.expect_console_message(lambda message: "ChatKit cannot be used" in message.text):
        open_panel(page)
        ask(page, MOVES)
        wait_for_answer(page)
    page.reload()
    expect(page.locator(".footnote-question")).to_have_text(MOVES)
    asked = page.blocked  # type: ignore[attr-defined]
    assert len(asked) == 1 and asked[0].startswith(CHATKIT_HOST), "what failed is not tried again in this tab"


NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', ({violatedDirective, blockedURI}) => {
  window.violations.push(`${violatedDirective} ${blockedURI}`);
});
"""


def _add_policy(route: Route) -> None:
    """The strictest policy under which Docusaurus' dev server works: it needs `eval` and styles in the page."""
    if route.request.resource_type != "document":
        route.fallback()
        return
    response = route.fetch()
    policy = (
        f"default-src 'none'; script-src 'self' 'unsafe-eval' {CHATKIT_HOST} {hashes_of([response.text()])}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self' ws:; "
        "base-uri 'none'; form-action 'none'; frame-src 'none'"
    )
    route.fulfill(response=response, headers=response.headers | {"content-security-policy": policy})


def test_strict_csp(start, place) -> None:
    page = start("valve")
    if not place.is_built:
        page.route(re.compile(re.escape(place.origin)), _add_policy)
    page.add_init_script(NOTE_VIOLATIONS)
    page.reload()
    open_search(page)
    page.keyboard.type("pump on windows")
    expect(page.get_by_role("option", name="Pump on Windows")).to_be_visible()
    page.keyboard.press("Escape")
    open_panel(page)
    ask(page, PRESSURE)
    marker = wait_for_answer(page).locator(".footnote-marker a").first
    marker.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()
    marker.click()
    _expect_landed(page, "pressure-of-the-pump")
    panel = page.get_by_role("dialog")
    assert panel.evaluate("element => getComputedStyle(element).position") == "fixed", "styles are in force"
    assert page.evaluate("window.violations") == []


def test_keyboard_only(start, place) -> None:
    page = start("valve")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("install the pump")
    expect(page.locator("a[role=option]").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#install-the-pump")).to_be_focused()
    page.keyboard.press("Control+i")
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.type(PRESSURE)
    page.keyboard.press("Enter")
    answer = wait_for_answer(page)
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.dataset.footnote === '1'"):
            break
    expect(page.get_by_role("tooltip")).to_contain_text("Pressure of the pump")
    expect(answer.locator(".footnote-marker a").first).to_be_focused()
    page.keyboard.press("Enter")
    _expect_landed(page, "pressure-of-the-pump")
    page.keyboard.press("Escape")  # The preview is on top.
    expect(page.get_by_role("tooltip")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_focused()


def test_search(start, place) -> None:
    page = start("valve")
    open_search(page)
    page.keyboard.type("pressure of the pump")
    best = page.get_by_role("option").first
    expect(best).to_have_attribute("href", f"{place.docs}/guide#pressure-of-the-pump")
    expect(best.locator("mark").first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(_at(place, "guide", "pressure-of-the-pump"))
    _expect_landed(page, "pressure-of-the-pump")
    expect(page.locator("#pressure-of-the-pump")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_ask_what_was_searched(start) -> None:
    page = start()
    open_search(page)
    page.keyboard.type(PRESSURE)
    page.get_by_role("option", name=f"Ask {PRESSURE}").click()
    expect(page.locator(".footnote-question")).to_have_text(PRESSURE)
    _expect_pressure(page)


def test_earlier_conversations(start) -> None:
    page = start()
    panel = open_panel(page)
    for question in (MOVES, PRESSURE):
        panel.get_by_role("button", name="New conversation").click()
        ask(page, question)
        wait_for_answer(page)
    earlier = panel.get_by_role("button", name="Earlier conversations")
    earlier.click()
    titles = panel.locator(".footnote-thread span")
    expect(titles).to_have_text([PRESSURE, MOVES])
    panel.get_by_role("button", name=f"Rename “{MOVES}”").click()
    field = page.get_by_role("textbox", name="Title of the conversation")
    field.fill("About water")
    field.press("Enter")
    expect(titles).to_have_text([PRESSURE, "About water"])
    titles.last.click()
    expect(page.locator(".footnote-question")).to_have_text(MOVES)
    earlier.click()
    with page.expect_download() as stored:
        panel.get_by_role("button", name="Download my conversations").click()
    assert stored.value.suggested_filename == "conversations.json"
    export = json.loads(Path(stored.value.path()).read_text("utf-8"))
    assert [(told["title"], told["messages"][0]["text"]) for told in export["conversations"]] == [
        ("About water", MOVES),
        (PRESSURE, PRESSURE),
    ]
    assert "nine bar" in export["conversations"][1]["messages"][1]["text"]
    panel.get_by_role("button", name="Delete “About water”").click()
    expect(titles).to_have_text([PRESSURE])


def test_say_why_it_did_not_help(start) -> None:
    page = start()
    open_panel(page)
    ask(page, MOVES)
    wait_for_answer(page).get_by_role("button", name="This did not help").click()
    page.get_by_role("radio", name="Something is missing").check()
    page.get_by_role("textbox", name="In your own words").fill("How much water?")
    with page.expect_response(re.compile("/api/feedback$")) as stored:
        page.get_by_role("button", name="Send", exact=True).click()
    assert stored.value.status == 204
    expect(page.get_by_role("status").filter(has_text="Thank you.")).to_be_focused()


def test_ask_about_selected_text(start) -> None:
    page = start()
    open_panel(page)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#install-the-pump + p'))")
    expect(page.locator(".footnote-selection")).to_have_text("The pump moves water.")
    ask(page, "What does this mean?")
    wait_for_answer(page)
    expect(page.locator(".footnote-asked blockquote")).to_have_text("The pump moves water.")
    page.reload()
    expect(page.locator(".footnote-asked blockquote")).to_have_text("The pump moves water.")


def test_copy_an_answer(start, place) -> None:
    page = start(permissions=["clipboard-read", "clipboard-write"])
    open_panel(page)
    ask(page, MOVES)
    wait_for_answer(page).get_by_role("button", name="Copy as Markdown").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("The pump moves water")
    assert f"[[1]](https://docs.example{place.docs}/guide#install-the-pump)" in copied


def test_on_a_phone(start, place) -> None:
    page = start("valve", width=390, height=844, has_touch=True)
    panel = open_panel(page)
    assert panel.evaluate("element => element.contains(document.activeElement)"), (
        "nothing behind has the focus"
    )
    ask(page, MOVES)
    wait_for_answer(page).locator(".footnote-marker a").first.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_url(_at(place, "guide", "install-the-pump"))
    _expect_landed(page, "install-the-pump")
    expect(page.locator("#install-the-pump")).to_be_focused()


def test_what_the_docs_do_not_say(start) -> None:
    page = start()
    open_panel(page)
    ask(page, "What is the boiling point of tungsten?")
    answer = wait_for_answer(page)
    expect(answer.locator(".footnote-text")).not_to_be_empty()
    expect(answer.locator(".footnote-marker")).to_have_count(0)


@pytest.mark.parametrize("place", ["versioned"], indirect=True)
def test_at_400_percent_zoom(start, picture) -> None:
    """A window of 1280 by 1024 then has room for 320 by 256."""
    page = start(width=320, height=256, reduced_motion="reduce")
    open_search(page)
    page.keyboard.type("pressure")
    expect(page.locator("a[role=option]").first).to_be_in_viewport(ratio=0.5)
    expect(page.get_by_role("option", name="Ask pressure")).to_be_in_viewport()
    picture(page, "zoom-results")
    page.keyboard.press("Escape")
    open_panel(page)
    ask(page, MOVES)
    answer = wait_for_answer(page)
    expect(page.get_by_role("textbox")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    answer.locator(".footnote-marker a").first.scroll_into_view_if_needed()
    expect(answer.locator(".footnote-marker a").first).to_be_in_viewport(ratio=0.9)
    picture(page, "zoom-answer")
    audit(page)


def _find_nothing(route: Route) -> None:
    headers = {"access-control-allow-origin": "*"}
    route.fulfill(json={"hits": [], "took_ms": 1.0}, headers=headers)


WIDTHS = (1280, 390, 320)


@pytest.mark.parametrize("place", ["versioned"], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(start, place, scheme, picture) -> None:
    """Every state, each on a desktop, on a phone and as narrow as at 400 % zoom. The elements are the same on every site."""
    page = start(color_scheme=scheme, reduced_motion="reduce")

    def check(state: str) -> None:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            picture(page, f"{state}-{scheme}-{width}")
            audit(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "no sideways scrolling"
            for surface in page.locator(".footnote-panel:visible, .footnote-box:visible").all():
                colour = surface.evaluate("element => getComputedStyle(element).backgroundColor")
                assert colour.startswith("rgb("), f"the page shines through {colour}"
        page.set_viewport_size({"width": WIDTHS[0], "height": 800})

    check("closed")
    open_search(page)
    check("box")
    page.keyboard.type("pump")
    expect(page.locator("a[role=option]").first).to_be_visible()
    check("results")
    page.route(API, _find_nothing)
    page.get_by_role("combobox").fill("tungsten")
    expect(page.get_by_role("status").filter(has_text="No section matches")).to_be_visible()
    check("no-results")
    page.unroute(API)
    page.keyboard.press("Escape")
    open_panel(page)
    check("panel")
    _hold(place, page, MOVES)
    check("streaming")
    place.model.go_on.set()
    wait_for_answer(page)
    check("answered")
    page.get_by_role("button", name="This did not help").click()
    page.get_by_role("radio", name="Something is missing").check()
    check("report")
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator(".footnote-thread")).to_have_count(1)
    check("history")
    page.keyboard.press("Escape")
    page.route(API, lambda route: route.abort())
    ask(page, PRESSURE)
    expect(_alert(page)).to_be_visible()
    check("error")
