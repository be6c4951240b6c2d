"""Which files of a plugin's folder are pages: its options `include` and `exclude`."""

import re
from collections.abc import Iterable

from wcmatch import glob
from wcmatch._wcparse import PatternLimitException

from footnote_core.errors import SourceError

INCLUDE = ("**/*.{md,mdx}",)
EXCLUDE = ("**/_*.{js,jsx,ts,tsx,md,mdx}", "**/_*/**", "**/*.test.{js,jsx,ts,tsx}", "**/__tests__/**")
"""Docusaurus' own."""

_FLAGS = glob.GLOBSTAR | glob.BRACE | glob.EXTGLOB | glob.FORCEUNIX
_LIMIT = 200
"""Patterns that the braces of one may stand for; more are not what an author meant."""


class Matcher:
    """Decides about paths below the folder. None stands for Docusaurus' own globs.

    Raises SourceError for a glob that stands for too many.
    """

    def __init__(self, include: tuple[str, ...] | None, exclude: tuple[str, ...] | None) -> None:
        included = INCLUDE if include is None else include
        excluded = list(EXCLUDE if exclude is None else exclude)
        excluded += [pattern[1:] for pattern in included if pattern.startswith("!")]
        # A folder that is named stands for all in it.
        excluded += [f"{pattern.rstrip('/')}/**" for pattern in excluded]
        self._include = _compile(p.removeprefix("./") for p in included if not p.startswith("!"))
        self._exclude = _compile((p.removeprefix("./") for p in excluded), glob.DOTGLOB)
        self._closed = ("_", ".") if exclude is None else (".",)

    def matches(self, path: str) -> bool:
        """Whether a file is taken; `path` is relative to the folder."""
        return any(p.match(path) for p in self._include) and not any(p.match(path) for p in self._exclude)

    def enters(self, folder: str) -> bool:
        """Whether anything in a folder of that name may be taken."""
        return not folder.startswith(self._closed)


def _compile(patterns: Iterable[str], flags: int = 0) -> list[re.Pattern[str]]:
    listed = list(patterns)
    try:
        expressions, _ = glob.translate(listed, flags=_FLAGS | flags, limit=_LIMIT)
    except PatternLimitException as error:
        raise SourceError(f"The globs {listed} stand for more than {_LIMIT} patterns.") from error
    return [re.compile(expression) for expression in expressions]
