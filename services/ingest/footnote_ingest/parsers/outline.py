"""The sections of a page as they are found: headings, their text, and where they stand below each other."""

from collections.abc import Sequence
from dataclasses import replace

from footnote_core.models import Section
from footnote_ingest.parsers.writer import BlockWriter


class Outline:
    """Collects sections. `writer` takes the text of the one that is open."""

    def __init__(self) -> None:
        self.writer = BlockWriter()
        self._sections: list[Section] = []
        self._current = Section(None, None, 1, (), "", 1)
        self._above: list[tuple[int, str]] = []
        self._rows: list[tuple[str, str]] = []

    @property
    def line(self) -> int:
        """Where the open section begins."""
        return self._current.line

    def begin(self, line: int) -> None:
        """Say where the page's text starts: what comes before the first heading stands there."""
        self._current = replace(self._current, line=line)

    def start(self, level: int, heading: str, anchor: str | None, line: int) -> None:
        """Begin a section."""
        self._close()
        while self._above and self._above[-1][0] >= level:
            self._above.pop()
        path = tuple(text for _, text in self._above)
        self._current = Section(anchor, heading, level, path, "", line)
        self._above.append((level, heading))

    def add_row(self, cell: str, anchor: str) -> None:
        """Note that the row of a table can be linked."""
        self._rows.append((cell, anchor))

    def finish(self) -> list[Section]:
        self._close()
        taken = {section.anchor for section in self._sections}
        return [replace(s, rows=_first_ids(s.rows, taken)) if s.rows else s for s in self._sections]

    def _close(self) -> None:
        text = self.writer.take()
        if text or self._current.heading is not None:
            self._sections.append(replace(self._current, text=text, rows=tuple(self._rows)))
        self._rows = []


def _first_ids(rows: Sequence[tuple[str, str]], taken: set[str | None]) -> tuple[tuple[str, str], ...]:
    """Rows whose ids lead to them: a link to an id that stands on the page before would lead there."""
    first: list[tuple[str, str]] = []
    for cell, anchor in rows:
        if anchor not in taken:
            taken.add(anchor)
            first.append((cell, anchor))
    return tuple(first)
