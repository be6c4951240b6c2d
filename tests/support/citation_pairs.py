"""Labelled pairs of a sentence and a passage: does the passage support the sentence?

`python -m tests.support.citation_pairs` writes `tests/contract/citation_pairs.jsonl` from the pages
of the manual. Each pair starts from a sentence that stands in a section of a page. An edit that
keeps its meaning gives a supported sentence, an edit that changes one fact gives one that is not
supported; the edit decides the label, nobody's opinion. Pairs are made in the same order every
time; an edit that could be true by chance (the other number or name stands in the same sentence of
the passage, the other passage holds the sentence too) is left out.
"""

import asyncio
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from footnote_api.answerers.blocks import blocks, sentences
from footnote_core.models import Page, Passage
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources.files import FilesSource

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/contract/citation_pairs.jsonl"
_PASSAGE_CHARACTERS = 1_200
_OF_EACH_EDIT = 40


@dataclass(frozen=True)
class Pair:
    """A sentence, the passage it is said to come from, and whether it does. `edit` made it."""

    edit: str
    supported: bool
    sentence: str
    title: str
    heading: str | None
    passage: str

    def as_passage(self) -> Passage:
        return Passage(
            "1", "/docs/x", self.title, "x.md", "x", self.heading, (), self.passage, 0, "current", "en", 1.0
        )


@dataclass(frozen=True)
class Place:
    """A sentence where it stands. `page` is the text of its whole page."""

    sentence: str
    after: str
    title: str
    heading: str | None
    passage: str
    page: str


Edit = Callable[[Place, random.Random], str | None]
"""The edited sentence, None where the edit does not apply."""

_LEADS = ("In short, ", "Note that ", "According to the documentation, ", "As described, ")
_SYNONYMS = (
    (r"\bcontains\b", "includes"), (r"\bneeds\b", "requires"), (r"\bmust be\b", "needs to be"),
    (r"\bshows\b", "displays"), (r"\bbuilds\b", "creates"), (r"\bmakes\b", "produces"),
    (r"\bbecause\b", "since"), (r"\bsuch as\b", "like"), (r"\bis used\b", "is being used"),
    (r"\bonly if\b", "only when"), (r"\bYou can\b", "It is possible to"), (r"\ballows you to\b", "lets you"),
    (r"\bwants?\b", "would like"), (r"\bhave to\b", "must"), (r"\bgives\b", "provides"), (r"\bdo not\b", "don't"),
    (r"\bdoes not\b", "doesn't"), (r"\bis not\b", "isn't"), (r"\bwhen\b", "as soon as"), (r"\bWhen\b", "If"),
    (r"\balso\b", "in addition"), (r"\bevery\b", "each"), (r"\bare kept\b", "remain"), (r"\bnear\b", "close to"),
    (r"\bwhole\b", "entire"), (r"\bwithin\b", "in"), (r"\bsays\b", "states"), (r"\bsends\b", "transmits"),
)  # fmt: skip
_OPPOSITES = (
    ("before", "after"), ("always", "sometimes"), ("first", "last"), ("more", "less"), ("enabled", "disabled"),
    ("required", "optional"), ("true", "false"), ("with", "without"), ("maximum", "minimum"), ("most", "least"),
    ("same", "different"), ("starts", "stops"), ("kept", "discarded"), ("allowed", "forbidden"), ("on", "off"),
    ("known", "unknown"), ("reads", "writes"), ("server", "browser"), ("newer", "older"), ("adds", "removes"),
    ("refused", "accepted"), ("longer", "shorter"), ("higher", "lower"), ("inside", "outside"),
)  # fmt: skip
_INVENTED = (
    ", which also works with Kubernetes", " and sends a report by e-mail every Friday",
    ", but premium customers get a telephone hotline", " and encrypts everything with quantum-safe keys",
    ", a feature that was donated by a Swiss bank", " and supports voice commands in Portuguese",
)  # fmt: skip
_NAME = re.compile(r"`[^`\n]+`")
_NUMBER = re.compile(r"(?<![\w.`/-])\d+(?:,\d{3})*(?![\w`/-]|\.\d)")
_TO_DENY = re.compile(r"\b(is|are|can|must|does|will|has|was)\b(?! not\b|n't| never\b| no\b)")
_DENIED = re.compile(r"\b(is|are|can|must|do|does|will|has) ?(?:not|never) ")


def lead(place: Place, chance: random.Random) -> str | None:
    first = place.sentence[0]
    rest = place.sentence if not first.isalpha() or place.sentence[:2].isupper() else None
    return chance.choice(_LEADS) + (rest or first.lower() + place.sentence[1:])


def verbatim(place: Place, _: random.Random) -> str | None:
    return place.sentence.replace("**", "")


def reworded(place: Place, _: random.Random) -> str | None:
    said, changes = place.sentence, 0
    for pattern, other in _SYNONYMS:
        said, n = re.subn(pattern, other, said, count=1)
        changes += n
        if changes == 2:
            break
    return said if changes else None


def shortened(place: Place, _: random.Random) -> str | None:
    said = re.sub(
        r" \([^)]*\)|, (?:which|so that|for example|such as|because)\b[^,.]*(?=\.$)", "", place.sentence
    )
    return said if said != place.sentence and len(said.split()) >= 5 else None


