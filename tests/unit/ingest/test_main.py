"""The command itself: exit codes, one plain sentence for bad input, the report."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from footnote_ingest.__main__ import main
from tests.unit.ingest.site import write_site

GOOD = {"docs/a.md": "# Apples\n\n## Red\n\nThey are sweet.\n"}


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("FOOTNOTE_", "QDRANT_", "COHERE_", "OPENAI_")):
            monkeypatch.delenv(name)
    return tmp_path


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_good_site_is_indexed_and_then_unchanged(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = str(write_site(workplace / "site", GOOD))
    assert main([site]) == 0
    first = events(capsys)
    assert [e["event"] for e in first] == ["ingest_started", "index_published", "ingest_finished"]
    assert first[1]["pages"] == first[1]["embedded"] == 1
    assert main([site]) == 0
    assert [e["event"] for e in events(capsys)][1] == "index_unchanged"


def test_a_bad_page_makes_exit_1_and_the_report_names_it(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = write_site(workplace / "site", {**GOOD, "docs/bad.mdx": "Text\n\n<Tabs>\n"})
    assert main([str(site), "--report", "report.json"]) == 1
    report = json.loads(Path("report.json").read_text("utf-8"))
    (failure,) = report["failures"]
    assert (failure["file"], failure["line"]) == ("docs/bad.mdx", 3)
    assert (report["outcome"], report["pages"], report["exit_code"]) == ("published", 1, 1)
    failed = next(e for e in events(capsys) if e["event"] == "page_failed")
    assert failed["file"] == "docs/bad.mdx"


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["gone"], {}, "does not exist"),
        (["empty"], {}, "no .md or .mdx files"),
        (["bad"], {}, "every page failed"),
        (["good"], {"FOOTNOTE_SITEDIR": "x"}, "Unknown setting FOOTNOTE_SITEDIR"),
        (["good"], {"FOOTNOTE_CHUNK_TOKENS": "many"}, "FOOTNOTE_CHUNK_TOKENS"),
        (["good"], {"FOOTNOTE_INDEX_PATH": "/proc/nowhere/index"}, "cannot be"),
        (["good", "--report", "gone/report.json"], {}, "report cannot be written"),
        (["--sitemap", "http://127.0.0.1:9/sitemap.xml"], {}, "cannot be reached"),
        (["--sitemap", "http://[x"], {}, "cannot be r"),
        (["--rollback"], {}, "Nothing is indexed"),
        (["--rollback", "--dry-run"], {}, "cannot be combined"),
    ],
)
def test_unusable_input_is_exit_2_with_one_sentence(
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    environment: dict[str, str],
    message: str,
) -> None:
    (workplace / "empty").mkdir()
    write_site(workplace / "good", GOOD)
    write_site(workplace / "bad", {"docs/bad.mdx": "<Tabs>"})
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == 2
    lines = events(capsys)
    said = next(e for e in lines if e["event"] == "ingest_failed")
    assert message in said["message"]
    assert not any("traceback" in line for line in lines)


def test_rollback_brings_the_previous_index_back(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = write_site(workplace / "site", GOOD)
    assert main([str(site)]) == 0
    write_site(site, {"docs/b.md": "# Bananas\n\nYellow.\n"})
    assert main([str(site)]) == 0
    assert main(["--rollback"]) == 0
    assert events(capsys)[-2]["event"] == "index_rolled_back"
    assert main([str(site), "--dry-run", "--report", "report.json"]) == 0
    assert json.loads(Path("report.json").read_text("utf-8"))["added"] == ["/docs/b"]


def test_sigterm_leaves_the_old_index_live(workplace: Path) -> None:
    site = write_site(workplace / "site", GOOD)
    assert main([str(site)]) == 0
    live = Path(".footnote/index/current").readlink()
    prose = "\n\n".join(f"## Heading {i}\n\nSome text about the number {i}." for i in range(400))
    write_site(site, {f"docs/page{i}.md": f"# Page {i}\n\n{prose}" for i in range(40)})
    job = subprocess.Popen(
        [sys.executable, "-m", "footnote_ingest", str(site)], stderr=subprocess.PIPE, text=True
    )
    assert job.stderr is not None
    assert "ingest_started" in job.stderr.readline()
    time.sleep(0.2)
    job.send_signal(signal.SIGTERM)
    rest = job.communicate(timeout=60)[1]
    assert job.returncode == 143, rest
    assert "Traceback" not in rest
    assert Path(".footnote/index/current").readlink() == live
    assert [p.name for p in Path(".footnote/index").iterdir() if p.is_dir() and not p.is_symlink()] == [
        str(live)
    ]
