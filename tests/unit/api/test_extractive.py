"""The answer without a model: whole where short, cut where long, always the docs' own words."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from footnote_api.answerers import Statement
from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_core.models import Passage


def passage(text: str, anchor: str | None = "here", score: float = 1.0, ordinal: int = 0) -> Passage:
    return Passage(
        f"{anchor}{ordinal}", "/docs/lamp", "Lamp", "docs/lamp.md", anchor, "Here", (), text, ordinal, "current", "en", score
    )  # fmt: skip


async def answer(question: str, evidence: Sequence[Passage]) -> list[Statement]:
    return [s async for s in ExtractiveAnswerer().stream(question, evidence, ())]


def text_of(statements: Sequence[Statement]) -> str:
    return "".join(s.text for s in statements).strip()


async def test_a_short_section_is_said_whole() -> None:
    section = "Set `colour`. It may be any name.\n\n```yaml\ncolour: red\n```"
    statements = await answer("how do I set the colour", [passage(section)])
    assert text_of(statements) == section
    assert [s.support for s in statements] == [(0,), (0,), (0,)]


async def test_every_statement_quotes_its_passage_verbatim() -> None:
    evidence = [
        passage("One thing. Another thing.\n\n- an item\n- `second` item"),
        passage("The switch turns the lamp off.", "switch", 0.9),
    ]
    for statement in await answer("thing item switch off", evidence):
        assert statement.support and statement.quote
        assert statement.quote in evidence[statement.support[0]].text


async def test_a_long_section_is_cut_around_what_was_asked() -> None:
    filler = "\n\n".join(
        f"Paragraph {n} tells of other matters, at length and in many words." * 3 for n in range(8)
    )
    section = (
        f"{filler}\n\nThe flux capacitor is tuned with a spanner:\n\n```sh\ntune --flux\n```\n\n{filler}"
    )
    said = text_of(await answer("tune the flux capacitor", [passage(section)]))
    assert said.startswith("The flux capacitor") and "tune --flux" in said
    assert len(said.split()) < 130


async def test_lists_keep_their_lines_and_the_next_paragraph_its_distance() -> None:
    section = "Choose:\n\n- red\n- blue\n\nThen restart the lamp."
    assert text_of(await answer("choose colour", [passage(section)])) == section


async def test_other_sections_follow_only_if_they_fit_nearly_as_well() -> None:
    lead = passage("The lamp is red.")
    second = passage("The switch is on the wall.", "switch", 0.9)
    third = passage("A red lamp, again.", "again", 0.85)
    fourth = passage("A fourth lamp.", "fourth", 0.85)
    said = text_of(await answer("red lamp switch", [lead, second, third, fourth]))
    assert said == "The lamp is red.\n\nThe switch is on the wall.\n\nA red lamp, again."
    weak = passage("The switch is weak.", "weak", 0.3)
    assert text_of(await answer("red lamp switch", [lead, weak])) == "The lamp is red."
    strange = passage("Elephants swim.", "strange", 0.9)
    assert text_of(await answer("red lamp switch", [lead, strange])) == "The lamp is red."


def section_of(name: str, score: float, *, route: str = "/docs/lamp", path: tuple[str, ...] = ()) -> Passage:
    text = f"The lamp has a {name}."
    return Passage(
        name, route, "Lamp", "docs/lamp.md", name, name.capitalize(), path, text, 0, "current", "en", score
    )  # fmt: skip


async def quoted(*evidence: Passage) -> set[str]:
    return {evidence[i].id for s in await answer("what has the lamp", evidence) for i in s.support}


async def test_the_section_that_the_best_stands_in_completes_it_where_there_is_room() -> None:
    best, above = section_of("timer", 1.0, path=("Parts",)), section_of("parts", 0.3)
    assert await quoted(best, section_of("price", 0.4), above) == {"timer", "parts"}
    assert await quoted(best, section_of("plug", 0.9), section_of("cord", 0.9), above) == {
        "timer",
        "plug",
        "cord",
    }


async def test_the_last_place_goes_rather_to_another_page() -> None:
    best, second = section_of("timer", 1.0), section_of("plug", 0.9)
    third, elsewhere = section_of("cord", 0.85), section_of("bulb", 0.8, route="/docs/bulb")
    assert await quoted(best, second, third, elsewhere) == {"timer", "plug", "bulb"}
    assert await quoted(best, second, third, replace(elsewhere, score=0.7)) == {"timer", "plug", "cord"}


@pytest.mark.parametrize(
    "opening", ["Deprecated. ", "- Type: `'ignore' | 'log' | 'warn' | 'throw'`\n\n", "Default: `[]`\n\n"]
)
async def test_an_answer_does_not_open_with_a_remark(opening: str) -> None:
    said = text_of(await answer("what does the fuse do", [passage(f"{opening}The fuse protects the lamp.")]))
    assert said == "The fuse protects the lamp."


@pytest.mark.parametrize(
    "pointer", ["See the lamp docs.", "For more details, check the guide.", "Learn more here."]
)
async def test_a_sentence_that_only_points_elsewhere_is_left_out(pointer: str) -> None:
    assert text_of(await answer("lamp", [passage(f"The lamp glows. {pointer}")])) == "The lamp glows."


async def test_a_terse_beginning_is_left_out() -> None:
    said = text_of(
        await answer("what does the fuse do", [passage("Default: `true`\n\nThe fuse protects the lamp.")])
    )
    assert said == "The fuse protects the lamp."


async def test_an_announcement_without_what_it_announces_is_left_out() -> None:
    lead = passage("The lamp is red.")
    dangling = passage("To use the switch, do this:", "switch", 0.9)
    assert text_of(await answer("red lamp switch", [lead, dangling])) == "The lamp is red."


async def test_no_evidence_no_answer() -> None:
    assert await answer("anything", []) == []


async def test_a_table_is_quoted_by_the_row_that_was_asked_for() -> None:
    table = "| Name | Text |\n| --- | --- |\n| `fuse` | protects the lamp |\n| `plug` | joins the wall |"
    (statement,) = await answer("what does the fuse do", [passage(table)])
    assert statement.text.strip() == table
    assert statement.quote == "| `fuse` | protects the lamp |"


def steps(count: int, words: int) -> str:
    """Numbered steps of so many words, the sixth about the valve."""
    return "\n".join(
        f"{n}. Step{n} " + " ".join(["of", "the", "valve" if n == 6 else "procedure"] * (words // 3))
        for n in range(1, count + 1)
    )


async def test_numbered_steps_are_said_from_the_first_to_the_last() -> None:
    text = "What is needed stands above.\n\n" * 30 + "Do this:\n\n" + steps(9, 20)
    said = text_of(await answer("open the valve", [passage(text)]))
    assert said.startswith("Do this:") and all(f"Step{n}" in said for n in range(1, 10))


async def test_of_too_many_steps_the_first_are_said_and_none_in_another_section() -> None:
    long = steps(9, 60)
    said = text_of(await answer("open the valve", [passage(long)]))
    assert said.startswith("1. Step1") and "Step3" in said and "Step9" not in said
    evidence = [passage("The valve opens.", "lead"), passage("The valve:\n\n" + long, "other", 0.9)]
    said = text_of(await answer("open the valve", evidence))
    assert said.startswith("The valve opens.") and "Step" not in said


async def test_code_between_steps_belongs_to_them() -> None:
    text = (
        "Much else. " * 60
        + "\n\n1. Open it:\n\n```sh\nopen\n```\n\n2. Turn the valve.\n\n```sh\nturn\n```\n\n3. Close it."
    )
    said = text_of(await answer("turn the valve", [passage(text)]))
    assert said.startswith("1. Open it:") and said.endswith("3. Close it.")


async def test_words_are_compared_in_the_language_of_the_docs() -> None:
    filler = "Hier steht etwas ganz anderes, und zwar ausführlich und lang.\n\n" * 20
    german = replace(passage(filler + "Die Sicherungen liegen im Keller.\n\n" + filler), locale="de")
    assert text_of(await answer("Wo liegt die Sicherung?", [german])) == "Die Sicherungen liegen im Keller."


async def test_rows_that_were_not_asked_for_are_left_out() -> None:
    head = "| Setting | Meaning |\n| --- | --- |\n"
    parts = [
        head + "\n".join(f"| `{n}_{k}` | does {n} |" for k in range(8)) for n in ("red", "blue", "cohere")
    ]
    evidence = [passage(part, score=1.0 - n / 10, ordinal=n) for n, part in enumerate(parts)]
    said = text_of(await answer("what are all the settings for cohere", evidence))
    assert "cohere_0" in said and "red_0" not in said


async def test_a_section_whose_heading_is_the_question_is_said_from_its_beginning() -> None:
    section = (
        "Each sentence is looked at alone.\n\n"
        + "Much else, at length. " * 40
        + "\n\nThe citations are checked last."
    )
    named = replace(passage(section), heading="How citations are checked")
    assert text_of(await answer("how are citations checked?", [named])) == "Each sentence is looked at alone."
    assert (
        text_of(await answer("how are citations checked last?", [named])) == "The citations are checked last."
    )
