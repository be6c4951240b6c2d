"""`make bench`: our search beside its peers, on the same pages and questions, in one run.

Each corpus (see `corpora`) gives one file under tests/benchmarks/results/; `tests.benchmarks.render`
makes tables of them.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from footnote_api.evaluation.metrics import Outcome, Tally, tallies
from footnote_api.evaluation.statistics import Scores, differences, estimates, percentiles
from footnote_core import log
from tests.benchmarks import answers, own_systems, peer_systems
from tests.benchmarks.corpora import Corpus, corpora
from tests.benchmarks.own_systems import OURS
from tests.support.servers import ROOT

RESULTS = Path(__file__).parent / "results"
COMPARED = ("page@1", "page_mrr@10", "page_ndcg@10", "section@5", "section_ndcg@10", "section_mrr@3")
_INNERMOST = re.compile(r"\{[^{}]*\}")
_OWN_PACKAGES = ("qdrant-edge-py", "wordllama", "numpy")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="CORPUS", help="leave the other corpora out")
    parser.add_argument("--no-peers", action="store_true", help="measure only our own systems")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to write to")
    options = parser.parse_args()
    log.configure("warning")
    if not options.no_peers:
        peer_systems.check_installed()
    commit = _commit()
    options.results.mkdir(parents=True, exist_ok=True)
    for corpus in corpora():
        if options.only and corpus.name not in options.only:
            continue
        measured = measure(corpus, () if options.no_peers else peer_systems.SYSTEMS, commit)
        target = options.results / f"{corpus.name}.json"
        target.write_text(_json(measured), encoding="utf-8")
        print(f"  written to {target}", flush=True)


def measure(corpus: Corpus, peers: Sequence[peer_systems.Peer], commit: str) -> dict[str, Any]:
    """Everything about one corpus."""
    print(f"\n{corpus.name}: {len(corpus.pages)} pages, {len(corpus.answerable)} questions", flush=True)
    with tempfile.TemporaryDirectory(prefix="footnote-bench-") as name:
        folder = Path(name)
        settings = own_systems.settings_of(corpus, folder)
        built = own_systems.build(corpus, settings)
        outcomes, cost = asyncio.run(own_systems.measure(corpus, settings))
        for system, found in outcomes.items():
            _say(system, corpus, found)
        rows = [*corpus.sets.get("questions", ()), *corpus.unanswerable]
        answered = answers.measure(settings, rows, folder) if corpus.unanswerable else None
    builds: dict[str, Any] = {OURS: asdict(built)}
    measured_peers = []
    for peer in peers:
        one = peer_systems.measure(peer, corpus)
        measured_peers.append(one)
        outcomes[peer.name] = one.outcomes
        builds[peer.name] = {
            "chunks": one.chunks,
            "megabytes": one.megabytes,
            "seconds": one.seconds,
            "cpu_seconds": one.cpu_seconds,
        }
        _say(peer.name, corpus, one.outcomes)
    return {
        "corpus": corpus.name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "command": ("BENCH_CORPORA=… " if "BENCH_CORPORA" in os.environ else "") + "make bench",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {package: version(package) for package in _OWN_PACKAGES}
        | peer_systems.versions(measured_peers),
        "notes": corpus.notes,
        "pages": len(corpus.pages),
        "sets": _sets(corpus, outcomes),
        "build": builds,
        "query_cost": cost,
        "answers": answered,
    }


def _sets(corpus: Corpus, outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """For each set of questions: every system's metrics, and ours against each of the others."""
    sets: dict[str, Any] = {}
    for name, part in _parts(corpus):
        rows = corpus.sets[name]
        scores = {system: [scores_of(one) for one in found[part]] for system, found in outcomes.items()}
        sets[name] = {
            "questions": len(rows),
            "systems": {
                system: {
                    "metrics": {metric: asdict(one) for metric, one in estimates(found).items()},
                    "search_ms": percentiles([o.search_ms or 0.0 for o in outcomes[system][part]]),
                }
                for system, found in scores.items()
            },
            "footnote_minus": {
                system: {
                    metric: asdict(one)
                    for metric, one in differences(scores[OURS], found).items()
                    if metric in COMPARED
                }
                for system, found in scores.items()
                if system != OURS
            },
        }
        if len(groups := sorted({row.gold_by for row in rows if row.gold_by})) > 1:
            sets[name]["by_gold_by"] = {group: _group(rows, scores, group) for group in groups}
    return sets


def _group(rows: Sequence[Any], scores: Mapping[str, Sequence[Scores]], group: str) -> dict[str, Any]:
    chosen = [i for i, row in enumerate(rows) if row.gold_by == group]
    return {
        "questions": len(chosen),
        "systems": {
            system: {metric: asdict(one) for metric, one in estimates([found[i] for i in chosen]).items()}
            for system, found in scores.items()
        },
    }


def scores_of(outcome: Outcome) -> Scores:
    """The tallies of a search, with the reciprocal rank within three that Anthropic publishes."""
    scores = tallies(outcome)
    if "section@1" in scores:
        rank = outcome.section_rank
        scores["section_mrr@3"] = Tally(1 / rank if rank is not None and rank <= 3 else 0.0)
    return scores


def _say(system: str, corpus: Corpus, outcomes: Sequence[Outcome]) -> None:
    """A line a set of questions, so that a long run shows where it is."""
    shown = ("page@1", "page@5", "page_mrr@10", "page_ndcg@10", "section@5")
    for name, part in _parts(corpus):
        found = estimates([tallies(one) for one in outcomes[part]], resamples=1)
        numbers = "  ".join(f"{metric} {found[metric].value:.3f}" for metric in shown if metric in found)
        ms = percentiles([one.search_ms or 0.0 for one in outcomes[part]])["p50"]
        print(f"  {system:24} {name:10} {numbers}  {ms:.1f} ms", flush=True)


def _parts(corpus: Corpus) -> Iterator[tuple[str, slice]]:
    """Where the outcomes of each set of questions stand among those of all."""
    start = 0
    for name, rows in corpus.sets.items():
        yield name, slice(start, start + len(rows))
        start += len(rows)


def _json(measured: Mapping[str, Any]) -> str:
    """JSON with the innermost objects on one line each, so that a change of a number is a line of a diff."""
    text = json.dumps(_rounded(measured), indent=1, ensure_ascii=False) + "\n"
    return _INNERMOST.sub(lambda match: " ".join(match[0].split()), text)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return value


def _commit() -> str:
    """The commit that is measured; `-dirty` when the services are not as committed."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "services/core", "services/ingest", "services/api")
    return git("rev-parse", "--short", "HEAD") + ("-dirty" if changed else "")


if __name__ == "__main__":
    main()
