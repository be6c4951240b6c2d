"""Every sentence of an answer against the passage it cites, before it is shown.

What a passage says stays; what another passage of the evidence says moves there; the rest is cut.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from footnote_api.answerers import Statement
from footnote_api.answerers.blocks import sentences
from footnote_api.citations import fold, verified_quote
from footnote_api.injection import addresses_the_assistant
from footnote_api.markup import ADDRESS, neutral, units
from footnote_api.support import ENOUGH_WORDS_WHEN_NEAR, Verdict, code_stands_in, judge, judge_facts, knows
from footnote_core.embedders import Embedder
from footnote_core.errors import UpstreamError
from footnote_core.models import Passage

_ADAPTED = "This code is not word for word from the documentation:\n\n"
_ADAPTED_LINES = 0.5
"""Share of its lines that must stand in the docs for code to be shown, marked as adapted."""
_LEAD_WORDS = 14
"""A heading or lead-in is no longer: it announces, it does not claim."""
_EMBED_SECONDS = 0.3
"""A sentence waits no longer for its embedding; the words alone decide then."""

_BLOCK_MARK = re.compile(r"^\s*(?:(?:[-*+]|\d{1,3}[.)]|>|#{1,6})\s+)+")
_SEPARATOR = re.compile(r"[\s|:-]+")


@dataclass(slots=True)
class Checker:
    """Checks the statements of one answer; counts what was `kept`, `moved` and `cut`, in sentences.

    embedder  compares meanings where words nearly suffice; None leaves that out
    foreign   the question, and so the answer, is in another language than the docs: only numbers, names
              and code are compared then, and only with the passages that are cited
    """

    question: str
    evidence: Sequence[Passage]
    embedder: Embedder | None = None
    foreign: bool = False
    kept: int = 0
    moved: int = 0
    cut: int = 0
    _known: str = field(init=False)

    def __post_init__(self) -> None:
        self._known = "\n\n".join(passage.text for passage in self.evidence)

    async def check(self, statement: Statement) -> list[Statement]:
        """The statements that remain of one: only supported sentences, with the passages that support them."""
        if statement.support and self._quotes(statement):
            self.kept += 1
            text = neutral(statement.text, self._known, quoted=True)
            return [Statement(text, statement.support, statement.quote)]
        text = neutral(statement.text, self._known)
        if not statement.support:
            return [Statement(text, ())] if self._only_leads(text) else []
        checked: list[Statement] = []
        for is_code, unit in units(text, sentences):
            part = self._code(unit, statement) if is_code else await self._sentence(unit, statement)
            if part is not None:
                checked.append(part)
        return list(_merged(checked))

    def _quotes(self, statement: Statement) -> bool:
        """Whether the statement is nothing but words of its first passage."""
        passage = self.evidence[statement.support[0]].text
        return (
            statement.quote is not None
            and not addresses_the_assistant(statement.text)
            and fold(statement.text) in fold(passage)
            and verified_quote(passage, statement.quote) is not None
        )

    def _only_leads(self, text: str) -> bool:
        """Whether text without a source claims nothing: short, and in words of the docs and the question."""
        bare = _BLOCK_MARK.sub("", text).strip()
        short = len(bare.split()) <= _LEAD_WORDS
        known = bare and short and knows(f"{self.question}\n\n{self._known}", bare)
        if bare and not known:
            self.cut += 1
        return not bare or bool(known)

    async def _sentence(self, unit: str, statement: Statement) -> Statement | None:
        bare = _BLOCK_MARK.sub("", unit).strip()
        if not bare or _SEPARATOR.fullmatch(bare):
            return Statement(unit, ())
        if unit.lstrip().startswith("#") or bare.rstrip("*_").endswith(":"):
            return Statement(unit, ()) if self._only_leads(unit) else None
        found = await self._supporting(bare.replace("|", " "), statement.support)
        if found is None:
            self.cut += 1
            return None
        support, quote = found
        if set(support) & set(statement.support):
            self.kept += 1
        else:
            self.moved += 1
        return Statement(unit, support, quote)

    async def _supporting(self, sentence: str, cited: Sequence[int]) -> tuple[tuple[int, ...], str] | None:
        """The cited passages that support a sentence, else the one of the others that does, and its words."""
        holding = [(n, v) for n in cited if (v := await self._judge(sentence, n)).supported]
        if not holding and not self.foreign:
            others = [(n, judge(sentence, p)) for n, p in enumerate(self.evidence) if n not in cited]
            holding = sorted((o for o in others if o[1].supported), key=lambda o: -o[1].share)[:1]
        if not holding:
            return None
        return tuple(n for n, _ in holding), next(iter(holding[0][1].basis), "")

    async def _judge(self, sentence: str, position: int) -> Verdict:
        passage = self.evidence[position]
        verdict = judge(sentence, passage)
        if self.foreign and not verdict.supported:
            return judge_facts(sentence, passage)
        if self.embedder is None or verdict.reason != "words" or verdict.share < ENOUGH_WORDS_WHEN_NEAR:
            return verdict
        try:
            async with asyncio.timeout(_EMBED_SECONDS):
                a, b = await self.embedder.embed([sentence, " ".join(verdict.basis)], "document")
        except (UpstreamError, TimeoutError):
            return verdict
        return judge(sentence, passage, float(np.dot(a, b)))

    def _code(self, unit: str, statement: Statement) -> Statement | None:
        """A fence whose lines stand in the docs; marked where only most of them do."""
        lines = [line for line in unit.splitlines() if not line.lstrip().startswith(("```", "~~~"))]
        code = "\n".join(lines)
        order = (*statement.support, *(n for n in range(len(self.evidence)) if n not in statement.support))
        shares = [(code_stands_in(code, self.evidence[n]), n) for n in order]
        share, position = max(shares, key=lambda s: s[0])
        foreign = any(found not in self._known for found in ADDRESS.findall(code))
        if share < _ADAPTED_LINES or (foreign and share < 1):
            self.cut += 1
            return None
        self.kept += 1
        quote = next(
            (line for line in lines if line.strip() and verified_quote(self.evidence[position].text, line)),
            None,
        )
        return Statement(unit if share == 1 else _ADAPTED + unit, (position,), quote)


def _merged(statements: Sequence[Statement]) -> Iterator[Statement]:
    """Neighbours with the same support as one statement; what leads to nothing is left out."""
    lead = ""
    current: Statement | None = None
    for statement in statements:
        if not statement.support:
            lead += statement.text
        elif current is not None and current.support == statement.support:
            current = Statement(current.text + lead + statement.text, current.support, current.quote)
            lead = ""
        else:
            if current is not None:
                yield current
            current = Statement(lead + statement.text, statement.support, statement.quote)
            lead = ""
    if current is not None:
        yield current
