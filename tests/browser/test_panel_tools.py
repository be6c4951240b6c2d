"""What a reader can do with questions, answers and conversations, on the built site with a scripted API."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel import ask, audit, open_panel, wait_for_answer
from tests.support.scripted_chatkit import citation
from tests.support.servers import SITE_URL

SOURCE = citation(f"{SITE_URL}/docs/settings", "Settings › First", "Words that stand there.", 4)


@pytest.fixture
def start(auto_site, scripted, open_page):
    """Open a page and its panel, with a cited answer."""
    scripted.script.text = "Yes. No."
    scripted.script.annotations = [SOURCE]

    def start_(**options: object) -> Page:
        page = open_page(f"{auto_site}/docs/quick-start", **options)
        open_panel(page)
        return page

    return start_


def test_a_footnote_shows_where_it_leads(start, picture) -> None:
    page = start()
    ask(page, "Why?")
    marker = wait_for_answer(page).locator(".footnote-marker a")
    preview = page.get_by_role("tooltip")
    marker.hover()
    expect(preview).to_have_text("Settings › FirstWords that stand there.")
    assert marker.get_attribute("aria-describedby") == preview.get_attribute("id")
    preview.hover()
    page.wait_for_timeout(400)
    expect(preview).to_be_visible()
    picture(page, "preview")
    audit(page)
    page.locator(".footnote-header h2").hover()
    expect(preview).to_have_count(0)
    marker.focus()
    expect(preview).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_question_is_edited_and_asked_again(start, scripted) -> None:
    page = start()
    ask(page, "Wyh?")
    wait_for_answer(page)
    page.locator(".footnote-question").hover()
    page.get_by_role("button", name="Edit and ask again").click()
    field = page.get_by_role("textbox")
    expect(field).to_have_value("Wyh?")
    expect(field).to_be_focused()
    ask(page, "Why?")
    wait_for_answer(page)
    assert scripted.requests[-1]["params"]["input"]["content"][0]["text"] == "Why?"


def test_an_answer_is_copied_with_its_links(start) -> None:
    page = start(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "Why?")
    wait_for_answer(page).get_by_role("button", name="Copy as Markdown").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == (
        f"Yes. [[1]]({SITE_URL}/docs/settings) No.\n\n1. [Settings › First]({SITE_URL}/docs/settings)\n"
    )


def test_selected_text_goes_with_the_question(start, scripted) -> None:
    page = start()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('article h2'))")
    chip = page.locator(".footnote-selection")
    expect(chip).to_be_visible()
    quote = chip.locator("blockquote").inner_text()
    audit(page)
    ask(page, "What does this mean?")
    wait_for_answer(page)
    sent = next(r for r in scripted.requests if r["type"] == "threads.create")
    assert quote and sent["params"]["input"]["quoted_text"] == quote
    expect(page.locator(".footnote-asked blockquote")).to_have_text(quote)
    expect(chip).to_have_count(0)


def test_selected_text_can_be_left_out(start, scripted) -> None:
    page = start()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('article h2'))")
    page.get_by_role("button", name="Do not ask about the selected text").click()
    ask(page, "Why?")
    wait_for_answer(page)
    sent = next(r for r in scripted.requests if r["type"] == "threads.create")
    assert "quoted_text" not in sent["params"]["input"]


def test_the_page_being_read_is_told_unless_the_reader_says_no(start, scripted) -> None:
    page = start()
    ask(page, "Why?")
    wait_for_answer(page)
    toggle = page.get_by_role("button", name="This page first")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    ask(page, "And then?")
    wait_for_answer(page)
    told = [r["metadata"] for r in scripted.requests if "input" in r["params"]]
    assert told == [{"page": "/docs/quick-start"}, {}], "one version, one language: neither is named"


def test_a_conversation_is_renamed(start, scripted) -> None:
    page = start()
    ask(page, "Why?")
    wait_for_answer(page)
    page.get_by_role("button", name="Earlier conversations").click()
    rename = page.get_by_role("button", name="Rename “Why?”")
    rename.click()
    field = page.get_by_role("textbox", name="Title of the conversation")
    expect(field).to_be_focused()
    audit(page)
    field.press("Escape")
    expect(field).to_have_count(0)
    rename.click()
    field.fill("About reasons")
    field.press("Enter")
    expect(page.locator(".footnote-thread span")).to_have_text("About reasons")
    assert scripted.threads["thr_1"]["title"] == "About reasons"


def test_a_reader_tells_what_is_wrong_with_an_answer(start, scripted) -> None:
    page = start()
    ask(page, "Why?")
    down = wait_for_answer(page).get_by_role("button", name="This did not help")
    with page.expect_response(f"{scripted.url}/api/chatkit"):
        down.press("Enter")
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(down).to_have_attribute("aria-expanded", "true")
    form = page.get_by_role("group", name="What was wrong with this answer?")
    expect(form).to_be_in_viewport()
    send = page.get_by_role("button", name="Send", exact=True)
    send.press("Enter")
    assert scripted.reports == [], "there is nothing to send"
    form.get_by_role("radio", name="It is out of date").focus()
    page.keyboard.press("Space")
    page.get_by_role("textbox", name="In your own words").fill("  Since 2.0 it is another file.  ")
    send.press("Enter")
    thanks = page.get_by_role("status").filter(has_text="Thank you.")
    expect(thanks).to_be_focused()
    audit(page)
    votes = [r for r in scripted.requests if r["type"] == "items.feedback"]
    assert [vote["params"]["kind"] for vote in votes] == ["negative"]
    assert scripted.reports == [
        {
            "thread_id": "thr_1",
            "item_id": votes[0]["params"]["item_ids"][0],
            "kind": "negative",
            "reason": "outdated",
            "comment": "Since 2.0 it is another file.",
        }
    ]


def test_a_reason_that_cannot_be_sent_is_kept_to_be_sent_again(start, scripted) -> None:
    page = start()
    ask(page, "Why?")
    with page.expect_response(f"{scripted.url}/api/chatkit"):
        wait_for_answer(page).get_by_role("button", name="This did not help").click()
    page.get_by_role("radio", name="It is wrong").check()
    scripted.script.refuse = (429, "rate_limited", "Too many votes. Wait a minute.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Too many votes. Wait a minute.")
    scripted.script.refuse = None
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Thank you.")).to_be_visible()
    assert [(r["reason"], r["comment"]) for r in scripted.reports] == [("wrong", None)]


def test_the_form_for_a_reason_closes_without_a_word(start, scripted) -> None:
    page = start()
    ask(page, "Why?")
    down = wait_for_answer(page).get_by_role("button", name="This did not help")
    comment = page.get_by_role("textbox", name="In your own words")
    down.click()
    comment.press("Escape")
    expect(comment).to_have_count(0)
    expect(down).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_visible()
    down.click()
    expect(comment).to_be_visible()
    page.get_by_role("button", name="This helped").click()
    expect(comment).to_have_count(0)
    assert scripted.reports == []


@pytest.mark.parametrize("status", [(503, "index_not_ready"), (429, "rate_limited")])
def test_a_refusal_that_passes_is_overcome_without_the_reader(start, scripted, status) -> None:
    scripted.script.refuse = (*status, "Not now.")
    scripted.script.retry_after = 1
    page = start()
    ask(page, "Why?")
    expect(page.get_by_role("alert")).to_contain_text("Not now. It is tried again by itself.")
    scripted.script.refuse = None
    wait_for_answer(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".footnote-question")).to_have_count(1)


def test_an_answer_that_breaks_off_is_resumed(start, scripted) -> None:
    scripted.script.cut_after = 1
    page = start()
    ask(page, "Why?")
    expect(page.get_by_role("alert")).to_contain_text("The connection broke")
    scripted.script.cut_after = None
    expect(page.locator(".footnote-text")).to_contain_text("Yes.1 No.")
    expect(page.locator(".footnote-question")).to_have_count(1)
