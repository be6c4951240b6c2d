"""Where the reader is, and which version and language of the docs an answer comes from (pure)."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from footnote_api.markup import visible
from footnote_api.phrases import Phrases, phrases_in
from footnote_core.index import GenerationInfo
from footnote_core.models import Passage

_NO_CODE = re.compile(r"[`\s]+")
_PLAIN = re.compile(r"[A-Za-z0-9.+-]+")
_SAME_PAGE = 1.08
_SAME_DIRECTORY = 1.03
"""Factors on the score of a passage near the page being read: enough to decide between sections
that fit the question alike, too little to pass one that fits clearly better."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader asks from; None and "" stand for unknown.

    page       route or address of the page being read
    version    version of the docs being read
    locale     its language
    selection  words of the docs that the reader has selected
    """

    page: str | None = None
    version: str | None = None
    locale: str | None = None
    selection: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search is limited to; None does not limit it. `fallback` says what was not there."""

    version: str | None
    locale: str | None
    fallback: str | None = None


def spoken(place: Place, info: GenerationInfo) -> Phrases:
    """The sentences in the language of the docs that the reader reads."""
    return phrases_in(place.locale or (info.locales[0] if info.locales else None))


def scope_of(place: Place, info: GenerationInfo) -> Scope:
    """The version and locale to search: those of `place` where the index has them, else the defaults."""
    version, no_version = _choose(place.version, info.versions)
    locale, no_locale = _choose(place.locale, info.locales)
    if not (no_version or no_locale):
        return Scope(version, locale)
    say = spoken(place, info)
    missing = [
        *([say.version.format(name=_quoted(place.version))] if no_version else []),
        *([say.language.format(name=_quoted(place.locale))] if no_locale else []),
    ]
    used = [
        *([_version_name(info.versions[0], say)] if no_version else []),
        *([say.language.format(name=info.locales[0])] if no_locale else []),
    ]
    return Scope(version, locale, say.missing.format(missing=say.listed(missing), used=say.listed(used)))


def other_language(scope: Scope, info: GenerationInfo) -> Scope | None:
    """Where to look when the reader's language does not have the answer: the default language."""
    if scope.locale is None or not info.locales or scope.locale == info.locales[0]:
        return None
    default = info.locales[0]
    said = phrases_in(scope.locale).elsewhere.format(missing=scope.locale, used=default)
    return Scope(scope.version, default, said)


def raise_nearby(passages: Sequence[Passage], page: str | None) -> list[Passage]:
    """The passages with those near `page` raised, best first; equals keep their order."""
    if not page:
        return list(passages)
    here = _path(page)
    raised = [replace(p, score=p.score * _factor(_path(p.route), here)) for p in passages]
    return sorted(raised, key=lambda p: -p.score)


def _choose(wanted: str | None, known: Sequence[str]) -> tuple[str | None, bool]:
    """The value to search for, and whether another one was wanted. One value needs no limit."""
    default = known[0] if len(known) > 1 else None
    if not wanted or wanted in known:
        return (wanted if len(known) > 1 and wanted else default), False
    return default, bool(known)


def _quoted(name: str | None) -> str:
    """What a request calls a version or language: as code, where something in it might be markup."""
    name = _NO_CODE.sub(" ", visible(name or "")).strip()
    return name if _PLAIN.fullmatch(name) else f"`{name}`"


def _version_name(version: str, say: Phrases) -> str:
    return say.current_version if version == "current" else say.version.format(name=version)


def _factor(route: str, here: str) -> float:
    if route == here:
        return _SAME_PAGE
    return _SAME_DIRECTORY if posixpath.dirname(route) == posixpath.dirname(here) else 1.0


def _path(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:  # for example a bracket that is never closed: no page of ours
        return ""
    return path.rstrip("/") or "/"
