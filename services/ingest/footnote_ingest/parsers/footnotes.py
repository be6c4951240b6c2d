"""Footnotes as GitHub writes them: `[^label]` in the text, `[^label]: Note.` on lines of their own."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_DEFINITION = re.compile(r"\[\^((?:[^\s\[\]\\]|\\.)+)\]:[ \t]*")
_REFERENCE = re.compile(r"\[\^((?:[^\s\[\]\\]|\\.)+)\]")
_INDENT = 4
"""Columns that further lines of a note are indented by."""


def _key(label: str) -> str:
    return label.casefold()


def _definition(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    match = None if state.is_code_block(start_line) else _DEFINITION.match(state.src, start)
    if match is None or match.end() > state.eMarks[start_line]:
        return False
    if silent:
        return True
    before = (state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line])
    indent, parent = state.blkIndent, state.parentType
    state.blkIndent += _INDENT
    state.parentType = "footnote"
    state.bMarks[start_line], state.tShift[start_line] = match.end(), 0
    state.sCount[start_line] = state.blkIndent
    token = state.push("footnote_open", "", 1)
    token.meta = {"key": _key(match[1]), "label": match[1]}
    state.md.block.tokenize(state, start_line, end_line)
    state.push("footnote_close", "", -1)
    state.env.setdefault("footnotes", set()).add(_key(match[1]))
    state.blkIndent, state.parentType = indent, parent
    state.bMarks[start_line], state.tShift[start_line], state.sCount[start_line] = before
    return True


def _reference(state: StateInline, silent: bool) -> bool:
    match = _REFERENCE.match(state.src, state.pos)
    if match is None or _key(match[1]) not in state.env.get("footnotes", ()):
        return False
    if not silent:
        token = state.push("footnote_ref", "", 0)
        token.content = match[0]
        token.meta = {"key": _key(match[1])}
    state.pos = match.end()
    return True


def add_footnotes(md: MarkdownIt) -> None:
    """Tokens `footnote_open` and `footnote_close` around a note, `footnote_ref` where it is used."""
    md.block.ruler.before("reference", "footnote", _definition, {"alt": ["paragraph", "reference"]})
    md.inline.ruler.before("link", "footnote_ref", _reference)
