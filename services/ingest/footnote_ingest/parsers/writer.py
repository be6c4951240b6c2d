"""Markdown tokens back to Markdown text: what a reader sees, without MDX.

`inline_text` writes one run of inline tokens; `BlockWriter` writes blocks inside lists and quotes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from footnote_ingest.parsers.mdx import Tag

_SIGNIFICANT = frozenset("\\`*_[]<>#|~&!")
"""Characters that keep their escape: without it they would mean something in Markdown."""

_STRING = re.compile(
    r"""\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\$]|\\.|\$(?!\{))*)`)\s*"""
)


def string_literal(expression: str) -> str | None:
    """The value of a JavaScript expression that is one string, else None."""
    match = _STRING.fullmatch(expression)
    if match is None:
        return None
    body = next(group for group in match.groups() if group is not None)
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), body)


def inline_text(tokens: Sequence[Token]) -> str:
    """Markdown of inline tokens: links keep their text, images their description, tags vanish."""
    out: list[str] = []
    for token in tokens:
        match token.type:
            case "text":
                out.append(token.content)
            case "text_special":
                out.append(token.markup if token.content in _SIGNIFICANT else token.content)
            case "code_inline":
                edge = " " if token.content[:1] == "`" or token.content[-1:] == "`" else ""
                out.append(f"{token.markup}{edge}{token.content}{edge}{token.markup}")
            case "softbreak":
                # A dropped tag may have left a space already.
                out.append("" if "".join(out[-2:]).endswith(" ") else " ")
            case "hardbreak":
                out.append("\n")
            case "image":
                out.append(inline_text(token.children or ()))
            case "mdx_tag":
                tag: Tag = token.meta["content"]
                out.append(" " if tag.name == "br" else "")
            case "mdx_expression":
                literal = string_literal(token.meta["content"])
                out.append(literal or "")
            case "text_directive":
                out.append(token.content)
            case "em_open" | "em_close" | "strong_open" | "strong_close" | "s_open" | "s_close":
                out.append(token.markup)
    return "".join(out).strip()


def plain_text(tokens: Sequence[Token], *, for_slug: bool = False) -> str:
    """Text of a heading without Markdown.

    for_slug  as Docusaurus reads it to make the id: expressions count as their source, directives
              only with their label
    """
    out: list[str] = []
    for token in tokens:
        match token.type:
            case "text" | "text_special" | "code_inline":
                out.append(token.content)
            case "softbreak":
                out.append("\n" if for_slug else " ")
            case "image":
                out.append(plain_text(token.children or (), for_slug=for_slug))
            case "mdx_expression":
                source: str = token.meta["content"]
                out.append(source if for_slug else string_literal(source) or "")
            case "text_directive":
                out.append(token.meta["label"] if for_slug else token.content)
    text = "".join(out)
    return text if for_slug else " ".join(text.split())


def first_text(tokens: Sequence[Token]) -> str:
    """The first piece of text among inline tokens, whatever it is wrapped in."""
    return next((t.content for t in tokens if t.type in ("text", "code_inline") and t.content), "")


@dataclass(slots=True)
class _Box:
    """A list item or quote around what is written: its marker stands before the first line only.

    tight  the list has no blank lines between its items
    fresh  nothing of the box is written yet
    """

    marker: str
    indent: str
    tight: bool | None = None
    fresh: bool = True
    first_item: bool = True


class BlockWriter:
    """Collects blocks as Markdown; containers around them are opened and closed by the caller."""

    def __init__(self) -> None:
        self._boxes: list[_Box] = []
        self._base = 0
        self._lines: list[str] = []

    def open_box(self, marker: str, *, tight: bool | None = None, first_item: bool = True) -> None:
        """Enter a quote (marker `> `, `tight` None) or a list item (marker `- ` or `1. `)."""
        indent = marker if tight is None else " " * len(marker)
        self._boxes.append(_Box(marker, indent, tight, first_item=first_item))

    def close_box(self) -> None:
        self._boxes.pop()
        self._base = min(self._base, len(self._boxes))

    def write(self, block: str) -> None:
        """Add one block: a paragraph, a code fence, a table."""
        if not block.strip("\n"):
            return
        boxes = self._boxes[self._base :]
        if self._lines and not self._joins(boxes):
            quoted = "".join(box.indent for box in boxes if not box.fresh).rstrip()
            self._lines.append(quoted)
        for line in block.split("\n"):
            prefix = "".join(box.marker if box.fresh else box.indent for box in boxes)
            for box in boxes:
                box.fresh = False
            self._lines.append((prefix + line) if line.strip() else prefix.rstrip())

    @staticmethod
    def _joins(boxes: Sequence[_Box]) -> bool:
        """Whether the next block follows the last line without a blank one, as in a tight list."""
        for box in reversed(boxes):
            if box.tight is None:
                return False
            if not (box.fresh and box.first_item):
                return box.tight
        return False

    def take(self) -> str:
        """The text so far; what follows starts at the left margin even inside an open container."""
        text = "\n".join(self._lines).strip("\n")
        self._lines = []
        self._base = len(self._boxes)
        return text


def table_text(rows: Sequence[Sequence[str]], alignments: Sequence[str]) -> str:
    """A Markdown table; the first row is its header. Alignments: `left`, `center`, `right` or empty."""
    rules = {"left": ":--", "center": ":-:", "right": "--:"}
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join(rules.get(a, "---") for a in alignments) + " |")
    return "\n".join(lines)
