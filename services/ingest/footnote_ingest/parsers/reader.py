"""Walks the tokens of a page, and of the partials in it, and collects sections."""

import re
from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from footnote_core.models import Section
from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.dialect import Dialect
from footnote_ingest.parsers.front_matter import split_front_matter
from footnote_ingest.parsers.headings import escape_id, heading_id
from footnote_ingest.parsers.imports import (
    CodeLoader,
    code_block,
    codes_in,
    fence_around,
    fence_file,
    partials_in,
)
from footnote_ingest.parsers.mdx import build_parser
from footnote_ingest.parsers.open_file import NoMdx, OpenFile, OpenHeading, PartialLoader
from footnote_ingest.parsers.outline import Outline
from footnote_ingest.parsers.scanner import MdxSyntaxError, Tag, string_literal
from footnote_ingest.parsers.text import normalize_lines, unwrap_mdx_code_blocks
from footnote_ingest.parsers.tokens import closing, is_tight
from footnote_ingest.parsers.writer import (
    fence_text,
    first_text,
    inline_text,
    plain_text,
    table_text,
    tag_text,
)
from footnote_ingest.routes import Slugger

_FIRST_IMPORTS = re.compile(r"""\A(?:\s*^import\s[^\n]*?['"][^'"\n]+['"];?[ \t]*$)+""", re.MULTILINE)
_CODE_ELEMENTS = frozenset({"CodeBlock", "pre", "code"})
_ROW_TABLE = "APITable"
"""Component of Docusaurus' own site that others copied: a row's id is the first text of its first cell."""


