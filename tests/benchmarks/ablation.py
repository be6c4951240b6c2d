"""What each part of the search gains: the same questions with one part taken out, paired.

    BENCH_CORPORA=… python -m tests.benchmarks.ablation

A part stays in the code only if taking it out loses on a set it was not tuned on, or if it is there
for another reason that the table names. Results: tests/benchmarks/results/ablation.json and .md.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from footnote_api.evaluation.metrics import DEPTH, Outcome, outcome, tallies
from footnote_api.evaluation.statistics import Difference, differences
from footnote_core import log
from footnote_core.embedders import Embedder, build_embedder
from footnote_core.index import fusion, open_index, terms
from footnote_core.settings import Settings
from footnote_ingest.pipeline import Report
from tests.benchmarks.corpora import Corpus, corpora
from tests.benchmarks.own_systems import ingest_pages

RESULTS = Path(__file__).parent / "results"
SHOWN = ("page@1", "page_mrr@10", "section@5", "section_mrr@10")


@dataclass(frozen=True)
class Part:
    """How to take one part out: weights and fields set to other values, or other arguments.

    why  what it is there for, where that is not ranking whole questions
    """

    weights: dict[str, float] = field(default_factory=dict)
    fields: dict[str, float] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    per_page: int = 3
    chunk_tokens: int = 128
    why: str = ""


WHOLE = Part()
PARTS = {
    "words of the chunk": Part(weights={"bm25": 0.0}),
    "meaning of the chunk": Part(weights={"dense": 0.0}),
    "words of the page": Part(weights={"page": 0.0}),
    "meaning of the page": Part(weights={"page_dense": 0.0}),
    "identifiers as wholes": Part(weights={"exact": 0.0}, why="exact option names in the search box"),
    "title": Part(fields={"title": 0.0}),
    "heading": Part(fields={"heading": 0.0}),
    "texts of links": Part(fields={"linked": 0.0}),
    "code": Part(fields={"code": 0.0}, why="error messages and commands"),
    "shapes of headings": Part(fields={"shape": 0.0}, why="half-typed and misspelt words"),
    "stemming": Part(languages={"en": ""}),
    "three sections a page": Part(per_page=99, why="five hits are not five pieces of one page"),
    "chunks of 128 tokens, not 256": Part(chunk_tokens=256),
}


def main() -> None:
    log.configure("error")
    embedder = build_embedder(Settings.from_mapping({}))
    gains: dict[str, dict[str, dict[str, Difference]]] = {}
    for corpus in corpora():
        whole = asyncio.run(measure(corpus, WHOLE, embedder))
        for name, part in PARTS.items():
            without = asyncio.run(measure(corpus, part, embedder))
            for group in corpus.sets:
                gained = differences(scores(whole[group]), scores(without[group]))
                gains.setdefault(f"{corpus.name}, {group}", {})[name] = gained
                shown = " ".join(f"{m} {gained[m].value:+.3f}" for m in SHOWN if m in gained)
                print(f"{corpus.name:12} {group:16} {name:32} {shown}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    data = {k: {n: {m: asdict(d) for m, d in g.items()} for n, g in v.items()} for k, v in gains.items()}
    (RESULTS / "ablation.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "ablation.md").write_text(table(gains), encoding="utf-8")


async def measure(corpus: Corpus, part: Part, embedder: Embedder) -> dict[str, list[Outcome]]:
    """Index and search the corpus without one part; outcomes by set of questions."""
    found: dict[str, list[Outcome]] = {}
    for group, rows in corpus.sets.items():
        pages = corpus.unlinked_pages if any(row.excluded for row in rows) else corpus.pages
        with tempfile.TemporaryDirectory() as folder, taken_out(part):
            settings = Settings.from_mapping(
                {"FOOTNOTE_INDEX_PATH": f"{folder}/index", "FOOTNOTE_CHUNK_TOKENS": str(part.chunk_tokens)}
            )
            await ingest_pages(pages, settings, Report(source=corpus.name))
            index = open_index(settings)
            vectors = await embedder.embed([row.question for row in rows], "query")
            found[group] = []
            for row, vector in zip(rows, vectors, strict=True):
                passages = await index.search(row.question, vector, limit=3 * DEPTH, per_page=part.per_page)
                found[group].append(outcome(row, [(p.source, p.anchor or "") for p in passages]))
            await index.aclose()
    return found


@contextmanager
def taken_out(part: Part) -> Iterator[None]:
    """The constants of the search without one part, as they were afterwards."""
    fields = {name: replace(terms.FIELDS[name], weight=weight) for name, weight in part.fields.items()}
    with ExitStack() as stack:
        for table, values in (
            (fusion.WEIGHTS, part.weights),
            (terms.FIELDS, fields),
            (terms._LANGUAGES, part.languages),
        ):
            stack.enter_context(changed(table, values))
        yield


@contextmanager
def changed(table: Any, values: dict[str, Any]) -> Iterator[None]:
    before = {name: table[name] for name in values}
    table.update(values)
    _forget_stems()
    try:
        yield
    finally:
        table.update(before)
        _forget_stems()


def _forget_stems() -> None:
    """Terms are remembered by token; with another stemmer they are others."""
    terms._stemmer.cache_clear()
    terms._token_terms.cache_clear()


def scores(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [tallies(one) for one in outcomes]


def table(gains: dict[str, dict[str, dict[str, Difference]]]) -> str:
    """One Markdown table a metric: a row a part, a column a set; gain with its 95 % interval."""
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    text = [f"What each part gains, with 95 % intervals (`python -m tests.benchmarks.ablation`, {date}).\n"]
    for metric in SHOWN:
        sets = [name for name, parts in gains.items() if metric in next(iter(parts.values()))]
        text.append(
            f"\n**{metric}**\n\n| part | {' | '.join(sets)} | also there for |\n|---|{'---|' * len(sets)}---|"
        )
        for part, settings in PARTS.items():
            cells = [_cell(gains[name][part][metric]) for name in sets]
            text.append(f"| {part} | {' | '.join(cells)} | {settings.why or '–'} |")
    return "\n".join(text) + "\n"


def _cell(gain: Difference) -> str:
    return f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"


if __name__ == "__main__":
    main()
