"""A page as text, before it is parsed: what Docusaurus does to it with regular expressions."""

import re


def normalize_lines(text: str) -> str:
    """`\\n` line ends, no byte order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


_LEADING_IMPORTS = re.compile(r"\A(?:import\s(?:.|\n(?!\n))*+\n{2,})*")
_ATX_TITLE = re.compile(r"#[ \t]+([^ \t\n].*)")
_SETEXT_TITLE = re.compile(r"(.*)\n=+(?:\n|\Z)")
_TITLE_END = re.compile(r"\s*(?:\{#*[\w-]+\}|#+)\Z")
_ID_COMMENT = re.compile(r"\s*\{/\*(?:(?!\*/).)*\*/\}\Z")


def content_title(body: str) -> str | None:
    """The h1 that a page starts with, as Docusaurus takes it for the title: inline code unwrapped."""
    start = _LEADING_IMPORTS.sub("", body.strip(), count=1).strip()
    if match := _ATX_TITLE.match(start):
        shown = _TITLE_END.sub("", match[1].strip())
    elif match := _SETEXT_TITLE.match(start):
        shown = re.sub(r"\s*=+\Z", "", match[1].strip())
    else:
        return None
    return without_id(re.sub(r"`([^`]*)`", r"\1", shown).strip()) or None


def without_id(title: str) -> str:
    """A title without the comment that gives its id; Docusaurus leaves it in."""
    return _ID_COMMENT.sub("", title)


_WRAPPED_MDX = tuple(
    re.compile(rf"(^|\n)[ ]*{fence}[ ]*mdx-code-block\n(.*?)\n[ ]*{fence}(?=\n|\Z)", re.DOTALL)
    for fence in ("```", "````")
)


def unwrap_mdx_code_blocks(text: str) -> str:
    """Content of `mdx-code-block` fences is part of the page; line numbers stay the same."""
    if "mdx-code-block" in text:
        for pattern in _WRAPPED_MDX:
            text = pattern.sub(lambda m: f"{m[1]}\n{m[2]}\n", text)
    return text
