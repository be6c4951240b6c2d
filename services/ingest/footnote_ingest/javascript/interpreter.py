"""Statements, functions and modules of JavaScript, followed without running them.

Nothing is executed: files are parsed, and what they declare, assign and return is worked out from their
syntax. What depends on anything else is UNKNOWN.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tree_sitter import Node

from footnote_ingest.javascript.expressions import MAX_DEPTH, Expressions
from footnote_ingest.javascript.files import Files
from footnote_ingest.javascript.methods import from_json, global_names, node_module
from footnote_ingest.javascript.syntax import child, declared_names, elements, parse, parts, text_of, walk
from footnote_ingest.javascript.values import (
    REST,
    UNKNOWN,
    Content,
    Environment,
    Function,
    Native,
    Package,
    Scope,
    Value,
    rest_of,
)

MAX_FILES = 60
"""Files of its own that a configuration may import."""


@dataclass(slots=True)
class Module:
    """What a file exports.

    root     its syntax
    scope    its names, once it has been followed
    """

    root: Node | None
    scope: Scope
    exports: dict[str, Value] = field(default_factory=dict)

    @property
    def default(self) -> Value:
        return self.exports.get("default") or self.commonjs or Value(UNKNOWN, 1)

    @property
    def commonjs(self) -> Value | None:
        """`module.exports`, if the file assigned it."""
        module = self.scope.names.get("module")
        found = module["exports"] if module else None
        return found if found and (found.content != {} or not self.exports) else None


class Interpreter(Expressions):
    """Follows the code of a site.

    site         what `process.cwd()` and `@site` stand for
    reach        folder that no file is read outside of
    environment  variables that are known to be set
    """

    def __init__(self, site: Path, reach: Path, environment: Mapping[str, str]) -> None:
        super().__init__()
        self._site = site
        self._files = Files(site, reach)
        self._modules: dict[Path, Module] = {}
        process: dict[str, Value] = {
            "env": Value(Environment(environment), 1),
            "cwd": Value(Native(lambda _: str(site)), 1),
        }
        process[REST] = Value(UNKNOWN, 1)
        self._globals = {**global_names(), "process": Value(process, 1)}

    def module(self, path: Path, source: bytes) -> Module:
        """Follow a file from its first line to its last."""
        scope = Scope(path, outer=Scope(path, {**self._globals, **self._of_file(path)}))
        module = Module(None, scope)
        scope.names["module"] = Value({"exports": Value({}, 1)}, 1)
        scope.names["exports"] = scope.names["module"]["exports"]
        self._modules[path] = module
        if path.suffix == ".json":
            try:
                data = from_json(json.loads(source), 1, self.name_of(scope))
            except (ValueError, RecursionError):
                data = Value(UNKNOWN, 1, self.name_of(scope))
            scope.names["module"] = Value({"exports": data}, 1)
            module.exports = {**data.properties, "default": data}
            return module
        module.root = parse(source, path.name)
        self._run(parts(module.root), scope, module)
        return module

    def name_of(self, scope: Scope) -> str:
        path = scope.file
        return path.relative_to(self._site).as_posix() if path.is_relative_to(self._site) else str(path)

    def imported(self, specifier: str, scope: Scope) -> Value:
        found = self._module(specifier, scope.file.parent)
        if not isinstance(found, Module):
            return found
        if (whole := found.commonjs) and "default" not in found.exports:
            return Value({**whole.properties, "default": whole}, whole.line, whole.file)
        return Value(dict(found.exports), 1, self.name_of(found.scope))

    def call(self, function: Value, arguments: list[Value]) -> Value:
        match function.content:
            case Native(call):
                return Value(call(arguments), function.line, function.file).assuming(*arguments)
            case Function(node, outer) if self._depth < MAX_DEPTH:
                scope = Scope(outer.file, outer=outer)
                self._parameters(node, arguments, scope)
                body = child(node, "body")
                if body.type != "statement_block":
                    return self.evaluate(body, scope)
                self._depth += 1
                try:
                    returned = self._run(parts(body), scope)
                finally:
                    self._depth -= 1
                return returned or Value(None, function.line, function.file)
        return Value(UNKNOWN, function.line, function.file)

    def _of_file(self, path: Path) -> dict[str, Value]:
        """What Node.js gives every file of its own."""

        def require(arguments: list[Value]) -> Content:
            specifier = arguments[0].text if arguments else None
            found = self._module(specifier, path.parent) if specifier else Value(UNKNOWN, 1)
            if not isinstance(found, Module):
                return found.content
            return (found.commonjs or Value(dict(found.exports), 1)).content

        def resolve(arguments: list[Value]) -> Content:
            specifier = arguments[0].text if arguments else None
            if specifier is None:
                return UNKNOWN
            return str((path.parent / specifier).resolve()) if specifier.startswith(".") else specifier

        required = Native(require, {"resolve": Value(Native(resolve), 1)})
        return {
            "require": Value(required, 1),
            "__dirname": Value(str(path.parent), 1),
            "__filename": Value(str(path), 1),
        }

    def _module(self, specifier: str, folder: Path) -> Module | Value:
        if specifier.removeprefix("node:") == "module":
            create = Native(lambda _: self._of_file(folder / "x")["require"].content)
            return Value({"createRequire": Value(create, 1)}, 1)
        native = node_module(specifier, self._site, self._files.read_text)
        if native is not None:
            return Value({**native, "default": Value(native, 1)}, 1)
        if not specifier.startswith((".", "/", "@site/")):
            return Value(Package(specifier), 1)
        path = self._files.find(specifier, folder)
        if path in self._modules:
            return self._modules[path]
        source = self._files.read(path) if path and len(self._modules) < MAX_FILES else None
        if path is None or source is None:
            return Value(UNKNOWN, 1)
        return self.module(path, source)

    def _run(self, nodes: list[Node], scope: Scope, module: Module | None = None) -> Value | None:
        """Follow statements; the value of the first `return`."""
        for node in nodes:
            declared = node.child_by_field_name("declaration") if node.type == "export_statement" else node
            if declared and declared.type == "function_declaration":
                scope.names[text_of(child(declared, "name"))] = self._function(declared, scope)
        for position, node in enumerate(nodes, 1):
            returned = self._statement(node, scope, module)
            if returned is not None:
                if returned.is_unknown:  # it may have been no return
                    for rest in nodes[position:]:
                        self.forget(rest, scope)
                return returned
        return None

    def _statement(self, node: Node, scope: Scope, module: Module | None) -> Value | None:
        match node.type:
            case "lexical_declaration" | "variable_declaration":
                for declarator in (part for part in parts(node) if part.type == "variable_declarator"):
                    value = declarator.child_by_field_name("value")
                    nothing = Value(None, node.start_point.row + 1, self.name_of(scope))
                    self._bind(
                        child(declarator, "name"), self.evaluate(value, scope) if value else nothing, scope
                    )
            case "return_statement":
                found = parts(node)
                return self.evaluate(found[0], scope) if found else Value(None, node.start_point.row + 1)
            case "expression_statement":
                self.evaluate(parts(node)[0], scope) if parts(node) else None
            case "if_statement":
                return self._if(node, scope)
            case "statement_block" | "else_clause" | "finally_clause":
                return self._run(parts(node), Scope(scope.file, outer=scope))
            case "try_statement":
                bodies = [child(node, "body"), *(p for p in parts(node) if p.type == "finally_clause")]
                returns = [self._statement(body, scope, None) for body in bodies]
                return next((returned for returned in reversed(returns) if returned is not None), None)
            case "import_statement":
                self._import(node, scope)
            case "export_statement" if module:
                self._export(node, scope, module)
            case "for_in_statement":
                return self._for_each(node, scope)
            case "for_statement" | "while_statement" | "do_statement" | "switch_statement":
                return self._give_up(node, scope)
        return None

    def _for_each(self, node: Node, scope: Scope) -> Value | None:
        """`for (const x of list)`, all the way."""
        listed = self.evaluate(child(node, "right"), scope)
        plain = child(node, "operator").type == "of" and node.child_by_field_name("kind")
        leaves = any(inner.type in ("break_statement", "continue_statement") for inner in walk(node))
        if not isinstance(listed.content, list) or not plain or leaves:
            return self._give_up(node, scope)
        for item in list(listed.content):
            inner = Scope(scope.file, outer=scope)
            self._bind(child(node, "left"), item, inner)
            returned = self._statement(child(node, "body"), inner, None)
            if returned is not None:
                return returned
        return None

    def _if(self, node: Node, scope: Scope) -> Value | None:
        condition = self._inner(child(node, "condition"), scope)
        branches = [node.child_by_field_name("consequence"), node.child_by_field_name("alternative")]
        if condition.truth is None:
            return self._give_up(node, scope)
        chosen = branches[0 if condition.truth else 1]
        returned = self._statement(chosen, scope, None) if chosen else None
        return returned.assuming(condition) if returned else None

    def _give_up(self, node: Node, scope: Scope) -> Value | None:
        """Forget what a statement changes that may or may not run; UNKNOWN where it may return."""
        self.forget(node, scope)
        returns = any(inner.type == "return_statement" for inner in walk(node, functions=False))
        return self._value(UNKNOWN, node, scope) if returns else None

    def forget(self, node: Node, scope: Scope) -> None:
        for inner in walk(node):
            if inner.type in ("assignment_expression", "augmented_assignment_expression"):
                self.assign(child(inner, "left"), self._value(UNKNOWN, inner, scope), scope)
            elif inner.type == "update_expression":
                self.assign(child(inner, "argument"), self._value(UNKNOWN, inner, scope), scope)
            elif inner.type == "for_in_statement" and not inner.child_by_field_name("kind"):
                self.assign(child(inner, "left"), self._value(UNKNOWN, inner, scope), scope)
            elif inner.type == "call_expression" and child(inner, "function").type == "member_expression":
                changed = self.evaluate(child(child(inner, "function"), "object"), scope)
                if isinstance(changed.content, list):
                    changed.content.append(self._value(UNKNOWN, inner, scope))

    def assign(self, target: Node, value: Value, scope: Scope) -> None:
        if target.type == "identifier":
            scope.assign(text_of(target), value)
        elif target.type in ("object_pattern", "array_pattern"):
            for name in (inner for inner in walk(target) if inner.type.endswith("identifier")):
                scope.assign(text_of(name), self._value(UNKNOWN, target, scope))
        elif target.type in ("member_expression", "subscript_expression"):
            owner = self.evaluate(child(target, "object"), scope)
            named = target.child_by_field_name("property")
            key = text_of(named) if named else self.evaluate(child(target, "index"), scope).content
            if isinstance(owner.content, dict):
                owner.content[key if isinstance(key, str) else REST] = value
            elif isinstance(owner.content, list):
                if isinstance(key, int) and 0 <= key < len(owner.content):
                    owner.content[key] = value
                else:
                    owner.content[:] = [self._value(UNKNOWN, target, scope)]

    def _parameters(self, node: Node, arguments: list[Value], scope: Scope) -> None:
        single = node.child_by_field_name("parameter")
        patterns = [single] if single else parts(child(node, "parameters"))
        for position, parameter in enumerate(patterns):
            nothing = Value(None, node.start_point.row + 1, self.name_of(scope))
            given = arguments[position] if position < len(arguments) else nothing
            pattern = parameter.child_by_field_name("pattern") or parameter
            if pattern.type == "rest_pattern":
                given = Value(list(arguments[position:]), given.line, given.file)
            fallback = parameter.child_by_field_name("value")
            if fallback and given.content is None:
                given = self.evaluate(fallback, scope)
            self._bind(pattern, given, scope)

    def _bind(self, pattern: Node, value: Value, scope: Scope) -> None:
        """Give the names of a pattern their parts of a value."""
        match pattern.type:
            case "identifier" | "shorthand_property_identifier_pattern":
                scope.names[text_of(pattern)] = value
            case "object_pattern":
                named: list[str | None] = []
                for part in parts(pattern):
                    if part.type == "rest_pattern":
                        rest = rest_of(value, named)
                        self._bind(parts(part)[0], self._value(rest, part, scope, value), scope)
                        continue
                    key = part.child_by_field_name("key") or part.child_by_field_name("left") or part
                    name = self._key(key, scope)
                    named.append(name)
                    found = self._value(UNKNOWN, part, scope) if name is None else self.member(value, name)
                    self._bind(part.child_by_field_name("value") or part, found, scope)
            case "array_pattern":
                for position, part in elements(pattern):
                    inside = isinstance(value.content, list) and position < len(value.content)
                    nothing = None if isinstance(value.content, list) else UNKNOWN
                    item = value.items[position] if inside else self._value(nothing, part, scope, value)
                    if part.type == "rest_pattern":
                        rest = value.items[position:] if isinstance(value.content, list) else UNKNOWN
                        item = self._value(rest, part, scope, value)
                    self._bind(part, item, scope)
            case "assignment_pattern" | "object_assignment_pattern":
                if value.content is None:
                    value = self.evaluate(child(pattern, "right"), scope).assuming(value)
                self._bind(child(pattern, "left"), value, scope)
            case "rest_pattern":
                self._bind(parts(pattern)[0], value, scope)

    def _import(self, node: Node, scope: Scope) -> None:
        source = node.child_by_field_name("source")
        clause = next((part for part in parts(node) if part.type == "import_clause"), None)
        specifier = self._text_value(source, scope)
        if clause is None or specifier is None or any(part.type == "type" for part in node.children):
            return
        namespace = self.imported(specifier, scope)
        for part in parts(clause):
            if part.type == "identifier":
                scope.names[text_of(part)] = self._default(namespace)
            elif part.type == "namespace_import":
                scope.names[text_of(parts(part)[0])] = namespace
            else:
                for one in parts(part):
                    name = text_of(child(one, "name"))
                    found = self._default(namespace) if name == "default" else self.member(namespace, name)
                    scope.names[text_of(one.child_by_field_name("alias") or child(one, "name"))] = found

    def _default(self, namespace: Value) -> Value:
        return namespace if isinstance(namespace.content, Package) else namespace["default"]

    def _text_value(self, node: Node | None, scope: Scope) -> str | None:
        return self.evaluate(node, scope).text if node else None

    def _export(self, node: Node, scope: Scope, module: Module) -> None:
        declared, value = node.child_by_field_name("declaration"), node.child_by_field_name("value")
        if value:
            module.exports["default"] = self.evaluate(value, scope)
        elif declared:
            self._statement(declared, scope, None)
            is_default = any(part.type == "default" for part in node.children)
            for name in declared_names(declared):
                found = scope.names.get(name)
                if found:
                    module.exports["default" if is_default else name] = found
        elif any(part.type == "=" for part in node.children):  # TypeScript's `export = …`
            module.exports["default"] = self.evaluate(parts(node)[-1], scope)
        else:
            self._re_export(node, scope, module)

    def _re_export(self, node: Node, scope: Scope, module: Module) -> None:
        specifier = self._text_value(node.child_by_field_name("source"), scope)
        source = self.imported(specifier, scope) if specifier else None
        clause = next((part for part in parts(node) if part.type == "export_clause"), None)
        if clause is None:
            module.exports.update(
                {k: v for k, v in source.properties.items() if k != "default"} if source else {}
            )
            return
        for one in parts(clause):
            name, alias = text_of(child(one, "name")), one.child_by_field_name("alias")
            found = self.member(source, name) if source else scope.names.get(name)
            if found:
                module.exports[text_of(alias) if alias else name] = found
