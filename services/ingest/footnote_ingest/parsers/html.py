"""Built pages to the same sections that their sources give.

Made for Docusaurus, whose classes and meta tags say what a page is; any other site is read from its
<main> or <article>. Heading ids are taken as they stand. Navigation, "edit this page", tab labels and
buttons are left out.
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bs4 import BeautifulSoup
from bs4.element import Tag

from footnote_core.models import Section
from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.article import ArticleReader, shorten


class EmptyPage(ParseError):
    """A page without text: its text is made in the browser, as everything of a development server is."""


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A parsed page.

    canonical  address that the page gives itself, empty without one
    hidden     its author asks robots not to index it, as unlisted pages do
    listing    it only lists other pages: tags, archives, categories
    kind       docs, blog or pages
    plugin     id of the Docusaurus plugin that made it, empty on other sites
    doc_id     id of a docs page within its plugin and version, else empty
    notes      what was left out of it
    """

    title: str
    sections: tuple[Section, ...]
    description: str
    keywords: tuple[str, ...]
    version: str
    locale: str
    canonical: str
    hidden: bool
    listing: bool
    kind: str
    plugin: str
    doc_id: str
    notes: tuple[str, ...] = ()


_MAX_DESCRIPTION = 1_000

_ROOTS = (
    "article .theme-doc-markdown",
    "article .markdown",
    "main article",
    "main",
    "article",
    "[role=main]",
)
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.I)
_TEXT_CODECS = re.compile(
    r"ascii|utf-?(8|16|16-[bl]e)|iso8859-\d+|cp(125\d|874|932|949|950|866)|koi8-[ru]|mac-(roman|cyrillic)|"
    r"shift_jis|euc_(jp|kr)|iso2022_jp|gb2312|gbk|gb18030|big5"
)
"""Encodings of the web by their Python names. Python has others that no browser would decode."""


def decode(body: bytes, charset: str) -> str:
    """Text of a page. `charset` is the one of the HTTP header; without it the page's own, else UTF-8.

    Raises ParseError for an encoding that is not known, or that the page does not keep to.
    """
    declared = _CHARSET.search(body[:2048])
    name = charset.strip("\"' ") or (declared[1].decode("ascii") if declared else "utf-8")
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        codec = ""
    if not _TEXT_CODECS.fullmatch(codec):
        raise ParseError(f"names an encoding that is not known, {name[:40]}", 1)
    # On the web, Latin 1 and ASCII mean Windows' superset of them.
    codec = "cp1252" if codec in ("ascii", "iso8859-1") else codec
    try:
        return body.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ParseError(f"is not {name.upper()} text, though it says so", line) from error


def parse(html: str) -> HtmlPage:
    """Read one page. Raises EmptyPage for one without text, as a development server gives, else ParseError."""
    soup = BeautifulSoup(html, "lxml")
    article = next((found for s in _ROOTS if (found := soup.select_one(s))), None)
    if article is None:
        raise EmptyPage("has no article; a development server answers so, the built site does not", 1)
    # The text of a blog post does not include its title: a top heading in it is one more.
    outer = article.find_parent("article")
    above = outer.find("h1") if outer else None
    outside = above is not None and article not in above.parents
    reader = ArticleReader(" ".join(above.get_text().split()) if above and outside else "")
    try:
        sections = reader.read(article)
    except RecursionError as error:
        raise ParseError("is nested too deeply to be read", 1) from error
    if not any(section.text or section.heading for section in sections) and not reader.title:
        raise EmptyPage("has an empty article; its text may be made by scripts, which are not run", 1)
    root = soup.find("html")
    classes = [c for c in root.get_attribute_list("class") if c] if isinstance(root, Tag) else []
    language = str(root.get("lang") or "") if isinstance(root, Tag) else ""
    plugin, doc_id = _after("plugin-id-", classes), _after("docs-doc-id-", classes, to_end=True)
    kind = next((k for k in ("blog", "pages") if plugin and f"plugin-{k}" in classes), "docs")
    metas = _metas(soup)
    link = soup.find("link", rel="canonical")
    title = shorten(_title(soup, reader.title))
    if not outside and _plain(reader.title) not in ("", _plain(title)):
        sections = _with_heading(reader.title, sections)
    return HtmlPage(
        title=title,
        sections=tuple(sections),
        description=_own_words(metas.get("description", "")[:_MAX_DESCRIPTION], sections),
        keywords=tuple(
            k.strip() for k in metas.get("keywords", "")[:_MAX_DESCRIPTION].split(",") if k.strip()
        ),
        version=metas.get("docusaurus_version") or _tag_version(metas.get("docusaurus_tag", "")),
        locale=metas.get("docusaurus_locale") or language or "en",
        canonical=str(link.get("href") or "") if isinstance(link, Tag) else "",
        hidden=any(forbids_index(metas.get(name, "")) for name in ("robots", "footnote-ingest")),
        listing=_is_listing(classes, kind, doc_id),
        kind=kind,
        plugin=plugin,
        doc_id=doc_id,
        notes=tuple(reader.notes),
    )


