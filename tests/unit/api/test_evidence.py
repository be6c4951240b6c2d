"""When the docs are held to answer, and from which passages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from footnote_api.evidence import choose, support, unknown_names
from footnote_core.index import GenerationInfo
from footnote_core.index.calibration import Nearness
from footnote_core.index.lexicon import Lexicon
from footnote_core.index.terms import terms
from footnote_core.models import Passage

TEXTS = ["Set the lamp colour in lamp.yml.", "The switch turns the lamp off.", "Bulbs are sold apart."]
INFO = GenerationInfo("e", 1, "f", 3, 3, "now")
NEAR = Nearness(0.5, 0.1)
LEXICON = Lexicon.of([{"text": Counter(terms(text))} for text in TEXTS])


def passage(n: int, score: float, dense: float, anchor: str | None = None, ordinal: int = 0) -> Passage:
    return Passage(
        f"{n}-{ordinal}", f"/docs/{n}", "Lamp", "x.md", anchor, None, (), TEXTS[n], ordinal, "current", "en", score, dense
    )  # fmt: skip


class Sections:
    """An index that knows one section of nine chunks."""

    async def section(self, of: Passage) -> Sequence[Passage]:
        return [passage(0, 0.0, 0.0, ordinal=n) for n in range(12)]

    async def lexicon(self) -> Lexicon:
        return LEXICON


async def test_the_best_section_comes_whole_then_the_others() -> None:
    lead, other = passage(0, 2.0, 0.7, ordinal=5), passage(1, 1.0, 0.5)
    found = await choose("lamp colour in lamp.yml", [lead, other], Sections(), INFO)  # type: ignore[arg-type]
    assert [p.ordinal for p in found.passages[:-1]] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert found.passages[4] is lead and found.passages[-1] is other
    assert found.sufficient
    assert found.nearest == (lead, other)


async def test_a_question_the_docs_do_not_know_is_not_answered() -> None:
    found = await choose("kubernetes ingress annotations", [passage(2, 1.0, 0.2)], Sections(), INFO)  # type: ignore[arg-type]
    assert not found.sufficient
    assert found.nearest


async def test_nothing_found_is_nothing_to_say() -> None:
    found = await choose("?", [], Sections(), INFO)  # type: ignore[arg-type]
    assert (found.passages, found.sufficient, found.nearest) == ((), False, ())


def test_support_grows_with_words_meaning_and_knowledge() -> None:
    known = support("lamp colour", [passage(0, 1.0, 0.6)], LEXICON, NEAR)
    assert known > support("lamp colour", [passage(0, 1.0, 0.1)], LEXICON, NEAR)
    assert known > support("lamp colour", [passage(2, 1.0, 0.6)], LEXICON, NEAR)
    assert known > support("lamp zebra", [passage(0, 1.0, 0.6)], LEXICON, NEAR)
    assert support("the of", [passage(0, 1.0, 0.6)], LEXICON, NEAR) == float("-inf")


def test_nearness_counts_beside_what_is_usual_in_the_corpus() -> None:
    found = [passage(2, 1.0, 0.6)]
    assert support("zebra", found, LEXICON, Nearness(0.4, 0.1)) > support("zebra", found, LEXICON, NEAR)


def test_a_name_that_no_passage_mentions_counts_against_an_answer() -> None:
    found = [passage(0, 1.0, 0.6), passage(1, 0.9, 0.5)]
    plain = support("How does the lamp work today?", found, LEXICON, NEAR)
    assert support("How does the lamp work with Zigbee?", found, LEXICON, NEAR) < plain - 1.0
    assert support("Does the lamp have a Switch?", found, LEXICON, NEAR) == support(
        "Does the lamp have a switch?", found, LEXICON, NEAR
    )


def test_a_name_that_the_docs_mention_elsewhere_counts_less_than_one_they_never_do() -> None:
    found = [passage(0, 1.0, 0.6)]
    elsewhere = support("lamp or Bulbs", found, LEXICON, NEAR)
    assert support("lamp or Zigbee", found, LEXICON, NEAR) < elsewhere < support("lamp", found, LEXICON, NEAR)


def test_a_misspelt_name_is_mentioned() -> None:
    found = [replace(passage(0, 1.0, 0.6), text="Thermostats of lamps")]
    assert support("lamp with termostat", found, LEXICON, NEAR) > support(
        "lamp with zigbee", found, LEXICON, NEAR
    )


async def test_strictness_refuses_more() -> None:
    question, found = "lamp and zoo", [passage(0, 1.0, 0.4)]
    sufficient = [
        (await choose(question, found, Sections(), INFO, strictness)).sufficient  # type: ignore[arg-type]
        for strictness in (0.0, 1.0, 3.0)
    ]
    assert sufficient == sorted(sufficient, reverse=True)
    assert sufficient[0] and not sufficient[-1]


async def test_without_an_embedding_words_decide() -> None:
    for question, enough in (("lamp colour", True), ("kubernetes ingress", False)):
        assert (await choose(question, [passage(0, 1.0, 0.0)], Sections(), INFO)).sufficient is enough  # type: ignore[arg-type]


def test_names_that_the_docs_never_mention_are_named() -> None:
    assert unknown_names("Does the lamp work with Kubernetes and lamp.yml?", LEXICON, "en") == ("Kubernetes",)
    assert unknown_names("Zebra lamps, where?", LEXICON, "en") == ()
