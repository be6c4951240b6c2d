"""Docusaurus' rules for URLs and heading ids (3.10), without I/O.

`doc_names`, `blog_names` and `page_names` give the slug of a file inside its folder, `join` the path
that a slug is published under; `Slugger` and `explicit_id` give the ids of its headings.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

CURRENT_VERSION = "current"


@dataclass(frozen=True, slots=True)
class SiteUrls:
    """What the settings say of the site's paths; a value that is not the default wins over the site's own.

    base_url        starts and ends with `/`
    docs_route      `routeBasePath` of the docs
    trailing_slash  None leaves paths as the rules make them
    """

    base_url: str = "/"
    docs_route: str = "/docs"
    trailing_slash: bool | None = None


@dataclass(frozen=True, slots=True)
class DocNames:
    """What a file is called: its id (directories included), its base id and its slug."""

    id: str
    base_id: str
    slug: str


# Number prefixes: `01-intro` is published as `intro`; dates and versions (`2021-11`, `7.0`) are kept.
_DATE_OR_VERSION = re.compile(r"\d+[-_.]\d+")
_NUMBER_PREFIX = re.compile(r"\d+\s*[-_.]+\s*([^-_.\s].*)", re.DOTALL)


def strip_number_prefix(name: str) -> str:
    """`01-intro` -> `intro`; names that look like dates or versions stay as they are."""
    if _DATE_OR_VERSION.match(name):
        return name
    match = _NUMBER_PREFIX.fullmatch(name)
    return match[1] if match else name


def doc_names(
    relative: str, *, slug: str | None = None, id: str | None = None, number_prefixes: bool = True
) -> DocNames:
    """Id and slug of the file at `relative` (posix path inside its docs folder).

    slug, id         front matter; None where it has none
    number_prefixes  front matter `parse_number_prefixes`
    Raises ValueError with a plain sentence for an id or slug that Docusaurus refuses.
    """
    path = PurePosixPath(relative)
    directories = [] if path.parent == PurePosixPath() else list(path.parent.parts)
    shown = [strip_number_prefix(d) for d in directories] if number_prefixes else directories
    base_id = id or (strip_number_prefix(path.stem) if number_prefixes else path.stem)
    if "/" in base_id:
        raise ValueError(f"the document id {base_id!r} cannot contain a slash")
    folder = "/" + "".join(f"{d}/" for d in shown)
    if slug and slug.startswith("/"):
        result = slug
    elif not slug and _is_category_index(path.stem, directories):
        result = folder
    else:
        result = _resolve(slug or base_id, folder)
    if not _is_path(result):
        raise ValueError(f"the slug {result!r} is not a valid path")
    return DocNames("/".join([*shown, base_id]), base_id, result)


_NO_PATH = re.compile(r"[?#\\\t\n\r]|^//|/(?:\.|%2e){1,2}(?:/|$)|[\x00-\x20]$", re.IGNORECASE)
_ENCODED = re.compile(r'[\x00-\x20"<>`{}\x7f-\U0010ffff]')
_ENCODED_BY_ONE = re.compile(r"[%\[\]^|]")


def _is_path(slug: str) -> bool:
    """Docusaurus takes a slug that `new URL` leaves as it is, or encodes as `encodeURI` does."""
    return not (_NO_PATH.search(slug) or (_ENCODED.search(slug) and _ENCODED_BY_ONE.search(slug)))


def _is_category_index(stem: str, directories: list[str]) -> bool:
    return stem.lower() in {"index", "readme", *(d.lower() for d in directories[-1:])}


def _resolve(target: str, folder: str) -> str:
    """`target` relative to `folder` as a browser would, `..` included; a trailing slash is kept."""
    parts: list[str] = []
    pieces = (folder + target).split("/")[1:]
    for part in pieces:
        if part == "..":
            del parts[-1:]
        elif part != ".":
            parts.append(part)
    path = "/" + "/".join(parts)
    return path if pieces[-1] not in (".", "..") or path.endswith("/") else path + "/"


_BLOG_DATE = re.compile(
    r"(?P<folder>.*)(?P<date>[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2})[-/]?(?P<text>.*?)(?:/index)?.mdx?"
)


def blog_names(relative: str, *, slug: str | None = None) -> DocNames:
    """Slug of the blog post at `relative`: `2021-08-26-news/index.md` -> `/2021/08/26/news`.

    The base id is the title that a post without one gets.
    """
    if match := _BLOG_DATE.fullmatch(relative):
        text, path = match["text"], f"/{match['date'].replace('-', '/')}/{match['folder']}{match['text']}"
    else:
        text = re.sub(r"(?:/index)?\.mdx?$", "", relative)
        path = f"/{text}"
    return DocNames(slug or path, text, slug or path)


def page_names(relative: str, *, slug: str | None = None) -> DocNames:
    """Slug of the standalone page at `relative`: `index.md` stands for its folder.

    Raises ValueError for a file name that Docusaurus encodes twice, so that nobody can open the page.
    """
    stem = re.sub(r"\.mdx?$", "", relative)
    index = re.fullmatch(r"(.*/)?index", stem, re.IGNORECASE)
    path = f"/{index[1] or ''}" if index else f"/{stem}"
    if not slug and quote(path, safe="/!~*'()") != path:
        raise ValueError(f"Docusaurus cannot serve a page at {path!r}; give it a slug or rename the file")
    return DocNames(path, PurePosixPath(stem).name, slug or path)


def join(prefix: str, slug: str, base_url: str = "/", trailing_slash: bool | None = None) -> str:
    """The path of a page: its slug below `prefix`, with Docusaurus' trailing slash rules applied.

    trailing_slash  None leaves paths as the rules make them; `/` and the base URL keep theirs
    """
    path = re.sub(r"/{2,}", "/", f"/{prefix}/{slug}")
    if trailing_slash is None or path in ("/", base_url):
        return path
    return path.rstrip("/") + "/" if trailing_slash else path.removesuffix("/")


_KEPT_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "Pc"})
_KEPT_SYMBOLS = frozenset(
    chr(code)
    for first, last in ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
    for code in range(first, last + 1)
)
"""Circled and squared letters: symbols that Unicode calls alphabetic, which github-slugger keeps."""


def slugify(text: str, *, maintain_case: bool = False) -> str:
    """github-slugger 1.5's slug of `text`, before it is made unique."""
    kept = (
        c
        for c in (text if maintain_case else text.lower())
        if c in "- " or unicodedata.category(c) in _KEPT_CATEGORIES or c in _KEPT_SYMBOLS
    )
    return "".join(kept).replace(" ", "-")


