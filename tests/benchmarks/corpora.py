"""What the benchmark searches: pages, as every system is given them, and the questions asked of them.

The manual and questions about it are always there. BENCH_CORPORA may name a folder with

    corpora/<site>/                a site directory each, as for footnote-ingest
    questions/<site>.*.jsonl       questions of that site, rows as for footnote-eval
    questions/unanswerable*.jsonl  rows with `site` that it does not answer
    questions/known_sentences.jsonl  rows with `site`, `query`, `gold`, `exclude`
    external/anthropic_docs/       Anthropic's public retrieval set
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from footnote_api.evaluation.rows import Row, place, read_rows
from footnote_core.models import Page, Section
from footnote_core.settings import Settings
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources.files import FilesSource
from tests.support.servers import ROOT

QUESTIONS = Path(__file__).parent / "questions"


@dataclass(frozen=True)
class Corpus:
    """One site.

    pages      what Footnote indexes
    documents  the same text as the peers get it; an id with `#` is a section
    sets       questions that the pages answer, by name
    site       directory that footnote-ingest can read; None when there are only pages
    """

    name: str
    pages: Sequence[Page]
    documents: Sequence[dict[str, Any]]
    sets: dict[str, Sequence[Row]]
    unanswerable: Sequence[Row] = ()
    site: Path | None = None
    notes: str = ""

    @property
    def answerable(self) -> list[Row]:
        return [row for rows in self.sets.values() for row in rows]

    @property
    def unlinked_pages(self) -> list[Page]:
        """The pages without the texts of the links between them.

        For sentences that were taken from around a link: what their own link says would give them away, and from
        which page a text came is not known any more.
        """
        return [
            replace(page, sections=tuple(replace(section, linked=()) for section in page.sections))
            for page in self.pages
        ]


def corpora() -> Iterator[Corpus]:
    """The manual, then everything that BENCH_CORPORA holds."""
    yield manual()
    if not (named := os.environ.get("BENCH_CORPORA")):
        return
    folder = Path(named)
    sites = sorted(path for path in (folder / "corpora").glob("*") if path.is_dir())
    if not sites:
        sys.exit(f"BENCH_CORPORA: {folder / 'corpora'} holds no site.")
    for site in sites:
        corpus = _site(site, folder / "questions")
        if corpus.sets:
            yield corpus
    if (folder / "external/anthropic_docs").is_dir():
        yield anthropic_docs(folder / "external/anthropic_docs")


def manual() -> Corpus:
    rows = read_rows(QUESTIONS / "manual.jsonl")
    pages = pages_of(ROOT / "services/web")
    return Corpus(
        "manual",
        pages,
        [document(page) for page in pages],
        {"questions": [row for row in rows if row.gold]},
        [row for row in rows if not row.gold],
        ROOT / "services/web",
        "Written by people who know the manual; not held out.",
    )


def _site(site: Path, questions: Path) -> Corpus:
    rows = [row for path in sorted(questions.glob(f"{site.name}.*jsonl")) for row in read_rows(path)]
    others = [row for path in sorted(questions.glob("unanswerable*.jsonl")) for row in read_rows(path)]
    sentences = questions / "known_sentences.jsonl"
    sets = {
        "questions": [row for row in rows if row.gold],
        "sentences": [row for row in read_rows(sentences) if row.site == site.name]
        if sentences.is_file()
        else [],
    }
    pages = pages_of(site)
    unanswerable = [row for row in (*rows, *others) if not row.gold and row.site == site.name]
    return Corpus(
        site.name,
        pages,
        [document(page) for page in pages],
        {name: found for name, found in sets.items() if found},
        unanswerable,
        site,
    )


def anthropic_docs(folder: Path) -> Corpus:
    """The 232 chunks and 100 questions of Anthropic's cookbook; a chunk is a section, its address the gold.

    The set has no page titles: a page is called by the last part of its address. The peers get every
    chunk as a document of its own, as the cookbook's pipelines do.
    """
    stored = json.loads((folder / "anthropic_docs.json").read_text(encoding="utf-8"))
    asked = json.loads((folder / "docs_evaluation_dataset.json").read_text(encoding="utf-8"))
    sections = [
        (place(chunk["chunk_link"]), chunk["chunk_heading"], _body(chunk["text"], chunk["chunk_heading"]))
        for chunk in stored
    ]
    pages = [
        Page(
            route=source,
            title=source.rstrip("/").rpartition("/")[2].replace("-", " ").capitalize(),
            source=source,
            sections=tuple(Section(anchor, heading, 2, (), text, 1) for (_, anchor), heading, text in found),
        )
        for source, found in groupby(sorted(sections, key=lambda one: one[0][0]), key=lambda one: one[0][0])
    ]
    documents = [
        {
            "id": f"{source}#{anchor}",
            "title": heading,
            "description": "",
            "text": f"# {heading}\n\n{text}",
            "sections": [{"anchor": None, "heading": None, "level": 1, "text": text}],
        }
        for (source, anchor), heading, text in sections
    ]
    rows = [
        Row(one["question"], tuple(place(link) for link in one["correct_chunks"]), id=one["id"])
        for one in asked
    ]
    return Corpus("anthropic_docs", pages, documents, {"questions": rows})


def pages_of(site: Path) -> list[Page]:
    """The pages of a site as footnote-ingest reads them."""
    settings = Settings.from_mapping({"FOOTNOTE_SITE_DIR": str(site)})
    urls = SiteUrls(settings.base_url, settings.docs_route, settings.trailing_slash)

    async def read() -> list[Page]:
        return [page async for page in FilesSource(site, urls).pages() if isinstance(page, Page)]

    return asyncio.run(read())


def document(page: Page) -> dict[str, Any]:
    """A page as the peers get it: cleaned Markdown as one text, and its sections."""
    parts = [f"# {page.title}"]
    for section in page.sections:
        if section.heading and section.level > 1:
            parts.append(f"{'#' * section.level} {section.heading}")
        if section.text.strip():
            parts.append(section.text.strip())
    return {
        "id": page.source,
        "title": page.title,
        "description": page.description,
        "text": "\n\n".join(parts),
        "sections": [
            {"anchor": one.anchor, "heading": one.heading, "level": one.level, "text": one.text}
            for one in page.sections
        ],
    }


def _body(text: str, heading: str) -> str:
    """A chunk's text without the heading that it begins with."""
    return text.strip().removeprefix(heading).strip()
