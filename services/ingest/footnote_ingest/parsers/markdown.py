"""Markdown and MDX pages to sections whose anchors are the ids that Docusaurus gives.

Kept: prose, code with its language and title, tables, lists, admonition titles, the content of JSX
elements. Dropped: imports, exports, tags and their attributes, expressions, comments, link targets.
An imported `.md`/`.mdx` file that stands as `<Name/>` is read in place, with ids of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from markdown_it.token import Token

from footnote_core.models import Section
from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.front_matter import FrontMatter, split_front_matter
from footnote_ingest.parsers.mdx import MdxSyntaxError, Tag, build_parser
from footnote_ingest.parsers.text import content_title, normalize_lines, unwrap_mdx_code_blocks
from footnote_ingest.parsers.writer import (
    BlockWriter,
    first_text,
    inline_text,
    plain_text,
    string_literal,
    table_text,
)
from footnote_ingest.routes import Slugger, explicit_id


@dataclass(frozen=True, slots=True)
class Partial:
    """An imported Markdown file: its name for messages (unique) and its text.

    removes_title  as in `parse`
    """

    name: str
    text: str
    removes_title: bool = False


PartialLoader = Callable[[str, str], Partial | None]
"""(import specifier, name of the importing file) -> the partial, None when it cannot be read."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page. `notes` are (line, message) of what is missing from it, an absent partial say."""

    title: str
    front_matter: FrontMatter
    sections: tuple[Section, ...]
    notes: tuple[tuple[int, str], ...] = ()


def parse(
    text: str,
    *,
    name: str,
    fallback_title: str,
    partial: PartialLoader | None = None,
    removes_title: bool = False,
    maintain_case: bool = False,
) -> Document:
    """Read one page. Raises ParseError when its front matter or MDX is broken.

    name            file name; `.mdx` is held to MDX's grammar, `.md` may be plain Markdown
    fallback_title  for a page without a title and without an h1
    removes_title   the h1 that the file starts with is taken out before ids are given, as in a blog
    maintain_case   ids keep capitals
    """
    front_matter, body, first_line = split_front_matter(normalize_lines(text))
    reader = _Reader(partial, maintain_case)
    reader.read(body, name, first_line, removes_title=removes_title)
    title = front_matter.title or content_title(body) or fallback_title
    return Document(title, front_matter, tuple(reader.finish()), tuple(reader.notes))


_PARTIAL_IMPORT = re.compile(r"""import\s+(\w+)(?:\s*,\s*\{[^}]*\})?\s+from\s+['"]([^'"]+\.mdx?)['"]""")
_HIDDEN_ELEMENTS = frozenset({"head", "Head", "style", "script"})
"""Elements whose content no reader sees on the page."""
_CODE_ELEMENTS = frozenset({"CodeBlock", "pre", "code"})
_ROW_TABLE = "APITable"
"""Component of Docusaurus' own site that others copied: a row's id is the first text of its first cell."""
_FENCE_TITLE = re.compile(r"""title=("[^"]*"|'[^']*')""")
_HIGHLIGHT_COMMENT = re.compile(
    r"^[ \t]*(?://|/\*|\{/\*|#|<!--|--)[ \t]*highlight-(?:next-line|start|end)[ \t]*(?:\*/\}?|-->)?[ \t]*\n",
    re.M,
)
"""Lines that Docusaurus turns into a background colour."""


@dataclass(slots=True)
class _File:
    """One file being read: the page itself or a partial in it."""

    name: str
    mdx: bool
    first_line: int
    fixed_line: int | None  # a partial's sections stand at the line that includes it
    env: dict[str, object]
    slugger: Slugger
    partials: dict[str, str]
    tags: list[tuple[str, int]]
    removes_title: bool  # while nothing but its first heading may be the title
    row_prefix: str | None = None  # of the ids of the rows in an open <APITable>

    @property
    def hides(self) -> bool:
        """Whether an element is open whose content no reader sees."""
        return any(tag in _HIDDEN_ELEMENTS for tag, _ in self.tags)

    def line(self, token: Token) -> int:
        return self.fixed_line or (token.map[0] if token.map else 0) + self.first_line


