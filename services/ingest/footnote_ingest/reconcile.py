"""Our own result beside the manifest of a build: the manifest wins, and every difference is said (pure).

What a manifest says of a page holds as long as the page's file is the one that was built. Of a file
that was edited or added since, only the path of its folder is taken from it.
"""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from footnote_core.models import Section
from footnote_ingest.manifest import Entry, Manifest
from footnote_ingest.routes import CURRENT_VERSION, DocNames, join
from footnote_ingest.site import Root
from footnote_ingest.sources import Problem

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that may be a page.

    source      path below the site directory
    slug_line   line to name in what is said of its path
    changed_at  seconds since the epoch
    links       text and target of each link in it
    entry       what the manifest says of it; `built` when that is about the file as it is now
    """

    source: str
    path: Path
    root: Root
    names: DocNames
    slug_line: int
    route: str
    changed_at: float = 0.0
    entry: Entry | None = None
    built: bool = False
    links: tuple[tuple[str, str], ...] = ()


def adopt(roots: Sequence[Root], manifests: Mapping[str, Manifest], site: Path) -> list[Root]:
    """`roots` with the base URLs and trailing slash of the build, and with the folders only it knows."""
    if not manifests:
        return list(roots)
    default = roots[0]
    known = manifests.get(default.locale)
    result = []
    for root in roots:
        manifest = manifests.get(root.locale)
        if manifest:
            base_url = manifest.base_url
        elif known:
            base_url = join(known.base_url, root.base_url.removeprefix(default.base_url))
        else:
            base_url = root.base_url
        slash = (manifest or known or next(iter(manifests.values()))).trailing_slash
        prefix = join(base_url, root.prefix.removeprefix(root.base_url))
        told = (manifest or known or next(iter(manifests.values()))).groups()
        entries = told.get((root.kind, root.plugin, root.version))
        latest = entries[0].latest is not False if entries else root.latest
        result.append(replace(root, base_url=base_url, prefix=prefix, trailing_slash=slash, latest=latest))
    for manifest in manifests.values():
        taken = {(r.kind, r.plugin, r.version) for r in result if r.locale == manifest.locale}
        for (kind, plugin, version), entries in manifest.groups().items():
            if (kind, plugin, version) in taken or all(e.unlisted or e.no_index for e in entries):
                continue
            twin = next((r for r in result if (r.kind, r.plugin, r.version) == (kind, plugin, version)), None)
            folder = twin.folder if twin else _folder(site, kind, plugin, version, entries)
            if folder is None or not folder.is_dir():
                continue
            root = Root(
                kind,
                plugin,
                version,
                manifest.locale,
                folder,
                _localized(site, kind, plugin, version, manifest.locale),
                "",  # the paths of its pages will tell
                manifest.base_url,
                manifest.trailing_slash,
                entries[0].latest is not False,
            )
            result.append(root)
    return result


def _folder(site: Path, kind: str, plugin: str, version: str | None, entries: Sequence[Entry]) -> Path | None:
    """The folder that a group of pages is listed from."""
    own = [e for e in entries if e.source and not e.source.startswith("i18n/")]
    if kind == "docs" and version != CURRENT_VERSION:
        prefix = "" if plugin == "default" else f"{plugin}_"
        return site / f"{prefix}versioned_docs" / f"version-{version}"
    if kind == "docs":  # the id of a doc repeats the folders below it
        ups = Counter(PurePosixPath(e.source or "").parents[e.id.count("/")] for e in own)
        return site / ups.most_common(1)[0][0] if ups else None
    top = {(e.source or "").split("/")[0] for e in own}
    return site / top.pop() if kind == "blog" and len(top) == 1 else None


def _localized(site: Path, kind: str, plugin: str, version: str | None, locale: str) -> Path:
    suffix = "" if plugin == "default" else f"-{plugin}"
    folder = site / "i18n" / locale / f"docusaurus-plugin-content-{kind}{suffix}"
    if kind != "docs":
        return folder
    return folder / (CURRENT_VERSION if version == CURRENT_VERSION else f"version-{version}")


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the paths of a folder look in the build.

    prefix  path that the slugs are below; None when the build does not show it
    agrees  whether slugs below the prefix give every path of the build
    """

    prefix: str | None
    agrees: bool


