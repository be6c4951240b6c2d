"""One answer while it is being said: its text, its Markdown, its footnotes and its times."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from footnote_api.answerers import Statement
from footnote_api.citations import Footnotes, is_block, mark, utf16_length
from footnote_api.events import Answer, Cited, Delta, Event, Nearest
from footnote_api.phrases import Phrases
from footnote_api.tracing import record_stage
from footnote_core.models import Citation, Passage


@dataclass(slots=True)
class Reply:
    """What one answer has become so far."""

    footnotes: Footnotes
    answerer: str
    phrases: Phrases
    text: str = ""
    markdown: str = ""
    notice: str | None = None
    cut: int = 0
    """Sentences that no passage supports."""
    timings_ms: dict[str, float] = field(default_factory=dict)
    _opening: str = ""
    _units: int = 0
    _marked: list[int] = field(default_factory=list)
    _white_space: str = ""
    _began: float = field(default_factory=time.perf_counter)
    _lapped: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        """Note the milliseconds since the last stage ended, also in the request's trace."""
        now = time.perf_counter()
        self.timings_ms[stage] = round((now - self._lapped) * 1000, 2)
        record_stage(stage, now - self._lapped)
        self._lapped = now

    def check(self, statement: Statement, passages: Sequence[Passage]) -> list[tuple[Citation, bool]]:
        """The citations of `statement` that hold, each with whether it is new."""
        cited: list[tuple[Citation, bool]] = []
        for place, position in enumerate(statement.support):
            known = len(self.footnotes.citations)
            quote = statement.quote if place == 0 else None
            citation = self.footnotes.cite(passages[position], statement.text, quote)
            if citation is not None and all(citation.index != other.index for other, _ in cited):
                cited.append((citation, citation.index > known))
        return cited

    def open_with(self, sentence: str) -> None:
        """Begin the answer with `sentence`, if anything is answered at all."""
        self._opening = sentence + "\n\n"

    def say(self, text: str) -> Delta:
        """Add `text`; white space at its end waits for what follows."""
        body = text.strip()
        begins = text[: len(text) - len(text.lstrip())] if self.text else ""
        # The one of the two that breaks more lines: both together would leave a hole.
        spoken = max(self._white_space, begins, key=lambda space: (space.count("\n"), len(space))) + body
        self._white_space = text[len(text.rstrip()) :]
        if not self.text:
            self.timings_ms["first"] = round((time.perf_counter() - self._began) * 1000, 2)
        self.text += spoken
        self.markdown += spoken
        self._units += utf16_length(spoken)
        return Delta(spoken)

    def cite(self, text: str, cited: Sequence[tuple[Citation, bool]]) -> list[Event]:
        """The events of one statement with its citations.

        A code block or table needs none of its own where the statement that leads into it has them.
        """
        events: list[Event] = [self.say(self._opening + text)]
        self._opening = ""
        numbers = [citation.index for citation, _ in cited]
        led_into, self._marked = numbers == self._marked, numbers
        if led_into and is_block(self.text):
            return events
        for place, (citation, new) in enumerate(cited):
            marker = mark(self.text, citation.index, first=place == 0)
            self.markdown += marker
            events.append(Cited(citation, self._units, marker, new))
        return events

    def finish(self, *, refused: bool, nearest: tuple[Nearest, ...]) -> Answer:
        self.timings_ms["total"] = round((time.perf_counter() - self._began) * 1000, 2)
        return Answer(
            self.text,
            self.markdown,
            self.footnotes.citations,
            refused,
            nearest,
            self.answerer,
            self.notice,
            self.timings_ms,
            self.phrases,
        )
