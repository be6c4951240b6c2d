"""Which folders of a Docusaurus site hold pages, and under which paths they are published.

Docusaurus takes both from its configuration. What stands there in plain literals is used, then what the
settings say, then Docusaurus' defaults; a manifest of a build corrects all of it later (`manifest`).
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal as OneOf

from footnote_core.errors import SourceError
from footnote_ingest.config import Config, Literal, Plugin, Unknown, read_config
from footnote_ingest.parsers.dialect import Dialect
from footnote_ingest.routes import CURRENT_VERSION, SiteUrls, join
from footnote_ingest.sources import Problem

DEFAULT_LOCALE = "en"
_FOLDERS = {"docs": "docs", "blog": "blog", "pages": "src/pages"}
_ROUTES = {"docs": "docs", "blog": "blog", "pages": "/"}
_VERSION_NAME = re.compile(r'(?!\.{1,2}$)[^/\\<>:"|?*\x00-\x1f]{1,32}')


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of pages in one locale.

    kind       docs, blog or pages; `plugin` is the id of its instance
    version    of docs; None for what has no versions
    folder     lists the pages; a file of the same name in `localized` is read in its place
    prefix     path that the slugs of its pages are below
    base_url   of the locale
    latest     whether readers see this version by default
    skipped    names of folders directly in `folder` that are left out
    """

    kind: str
    plugin: str
    version: str | None
    locale: str
    folder: Path
    localized: Path | None
    prefix: str
    base_url: str
    trailing_slash: bool | None
    latest: bool = True
    skipped: frozenset[str] = frozenset()

    def route(self, slug: str) -> str:
        return join(self.prefix, slug, self.base_url, self.trailing_slash)


@dataclass(frozen=True, slots=True)
class Site:
    """The folders with pages, the default locale first, and what could not be told for sure."""

    roots: tuple[Root, ...]
    problems: tuple[Problem, ...] = ()
    dialect: Dialect = field(default_factory=Dialect)


@dataclass(frozen=True, slots=True)
class _Locale:
    name: str
    base_url: str
    folder: Path | None


def read_site(site: Path, urls: SiteUrls) -> Site:
    """The layout of the site at `site`, or of a plain folder. Raises SourceError where there is nothing."""
    if not site.is_dir():
        raise SourceError(f"The site directory {site} does not exist or is not a directory.")
    config = read_config(site)
    if config.file is None and not (site / "docs").is_dir():
        base_url, slash = urls.base_url, urls.trailing_slash
        prefix = join(base_url, urls.docs_route)
        root = Root("docs", "default", CURRENT_VERSION, DEFAULT_LOCALE, site, None, prefix, base_url, slash)
        return Site((replace(root, skipped=frozenset({"build"})),))
    layout = _Layout(site, urls, config)
    roots = tuple(layout.roots())
    if not roots:
        raise SourceError(f"The site {site} has no docs folder, no blog and no pages.")
    return Site(roots, tuple(layout.problems), _dialect(config))


def _dialect(config: Config) -> Dialect:
    """Docusaurus takes every page for MDX unless it is told otherwise."""
    markdown = config.options["markdown"]
    if config.file is None or isinstance(markdown["format"].value, Unknown):
        return Dialect()
    said = markdown["format"].text
    format: OneOf["mdx", "md", "detect"] = "md" if said == "md" else "detect" if said == "detect" else "mdx"
    return Dialect(format, markdown["anchors"]["maintainCase"].value is True)


