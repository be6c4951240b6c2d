"""With `FOOTNOTE_CHAT_UI=local` a reader's browser asks nothing of any host but the site's and the API's."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.panel import ask, open_panel, open_search, wait_for_answer


def test_no_page_and_no_answer_contacts_another_host(site, api, open_page) -> None:
    page = open_page(f"{site}/")
    hosts: set[str] = set()
    page.context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    for path in ("/", "/docs/intro", "/docs/settings", "/docs/quick-start"):
        page.goto(site + path)
        page.wait_for_load_state("networkidle")
    open_search(page)
    page.keyboard.type("demo")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    open_panel(page)
    ask(page, "How do I stop the demo?")
    answer = wait_for_answer(page)
    answer.get_by_role("button", name="This helped").click()
    answer.locator(".footnote-marker a").first.click()
    page.get_by_role("button", name="Earlier conversations").click()
    expect(page.locator(".footnote-thread")).to_have_count(1)
    page.wait_for_timeout(5000)  # Longer than ChatKit would be given to load.
    assert page.blocked == []  # type: ignore[attr-defined]
    assert urlsplit(site).netloc in hosts
    assert hosts <= {urlsplit(site).netloc, urlsplit(api.url).netloc}
    assert page.locator("script[src*='openai'], openai-chatkit").count() == 0
