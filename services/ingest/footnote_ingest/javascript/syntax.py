"""The syntax of JavaScript and TypeScript files."""

from collections.abc import Iterator
from functools import cache

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

_NAMES = frozenset(
    {"identifier", "shorthand_property_identifier_pattern", "property_identifier", "type_identifier"}
)

_FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_expression",
        "function_declaration",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)


@cache
def _parser(typescript: bool) -> Parser:
    language = (
        tree_sitter_typescript.language_typescript() if typescript else tree_sitter_typescript.language_tsx()
    )
    return Parser(Language(language))


def parse(source: bytes, name: str) -> Node:
    """The syntax of a file; its ending tells whether `<T>` is a type or an element."""
    return _parser(name.endswith((".ts", ".mts", ".cts"))).parse(source).root_node


def text_of(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def child(node: Node, field: str) -> Node:
    """A part that the grammar says is there; the node itself where the code is broken."""
    return node.child_by_field_name(field) or node


def parts(node: Node) -> list[Node]:
    return [part for part in node.named_children if part.type != "comment"]


def elements(node: Node) -> Iterator[tuple[int, Node]]:
    """The parts of an array or its pattern, each with its position: `[, b]` has none at 0."""
    position = 0
    for inner in node.children:
        if inner.type == ",":
            position += 1
        elif inner.is_named and inner.type != "comment":
            yield position, inner


def declared_names(node: Node) -> Iterator[str]:
    """The names that a declaration gives."""
    if node.type in ("lexical_declaration", "variable_declaration"):
        for declarator in parts(node):
            yield from (text_of(inner) for inner in walk(child(declarator, "name")) if inner.type in _NAMES)
    elif name := node.child_by_field_name("name"):
        yield text_of(name)


def walk(node: Node, *, functions: bool = True) -> Iterator[Node]:
    """A node and all in it; without `functions`, not what stands in functions."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        yield inner
        if functions or inner.type not in _FUNCTIONS:
            waiting += reversed(inner.children)
