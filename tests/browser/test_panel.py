"""The panel when things go wrong, or differently: an API that follows a script, on the built site.

The site is set to `auto` and OpenAI's script is blocked, as it is on a machine without internet.
"""

import threading

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel import ask, open_panel, wait_for_answer
from tests.support.scripted_chatkit import Event, citation
from tests.support.servers import SITE_URL

TEXT = "Run `make demo`. Then open the **site**.\n\n```bash\nmake demo # starts 2 servers\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"
ELSEWHERE = citation("https://elsewhere.example/page#part", "Elsewhere › Part", "Open it.", 40)


@pytest.fixture
def start(auto_site, scripted, open_page):
    """Open a page and its panel, with the answer above."""
    scripted.script.text = TEXT
    scripted.script.annotations = [ELSEWHERE]

    def start_(path: str = "/docs/intro", **options: object) -> Page:
        page = open_page(auto_site + path, **options)
        scripted.script.annotations.append(_cite_last_heading(page, auto_site))
        open_panel(page)
        return page

    return start_


def _cite_last_heading(page: Page, site: str) -> Event:
    """A citation of the last heading of the quick start, whatever the manual calls it now."""
    manifest = page.request.get(f"{site}/footnote-manifest.json").json()
    quick_start = next(entry for entry in manifest["pages"] if entry["id"] == "quick-start")
    _, anchor = quick_start["anchors"][-1]
    return citation(f"{SITE_URL}{quick_start['path']}#{anchor}", "Quick start › Last", "Run it.", 16)


def test_stop_keeps_what_came_and_ends_the_request(start, scripted) -> None:
    scripted.script.hold = threading.Event()
    page = start()
    ask(page, "Why?")
    page.get_by_role("button", name="Stop").click()
    answer = wait_for_answer(page)
    expect(answer).to_contain_text("You stopped this answer.")
    expect(answer.locator(".footnote-text")).to_have_text("Run ", use_inner_text=False)
    page.wait_for_function("document.activeElement.tagName === 'TEXTAREA'")
    scripted.script.hold = None
    answer.get_by_role("button", name="Answer again").click()
    expect(wait_for_answer(page).locator(".footnote-text")).to_contain_text("Then open the site")
    assert scripted.requests[-1]["type"] == "threads.retry_after_item"


