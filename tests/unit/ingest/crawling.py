"""Crawls of the scripted site in `tests.support.sites`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from footnote_core.models import Page
from footnote_ingest.sources import Problem
from footnote_ingest.sources.http import Limits
from footnote_ingest.sources.sitemap import SitemapSource
from tests.support.sites import Answer, Site, running_site, sitemap

QUICK = Limits(backoff_seconds=0.01, wait_seconds=1.5)
"""Waits little between attempts, and leaves a busy machine its time to answer."""
IMPATIENT = replace(QUICK, silence_seconds=1.0, request_seconds=2.0)
"""For hosts that never answer."""


@dataclass(frozen=True, slots=True)
class Crawl:
    pages: list[Page]
    problems: list[Problem]
    site: Site

    @property
    def routes(self) -> list[str]:
        return [page.route for page in self.pages]

    @property
    def failures(self) -> dict[str, str]:
        """Path of a page that is left out -> why."""
        found = ((p.file.removeprefix(self.site.url), p.message) for p in self.problems if p.failed)
        return dict(found)

    @property
    def warnings(self) -> list[str]:
        return [problem.message for problem in self.problems if not problem.failed]


async def crawl_site(
    site: Site, cache: Path, *, public: str = "https://docs.example.com", limits: Limits = QUICK
) -> Crawl:
    """Crawl a running site by its `/sitemap.xml`."""
    site.requests.clear()
    source = SitemapSource(f"{site.url}/sitemap.xml", public, cache=cache, limits=limits)
    items = [item async for item in source.pages()]
    pages = [item for item in items if isinstance(item, Page)]
    return Crawl(pages, [item for item in items if isinstance(item, Problem)], site)


async def crawl(
    answers: Mapping[str, Answer], cache: Path, *, listed: list[str] | None = None, limits: Limits = QUICK
) -> Crawl:
    """Crawl a site of these answers; its sitemap lists `listed`, by default all of them."""
    async with running_site(answers) as site:
        paths = [path for path in answers if path != "/robots.txt"] if listed is None else listed
        site.answers.setdefault(
            "/sitemap.xml", sitemap(*(site.url + p if p[:1] == "/" else p for p in paths))
        )
        return await crawl_site(site, cache, limits=limits)
