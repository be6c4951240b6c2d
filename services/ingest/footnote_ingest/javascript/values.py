"""What is known of a JavaScript value without running the code that makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Union

from tree_sitter import Node

REST: Final = "..."
"""Key of an object that may have more properties than are known."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only running the code would tell."""


UNKNOWN: Final = Unknown()
HIDDEN: Final = Unknown()
"""What an object may take from a spread that is not known: it is unknown whether it is there at all."""


@dataclass(frozen=True, slots=True)
class Package:
    """Something that an installed package exports; `name` is the package's."""

    name: str


@dataclass(frozen=True, slots=True)
class Environment:
    """`process.env`; a variable that is not `known` is assumed to be unset."""

    known: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Names and their values, those of the surrounding code included.

    file  the file whose code it is
    """

    file: Path
    names: "dict[str, Value]" = field(default_factory=dict)
    outer: "Scope | None" = None

    def find(self, name: str) -> "Value | None":
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def assign(self, name: str, value: "Value") -> None:
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        (scope or self).names[name] = value


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the site's own code."""

    node: Node
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Native:
    """A function of JavaScript or Node.js that is known here."""

    call: "Callable[[list[Value]], Content]"
    members: "Mapping[str, Value]" = field(default_factory=dict)


Content = Union[
    str,
    bool,
    int,
    float,
    None,
    "list[Value]",
    "dict[str, Value]",
    Unknown,
    Package,
    Environment,
    Function,
    Native,
]


@dataclass(frozen=True, slots=True)
class Value:
    """A value, where it is written, and what was assumed to get it.

    content  None is null or undefined; arrays and objects hold further values
    file     path below the site, empty for the configuration itself
    assumed  environment variables that were taken as not set
    """

    content: Content
    line: int
    file: str = ""
    assumed: frozenset[str] = frozenset()

    def __getitem__(self, key: str) -> "Value":
        """A property of an object; HIDDEN where it is not known whether there is one, None when there is none."""
        if isinstance(self.content, dict):
            rest = self.content.get(REST)
            missing = replace(rest or self, content=None if rest is None else HIDDEN)
            return self.content.get(key, missing)
        return replace(self, content=None if self.content is None else HIDDEN)

    @property
    def text(self) -> str | None:
        return self.content if isinstance(self.content, str) else None

    @property
    def items(self) -> "list[Value]":
        return self.content if isinstance(self.content, list) else []

    @property
    def properties(self) -> "Mapping[str, Value]":
        return self.content if isinstance(self.content, dict) else {}

    @property
    def is_unknown(self) -> bool:
        return isinstance(self.content, Unknown | Package)

    @property
    def is_hidden(self) -> bool:
        """Whether it is a part of something unknown, which is to be doubted as a whole."""
        return self.content is HIDDEN

    @property
    def truth(self) -> bool | None:
        """Whether JavaScript takes it for true; None where that is not known."""
        if isinstance(self.content, Unknown):
            return None
        return bool(self.content) or isinstance(self.content, list | dict)

    def assuming(self, *others: "Value") -> "Value":
        """The same value, which depends on the others too."""
        assumed = self.assumed.union(*(other.assumed for other in others))
        return self if assumed == self.assumed else replace(self, assumed=assumed)


def shown(value: Value) -> str | None:
    """The string that JavaScript makes of a value, None where that is not known."""
    match value.content:
        case bool():
            return str(value.content).lower()
        case str():
            return value.content
        case int():
            return str(value.content)
        case float():
            return str(int(value.content)) if value.content.is_integer() else repr(value.content)
        case list():
            parts = [shown(item) for item in value.content]
            return ",".join(part for part in parts if part is not None) if None not in parts else None
    return None


def rest_of(value: Value, names: list[str | None]) -> Content:
    """What `...rest` takes of an object beside the properties of those names; None is a name that is not known."""
    if not isinstance(value.content, dict) or None in names:
        return UNKNOWN
    return {name: found for name, found in value.content.items() if name not in names}
