"""Methods of strings and arrays, and the functions of JavaScript and Node.js that configurations use."""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from footnote_ingest.javascript.files import is_path
from footnote_ingest.javascript.values import (
    REST,
    UNKNOWN,
    Content,
    Function,
    Native,
    Package,
    Unknown,
    Value,
    shown,
)

MAX_LENGTH = 100_000
"""Characters or items: what grows beyond is given up."""

Call = Callable[[Value, list[Value]], Value]
Each = Callable[[Value, int], Value]
"""A function of an item and its position."""


def _texts(arguments: list[Value]) -> list[str] | None:
    texts = [value.text for value in arguments]
    return [text for text in texts if text is not None] if None not in texts else None


def _slice(arguments: list[Value]) -> slice | None:
    """The part of a sequence that `slice(start, end)` takes."""
    ends = [value.content for value in arguments[:2]]
    if not all(end is None or (isinstance(end, int) and not isinstance(end, bool)) for end in ends):
        return None
    return slice(*(end if isinstance(end, int) else None for end in [*ends, None, None][:2]))


_TEXT_METHODS: Mapping[str, Callable[..., Content]] = {
    "trim": str.strip,
    "trimStart": str.lstrip,
    "trimEnd": str.rstrip,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "toString": str,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "includes": str.__contains__,
    "concat": lambda text, *more: text + "".join(more),
    "indexOf": str.find,
    "replace": lambda text, old, new: text.replace(old, new, 1),
    "replaceAll": str.replace,
}
_ARITY: Mapping[str, tuple[int, int]] = {
    "startsWith": (1, 1),
    "endsWith": (1, 1),
    "includes": (1, 1),
    "indexOf": (1, 1),
    "concat": (0, 9),
    "replace": (2, 2),
    "replaceAll": (2, 2),
}


def text_method(text: str, name: str, arguments: list[Value], like: Value) -> Content:
    """What `text.name(…)` gives."""
    if name in ("slice", "substring"):
        part = _slice(arguments)
        ordered = part and 0 <= (part.start or 0) <= (len(text) if part.stop is None else part.stop)
        return text[part] if part and (name == "slice" or ordered) else UNKNOWN
    if name == "split":
        separators = _texts(arguments)
        if not separators or len(separators) != 1:
            return UNKNOWN
        pieces = text.split(separators[0]) if separators[0] else list(text)
        return [Value(piece, like.line, like.file) for piece in pieces]
    texts = _texts(arguments)
    least, most = _ARITY.get(name, (0, 0))
    if name not in _TEXT_METHODS or texts is None or not least <= len(texts) <= most:
        return UNKNOWN
    result = _TEXT_METHODS[name](text, *texts)
    return UNKNOWN if isinstance(result, str) and len(result) > MAX_LENGTH else result


def list_method(items: list[Value], name: str, arguments: list[Value], call: Call, like: Value) -> Content:
    """What `items.name(…)` gives; `push` and its like change `items`."""
    first = arguments[0] if arguments else Value(None, like.line, like.file)
    if name in _WITH_FUNCTION and isinstance(first.content, Function | Native):
        return _WITH_FUNCTION[name](items, lambda item, at: call(first, [item, Value(at, like.line)]))
    result: Content = UNKNOWN
    match name:
        case "push" | "unshift" if len(items) + len(arguments) <= MAX_LENGTH:
            items[:] = [*items, *arguments] if name == "push" else [*arguments, *items]
            result = len(items)
        case "pop" | "shift":
            result = items.pop(-1 if name == "pop" else 0).content if items else None
        case "splice" | "sort" | "fill" | "copyWithin":
            items[:] = [Value(UNKNOWN, like.line, like.file)]
        case "concat":
            more = [value.items if isinstance(value.content, list) else [value] for value in arguments]
            result = [*items, *(item for part in more for item in part)]
        case "slice":
            part = _slice(arguments)
            result = items[part] if part else UNKNOWN
        case "flat":
            result = [i for item in items for i in (item.items if isinstance(item.content, list) else [item])]
        case "reverse":
            items.reverse()
            result = items
        case "includes" | "indexOf" if not any(item.is_unknown for item in [*items, first]):
            found = next((i for i, item in enumerate(items) if same(item, first)), -1)
            result = found if name == "indexOf" else found >= 0
        case "reduce" if isinstance(first.content, Function) and len(arguments) == 2:
            folded = arguments[1]
            for item in items:
                folded = call(first, [folded, item])
            result = folded.content
        case "join":
            parts = [shown(item) for item in items]
            known = [part for part in parts if part is not None]
            result = (first.text or ",").join(known) if len(known) == len(parts) else UNKNOWN
        case "at" if isinstance(first.content, int) and -len(items) <= first.content < len(items):
            result = items[first.content].content
    return UNKNOWN if isinstance(result, list) and len(result) > MAX_LENGTH else result


