"""What docusaurus.config.* says in plain literals. The file is code, and code is never run here.

An object that looks like the configuration is read as far as it consists of strings, booleans, arrays
and objects; everything else (variables, calls, spreads) is `UNKNOWN`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from footnote_ingest.parsers.scanner import Scanner

CONFIG_NAMES = tuple(f"docusaurus.config.{suffix}" for suffix in ("ts", "mts", "cts", "js", "mjs", "cjs"))
MAX_CONFIG_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only running the code would tell."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Literal:
    """A value and its 1-based line. Arrays and objects hold further literals."""

    value: "str | bool | Unknown | list[Literal] | dict[str, Literal] | None"
    line: int

    def __getitem__(self, key: str) -> "Literal":
        """A property of an object; UNKNOWN of what is no object, None when it is not set."""
        if isinstance(self.value, dict):
            return self.value.get(key, Literal(None, self.line))
        return Literal(None if self.value is None else UNKNOWN, self.line)

    @property
    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    @property
    def items(self) -> "list[Literal]":
        return self.value if isinstance(self.value, list) else []

    @property
    def properties(self) -> "Mapping[str, Literal]":
        return self.value if isinstance(self.value, dict) else {}


@dataclass(frozen=True, slots=True)
class Plugin:
    """A content plugin: `kind` is docs, blog or pages; options that are no literals are UNKNOWN."""

    kind: str
    id: str
    options: Literal


@dataclass(frozen=True, slots=True)
class Config:
    """What is known of a site's configuration.

    file     name of the configuration file, None without one
    options  the whole object, {} where none was found
    plugins  the content plugins that stand in it
    settled  kinds of which it tells whether the default instance exists
    """

    file: str | None = None
    options: Literal = field(default_factory=lambda: Literal({}, 1))
    plugins: tuple[Plugin, ...] = ()
    settled: frozenset[str] = frozenset()


def read_config(site: Path) -> Config:
    """The literals of the site's configuration."""
    path = next((site / name for name in CONFIG_NAMES if (site / name).is_file()), None)
    if path is None:
        return Config()
    if path.stat().st_size > MAX_CONFIG_BYTES:
        return Config(path.name)
    return parse_config(path.read_text(encoding="utf-8", errors="replace"), path.name)


def parse_config(text: str, name: str) -> Config:
    """As `read_config`, from the text of the file."""
    options = _configuration(_Reader(text))
    if options is None:
        return Config(name)
    plugins, settled = _plugins(options)
    return Config(name, options, tuple(plugins), settled)


_OBJECT_START = re.compile(r"(?:\bdefault|=|\breturn|\(|=>\s*\()\s*(\{)")
_TELLING = ("baseUrl", "url", "title", "presets", "plugins", "themes", "i18n", "trailingSlash")


def _configuration(reader: "_Reader") -> Literal | None:
    """The object with most of a configuration's properties, if it has one at all."""
    found = [
        literal
        for match in _OBJECT_START.finditer(reader.text)
        if (literal := reader.value(match.start(1))[0]).properties
    ]
    best = max(found, key=lambda literal: sum(key in literal.properties for key in _TELLING), default=None)
    return best if best and any(key in best.properties for key in _TELLING) else None


_PLUGIN_NAME = re.compile(r"(?:.*/)?(?:docusaurus-)?(?:plugin-)?content-(docs|blog|pages)(?:/.*)?")
_CLASSIC = re.compile(r"(?:.*/)?(?:docusaurus-)?(?:preset-)?classic(?:/.*)?")


KINDS = ("docs", "blog", "pages")


def _plugins(options: Literal) -> tuple[list[Plugin], frozenset[str]]:
    plugins: list[Plugin] = []
    lists = [options[key] for key in ("presets", "plugins") if key in options.properties]
    whole = bool(lists) and not any(isinstance(listed.value, Unknown) for listed in lists)
    classic = False
    for name, given in _entries(options["presets"]):
        if name is None or not _CLASSIC.fullmatch(name):
            whole = False
            continue
        classic = True
        plugins += [Plugin(kind, "default", given[kind]) for kind in KINDS if given[kind].value is not False]
    for name, given in _entries(options["plugins"]):
        if name is None:
            whole = False
        elif match := _PLUGIN_NAME.fullmatch(name):
            plugins.append(Plugin(match[1], given["id"].text or "default", given))
    return plugins, frozenset(KINDS if whole or classic else ())


def _entries(listed: Literal) -> Iterator[tuple[str | None, Literal]]:
    """Name and options of each plugin or preset; the name is None where it is computed."""
    for item in listed.items:
        if isinstance(item.value, list):
            first = item.value[0].text if item.value else None
            yield first, item.value[1] if len(item.value) > 1 else Literal(None, item.line)
        elif item.value is not None and item.value is not False:
            yield item.text, Literal(None, item.line)


