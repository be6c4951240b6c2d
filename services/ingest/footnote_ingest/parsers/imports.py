"""What a page takes from other files: partials, and code (pure)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_PARTIAL = re.compile(
    r"""import\s+([\w$]+)(?:\s*,\s*\{[^}]*\})?\s+from\s+['"]([^'"]+\.mdx?)['"]"""
    r"""|import\s*\{\s*default\s+as\s+([\w$]+)[^}]*\}\s*from\s+['"]([^'"]+\.mdx?)['"]"""
)
_CODE = re.compile(r"""import\s+([\w$]+)\s+from\s+['"]!*raw-loader!([^'"!?]+)['"]""")
_FENCE_FILE = re.compile(
    r"(?:^|\s)file=(?P<path>(?:[^\s#\\]|\\.)+)(?:#L(?P<first>\d+)?(?P<dash>-)?(?:L(?P<last>\d+))?)?(?=\s|$)"
)
_IMPORTED = re.compile(
    r"""^[ \t]*import\s[^'"]*from\s*['"](?:!*raw-loader!)?([^'"!?]+)['"]|^[^\n`~]*(?:```|~~~)[^\n]*?\sfile=((?:[^\s#\\]|\\.)+)""",
    re.MULTILINE,
)

CodeLoader = Callable[[str, str], str | None]
"""(import specifier, name of the importing file) -> its text, None when it cannot be read."""


@dataclass(frozen=True, slots=True)
class FenceFile:
    """The file, and the lines of it, that a code block names for `remark-code-import`; 1-based, both included."""

    path: str
    first: int
    last: int | None

    def lines_of(self, text: str) -> str:
        return "\n".join(text.split("\n")[self.first - 1 : self.last])


def partials_in(module: str) -> Iterator[tuple[str, str]]:
    """Local name and specifier of each Markdown file that a JavaScript module imports."""
    for name, path, alias, aliased in _PARTIAL.findall(module):
        yield name or alias, _unescaped(path or aliased)


def codes_in(module: str) -> Iterator[tuple[str, str]]:
    """Local name and specifier of each file that is imported as it is, by webpack's raw-loader."""
    for name, path in _CODE.findall(module):
        yield name, _unescaped(path)


def fence_file(info: str) -> FenceFile | None:
    """What the words behind a code fence say of the file that its code comes from."""
    found = _FENCE_FILE.search(info)
    if found is None:
        return None
    first = int(found["first"] or 1)
    open_end = found["dash"] or not found["first"]
    last = int(found["last"]) if found["last"] else None if open_end else first
    return FenceFile(_beside(found["path"]), max(first, 1), last)


def specifiers_in(text: str) -> Iterator[str]:
    """Of all files whose text a page, or a partial, may show."""
    for imported, fenced in _IMPORTED.findall(text):
        yield _unescaped(imported) if imported else _beside(fenced)


def code_block(code: str, language: str = "", title: str = "") -> str:
    """`code` as a fenced block."""
    fence = fence_around(code)
    info = " ".join(part for part in (language, f'title="{title}"' if title else "") if part)
    return f"{fence}{info}\n{code.strip(chr(10))}\n{fence}"


def fence_around(code: str) -> str:
    """Backticks, more than stand together anywhere in `code`."""
    return "`" * (max(map(len, re.findall("`{3,}", code)), default=2) + 1)


def _beside(path: str) -> str:
    """The path behind `file=` as an import would have it."""
    path = _unescaped(path).replace("<rootDir>", "@site")
    return path if path.startswith((".", "/", "@site/")) else f"./{path}"


def _unescaped(specifier: str) -> str:
    return re.sub(r"\\(.)", r"\1", specifier)
