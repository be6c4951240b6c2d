"""What is refused, over the whole range of FOOTNOTE_STRICTNESS, and with a limit set on other sites.

    BENCH_CORPORA=… python -m tests.benchmarks.refusal

Asked are questions that the docs answer, questions that they do not although they are near (`near_topic.jsonl`
and the rows without gold), and what users of every site asked of it, asked of all other sites. Only the judgement of
the evidence is measured: what is refused here costs no answer. Results: tests/benchmarks/results/refusal.json
and .md.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from footnote_api import evidence
from footnote_api.evaluation.rows import read_rows
from footnote_core import log
from footnote_core.embedders import Embedder, build_embedder
from footnote_core.index import open_index
from footnote_core.models import Page
from footnote_core.settings import Settings
from footnote_ingest.pipeline import Report
from tests.benchmarks.corpora import QUESTIONS, pages_of
from tests.benchmarks.own_systems import ingest_pages
from tests.support.servers import ROOT

RESULTS = Path(__file__).parent / "results"
STRICTNESS = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
ALLOWED = 0.08
"""Share of the answered questions that may be refused, where a limit is set on other sites."""

ANSWERED, CROSS = "answered", "another site's"
UNANSWERABLE = "unanswerable"
KINDS = (UNANSWERABLE, "other product", "missing feature", CROSS)


class Asked(NamedTuple):
    """site    whose docs are asked
    kind    ANSWERED, or why the docs do not answer
    ours    written for this benchmark, not by users of the site
    """

    site: str
    kind: str
    ours: bool
    question: str


@dataclass(frozen=True)
class Judged:
    """A question with its support: with the embedder, and by words alone."""

    asked: Asked
    support: float
    by_words: float


def main() -> None:
    log.configure("error")
    embedder = build_embedder(Settings.from_mapping({}))
    folders = site_folders()
    asked = questions(list(folders))
    judged: list[Judged] = []
    for site, folder in folders.items():
        own = [one for one in asked if one.site == site]
        judged += asyncio.run(judge(pages_of(folder), own, embedder))
        print(f"{site}: {len(own)} questions", flush=True)
    found = measured(judged)
    (RESULTS / "refusal.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "refusal.md").write_text(report(found), encoding="utf-8")
    print(report(found))


def site_folders() -> dict[str, Path]:
    """The manual and every site that BENCH_CORPORA holds."""
    sites = {"manual": ROOT / "services/web"}
    if named := os.environ.get("BENCH_CORPORA"):
        sites |= {path.name: path for path in sorted((Path(named) / "corpora").iterdir()) if path.is_dir()}
    return sites


def questions(sites: Sequence[str]) -> list[Asked]:
    """Every question for every site; those of users that one site answers are asked of the others too."""
    found = [*_rows(sites), *_near_topic(sites)]
    answered = [one for one in found if one.kind == ANSWERED and not one.ours]
    return found + [
        Asked(site, CROSS, q.ours, q.question) for q in answered for site in sites if site != q.site
    ]


def _rows(sites: Sequence[str]) -> Iterator[Asked]:
    """The rows of the retrieval benchmark: those of each site, and what no site answers."""
    files = {"manual": [QUESTIONS / "manual.jsonl"]}
    if named := os.environ.get("BENCH_CORPORA"):
        folder = Path(named) / "questions"
        files |= {site: sorted(folder.glob(f"{site}.*jsonl")) for site in sites if site != "manual"}
        files[""] = sorted(folder.glob("unanswerable*.jsonl"))
    for site, paths in files.items():
        for row in (row for path in paths for row in read_rows(path)):
            if (site or row.site) in sites:
                yield Asked(site or row.site, ANSWERED if row.gold else UNANSWERABLE, False, row.question)


def _near_topic(sites: Sequence[str]) -> Iterator[Asked]:
    lines = (QUESTIONS / "near_topic.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        if row["site"] in sites:
            yield Asked(row["site"], row["kind"], True, row["question"])


async def judge(pages: Sequence[Page], asked: Sequence[Asked], embedder: Embedder) -> list[Judged]:
    """Index one site and judge its questions."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_mapping({"FOOTNOTE_INDEX_PATH": f"{folder}/index"})
        await ingest_pages(pages, settings, Report(source="pages"))
        index = open_index(settings)
        info, lexicon = await index.ready(embedder), await index.lexicon()
        vectors = await embedder.embed([one.question for one in asked], "query")
        judged = []
        for one, vector in zip(asked, vectors, strict=True):
            supports = []
            for given in (vector, None):
                passages = await index.search(one.question, given, limit=20)
                supports.append(
                    evidence.support(one.question, passages, lexicon, info.nearness) if passages else -np.inf
                )
            judged.append(Judged(one, *map(float, supports)))
        await index.aclose()
    return judged


