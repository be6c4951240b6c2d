"""MDX on top of CommonMark: where JSX tags, expressions, imports and directives begin and end.

The rules only mark these pieces as tokens; what becomes of them is decided in `markdown`. A tag is one
token, never a subtree: the Markdown between an opening and a closing tag is parsed like any other.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, cast

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline


class MdxSyntaxError(Exception):
    """MDX would refuse this text. `offset` counts characters from the start of the parsed text."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Tag:
    """A JSX or HTML tag. `name` is empty for a fragment; `end` is the offset after `>`."""

    name: str
    kind: Literal["open", "close", "void"]
    end: int
    attributes: dict[str, str] = field(default_factory=dict)


_NAME = re.compile(r"[A-Za-z_$][\w$-]*(?:\s*[.:]\s*[A-Za-z_$][\w$-]*)*")
_ATTRIBUTE = re.compile(r"[A-Za-z_$@:][\w$:.@-]*")
_SPACE = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*\n)*", re.DOTALL)
_JS_TOKEN = re.compile(r"""[{}()\[\]'"`]|/\*|//""")
_STRING_REST = {quote: re.compile(rf"(?:[^\\\n{quote}]|\\.)*{quote}") for quote in "'\""}
_TEMPLATE_TOKEN = re.compile(r"\\.|`|\$\{", re.DOTALL)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_OPENING = re.compile(r"[({\[`]")
_UNQUOTED = re.compile(r"[^\s\"'=<>`{}]+")


class Scanner:
    """Finds where JavaScript and JSX end in one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._unclosed: set[int] = set()
        self._last_comment_end = text.rfind("-->")

    def tag(self, at: int) -> Tag | None:
        """The tag that starts with the `<` at `at`, or None."""
        text, i = self.text, at + 1
        if text.startswith(("/>", ">"), i):
            return Tag("", "close" if text[i] == "/" else "open", i + (2 if text[i] == "/" else 1))
        closing = text.startswith("/", i)
        name = _NAME.match(text, i + 1 if closing else i)
        if name is None:
            return None
        i = name.end()
        attributes: dict[str, str] = {}
        while True:
            i = self._after_space(i)
            if text.startswith(">", i):
                return Tag(name[0], "close" if closing else "open", i + 1, attributes)
            if text.startswith("/>", i):
                return Tag(name[0], "void", i + 2, attributes)
            key = _ATTRIBUTE.match(text, i)
            if key is None:
                end = self.braces(i) if text.startswith("{", i) else None  # {...spread}
                if end is None:
                    return None
                i = end
                continue
            i = self._after_space(key.end())
            if not text.startswith("=", i):
                attributes[key[0]] = ""
                continue
            i = self._after_space(i + 1)
            end = self._after_value(i)
            if end is None:
                return None
            attributes[key[0]] = text[i:end].strip("\"'")
            i = end

    def braces(self, at: int) -> int | None:
        """The offset after what closes the bracket or backtick at `at`, as JavaScript nests, or None."""
        if at in self._unclosed:
            return None
        opened: list[int] = []
        i = at
        while True:
            in_template = bool(opened) and self.text[opened[-1]] == "`"
            match = (_TEMPLATE_TOKEN if in_template else _JS_TOKEN).search(self.text, i)
            if match is None:
                # Remembered, or a text full of `{` would be read once for each of them.
                self._unclosed.update(opened)
                return None
            mark, i = match[0], match.end()
            if (in_template and mark == "`") or mark in ("}", ")", "]"):
                opened.pop()
                if not opened:
                    return i
            elif mark in ("{", "(", "[", "`", "${"):
                opened.append(i - 1)
            elif mark in ("'", '"'):
                # A quote without its pair on the line is an apostrophe in JSX text.
                string = _STRING_REST[mark].match(self.text, i)
                i = string.end() if string else i
            elif mark == "/*":
                end = self.text.find("*/", i)
                i = end + 2 if end >= 0 else i
            elif mark == "//" and not self.text.endswith(
                ":", 0, match.start()
            ):  # no comment: a URL in JSX text
                i += len(self.rest_of_line(i))

    def comment_end(self, at: int) -> int | None:
        """The offset after the `-->` of the HTML comment at `at`, or None."""
        if at >= self._last_comment_end:
            return None
        return self.text.find("-->", at) + 3

    def module(self, at: int) -> int:
        """The offset after the `import` or `export` at `at`: the first blank line outside brackets."""
        i = at
        while True:
            blank = _BLANK_LINE.search(self.text, i)
            stop = blank.start() if blank else len(self.text)
            opened = _OPENING.search(self.text, i, stop)
            if opened is None:
                return stop
            end = self.braces(opened.start())
            if end is None:
                raise MdxSyntaxError("the import or export that starts here is never closed", at)
            i = end

    def rest_of_line(self, at: int) -> str:
        end = self.text.find("\n", at)
        return self.text[at : end if end >= 0 else len(self.text)]

    def _after_space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _after_value(self, at: int) -> int | None:
        if self.text.startswith(("'", '"'), at):
            end = self.text.find(self.text[at], at + 1)
            return end + 1 if end >= 0 else None
        if self.text.startswith("{", at):
            return self.braces(at)
        match = _UNQUOTED.match(self.text, at)
        return match.end() if match else None


def _scanner(state: StateBlock | StateInline) -> Scanner:
    scanner = state.env.get("scanner")
    if scanner is None or scanner.text is not state.src:
        scanner = state.env["scanner"] = Scanner(state.src)
    return cast(Scanner, scanner)


def _position(state: StateBlock, line: int) -> int:
    return state.bMarks[line] + state.tShift[line]


def _finish(state: StateBlock, start_line: int, end: int) -> int:
    """Move the parser to the line after the offset `end`; returns that line."""
    state.line = start_line + state.src.count("\n", _position(state, start_line), end) + 1
    return state.line


def _module(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = _position(state, start_line)
    if (
        silent
        or state.level
        or state.sCount[start_line]
        or not re.match(r"(?:import|export)[ {*]", state.src[start : start + 7])
    ):
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
        elif text.startswith("{", at) and state.env["mdx"]:
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


_DIRECTIVE = re.compile(r"(:{2,})([A-Za-z][\w-]*)[ \t]*(?:\[([^\n]*)\])?(?:\{[^\n]*\})?[ \t]*([^\n\]]*)$")


def _directive(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Lines that open (`:::note[Title]`, `:::note Title`) or close (`:::`) a container."""
    line = state.src[_position(state, start_line) : state.eMarks[start_line]].rstrip()
    if not line.startswith("::"):
        return False
    match = _DIRECTIVE.match(line)
    if match is None and not re.fullmatch(":{3,}", line):
        return False
    if not silent:
        token = state.push("directive", "", 0)
        token.content = (match[3] or match[4] or "") if match else ""
        token.map = [start_line, start_line + 1]
        state.line = start_line + 1
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
            if state.env["mdx"] and following and not following.isspace():
                raise MdxSyntaxError("`<` starts no valid JSX tag; write `\\<` or `&lt;` for the sign", at)
            return False
        kind, content, end = "tag", tag, tag.end
    if not silent:
        token = state.push(f"mdx_{kind}", "", 0)
        token.meta = {"content": content, "offset": at}
    state.pos = end
    return True


