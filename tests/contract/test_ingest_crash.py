"""The job dies, fails or meets itself: readers notice nothing, and nothing is paid for twice."""

import asyncio
import json
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from footnote_core.index import open_index, text_hash
from footnote_core.index.points import DESCRIPTION_FIELDS, DESCRIPTION_ID
from footnote_core.settings import Settings
from tests.support.ingesting import QUESTION, engine_of, reading, run_ingest, start_ingest
from tests.support.large_site import write_large_site
from tests.support.qdrant_double import qdrant_double_url
from tests.support.servers import WEB
from tests.support.vendors import KEY, Fault, Vendors, vendors

__all__ = ["qdrant_double_url"]

PAGES = 30
DIMENSION = 1536


@pytest.fixture
def vendor() -> Iterator[Vendors]:
    """An embedder far away: every request takes a while and is counted."""
    with vendors() as running:
        running.dimension = DIMENSION
        running.faults = [Fault(delay_seconds=0.1)] * 10_000
        yield running


@pytest.fixture(params=["embedded", "server"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, vendor: Vendors) -> dict[str, str]:
    chosen = {
        "FOOTNOTE_INDEX_PATH": str(tmp_path / "index"),
        "FOOTNOTE_SITE_DIR": str(tmp_path / "site"),
        "FOOTNOTE_EMBEDDER": "openai",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{vendor.url}/v1",
    }
    if request.param == "server":
        chosen |= {
            "QDRANT_URL": request.getfixturevalue("qdrant_double_url"),
            "FOOTNOTE_COLLECTION": f"c{time.time_ns():x}",
        }
    return chosen


def write_site(folder: Path, seed: int) -> None:
    write_large_site(folder / "site", PAGES, WEB / "docs", seed)


async def stored_texts(settings: dict[str, str]) -> dict[str, Counter[str]]:
    """For each generation how often each text stands in it, by hash."""
    engine = engine_of(settings)
    stored = {}
    for generation in await engine.generations():
        chunks = await engine.select(generation, {"kind": "chunk"}, ("hash",))
        stored[generation] = Counter(f.payload["hash"] for f in chunks)
    await engine.aclose()
    return stored


async def live_generation(settings: dict[str, str]) -> str:
    engine = engine_of(settings)
    live = await engine.live()
    await engine.aclose()
    assert live is not None
    return live


async def assert_whole(settings: dict[str, str], report: Path) -> None:
    """The live generation has every page and chunk of the site once, and nothing else."""
    told = json.loads(report.read_text("utf-8"))
    assert (told["pages"], told["failures"]) == (PAGES, [])
    index, engine = open_index(Settings.from_mapping(settings)), engine_of(settings)
    info, records = await index.live(), await index.pages()
    live = await engine.live()
    assert info is not None and live is not None
    assert (
        (info.pages, info.chunks)
        == (PAGES, told["chunks"])
        == (len(records), sum(r.chunks for r in records.values()))
    )
    assert await engine.count(live) == PAGES + told["chunks"] + 1
    chunks = await engine.select(live, {"kind": "chunk"}, ("route", "ordinal"))
    assert Counter(f.payload["route"] for f in chunks) == {r.route: r.chunks for r in records.values()}
    assert len({(f.payload["route"], f.payload["ordinal"]) for f in chunks}) == told["chunks"]
    assert len(await engine.retrieve(live, [DESCRIPTION_ID], DESCRIPTION_FIELDS)) == 1
    assert len(await engine.generations()) <= 2
    await index.aclose()
    await engine.aclose()


def asked(vendor: Vendors) -> list[str]:
    return [
        text_hash(text)
        for path, body in vendor.requests
        if path == "/v1/embeddings"
        for text in body["input"]
    ]


@pytest.mark.timeout(300)
def test_killed_at_ten_moments_it_loses_doubles_and_pays_nothing(
    settings: dict[str, str], tmp_path: Path, vendor: Vendors
) -> None:
    write_site(tmp_path, seed=0)
    began = time.monotonic()
    assert run_ingest(settings, tmp_path)[0] == 0
    seconds = time.monotonic() - began
    before = asyncio.run(live_generation(settings))
    chance = random.Random(7)
    with reading(settings, QUESTION, DIMENSION) as readers:
        write_site(tmp_path, seed=1)
        for seed in range(2, 12):
            job = start_ingest(settings, tmp_path)
            time.sleep(chance.uniform(0.2, 1.1) * seconds)
            job.kill()
            job.communicate()
            if (live := asyncio.run(live_generation(settings))) != before:  # it was done before it was killed
                before = live
                write_site(tmp_path, seed)
        stored = {text for texts in asyncio.run(stored_texts(settings)).values() for text in texts}
        vendor.requests.clear()
        code, events = run_ingest(settings, tmp_path, "--report", "report.json")
        assert code == 0, events
    asyncio.run(assert_whole(settings, tmp_path / "report.json"))
    needed = set(asyncio.run(stored_texts(settings))[asyncio.run(live_generation(settings))])
    assert sorted(asked(vendor)) == sorted(needed - stored)
    assert (readers.errors, readers.empty) == ([], 0)
    assert readers.searches > 100


def test_a_vendor_that_fails_midway_is_named_and_what_it_gave_is_kept(
    settings: dict[str, str], tmp_path: Path, vendor: Vendors
) -> None:
    write_site(tmp_path, seed=0)
    assert run_ingest(settings, tmp_path)[0] == 0
    before = asyncio.run(live_generation(settings))
    write_site(tmp_path, seed=1)
    answered = [Fault()]
    for status, sentence in ((500, "OpenAI answered with status 500."), (429, "OpenAI is limiting requests")):
        vendor.faults = answered + [Fault(status=status, retry_after=0.0)] * 20
        answered = []
        code, events = run_ingest(settings, tmp_path)
        failed = [e for line in events.splitlines() if (e := json.loads(line))["event"] == "ingest_failed"]
        assert (code, len(failed)) == (2, 1)
        assert sentence in failed[0]["message"]
        assert asyncio.run(live_generation(settings)) == before
    vendor.faults = []
    stored = {text for texts in asyncio.run(stored_texts(settings)).values() for text in texts}
    vendor.requests.clear()
    assert run_ingest(settings, tmp_path, "--report", "report.json")[0] == 0
    asyncio.run(assert_whole(settings, tmp_path / "report.json"))
    assert len(asked(vendor)) == len(set(asked(vendor)))
    assert not set(asked(vendor)) & stored


def test_of_two_jobs_at_once_the_index_is_whole(
    settings: dict[str, str], tmp_path: Path, vendor: Vendors
) -> None:
    write_site(tmp_path, seed=0)
    first = start_ingest(settings, tmp_path, "--report", "first.json")
    while not vendor.requests:
        assert first.poll() is None
        time.sleep(0.02)
    code, events = run_ingest(settings, tmp_path, "--report", "second.json")
    first_events = first.communicate(timeout=60)[1]
    if "QDRANT_URL" not in settings:
        assert (first.returncode, code) == (0, 2)
        assert "Another ingest is writing" in events
        asyncio.run(assert_whole(settings, tmp_path / "first.json"))
        return
    assert code == 0, events  # the one that began last wins
    assert first.returncode == 0 or "Another ingest" in first_events
    asyncio.run(assert_whole(settings, tmp_path / "second.json"))


def test_a_disk_that_fills_up_is_named_and_leaves_the_index_live(tmp_path: Path) -> None:
    small, image = tmp_path / "small", tmp_path / "disk.img"
    small.mkdir()
    with image.open("wb") as disk:
        disk.truncate(120_000_000)
    for command in (["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop", str(image), str(small)]):
        if shutil.which(command[0]) is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small disk needs root and a loop device")
    settings = {"FOOTNOTE_INDEX_PATH": str(small / "index"), "FOOTNOTE_SITE_DIR": str(tmp_path / "site")}
    try:
        write_site(tmp_path, seed=0)
        assert run_ingest(settings, tmp_path)[0] == 0
        before = asyncio.run(live_generation(settings))
        with reading(settings, QUESTION, 256) as readers:
            write_large_site(tmp_path / "site", 600, WEB / "docs", seed=1)
            code, events = run_ingest(settings, tmp_path)
        assert code == 2, events
        assert "nearly full" in events and "Traceback" not in events
        assert asyncio.run(live_generation(settings)) == before
        assert (readers.errors, readers.empty) == ([], 0)
        assert [p.name for p in (small / "index").iterdir() if p.is_dir() and not p.is_symlink()] == [before]
    finally:
        subprocess.run(
            ["umount", "--lazy", str(small)], check=True
        )  # a run that was given up may still write there


def test_an_index_folder_that_vanishes_midway_is_named(tmp_path: Path, vendor: Vendors) -> None:
    settings = {
        "FOOTNOTE_INDEX_PATH": str(tmp_path / "index"),
        "FOOTNOTE_SITE_DIR": str(tmp_path / "site"),
        "FOOTNOTE_EMBEDDER": "openai",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{vendor.url}/v1",
    }
    write_site(tmp_path, seed=0)
    job = start_ingest(settings, tmp_path)
    while not vendor.requests:
        assert job.poll() is None
        time.sleep(0.02)
    shutil.rmtree(tmp_path / "index")
    events = job.communicate(timeout=60)[1]
    assert job.returncode == 2, events
    assert "FOOTNOTE_INDEX_PATH" in events and "Traceback" not in events
