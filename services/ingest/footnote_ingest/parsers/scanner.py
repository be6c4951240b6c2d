"""Where JavaScript and JSX begin and end in a text: tags, brackets, comments, imports."""

import html
import re
from dataclasses import dataclass, field
from typing import Literal


class MdxSyntaxError(Exception):
    """MDX would refuse this text. `offset` counts characters from the start of the parsed text."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Tag:
    """A JSX or HTML tag. `name` is empty for a fragment; `end` is the offset after `>`.

    attributes  those whose value is a string, or that have none
    """

    name: str
    kind: Literal["open", "close", "void"]
    end: int
    attributes: dict[str, str] = field(default_factory=dict)


_NAME = re.compile(r"[A-Za-z_$][\w$-]*(?:\s*[.:]\s*[A-Za-z_$][\w$-]*)*")
_ATTRIBUTE = re.compile(r"[A-Za-z_$@:][\w$:.@-]*")
_SPACE = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*\n)*", re.DOTALL)
_JS_TOKEN = re.compile(r"""[{}()\[\]`]|(?<!\w)['"]|/\*|//|(?<=[=(,:[!&|?{;])\s*/(?![/*>])""")
"""A quote right after a letter is an apostrophe in JSX text, a slash after an operator begins a regular expression."""
_REGEX_REST = re.compile(r"(?:[^\\/\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/")
_STRING_REST = {quote: re.compile(rf"(?:[^\\\n{quote}]|\\.)*{quote}") for quote in "'\""}
_TEMPLATE_TOKEN = re.compile(r"\\.|`|\$\{", re.DOTALL)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_OPENING = re.compile(r"""[({\[`]|(?<!\w)['"]""")
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
            value = string_literal(text[i + 1 : end - 1]) if text[i] == "{" else _attribute(text[i:end])
            if value is not None:
                attributes[key[0]] = value
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
                i = self._string_end(i - 1)
            elif mark.endswith("/") and mark != "//":
                regex = _REGEX_REST.match(self.text, i)
                i = regex.end() if regex else i
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
            end = self._string_end(opened.start()) if opened[0] in "'\"" else self.braces(opened.start())
            if end is None:
                raise MdxSyntaxError("the import or export that starts here is never closed", at)
            i = end

    def rest_of_line(self, at: int) -> str:
        end = self.text.find("\n", at)
        return self.text[at : end if end >= 0 else len(self.text)]

    def _string_end(self, at: int) -> int:
        """The offset after the string at `at`. A quote without its pair on the line is an apostrophe in JSX text."""
        string = _STRING_REST[self.text[at]].match(self.text, at + 1)
        return string.end() if string else at + 1

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


def _attribute(value: str) -> str:
    return html.unescape(value[1:-1] if value[0] in "'\"" else value)


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
