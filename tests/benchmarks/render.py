"""Tables of the benchmark's results as Markdown.

`python -m tests.benchmarks.render` writes the full tables into the manual and the short one into the
README, between their markers; `--print` shows both. A test compares them with the committed results.
"""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).parent / "results"
MANUAL = ROOT / "services/web/docs/evaluation.md"
README = ROOT / "README.md"

OURS = "Footnote"
CORPORA = ("manual", "docusaurus", "jest", "mikro-orm", "anthropic_docs")
"""Order of the tables; a corpus of another name comes after these."""

_MARKED = re.compile(
    r"^([^\n]*benchmark:begin[^\n]*)$.*?^([^\n]*benchmark:end[^\n]*)$", re.MULTILINE | re.DOTALL
)
_PAGE_COLUMNS = ("page@1", "page@5", "page_mrr@10", "page_ndcg@10", "section@1", "section@5")
_SECTION_COLUMNS = ("section_mrr@3", "section@1", "section@3", "section@5", "section_ndcg@10")
_PUBLISHED = {
    "section_mrr@3": "Published MRR@3: basic .737, with summaries by a language model .773, with its reranking .865. "
    "The set has no page titles; ours are the last part of the pages' addresses"
}


def results(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """What the benchmark wrote of each corpus."""
    names = {path.stem: path for path in folder.glob("*.json")}
    order = [*(n for n in CORPORA if n in names), *sorted(names.keys() - set(CORPORA))]
    found = [json.loads(names[name].read_text(encoding="utf-8")) for name in order]
    return [one for one in found if "sets" in one]


def full(found: Sequence[Mapping[str, Any]]) -> str:
    """Every corpus with every system, then the cost of building and searching, then answers."""
    parts = [_made(found)]
    for one in found:
        for name, measured in one["sets"].items():
            parts.append(_retrieval(one, name, measured))
    parts += [_builds(found), _costs(found), _answers(found)]
    return "\n\n".join(part for part in parts if part)


def short(found: Sequence[Mapping[str, Any]]) -> str:
    """One table: nDCG@10 of every system on every set of questions."""
    sets = [(one, name, measured) for one in found for name, measured in one["sets"].items()]
    systems = _systems([measured for _, _, measured in sets])
    rows = []
    for system in systems:
        cells = []
        for one, _, measured in sets:
            metric = _main_metric(one)
            value = _value(measured["systems"].get(system, {}), metric)
            cells.append(value + _mark(measured["footnote_minus"].get(system, {}).get(metric)))
        rows.append((_name(system), *cells))
    heads = [f"{one['corpus']}, {measured['questions']} {name}" for one, name, measured in sets]
    note = (
        "nDCG@10 of the page; for anthropic_docs MRR@3 of the section. ▼ Footnote is ahead and ▲ behind with a "
        "95 % paired bootstrap interval that leaves out 0."
    )
    return f"{_table(('system', *heads), rows)}\n\n{note} {_made(found)}"


def into(text: str, table: str) -> str:
    """`text` with the table between its two markers."""
    if not _MARKED.search(text):
        raise ValueError("There are no lines with benchmark:begin and benchmark:end.")
    return _MARKED.sub(lambda match: f"{match[1]}\n\n{table}\n\n{match[2]}", text, count=1)


def _made(found: Sequence[Mapping[str, Any]]) -> str:
    dates = sorted({one["date"][:10] for one in found})
    commits = sorted({one["commit"] for one in found})
    return (
        f"Made with `{max((one['command'] for one in found), key=len)}` on {' and '.join(dates)} "
        f"at commit {', '.join(commits)}."
    )


def _retrieval(corpus: Mapping[str, Any], name: str, measured: Mapping[str, Any]) -> str:
    metric = _main_metric(corpus)
    wanted = _SECTION_COLUMNS if metric == "section_mrr@3" else _PAGE_COLUMNS
    rows = []
    for system, one in measured["systems"].items():
        cells = [_value(one, column) for column in wanted]
        rows.append((_name(system), *cells, *_difference(measured["footnote_minus"].get(system, {}), metric)))
    heads = [_label(column) for column in wanted]
    head = ("system", *heads, f"Footnote's lead in {_label(metric)}, 95 % interval", "better / worse / equal")
    notes = [f"{corpus['pages']} pages, {measured['questions']} {name}"]
    notes += [text for text in (corpus["notes"], _PUBLISHED.get(metric, "")) if text]
    groups = measured.get("by_gold_by", {}).items()
    notes += (
        [f"{OURS} by who chose the gold: {'; '.join(_gold_by(*group) for group in groups)}"] if groups else []
    )
    return f"**{corpus['corpus']}**: {'. '.join(notes).rstrip('.')}.\n\n{_table(head, rows)}"


def _gold_by(group: str, measured: Mapping[str, Any]) -> str:
    ours = {"metrics": measured["systems"][OURS]}
    numbers = (f"{metric} {_value(ours, metric)}" for metric in ("page@1", "page@5", "section@5"))
    return f"{group} ({measured['questions']}) {', '.join(numbers)}"


def _builds(found: Sequence[Mapping[str, Any]]) -> str:
    timed = [one for one in found if one["build"].get(OURS, {}).get("seconds") is not None]
    systems = list(dict.fromkeys(system for one in timed for system in one["build"]))
    rows = []
    for system in systems:
        cells = []
        for one in timed:
            built = one["build"].get(system)
            cells.append(_built(built) if built else "–")
        rows.append((_name(system), *cells))
    title = "**Building the index**: CPU seconds of the whole process (and wall seconds), MB on disk, chunks."
    return f"{title}\n\n{_table(('system', *(one['corpus'] for one in timed)), rows)}" if rows else ""


def _built(built: Mapping[str, Any]) -> str:
    times = f"{built['cpu_seconds']:.1f} s ({built['seconds']:.1f})"
    return f"{times} · {built['megabytes']:.1f} MB · {built['chunks']:,}"


def _costs(found: Sequence[Mapping[str, Any]]) -> str:
    columns = (
        *("new_ms_p50", "new_ms_p95", "floor_ms_p50", "ratio_p50"),
        *("inside_ms_p50", "search_ms_p50", "search_ms_p95"),
    )
    rows = [(one["corpus"], *(f"{one['query_cost'][column]:.2f}" for column in columns)) for one in found]
    title = (
        "**Cost of a query** in process, ms. The floor is embedding the question, and the engine ranking and reading "
        "what is found, which a search does whose passages are all new to the process; the strict one counts only the "
        "time inside Qdrant's own calls. The last columns are searches that remember the passages, and so read nothing."
    )
    head = (
        *("corpus", "new p50", "p95", "floor p50", "ratio p50"),
        *("strict floor p50", "remembered p50", "p95"),
    )
    return f"{title}\n\n{_table(head, rows)}"


def _answers(found: Sequence[Mapping[str, Any]]) -> str:
    columns = ("refusal_precision", "refusal_recall", "answered", "answers_citing_gold", "valid_citations")
    rows = []
    for one in found:
        if measured := one["answers"]:
            first = measured["first_words_ms"]
            times = (f"{first[p]:.1f}" for p in ("p50", "p95"))
            rows.append((one["corpus"], *(_value(measured, column) for column in columns), *times))
    head = ("corpus", *(column.replace("_", " ") for column in columns), "first words p50, ms", "p95")
    return f"**Answers** of the extractive answerer over HTTP.\n\n{_table(head, rows)}" if rows else ""


def _main_metric(corpus: Mapping[str, Any]) -> str:
    return "section_mrr@3" if corpus["corpus"] == "anthropic_docs" else "page_ndcg@10"


def _systems(sets: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(system for measured in sets for system in measured["systems"]))


def _label(metric: str) -> str:
    name = metric.removeprefix("page_").replace("section_", "section ")
    return name.replace("ndcg", "nDCG").replace("mrr", "MRR")


def _value(measured: Mapping[str, Any], metric: str) -> str:
    found = measured.get("metrics", {}).get(metric)
    return f"{found['value']:.3f}" if found else "–"


def _difference(against: Mapping[str, Any], metric: str) -> tuple[str, str]:
    if not (one := against.get(metric)):
        return "", ""
    shown = f"{one['value']:+.3f} [{one['low']:+.3f}, {one['high']:+.3f}]"
    bold = f"**{shown}**" if one["low"] > 0 or one["high"] < 0 else shown
    return bold, f"{one['wins']} / {one['losses']} / {one['ties']}"


def _mark(one: Mapping[str, Any] | None) -> str:
    if not one:
        return ""
    return " ▼" if one["low"] > 0 else " ▲" if one["high"] < 0 else ""


def _name(system: str) -> str:
    return f"**{system}**" if system == OURS else system


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ("---", *("---:" for _ in head[1:])), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.render", description=__doc__)
    parser.add_argument("--print", action="store_true", help="print the tables and write nothing")
    options = parser.parse_args()
    found = results()
    for path, table in ((MANUAL, full(found)), (README, short(found))):
        if options.print:
            print(table, end="\n\n")
        else:
            path.write_text(into(path.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    main()
