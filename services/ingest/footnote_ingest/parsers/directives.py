"""Directives: `:::note[Title]` around blocks, `::name[label]` on a line, `:name[label]` in text.

A container ends at the first line of as many colons, whatever stands open in it, so that a code block
in it is closed there too.
"""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_MAX_DEPTH = 16
"""Containers in containers. Every one looks for its end on its own, so a text full of openings takes longer."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*+(?<![-_])")
_ATTRIBUTES = re.compile(
    r"""\{(?:\s|[#.][^\s"#'.<=>`}][^\s"'<=>`#.}]*+
    |[:_A-Za-z][-.:\w]*+(?:\s*+=\s*+(?:"[^"]*+"(?=[\s}])|'[^']*+'(?=[\s}])|[^\s"'<=>`}][^\s"'<=>`}]*+))?+)*+\}""",
    re.ASCII | re.VERBOSE,
)
_FENCE = re.compile(r":{3,}")
_CLOSING = re.compile(r"(:{3,})[ \t]*")


@dataclass(frozen=True, slots=True)
class _Directive:
    label: str
    end: int


def _directive(text: str, at: int) -> _Directive | None:
    """Name, label and attributes that start at `at`."""
    name = _NAME.match(text, at)
    if name is None:
        return None
    end, label = name.end(), ""
    if text.startswith("[", end) and (closed := _label_end(text, end)):
        label, end = text[end + 1 : closed - 1], closed
    if text.startswith("{", end) and (attributes := _ATTRIBUTES.match(text, end)):
        end = attributes.end()
    return _Directive(label, end)


def _label_end(text: str, at: int) -> int | None:
    """The offset after the `]` that closes the `[` at `at`."""
    depth, i = 0, at
    while i < len(text) and i - at < 1000:
        if text[i] == "\\":
            i += 1
        elif text[i] == "[":
            depth += 1
        elif text[i] == "]":
            depth -= 1
            if depth == 0:
                return i + 1
        i += 1
    return None


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _opening(line: str, spaced_titles: bool) -> tuple[int, str] | None:
    """Colons and title of a line that opens a container: `:::note[Title]{a=b}` or `:::note Title`."""
    colons = _FENCE.match(line)
    found = _directive(line, colons.end()) if colons else None
    if colons is None or found is None:
        return None
    rest = line[found.end :]
    if not rest.strip():
        return len(colons[0]), found.label
    name = _NAME.match(line, colons.end())
    if spaced_titles and name and line.startswith(" ", name.end()):
        return len(colons[0]), line[name.end() :].strip()
    return None


def _container(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    spaced: bool = state.env.get("spaced_titles", True)
    opening = None if state.is_code_block(start_line) else _opening(_line(state, start_line), spaced)
    if opening is None:
        return False
    if silent:
        return True
    colons, title = opening
    depth: int = state.env.get("containers", 0)
    token = state.push("directive_open", "", 1)
    token.content = title
    token.map = [start_line, start_line + 1]
    last = next_line = start_line + 1
    if depth < _MAX_DEPTH:
        last, next_line = _end(state, start_line, end_line, colons)
        parent, limit = state.parentType, state.lineMax
        state.parentType, state.lineMax = "directive", last
        state.env["containers"] = depth + 1
        state.md.block.tokenize(state, start_line + 1, last)
        state.env["containers"] = depth
        state.parentType, state.lineMax = parent, limit
    state.push("directive_close", "", -1)
    state.line = next_line
    return True


def _end(state: StateBlock, start_line: int, end_line: int, colons: int) -> tuple[int, int]:
    """The line after the content of a container, and the one after the container."""
    for line in range(start_line + 1, end_line):
        empty = state.isEmpty(line)
        if not empty and state.sCount[line] < state.blkIndent:
            return line, line
        closing = None if empty or state.is_code_block(line) else _CLOSING.fullmatch(_line(state, line))
        if closing and len(closing[1]) >= colons:
            return line, line + 1
    return end_line, end_line


def _leaf(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    line = _line(state, start_line)
    if not line.startswith("::") or state.is_code_block(start_line):
        return False
    found = _directive(line, 2)
    if found is None or line[found.end :].strip():
        return False
    if not silent:
        token = state.push("directive_leaf", "", 0)
        token.content = found.label
        token.map = [start_line, start_line + 1]
        state.line = start_line + 1
    return True


def _text(state: StateInline, silent: bool) -> bool:
    """`:name[label]{attributes}` shows its label, and `:name` itself; for a heading's id only the label counts."""
    text, at = state.src, state.pos
    if text[at] != ":" or (at > 0 and text[at - 1] == ":"):
        return False
    name, found = _NAME.match(text, at + 1), _directive(text, at + 1)
    if name is None or found is None or text.startswith(":", name.end()):
        return False
    if not silent:
        token = state.push("text_directive", "", 0)
        token.content = text[at : found.end] if found.end == name.end() else found.label
        token.meta = {"label": found.label}
    state.pos = found.end
    return True


def add_directives(md: MarkdownIt) -> None:
    """Rules for all of them; `env` of a parse may turn `spaced_titles` off (see `Dialect`).

    Tokens `directive_open` and `directive_close`, `directive_leaf` and `text_directive`; titles are content.
    """
    interrupting: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    md.block.ruler.before("table", "directive_container", _container, interrupting)
    md.block.ruler.before("table", "directive_leaf", _leaf, interrupting)
    md.inline.ruler.before("link", "text_directive", _text)