class _Layout:
    def __init__(self, site: Path, urls: SiteUrls, config: Config) -> None:
        self._site = site
        self._urls = urls
        self._config = config
        self.problems: list[Problem] = []
        self._base_url = self._chosen("baseUrl", "FOOTNOTE_BASE_URL", urls.base_url, "/")
        self._slash = self._chosen_slash()

    def roots(self) -> Iterator[Root]:
        plugins = list(self._plugins())
        self._check_folders(plugins)
        for locale in self._locales():
            for plugin in plugins:
                yield from self._roots_of(plugin, locale)

    def _chosen(self, option: str, setting: str, ours: str, default: str) -> str:
        """The setting where it is not the default, else the literal in the configuration."""
        literal = self._config.options[option]
        theirs = literal.text
        if theirs is None:
            return ours
        theirs = join(theirs, "/")
        if ours not in (default, theirs):
            self._contradiction(option, setting, theirs, ours, literal.line)
            return ours
        return theirs

    def _chosen_slash(self) -> bool | None:
        literal, ours = self._config.options["trailingSlash"], self._urls.trailing_slash
        theirs = literal.value if isinstance(literal.value, bool) else None
        if ours is None or isinstance(literal.value, Unknown) or self._config.file is None:
            return theirs if ours is None else ours
        if "trailingSlash" in self._config.options.properties and theirs != ours:
            said = "undefined" if theirs is None else str(theirs).lower()
            setting = "FOOTNOTE_TRAILING_SLASH"
            self._contradiction("trailingSlash", setting, said, str(ours).lower(), literal.line)
        return ours

    def _contradiction(self, option: str, setting: str, theirs: str, ours: str, line: int) -> None:
        message = (
            f"says {option} is {theirs}, but {setting} says {ours}: links will be wrong unless they agree"
        )
        self.problems.append(Problem(self._config.file or "", line, message, failed=False))

    def _plugins(self) -> Iterator[Plugin]:
        """The content plugins: those of the configuration, else those whose folders exist."""
        known = {(plugin.kind, plugin.id) for plugin in self._config.plugins}
        yield from self._config.plugins
        nothing = Literal(None, 1)
        for kind in _FOLDERS if self._config.file else ("docs",):
            unsettled = (kind, "default") not in known and kind not in self._config.settled
            if unsettled and (self._site / _FOLDERS[kind]).is_dir():
                yield Plugin(kind, "default", nothing)
        for path in sorted(self._site.glob("*_versions.json")):
            name = path.name.removesuffix("_versions.json")
            if ("docs", name) not in known:
                options = {key: Literal(name, 1) for key in ("path", "routeBasePath")}
                message = f"belongs to the docs plugin {name}, whose options are not plain literals; /{name} is assumed"
                self.problems.append(Problem(path.name, 1, message, failed=False))
                yield Plugin("docs", name, Literal(options, 1))

    def _locales(self) -> Iterator[_Locale]:
        """The locales of the site, the default one first."""
        i18n = self._config.options["i18n"]
        default = i18n["defaultLocale"].text or DEFAULT_LOCALE
        translations = self._site / (i18n["path"].text or "i18n")
        names = [name for item in i18n["locales"].items if (name := item.text)]
        if not names:
            found = sorted(translations.iterdir()) if translations.is_dir() else []
            names = [path.name for path in found if any(path.glob("docusaurus-plugin-content-*"))]
        for name in dict.fromkeys((default, *names)):
            options = i18n["localeConfigs"][name]
            if options["url"].text:
                message = f"gives the locale {name} an address of its own; it is not indexed"
                self.problems.append(Problem(self._config.file or "", options.line, message, failed=False))
                continue
            own = options["baseUrl"].text
            base_url = join(own, "/") if own else join(self._base_url, "/" if name == default else f"{name}/")
            folder = translations / (options["path"].text or name)
            translated = options["translate"].value is not False and folder.is_dir()
            yield _Locale(name, base_url, folder if translated else None)

    def _check_folders(self, plugins: list[Plugin]) -> None:
        """Say which folders of the configuration are missing or out of reach."""
        for plugin in plugins:
            folder, told = self._folder(plugin), plugin.options["path"].text
            if told and not folder.is_relative_to(self._site):
                message = f"takes {plugin.kind} from {told}, outside of the site directory; they are not read"
            elif told and not folder.is_dir():
                message = f"takes {plugin.kind} from {told}, which does not exist"
            else:
                continue
            line = plugin.options["path"].line
            self.problems.append(
                Problem(self._config.file or f"{plugin.id}_versions.json", line, message, False)
            )

    def _folder(self, plugin: Plugin) -> Path:
        return Path(os.path.normpath(self._site / (plugin.options["path"].text or _FOLDERS[plugin.kind])))

    def _roots_of(self, plugin: Plugin, locale: _Locale) -> Iterator[Root]:
        folder = self._folder(plugin)
        route = plugin.options["routeBasePath"].text or _ROUTES[plugin.kind]
        if (plugin.kind, plugin.id) == ("docs", "default") and self._urls.docs_route != "/docs":
            route = self._urls.docs_route
        suffix = "" if plugin.id == "default" else f"-{plugin.id}"
        localized = (
            locale.folder / f"docusaurus-plugin-content-{plugin.kind}{suffix}" if locale.folder else None
        )
        root = Root(
            plugin.kind,
            plugin.id,
            None,
            locale.name,
            folder,
            localized,
            join(locale.base_url, route),
            locale.base_url,
            self._slash,
        )
        if plugin.kind == "docs":
            for version, source, segment, latest in self._versions(plugin, folder):
                part = version if version == CURRENT_VERSION else f"version-{version}"
                yield replace(
                    root,
                    version=version,
                    folder=source,
                    localized=localized / part if localized else None,
                    prefix=join(root.prefix, segment),
                    latest=latest,
                )
        elif folder.is_dir() and folder.is_relative_to(self._site):
            yield root

    def _versions(self, plugin: Plugin, current: Path) -> Iterator[tuple[str, Path, str, bool]]:
        """Name, folder, path segment and whether it is the default of each version.

        The default one has no segment, unreleased docs have `next`.
        """
        prefix = "" if plugin.id == "default" else f"{plugin.id}_"
        options = plugin.options
        names = [] if options["disableVersioning"].value is True else self._version_names(prefix)
        if options["includeCurrentVersion"].value is not False and CURRENT_VERSION not in names:
            names.insert(0, CURRENT_VERSION)
        if only := [name for item in options["onlyIncludeVersions"].items if (name := item.text)]:
            names = [name for name in names if name in only]
        newest = next((name for name in names if name != CURRENT_VERSION), CURRENT_VERSION)
        last = options["lastVersion"].text or newest
        for name in names:
            if options["versions"][name]["noIndex"].value is True:
                continue  # robots are asked not to index it
            folder = (
                current
                if name == CURRENT_VERSION
                else self._site / f"{prefix}versioned_docs" / f"version-{name}"
            )
            segment = options["versions"][name]["path"].text
            if segment is None:
                segment = "" if name == last else "next" if name == CURRENT_VERSION else name
            if folder.is_dir() and folder.is_relative_to(self._site):
                yield name, folder, segment, name == last
            elif name != CURRENT_VERSION:
                raise SourceError(f"{prefix}versions.json names {name}, but {folder} does not exist.")

    def _version_names(self, prefix: str) -> list[str]:
        path = self._site / f"{prefix}versions.json"
        if not path.is_file():
            return []
        try:
            names = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SourceError(f"{path} cannot be read: {error}.") from error
        if not isinstance(names, list) or not all(
            isinstance(n, str) and _VERSION_NAME.fullmatch(n) for n in names
        ):
            raise SourceError(f"{path} is not a list of version names.")
        return names
