"""Ids of headings: what their authors wrote, else the slug of their text."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

from footnote_ingest.parsers.writer import plain_text, slug_text
from footnote_ingest.routes import Slugger

_COMMENT = re.compile(r"\s*/\*((?:(?!\*/).)*)\*/\s*", re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--(.*)-->", re.DOTALL)
_CLASSIC = re.compile(r"\s*\{#((?:[^\n](?!\{#|\}))*[^\n])\}\Z")


def escape_id(source: str) -> str:
    """The source of a heading, in which `{#id}` is text; MDX would take it for an expression."""
    return source.replace("{#", "\\{#", 1).replace("\\\\{#", "\\{#", 1)


def heading_id(tokens: Sequence[Token], slugger: Slugger, *, comment_ids: bool) -> tuple[str, str | None]:
    """What is shown of a heading, and its id: None without any letter. An id that is written takes no slug.

    comment_ids  see `Dialect`
    """
    if not comment_ids:  # then Docusaurus drops comments before it looks at headings
        tokens = [t for t in tokens if t.type != "html_inline" or not t.content.startswith("<!--")]
    if tokens and (written := _commented(tokens[-1], comment_ids)):
        return plain_text(tokens[:-1]), written
    if match := _CLASSIC.search(slug_text(tokens)):
        return _CLASSIC.sub("", plain_text(tokens)), match[1].strip()
    return plain_text(tokens), slugger.slug(slug_text(tokens)) or None


def _commented(last: Token, comment_ids: bool) -> str | None:
    match last.type:
        case "mdx_expression":
            comment = _COMMENT.fullmatch(last.meta["content"])
        case "html_inline" if comment_ids:
            comment = _HTML_COMMENT.fullmatch(last.content)
        case _:
            return None
    first = comment[1].strip().split(" ")[0] if comment else ""
    return first[1:] or None if first.startswith("#") else None
