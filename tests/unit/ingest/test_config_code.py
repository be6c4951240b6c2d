"""The code of a configuration is followed without being run: what it says is right, or said to be unknown."""

from pathlib import Path
from typing import Any

import pytest

from footnote_core.errors import SourceError
from footnote_core.models import Page
from footnote_ingest.config import parse_config, read_config
from footnote_ingest.javascript.values import REST, UNKNOWN, Value
from footnote_ingest.routes import SiteUrls
from footnote_ingest.site import read_site
from footnote_ingest.sources.files import FilesSource
from tests.unit.ingest.site import write_site


def plain(value: Value) -> Any:
    """As JSON would have it; what is not known is UNKNOWN."""
    if isinstance(value.content, list):
        return [plain(item) for item in value.content]
    if isinstance(value.content, dict):
        return UNKNOWN if REST in value.content else {k: plain(v) for k, v in value.content.items()}
    return value.content


def followed(code: str) -> Value:
    """The value that `code` gives `x`."""
    source = f"{code}\nexport default {{title: x}};".encode()
    return parse_config(source, Path("/nowhere/docusaurus.config.ts"), {"SET": "yes"}).options["title"]


FOLLOWED = {
    "const x = `/${['a', 'b'].join('/')}/`;": "/a/b/",
    "const {a: {b: x = 'c'} = {}} = {};": "c",
    "const [, x] = 'a-b'.split('-');": "b",
    "const f = ({a = 'A', ...x}) => [a, x]; const x = f({b: 1, c: [2]});": ["A", {"b": 1, "c": [2]}],
    "const {a: {'b': {}, ...x}, ...y} = {a: {b: {}, c: 3}, d: 4};": {"c": 3},
    "const k = 'a'; const {[k]: y, ...x} = {a: 1, b: 2};": {"b": 2},
    "const o = {a: 1, b: 2}; const {a, ...x} = o; x.b = 3; x.c = o.b;": {"b": 3, "c": 2},
    "const [a, {b, ...c}, ...others] = [1, {b: 2, d: 3}, 4]; const x = [c, others];": [{"d": 3}, [4]],
    "const o = {a: 1, ['b' + 2]: 'x'}; const x = {...o, a: 2};": {"a": 2, "b2": "x"},
    "const f = ({a = 'A'} = {}, ...rest) => a + rest.length; const x = f(undefined, 1, 2);": "A2",
    "function f(n: number): number { return n <= 0 ? 0 : n + f(n - 1); } const x = f(4);": 10,
    "const x = process.env.SET === 'yes' ? 'set' : 'unset';": "set",
    "let x = 'a'; if (process.env.SET) { x = 'b'; } else { x = 'c'; }": "b",
    "let x = 1; try { x = 2; } finally {}": 2,
    "const o = {}; for (const n of ['a', 'b']) { o[n] = n + n; } const x = o;": {"a": "aa", "b": "bb"},
    "const f = () => { for (const n of [1, 2, 3]) { if (n > 1) return n; } return 9; }; const x = f();": 2,
    "const l = []; for (const {id} of [{id: 'p'}, {id: 'q'}]) l.push(id); const x = l;": ["p", "q"],
    "const x = ['a', 'b'].map((v, i) => ({v, i})).filter(({i}) => i);": [{"v": "b", "i": 1}],
    "const x = Object.fromEntries(Object.entries({a: 1}).map(([k, v]) => [k + 'z', v]));": {"az": 1},
    "const x = [[1], [2, 3]].flat().reduce((sum, n) => sum + n, 0);": 6,
    "const o = Object.assign({}, {a: 1}, null, {b: 2}); const x = Object.keys(o);": ["a", "b"],
    "const x = JSON.parse('{\"a\": [true, null]}').a;": [True, None],
    "const a = null; const x = a?.b ?? 'none';": "none",
    "const x = [typeof {}, typeof [], typeof 1.5, typeof (() => 1)];": [
        "object",
        "object",
        "number",
        "function",
    ],
    "const x = ('b' in {b: 1}) && !('c' in {}) && typeof 'a' === 'string';": True,
    "const o = {f() { return 'called'; }}; const x = o.f();": "called",
    "enum Mode { A } const x = <string>('t' as string)!;": "t",
    "const x = '\\x41\\u0042\\u{43}\\ud83c\\udf89';": "ABC🎉",
    "const x = [1, 2, 3].at(-1);": 3,
    "const [a, , ...x] = [1, 2, 3, 4];": [3, 4],
    "const x = [, 'a', ...['b', 'c'], , 'd'];": [None, "a", "b", "c", None, "d"],
    "let a, x; a = x = 'both';": "both",
    "const x = {a: 1}; x.b = 2; x['c'] = 3;": {"a": 1, "b": 2, "c": 3},
    "const l = [1, 2, 3]; l[0] = 'a'; l.pop(); const x = [l.shift(), l];": ["a", [2]],
    "const x = Object.keys({b: 1, 2: 1, 1: 1});": ["1", "2", "b"],
    "let x; if (Math.random()) { [1].map(() => { return 1; }); } x = 'b';": "b",
    "let x = 'a'; try { x = 'b'; } finally { x = 'c'; }": "c",
    "let x = 'a'; const set = (v) => { x = v; }; true && set('b');": "b",
    "const x = [...'ab'.split(''), ...[['c']].flat()].slice(1);": ["b", "c"],
    "import path from 'path'; const x = path.posix.join('/', 'a', '..', 'b') + path.join('//', 'c');": "/b/c",
}