def calibrate(pages: Iterable[tuple[str, str]]) -> Calibration:
    """From slugs and the paths that they have in the build."""
    prefixes: Counter[str | None] = Counter()
    for slug, path in pages:
        bare, end = path.rstrip("/"), slug.strip("/")
        if not end:
            prefixes[f"{bare}/"] += 1
        elif bare.endswith(f"/{end}"):
            prefixes[bare.removesuffix(end)] += 1
        else:
            prefixes[None] += 1
    best = next((prefix for prefix, _ in prefixes.most_common() if prefix is not None), None)
    return Calibration(best, len(prefixes) <= 1 and None not in prefixes)


def reconcile(
    root: Root, files: Sequence[Listed], manifest: Manifest
) -> tuple[Root, list[Listed], list[Problem]]:
    """The pages of one folder as the build has them, the folder with the build's path, and what differs."""
    problems: list[Problem] = []
    built = [f for f in files if f.built]
    calibration = calibrate((f.names.slug, f.entry.path) for f in built or files if f.entry)
    if calibration.prefix is not None and join(calibration.prefix, "/") != join(root.prefix, "/"):
        if root.prefix:
            what = f"{root.kind} of version {root.version}" if root.version else root.kind
            message = (
                f"publishes {what} ({root.plugin}) below {calibration.prefix}, not below {root.prefix} "
                "as the configuration and the settings say; the build is followed"
            )
            problems.append(Problem(manifest.name, 1, message, failed=False))
        root = replace(root, prefix=calibration.prefix)
    kept: list[Listed] = []
    absent: list[str] = []
    for file in files:
        ours = root.route(file.names.slug)
        entry = file.entry
        if entry is None:
            if file.changed_at > manifest.built_at:
                kept.append(replace(file, root=root, route=ours))
            else:
                absent.append(file.source)
            continue
        if file.built and (entry.unlisted or entry.no_index):
            continue
        follows = file.built or not calibration.agrees
        if ours != entry.path:
            source = "the build" if follows else "the file, which was changed after the build,"
            message = (
                f"has the path {entry.path} in the build, but its file gives {ours}; {source} is followed"
            )
            problems.append(Problem(file.source, file.slug_line, message, failed=False))
        kept.append(replace(file, root=root, route=entry.path if follows else ours))
    if absent:
        message = (
            f"is not in the site's build, though it is older{_and_more(absent)}; it is left out: "
            "build the site again if it should be published"
        )
        problems.append(Problem(absent[0], 1, message, failed=False))
    return root, kept, problems


def stale(manifest: Manifest, exists: Callable[[str], bool]) -> Iterator[Problem]:
    """Pages of the build whose sources are gone."""
    gone = [
        e.source for e in manifest.entries if e.source and _is_markdown(e.source) and not exists(e.source)
    ]
    if gone:
        message = f"names {gone[0]}, which does not exist any more{_and_more(gone)}; build the site again"
        yield Problem(manifest.name, 1, message, failed=False)


def _is_markdown(source: str) -> bool:
    return source.endswith((".md", ".mdx"))


def _and_more(sources: Sequence[str]) -> str:
    return f" (and {len(sources) - 1} other files)" if len(sources) > 1 else ""


def with_built_ids(sections: Sequence[Section], entry: Entry) -> tuple[tuple[Section, ...], str | None]:
    """`sections` with the ids that the page has in the build, and what differs, in words.

    A section whose heading has no id there takes the one before it: its text stands below that one,
    and a link to it works. Only rows that have their id in the build keep it.
    """
    if entry.rows is not None:
        rows = set(entry.rows)
        sections = [replace(s, rows=tuple(row for row in s.rows if row[1] in rows)) for s in sections]
    built = [anchor for level, anchor in entry.anchors or () if level > 1]
    ours = [section.anchor for section in sections if section.anchor]
    if entry.anchors is None or ours == built:
        return tuple(sections), None
    matched: list[str | None] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, ours, built, autojunk=False).get_opcodes():
        same = tag == "equal" or (tag == "replace" and i2 - i1 == j2 - j1)
        matched += built[j1:j2] if same else [None] * (i2 - i1)
    found = iter(matched)
    last: str | None = None
    result = []
    for section in sections:
        if section.anchor:
            last = next(found) or (section.anchor if section.anchor in built else last)
        result.append(replace(section, anchor=last if section.anchor else None))
    theirs, only = Counter(built) - Counter(ours), Counter(ours) - Counter(built)
    message = f"has other heading ids in the build: {_list(theirs)} there, {_list(only)} by its file; the build is followed"
    return tuple(result), message


def _list(ids: Iterable[str]) -> str:
    shown = list(ids)
    if not shown:
        return "none more"
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(f"#{anchor}" for anchor in shown[:_SHOWN]) + more
