"""What indexing costs: whole processes beside their floor, a live edit of a large site, and a very large one.

Part of `make bench`. The floor is a process that starts, reads the same files and embeds them, and does
nothing else: no parsing, no sections, no index. `--also NAME=COMMAND` measures another pipeline beside ours;
`{site}` and `{folder}` in its command stand for the site and for an empty folder to write to.
"""

import argparse
import asyncio
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from footnote_core.embedders import build_embedder
from footnote_core.index import open_index
from footnote_core.settings import Settings
from tests.benchmarks.corpora import Corpus, corpora
from tests.support.ingesting import QUESTION, reading
from tests.support.large_site import write_large_site
from tests.support.servers import ROOT, WEB, environment

RESULTS = Path(__file__).parent / "results/ingest.json"
RUNS = 5
LARGE_PAGES = 1000
FLOOR = "floor: read and embed"
UNCHANGED = "footnote, nothing changed"
PACKAGE_FLOOR = "floor: the same by wordllama's own code"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ingest", description=__doc__)
    parser.add_argument(
        "--also", action="append", default=[], metavar="NAME=COMMAND", help="another pipeline"
    )
    parser.add_argument("--sections", type=int, default=0, help="also index a site of so many sections")
    parser.add_argument("--originals", type=Path, default=WEB / "docs", help="pages to make large sites of")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    others = dict(one.split("=", 1) for one in options.also)
    results: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_before": round(os.getloadavg()[0], 1),
        "processes": {c.name: processes(c, others) for c in corpora() if c.site},
    }
    with tempfile.TemporaryDirectory(prefix="footnote-bench-") as name:
        results["live_edit"] = live_edit(Path(name), options.originals)
    if options.sections:
        with tempfile.TemporaryDirectory(prefix="footnote-bench-") as name:
            results["scale"] = scale(Path(name), options.originals, options.sections)
    options.results.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def processes(corpus: Corpus, others: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Seconds of whole processes, in turn, so that all meet the same load of the machine."""
    python = sys.executable
    commands = {
        FLOOR: [python, "-m", "tests.benchmarks.ingest_floor", "ours", "{site}"],
        PACKAGE_FLOOR: [python, "-m", "tests.benchmarks.ingest_floor", "package", "{site}"],
        "footnote": [python, "-m", "footnote_ingest", "{site}"],
    } | {name: shlex.split(command) for name, command in others.items()}
    measured: dict[str, list[tuple[float, float, float]]] = {name: [] for name in [*commands, UNCHANGED]}
    for _ in range(RUNS):
        for name, command in commands.items():
            with tempfile.TemporaryDirectory(prefix="footnote-bench-") as folder:
                filled = [part.format(site=corpus.site, folder=folder) for part in command]
                measured[name].append(timed(filled, folder))
                if name == "footnote":
                    measured[UNCHANGED].append(timed(filled, folder))
    table = {
        name: {
            "seconds": round(statistics.median(run[0] for run in runs), 2),
            "cpu_seconds": round(statistics.median(run[1] for run in runs), 2),
            "megabytes": round(max(run[2] for run in runs)),
        }
        for name, runs in measured.items()
    }
    for row in table.values():
        row["to_floor"] = round(row["seconds"] / table[FLOOR]["seconds"], 2)
    print(f"\n{corpus.name}", *(f"  {name:42} {row}" for name, row in table.items()), sep="\n", flush=True)
    return table


def timed(command: Sequence[str], folder: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of a process and its children."""
    env = environment(FOOTNOTE_INDEX_PATH=f"{folder}/index", OPENBLAS_NUM_THREADS="1")
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # else every start compiles every module anew
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"`{shlex.join(command)}` ended with exit code {process.returncode}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def live_edit(folder: Path, originals: Path) -> dict[str, Any]:
    """One page of a large site is edited, all is rebuilt, and rolled back, while readers search without a pause."""
    settings = {"FOOTNOTE_INDEX_PATH": str(folder / "index")}
    pages = write_large_site(folder / "site", LARGE_PAGES, originals)
    measured: dict[str, Any] = {"pages": LARGE_PAGES, "first_s": ingest(settings, folder)["seconds"]}
    with reading(settings, QUESTION, 256) as readers:
        page = pages[LARGE_PAGES // 3]
        page.write_text(page.read_text("utf-8") + "\n\n## Zebras\n\nZebras are striped.\n", "utf-8")
        told = ingest(settings, folder)
        measured |= {"edit_s": told["seconds"], "edit_embedded": told["embedded"], "chunks": told["chunks"]}
        measured["unchanged_s"] = ingest(settings, folder)["seconds"]
        measured["rebuild_s"] = ingest(settings, folder, "--full")["seconds"]
        measured["rollback_s"] = ingest(settings, folder, "--rollback")["seconds"]
    measured |= {"searches": readers.searches, "errors": len(readers.errors), "empty": readers.empty}
    print("\nlive edit", measured, flush=True)
    return measured


def scale(folder: Path, originals: Path, sections: int) -> dict[str, Any]:
    """Time and memory to index a site of many sections, and of searching it."""
    sample = write_large_site(folder / "sample", 200, originals)
    report = ingest({"FOOTNOTE_INDEX_PATH": str(folder / "small")}, folder, str(folder / "sample"))
    pages = round(sections / report["sections"] * len(sample))
    write_large_site(folder / "site", pages, originals)
    settings = {"FOOTNOTE_INDEX_PATH": str(folder / "index")}
    told = ingest(settings, folder)
    size = sum(p.stat().st_blocks * 512 for p in (folder / "index").rglob("*") if p.is_file())
    measured = {
        name: told[name]
        for name in (
            "sections",
            "pages",
            "chunks",
            "seconds",
            "cpu_seconds",
            "own_megabytes",
            "megabytes",
            "durations_ms",
        )
    }
    measured |= {"index_megabytes": round(size / 1e6)} | asyncio.run(search_times(settings, originals))
    print("\nscale", measured, flush=True)
    return measured


def ingest(settings: Mapping[str, str], folder: Path, *arguments: str) -> dict[str, Any]:
    """The report of a run with what the process cost; own_megabytes leaves mapped files out."""
    command = [
        sys.executable,
        "-m",
        "footnote_ingest",
        *(arguments or ()),
        "--report",
        str(folder / "report.json"),
    ]
    env = environment(**settings, FOOTNOTE_SITE_DIR=str(folder / "site"), OPENBLAS_NUM_THREADS="1")
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    own = 0
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        own = max(own, own_kilobytes(process.pid))
        time.sleep(0.02)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    told: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    if process.returncode not in (0, 1):
        sys.exit(f"footnote-ingest ended with exit code {process.returncode}: {told['message']}")
    return told | {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "megabytes": round(used.ru_maxrss / 1024),
        "own_megabytes": round(own / 1024),
    }


def own_kilobytes(pid: int) -> int:
    """Memory that the process cannot share or give back."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")), 0)


async def search_times(settings: Mapping[str, str], originals: Path) -> dict[str, float]:
    """Milliseconds of a search with its embedding, over the headings of the site as questions."""
    read = Settings.from_mapping(settings)
    index, embedder = open_index(read), build_embedder(read)
    lines = [
        line for page in sorted(originals.rglob("*.md")) for line in page.read_text("utf-8").splitlines()
    ]
    questions = [line.strip("# ") for line in lines if line.startswith("## ")][:300]
    times = []
    for question in ["warm up", *questions]:
        began = time.perf_counter()
        await index.search(question, (await embedder.embed([question], "query"))[0], limit=10)
        times.append((time.perf_counter() - began) * 1000)
    await index.aclose()
    times = sorted(times[1:])
    return {
        "search_p50_ms": round(statistics.median(times), 1),
        "search_p95_ms": round(times[int(0.95 * (len(times) - 1))], 1),
    }


if __name__ == "__main__":
    main()