def same(one: Value, other: Value) -> bool:
    """JavaScript's `===` of values that are known."""
    a, b = one.content, other.content
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    return a is b if isinstance(a, list | dict) else a == b


def _filter(items: list[Value], test: Each) -> Content:
    kept = [(item, test(item, at).truth) for at, item in enumerate(items)]
    return [
        item if truth else Value(UNKNOWN, item.line, item.file) for item, truth in kept if truth is not False
    ]


def _find(items: list[Value], test: Each) -> Content:
    for at, item in enumerate(items):
        truth = test(item, at).truth
        if truth is None:
            return UNKNOWN
        if truth:
            return item.content
    return None


def _some(items: list[Value], test: Each) -> Content:
    truths = [test(item, at).truth for at, item in enumerate(items)]
    return True if True in truths else UNKNOWN if None in truths else False


def _every(items: list[Value], test: Each) -> Content:
    truths = [test(item, at).truth for at, item in enumerate(items)]
    return False if False in truths else UNKNOWN if None in truths else True


def _flat_map(items: list[Value], function: Each) -> Content:
    results = [function(item, at) for at, item in enumerate(items)]
    return [i for result in results for i in (result.items if isinstance(result.content, list) else [result])]


def _for_each(items: list[Value], function: Each) -> Content:
    for at, item in enumerate(items):
        function(item, at)
    return None


_WITH_FUNCTION: Mapping[str, Callable[[list[Value], Each], Content]] = {
    "map": lambda items, function: [function(item, at) for at, item in enumerate(items)],
    "filter": _filter,
    "find": _find,
    "some": _some,
    "every": _every,
    "flatMap": _flat_map,
    "forEach": _for_each,
}


def from_json(data: object, line: int, file: str) -> Value:
    """A value read from JSON."""
    if isinstance(data, list):
        return Value([from_json(item, line, file) for item in data], line, file)
    if isinstance(data, dict):
        return Value({str(key): from_json(item, line, file) for key, item in data.items()}, line, file)
    if isinstance(data, str):
        data = data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return Value(data if isinstance(data, str | bool | int | float) else None, line, file)


def _native(function: Callable[..., Content]) -> Value:
    return Value(Native(lambda arguments: function(*arguments) if arguments else UNKNOWN), 1)


def _properties(value: Value) -> "dict[str, Value] | None":
    """What an object has, in JavaScript's order: numbers first."""
    if not isinstance(value.content, dict) or REST in value.content:
        return None
    numbers = sorted((key for key in value.content if re.fullmatch(r"0|[1-9]\d{0,8}", key)), key=int)
    return {**{key: value.content[key] for key in numbers}, **value.content}


def _keys(value: Value, *_: Value) -> Content:
    found = _properties(value)
    return UNKNOWN if found is None else [Value(key, value.line, value.file) for key in found]


def _values(value: Value, *_: Value) -> Content:
    found = _properties(value)
    return UNKNOWN if found is None else list(found.values())


