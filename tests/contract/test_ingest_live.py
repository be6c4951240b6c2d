"""Changes reach readers while they search: one page, a full rebuild, another embedder, a rollback."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest

from footnote_core.index import open_index
from footnote_core.index.engine import Engine, Point
from footnote_core.index.points import DESCRIPTION_FIELDS, DESCRIPTION_ID
from footnote_core.settings import Settings
from tests.support.ingesting import QUESTION, engine_of, reading, run_ingest, start_ingest
from tests.support.large_site import write_large_site
from tests.support.qdrant_double import qdrant_double_url, running_qdrant_double
from tests.support.servers import WEB, free_port
from tests.support.vendors import KEY, vendors

__all__ = ["qdrant_double_url"]

DIMENSION = 256
"""Of the local embedder."""


@pytest.fixture(params=["embedded", "server"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    chosen = {"FOOTNOTE_INDEX_PATH": str(tmp_path / "index"), "FOOTNOTE_SITE_DIR": str(tmp_path / "site")}
    if request.param == "server":
        chosen |= {
            "QDRANT_URL": request.getfixturevalue("qdrant_double_url"),
            "FOOTNOTE_COLLECTION": f"c{time.time_ns():x}",
        }
    return chosen


def ingest(settings: dict[str, str], folder: Path, *arguments: str) -> dict[str, object]:
    """What the report of a run says; it must succeed."""
    code, events = run_ingest(settings, folder, *arguments, "--report", "report.json")
    assert code == 0, events
    told: dict[str, object] = json.loads((folder / "report.json").read_text("utf-8"))
    return told


async def found_first(settings: dict[str, str], words: str) -> str:
    index = open_index(Settings.from_mapping(settings))
    try:
        return (await index.search(words, None, limit=1))[0].text
    finally:
        await index.aclose()


def test_an_edit_a_rebuild_and_a_rollback_are_not_noticed(settings: dict[str, str], tmp_path: Path) -> None:
    pages = write_large_site(tmp_path / "site", 40, WEB / "docs")
    chunks = ingest(settings, tmp_path)["chunks"]
    with reading(settings, QUESTION, DIMENSION) as readers:
        pages[7].write_text(pages[7].read_text("utf-8") + "\n\n## Zebras\n\nZebras are striped.\n", "utf-8")
        told = ingest(settings, tmp_path)
        assert (told["embedded"], told["chunks"]) == (1, chunks + 1)  # type: ignore[operator]
        assert (told["changed"], told["added"], told["removed"]) == (["/docs/part-0/page-7"], [], [])
        assert asyncio.run(found_first(settings, "zebras")) == "Zebras are striped."

        pages[7].rename(pages[7].with_name("moved.md"))
        pages[8].unlink()
        told = ingest(settings, tmp_path)
        assert (told["embedded"], told["pages"]) == (0, 39)
        assert (told["added"], len(told["removed"])) == (["/docs/part-0/moved"], 2)  # type: ignore[arg-type]

        told = ingest(settings, tmp_path, "--full")
        assert told["embedded"] > chunks * 0.8 - 40  # type: ignore[operator]

        ingest(settings, tmp_path, "--rollback")
        assert asyncio.run(found_first(settings, "zebras")) == "Zebras are striped."
        assert ingest(settings, tmp_path)["outcome"] == "unchanged"
    assert (readers.errors, readers.empty) == ([], 0)
    assert readers.searches > 50


async def statistics_of(settings: dict[str, str]) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
    """Document frequencies by term id, and the terms of each chunk, of the live generation."""
    index, engine = open_index(Settings.from_mapping(settings)), engine_of(settings)
    lexicon, live = await index.lexicon(), await engine.live()
    assert live is not None
    chunks = await engine.select(live, {"kind": "chunk"}, ("route",), vectors=True)
    await index.aclose()
    await engine.aclose()
    frequencies = {str(i): int(n) for i, n in zip(lexicon.ids, lexicon.frequencies, strict=True)}
    return frequencies | {"documents": lexicon.documents}, {f.id: tuple(sorted(f.terms)) for f in chunks}


def test_revisions_count_words_as_a_rebuild_does(settings: dict[str, str], tmp_path: Path) -> None:
    pages = write_large_site(tmp_path / "site", 40, WEB / "docs")
    ingest(settings, tmp_path)
    pages[3].write_text(pages[4].read_text("utf-8") + "\n\nAn okapi appears.\n", "utf-8")
    pages[5].unlink()
    ingest(settings, tmp_path)
    revised = asyncio.run(statistics_of(settings))
    assert ingest(settings, tmp_path, "--full")["outcome"] == "published"
    assert revised == asyncio.run(statistics_of(settings))


async def downgrade(engine: Engine) -> None:
    """Let the live generation say that an earlier version of Footnote made it."""
    live = await engine.live()
    assert live is not None
    (found,) = await engine.retrieve(live, [DESCRIPTION_ID], DESCRIPTION_FIELDS)
    payload = dict(found.payload)
    await engine.add(live, [Point(DESCRIPTION_ID, payload | {"info": {**payload["info"], "schema": 1}})])
    await engine.checkpoint(live)
    await engine.aclose()


def test_another_embedder_or_schema_rebuilds_beside_the_live_index(
    settings: dict[str, str], tmp_path: Path
) -> None:
    write_large_site(tmp_path / "site", 8, WEB / "docs")
    chunks = ingest(settings, tmp_path)["chunks"]
    with vendors() as vendor, reading(settings, QUESTION, DIMENSION) as readers:
        vendor.dimension = 1536
        other = {"FOOTNOTE_EMBEDDER": "openai", "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{vendor.url}/v1"}
        told = ingest(settings | other, tmp_path)
        assert (told["outcome"], told["chunks"]) == ("published", chunks)
        asked = sum(len(body["input"]) for _, body in vendor.requests)
        assert told["embedded"] == asked > 0
        assert ingest(settings | other, tmp_path)["outcome"] == "unchanged"
        told = ingest(settings, tmp_path)
        assert (told["outcome"], told["embedded"]) == ("published", 0)  # its vectors stand in the one before
    assert (readers.errors, readers.empty) == ([], 0)
    asyncio.run(downgrade(engine_of(settings)))
    assert ingest(settings, tmp_path)["outcome"] == "published"
    assert ingest(settings, tmp_path)["outcome"] == "unchanged"


def wait_for(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("poll_ms", ["", "200"])
def test_watch_indexes_what_is_saved_and_survives_broken_pages(
    settings: dict[str, str], tmp_path: Path, poll_ms: str
) -> None:
    page = tmp_path / "site/docs/a.md"
    page.parent.mkdir(parents=True)
    page.write_text("# A\n\nThe first text.\n", "utf-8")
    settings |= {"FOOTNOTE_POLL_MS": poll_ms}
    report = tmp_path / "report.json"

    def told(name: str) -> object:
        try:
            return json.loads(report.read_text("utf-8"))[name] if report.exists() else None
        except json.JSONDecodeError:  # being written
            return None

    job = start_ingest(settings, tmp_path, "--watch", "--report", str(report))
    try:
        wait_for(lambda: told("outcome") == "published")
        page.write_text("# A\n\nThe second text.\n", "utf-8")
        wait_for(lambda: asyncio.run(found_first(settings, "text")) == "The second text.")
        broken = page.with_name("b.mdx")
        broken.write_text("<Tabs>", "utf-8")
        wait_for(lambda: told("exit_code") == 1)
        broken.unlink()
        wait_for(lambda: told("exit_code") == 0)
        versioned = tmp_path / "site/versioned_docs/version-1/old.md"  # a folder that was not there
        versioned.parent.mkdir(parents=True)
        versioned.write_text("# Old\n\nAn old text.\n", "utf-8")
        (tmp_path / "site/versions.json").write_text('["1"]', "utf-8")
        wait_for(lambda: told("pages") == 2)
    finally:
        job.send_signal(signal.SIGTERM)
        events = job.communicate(timeout=20)[1]
    assert job.returncode == 0, events
    assert "Traceback" not in events


def test_watch_goes_on_when_the_server_comes_back(tmp_path: Path) -> None:
    page = tmp_path / "site/a.md"
    page.parent.mkdir()
    page.write_text("# A\n\nThe first text.\n", "utf-8")
    port = free_port()
    settings = {
        "QDRANT_URL": f"http://127.0.0.1:{port}",
        "FOOTNOTE_COLLECTION": "watched",
        "FOOTNOTE_SITE_DIR": str(tmp_path / "site"),
    }
    with running_qdrant_double(tmp_path / "storage", port=port):
        job = start_ingest(settings, tmp_path, "--watch")
        os.set_blocking(job.stderr.fileno(), False)  # type: ignore[union-attr]
        wait_for(lambda: asyncio.run(_pages(settings)) == 1)
    page.with_name("b.md").write_text("# B\n\nSaved while the server was away.\n", "utf-8")
    time.sleep(3)
    assert job.poll() is None
    with running_qdrant_double(tmp_path / "storage", port=port):
        wait_for(lambda: asyncio.run(_pages(settings)) == 2)
        job.send_signal(signal.SIGTERM)
        assert job.wait(20) == 0
    assert job.stderr is not None
    job.stderr.close()


async def _pages(settings: dict[str, str]) -> int:
    index = open_index(Settings.from_mapping(settings))
    try:
        info = await index.live()
        return info.pages if info else 0
    finally:
        await index.aclose()
