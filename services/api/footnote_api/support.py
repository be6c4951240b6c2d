"""Whether a passage says what a sentence claims (pure).

Words may differ a little; facts may not. The sentence is laid beside the few sentences of the
passage that it seems to be made of, its *basis*. Its words must mostly stand there or around; its
numbers, names and code must all stand there; and it must deny what they deny and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from footnote_api.answerers.blocks import blocks, sentences
from footnote_api.injection import addresses_the_assistant
from footnote_api.said import SOFT, Said, denials, numbers_in, said_in, words_beside, words_in
from footnote_core.index.terms import terms
from footnote_core.models import Passage

Reason = Literal["", "words", "number", "name", "negation", "opposite"]

ENOUGH_WORDS = 0.72
"""Least share of a sentence's telling words that must stand in the passage."""
NEAR = 0.8
"""Nearness in meaning to its basis from which a sentence may use more words of its own …"""
ENOUGH_WORDS_WHEN_NEAR = 0.55
"""… down to this share. The labelled pairs of the contract tests chose all three."""
_TELLING_WHEN_NEAR = 6
"""In a shorter sentence one strange word changes everything and the meaning of the whole hardly."""
_ENOUGH_OF_BASIS = 0.6
"""Least share of the telling words that must stand in the basis itself, not just anywhere in the passage."""
_BASIS = 3
_ADDS = 0.1
"""At most so many sentences are a basis; each must add this share of the telling words."""

_NEARLY_ALL = 0.9
"""Share of a claim's words from which one sentence of the passage is what it repeats."""
_CLAUSE_WORDS = 3
_ENOUGH_OF_CLAUSE = 0.45
"""A clause of at least so many telling words must share so many of them with the passage."""

