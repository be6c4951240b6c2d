"""The YAML block at the top of a page, read as Docusaurus reads it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import isinf

import yaml

from footnote_ingest.parsers import ParseError

MAX_DEPTH = 100
"""Levels of lists and mappings in the front matter."""

_OPENING = re.compile(r"---[ \t]*(?:yaml)?[ \t]*\n")
_CLOSING = re.compile(r"^---[ \t]*$", re.MULTILINE)


_CODE_UNITS = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def _character(match: re.Match[str]) -> str:
    """`\\ud83c\\udf89`, as JSON writes one character, which YAML takes for two that do not exist."""
    return match[1] + bytes.fromhex(match[2] + match[3]).decode("utf-16-be")


class _Loader(yaml.CSafeLoader):
    """YAML as js-yaml reads it; numbers and dates become the strings that JavaScript makes of them."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 (a table of the base class)


_NUMBER = re.compile(
    r"[-+]?(?:0b[01]+|0x[0-9a-fA-F]+|0o[0-7]+|[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)$"
    r"|\.[0-9]+(?:[eE][-+]?[0-9]+)?$|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
)
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)$")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d$"
    r"|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$",
    re.ASCII,
)


def _number(loader: _Loader, node: yaml.ScalarNode) -> str:
    """`1.10` is 1.1, `007` is 7 and `0x10` is 16."""
    text = _checked(node, _NUMBER).lower()
    if re.match(r"[-+]?0[box]", text):
        return str(int(text, 0))
    if re.fullmatch(r"[-+]?\d{1,15}", text):
        return str(int(text))
    if text.endswith("nan"):
        return "NaN"
    value = float(text.replace(".inf", "inf"))
    if isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        shown = format(Decimal(repr(value)), "f")
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"


def _bool(loader: _Loader, node: yaml.ScalarNode) -> bool:
    return _checked(node, _BOOL).lower() == "true"


def _date(loader: _Loader, node: yaml.ScalarNode) -> str:
    """A date, shown as on a machine that builds in UTC."""
    text = _checked(node, _TIME)
    try:
        value = loader.construct_yaml_timestamp(node)
        if not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        if value.tzinfo:
            value = value.astimezone(UTC)
    except (ValueError, OverflowError):  # no day of the calendar
        return text
    return value.strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)")


def _checked(node: yaml.ScalarNode, pattern: re.Pattern[str]) -> str:
    """The text of a scalar, which may have been given a type that it does not have."""
    text = str(node.value)
    if not pattern.match(text):
        problem = f"{text!r} is not what its tag says"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
    return text


_TYPES = (
    ("null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""], None),
    ("bool", _BOOL, list("tTfF"), _bool),
    ("float", _NUMBER, list("-+.0123456789"), _number),
    ("timestamp", _TIME, list("0123456789"), _date),
    ("merge", re.compile("<<$"), ["<"], None),
)
for _name, _pattern, _first, _construct in _TYPES:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, _first)
    if _construct:
        _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _construct)
_Loader.add_constructor("tag:yaml.org,2002:int", _number)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a page says about itself.

    hidden     draft or unlisted: never to be answered from
    format     `mdx.format`: `mdx`, `md` or `detect`
    slug_line  1-based line of the slug, 1 where there is none
    """

    title: str | None = None
    slug: str | None = None
    id: str | None = None
    description: str = ""
    keywords: tuple[str, ...] = ()
    hidden: bool = False
    number_prefixes: bool = True
    format: str | None = None
    slug_line: int = 1


def split_front_matter(text: str) -> tuple[FrontMatter, str, int]:
    """Front matter, the text after it, and the 1-based line in the file where that text starts.

    `text` has `\\n` line ends. Raises ParseError with the line of the mistake.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return FrontMatter(), text, 1
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise ParseError("the front matter that opens here is never closed with ---", 1)
    block = _CODE_UNITS.sub(_character, text[opening.end() : closing.start()])
    try:
        _check_depth(block)
        data = yaml.load(block, Loader=_Loader)  # noqa: S506 (a safe one)
    except yaml.YAMLError as error:
        raise ParseError(*_explain(error)) from error
    if data in (None, ""):
        data = {}
    if not isinstance(data, dict):
        raise ParseError("the front matter is not a list of `name: value` lines", 2)
    after = closing.end() + 1
    return _read(data, block), text[after:], text.count("\n", 0, after) + 1


def _check_depth(block: str) -> None:
    """The loader recurses in C, where too deep a nesting ends the whole process."""
    depth = 0
    for event in yaml.parse(block, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 2 if event.start_mark else 2
            raise ParseError(f"the front matter is nested deeper than {MAX_DEPTH} levels", line)


def _explain(error: yaml.YAMLError) -> tuple[str, int]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "not valid YAML"
    hint = "put values that contain `: `, `#` or quotes between double quotes"
    return f"the front matter cannot be read ({problem}); {hint}", (mark.line if mark else 0) + 2


def _read(data: dict[str, object], block: str) -> FrontMatter:
    def word(name: str, of: dict[str, object] = data) -> str | None:
        value = of.get(name)
        return value if isinstance(value, str) and value else None

    def flag(name: str, default: bool) -> bool:
        value = data.get(name)
        return (
            value
            if isinstance(value, bool)
            else {"true": True, "false": False}.get(str(value).lower(), default)
        )

    keywords = data.get("keywords") or ()
    if isinstance(keywords, str):
        keywords = [part.strip() for part in keywords.split(",")]
    mdx = data.get("mdx")
    slug_at = re.search(r"^slug[ \t]*:", block, re.MULTILINE)
    return FrontMatter(
        title=word("title"),
        slug=word("slug"),
        id=word("id"),
        description=word("description") or "",
        keywords=tuple(k for k in keywords if isinstance(k, str) and k) if isinstance(keywords, list) else (),
        hidden=flag("draft", False) or flag("unlisted", False),
        number_prefixes=flag("parse_number_prefixes", True),
        format=word("format", mdx) if isinstance(mdx, dict) else None,
        slug_line=block.count("\n", 0, slug_at.start()) + 2 if slug_at else 1,
    )