@pytest.mark.parametrize(("code", "value"), FOLLOWED.items())
def test_what_code_says_is_followed(code: str, value: Any) -> None:
    assert plain(followed(code)) == value


@pytest.mark.parametrize(
    "code",
    [
        "const x = Math.random();",
        "const x = new Date().getFullYear();",
        "import {x} from 'some-package';",
        "let x = 'a'; if (Math.random()) { x = 'b'; }",
        "let x = 'a'; for (let i = 0; i < 1; i++) { x = 'b'; }",
        "let x = 'a'; while (x === 'a') { x = 'b'; }",
        "let x = 'a'; do { x = 'b'; } while (false);",
        "let x = 'a'; switch (x) { case 'a': x = 'b'; }",
        "let x = 'a'; for (const key in {b: 1}) { x = key; }",
        "const f = () => { while (true) { return 'b'; } return 'c'; }; const x = f();",
        "const f = () => { switch (1) { case 1: return 'b'; } return 'c'; }; const x = f();",
        "const f = () => { for (const key in {b: 1}) { return key; } return 'c'; }; const x = f();",
        "const f = () => { for (const n of unknown()) { return n; } return 'c'; }; const x = f();",
        "let x = 'a'; const f = () => { if (Math.random()) return 1; x = 'b'; }; f();",
        "let x = 1; x += 1;",
        "let x = 1; x++;",
        "const o = {a: 1}; delete o.a; const x = o.a;",
        "let x; for (x of ['a']) {}",
        "let x = 'a'; for (const n of ['a', 'b']) { if (n === 'a') continue; x = n; break; }",
        "let x = 'a'; Math.random() && (x = 'b');",
        "let x = 'a'; [x] = ['b'];",
        "const x = ['a', 'b']; x.sort();",
        "const x = ['a']; x.length = 0;",
        "const x = {get a() { return 'b'; }}.a;",
        "const tag = () => 'a'; const x = tag`b`;",
        "const x = '1' == 1;",
        "const x = 'abc'.substring(2, 1);",
        "const x = {...unknown()};",
        "const {a, ...x} = {a: 1, b: 2, ...unknown()};",
        "const {a, ...x} = unknown();",
        "const {[unknown()]: a, ...x} = {a: 1};",
        "const {[unknown()]: x} = {a: 1};",
    ],
)
def test_what_only_running_it_would_tell_is_unknown(code: str) -> None:
    found = followed(code)
    assert found.is_unknown or REST in found.properties or any(item.is_unknown for item in found.items)


def test_files_that_a_configuration_imports_are_followed(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        {
            "docusaurus.config.cjs": """
                const data = require('./data.json');
                const {base} = require('./shared');
                module.exports = {title: data.names[0], tagline: base('x'), url: require('./versions')[0]};
            """,
            "data.json": '{"names": ["from json"]}',
            "versions.json": '["2.0"]',
            "shared/index.ts": "export * from './base.js';",
            "shared/base.ts": "export const base = (name: string) => `/${name}/`;",
        },
    )
    options = read_config(site, {}).options
    assert [options[name].text for name in ("title", "tagline", "url")] == ["from json", "/x/", "2.0"]


@pytest.mark.parametrize("name", ["\\0", "a" * 300, "a/" * 3000, "\\ud800"])
def test_a_file_that_cannot_be_is_unknown(name: str) -> None:
    assert followed(f"import x from './{name}';").is_unknown
    code = f"import fs from 'fs'; const x = [fs.existsSync('{name}'), fs.readFileSync('{name}')];"
    assert any(item.is_unknown for item in followed(code).items)


@pytest.mark.parametrize(
    "options",
    [
        "plugins: [['content-docs', {path: '%s'}]]",
        "plugins: [['content-docs', {path: 'docs', id: '%s'}]]",
        "i18n: {locales: ['en', 'fr'], path: '%s'}",
    ],
)
def test_a_folder_that_cannot_be_is_refused(tmp_path: Path, options: str) -> None:
    config = f"export default {{title: 'x', {options % ('a' * 300)}}};"
    site = write_site(tmp_path, {"docusaurus.config.js": config, "docs/a.md": "A"})
    with pytest.raises(SourceError, match="names a folder that cannot be"):
        read_site(site, SiteUrls())


async def test_the_first_locale_is_taken_for_a_default_that_cannot_be_told(tmp_path: Path) -> None:
    config = "export default {title: 'x', i18n: {defaultLocale: pick(), locales: ['fr', 'en']}};"
    site = write_site(tmp_path, {"docusaurus.config.js": config, "docs/a.md": "A"})
    pages = [item async for item in FilesSource(site, SiteUrls()).pages() if isinstance(item, Page)]
    assert {page.locale: page.route for page in pages} == {"fr": "/docs/a", "en": "/en/docs/a"}
    (doubt,) = read_site(site, SiteUrls()).doubts
    assert "i18n.defaultLocale" in doubt.message


def test_what_is_assumed_of_a_variable_is_said(tmp_path: Path) -> None:
    config = "export default {title: 'x',\n markdown: {format: process.env.FORMAT || 'md'}};"
    site = write_site(tmp_path, {"docusaurus.config.js": config, "docs/a.md": "A"})
    (doubt,) = read_site(site, SiteUrls()).doubts
    assert doubt.line == 2
    assert "takes markdown.format from FORMAT, assumed to be unset: md;" in doubt.message