class Slugger:
    """Unique heading ids of one file, in document order: `same`, `same-1`, `same-2`.

    maintain_case  the site's option `markdown.anchors.maintainCase`
    """

    def __init__(self, *, maintain_case: bool = False) -> None:
        self._seen: dict[str, int] = {}
        self._maintain_case = maintain_case

    def slug(self, text: str) -> str:
        base = result = slugify(text, maintain_case=self._maintain_case)
        while result in self._seen:
            self._seen[base] += 1
            result = f"{base}-{self._seen[base]}"
        self._seen[result] = 0
        return result


_COMMENT_ID = re.compile(r"\{\s*/\*((?:(?!\*/).)*)\*/\s*\}\s*$", re.DOTALL)
_HTML_COMMENT_ID = re.compile(r"<!--((?:(?!-->).)*)-->\s*$", re.DOTALL)
_CLASSIC_ID = re.compile(r"\s*\\?\{#((?:.(?!\{#|\}))*.)\}$")


def explicit_id(heading: str) -> tuple[str, str | None]:
    """Split the source of a heading into what is shown and the id its author gave.

    Knows `Title {#id}` and `Title {/* #id */}` (also as an HTML comment); the id is None without one.
    A custom id takes no slug.
    """
    for pattern in (_COMMENT_ID, _HTML_COMMENT_ID):
        if match := pattern.search(heading):
            first = match[1].strip().split(" ")[0]
            if first.startswith("#") and len(first) > 1:
                return heading[: match.start()].rstrip(), first[1:]
    if match := _CLASSIC_ID.search(heading):
        return heading[: match.start()], match[1].strip()
    return heading, None
