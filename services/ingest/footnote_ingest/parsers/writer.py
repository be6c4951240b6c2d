"""Markdown tokens back to Markdown text: what a reader sees, without MDX.

`inline_text` writes one run of inline tokens; `BlockWriter` writes blocks inside lists and quotes.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from footnote_ingest.parsers.scanner import Tag, string_literal

_SIGNIFICANT = frozenset("\\`*_[]<>#|~&!")
"""Characters that keep their escape: without it they would mean something in Markdown."""


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
                out.append(tag_text(token.meta["content"]))
            case "html_inline":
                out.append(html_text(token.content))
            case "footnote_ref":
                out.append(token.content)
            case "mdx_expression":
                literal = string_literal(token.meta["content"])
                out.append(literal or "")
            case "text_directive":
                out.append(token.content)
            case "em_open" | "em_close" | "strong_open" | "strong_close" | "s_open" | "s_close":
                out.append(token.markup)
    return "".join(out).strip()


def tag_text(tag: Tag) -> str:
    """What a reader sees of a tag itself: a picture's description."""
    if tag.kind == "close":
        return ""
    return " " if tag.name == "br" else tag.attributes.get("alt", "")


_IMAGE_TEXT = re.compile(r"""<img\s(?:[^>]*?\s)?alt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def html_text(source: str) -> str:
    """As `tag_text`, of a tag or comment in plain Markdown."""
    if image := _IMAGE_TEXT.match(source):
        return html.unescape(image[1] or image[2] or "")
    return " " if re.match(r"<br\b", source, re.IGNORECASE) else ""


def plain_text(tokens: Sequence[Token]) -> str:
    """Text of a heading without Markdown, as it is shown."""
    out: list[str] = []
    for token in tokens:
        match token.type:
            case "text" | "text_special" | "code_inline" | "text_directive":
                out.append(token.content)
            case "softbreak":
                out.append(" ")
            case "image":
                out.append(plain_text(token.children or ()))
            case "mdx_expression":
                out.append(string_literal(token.meta["content"]) or "")
            case "mdx_tag":
                out.append(tag_text(token.meta["content"]))
            case "html_inline":
                out.append(html_text(token.content))
    return " ".join("".join(out).split())


def slug_text(tokens: Sequence[Token]) -> str:
    """Text of a heading as Docusaurus reads it to make the id.

    Expressions count as their source, directives only with their label, and HTML only where it is wrapped in
    other markup or stands alone.
    """
    depth = 0
    out: list[str] = []
    outer_html: list[str] = []
    for token in tokens:
        depth += token.nesting
        match token.type:
            case "text" | "text_special" | "code_inline":
                out.append(token.content)
            case "softbreak":
                out.append("\n")
            case "image":
                out.append(slug_text(token.children or ()))
            case "mdx_expression":
                out.append(token.meta["content"])
            case "text_directive":
                out.append(token.meta["label"])
            case "html_inline":
                (out if depth else outer_html).append(token.content)
    alone = len(outer_html) == len(tokens)
    return "".join(outer_html if alone else out)


def first_text(tokens: Sequence[Token]) -> str:
    """The first piece of text among inline tokens, whatever it is wrapped in."""
    return next((t.content for t in tokens if t.type in ("text", "code_inline") and t.content), "")


_FENCE_TITLE = re.compile(r"""title=("[^"]*"|'[^']*')""")
_HIGHLIGHT_COMMENT = re.compile(
    r"^[ \t]*(?://|/\*|\{/\*|#|<!--|--)[ \t]*highlight-(?:next-line|start|end)[ \t]*(?:\*/\}?|-->)?[ \t]*\n",
    re.M,
)
"""Lines that Docusaurus turns into a background colour."""


def fence_text(token: Token) -> str:
    """A code block with its language and title; what only colours lines is left out."""
    language = token.info.split()[0] if token.info.split() and token.info.split()[0][0] not in "{" else ""
    title = _FENCE_TITLE.search(token.info)
    info = " ".join(part for part in (language, f"title={title[1]}" if title else "") if part)
    fence = token.markup or "```"
    code = _HIGHLIGHT_COMMENT.sub("", token.content)
    return f"{fence}{info}\n{code.rstrip(chr(10))}\n{fence}"


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
