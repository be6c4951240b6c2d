"""What the theme costs a page: `python -m tests.benchmarks.web [--corpus SITE]`.

Builds a site with the theme and without, and measures both in turn: gzipped bytes and requests of the first page, its
largest contentful paint, layout shift and blocking time: quartiles of each, and of the differences within a pair
of runs, which have zero among them where there is only noise. Then the bytes of code that search
and chat bring once they are opened, and the time from a key press to painted results over the manual, or over the
site directory that `--corpus` names. Written to tests/benchmarks/results/web.json.
"""

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.foreign_sites import StaticSite, build, make_site, pack_theme
from tests.support.servers import ROOT, SITE_URL, WEB, free_port, index_site, start_api

RESULTS = Path(__file__).parent / "results" / "web.json"
MEASURES = ("requests", "html", "js", "css", "lcp", "cls", "tbt")
RUNS = 25
WORDS = ("docker compose up", "change the base url", "session secret", "crawl a sitemap", "deploy the site")
TEXT = "# Page\n\n" + "\n\n".join(f"## Part {n}\n\n" + "Words of a page. " * 60 for n in range(12))

_OBSERVE = """() => {
  window.seen = {lcp: 0, cls: 0, tbt: 0};
  const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({type, buffered: true});
  on('largest-contentful-paint', (e) => { seen.lcp = e.startTime; });
  on('layout-shift', (e) => { if (!e.hadRecentInput) seen.cls += e.value; });
  on('longtask', (e) => { seen.tbt += Math.max(0, e.duration - 50); });
}"""

_NOTE_PAINTS = """() => {
  window.pressed = 0;
  window.painted = {};
  addEventListener('keydown', (event) => { pressed = event.timeStamp; }, true);
  const ask = window.fetch;
  window.fetch = async (address, ...rest) => {
    const answer = await ask(address, ...rest);
    const query = new URL(address).searchParams.get('q');
    const read = answer.text.bind(answer);
    answer.text = async () => {
      const body = await read();
      // The box draws what it got before the next frame; the first task after that frame finds it painted.
      requestAnimationFrame(() => {
        const {port1, port2} = new MessageChannel();
        port1.onmessage = () => { painted[query] = performance.now() - pressed; };
        port2.postMessage(null);
      });
      return body;
    };
    return answer;
  };
}"""
"""Notes for each query how many milliseconds after its last key its results stood on the screen."""


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


def _opened_bytes(page: Page) -> int:
    """Gzipped code that comes when search and chat are opened."""
    scripts: list[Any] = []
    page.on("response", lambda answer: scripts.append(answer) if answer.url.endswith(".js") else None)
    page.keyboard.press("Control+k")
    page.locator(".footnote-box").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+i")
    page.locator(".footnote-panel textarea").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_load_state("networkidle")
    return sum(len(gzip.compress(answer.body(), 9)) for answer in scripts)


def _search(page: Page) -> dict[str, Any]:
    """Milliseconds from a key press to painted results, and the size of the answers."""
    bodies: list[Any] = []
    page.on("response", lambda answer: bodies.append(answer) if "/api/search" in answer.url else None)
    times = []
    page.evaluate(f"({_NOTE_PAINTS})()")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox")
    for words in WORDS:
        box.fill("")
        for end, letter in enumerate(words, start=1):
            page.keyboard.press(letter)
            # What was searched before is not searched again, and one letter or two find anything.
            if end >= 3 and letter != " ":
                times.append(page.wait_for_function("query => painted[query]", arg=words[:end]).json_value())
        page.locator(".footnote-box-list a").first.wait_for()
    times.sort()
    return {
        "presses": len(times),
        "median_ms": round(statistics.median(times)),
        "p95_ms": round(times[int(len(times) * 0.95)]),
        "largest_answer_bytes": max(len(answer.body()) for answer in bodies if answer.ok),
    }


def _spread(runs: list[dict[str, float]], measure: str) -> list[float]:
    """Lower quartile, median, upper quartile."""
    return [round(value, 4) for value in statistics.quantiles((run[measure] for run in runs), n=4)]


def _compare(browser: Browser, sites: dict[str, StaticSite]) -> dict[str, dict[str, list[float]]]:
    """Both sites in turn, the one that comes first changing, so that both meet the same load of the machine."""
    runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in sites}
    for run in range(RUNS):
        for kind in sorted(sites, reverse=run % 2 == 0):
            runs[kind].append(_load(browser, f"{sites[kind].url}/docs/page0"))
    differences = [
        {measure: after[measure] - before[measure] for measure in MEASURES}
        for before, after in zip(runs["without"], runs["with"], strict=True)
    ]
    return {
        measure: {kind: _spread(done, measure) for kind, done in (runs | {"difference": differences}).items()}
        for measure in MEASURES
    }


def measure(corpus: Path) -> dict[str, Any]:
    """Everything of one run; `corpus` is the site directory that is searched."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, port = Path(name), free_port()
        tarball = pack_theme(folder / "pack")
        sites = {
            kind: _site(folder / kind, tarball, f"http://localhost:{port}", kind == "with")
            for kind in ("without", "with")
        }
        settings = index_site(folder, corpus, SITE_URL)
        api = start_api(settings, port, [site.url for site in sites.values()], folder / "api.log")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            load_before = os.getloadavg()[0]
            first_page = _compare(browser, sites)
            page = browser.new_page()
            page.goto(f"{sites['with'].url}/docs/page0", wait_until="networkidle")
            return {
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "commit": _commit(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "load_before": round(load_before, 1),
                "runs": RUNS,
                "first_page_quartiles": first_page,
                "opened_js_gzip_bytes": _opened_bytes(page),
                "search": {"corpus": corpus.name, **_search(page)},
            }
        finally:
            browser.close()
            api.stop()
            for site in sites.values():
                site.close()


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.web", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=WEB, help="site directory that is searched")
    measured = measure(parser.parse_args().corpus.resolve())
    RESULTS.write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
    print(RESULTS.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
