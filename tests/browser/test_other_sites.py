"""The theme on sites that are not ours: a fresh one that follows the manual, and a demanding one.

The demanding one has a base URL, two versions, two languages, tabs and collapsed sections, and a Root of
its own; it is served under a strict content security policy.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.panel import ask, audit, open_panel, open_search, wait_for_answer
from tests.support.foreign_sites import StaticSite, build, build_output, make_site
from tests.support.servers import WEB, free_port, index_site, start_api

LAMP = """# The lamp

The lamp lights a room. It is set in a file.

## Colour

Set `colour` in `lamp.yml` to change the colour of the lamp.
"""


def _manual_lines() -> str:
    """The lines that the manual tells a site to add to its configuration."""
    page = (WEB / "docs" / "add-to-your-site.md").read_text("utf-8")
    block = re.search(r'```ts title="docusaurus\.config\.ts"\n(.*?)```', page, re.DOTALL)
    assert block, "the manual shows what to add to docusaurus.config.ts"
    lines = block[1].strip().splitlines()
    assert len(lines) == 3, lines
    return "\n".join(lines)


def _fresh_config(lines: str) -> str:
    """The configuration of a fresh classic site with the manual's lines; compiled by Babel, not by Rspack."""
    return f"""
const added = {{
{lines}
}};
export default {{
  title: 'Fresh', url: 'https://fresh.example', baseUrl: '/',
  plugins: ['@docusaurus/plugin-content-docs', '@docusaurus/plugin-content-pages'],
  themeConfig: {{navbar: {{title: 'Fresh', items: []}}}},
  ...added,
  themes: ['@docusaurus/theme-classic', ...added.themes],
}};
"""


