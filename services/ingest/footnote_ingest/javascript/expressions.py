"""The value of a JavaScript or TypeScript expression, as far as it can be told without running it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace

from tree_sitter import Node

from footnote_ingest.javascript.methods import MAX_LENGTH, list_method, same, text_method
from footnote_ingest.javascript.syntax import child, elements, parts, text_of
from footnote_ingest.javascript.values import (
    REST,
    UNKNOWN,
    Content,
    Environment,
    Function,
    Native,
    Package,
    Scope,
    Unknown,
    Value,
    shown,
)

MAX_STEPS = 200_000
"""Expressions that are looked at; what goes on longer is given up."""
MAX_DEPTH = 60
"""Expressions and calls in each other."""

_KINDS: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "object",
    dict: "object",
    Function: "function",
    Native: "function",
}
"""What `typeof` says."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


class Expressions(ABC):
    """Evaluates expressions; how functions and modules run is the business of `Interpreter`."""

    def __init__(self) -> None:
        self._steps = 0
        self._depth = 0
        self._handlers: Mapping[str, Callable[[Node, Scope], Value]] = {
            "string": self._text,
            "template_string": self._text,
            "number": self._number,
            "object": self._object,
            "array": self._array,
            "identifier": self._name,
            "shorthand_property_identifier": self._name,
            "ternary_expression": self._ternary,
            "binary_expression": self._binary,
            "unary_expression": self._unary,
            "member_expression": self._member,
            "subscript_expression": self._subscript,
            "call_expression": self._call,
            "meta_property": self._meta,
            "assignment_expression": self._assignment,
            "sequence_expression": lambda node, scope: [self.evaluate(p, scope) for p in parts(node)][-1],
            **dict.fromkeys(("augmented_assignment_expression", "update_expression"), self._change),
            **dict.fromkeys(("arrow_function", "function_expression", "method_definition"), self._function),
            **dict.fromkeys(("true", "false", "null", "undefined"), self._constant),
            **dict.fromkeys(
                (
                    "parenthesized_expression",
                    "as_expression",
                    "satisfies_expression",
                    "non_null_expression",
                    "await_expression",
                ),
                self._inner,
            ),
            "type_assertion": lambda node, scope: self.evaluate(parts(node)[-1], scope),
        }

    @abstractmethod
    def call(self, function: Value, arguments: list[Value]) -> Value:
        """What a function returns."""

    @abstractmethod
    def assign(self, target: Node, value: Value, scope: Scope) -> None:
        """Give a name, a property or an item another value."""

    @abstractmethod
    def forget(self, node: Node, scope: Scope) -> None:
        """Take as unknown what code changes that may or may not run."""

    @abstractmethod
    def imported(self, specifier: str, scope: Scope) -> Value:
        """The namespace of a module."""

    @abstractmethod
    def name_of(self, scope: Scope) -> str:
        """The file of a scope, for `Value.file`."""

    def evaluate(self, node: Node, scope: Scope) -> Value:
        self._steps += 1
        handler = self._handlers.get(node.type)
        if handler is None or self._steps > MAX_STEPS or self._depth >= MAX_DEPTH:
            return self._value(UNKNOWN, node, scope)
        self._depth += 1
        try:
            return handler(node, scope)
        finally:
            self._depth -= 1

    def member(self, value: Value, name: str) -> Value:
        """A property of any value."""
        match value.content:
            case Environment(known):
                assumed = frozenset() if name in known else frozenset({name})
                return replace(value, content=known.get(name), assumed=value.assumed | assumed)
            case list() | str() if name == "length":
                return replace(value, content=len(value.content))
            case Native(_, members) if name in members:
                return members[name].assuming(value)
            case dict():
                found = value[name].assuming(value)
                return replace(found, content=UNKNOWN) if found.is_hidden else found
            case Package():
                return value
        return replace(value, content=UNKNOWN)

    def _value(self, content: Content, node: Node, scope: Scope, *sources: Value) -> Value:
        return Value(content, node.start_point.row + 1, self.name_of(scope)).assuming(*sources)

    def _inner(self, node: Node, scope: Scope) -> Value:
        found = parts(node)
        return self.evaluate(found[0], scope) if found else self._value(UNKNOWN, node, scope)

    def _constant(self, node: Node, scope: Scope) -> Value:
        return self._value({"true": True, "false": False}.get(node.type), node, scope)

    def _number(self, node: Node, scope: Scope) -> Value:
        text = text_of(node).replace("_", "")
        if re.fullmatch(r"\d{1,15}", text):
            return self._value(int(text), node, scope)
        return self._value(float(text) if re.fullmatch(r"\d{1,15}\.\d{1,15}", text) else UNKNOWN, node, scope)

    def _text(self, node: Node, scope: Scope) -> Value:
        pieces: list[str] = []
        sources: list[Value] = []
        for part in node.named_children:
            if part.type == "string_fragment":
                pieces.append(text_of(part))
            elif part.type == "escape_sequence":
                pieces.append(_unescape(text_of(part)[1:]))
            elif part.type == "template_substitution":
                value = self._inner(part, scope)
                piece = shown(value)
                if piece is None:
                    return self._value(UNKNOWN, node, scope, value)
                sources.append(value)
                pieces.append(piece)
        text = "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return self._value(text if len(text) <= MAX_LENGTH else UNKNOWN, node, scope, *sources)

    def _object(self, node: Node, scope: Scope) -> Value:
        properties: dict[str, Value] = {}
        for part in parts(node):
            if part.type == "pair":
                key = self._key(child(part, "key"), scope)
                value = self.evaluate(child(part, "value"), scope)
                properties[REST if key is None else key] = value
            elif part.type == "shorthand_property_identifier":
                properties[text_of(part)] = self.evaluate(part, scope)
            elif part.type == "method_definition":
                computed = any(inner.type in ("get", "set") for inner in part.children)
                method = self._value(UNKNOWN, part, scope) if computed else self._function(part, scope)
                properties[self._key(child(part, "name"), scope) or REST] = method
            elif part.type == "spread_element":
                source = self._inner(part, scope)
                if isinstance(source.content, dict):
                    properties.update({k: v.assuming(source) for k, v in source.content.items()})
                elif source.truth is not False:
                    properties[REST] = self._value(UNKNOWN, part, scope, source)
            else:
                properties[REST] = self._value(UNKNOWN, part, scope)
        return self._value(properties, node, scope)

    def _key(self, node: Node, scope: Scope) -> str | None:
        if node.type == "computed_property_name":
            return shown(self._inner(node, scope))
        return self._text(node, scope).text if node.type == "string" else text_of(node)

    def _array(self, node: Node, scope: Scope) -> Value:
        items: list[Value] = []
        spread = 0
        for position, part in elements(node):
            missing = position - len(items) + spread
            items += [self._value(None, node, scope) for _ in range(missing)]
            if part.type != "spread_element":
                items.append(self.evaluate(part, scope))
                continue
            source = self._inner(part, scope)
            if isinstance(source.content, list):
                items += [item.assuming(source) for item in source.content]
                spread += len(source.content) - 1
            else:
                items.append(self._value(UNKNOWN, part, scope, source))
        return self._value(items if len(items) <= MAX_LENGTH else UNKNOWN, node, scope)

    def _name(self, node: Node, scope: Scope) -> Value:
        return scope.find(text_of(node)) or self._value(UNKNOWN, node, scope)

    def _function(self, node: Node, scope: Scope) -> Value:
        return self._value(Function(node, scope), node, scope)

    def _ternary(self, node: Node, scope: Scope) -> Value:
        condition = self.evaluate(child(node, "condition"), scope)
        if condition.truth is None:
            either = [self.evaluate(child(node, part), scope) for part in ("consequence", "alternative")]
            return self._value(_common(*either), node, scope, condition, *either)
        chosen = "consequence" if condition.truth else "alternative"
        return self.evaluate(child(node, chosen), scope).assuming(condition)

    def _unary(self, node: Node, scope: Scope) -> Value:
        value = self.evaluate(child(node, "argument"), scope)
        operator = child(node, "operator").type
        if operator == "delete":
            self.assign(child(node, "argument"), self._value(UNKNOWN, node, scope), scope)
        if operator == "!" and value.truth is not None:
            return self._value(not value.truth, node, scope, value)
        if operator == "-" and type(value.content) in (int, float):
            return self._value(-value.content, node, scope, value)  # type: ignore[operator]
        if operator == "typeof" and (kind := _KINDS.get(type(value.content))):
            return self._value(kind, node, scope, value)
        return self._value(None if operator == "void" else UNKNOWN, node, scope, value)

    def _binary(self, node: Node, scope: Scope) -> Value:
        left = self.evaluate(child(node, "left"), scope)
        operator = child(node, "operator").type
        if operator in ("&&", "||", "??"):
            stays = (left.content is not None) if operator == "??" else left.truth is (operator == "||")
            if left.truth is None:
                self.forget(child(node, "right"), scope)
                return self._value(UNKNOWN, node, scope, left)
            return left if stays else self.evaluate(child(node, "right"), scope).assuming(left)
        right = self.evaluate(child(node, "right"), scope)
        if isinstance(left.content, Unknown) or isinstance(right.content, Unknown):
            return self._value(UNKNOWN, node, scope, left, right)
        return self._value(_operate(operator, left, right), node, scope, left, right)

    def _assignment(self, node: Node, scope: Scope) -> Value:
        value = self.evaluate(child(node, "right"), scope)
        self.assign(child(node, "left"), value, scope)
        return value

    def _change(self, node: Node, scope: Scope) -> Value:
        """`a += b`, `a++`."""
        self.forget(node, scope)
        return self._value(UNKNOWN, node, scope)

    def _member(self, node: Node, scope: Scope) -> Value:
        value = self.evaluate(child(node, "object"), scope)
        if value.content is None and node.child_by_field_name("optional_chain"):
            return value
        return self.member(value, text_of(child(node, "property")))

    def _subscript(self, node: Node, scope: Scope) -> Value:
        value = self.evaluate(child(node, "object"), scope)
        index = self.evaluate(child(node, "index"), scope)
        if isinstance(index.content, str):
            return self.member(value, index.content).assuming(index)
        if isinstance(index.content, int) and isinstance(value.content, list | str):
            inside = 0 <= index.content < len(value.content)
            found = value.content[index.content] if inside else None
            if isinstance(found, Value):
                return found.assuming(value, index)
            return self._value(found, node, scope, value, index)
        return self._value(UNKNOWN, node, scope, value, index)

    def _call(self, node: Node, scope: Scope) -> Value:
        given, called = child(node, "arguments"), child(node, "function")
        if given.type != "arguments":  # a template with a tag
            return self._value(UNKNOWN, node, scope)
        arguments = self._array(given, scope).items
        if called.type == "import":
            specifier = arguments[0].text if arguments else None
            return self.imported(specifier, scope) if specifier else self._value(UNKNOWN, node, scope)
        if called.type != "member_expression":
            return self._applied(self.evaluate(called, scope), arguments, node, scope)
        value = self.evaluate(child(called, "object"), scope)
        name = text_of(child(called, "property"))
        if value.content is None and called.child_by_field_name("optional_chain"):
            return value
        if isinstance(value.content, str):
            content = text_method(value.content, name, arguments, value)
        elif isinstance(value.content, list):
            content = list_method(value.content, name, arguments, self.call, value)
        else:
            return self._applied(self.member(value, name), arguments, node, scope)
        return self._value(content, node, scope, value, *arguments)

    def _applied(self, function: Value, arguments: list[Value], node: Node, scope: Scope) -> Value:
        result = self.call(function, arguments).assuming(function)
        # A value that is computed here is said to be of this line.
        return self._value(UNKNOWN, node, scope, result) if isinstance(result.content, Unknown) else result

    def _meta(self, node: Node, scope: Scope) -> Value:
        members = {
            "url": f"file://{scope.file}",
            "filename": str(scope.file),
            "dirname": str(scope.file.parent),
        }
        return self._value({k: self._value(v, node, scope) for k, v in members.items()}, node, scope)