class Reader:
    """Reads one page.

    title       a first h1 of another text is text, and not the page's title; None takes any
    plain       names of `.md` files that are no valid MDX
    everywhere  partials that need no import, by name: specifier, and the file that imports them
    """

    def __init__(
        self,
        load_partial: PartialLoader | None,
        load_code: CodeLoader | None,
        dialect: Dialect,
        title: str | None,
        plain: frozenset[str],
        everywhere: Mapping[str, tuple[str, str]],
    ) -> None:
        self._load_partial = load_partial
        self._load_code = load_code
        self._everywhere = everywhere
        self._dialect = dialect
        self._title = title
        self._plain = plain
        self._open_files: list[str] = []
        self._outline = Outline()
        self._seen_heading = False
        self.notes: list[tuple[int, str]] = []

    def finish(self) -> list[Section]:
        return self._outline.finish()

    def read(
        self,
        text: str,
        name: str,
        first_line: int = 1,
        fixed_line: int | None = None,
        *,
        removes_title: bool = False,
        format: str | None = None,
    ) -> None:
        """Add the sections of a file. Raises ParseError, or NoMdx of a file that may be plain Markdown."""
        chosen = "md" if name in self._plain else self._dialect.format_of(name, format, text)
        slugger = Slugger(maintain_case=self._dialect.maintain_case)
        file = OpenFile(name, chosen, first_line, fixed_line, slugger, removes_title)
        file.env["spaced_titles"] = self._dialect.spaced_titles
        self._open_files.append(name)
        if fixed_line is None:
            self._outline.begin(first_line)
        try:
            self._read(text, file)
        except ParseError as error:
            if chosen == "md" or not name.endswith(".md"):
                raise
            what = "" if fixed_line is None else f"{name}: "
            message = f"{what}is no valid MDX ({error.message}); it is read as plain Markdown"
            raise NoMdx(name, fixed_line or error.line, message) from error
        self._open_files.pop()

    def _read(self, text: str, file: OpenFile) -> None:
        if file.name in self._plain:
            text = _FIRST_IMPORTS.sub(lambda found: "\n" * found[0].count("\n"), text)
        try:
            tokens = build_parser(file.format).parse(unwrap_mdx_code_blocks(text), file.env)
        except MdxSyntaxError as error:
            raise ParseError(error.message, file.first_line + text.count("\n", 0, error.offset)) from error
        self._walk(tokens, file)
        if file.format == "mdx" and file.tags:
            tag, line = file.tags[-1]
            raise ParseError(f"<{tag.name}> is never closed", line)
        self._footnotes(file)

    def _walk(self, tokens: Sequence[Token], file: OpenFile) -> None:
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
                    self._fence(token, file)
                case "html_block":
                    self._html(token, file)
                case "table_open":
                    i = self._table(tokens, i, file)
                case "blockquote_open":
                    self._outline.writer.open_box("> ")
                case "bullet_list_open" | "ordered_list_open":
                    lists.append((is_tight(tokens, i), 0))
                case "list_item_open":
                    tight, items = lists[-1]
                    lists[-1] = (tight, items + 1)
                    marker = f"{token.info}{token.markup} "
                    self._outline.writer.open_box(marker, tight=tight, first_item=items == 0)
                case "blockquote_close" | "list_item_close":
                    self._outline.writer.close_box()
                case "bullet_list_close" | "ordered_list_close":
                    lists.pop()
                case "hr":
                    file.removes_title = False
                case "directive_open" | "directive_leaf":
                    self._write_title(inline_text(self._inline(token, file)), file)
                case "footnote_open":
                    end = closing(tokens, i)
                    file.notes.setdefault(token.meta["key"], (token.meta["label"], tokens[i + 1 : end]))
                    i = end
                case "mdx_module":
                    file.partials.update(partials_in(token.content))
                    file.codes.update(codes_in(token.content))
                case "mdx_tag":
                    tag: Tag = token.meta["content"]
                    self._tag(tag, file.line(token), file)
                    if self._is_edge(tag, file):
                        self._turn(tag, file.line(token), file)
                    else:
                        self._write(tag_text(tag).strip(), file)
                    self._include(tag, file.line(token), file)
                case "mdx_expression":
                    self._expression(token.meta["content"], file.line(token), file)
            i += 1

    def _write(self, block: str, file: OpenFile) -> None:
        if file.hides:
            return
        if file.heading:
            file.heading.text.append(block)
        else:
            self._outline.writer.write(block)

    def _write_title(self, title: str, file: OpenFile) -> None:
        if title:
            self._write(f"**{title.replace('**', '')}**", file)

    def _inline(self, token: Token, file: OpenFile, content: str | None = None) -> list[Token]:
        """Parse the inline content of a block; its tags are checked as they come."""
        content = token.content if content is None else content
        md = build_parser(file.format)
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
            elif child.type == "footnote_ref":
                file.noted[child.meta["key"]] = None
            if not file.hides:
                shown.append(child)
        return shown

    def _tag(self, tag: Tag, line: int, file: OpenFile) -> None:
        """Keep track of the open elements: MDX requires that every one is closed."""
        if tag.name == _ROW_TABLE:
            name = tag.attributes.get("name")
            file.row_prefix = None if tag.kind != "open" else f"{name}-" if name else ""
        elif tag.name == "Admonition" and tag.kind == "open":
            self._write_title(tag.attributes.get("title", ""), file)
        if tag.kind == "open":
            file.tags.append((tag, line))
        elif tag.kind == "close":
            opened = file.tags.pop() if file.tags else None
            if opened is None or opened[0].name != tag.name:
                still = f"<{opened[0].name}> of line {opened[1]} is still open" if opened else ""
                expected = still or "nothing is open"
                raise ParseError(f"</{tag.name}> closes nothing here: {expected}", line)

    @staticmethod
    def _is_edge(tag: Tag, file: OpenFile) -> bool:
        """Whether a tag begins or ends a heading with an id: `<h2 id="x">`, `<Heading as="h2" id="x">`."""
        if tag.kind != "open" or file.heading:
            return tag.kind == "close" and file.heading is not None and file.heading.name == tag.name
        return bool(tag.attributes.get("id")) and re.fullmatch("h[2-6]", _element(tag)) is not None

    def _turn(self, tag: Tag, line: int, file: OpenFile) -> None:
        """Begin or end such a heading."""
        heading, file.heading = file.heading, None
        if heading is None:
            file.heading = OpenHeading(tag.name, int(_element(tag)[1]), tag.attributes["id"], line)
        else:
            text = " ".join(" ".join(heading.text).split())
            self._outline.start(heading.level, text, heading.anchor, heading.line)

    def _include(self, tag: Tag, line: int, file: OpenFile) -> None:
        own = file.partials.get(tag.name)
        specifier, importer = (own, file.name) if own else self._everywhere.get(tag.name, (None, ""))
        if specifier is None or tag.kind == "close" or self._load_partial is None:
            return
        partial = self._load_partial(specifier, importer)
        if partial is None:
            self.notes.append((line, f"{specifier} is imported here but cannot be read; its text is missing"))
        elif partial.name in self._open_files:
            self.notes.append((line, f"{specifier} includes itself; it is read once"))
        else:
            front_matter, text, _ = split_front_matter(normalize_lines(partial.text))
            try:
                self.read(
                    text,
                    partial.name,
                    fixed_line=line,
                    removes_title=partial.removes_title,
                    format=front_matter.format,
                )
            except ParseError as error:
                raise ParseError(f"in {specifier}: {error.message}", line) from error

    def _expression(self, source: str, line: int, file: OpenFile) -> None:
        around = file.tags[-1][0] if file.tags and file.tags[-1][0].name in _CODE_ELEMENTS else None
        literal = string_literal(source)
        if literal is None and around and (specifier := file.codes.get(source.strip())):
            literal = self._code(specifier, line, file)
        if literal is None:
            return
        if around:
            literal = code_block(
                literal, around.attributes.get("language", ""), around.attributes.get("title", "")
            )
        self._write(literal.strip(), file)

    def _fence(self, token: Token, file: OpenFile) -> None:
        """A code block; one without code may name the file that it comes from."""
        if not token.content.strip() and (named := fence_file(token.info)):
            code = self._code(named.path, file.line(token), file)
            token.content = named.lines_of(code) if code else ""
            token.markup = fence_around(token.content)
        self._write(fence_text(token), file)

    def _code(self, specifier: str, line: int, file: OpenFile) -> str | None:
        code = self._load_code(specifier, file.name) if self._load_code else None
        if code is None:
            self.notes.append((line, f"{specifier} is shown here but cannot be read; its code is missing"))
        return code

    def _paragraph(self, token: Token, file: OpenFile) -> None:
        run: list[Token] = []
        for child in self._inline(token, file):
            if child.type != "mdx_tag" or not self._is_edge(child.meta["content"], file):
                run.append(child)
                continue
            self._run(run, file)
            run = []
            line = file.line(token) + token.content.count("\n", 0, child.meta["offset"])
            self._turn(child.meta["content"], line, file)
        self._run(run, file)

    def _run(self, run: Sequence[Token], file: OpenFile) -> None:
        self._write(plain_text(run) if file.heading else inline_text(run), file)

    def _html(self, token: Token, file: OpenFile) -> None:
        """HTML between blank lines, read as a browser would; an element that stays open does not matter."""
        # Imported here: most sites write no HTML, and its parser takes a sixth of the time that a start takes.
        from footnote_ingest.parsers.article import html_sections

        for section in html_sections(token.content):
            if section.heading is not None and section.anchor:
                self._outline.start(section.level, section.heading, section.anchor, file.line(token))
            elif section.heading:
                self._write(f"**{section.heading}**", file)
            self._write(section.text, file)

    def _heading(self, level: int, token: Token, file: OpenFile) -> None:
        children = self._inline(token, file, escape_id(token.content))
        removed, file.removes_title = file.removes_title and level == 1, False
        first, self._seen_heading = not self._seen_heading, True
        if removed:
            return
        shown, anchor = heading_id(children, file.slugger, comment_ids=self._dialect.comment_ids)
        # The h1 takes a slug but is rendered without an id.
        if level > 1 or not first or file.fixed_line is not None:
            self._outline.start(level, shown, anchor if level > 1 else None, file.line(token))
        elif self._title not in (None, shown):
            self._write(f"**{shown}**", file)

    def _footnotes(self, file: OpenFile) -> None:
        """The notes that the file refers to, in a section of their own below it, as Docusaurus shows them."""
        if not file.noted:
            return
        line = file.fixed_line or max(self._outline.line, file.first_line)
        self._outline.start(2, self._dialect.footnote_label, "footnote-label", line)
        written: set[str] = set()
        while waiting := [key for key in file.noted if key not in written]:  # a note may refer to another
            for key in waiting:
                label, tokens = file.notes.get(key, ("", ()))
                self._outline.writer.open_box(f"[^{label}]: ", tight=True, first_item=not written)
                self._walk(tokens, file)
                self._outline.writer.close_box()
                written.add(key)

    def _table(self, tokens: Sequence[Token], start: int, file: OpenFile) -> int:
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
                    self._outline.add_row(cell, file.row_prefix + first_text(children))
            i += 1
        self._write(table_text(rows, alignments), file)
        return i


def _element(tag: Tag) -> str:
    """The HTML element that a tag gives."""
    return tag.attributes.get("as", "") if tag.name == "Heading" else tag.name