@pytest.fixture(scope="module")
def fresh_site(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("fresh")
    api_port, port = free_port(), free_port()
    lines = re.sub(r"https://[^']+", f"http://localhost:{api_port}", _manual_lines())
    site = make_site(
        folder, tarball, _fresh_config(lines), {"docs/lamp.md": LAMP, "src/pages/index.md": "# Home\n"}
    )
    build(site)
    server = StaticSite(site / "build", port)
    api = start_api(
        index_site(folder, site, "https://fresh.example"), api_port, [server.url], folder / "api.log"
    )
    yield server.url
    api.stop()
    server.close()


def test_a_fresh_site_follows_the_manual(fresh_site, open_page) -> None:
    page = open_page(f"{fresh_site}/docs/lamp")
    open_panel(page)
    ask(page, "How do I change the colour of the lamp?")
    marker = wait_for_answer(page).locator(".footnote-marker a").first
    expect(marker).to_have_attribute("href", "/docs/lamp#colour")
    marker.click()
    page.wait_for_url(re.compile("/docs/lamp/?#colour$"))
    expect(page.locator("#colour")).to_be_in_viewport()
    open_search(page)
    page.keyboard.type("colour")
    expect(page.get_by_role("option").first).to_have_attribute("href", "/docs/lamp#colour")


def test_a_small_site_loads_no_code_of_the_panel_with_its_first_page(fresh_site, open_page) -> None:
    """Docusaurus puts what the chunks of a site of three routes share into one that every page loads."""
    assert not _holds_panel(_first_scripts(open_page(f"{fresh_site}/docs/lamp")))


def _first_scripts(page: Page) -> str:
    """The code that a first visit has loaded."""
    page.wait_for_load_state("networkidle")
    addresses = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    scripts = [address for address in addresses if address.endswith(".js")]
    assert scripts
    return "".join(page.request.get(address).text() for address in scripts)


def _holds_panel(code: str) -> bool:
    assert "footnote-launcher" in code
    return any(part in code for part in ("footnote-composer", "footnote-box-field", "footnote.sources"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("{apiURL: 'https://a.example'}", '"apiURL" is not an option of docusaurus-theme-footnote'),
        ("{apiUrl: 'a.example'}", "which is neither an http(s) address nor a path"),
        ("{search: 'yes'}", '"search" must be true'),
    ],
)
def test_a_wrong_option_ends_the_build_with_the_fix(options, says, tarball, tmp_path) -> None:
    lines = f"themes: [['docusaurus-theme-footnote', {options}]],"
    site = make_site(
        tmp_path, tarball, _fresh_config(lines), {"docs/lamp.md": LAMP, "src/pages/index.md": "# Home\n"}
    )
    assert says in build_output(site)


@pytest.fixture
def visit(versioned_journeys, open_page):
    """Open a page of the project; what the policy forbids from then on is noted in `window.violations`."""

    def open_(path: str, **options: object) -> Page:
        page = open_page(f"{versioned_journeys.origin}/project{path}", **options)
        expect(page.locator("html")).to_have_attribute("data-has-hydrated", "true")
        page.evaluate(
            """() => {
                window.violations = [];
                const note = (event) => window.violations.push(event.violatedDirective + ' ' + event.blockedURI);
                document.addEventListener('securitypolicyviolation', note);
            }"""
        )
        return page

    return open_


def _answer_to(page: Page, question: str):
    ask(page, question)
    return wait_for_answer(page)


def test_a_site_with_a_base_url_and_a_root_of_its_own(visit) -> None:
    page = visit("/docs/guide")
    expect(page.locator("#own-root")).to_have_count(1)
    expect(page.locator(".footnote-launcher")).to_have_count(1)
    open_panel(page)
    marker = _answer_to(page, "What does the pump move?").locator(".footnote-marker a").first
    expect(marker).to_have_attribute("href", "/project/docs/guide#install-the-pump")
    marker.click()
    page.wait_for_url(re.compile("/project/docs/guide/?#install-the-pump$"))
    page.mouse.move(0, 0)
    expect(page.get_by_role("tooltip")).to_have_count(0)
    audit(page)


def test_a_tab_is_opened_whatever_the_address_and_the_reader_chose_before(visit) -> None:
    page = visit("/docs/next/valve?os=linux#spring-of-the-valve")
    expect(page.locator("#spring-of-the-valve")).to_be_in_viewport()
    expect(page.get_by_role("tab", name="Windows 11")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile(r"valve/?\?os=windows#spring-of-the-valve$"))
    page.goto(page.url.split("?")[0] + "#valve-on-debian")
    expect(page.get_by_role("tab", name="Debian")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#valve-on-debian")).to_have_class(re.compile("footnote-target"))


def test_links_within_a_page_open_what_they_point_into_and_cost_nothing_else(visit) -> None:
    page = visit("/docs/guide")
    page.wait_for_load_state("networkidle")
    scripts: list[str] = []
    page.on("request", lambda request: request.resource_type == "script" and scripts.append(request.url))
    contents = page.locator(".table-of-contents")
    contents.get_by_role("link", name="Install the pump").click()
    page.wait_for_url("**#install-the-pump")
    before = len(scripts)  # Docusaurus fetches some of its own in its time
    contents.get_by_role("link", name="Pump on Windows").click()
    expect(page.locator("#pump-on-windows")).to_be_in_viewport()
    assert scripts[before:], "what opens tabs was not there before"


def test_an_address_that_is_no_heading_is_no_trouble(visit) -> None:
    for fragment in ("%", "nowhere", "%E0%A4%A"):
        expect(visit(f"/docs/guide#{fragment}").locator("#install-the-pump")).to_be_visible()


def test_the_version_being_read_is_searched_and_asked(visit) -> None:
    for path, word in (("/docs/guide", "four"), ("/docs/next/guide", "nine")):
        page = visit(path)
        open_search(page)
        page.keyboard.type("pressure of the pump")
        best = page.get_by_role("option").first
        expect(best).to_contain_text(word)
        expect(best).to_have_attribute("href", f"/project{path}#pressure-of-the-pump")
        page.keyboard.press("Escape")
        open_panel(page)
        expect(_answer_to(page, "What is the pressure of the pump?")).to_contain_text(word)


def test_the_language_being_read_is_spoken_and_searched(visit) -> None:
    page = visit("/fr/docs/guide")
    expect(page.get_by_role("button", name="Demander", exact=True)).to_be_visible()
    page.get_by_role("button", name="Rechercher").click()
    box = page.get_by_role("dialog", name="Chercher dans cette documentation")
    with page.expect_request(re.compile("/api/search")) as sent:
        box.get_by_role("combobox").fill("bruit de la pompe")
    assert "locale=fr" in sent.value.url and "version=1.0" in sent.value.url
    expect(box.get_by_role("option").first).to_have_attribute(
        "href", re.compile("^/project/fr/docs/guide#bruit")
    )


def test_what_the_api_refuses_is_told_in_the_language_being_read(visit) -> None:
    page = visit("/fr/docs/guide")
    refusal = {"code": "index_not_ready", "message": "Nothing is indexed yet.", "details": None}

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json=refusal, headers={"access-control-allow-origin": "*"})

    page.route(re.compile("/api/(chatkit|search)$|/api/search"), refuse)
    page.get_by_role("button", name="Demander", exact=True).click()
    page.get_by_role("textbox").fill("Pourquoi ?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("L’assistant n’a pas encore lu la documentation.")
    expect(page.get_by_role("alert")).not_to_contain_text("Nothing")
    refusal |= {"code": "brand_new", "message": "Something new."}
    page.keyboard.press("Control+k")
    box = page.get_by_role("dialog", name="Chercher dans cette documentation")
    box.get_by_role("combobox").fill("pompe")
    expect(box.get_by_role("status").locator("[lang=en]")).to_have_text("Something new.")


def test_only_the_buttons_are_translated_before_intent(visit) -> None:
    code = _first_scripts(visit("/fr/docs/guide"))
    assert "Demander" in code
    assert not _holds_panel(code)
