"""The questions of an evaluation: one JSON object a line, each problem named by file and line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BaseModel, Field, StringConstraints, ValidationError

from footnote_api.questions import Question
from footnote_core.errors import ConfigurationError

Place = tuple[str, str]
"""Source file and heading id; the id is empty for the text before the first heading, or a whole page."""

_SHOWN_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One question.

    gold      where it is answered: any of these places counts; empty when the docs do not answer it
    excluded  sources that are taken out of what is found, such as the page a sentence was taken from
    kind, gold_by  free words to group the results by; empty when the row has none
    """

    question: str
    gold: tuple[Place, ...]
    excluded: frozenset[str] = frozenset()
    id: str = ""
    kind: str = ""
    gold_by: str = ""
    site: str = ""

    @property
    def gold_pages(self) -> frozenset[str]:
        return frozenset(source for source, _ in self.gold)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Line(BaseModel):
    """The fields that are read of a line; others may stand there too."""

    question: Question = Field(validation_alias=AliasChoices("question", "query"))
    gold: list[Text]
    exclude: list[str] = []
    id: str = ""
    kind: str = ""
    gold_by: str = ""
    site: str = ""


def read_rows(path: Path) -> list[Row]:
    """The questions of a file. ConfigurationError that names each line which is wrong."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    rows: list[Row] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append(_row(_Line.model_validate_json(line)))
        except ValidationError as error:
            problems.append(f"{path}:{number}: {_sentence(error)}")
    if problems:
        more = len(problems) - _SHOWN_PROBLEMS
        shown = [*problems[:_SHOWN_PROBLEMS], *([f"… and {more} more lines."] if more > 0 else [])]
        raise ConfigurationError("\n".join(shown))
    if not rows:
        raise ConfigurationError(f"{path} holds no questions.")
    return rows


def place(name: str) -> Place:
    """`docs/page.md#heading` as source and heading id."""
    source, _, anchor = name.partition("#")
    return source, anchor


def names(places: Sequence[Place]) -> list[str]:
    """Places as they are written in a file of questions."""
    return [f"{source}#{anchor}" if anchor else source for source, anchor in places]


def _row(line: _Line) -> Row:
    gold = tuple(place(name) for name in line.gold)
    return Row(line.question, gold, frozenset(line.exclude), line.id, line.kind, line.gold_by, line.site)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return "this is not a JSON object."
    return f'{where or "a row"}: {first["msg"]}. A row needs a "question" and a list "gold".'