def _common(one: Value, other: Value) -> Content:
    """What is the same in both values, of which either may be the one."""
    a, b = one.content, other.content
    if isinstance(a, dict) and isinstance(b, dict):
        keys = {**a, **b}
        return {k: replace(one[k], content=_common(one[k], other[k])) for k in keys}
    return a if isinstance(a, str | bool | int | float | None) and same(one, other) else UNKNOWN


def _operate(operator: str, left: Value, right: Value) -> Content:
    a, b = left.content, right.content
    if operator in ("===", "==", "!==", "!="):
        if isinstance(a, Package | Function | Native) or isinstance(b, Package | Function | Native):
            return UNKNOWN
        strict = len(operator) == 3 or a is None or b is None
        return same(left, right) == (operator[0] == "=") if strict or type(a) is type(b) else UNKNOWN
    if operator == "+" and (isinstance(a, str) or isinstance(b, str)):
        texts = shown(left), shown(right)
        joined = f"{texts[0]}{texts[1]}"
        return UNKNOWN if None in texts or len(joined) > MAX_LENGTH else joined
    if operator == "in" and isinstance(a, str) and isinstance(b, dict) and REST not in b:
        return a in b
    if type(a) in (int, float) and type(b) in (int, float):
        match operator:
            case "+":
                return a + b  # type: ignore[operator]
            case "-":
                return a - b  # type: ignore[operator]
            case "<":
                return a < b  # type: ignore[operator]
            case ">":
                return a > b  # type: ignore[operator]
            case "<=":
                return a <= b  # type: ignore[operator]
            case ">=":
                return a >= b  # type: ignore[operator]
    return UNKNOWN


def _unescape(escape: str) -> str:
    if match := re.fullmatch(r"u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})", escape):
        code = int(match[1] or match[2] or match[3], 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    return _ESCAPES.get(escape, escape)
