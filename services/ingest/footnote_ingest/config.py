"""What docusaurus.config.* says. The file is code, and code is never run here.

Its syntax is followed instead (`javascript`): constants, spreads, functions, imports of the site's own files.
What only running it would tell is UNKNOWN.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from footnote_ingest.javascript.files import MAX_FILE_BYTES, Files
from footnote_ingest.javascript.interpreter import Interpreter, Module
from footnote_ingest.javascript.syntax import child, parts, text_of, walk
from footnote_ingest.javascript.values import REST, UNKNOWN, Function, Package, Value

CONFIG_NAMES = tuple(f"docusaurus.config.{suffix}" for suffix in ("ts", "mts", "cts", "js", "mjs", "cjs"))
KINDS = ("docs", "blog", "pages")
Doubt = tuple[Value, str]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A content plugin: `kind` is docs, blog or pages; options that cannot be told are UNKNOWN."""

    kind: str
    id: str
    options: Value


@dataclass(frozen=True, slots=True)
class Config:
    """What is known of a site's configuration.

    file     name of the configuration file, None without one
    options  the whole object, {} where none was found
    plugins  the content plugins that stand in it
    settled  kinds of which it tells whether the default instance exists
    doubts   place and sentence of what in it as a whole cannot be told
    """

    file: str | None = None
    options: Value = field(default_factory=lambda: Value({}, 1))
    plugins: tuple[Plugin, ...] = ()
    settled: frozenset[str] = frozenset()
    doubts: tuple[Doubt, ...] = ()


def repository(site: Path) -> Path:
    """The folder that a site may take docs and code from: its repository, else its workspace or the folder above."""
    packages = [folder for folder in site.parents[:3] if (folder / "package.json").is_file()]
    return checkout(site) or next(reversed(packages), site.parent)


def checkout(site: Path) -> Path | None:
    """The top of the git repository that a site belongs to."""
    return next((folder for folder in (site, *site.parents) if (folder / ".git").exists()), None)


def read_config(site: Path, environment: Mapping[str, str]) -> Config:
    """What the site's configuration says.

    environment  variables whose values in the site's build are known
    """
    path = next((site / name for name in CONFIG_NAMES if (site / name).is_file()), None)
    if path is None:
        return Config()
    if path.stat().st_size > MAX_FILE_BYTES:
        nothing = Value({REST: Value(UNKNOWN, 1)}, 1)
        return Config(path.name, nothing, doubts=((nothing, "is too large to be read"),))
    return parse_config(path.read_bytes(), path, environment)


def parse_config(source: bytes, path: Path, environment: Mapping[str, str]) -> Config:
    """As `read_config`, from the content of the file; what it imports is read from disk."""
    reach = repository(path.parent)
    interpreter = Interpreter(path.parent, reach, {"NODE_ENV": "production", **environment})
    module = interpreter.module(path, source)
    options, doubts = _exported(module, interpreter)
    if broken := _broken(module):
        doubts.append(
            (Value(None, broken), "is no valid JavaScript here; the rest is read as far as it goes")
        )
    if options is None:
        nothing = Value({REST: Value(UNKNOWN, 1)}, 1)
        return Config(
            path.name, nothing, doubts=(*doubts, (nothing, "shows no configuration without being run"))
        )
    reader = _Plugins(Files(path.parent, reach), path.parent)
    plugins = reader.distinct(list(reader.read(options)))
    return Config(path.name, options, plugins, reader.settled, (*doubts, *reader.doubts))


_TELLING = frozenset({"baseUrl", "url", "title", "presets", "plugins", "themes", "i18n", "trailingSlash"})


def _exported(module: Module, interpreter: Interpreter) -> tuple[Value | None, list[Doubt]]:
    """The configuration, and what is doubtful about it."""
    exported = module.default
    if isinstance(exported.content, Function):
        exported = interpreter.call(exported, [])
    if not _TELLING.isdisjoint(exported.properties):
        return exported, _spreads(exported)
    found = _likely(module, interpreter)
    if found is None:
        return None, []
    message = "passes its object through code that is not run; it is taken as it stands here"
    return found, [(found, message), *_spreads(found)]


def _likely(module: Module, interpreter: Interpreter) -> Value | None:
    """The object with most of a configuration's properties, if the file has one at all."""
    best, most = None, 0
    for node in walk(module.root) if module.root else ():
        if node.type == "object":
            keys = {text_of(child(pair, "key")).strip("'\"") for pair in parts(node) if pair.type == "pair"}
            if len(keys & _TELLING) > most:
                best, most = node, len(keys & _TELLING)
    return interpreter.evaluate(best, module.scope) if best else None


