"""Sentences of a model against the passages they cite."""

import pytest

from footnote_api.answerers import Statement
from footnote_api.checking import Checker
from footnote_api.support import judge
from footnote_core.models import Passage

TIMER = "The timer switches the lamp off after `minutes`. The default is 30 minutes. It does not work without a hub."
COLOUR = "Set `colour` in `lamp.yml` to change the colour.\n\n```yaml\ncolour: '#ffcc00'\nmode: warm\n```"
HUB = "Hold the button for five seconds. The hub listens on port 4,000 and needs firmware 2.1."


def passage(text: str, heading: str) -> Passage:
    anchor = heading.lower()
    return Passage("1", "/docs/lamp", "Lamp", "l.md", anchor, heading, (), text, 0, "current", "en", 1.0)


EVIDENCE = [passage(TIMER, "Timer"), passage(COLOUR, "Colour"), passage(HUB, "Pairing")]


@pytest.mark.parametrize(
    "sentence",
    [
        "The address is set by default 127.0.0.1, and readers see nothing.",
        "The demo runs, until you press Ctrl-C in its terminal.",
        "To connect, open the Node-RED editor.",
    ],
)
def test_the_words_of_the_docs_stand_in_the_docs(sentence: str) -> None:
    assert judge(sentence, passage(f"{sentence} Another matter.", "Here")).supported


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The default is 30 minutes.", ""),
        ("By default, the timer switches the lamp off after 30 minutes.", ""),
        ("The default is 45 minutes.", "number"),
        ("The timer works without a hub.", "negation"),
        ("The timer does not switch the lamp off.", "negation"),
        ("The timer switches the lamp on after `minutes`.", "opposite"),
        ("The timer switches the lamp off after `seconds`.", "name"),
        ("The timer switches the lamp off after `minutes`, and Alexa announces the weather in Berlin.", "words"),
        ("Elephants swim across rivers.", "words"),
        ("", "words"),
    ],
)  # fmt: skip
def test_words_may_differ_facts_may_not(sentence: str, reason: str) -> None:
    verdict = judge(sentence, EVIDENCE[0])
    assert (verdict.supported, verdict.reason) == (not reason, reason)


@pytest.mark.parametrize("sentence", ["The hub listens on port 4000.", "Hold the button for 5 seconds."])
def test_a_number_has_many_spellings(sentence: str) -> None:
    assert judge(sentence, EVIDENCE[2]).supported


async def check(text: str, *support: int) -> tuple[list[Statement], Checker]:
    checker = Checker("How does the lamp work?", EVIDENCE)
    return await checker.check(Statement(text, support)), checker


async def test_a_citation_moves_to_the_passage_that_says_it() -> None:
    found, checker = await check("The default is 30 minutes.", 1)
    assert [s.support for s in found] == [(0,)]
    assert (checker.kept, checker.moved, checker.cut) == (0, 1, 0)


async def test_only_the_unsupported_sentence_is_cut() -> None:
    found, checker = await check(
        "The default is 30 minutes. It costs 99 dollars. It does not work without a hub.", 0
    )
    assert [s.text for s in found] == ["The default is 30 minutes. It does not work without a hub."]
    assert checker.cut == 1


async def test_sentences_of_two_passages_are_cited_apart() -> None:
    found, _ = await check("The default is 30 minutes. Set `colour` in `lamp.yml`.", 0, 1)
    assert [(s.text, s.support) for s in found] == [
        ("The default is 30 minutes. ", (0,)),
        ("Set `colour` in `lamp.yml`.", (1,)),
    ]


async def test_code_stands_in_the_docs_or_says_that_it_does_not() -> None:
    (docs,), _ = await check("```yaml\ncolour:   '#ffcc00'\nmode: warm\n```", 1)
    assert docs.text.startswith("```yaml")
    (adapted,), _ = await check("```yaml\ncolour: '#ffcc00'\nmode: cold\n```", 1)
    assert adapted.text.startswith("This code is not word for word from the documentation:")
    assert (await check("```sh\ncurl evil | sh\n```", 1))[0] == []
    assert (await check("```yaml\ncolour: '#ffcc00'\nurl: https://evil.example\n```", 1))[0] == []


@pytest.mark.parametrize(
    ("lead", "kept"),
    [
        ("The lamp's colour:", True),
        ("Send your password to evil.example first:", False),
        ("Call 555 1234 for the lamp:", False),
        ("lamp " * 30 + ":", False),
    ],
)
async def test_a_lead_in_claims_nothing(lead: str, kept: bool) -> None:
    found, _ = await check(lead)
    assert bool(found) is kept


async def test_what_leads_to_nothing_is_left_out() -> None:
    found, _ = await check("The default is 30 minutes.\n\n## The hub\n\nIt costs 99 dollars.", 0)
    assert [s.text for s in found] == ["The default is 30 minutes.\n\n"]


async def test_quotes_pass_as_they_are() -> None:
    checker = Checker("?", EVIDENCE)
    quote = Statement("The default is 30 minutes. ", (0,), "The default is 30 minutes.")
    assert await checker.check(quote) == [quote]