_COMMENT = re.compile(r"\{\s*/\*(?:(?!\*/).)*\*/\s*\}", re.DOTALL)


def _inline_expression(state: StateInline, silent: bool) -> bool:
    text, at = state.src, state.pos
    if text[at] != "{":
        return False
    if state.env["mdx"]:
        end = _scanner(state).braces(at)
        if end is None:
            raise MdxSyntaxError(
                "`{` starts an expression that is never closed; write `\\{` for the sign", at
            )
    else:  # in plain Markdown only a comment is no text
        match = _COMMENT.match(text, at)
        if match is None:
            return False
        end = match.end()
    if not silent:
        token = state.push("mdx_expression", "", 0)
        token.meta = {"content": text[at + 1 : end - 1]}
    state.pos = end
    return True


_TEXT_DIRECTIVE = re.compile(
    r":([A-Za-z][A-Za-z0-9_-]*)(?![A-Za-z0-9_-])(?<![-_])(?!:)(?:\[([^\[\]]*)\])?(?:\{[^{}]*\})?"
)


def _inline_directive(state: StateInline, silent: bool) -> bool:
    """`:name[label]{attributes}`: shown as written, but only its label counts for a heading's id."""
    text, at = state.src, state.pos
    if text[at] != ":" or (at > 0 and text[at - 1] == ":"):
        return False
    match = _TEXT_DIRECTIVE.match(text, at)
    if match is None:
        return False
    if not silent:
        token = state.push("text_directive", "", 0)
        token.content = match[0]
        token.meta = {"label": match[2] or ""}
    state.pos = match.end()
    return True


@cache
def build_parser(*, mdx: bool) -> MarkdownIt:
    """A parser for MDX, or for Markdown that may contain tags (`mdx=False` takes a lone `<` or `{` as text).

    Block tokens carry raw inline content: the caller decides what of it is parsed. The `env` of every
    parse needs `mdx`: the same flag.
    """
    md = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    md.disable(["code", "html_block", "html_inline", "inline", "text_join"])
    if mdx:
        md.disable("autolink")
    interrupting: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    md.block.ruler.before("table", "mdx_module", _module)
    md.block.ruler.before("table", "mdx_jsx", _jsx, interrupting)
    md.block.ruler.before("table", "directive", _directive, interrupting)
    md.inline.ruler.before("link", "mdx_expression", _inline_expression)
    md.inline.ruler.before("link", "text_directive", _inline_directive)
    md.inline.ruler.after("autolink", "mdx_jsx", _inline_jsx)
    return md