def measured(judged: Sequence[Judged]) -> dict[str, Any]:
    """Shares refused: over strictness, at 1 by site, and with limits set on the other sites."""
    sites = list(dict.fromkeys(one.asked.site for one in judged))
    limits = {str(s): evidence.ENOUGH + s - 1 for s in STRICTNESS}
    words = {str(s): evidence.ENOUGH_WORDS + s - 1 for s in STRICTNESS}
    held_out = {site: limit_without(judged, site) for site in sites}
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "questions": {kind: sum(one.asked.kind == kind for one in judged) for kind in (ANSWERED, *KINDS)},
        "strictness": {s: shares([(j, j.support < limit) for j in judged]) for s, limit in limits.items()},
        "words alone": {s: shares([(j, j.by_words < limit) for j in judged]) for s, limit in words.items()},
        "by site": {
            site: shares([(j, j.support < evidence.ENOUGH) for j in judged if j.asked.site == site])
            for site in sites
        },
        "held out": {
            "all": shares([(j, j.support < held_out[j.asked.site]) for j in judged]),
            **{
                site: shares([(j, j.support < held_out[site]) for j in judged if j.asked.site == site])
                for site in sites
            },
        },
    }


def limit_without(judged: Sequence[Judged], site: str) -> float:
    """The support below which ALLOWED of the questions that users asked of the other sites lie."""
    others = [
        j.support for j in judged if j.asked.kind == ANSWERED and j.asked.site != site and not j.asked.ours
    ]
    return float(np.quantile(others, ALLOWED)) if others else evidence.ENOUGH


def shares(refused: Sequence[tuple[Judged, bool]]) -> dict[str, float | None]:
    """The refused share of each kind; of the answered ones users' and ours apart."""
    groups = {
        "answered, users": [no for j, no in refused if j.asked.kind == ANSWERED and not j.asked.ours],
        "answered, ours": [no for j, no in refused if j.asked.kind == ANSWERED and j.asked.ours],
    }
    groups |= {kind: [no for j, no in refused if j.asked.kind == kind] for kind in KINDS}
    return {name: round(float(np.mean(one)), 3) if one else None for name, one in groups.items()}


def report(found: dict[str, Any]) -> str:
    """The shares as Markdown tables."""
    counts = ", ".join(f"{number} {kind}" for kind, number in found["questions"].items())
    parts = [f"Share of the questions refused, {found['date'][:10]}: {counts}.\n"]
    titles = {
        "strictness": "By FOOTNOTE_STRICTNESS",
        "words alone": "By FOOTNOTE_STRICTNESS, without an embedding",
        "by site": "By site, at strictness 1",
        "held out": f"With the limit that refuses {ALLOWED:.0%} of the users' answered questions of the other sites",
    }
    for key, title in titles.items():
        columns = list(next(iter(found[key].values())))
        rows = [
            f"| {name} | " + " | ".join(map(_cell, row.values())) + " |" for name, row in found[key].items()
        ]
        head = f"| | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}"
        parts.append("\n".join([f"**{title}**\n", head, *rows, ""]))
    return "\n".join(parts)


def _cell(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


if __name__ == "__main__":
    main()
