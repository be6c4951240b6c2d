"""Options of a site's configuration, and what is said where they cannot be told."""

from pathlib import Path

from footnote_ingest.config import Config, Plugin, Value
from footnote_ingest.javascript.values import REST, Function, Package, shown
from footnote_ingest.packages import has_release
from footnote_ingest.parsers.dialect import Dialect
from footnote_ingest.sources import Problem

_ASSURANCE = "build the site with docusaurus-theme-footnote, and its manifest tells"
_HARMLESS = frozenset(
    "@docusaurus/remark-plugin-npm2yarn remark-math rehype-katex rehype-mathjax remark-code-import "
    "remark-typescript-tools rehype-external-links remark-gfm remark-breaks remark-emoji remark-mermaid "
    "mdx-mermaid remark-github rehype-highlight rehype-pretty-code rehype-prism-plus remark-kroki-plugin "
    "remark-graphviz remark-plantuml remark-simple-plantuml remark-smartypants remark-definition-list".split()
)
"""Plugins of Markdown that leave headings as they are."""


class Options:
    """Reads options. What depends on code that is not run becomes a doubt, said once."""

    def __init__(self, config: Config) -> None:
        self._file = config.file or ""
        self.problems: list[Problem] = []
        self.doubts: list[Problem] = []
        router = config.options["future"]["experimental_router"]
        if router.text == "hash":
            self.problem(router, "publishes pages under #, where links to headings do not work")
        for place, message in config.doubts:
            self.doubt(place, f"{message}; {_ASSURANCE}")

    def text(self, value: Value, name: str, default: str, setting: str = "") -> str:
        """A string, or the default where it is not set or cannot be told.

        name     of the option, for messages
        setting  of ours that tells it as well
        """
        self._check(value, name, repr(value.text or default), setting)
        return value.text if value.text is not None else default

    def flag(self, value: Value, name: str, setting: str = "") -> bool | None:
        """A boolean, or None."""
        found = value.content if isinstance(value.content, bool) else None
        self._check(value, name, "undefined" if found is None else str(found).lower(), setting)
        return found

    def doubt_unknown(self, value: Value, name: str, assumed: str) -> None:
        """Say what is taken for an option that cannot be told."""
        self._check(value, name, assumed if value.is_unknown else shown(value) or "undefined", "")

    def _check(self, value: Value, name: str, taken: str, setting: str) -> None:
        told = f"; set {setting} if it is another" if setting else f"; {_ASSURANCE}"
        if value.is_hidden:
            return
        if value.is_unknown:
            self.doubt(value, f"computes {name}, which is not run; {taken} is assumed{told}")
        elif value.assumed:
            variables = ", ".join(sorted(value.assumed))
            self.doubt(value, f"takes {name} from {variables}, assumed to be unset: {taken}{told}")

    def doubt(self, value: Value, message: str) -> None:
        """Add a doubt at the place of a value."""
        self._add(self.doubts, value, message)

    def problem(self, value: Value, message: str) -> None:
        """Add something that will be wrong."""
        self._add(self.problems, value, message)

    def _add(self, problems: list[Problem], value: Value, message: str) -> None:
        problem = Problem(value.file or self._file, value.line, message, failed=False)
        if problem not in problems:
            problems.append(problem)


def dialect(config: Config, options: Options, site: Path) -> Dialect:
    """How the site reads Markdown. Docusaurus takes every page for MDX unless it is told otherwise."""
    markdown = config.options["markdown"]
    if config.file is None:
        return Dialect()
    for name in ("preprocessor", "parseFrontMatter"):
        if markdown[name].content is not None and not markdown[name].is_hidden:
            message = f"changes pages with markdown.{name}, which is not run; {_ASSURANCE}"
            options.doubt(markdown[name], message)
    format = markdown["format"]
    options.doubt_unknown(format, "markdown.format", "MDX where it parses")
    comments, titles = (markdown["mdx1Compat"][name].content for name in ("comments", "admonitions"))
    compatible = _reads_mdx1(config.options["future"]["v4"], site)
    return Dialect(
        None
        if format.is_unknown
        else "md"
        if format.text == "md"
        else "detect"
        if format.text == "detect"
        else "mdx",
        markdown["anchors"]["maintainCase"].content is True,
        # Where it cannot be told, both are read: nobody writes what his site does not take for syntax.
        comment_ids=not comments if isinstance(comments, bool) else compatible is not True,
        spaced_titles=titles if isinstance(titles, bool) else compatible is not False,
        footnote_label=markdown["remarkRehypeOptions"]["footnoteLabel"].text or "Footnotes",
    )


def _reads_mdx1(v4: Value, site: Path) -> bool | None:
    """Whether syntax of MDX 1 is read where `markdown.mdx1Compat` says nothing of it; None where it cannot be told."""
    if v4.content is not True:
        return v4["mdx1CompatDisabledByDefault"].content is not True
    later = has_release(site, (3, 10))
    return None if later is None else not later


def patterns(plugin: Plugin, name: str, options: Options) -> tuple[str, ...] | None:
    """Globs of `include` or `exclude`; None for Docusaurus' own."""
    said = plugin.options[name]
    options.doubt_unknown(said, f"{name} of {plugin.kind} ({plugin.id})", "Docusaurus' default")
    return tuple(item.text for item in said.items if item.text) if isinstance(said.content, list) else None


def number_prefixes(plugin: Plugin, options: Options) -> bool:
    """Whether `01-` in front of a file's name is no part of its path."""
    said = plugin.options["numberPrefixParser"]
    if isinstance(said.content, Function):
        options.doubt(
            said, f"strips prefixes of files with code that is not run; `01-` is assumed; {_ASSURANCE}"
        )
    return options.flag(said, "numberPrefixParser") is not False


def plugin_doubts(plugin: Plugin, options: Options) -> None:
    """Say which options of a plugin cannot be told, and which plugins of Markdown may change headings."""
    name = f"{plugin.kind} ({plugin.id})"
    options.doubt_unknown(plugin.options["id"], f"id of {name}", plugin.id)
    rest = plugin.options if plugin.options.is_unknown else plugin.options.properties.get(REST)
    if rest and not rest.is_hidden:
        options.doubt(
            rest,
            f"computes options of {name}, which is not run; Docusaurus' defaults are assumed; {_ASSURANCE}",
        )
    kinds = ("beforeDefaultRemarkPlugins", "remarkPlugins", "beforeDefaultRehypePlugins", "rehypePlugins")
    for listed in (plugin.options[kind] for kind in kinds):
        named = [item.items[0] if item.items else item for item in listed.items]
        computed = listed.is_unknown and not listed.is_hidden
        if computed or any(not _is_harmless(item) for item in named if item.content):
            message = f"runs plugins of Markdown on {name} that may change headings; {_ASSURANCE}"
            options.doubt(listed, message)
            break


def _is_harmless(value: Value) -> bool:
    return isinstance(value.content, Package) and value.content.name in _HARMLESS
