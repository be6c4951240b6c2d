"""Which folders of a Docusaurus site hold pages, and under which paths they are published.

Docusaurus takes both from its configuration. What its code tells is used, then what the settings say, then
Docusaurus' defaults; a manifest of a build corrects all of it later (`manifest`).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from footnote_core.errors import SourceError
from footnote_ingest.config import Config, Plugin, Value, checkout, read_config, repository
from footnote_ingest.options import Options, dialect, number_prefixes, patterns, plugin_doubts
from footnote_ingest.parsers.dialect import Dialect
from footnote_ingest.routes import CURRENT_VERSION, SiteUrls, join
from footnote_ingest.sources import Problem
from footnote_ingest.versions import Version, read_versions

DEFAULT_LOCALE = "en"
_FOLDERS = {"docs": "docs", "blog": "blog", "pages": "src/pages"}
_ROUTES = {"docs": "docs", "blog": "blog", "pages": "/"}


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of pages in one locale.

    kind             docs, blog or pages; `plugin` is the id of its instance
    version          of docs; None for what has no versions
    folder           lists the pages; a file of the same name in `localized` is read in its place
    prefix           path that the slugs of its pages are below
    base_url         of the locale
    latest           whether readers see this version by default
    skipped          names of folders directly in `folder` that are left out
    include, exclude  globs of the plugin; None for Docusaurus' own
    number_prefixes  whether `01-` in front of a name is no part of its path
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
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    number_prefixes: bool = True

    def route(self, slug: str) -> str:
        return join(self.prefix, slug, self.base_url, self.trailing_slash)


@dataclass(frozen=True, slots=True)
class Site:
    """The folders with pages, the default locale first.

    problems  what will be wrong
    doubts    what could not be told from the configuration, and what is assumed; a manifest settles it
    reach     folder that pages and what they import are taken from
    """

    roots: tuple[Root, ...]
    problems: tuple[Problem, ...] = ()
    doubts: tuple[Problem, ...] = ()
    dialect: Dialect = field(default_factory=Dialect)
    reach: Path = Path()


@dataclass(frozen=True, slots=True)
class _Locale:
    name: str
    base_url: str
    folder: Path | None


def read_site(site: Path, urls: SiteUrls) -> Site:
    """The layout of the site at `site`, or of a plain folder. Raises SourceError where there is nothing."""
    if not site.is_dir():
        raise SourceError(f"The site directory {site} does not exist or is not a directory.")
    # A site whose address comes from our own variables is built with them.
    config = read_config(site, {"FOOTNOTE_BASE_URL": urls.base_url})
    if config.file is None and not (site / "docs").is_dir():
        base_url, slash = urls.base_url, urls.trailing_slash
        prefix = join(base_url, urls.docs_route)
        root = Root("docs", "default", CURRENT_VERSION, DEFAULT_LOCALE, site, None, prefix, base_url, slash)
        return Site((replace(root, skipped=frozenset({"build"})),), reach=site)
    layout = _Layout(site, urls, config)
    try:
        roots = tuple(layout.roots())
    except OSError as error:
        raise SourceError(f"The configuration of {site} names a folder that cannot be: {error}.") from error
    if not roots:
        raise SourceError(f"The site {site} has no docs folder, no blog and no pages.")
    options = layout.options
    language = dialect(config, options, site)
    reach = checkout(site) or site
    return Site(roots, tuple(options.problems), tuple(options.doubts), language, reach)


class _Layout:
    def __init__(self, site: Path, urls: SiteUrls, config: Config) -> None:
        self._site = site
        self._urls = urls
        self._config = config
        self.options = Options(config)
        self._base_url = self._chosen_base_url()
        self._slash = self._chosen_slash()

    def roots(self) -> Iterator[Root]:
        plugins = list(self._plugins())
        self._check_folders(plugins)
        for plugin in plugins:
            plugin_doubts(plugin, self.options)
        for locale in self._locales():
            for plugin in plugins:
                yield from self._roots_of(plugin, locale)

    def _chosen_base_url(self) -> str:
        """The setting where it is not the default, else what the configuration says."""
        ours, said = self._urls.base_url, self._config.options["baseUrl"]
        theirs = None if said.text is None else join(said.text, "/")
        if ours != "/" and said.assumed and theirs != ours:
            return ours
        if ours == "/" or theirs is None:
            theirs = self.options.text(said, "baseUrl", "/", "FOOTNOTE_BASE_URL") if ours == "/" else ours
            return join(theirs, "/")
        if theirs != ours:
            self._contradiction("baseUrl", "FOOTNOTE_BASE_URL", theirs, ours, said)
        return ours

    def _chosen_slash(self) -> bool | None:
        said, ours = self._config.options["trailingSlash"], self._urls.trailing_slash
        setting = "FOOTNOTE_TRAILING_SLASH"
        if ours is None:
            found = self.options.flag(said, "trailingSlash", setting)
            return found if found is not None else None
        theirs = said.content if isinstance(said.content, bool) else None
        told = "trailingSlash" in self._config.options.properties and not said.is_unknown and not said.assumed
        if told and theirs != ours:
            shown = "undefined" if theirs is None else str(theirs).lower()
            self._contradiction("trailingSlash", setting, shown, str(ours).lower(), said)
        return ours

    def _contradiction(self, option: str, setting: str, theirs: str, ours: str, said: Value) -> None:
        message = (
            f"says {option} is {theirs}, but {setting} says {ours}: links will be wrong unless they agree"
        )
        self.options.problem(said, message)

    def _plugins(self) -> Iterator[Plugin]:
        """The content plugins: those of the configuration, else those whose folders exist."""
        known = {(plugin.kind, plugin.id) for plugin in self._config.plugins}
        yield from self._config.plugins
        nothing = Value(None, 1)
        for kind in _FOLDERS if self._config.file else ("docs",):
            unsettled = (kind, "default") not in known and kind not in self._config.settled
            if unsettled and (self._site / _FOLDERS[kind]).is_dir():
                yield Plugin(kind, "default", nothing)
        for path in sorted(self._site.glob("*_versions.json")):
            name = path.name.removesuffix("_versions.json")
            if ("docs", name) not in known:
                options = {key: Value(name, 1) for key in ("path", "routeBasePath")}
                message = f"belongs to the docs plugin {name}, which the configuration does not show; /{name} is assumed"
                self.options.doubt(Value(None, 1, path.name), message)
                yield Plugin("docs", name, Value(options, 1))

    def _locales(self) -> Iterator[_Locale]:
        """The locales of the site, the default one first."""
        i18n = self._config.options["i18n"]
        first = next((name for item in i18n["locales"].items if (name := item.text)), DEFAULT_LOCALE)
        likely = first if i18n["defaultLocale"].is_unknown else DEFAULT_LOCALE
        default = self.options.text(i18n["defaultLocale"], "i18n.defaultLocale", likely)
        translations = self._site / self.options.text(i18n["path"], "i18n.path", "i18n")
        names = [name for item in i18n["locales"].items if (name := item.text)]
        if self._config.file is None or i18n["locales"].is_unknown or (i18n.content and not names):
            found = sorted(translations.iterdir()) if translations.is_dir() else []
            names = [path.name for path in found if any(path.glob("docusaurus-plugin-content-*"))]
            self.options.doubt_unknown(i18n["locales"], "i18n.locales", "the folders of translations")
        for name in dict.fromkeys((default, *names)):
            options = i18n["localeConfigs"][name]
            if options["url"].text:
                message = f"gives the locale {name} an address of its own; it is not indexed"
                self.options.problem(options, message)
                continue
            own = options["baseUrl"].text
            base_url = join(own, "/") if own else join(self._base_url, "/" if name == default else f"{name}/")
            folder = translations / (options["path"].text or name)
            translated = options["translate"].content is not False and folder.is_dir()
            yield _Locale(name, base_url, folder if translated else None)

    def _check_folders(self, plugins: list[Plugin]) -> None:
        """Say which folders of the configuration are missing or out of reach."""
        for plugin in plugins:
            folder, told = self._folder(plugin), plugin.options["path"]
            if told.text and not folder.is_relative_to(repository(self._site)):
                message = (
                    f"takes {plugin.kind} from {told.text}, outside of the repository; they are not read"
                )
            elif told.text and not folder.is_dir():
                message = f"takes {plugin.kind} from {told.text}, which does not exist"
            else:
                continue
            self.options.problem(told, message)

    def _folder(self, plugin: Plugin) -> Path:
        name = self.options.text(plugin.options["path"], f"path of {plugin.kind}", _FOLDERS[plugin.kind])
        return Path(os.path.normpath(self._site / name))

    def _readable(self, folder: Path) -> bool:
        return folder.is_dir() and folder.is_relative_to(repository(self._site))

    def _route(self, plugin: Plugin) -> str:
        said, default = plugin.options["routeBasePath"], _ROUTES[plugin.kind]
        if (plugin.kind, plugin.id) != ("docs", "default"):
            return self.options.text(said, f"routeBasePath of {plugin.kind} ({plugin.id})", default)
        if self._urls.docs_route != "/docs":
            return self._urls.docs_route
        return self.options.text(said, "routeBasePath of docs", default, "FOOTNOTE_DOCS_ROUTE")

    def _roots_of(self, plugin: Plugin, locale: _Locale) -> Iterator[Root]:
        suffix = "" if plugin.id == "default" else f"-{plugin.id}"
        name = f"docusaurus-plugin-content-{plugin.kind}{suffix}"
        localized = locale.folder / name if locale.folder else None
        root = Root(
            plugin.kind,
            plugin.id,
            None,
            locale.name,
            self._folder(plugin),
            localized,
            join(locale.base_url, self._route(plugin)),
            locale.base_url,
            self._slash,
            include=patterns(plugin, "include", self.options),
            exclude=patterns(plugin, "exclude", self.options),
            number_prefixes=plugin.kind != "docs" or number_prefixes(plugin, self.options),
        )
        if plugin.kind == "docs":
            for version in read_versions(self._site, plugin, root.folder, self.options):
                if self._shown(version):
                    yield replace(
                        root,
                        version=version.name,
                        folder=version.folder,
                        localized=localized / version.folder_name if localized else None,
                        prefix=join(root.prefix, version.segment),
                        latest=version.latest,
                    )
        elif self._readable(root.folder):
            yield root

    def _shown(self, version: Version) -> bool:
        if self._readable(version.folder):
            return True
        if version.name != CURRENT_VERSION:
            raise SourceError(f"versions.json names {version.name}, but {version.folder} does not exist.")
        return False