_DIRECTIVES_WITH_VALUES = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")


def forbids_index(directives: str) -> bool:
    """Whether a robots meta tag, or one X-Robots-Tag header, asks this crawler not to index the page."""
    agent, colon, rest = directives.partition(":")
    if (
        colon
        and re.fullmatch(r"\s*[\w-]+\s*", agent)
        and agent.strip().lower() not in _DIRECTIVES_WITH_VALUES
    ):
        if agent.strip().lower() not in ("footnote-ingest", "*"):
            return False
        directives = rest
    return any(word.strip().lower() in ("noindex", "none") for word in directives.split(","))


def _title(soup: BeautifulSoup, heading: str) -> str:
    """`Page | Site` without the site; the top heading where the page has no title."""
    whole = " ".join(soup.title.get_text().split()) if soup.title else ""
    if heading and whole.startswith(heading):
        return heading
    return whole.rpartition(" | ")[0] or whole or heading


def _with_heading(heading: str, sections: Sequence[Section]) -> list[Section]:
    """Sections that begin with a top heading which is not the page's title."""
    if sections and sections[0].heading is None:
        first = replace(sections[0], text=f"**{heading}**\n\n{sections[0].text}".rstrip())
        return [first, *sections[1:]]
    return [Section(None, None, 1, (), f"**{heading}**", 1), *sections]


def _own_words(description: str, sections: Sequence[Section]) -> str:
    """The description that an author wrote; nothing where it repeats the page, as Docusaurus makes one."""
    wanted = _plain(description)
    parts = (_plain(part) for section in sections for part in (section.heading or "", section.text))
    return "" if any(wanted in part for part in parts) else description


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[`*_~\\]", "", text).split())


def _is_listing(classes: Sequence[str], kind: str, doc_id: str) -> bool:
    """Docusaurus marks documents; what else its docs and blog plugins make are lists of them."""
    if kind == "blog":
        return "blog-post-page" not in classes
    return "plugin-docs" in classes and not doc_id


def _after(prefix: str, classes: Sequence[str], *, to_end: bool = False) -> str:
    """What follows `prefix` in a class. An id with spaces goes on in the next classes, up to the last."""
    position = next((i for i, name in enumerate(classes) if name.startswith(prefix)), None)
    if position is None:
        return ""
    return " ".join(classes[position:] if to_end else classes[position : position + 1]).removeprefix(prefix)


def _tag_version(tag: str) -> str:
    """`docs-default-2.0` names plugin and version."""
    match = re.fullmatch(r"docs-[^-]+-(.+)", tag)
    return match[1] if match else ""


def _metas(soup: BeautifulSoup) -> Mapping[str, str]:
    """Contents of the meta tags by their names in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for tag in soup.head.find_all("meta") if soup.head else ():
        found.setdefault(str(tag.get("name") or "").lower(), str(tag.get("content") or ""))
    return found
