"""A run as one HTML file that needs nothing else: no scripts, no fonts, no requests."""

import html
from collections.abc import Iterable, Mapping, Sequence

from footnote_api.evaluation import plots
from footnote_api.evaluation.metrics import DEPTH, NAMES, Outcome
from footnote_api.evaluation.rows import names
from footnote_api.evaluation.runs import Comparison, Run
from footnote_api.evaluation.statistics import Estimate

MISSED_AFTER = 5
"""A question whose gold page is not among so many is listed as missed."""

_BARS = ("page@1", "page@5", "section@5")

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--soft:#5b6b7b;--paper:#fff;--line:#d9e0e7;--s0:#2e6fdb;--s1:#c2620a;--s2:#1d8a5b;--good:#137a4b;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9fb0c0;--paper:#12181f;--line:#2d3843;--s0:#6ea3ff;--s1:#f0a04b;--s2:#4ccb94;--good:#5fd39b;--bad:#ff8a80}}
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}.soft{color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.25rem .9rem .25rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:600}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}
svg{width:100%;max-width:42rem;height:auto;display:block}.label{font-size:12px;fill:var(--soft)}.grid{stroke:var(--line)}.line{fill:none;stroke-width:2}.whisker{stroke:var(--ink);stroke-width:1.5}
.line.s0{stroke:var(--s0)}.line.s1{stroke:var(--s1)}.dot.s0,.bar.s0{fill:var(--s0)}.dot.s1,.bar.s1{fill:var(--s1)}.bar.s2{fill:var(--s2)}
li{margin:.6rem 0;overflow-wrap:anywhere}code{font-size:.85em}
"""


def report(run: Run) -> str:
    """The whole report."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(run.title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{html.escape(run.title)}</h1>"
        f'<p class="soft">{len(run.outcomes)} questions, {html.escape(run.date)}. Intervals are 95 % bootstrap '
        "intervals over the questions.</p>" + "".join(_sections(run)) + "</main></body></html>\n"
    )


def _sections(run: Run) -> Iterable[str]:
    yield _section("Metrics", _metrics(run))
    if run.comparison:
        yield _section(f"Compared with {run.comparison.name}", _comparison(run.comparison))
    if curves := _curves(run.outcomes):
        yield _section("Hit rate within the first k", plots.hit_curves(curves))
    for title, groups in (("By kind", run.by_kind), ("By who chose the gold", run.by_gold_by)):
        if groups:
            yield _section(title, plots.group_bars(groups, _BARS) + _groups(groups))
    for what, values in (
        ("search", [o.search_ms for o in run.outcomes if o.search_ms is not None]),
        ("ask", [o.answered.ms for o in run.outcomes if o.answered]),
    ):
        if values:
            yield _section(f"Latency of {what}", plots.histogram(values, "ms"))
    missed = [o for o in run.outcomes if o.found is not None and o.row.gold and _is_missed(o)]
    if curves:
        yield _section(f"Not among the first {MISSED_AFTER} pages ({len(missed)})", _missed(missed))
    yield from _answers(run.outcomes)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{html.escape(title)}</h2>{body}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are HTML already."""
    titles = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def _metrics(run: Run) -> str:
    rows = [
        (name, f"{one.value:.3f}", f"{one.low:.3f} – {one.high:.3f}", str(one.questions))
        for name, one in run.metrics.items()
    ]
    for what, latencies in run.latency_ms.items():
        rows += [(f"{what}_ms_{name}", f"{value:.1f}", "", "") for name, value in latencies.items()]
    return _table(("metric", "value", "95 % interval", "questions"), rows)


def _comparison(comparison: Comparison) -> str:
    note = (
        f'<p class="soft">{comparison.questions} questions in both runs, {comparison.only_new} only in this one, '
        f"{comparison.only_old} only in the other. Coloured: the interval leaves out 0.</p>"
    )
    rows = []
    for name, one in comparison.differences.items():
        mark = ' class="good"' if one.low > 0 else ' class="bad"' if one.high < 0 else ""
        change = f"<span{mark}>{one.value:+.3f}</span>"
        rows.append(
            (
                *(name, f"{one.old:.3f}", f"{one.new:.3f}", change, f"{one.low:+.3f} – {one.high:+.3f}"),
                *(str(one.wins), str(one.losses), str(one.ties)),
            )
        )
    head = ("metric", "old", "new", "difference", "95 % interval", "better", "worse", "equal")
    return note + _table(head, rows)


def _groups(groups: Mapping[str, Mapping[str, Estimate]]) -> str:
    shown = [name for name in NAMES if any(name in found for found in groups.values())]
    rows = [
        (name, *(f"{found[name].value:.3f}" if name in found else "–" for found in groups.values()))
        for name in shown
    ]
    counts = [max(one.questions for one in found.values()) for found in groups.values()]
    heads = [f"{html.escape(group)} ({count})" for group, count in zip(groups, counts, strict=True)]
    return _table(("metric", *heads), rows)


def _curves(outcomes: Sequence[Outcome]) -> dict[str, list[float]]:
    """Hit rates for k from 1 to `DEPTH`, of pages and, where the gold names headings, of sections."""
    searched = [o for o in outcomes if o.found is not None and o.row.gold]
    levels = {
        "page": [o.page_rank for o in searched],
        "section": [o.section_rank for o in searched if o.sections and any(a for _, a in o.row.gold)],
    }
    return {
        level: [sum(r is not None and r <= k for r in ranks) / len(ranks) for k in range(1, DEPTH + 1)]
        for level, ranks in levels.items()
        if ranks
    }


def _is_missed(outcome: Outcome) -> bool:
    return outcome.page_rank is None or outcome.page_rank > MISSED_AFTER


def _missed(outcomes: Sequence[Outcome]) -> str:
    return _list(
        (
            o,
            f"wanted {_code(names(o.row.gold))}; found {_code(o.pages[:3]) or 'nothing'}"
            + (f"; first gold page at rank {o.page_rank}" if o.page_rank else ""),
        )
        for o in outcomes
    )


def _answers(outcomes: Sequence[Outcome]) -> Iterable[str]:
    """The questions that were refused or answered wrongly."""
    asked = [(o, o.answered) for o in outcomes if o.answered]
    refused = [(o, f"wanted {_code(names(o.row.gold))}") for o, a in asked if a.refused and o.row.gold]
    answered = [
        (o, "the documentation does not answer this") for o, a in asked if not a.refused and not o.row.gold
    ]
    if asked:
        yield _section(f"Refused although the docs answer them ({len(refused)})", _list(refused))
        yield _section(f"Answered although the docs do not ({len(answered)})", _list(answered))


def _list(items: Iterable[tuple[Outcome, str]]) -> str:
    rows = "".join(
        f'<li>{html.escape(outcome.row.question)}<br><span class="soft">{note}</span></li>'
        for outcome, note in items
    )
    return f"<ul>{rows}</ul>" if rows else '<p class="soft">None.</p>'


def _code(places: Iterable[str]) -> str:
    return ", ".join(f"<code>{html.escape(place)}</code>" for place in places)