def _entries(value: Value, *_: Value) -> Content:
    found = _properties(value)
    if found is None:
        return UNKNOWN
    return [
        Value([Value(key, item.line, item.file), item], item.line, item.file) for key, item in found.items()
    ]


def _from_entries(value: Value, *_: Value) -> Content:
    pairs = [item.items for item in value.items]
    if not isinstance(value.content, list) or not all(len(p) == 2 and p[0].text is not None for p in pairs):
        return UNKNOWN
    return {str(key.content): item for key, item in pairs}


def _assign(target: Value, *sources: Value) -> Content:
    if not isinstance(target.content, dict):
        return UNKNOWN
    for source in sources:
        if isinstance(source.content, dict):
            target.content.update(source.content)
        elif source.content is not None:
            target.content[REST] = source
    return target.content


def _parse(value: Value, *_: Value) -> Content:
    try:
        return from_json(json.loads(value.text or ""), value.line, value.file).content
    except (ValueError, RecursionError):
        return UNKNOWN


def _boolean(value: Value, *_: Value) -> Content:
    return UNKNOWN if value.truth is None else value.truth


def _string(value: Value, *_: Value) -> Content:
    text = shown(value)
    return UNKNOWN if text is None else text


def _is_array(value: Value, *_: Value) -> Content:
    return UNKNOWN if isinstance(value.content, Unknown | Package) else isinstance(value.content, list)


def _join(*parts: Value) -> Content:
    texts = _texts(list(parts))
    joined = "/".join(text for text in texts or () if text) or "."
    return UNKNOWN if texts is None else os.path.normpath(re.sub("^/+", "/", joined))


def _resolve(base: Path) -> Callable[..., Content]:
    def resolve(*parts: Value) -> Content:
        texts = _texts(list(parts))
        return UNKNOWN if texts is None else os.path.normpath(base.joinpath(*texts))

    return resolve


def _on_text(function: Callable[[str], str]) -> Callable[..., Content]:
    def apply(value: Value, *_: Value) -> Content:
        return UNKNOWN if value.text is None else function(value.text)

    return apply


def _namespace(members: Mapping[str, Callable[..., Content]]) -> dict[str, Value]:
    return {name: _native(function) for name, function in members.items()}


def global_names() -> dict[str, Value]:
    """What stands in every file by itself."""
    objects = {"keys": _keys, "values": _values, "entries": _entries, "fromEntries": _from_entries}
    return {
        "Object": Value(_namespace({**objects, "assign": _assign, "freeze": lambda v, *_: v.content}), 1),
        "Array": Value(_namespace({"isArray": _is_array, "from": lambda v, *_: v.content}), 1),
        "JSON": Value(_namespace({"parse": _parse}), 1),
        "Boolean": _native(_boolean),
        "String": _native(_string),
    }


def node_module(name: str, site: Path, read: Callable[[str], str | None]) -> dict[str, Value] | None:
    """What a module of Node.js exports, as far as it is known here.

    read  the text of a file, None where it may not be read
    """
    match name.removeprefix("node:"):
        case "path" | "path/posix":
            members = {
                "join": _join,
                "resolve": _resolve(site),
                "dirname": _on_text(os.path.dirname),
                "basename": _on_text(os.path.basename),
            }
            paths = _namespace(members)
            return {**paths, "posix": Value(paths, 1)}
        case "fs":

            def read_file(path: Value, *_: Value) -> Content:
                text = read(path.text) if path.text else None
                return UNKNOWN if text is None else text

            def exists(path: Value, *_: Value) -> Content:
                known = path.text is not None and is_path(path.text)
                return (site / str(path.text)).exists() if known else UNKNOWN

            return _namespace({"readFileSync": read_file, "existsSync": exists})
        case "url":
            return _namespace({"fileURLToPath": _on_text(lambda url: url.removeprefix("file://"))})
    return None
