"""What a site's own components mean for its pages."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from footnote_ingest.parsers.imports import partials_in

_ROW_COMPONENT = "src/components/APITable"
_ROW_WITH_ID = re.compile(r"<tr\b[^>]*\sid=")
_MDX_COMPONENTS = "src/theme/MDXComponents"


def gives_row_ids(site: Path) -> bool:
    """Whether the site's APITable gives its rows ids. Without its code, as in a folder of docs alone, yes."""
    candidates = list(_code_of(site, _ROW_COMPONENT))
    return not candidates or any(_ROW_WITH_ID.search(p.read_text("utf-8", "replace")) for p in candidates)


def partials_everywhere(site: Path) -> Mapping[str, tuple[str, str]]:
    """Partials that every page may use without an import, by name: specifier, and the file that imports them."""
    found: dict[str, tuple[str, str]] = {}
    for path in _code_of(site, _MDX_COMPONENTS):
        code = path.read_text("utf-8", "replace")
        for name, specifier in partials_in(code):
            other_names = re.findall(rf"([\w$]+)['\"]?\s*:\s*{re.escape(name)}\b", code)
            found |= dict.fromkeys((name, *other_names), (specifier, path.relative_to(site).as_posix()))
    return found


def _code_of(site: Path, component: str) -> Iterator[Path]:
    base = site / component
    for pattern in (f"{base.name}.[jt]s*", f"{base.name}/index.[jt]s*"):
        yield from (path for path in sorted(base.parent.glob(pattern)) if path.is_file())