_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
"""Comments: no reader sees them, so they say nothing."""
_CLAUSE_END = re.compile(r"[,;:—]\s+|\s+(?:and|but)\s+")
_OPPOSITES = tuple(
    (frozenset(a.split()), frozenset(b.split()))
    for a, b in (
        ("enable enabled enables on true", "disable disabled disables off false"),
        ("always", "never sometimes"),
        ("before earlier", "after afterwards later"),
        ("required mandatory", "optional voluntary"),
        ("include includes included including", "exclude excludes excluded excluding omit omits"),
        ("minimum least smallest shortest lowest", "maximum most largest longest highest"),
        ("more greater larger longer faster higher above", "less fewer smaller shorter slower lower below"),
        ("add adds added adding", "remove removes removed removing delete deletes deleted"),
        ("start starts started begin begins", "stop stops stopped end ends ended"),
        ("internal inside", "external outside"),
        ("valid", "invalid"),
        ("open opens opened", "close closes closed"),
        ("allow allows allowed accept accepts accepted", "forbid forbids forbidden refuse refuses refused reject rejects rejected deny denied"),
        ("public", "private"),
        ("keep keeps kept", "drop drops dropped discard discards discarded lose loses lost"),
        ("same", "different other another"),
        ("first", "last"),
        ("client browser", "server"),
        ("read reads reading", "write writes writing written"),
        ("succeed succeeds success", "fail fails failure failed"),
        ("known", "unknown"),
        ("online", "offline"),
        ("with", "without"),
        ("all every", "none"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """supported  whether the passage says it
    reason     what it does not say: the kind of the first thing that is missing
    share      share of the telling words that stand in the passage
    basis      the sentences of the passage that say it, the one that says most first
    """

    supported: bool
    reason: Reason
    share: float
    basis: tuple[str, ...]


def judge(sentence: str, passage: Passage, nearness: float | None = None) -> Verdict:
    """Whether `passage` supports `sentence`. `nearness`: cosine of sentence and passage, where known.

    Parts that a semicolon divides are judged one by one.
    """
    verdicts = [_judge(part, passage, nearness) for part in _parts_of(sentence)]
    basis = tuple(dict.fromkeys(text for verdict in verdicts for text in verdict.basis))
    worst = next((v for v in verdicts if not v.supported), verdicts[0])
    return Verdict(worst.supported, worst.reason, min(v.share for v in verdicts), basis)


def _judge(sentence: str, passage: Passage, nearness: float | None) -> Verdict:
    claim = said_in(sentence, passage.locale)
    facts = _facts(passage)
    basis = _basis(claim, facts.sentences)
    texts = tuple(said.text for said in basis)
    telling = claim.words - SOFT
    if not telling and not claim.numbers and not claim.names:
        return Verdict(False, "words", 0.0, texts)
    around = facts.trail.words.union(*(said.words for said in basis))
    share = _share(telling, facts.words)
    near = nearness is not None and nearness >= NEAR and len(telling) >= _TELLING_WHEN_NEAR
    reason: Reason = ""
    if (
        share < (ENOUGH_WORDS_WHEN_NEAR if near else ENOUGH_WORDS)
        or (_share(telling, around) < _ENOUGH_OF_BASIS and not near)
        or _has_a_strange_clause(sentence, facts.words, passage.locale)
    ):
        reason = "words"
    elif not _numbers_stand(claim, basis, facts):
        reason = "number"
    elif not _names_stand(claim, basis, facts):
        reason = "name"
    elif _denies_otherwise(claim, basis):
        reason = "negation"
    elif _says_the_opposite(claim, facts.trail.spoken.union(*(said.spoken for said in basis))):
        reason = "opposite"
    return Verdict(not reason, reason, share, texts)


def judge_facts(sentence: str, passage: Passage) -> Verdict:
    """Whether the numbers, names and code of a translated sentence stand in `passage`; words are not compared.

    The basis are the sentences that hold most of them, or the first one.
    """
    claim, facts = said_in(sentence), _facts(passage)
    names = {name for name in claim.names if not name.isalpha()}
    holding = sorted(
        facts.sentences, key=lambda s: -len(claim.numbers & s.numbers) - sum(name in s.text for name in names)
    )
    stands = _names_stand(replace(claim, names=frozenset(names)), list(facts.sentences), facts)
    numbers = claim.numbers <= facts.trail.numbers.union(*(said.numbers for said in facts.sentences))
    basis = tuple(said.text for said in holding[:1])
    if not numbers or not stands or not basis:
        return Verdict(False, "name" if numbers else "number", 0.0, basis)
    return Verdict(True, "", 0.0, basis)


def knows(text: str, phrase: str, locale: str = "en") -> bool:
    """Whether `phrase` says nothing that is not in `text`: most words, and every number and name."""
    said = said_in(phrase, locale)
    return (
        _share(said.words - SOFT, frozenset(terms(text, locale))) >= ENOUGH_WORDS
        and all(name in text for name in said.names)
        and said.numbers <= numbers_in(text)
    )


def code_stands_in(code: str, passage: Passage) -> float:
    """The share of the lines of `code` that stand in the passage, white space aside."""
    lines = [_squeezed(line) for line in code.splitlines() if _squeezed(line)]
    known = {_squeezed(line) for line in passage.text.splitlines()}
    return sum(line in known for line in lines) / len(lines) if lines else 0.0


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a passage says, and the headings above it."""

    sentences: tuple[Said, ...]
    trail: Said
    words: frozenset[str]


@lru_cache(maxsize=512)
def _facts_of(trail: str, text: str, locale: str) -> _Facts:
    found = tuple(
        said_in(part, locale) for part in _parts(_HIDDEN.sub("", text)) if not addresses_the_assistant(part)
    )
    above = said_in(trail, locale)
    return _Facts(found, above, above.words.union(*(said.words for said in found)))


def _parts_of(sentence: str) -> list[str]:
    parts = re.split(r";\s+", sentence)
    return parts if all(len(part.split()) > _CLAUSE_WORDS for part in parts) else [sentence]


def _facts(passage: Passage) -> _Facts:
    trail = " › ".join(part for part in (passage.title, *passage.path, passage.heading or "") if part)
    return _facts_of(trail, passage.text, passage.locale)


def _parts(markdown: str) -> Iterator[str]:
    """Sentences, list items, table rows and lines of code: the least that says something."""
    for block in blocks(markdown):
        if block.kind in ("code", "table"):
            yield from filter(str.strip, block.text.splitlines())
        else:
            for line in block.text.split("\n\n"):
                yield from sentences(line)


def _basis(claim: Said, candidates: tuple[Said, ...]) -> list[Said]:
    """The few sentences that together hold most of the claim's words, the one that holds most first.

    Numbers and names do not choose: a wrong one would lead to wherever else it stands.
    """
    missing = set((claim.prose or claim.words) - SOFT) or set(claim.words)
    total = len(missing)
    chosen: list[int] = []
    while missing and len(chosen) < _BASIS:
        gains = [(len(missing & c.words), len(claim.words & c.words), -len(c.words)) for c in candidates]
        best = max(range(len(candidates)), key=gains.__getitem__, default=None)
        if best is None or best in chosen or gains[best][0] < max(1, _ADDS * total):
            break
        chosen.append(best)
        missing -= candidates[best].words
    return [candidates[n] for n in chosen]


def _share(telling: frozenset[str], words: frozenset[str]) -> float:
    return len(telling & words) / len(telling) if telling else 1.0


def _numbers_stand(claim: Said, basis: list[Said], facts: _Facts) -> bool:
    """Whether every number stands in the basis, or in the headings, beside a word it stands beside here.

    Where one sentence says nearly all of the claim, it must say the numbers too.
    """
    missing = claim.numbers - facts.trail.numbers
    if basis and _says_nearly_all(basis[0], claim):
        return missing <= basis[0].numbers
    return all(any(words_beside(n, claim.text) & words_beside(n, s.text) for s in basis) for n in missing)


def _names_stand(claim: Said, basis: list[Said], facts: _Facts) -> bool:
    """Whether every name stands in the basis or the headings, as written, not inside a longer one."""
    for name in claim.names:
        pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        if not any(pattern.search(said.text) for said in (*basis, facts.trail)):
            return False
    return True


def _says_nearly_all(said: Said, claim: Said) -> bool:
    return _share(claim.prose - SOFT, said.words) >= _NEARLY_ALL


def _denies_otherwise(claim: Said, basis: list[Said]) -> bool:
    """Whether the claim denies what its basis does not, or leaves a denial of it out."""
    denied = list(denials(claim.text))
    source = [words for said in basis for words in denials(said.text)]
    if len(denied) > len(source):
        return True
    for words in denied:
        if not any(words & other or not words for other in source):
            return True
    repeated = [words for words in source if words and words <= claim.words]
    return len(repeated) > len(denied) or any(not any(w & other for other in denied) for w in repeated)


def _says_the_opposite(claim: Said, around: frozenset[str]) -> bool:
    """Whether a word of the claim is missing from its basis, and its opposite stands there."""
    for ours, theirs in (*_OPPOSITES, *((b, a) for a, b in _OPPOSITES)):
        if claim.spoken & ours and not around & ours and around & theirs:
            return True
    return False


def _has_a_strange_clause(sentence: str, words: frozenset[str], locale: str) -> bool:
    """Whether a part of the sentence between commas or "and" says what stands nowhere in `words`."""
    for clause in _CLAUSE_END.split(sentence):
        telling = words_in(clause, locale) - SOFT
        if len(telling) >= _CLAUSE_WORDS and _share(telling, words) < _ENOUGH_OF_CLAUSE:
            return True
    return False


def _squeezed(line: str) -> str:
    return re.sub(r"\s+", "", line)
