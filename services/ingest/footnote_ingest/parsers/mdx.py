"""MDX on top of CommonMark: where JSX tags, expressions and imports stand.

The rules only mark these pieces as tokens; what becomes of them is decided in `markdown`. A tag is one
token, never a subtree: the Markdown between an opening and a closing tag is parsed like any other.
"""

import re
from functools import cache
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from footnote_ingest.parsers.dialect import Format
from footnote_ingest.parsers.directives import add_directives
from footnote_ingest.parsers.footnotes import add_footnotes
from footnote_ingest.parsers.scanner import MdxSyntaxError, Scanner, Tag

MAX_NESTING = 60
"""Levels of lists and quotes; what is deeper is left out. Every one takes two levels of recursion."""


def _scanner(state: StateBlock | StateInline) -> Scanner:
    scanner = state.env.get("scanner")
    if scanner is None or scanner.text is not state.src:
        scanner = state.env["scanner"] = Scanner(state.src)
    return cast(Scanner, scanner)


def _position(state: StateBlock, line: int) -> int:
    return state.bMarks[line] + state.tShift[line]


_MODULE = re.compile(r"(?:import|export)[ {*]")
_UNDERLINE = re.compile(r"(=|-)\1*[ \t]*")


def _line(state: StateBlock, line: int) -> str:
    return state.src[_position(state, line) : state.eMarks[line]]


def _finish(state: StateBlock, start_line: int, end: int) -> int:
    """Move the parser to the line after the offset `end`; returns that line."""
    state.line = start_line + state.src.count("\n", _position(state, start_line), end) + 1
    return state.line


def _text(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A paragraph, or a heading that is underlined.

    CommonMark takes a line that is indented by four columns for more of the paragraph, whatever it is.
    MDX has no indented code, so there such a line may begin a list, a heading or a fence.
    """
    terminators = state.md.block.ruler.getRules("paragraph")
    parent, state.parentType = state.parentType, "paragraph"
    line, level = start_line + 1, 0
    while line < state.lineMax and not state.isEmpty(line):
        if state.sCount[line] >= state.blkIndent and (match := _UNDERLINE.fullmatch(_line(state, line))):
            level = 1 if match[1] == "=" else 2
            break
        if state.sCount[line] >= 0 and any(rule(state, line, state.lineMax, True) for rule in terminators):
            break
        line += 1
    content = state.getLines(start_line, line, state.blkIndent, False).strip()
    state.parentType = parent
    state.line = line + 1 if level else line
    kind, tag = ("heading", f"h{level}") if level else ("paragraph", "p")
    for token in (
        state.push(f"{kind}_open", tag, 1),
        state.push("inline", "", 0),
        state.push(f"{kind}_close", tag, -1),
    ):
        token.map = [start_line, state.line]
        token.content = content if token.type == "inline" else ""
    return True


def _module(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = _position(state, start_line)
    at_margin = start == 0 or state.src[start - 1] == "\n"
    if silent or not at_margin or not _MODULE.match(state.src, start):
        return False
    end = _scanner(state).module(start)
    token = state.push("mdx_module", "", 0)
    token.content = state.src[start:end]
    token.map = [start_line, _finish(state, start_line, end)]
    return True


def _jsx(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Tags, expressions and comments that have their lines to themselves."""
    text, at, scanner = state.src, _position(state, start_line), _scanner(state)
    if at >= len(text) or text[at] not in "<{":
        return False
    found: list[tuple[str, int, Tag | str]] = []
    while True:
        if text.startswith("<!--", at):
            closed = scanner.comment_end(at)
            if closed is None:
                return False
            end = closed
            found.append(("comment", at, ""))
        elif text.startswith("<", at) and (tag := scanner.tag(at)):
            found.append(("tag", at, tag))
            end = tag.end
        elif text.startswith("{", at):
            closed = scanner.braces(at)
            if closed is None:
                return False
            end = closed
            found.append(("expression", at, text[at + 1 : end - 1]))
        else:
            return False
        rest = scanner.rest_of_line(end)
        at = end + len(rest) - len(rest.lstrip())
        if not rest.strip():
            break
    if silent:
        return True
    for kind, offset, content in found:
        token = state.push(f"mdx_{kind}", "", 0)
        line = start_line + text.count("\n", _position(state, start_line), offset)
        token.map = [line, line + 1]
        token.meta = {"content": content}
    _finish(state, start_line, at)
    return True


def _inline_jsx(state: StateInline, silent: bool) -> bool:
    text, at = state.src, state.pos
    if text[at] != "<":
        return False
    if text.startswith("<!--", at):
        comment_end = _scanner(state).comment_end(at)
        if comment_end is None:
            return False
        end = comment_end
        kind: str = "comment"
        content: Tag | str = text[at:end]
    else:
        tag = _scanner(state).tag(at)
        if tag is None:
            following = text[at + 1 : at + 2]
            if following and not following.isspace():
                raise MdxSyntaxError("`<` starts no valid JSX tag; write `\\<` or `&lt;` for the sign", at)
            return False
        kind, content, end = "tag", tag, tag.end
    if not silent:
        token = state.push(f"mdx_{kind}", "", 0)
        token.meta = {"content": content, "offset": at}
    state.pos = end
    return True


def _inline_expression(state: StateInline, silent: bool) -> bool:
    text, at = state.src, state.pos
    if text[at] != "{":
        return False
    end = _scanner(state).braces(at)
    if end is None:
        raise MdxSyntaxError("`{` starts an expression that is never closed; write `\\{` for the sign", at)
    if not silent:
        token = state.push("mdx_expression", "", 0)
        token.meta = {"content": text[at + 1 : end - 1]}
    state.pos = end
    return True


@cache
def build_parser(format: Format) -> MarkdownIt:
    """A parser for MDX, or for Markdown with HTML as GitHub reads it; both with directives and footnotes.

    Block tokens carry raw inline content: the caller decides what of it is parsed.
    """
    md = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    md.disable(["inline", "text_join"])
    add_directives(md)
    add_footnotes(md)
    if format == "mdx":
        md.disable(["code", "html_block", "html_inline", "autolink", "lheading"])
        md.block.ruler.at("paragraph", _text)
        interrupting: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
        md.block.ruler.before("table", "mdx_module", _module)
        md.block.ruler.before("table", "mdx_jsx", _jsx, interrupting)
        md.inline.ruler.before("link", "mdx_expression", _inline_expression)
        md.inline.ruler.after("autolink", "mdx_jsx", _inline_jsx)
    return md