_SPACE = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*)*", re.DOTALL)
_STRING = re.compile(r"""'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\$]|\\.|\$(?!\{))*)`""")
_WORD = re.compile(r"(true|false|null|undefined)\b")
_RESOLVED = re.compile(r"""require\.resolve\(\s*(['"])([^'"\n]+)\1\s*\)""")
_KEY = re.compile(r"""([A-Za-z_$][\w$]*)|'([^'\n]*)'|"([^"\n]*)\"""")
_TYPE = re.compile(r"(?:satisfies|as)\b[^,\]}]*")
_STEP = re.compile(r"[,\]})({\['\"`]|/\*|//")
_VALUES: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
MAX_DEPTH = 40


class _Reader:
    """Reads JavaScript literals by recursive descent."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._scanner = Scanner(text)

    def value(self, at: int, depth: int = 0) -> tuple[Literal, int]:
        """The value that starts at `at` and the offset after it."""
        at = self._after_space(at)
        line = self.text.count("\n", 0, at) + 1
        literal, end = self._plain(at, line, depth)
        end = self._after_space(end)
        if match := _TYPE.match(self.text, end):
            end = match.end()
        if self.text[end : end + 1] in (",", "]", "}", ")", ";", "") or depth == 0:
            return literal, end
        return Literal(UNKNOWN, line), self._skip(end)

    def _plain(self, at: int, line: int, depth: int) -> tuple[Literal, int]:
        if match := _STRING.match(self.text, at):
            body = next(group for group in match.groups() if group is not None)
            return Literal(re.sub(r"\\(.)", r"\1", body), line), match.end()
        if match := _WORD.match(self.text, at):
            return Literal(_VALUES[match[1]], line), match.end()
        if match := _RESOLVED.match(self.text, at):
            return Literal(match[2], line), match.end()
        if depth < MAX_DEPTH and self.text.startswith("(", at):
            inner, end = self.value(at + 1, depth + 1)
            if self.text.startswith(")", end):
                return inner, end + 1
            return Literal(UNKNOWN, line), self._skip(at)
        if depth < MAX_DEPTH and self.text.startswith("{", at):
            return self._object(at, line, depth)
        if depth < MAX_DEPTH and self.text.startswith("[", at):
            return self._array(at, line, depth)
        return Literal(UNKNOWN, line), self._skip(at)

    def _object(self, at: int, line: int, depth: int) -> tuple[Literal, int]:
        properties: dict[str, Literal] = {}
        i = at + 1
        while True:
            i = self._after_space(i)
            if i >= len(self.text) or self.text[i] == "}":
                return Literal(properties, line), i + 1
            key = _KEY.match(self.text, i)
            colon = self._after_space(key.end()) if key else i
            if key and self.text.startswith(":", colon):
                name = next(group for group in key.groups() if group is not None)
                properties[name], i = self.value(colon + 1, depth + 1)
            else:  # a spread, a method, a shorthand or a computed name
                if key and key[1] and self.text[colon : colon + 1] in (",", "}"):
                    properties[key[1]] = Literal(UNKNOWN, line)
                i = self._skip(i)
            if self.text.startswith(",", i):
                i += 1
            elif not self.text.startswith("}", i):
                return Literal(UNKNOWN, line), self._skip(i)

    def _array(self, at: int, line: int, depth: int) -> tuple[Literal, int]:
        items: list[Literal] = []
        i = at + 1
        while True:
            i = self._after_space(i)
            if i >= len(self.text) or self.text[i] == "]":
                return Literal(items, line), i + 1
            item, i = self.value(i, depth + 1)
            items.append(item)
            if self.text.startswith(",", i):
                i += 1
            elif not self.text.startswith("]", i):
                return Literal(UNKNOWN, line), self._skip(i)

    def _skip(self, at: int) -> int:
        """The offset of the comma or bracket that ends the expression at `at`."""
        i = at
        while match := _STEP.search(self.text, i):
            mark, i = match[0], match.end()
            if mark in (",", "]", "}", ")"):
                return match.start()
            if mark in ("/*", "//"):
                i = self._after_space(match.start())
            elif mark in ("'", '"', "`"):
                string = _STRING.match(self.text, match.start())
                if string:
                    i = string.end()
                elif mark == "`":
                    i = self._scanner.braces(match.start()) or i
            else:
                i = self._scanner.braces(match.start()) or len(self.text)
        return len(self.text)

    def _after_space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at