def test_an_answer_is_shown_while_it_comes(start, scripted) -> None:
    scripted.script.hold = threading.Event()
    page = start()
    ask(page, "Why?")
    expect(page.locator(".footnote-answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".footnote-text")).to_contain_text("Run")
    expect(page.locator(".footnote-actions")).to_have_count(0)
    scripted.script.hold.set()
    wait_for_answer(page)


def test_a_broken_connection_offers_to_try_again(start, scripted) -> None:
    scripted.script.cut_after = 3
    page = start()
    ask(page, "Why?")
    expect(page.get_by_role("alert")).to_contain_text("The connection broke")
    scripted.script.cut_after = None
    page.get_by_role("button", name="Try again").click()
    wait_for_answer(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".footnote-question")).to_have_count(1)


@pytest.mark.parametrize(
    ("refuse", "offers"),
    [
        ((503, "index_not_ready", "The documentation is being indexed. Try again in a minute."), True),
        ((429, "rate_limited", "Too many questions. Wait a minute."), True),
        ((422, "request_invalid", "The question is too long."), False),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_api(start, scripted, refuse, offers) -> None:
    scripted.script.refuse = refuse
    page = start()
    ask(page, "Why?")
    expect(page.get_by_role("alert")).to_contain_text(refuse[2])
    again = page.get_by_role("button", name="Try again")
    expect(again).to_have_count(1 if offers else 0)
    scripted.script.refuse = None
    if offers:
        again.click()
    else:
        ask(page, "Why?")
    wait_for_answer(page)


def test_a_new_question_stands_at_the_top(start) -> None:
    page = start()
    for question in ("Why?", "And then?", "Really?"):
        ask(page, question)
        wait_for_answer(page)
        header = page.locator(".footnote-header").bounding_box()
        newest = page.locator(".footnote-question").last.bounding_box()
        assert header is not None and newest is not None
        assert 0 <= newest["y"] - (header["y"] + header["height"]) <= 40


def test_an_expired_session_is_renewed_unseen(start, scripted) -> None:
    page = start()
    ask(page, "Why?")
    wait_for_answer(page)
    sessions = scripted.sessions
    scripted.script.expire_once = True
    ask(page, "And then?")
    wait_for_answer(page)
    assert scripted.sessions == sessions + 1
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_conversation_that_is_gone_is_forgotten(start, scripted) -> None:
    page = start()
    ask(page, "Why?")
    wait_for_answer(page)
    scripted.threads.clear()
    page.reload()
    expect(page.locator(".footnote-welcome")).to_be_visible()
    ask(page, "Why?")
    wait_for_answer(page)


def test_links_to_other_sites_open_apart(start) -> None:
    page = start()
    ask(page, "Why?")
    link = wait_for_answer(page).locator(".footnote-marker a").nth(1)
    expect(link).to_have_attribute("href", "https://elsewhere.example/page#part")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_suggestions_are_asked_by_a_click(start, scripted) -> None:
    scripted.script.effects = [
        {"type": "client_effect", "name": "suggestions", "data": {"questions": ["How do I stop it?"]}}
    ]
    page = start()
    ask(page, "Why?")
    page.get_by_role("button", name="How do I stop it?").click()
    expect(page.locator(".footnote-question").last).to_have_text("How do I stop it?")


def test_sections_cited_beside_the_first_are_offered_to_go_on_with(start, scripted, picture) -> None:
    scripted.script.annotations = [
        citation("https://elsewhere.example/page#lead", "Elsewhere › Lead", "Run it.", 10),
        ELSEWHERE,
    ]
    page = start()
    ask(page, "Why?")
    wait_for_answer(page)
    questions = page.locator(".footnote-turn .footnote-questions button")
    expect(questions).to_have_text(["What does “Last” say?", "What does “Part” say?"])
    picture(page, "suggestions")
    questions.first.click()
    expect(page.locator(".footnote-question").last).to_have_text("What does “Quick start › Last” say?")
    wait_for_answer(page)
    expect(questions).to_have_text(["What does “Part” say?"])


@pytest.mark.parametrize(("language", "marked"), [("en", 0), ("fr-CA", 0), ("pt", 1)])
def test_a_notice_of_the_api_is_told_in_its_language(start, scripted, language, marked) -> None:
    scripted.script.effects = [{"type": "notice", "level": "warning", "message": "The model is busy."}]
    page = start()
    page.evaluate(f"document.documentElement.lang = '{language}'")
    ask(page, "Why?")
    expect(page.locator(".footnote-note", has_text="The model is busy.")).to_have_count(1)
    expect(page.locator(".footnote-note [lang=en]")).to_have_count(marked)


def test_an_error_in_mid_answer_is_told_in_the_readers_language(start, scripted) -> None:
    error = {
        "type": "error",
        "code": "custom",
        "reason": "upstream_timeout",
        "message": "It is slow.",
        "allow_retry": True,
    }
    scripted.script.effects = [error]
    page = start()
    page.evaluate("document.documentElement.lang = 'pt'")
    ask(page, "Why?")
    expect(page.get_by_role("alert")).to_contain_text("A service that the assistant needs does not answer")
    expect(page.get_by_text("It is slow.")).to_have_count(0)


def test_starters_are_asked_by_a_click(start) -> None:
    page = start()
    page.get_by_role("button", name="How do I start the demo?").click()
    expect(page.locator(".footnote-question")).to_have_text("How do I start the demo?")
    wait_for_answer(page)


ATTACK = "\n\n".join(
    [
        "<img src=x onerror=\"window.attacked='img'\">",
        "<script>window.attacked='script'</script>",
        "[click](javascript:window.attacked='link')",
        "[entity](java&#115;cript:window.attacked='entity')",
        "![picture](https://evil.example/x.png)",
        "<iframe src='https://evil.example/'></iframe>",
        "<style>body{display:none}</style>",
        "`<svg onload=window.attacked='code'>`",
    ]
)


def test_text_of_the_api_never_becomes_more_than_text(start, scripted) -> None:
    scripted.script.text = ATTACK
    bad = "javascript:window.attacked='source'"
    hostile = "<img src=x onerror=window.attacked=1>"
    scripted.script.annotations = [
        citation(bad, hostile, "<b>quote</b>", 5),
        citation("https://a.example/", hostile, "<b>quote</b>", 5),
    ]
    scripted.script.effects = [
        {
            "type": "client_effect",
            "name": "suggestions",
            "data": {"questions": ["<img src=x onerror=window.attacked=2>"]},
        }
    ]
    page = start()
    ask(page, "<img src=x onerror=window.attacked=3>")
    wait_for_answer(page)
    panel = page.get_by_role("dialog")
    assert panel.locator("img, iframe, style, script, b").count() == 0
    for link in panel.locator("a").all():
        assert not (link.get_attribute("href") or "").lower().startswith("javascript:")
        link.click(modifiers=["Alt"], no_wait_after=True)
    assert page.evaluate("window.attacked") is None
    assert [url for url in page.blocked if "evil" in url] == []  # type: ignore[attr-defined]


def test_the_keyboard_does_everything(start) -> None:
    page = start()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_focused()
    page.keyboard.press("Control+i")
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Why?")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Really?")
    page.keyboard.press("Enter")
    expect(page.locator(".footnote-question")).to_have_text("Why?\nReally?", use_inner_text=True)
    wait_for_answer(page)
    page.keyboard.press("Control+i")
    expect(page.get_by_role("dialog")).to_have_count(0)


READ_ALOUD = """() => {
  window.heard = [];
  const note = ({addedNodes}) => addedNodes.forEach((node) => window.heard.push(node.textContent));
  new MutationObserver((changes) => changes.forEach(note)).observe(document.querySelector('[role=log]'), {childList: true});
}"""
"""Notes what a screen reader hears: each piece that is added to the live region."""


def test_a_screen_reader_hears_sentences_each_once_it_stands(start, scripted) -> None:
    scripted.script.hold = threading.Event()
    scripted.script.hold_after = 5
    page = start()
    page.evaluate(READ_ALOUD)
    ask(page, "Why?")
    expect(page.locator(".footnote-text")).to_contain_text("Then open")
    page.wait_for_function("window.heard.length === 2")
    assert page.evaluate("heard") == ["Your question is being answered.", "Run make demo."]
    scripted.script.hold.set()
    wait_for_answer(page)
    rest = ["Then open the site.", "make demo # starts 2 servers", "a, b", "1, 2"]
    page.wait_for_function("window.heard.length >= 6")
    assert page.evaluate("heard.slice(2)") == rest
    live = "[aria-live], [role=log], [role=status], [role=alert]"
    assert page.locator(".footnote-text").evaluate("(element, live) => element.closest(live)", live) is None
    page.reload()
    wait_for_answer(page)
    expect(page.get_by_role("log")).to_be_empty()


def test_on_a_phone_the_panel_covers_the_page_and_leaves_for_it(start, picture) -> None:
    page = start(width=390, height=844, has_touch=True, reduced_motion="reduce")
    assert page.get_by_role("dialog").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert page.evaluate("document.getElementById('__docusaurus').inert")
    ask(page, "Why?")
    answer = wait_for_answer(page)
    picture(page, "phone-answer")
    answer.locator(".footnote-marker a").first.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_url("**/docs/quick-start#*")
    heading = page.locator(f"[id='{page.url.split('#')[1]}']")
    expect(heading).to_be_in_viewport()
    expect(heading).to_be_focused()


@pytest.mark.parametrize("width", [997, 1280, 1600])
def test_on_a_wide_screen_the_panel_stands_beside_the_text(start, width, picture) -> None:
    page = start(width=width, height=800, reduced_motion="reduce")  # Else the panel slides in.
    panel = page.get_by_role("dialog").bounding_box()
    text = page.locator("article").first.bounding_box()
    assert panel is not None and text is not None
    assert panel["width"] >= 360
    assert text["x"] + text["width"] <= panel["x"]
    assert text["width"] >= 300
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"wide-{width}")


MOVING = """
document.getAnimations()
  .filter(({effect}) => effect.target.closest('.footnote-panel, .footnote-box') && effect.getTiming().duration > 0)
  .map(({animationName, transitionProperty}) => animationName ?? transitionProperty)
"""


def test_nothing_moves_for_a_reader_who_does_not_want_that(start, scripted) -> None:
    scripted.script.hold = threading.Event()
    for wish, moving in (("no-preference", ["footnote-pulse"]), ("reduce", [])):
        page = start(reduced_motion=wish)
        ask(page, "Why?")
        expect(page.locator(".footnote-cursor")).to_be_visible()
        page.get_by_role("dialog").evaluate(
            "panel => Promise.all(panel.getAnimations().map(({finished}) => finished))"
        )
        assert page.evaluate(MOVING) == moving
    scripted.script.hold.set()
    wait_for_answer(page)


PRESS_ON_SIGHT = """
new MutationObserver((changes, observer) => {
  const panel = document.querySelector('.footnote-panel:not([hidden])');
  if (!panel) return;
  observer.disconnect();
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {...KEY, bubbles: true, cancelable: true}));
}).observe(document.body, {childList: true});
"""
"""Presses a key in the same moment in which the panel appears, before anything else of the page can run."""


@pytest.mark.parametrize("key", ["{key: 'Escape'}", "{key: 'i', ctrlKey: true}"])
def test_a_panel_answers_the_keys_as_soon_as_it_is_seen(auto_site, scripted, open_page, key) -> None:
    page = open_page(f"{auto_site}/docs/intro")
    page.evaluate(PRESS_ON_SIGHT.replace("KEY", key))
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".footnote-panel")).to_be_hidden()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_focused()
