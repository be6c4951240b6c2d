"""The benchmark's questions, corpora, peers' protocol and tables."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from footnote_api.evaluation.rows import Row, read_rows
from footnote_core.models import Page, Section
from tests.benchmarks import corpora, own_systems, render
from tests.benchmarks.peer_systems import Peer, PeerFailed, measure

PAGE = Page(
    "/docs/a",
    "Ports",
    "docs/a.md",
    (
        Section(None, None, 1, (), "Intro.", 1),
        Section("change", "Change them", 2, (), "Set PORT.", 3),
        Section("empty", "Empty", 3, ("Change them",), "", 5),
    ),
)
FAKE_PEER = """
import json, pathlib, sys
first = json.loads(sys.stdin.readline())
pathlib.Path(first["index"], "stored").write_text("x" * 5000)
print(json.dumps({"chunks": len(first["pages"]), "cpu_seconds": 2.5, "versions": {"fake": "1"}}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["question"] == "die":
        sys.exit("out of words")
    print(json.dumps({"found": [p["id"] for p in first["pages"]], "ms": 1.5}), flush=True)
"""


def test_every_gold_place_is_in_the_manual() -> None:
    places = {
        (p.source, s.anchor or "")
        for p in corpora.pages_of(corpora.ROOT / "services/web")
        for s in p.sections
    }
    places |= {(source, "") for source, _ in places}
    for row in read_rows(corpora.QUESTIONS / "manual.jsonl"):
        assert set(row.gold) <= places, f"{row.id}: correct the gold in manual.jsonl"


def test_there_are_sixty_questions_about_the_manual() -> None:
    rows = read_rows(corpora.QUESTIONS / "manual.jsonl")
    assert len({row.id for row in rows}) == len({row.question for row in rows}) == len(rows) == 60
    assert sum(not row.gold for row in rows) == 8


def test_a_document_has_the_words_of_its_page() -> None:
    found = corpora.document(PAGE)
    assert found["text"] == "# Ports\n\nIntro.\n\n## Change them\n\nSet PORT.\n\n### Empty"
    assert [section["anchor"] for section in found["sections"]] == [None, "change", "empty"]


def test_corpora_are_read_from_the_named_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = tmp_path / "corpora/one/docs"
    docs.mkdir(parents=True)
    (docs / "a.md").write_text("# A\n\n## B\n\nText.\n")
    questions = tmp_path / "questions"
    questions.mkdir()
    rows: dict[str, list[dict[str, Any]]] = {
        "one.dev": [{"question": "q", "gold": ["docs/a.md#b"]}],
        "unanswerable.dev": [{"question": "u", "gold": [], "site": site} for site in ("one", "two")],
        "known_sentences": [
            {"query": site, "gold": ["docs/a.md"], "exclude": ["docs/z.md"], "site": site}
            for site in ("one", "two")
        ],
    }
    for name, lines in rows.items():
        (questions / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.setenv("BENCH_CORPORA", str(tmp_path))
    manual, one = corpora.corpora()
    assert manual.name == "manual"
    assert [page.source for page in one.pages] == ["docs/a.md"]
    assert [[row.question for row in found] for found in one.sets.values()] == [["q"], ["one"]]
    assert [row.question for row in one.unanswerable] == ["u"]


def test_a_folder_without_sites_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CORPORA", str(tmp_path))
    with pytest.raises(SystemExit, match="holds no site"):
        list(corpora.corpora())


def test_anthropic_chunks_become_sections_of_pages(tmp_path: Path) -> None:
    chunks = [
        {"chunk_link": "https://x.org/eval-tool#one", "chunk_heading": "One", "text": "One\n\nFirst."},
        {"chunk_link": "https://x.org/other#two", "chunk_heading": "Two", "text": "Two\nSecond."},
        {"chunk_link": "https://x.org/eval-tool#three", "chunk_heading": "Three", "text": "Third."},
    ]
    asked = [{"id": "1", "question": "q", "correct_chunks": ["https://x.org/eval-tool#three"]}]
    (tmp_path / "anthropic_docs.json").write_text(json.dumps(chunks))
    (tmp_path / "docs_evaluation_dataset.json").write_text(json.dumps(asked))
    corpus = corpora.anthropic_docs(tmp_path)
    assert [(page.title, [s.text for s in page.sections]) for page in corpus.pages] == [
        ("Eval tool", ["First.", "Third."]),
        ("Other", ["Second."]),
    ]
    assert [document["id"] for document in corpus.documents] == [chunk["chunk_link"] for chunk in chunks]
    assert corpus.answerable[0].gold == (("https://x.org/eval-tool", "three"),)


def fake(folder: Path, *questions: str) -> tuple[Peer, corpora.Corpus]:
    (folder / "peer.py").write_text(FAKE_PEER)
    rows = [Row(question, (("docs/a.md", "change"),)) for question in questions]
    corpus = corpora.Corpus("c", [PAGE], [corpora.document(PAGE)], {"questions": rows})
    return Peer("fake", (sys.executable, str(folder / "peer.py")), sections=False), corpus


def test_our_systems_are_measured_over_pages_without_a_site(tmp_path: Path) -> None:
    _, corpus = fake(tmp_path, "how do I change ports?", "something about cats")
    settings = own_systems.settings_of(corpus, tmp_path)
    built = own_systems.build(corpus, settings)
    outcomes, cost = asyncio.run(own_systems.measure(corpus, settings))
    assert (built.chunks, built.seconds) == (2, None)
    assert built.megabytes > 0
    assert len(outcomes) == 4
    assert [found[0].section_rank for found in outcomes.values()] == [1, 1, 1, 1]
    assert 0 < cost["inside_ms_p50"] < cost["floor_ms_p50"] < cost["search_ms_p50"]
    assert cost["ratio_p50"] > 1


def test_a_peer_is_measured_through_its_pipes(tmp_path: Path) -> None:
    found = measure(*fake(tmp_path, "one", "two"))
    assert [(o.page_rank, o.sections, o.search_ms) for o in found.outcomes] == [(1, False, 1.5)] * 2
    assert (found.chunks, found.cpu_seconds, found.versions) == (1, 2.5, {"fake": "1"})
    assert found.seconds > 0
    assert 0.004 < found.megabytes < 0.1


def test_a_peer_that_dies_says_why(tmp_path: Path) -> None:
    with pytest.raises(PeerFailed, match="fake ended with:\nout of words"):
        measure(*fake(tmp_path, "one", "die"))


@pytest.mark.parametrize(("path", "table"), [(render.MANUAL, render.full), (render.README, render.short)])
def test_the_published_tables_are_those_of_the_results(path: Path, table: Any) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == render.into(text, table(render.results())), "run: python -m tests.benchmarks.render"


def test_a_page_without_markers_is_not_written() -> None:
    with pytest.raises(ValueError, match="benchmark:begin"):
        render.into("text", "table")
