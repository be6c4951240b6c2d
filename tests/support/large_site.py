"""A documentation site of any size: real pages repeated, each copy with words of its own."""

import random
import re
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_WORD = re.compile(r"\b[a-z]{5,}\b")
_SYLLABLES = "ba co du fe gi ha jo ku le mi no pa qui ro su ta ve wo xi zu".split()


def write_large_site(root: Path, pages: int, originals: Path, seed: int = 1) -> list[Path]:
    """`pages` pages below `root/docs`, made of those in `originals` in turn; returns their paths.

    In every copy one word in twelve is another, so that no two texts and vectors are the same and the
    vocabulary grows as that of real docs does.
    """
    texts = [_FRONT_MATTER.sub("", p.read_text("utf-8")) for p in _markdown(originals)]
    written = []
    for number, text in zip(range(pages), cycle(texts), strict=False):
        path = root / "docs" / f"part-{number // 100}" / f"page-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_mutated(text, random.Random(f"{seed} {number}")), "utf-8")
        written.append(path)
    return written


def _markdown(folder: Path) -> Sequence[Path]:
    """Plain Markdown only: MDX imports would have to be moved with their pages."""
    return sorted(
        p
        for p in folder.rglob("*.md*")
        if not p.name.startswith("_")
        and "import " not in p.read_text("utf-8")
        and "slug:" not in p.read_text("utf-8")
    )


def _mutated(text: str, chance: random.Random) -> str:
    own = ["".join(chance.choices(_SYLLABLES, k=3)) for _ in range(40)]
    fenced = False
    lines = []
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        changeable = not fenced and "](" not in line and "<" not in line and "{" not in line
        lines.append(_WORD.sub(lambda m: _swap(m[0], own, chance), line) if changeable else line)
    return "\n".join(lines) + "\n"


def _swap(word: str, own: Sequence[str], chance: random.Random) -> str:
    return chance.choice(own) if chance.random() < 1 / 12 else word