def turned_round(place: Place, _: random.Random) -> str | None:
    found = re.fullmatch(r"(If|When|Without|With|In|For|After|Before) ([^,]+), ([^,]+)\.", place.sentence)
    if not found:
        return None
    return f"{found[3][0].upper()}{found[3][1:]} {found[1].lower()} {found[2]}."


def joined(place: Place, _: random.Random) -> str | None:
    if not place.after or len(place.after.split()) > 25:
        return None
    return f"{place.sentence.rstrip('.')}; {place.after[0].lower() + place.after[1:] if place.after[:2].istitle() else place.after}"


def wrong_number(place: Place, chance: random.Random) -> str | None:
    found = list(_NUMBER.finditer(place.sentence))
    if not found:
        return None
    one = chance.choice(found)
    other = str(int(one.group().replace(",", "")) * 3 + 7)
    return (
        None
        if other in place.passage
        else place.sentence[: one.start()] + other + place.sentence[one.end() :]
    )


def number_of_the_passage(place: Place, chance: random.Random) -> str | None:
    found = list(_NUMBER.finditer(place.sentence))
    others = sorted(set(_NUMBER.findall(place.passage)) - {m.group() for m in found})
    if not found or not others:
        return None
    one = chance.choice(found)
    return place.sentence[: one.start()] + chance.choice(others) + place.sentence[one.end() :]


def denied(place: Place, _: random.Random) -> str | None:
    said, n = _TO_DENY.subn(lambda m: m.group() + " not", place.sentence, count=1)
    return said if n else None


def affirmed(place: Place, _: random.Random) -> str | None:
    said, n = _DENIED.subn(lambda m: m.group(1) + " ", place.sentence, count=1)
    return said if n else None


def wrong_name(place: Place, chance: random.Random) -> str | None:
    found = _NAME.findall(place.sentence)
    others = sorted(
        name
        for name in set(_NAME.findall(place.page))
        if len(name) > 4 and not any(name.strip("`()") in f or f.strip("`()") in name for f in found)
    )
    if not found or not others:
        return None
    return place.sentence.replace(chance.choice(found), chance.choice(others), 1)


def opposite(place: Place, _: random.Random) -> str | None:
    for a, b in (*_OPPOSITES, *((b, a) for a, b in _OPPOSITES)):
        if re.search(rf"\b{a}\b", place.sentence) and not re.search(rf"\b{b}\b", place.sentence):
            return re.sub(rf"\b{a}\b", b, place.sentence, count=1)
    return None


def invented(place: Place, chance: random.Random) -> str | None:
    return place.sentence.rstrip(".") + chance.choice(_INVENTED) + "."


KEEPS: tuple[Edit, ...] = (verbatim, lead, reworded, shortened, turned_round, joined)
BREAKS: tuple[Edit, ...] = (
    wrong_number, number_of_the_passage, denied, affirmed, wrong_name, opposite, invented,
)  # fmt: skip


def places(pages: Sequence[Page]) -> Iterator[Place]:
    """Every sentence of the prose and the lists that can stand alone."""
    for page in pages:
        whole = "\n\n".join(section.text for section in page.sections)
        for section in page.sections:
            passage = section.text
            if len(passage) > _PASSAGE_CHARACTERS:
                passage = passage[:_PASSAGE_CHARACTERS].rpartition("\n\n")[0]
            for block in blocks(passage):
                if block.kind != "prose":
                    continue
                found = [" ".join(s.split()) for s in sentences(block.text)]
                for sentence, after in zip(found, [*found[1:], ""], strict=True):
                    if 6 <= len(sentence.split()) <= 40 and sentence.endswith("."):
                        yield Place(sentence, after, page.title, section.heading, passage, whole)


def pairs(pages: Sequence[Page], of_each: int = _OF_EACH_EDIT) -> list[Pair]:
    """At most `of_each` pairs of every edit, and as many with a passage of another page."""
    chance = random.Random(5)
    found = list(places(pages))
    made: list[Pair] = []
    for supported, edits in ((True, KEEPS), (False, BREAKS)):
        for edit in edits:
            order = chance.sample(found, len(found))
            said = ((place, edit(place, chance)) for place in order)
            kept = [(p, s) for p, s in said if (s and s != p.sentence) or (s and edit is verbatim)][:of_each]
            made += [Pair(edit.__name__, supported, s, p.title, p.heading, p.passage) for p, s in kept]
    for place in chance.sample(found, min(2 * of_each, len(found))):
        other = chance.choice([p for p in found if p.page != place.page and place.sentence not in p.passage])
        made.append(Pair("wrong_passage", False, place.sentence, other.title, other.heading, other.passage))
    return made


async def read(site: Path) -> list[Page]:
    urls = SiteUrls("/", "/docs", None)
    return [page async for page in FilesSource(site, urls).pages() if isinstance(page, Page)]


def load() -> list[Pair]:
    """The committed pairs."""
    return [Pair(**json.loads(line)) for line in DATA.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    lines = (
        json.dumps(asdict(p), ensure_ascii=False) for p in pairs(asyncio.run(read(ROOT / "services/web")))
    )
    DATA.write_text("\n".join(lines) + "\n", encoding="utf-8")
