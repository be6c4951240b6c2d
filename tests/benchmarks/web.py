"""What the theme costs a page: `python -m tests.benchmarks.web`. Builds a site with it and without, and measures both.

Prints gzipped bytes of the first page, its largest contentful paint, layout shift and blocking time (medians),
and the time from a key press to painted results over the manual.
"""

import gzip
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.foreign_sites import StaticSite, build, make_site, pack_theme
from tests.support.servers import free_port, index_manual, start_api

RUNS = 9
WORDS = ("docker compose up", "change the index path", "session secret", "crawl a sitemap")
TEXT = "# Page\n\n" + "\n\n".join(f"## Part {n}\n\n" + "Words of a page. " * 60 for n in range(12))

_OBSERVE = """() => {
  window.seen = {lcp: 0, cls: 0, tbt: 0};
  const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({type, buffered: true});
  on('largest-contentful-paint', (e) => { seen.lcp = e.startTime; });
  on('layout-shift', (e) => { if (!e.hadRecentInput) seen.cls += e.value; });
  on('longtask', (e) => { seen.tbt += Math.max(0, e.duration - 50); });
}"""

_PAINTED = """(word) => new Promise((done) => {
  const input = document.querySelector('.footnote-box input');
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const began = performance.now();
  const list = document.querySelector('.footnote-box-list');
  new MutationObserver((_, me) => {
    if (!list.querySelector('a')) return;
    me.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  }).observe(list, {childList: true, subtree: true, characterData: true});
  set.call(input, word);
  input.dispatchEvent(new Event('input', {bubbles: true}));
})"""


def _site(folder: Path, tarball: Path, api: str, with_theme: bool) -> StaticSite:
    theme = f"['docusaurus-theme-footnote', {{apiUrl: '{api}', ui: 'local'}}]" if with_theme else ""
    config = f"""export default {{
      title: 'Cost', url: 'https://cost.example', baseUrl: '/', future: {{v4: true, faster: true}},
      plugins: ['@docusaurus/plugin-content-docs', '@docusaurus/plugin-content-pages'],
      themes: ['@docusaurus/theme-classic', {theme}],
      themeConfig: {{navbar: {{title: 'Cost', items: []}}}},
    }};"""
    # On a site of three pages Docusaurus puts the code of all of them, and ours, into one file.
    pages = {f"docs/page{number}.md": TEXT for number in range(12)}
    site = make_site(folder, tarball, config, pages | {"src/pages/index.md": "# Home\n"})
    build(site)
    return StaticSite(site / "build", free_port())


def _load(browser: Browser, url: str) -> dict[str, float]:
    """One first visit: gzipped bytes by kind, and the browser's own measures."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(f"({_OBSERVE})()")
    bodies: dict[str, float] = {"js": 0, "css": 0, "html": 0, "requests": 0}

    def count(response: Any) -> None:
        kind = {"script": "js", "stylesheet": "css", "document": "html"}.get(response.request.resource_type)
        bodies["requests"] += 1
        if kind and response.ok:
            bodies[kind] += len(gzip.compress(response.body(), 9))

    responses: list[Any] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(url, wait_until="networkidle")
    page.wait_for_timeout(500)
    for response in responses:
        count(response)
    measures: dict[str, float] = page.evaluate("seen")
    context.close()
    return bodies | measures


def _search_times(page: Page) -> list[float]:
    times = []
    page.keyboard.press("Control+k")
    page.locator(".footnote-box").wait_for()
    for words in WORDS:
        for end in range(3, len(words) + 1):
            if words[end - 1] != " ":
                times.append(page.evaluate(_PAINTED, words[:end]))
    return times


def main() -> int:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, port = Path(name), free_port()
        tarball = pack_theme(folder / "pack")
        sites = {
            kind: _site(folder / kind, tarball, f"http://localhost:{port}", kind == "with")
            for kind in ("without", "with")
        }
        api = start_api(index_manual(folder), port, [site.url for site in sites.values()], folder / "api.log")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in sites}
            for _ in range(RUNS):
                for kind, site in sites.items():
                    runs[kind].append(_load(browser, f"{site.url}/docs/page0"))
            for measure in ("requests", "html", "js", "css", "lcp", "cls", "tbt"):
                values = {k: statistics.median(run[measure] for run in done) for k, done in runs.items()}
                print(f"{measure:9} without {values['without']:10.3f}  with {values['with']:10.3f}")
            page = browser.new_page()
            page.goto(f"{sites['with'].url}/docs/page0", wait_until="networkidle")
            times = sorted(_search_times(page))
            p95 = times[int(len(times) * 0.95)]
            print(f"search    n {len(times)}  median {statistics.median(times):.0f} ms  p95 {p95:.0f} ms")
        finally:
            browser.close()
            api.stop()
            for site in sites.values():
                site.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