def _broken(module: Module) -> int | None:
    """The line of the first syntax error."""
    if module.root is None or not module.root.has_error:
        return None
    return next((n.start_point.row + 1 for n in walk(module.root) if n.is_error or n.is_missing), 1)


def _spreads(options: Value) -> list[Doubt]:
    rest = options.properties.get(REST)
    return [(rest, "takes more of its options from code that is not run")] if rest else []


_NAME = re.compile(r"(?:.*/)?(?:docusaurus-)?(?:plugin-)?content-(docs|blog|pages)(?:/.*)?")
_CLASSIC = re.compile(r"(?:.*/)?(?:docusaurus-)?(?:preset-)?classic(?:/.*)?")
_MADE_OF = re.compile(rb"""['"]@docusaurus/plugin-content-(docs|blog|pages)""")


class _Plugins:
    """Finds the content plugins among presets and plugins."""

    def __init__(self, files: Files, site: Path) -> None:
        self._files = files
        self._site = site
        self.settled: frozenset[str] = frozenset()
        self.doubts: list[Doubt] = []

    def read(self, options: Value) -> Iterator[Plugin]:
        lists = [options[key] for key in ("presets", "plugins") if key in options.properties]
        whole = bool(lists) and REST not in options.properties
        whole = whole and not any(listed.is_unknown for listed in lists)
        classic = False
        for listed in lists:
            unknown = next((item for item in [listed, *listed.items] if item.is_unknown), None)
            if unknown:
                self.doubts.append((unknown, "computes which plugins it has, with code that is not run"))
        for name, given in _entries(options["presets"]):
            if (name and _CLASSIC.fullmatch(name)) or not given.properties.keys().isdisjoint(KINDS):
                classic = True
                for kind in KINDS:
                    if given[kind].content is not False:
                        yield Plugin(kind, given[kind]["id"].text or "default", given[kind])
            else:
                whole = False
        for name, given in _entries(options["plugins"]):
            whole = whole and name is not None
            if own := self._kind(name or "", given):
                yield Plugin(own, given["id"].text or "default", given)
        self.settled = frozenset(KINDS if whole or classic else ())

    def distinct(self, plugins: list[Plugin]) -> tuple[Plugin, ...]:
        """One plugin for each kind and id. Docusaurus refuses equal ids, so of equal ones some cannot be told."""
        kept: dict[tuple[str, str], Plugin] = {}
        for plugin in sorted(plugins, key=lambda one: one.options["id"].is_unknown):
            path = plugin.options["path"].text
            if (plugin.kind, plugin.id) in kept and path:
                plugin = replace(plugin, id=path.strip("./").replace("/", "-"))
            if (plugin.kind, plugin.id) in kept:
                message = f"has another plugin for {plugin.kind}, whose options are computed by code that is not run"
                self.doubts.append((plugin.options, f"{message}; its pages are not indexed"))
            kept.setdefault((plugin.kind, plugin.id), plugin)
        return tuple(kept.values())

    def _kind(self, name: str, given: Value) -> str | None:
        if match := _NAME.fullmatch(name):
            return match[1]
        path = self._files.find(name, self._site) if name.startswith((".", "/")) else None
        source = self._files.read(path) if path else None
        made_of = _MADE_OF.search(source) if source else None
        if made_of is None:
            return None
        kind = made_of[1].decode()
        if given["path"].text is None:
            self.doubts.append(
                (given, f"has a plugin of its own for {kind}, {name}; its pages are not indexed")
            )
            return None
        return kind


def _entries(listed: Value) -> Iterator[tuple[str | None, Value]]:
    """Name and options of each plugin or preset; the name is None where it cannot be told, empty for code."""
    for item in listed.items:
        if isinstance(item.content, list):
            first = item.items[0] if item.items else Value(None, item.line)
            yield (
                _module_name(first),
                item.items[1] if len(item.items) > 1 else Value(None, item.line, item.file),
            )
        elif item.content is not None and item.content is not False:
            yield _module_name(item), Value(None, item.line, item.file)


def _module_name(value: Value) -> str | None:
    if isinstance(value.content, Package):
        return value.content.name
    return "" if isinstance(value.content, Function) else value.text


__all__ = [
    "KINDS",
    "UNKNOWN",
    "Config",
    "Plugin",
    "Value",
    "checkout",
    "parse_config",
    "read_config",
    "repository",
]
