"""The article of a built page to sections: its HTML back to the Markdown that a reader sees."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from footnote_core.models import Section
from footnote_ingest.parsers.writer import BlockWriter, table_text

MAX_HEADING = 300
"""Characters of a heading or title. Every chunk below repeats them, so a longer one is cut."""
_SKIPPED = frozenset(
    "nav footer script style button svg noscript template iframe select textarea dialog".split()
)
_SKIPPED_CLASSES = frozenset(
    "hash-link headerlink header-anchor anchor-link theme-doc-toc-mobile theme-doc-toc-desktop toc "
    "table-of-contents theme-doc-version-badge theme-doc-version-banner theme-doc-breadcrumbs breadcrumb "
    "breadcrumbs theme-doc-footer theme-edit-this-page theme-last-updated theme-unlisted-banner "
    "theme-draft-banner pagination pagination-nav data-footnote-backref linenos lineno lineno-start "
    "line-number line-numbers gutter".split()
)
_SKIPPED_ROLES = frozenset({"navigation", "tablist", "search", "contentinfo"})
_HEADING = re.compile("h[1-6]")
_BLOCKS = frozenset(
    "address article aside blockquote dd details div dl dt fieldset figcaption figure form h1 h2 h3 h4 h5 h6 header "
    "hr li main ol p pre section summary table tbody ul".split()
)
_MARKS = {"strong": "**", "b": "**", "em": "_", "i": "_", "del": "~~", "s": "~~"}
_MARKUP = re.compile(r"<(?=[A-Za-z/!])|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
"""Characters of plain text that would mean something in Markdown."""
_ADMONITION_TYPES = frozenset(
    {"note", "tip", "info", "warning", "danger", "caution", "secondary", "important", "success"}
)


class ArticleReader:
    """Walks an article and collects sections.

    title  its top heading, which is no section; given where it stands outside the article
    notes  what was left out
    """

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.notes: list[str] = []
        self._sections: list[Section] = []
        self._rows: list[tuple[str, str]] = []
        self._heading: tuple[str | None, str | None, int, tuple[str, ...]] = (None, None, 1, ())
        self._above: list[tuple[int, str]] = []
        self._writer = BlockWriter()

    def read(self, article: Tag) -> list[Section]:
        self._children(article)
        self._close_section()
        return self._sections

    def _children(self, parent: Tag) -> None:
        """Write what stands in `parent`: blocks one by one, runs of inline content as paragraphs."""
        run: list[str] = []
        for child in parent.children:
            if isinstance(child, Tag) and (child.name in _BLOCKS or child.find(_is_block)):
                self._paragraph(run)
                self._block(child)
            else:
                run.append(_inline(child))
        self._paragraph(run)

    def _paragraph(self, run: list[str]) -> None:
        text = re.sub(r"[ \t\n]+", " ", "".join(run)).strip()
        run.clear()
        self._writer.write(text)

    def _block(self, tag: Tag) -> None:
        if _is_skipped(tag):
            return
        if _HEADING.fullmatch(tag.name):
            self._start_section(tag)
        elif tag.has_attr("data-footnotes"):
            self._footnotes(tag)
        elif tag.name == "pre":
            self._writer.write(_code_text(tag))
        elif tag.name == "table" and (code := tag.select_one("td.code pre, td.rouge-code pre")):
            self._writer.write(_code_text(code))  # beside its line numbers
        elif tag.name == "table":
            self._table(tag)
        elif tag.name in ("ul", "ol"):
            self._list(tag)
        elif tag.name == "blockquote":
            self._writer.open_box("> ")
            self._children(tag)
            self._writer.close_box()
        elif _has_class(tag, "admonitionHeading"):
            title = " ".join(_text(tag).split())
            if title.lower() not in _ADMONITION_TYPES:
                self._writer.write(f"**{title}**")
        elif not _has_class(tag, "codeBlockTitle"):
            self._children(tag)

    def _list(self, tag: Tag) -> None:
        items = [child for child in tag.find_all("li", recursive=False) if isinstance(child, Tag)]
        tight = not any(item.find("p", recursive=False) for item in items)
        start = str(tag.get("start") or "1")
        for position, item in enumerate(items):
            number = int(start) + position if start.isdigit() else position + 1
            marker = f"{number}. " if tag.name == "ol" else "- "
            self._writer.open_box(marker, tight=tight, first_item=position == 0)
            self._children(item)
            self._writer.close_box()

    def _table(self, table: Tag) -> None:
        rows: list[list[str]] = []
        styles: list[str] = []
        for row in table.find_all("tr"):
            cells = row.find_all(["th", "td"], recursive=False)
            if not cells or row.find_parent("table") is not table:
                continue
            rows.append([" ".join(_inline(cell).split()) for cell in cells])
            styles = styles or [f"{cell.get('style')} {cell.get('align')}" for cell in cells]
            if (anchor := row.get("id")) and len(rows) > 1:
                self._rows.append((rows[-1][0].replace("|", "\\|"), str(anchor)))
        if rows:
            sides = [next((s for s in ("left", "center", "right") if s in style), "") for style in styles]
            self._writer.write(table_text(rows, sides))

    def _footnotes(self, section: Tag) -> None:
        """The notes below a page, as their sources have them."""
        heading = section.find(_HEADING, id=True)
        if isinstance(heading, Tag):
            self._start_section(heading)
        for item in section.find_all("li"):
            label = str(item.get("id") or "").rpartition("fn-")[2]
            self._writer.write(f"[^{label}]: " + " ".join(_inline(item).split()))

    def _start_section(self, tag: Tag) -> None:
        level, whole = int(tag.name[1]), " ".join(_text(tag).split())
        heading = shorten(whole)
        if heading != whole:
            self.notes.append(f"has a heading of {len(whole)} characters; it is cut: {heading[:60]}…")
        if level == 1 and not self.title:
            self.title = heading
            return
        self._close_section()
        while self._above and self._above[-1][0] >= level:
            self._above.pop()
        self._heading = (
            _anchor(tag) if level > 1 else None,
            heading,
            level,
            tuple(text for _, text in self._above),
        )
        self._above.append((level, heading))

    def _close_section(self) -> None:
        text = self._writer.take()
        anchor, heading, level, path = self._heading
        if text or heading is not None:
            self._sections.append(Section(anchor, heading, level, path, text, 1, tuple(self._rows)))
        self._rows.clear()


def html_sections(html: str) -> list[Section]:
    """Sections of HTML that stands in Markdown; the first has no heading, as long as text comes before one."""
    return ArticleReader("a title, so that no heading is taken for it").read(BeautifulSoup(html, "lxml"))


def shorten(heading: str) -> str:
    """A heading or title of a length that can be repeated."""
    return heading if len(heading) <= MAX_HEADING else heading[: MAX_HEADING - 1].rstrip() + "…"


def _is_block(tag: Tag) -> bool:
    return tag.name in _BLOCKS


def _has_class(tag: Tag, part: str) -> bool:
    """Whether a class is `part`, or `part` with the suffix that CSS modules add."""
    return any(
        name == part or name.startswith(part + "_") for name in tag.get_attribute_list("class") if name
    )


def _is_skipped(tag: Tag) -> bool:
    if tag.name in _SKIPPED or tag.get("role") in _SKIPPED_ROLES or tag.get("aria-hidden") == "true":
        return True
    if tag.name == "a" and str(tag.get("href") or "").startswith("#"):
        return not any(c.isalnum() for c in tag.get_text()) and tag.find("img") is None  # a pilcrow, say
    return not _SKIPPED_CLASSES.isdisjoint(tag.get_attribute_list("class"))


def _anchor(heading: Tag) -> str | None:
    """Id of a heading: its own, that of a link target in it, or that of the section it opens."""
    if own := heading.get("id"):
        return str(own)
    if (target := heading.find(["a", "span"], id=True)) or (
        target := heading.find("a", attrs={"name": True})
    ):
        return str(target.get("id") or target.get("name"))
    section = heading.parent
    opens = heading.find_previous_sibling(lambda tag: bool(tag.get_text(strip=True))) is None
    if section is not None and section.name in ("section", "div") and opens:
        return str(section.get("id") or "") or None
    return None


def _inline(node: object) -> str:
    if isinstance(node, NavigableString):
        return "" if type(node) is not NavigableString else _MARKUP.sub(r"\\\g<0>", str(node))
    if not isinstance(node, Tag):
        return ""
    if node.name == "span" and _has_class(node, "katex"):
        source = node.find("annotation")
        return f"${source.get_text().strip()}$" if source else ""
    if _is_skipped(node):
        return ""
    if node.name == "br":
        return " "
    if node.name == "img":
        return str(node.get("alt") or "")
    if node.name == "input":
        return ("[x]" if node.has_attr("checked") else "[ ]") if node.get("type") == "checkbox" else ""
    if node.name == "code":
        content = _text(node)
        mark = "``" if "`" in content else "`"
        return f"{mark}{content}{mark}" if content else ""
    if node.name == "a" and node.has_attr("data-footnote-ref"):
        return f"[^{str(node.get('href') or '').rpartition('fn-')[2]}]"
    inner = "".join(_inline(child) for child in node.children)
    if node.name in _BLOCKS:
        return f" {inner} "
    mark = _MARKS.get(node.name, "")
    if not mark or not inner.strip():
        return inner
    before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return f"{before}{mark}{inner.strip()}{mark}{after}"


def _text(tag: Tag) -> str:
    """Plain text; Docusaurus ends headings with a link of one zero-width space."""
    return "".join(_strings(tag)).replace("\u200b", "")


def _strings(tag: Tag) -> Iterator[str]:
    for child in tag.children:
        if type(child) is NavigableString:
            yield str(child)
        elif isinstance(child, Tag) and child.name == "img":
            yield str(child.get("alt") or "")
        elif isinstance(child, Tag) and child.name == "br":
            yield " "
        elif isinstance(child, Tag) and not _is_skipped(child):
            yield from _strings(child)


def _code_text(pre: Tag) -> str:
    """A code block with language and title, as they were in the source."""
    code = "".join(_code_lines(pre)).replace("\u200b", "").rstrip().lstrip("\n")
    container = pre.find_parent(
        lambda tag: _has_class(tag, "theme-code-block") or _has_class(tag, "codeBlockContainer")
    )
    title = container.find(lambda t: _has_class(t, "codeBlockTitle")) if isinstance(container, Tag) else None
    named = [pre, *pre.find_all("code"), *pre.find_parents("div", limit=3)]
    language = next((found for tag in named if (found := _language(tag))), "")
    info = " ".join(part for part in (language, f'title="{title.get_text()}"' if title else "") if part)
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{code}\n{fence}"


_LANGUAGE = re.compile(r"(?:language|lang|highlight-source|highlight)-([A-Za-z0-9_+#.-]+)")


def _language(tag: Tag) -> str:
    names = [tag.get("data-lang"), tag.get("data-language")]
    if named := next((str(name) for name in names if name), ""):
        return named
    found = (_LANGUAGE.fullmatch(name) for name in tag.get_attribute_list("class") if name)
    return next((match[1] for match in found if match), "")


def _code_lines(tag: Tag) -> Iterator[str]:
    """Text of a code block; an element that stands for a line ends one."""
    for child in tag.children:
        if type(child) is NavigableString:
            yield str(child)
        elif isinstance(child, Tag) and child.name == "br":
            yield "\n"
        elif isinstance(child, Tag) and not _is_skipped(child):
            inner = "".join(_code_lines(child))
            yield inner
            if child.name in ("div", "li", "tr") and not inner.endswith("\n"):
                yield "\n"