class _Reader:
    """Walks the tokens of a page, and of the partials in it, and collects sections."""

    def __init__(self, load_partial: PartialLoader | None, maintain_case: bool) -> None:
        self._load_partial = load_partial
        self._maintain_case = maintain_case
        self._open_files: list[str] = []
        self._sections: list[Section] = []
        self._current = Section(None, None, 1, (), "", 1)
        self._above: list[tuple[int, str]] = []
        self._rows: list[tuple[str, str]] = []
        self._seen_heading = False
        self._writer = BlockWriter()
        self.notes: list[tuple[int, str]] = []

    def finish(self) -> list[Section]:
        self._close_section()
        taken = {section.anchor for section in self._sections}
        return [replace(s, rows=_first_ids(s.rows, taken)) if s.rows else s for s in self._sections]

    def read(
        self,
        text: str,
        name: str,
        first_line: int = 1,
        fixed_line: int | None = None,
        *,
        removes_title: bool = False,
    ) -> None:
        mdx = name.endswith(".mdx")
        slugger = Slugger(maintain_case=self._maintain_case)
        file = _File(name, mdx, first_line, fixed_line, {"mdx": mdx}, slugger, {}, [], removes_title)
        self._open_files.append(name)
        if not self._sections and not self._seen_heading and fixed_line is None:
            self._current = replace(self._current, line=first_line)
        try:
            tokens = build_parser(mdx=mdx).parse(unwrap_mdx_code_blocks(text), file.env)
        except MdxSyntaxError as error:
            raise ParseError(error.message, first_line + text.count("\n", 0, error.offset)) from error
        self._walk(tokens, file)
        if mdx and file.tags:
            tag, line = file.tags[-1]
            raise ParseError(f"<{tag}> is never closed", line)
        self._open_files.pop()

    def _walk(self, tokens: Sequence[Token], file: _File) -> None:
        lists: list[tuple[bool, int]] = []  # (tight, items so far)
        i = 0
        while i < len(tokens):
            token = tokens[i]
            match token.type:
                case "heading_open":
                    self._heading(int(token.tag[1]), tokens[i + 1], file)
                    i += 2
                case "paragraph_open":
                    self._paragraph(tokens[i + 1], file)
                    i += 2
                case "fence" | "code_block":
                    self._write(_fence_text(token), file)
                case "table_open":
                    i = self._table(tokens, i, file)
                case "blockquote_open":
                    self._writer.open_box("> ")
                case "bullet_list_open" | "ordered_list_open":
                    lists.append((_is_tight(tokens, i), 0))
                case "list_item_open":
                    tight, items = lists[-1]
                    lists[-1] = (tight, items + 1)
                    marker = f"{token.info}{token.markup} "
                    self._writer.open_box(marker, tight=tight, first_item=items == 0)
                case "blockquote_close" | "list_item_close":
                    self._writer.close_box()
                case "bullet_list_close" | "ordered_list_close":
                    lists.pop()
                case "hr":
                    file.removes_title = False
                case "directive":
                    if token.content:
                        title = inline_text(self._inline(token, file)).replace("**", "")
                        self._write(f"**{title}**", file)
                case "mdx_module":
                    file.partials.update(_PARTIAL_IMPORT.findall(token.content))
                case "mdx_tag":
                    self._tag(token.meta["content"], file.line(token), file)
                    self._include(token.meta["content"], file.line(token), file)
                case "mdx_expression":
                    self._expression(token.meta["content"], file)
            i += 1

    def _write(self, block: str, file: _File) -> None:
        if not file.hides:
            self._writer.write(block)

    def _inline(self, token: Token, file: _File, content: str | None = None) -> list[Token]:
        """Parse the inline content of a block; its tags are checked as they come."""
        content = token.content if content is None else content
        md = build_parser(mdx=file.mdx)
        children: list[Token] = []
        try:
            md.inline.parse(content, md, file.env, children)
        except MdxSyntaxError as error:
            line = file.line(token) + content.count("\n", 0, error.offset)
            raise ParseError(error.message, line) from error
        shown: list[Token] = []
        for child in children:
            if child.type == "mdx_tag":
                line = file.line(token) + content.count("\n", 0, child.meta["offset"])
                self._tag(child.meta["content"], line, file)
            if not file.hides:
                shown.append(child)
        return shown

    def _tag(self, tag: Tag, line: int, file: _File) -> None:
        """Keep track of the open elements. MDX requires that every one is closed; Markdown does not."""
        if tag.name == _ROW_TABLE:
            name = tag.attributes.get("name")
            file.row_prefix = None if tag.kind != "open" else f"{name}-" if name else ""
        if not file.mdx and tag.name not in _HIDDEN_ELEMENTS:
            return
        if tag.kind == "open":
            file.tags.append((tag.name, line))
        elif tag.kind == "close":
            opened = file.tags.pop() if file.tags else None
            if file.mdx and (opened is None or opened[0] != tag.name):
                expected = f"<{opened[0]}> of line {opened[1]} is still open" if opened else "nothing is open"
                raise ParseError(f"</{tag.name}> closes nothing here: {expected}", line)

    def _include(self, tag: Tag, line: int, file: _File) -> None:
        specifier = file.partials.get(tag.name)
        if specifier is None or tag.kind == "close" or self._load_partial is None:
            return
        partial = self._load_partial(specifier, file.name)
        if partial is None:
            self.notes.append((line, f"{specifier} is imported here but cannot be read; its text is missing"))
        elif partial.name in self._open_files:
            self.notes.append((line, f"{specifier} includes itself; it is read once"))
        else:
            text = split_front_matter(normalize_lines(partial.text))[1]
            try:
                self.read(text, partial.name, fixed_line=line, removes_title=partial.removes_title)
            except ParseError as error:
                raise ParseError(f"in {specifier}: {error.message}", line) from error

    def _expression(self, source: str, file: _File) -> None:
        literal = string_literal(source)
        if literal is None:
            return
        in_code = bool(file.tags) and file.tags[-1][0] in _CODE_ELEMENTS
        self._write(f"```\n{literal.strip(chr(10))}\n```" if in_code else literal.strip(), file)

    def _paragraph(self, token: Token, file: _File) -> None:
        children = self._inline(token, file)
        first = next((c for c in children if c.type != "text" or c.content.strip()), None)
        if first is not None and first.type == "mdx_tag":
            tag: Tag = first.meta["content"]
            if re.fullmatch("h[2-6]", tag.name) and tag.attributes.get("id"):
                self._start_section(
                    int(tag.name[1]), plain_text(children), tag.attributes["id"], file.line(token)
                )
                return
        self._write(inline_text(children), file)

    def _heading(self, level: int, token: Token, file: _File) -> None:
        shown, anchor = explicit_id(token.content)
        children = self._inline(token, file, shown)
        removed, file.removes_title = file.removes_title and level == 1, False
        if removed:
            self._seen_heading = True
            return
        if anchor is None:
            anchor = file.slugger.slug(plain_text(children, for_slug=True))
        is_title = level == 1 and not self._seen_heading
        self._seen_heading = True
        if not is_title:
            # The h1 takes a slug but is rendered without an id.
            self._start_section(level, plain_text(children), anchor if level > 1 else None, file.line(token))

    def _start_section(self, level: int, heading: str, anchor: str | None, line: int) -> None:
        self._seen_heading = True
        self._close_section()
        while self._above and self._above[-1][0] >= level:
            self._above.pop()
        path = tuple(text for _, text in self._above)
        self._current = Section(anchor, heading, level, path, "", line)
        self._above.append((level, heading))

    def _close_section(self) -> None:
        text = self._writer.take()
        if text or self._current.heading is not None:
            self._sections.append(replace(self._current, text=text, rows=tuple(self._rows)))
        self._rows = []

    def _table(self, tokens: Sequence[Token], start: int, file: _File) -> int:
        """Write the table that opens at `start`; returns the position of its closing token."""
        rows: list[list[str]] = []
        alignments: list[str] = []
        i = start
        while tokens[i].type != "table_close":
            token = tokens[i]
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "th_open":
                alignments.append(str(token.attrGet("style") or "").removeprefix("text-align:"))
            elif token.type == "inline":
                children = self._inline(token, file)
                rows[-1].append(inline_text(children))
                if len(rows) > 1 and len(rows[-1]) == 1 and file.row_prefix is not None and not file.hides:
                    cell = rows[-1][0].replace("|", "\\|")
                    self._rows.append((cell, file.row_prefix + first_text(children)))
            i += 1
        self._write(table_text(rows, alignments), file)
        return i


def _first_ids(rows: Sequence[tuple[str, str]], taken: set[str | None]) -> tuple[tuple[str, str], ...]:
    """Rows whose ids lead to them: a link to an id that stands on the page before would lead there."""
    first: list[tuple[str, str]] = []
    for cell, anchor in rows:
        if anchor not in taken:
            taken.add(anchor)
            first.append((cell, anchor))
    return tuple(first)


def _fence_text(token: Token) -> str:
    """A code block with its language and title; what only colours lines is left out."""
    language = token.info.split()[0] if token.info.split() and token.info.split()[0][0] not in "{" else ""
    title = _FENCE_TITLE.search(token.info)
    info = " ".join(part for part in (language, f"title={title[1]}" if title else "") if part)
    fence = token.markup or "```"
    code = _HIGHLIGHT_COMMENT.sub("", token.content)
    return f"{fence}{info}\n{code.rstrip(chr(10))}\n{fence}"


def _is_tight(tokens: Sequence[Token], start: int) -> bool:
    """Whether the list that opens at `start` has no blank lines between its parts."""
    level = tokens[start].level
    for token in tokens[start + 1 :]:
        if token.type == "paragraph_open" and token.level == level + 2:
            return token.hidden
        if token.level == level:
            return True
    return True
