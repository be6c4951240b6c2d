"""The version and the locale that readers see by default."""

from footnote_core.index.scopes import default_first
from footnote_core.models import Page


def page(route: str, version: str = "current", locale: str = "en", latest: bool | None = None) -> Page:
    return Page(route, "T", "x.md", (), version=version, locale=locale, latest=latest)


def test_the_version_without_a_segment_of_its_own_is_the_default() -> None:
    released = [
        page("/docs/a", "2.0"), page("/docs/b", "2.0"),
        page("/docs/next/a"), page("/docs/next/b"), page("/docs/next/c"),
        page("/docs/1.0/a", "1.0"),
    ]  # fmt: skip
    assert default_first(released, "version") == ("2.0", "current", "1.0")


def test_the_locale_without_a_segment_of_its_own_is_the_default() -> None:
    pages = [
        page("/de/docs/a", locale="de"),
        page("/de/docs/b", locale="de"),
        page("/docs/a"),
        page("/docs/b"),
    ]
    assert default_first(pages, "locale") == ("en", "de")


def test_one_page_at_the_root_is_enough() -> None:
    assert default_first([page("/"), page("/next/", "next")], "version") == ("current", "next")
    assert default_first([], "version") == ()


def test_pages_that_are_marked_tell_the_default_version() -> None:
    pages = [
        page("/docs/a", "2.0", latest=True),
        page("/docs/b", "2.0", latest=True),
        page("/docs/next/a", latest=False),
        page("/team/a", latest=True),  # the latest of other docs, with the name that is unreleased here
        page("/blog/a", "", latest=True),
    ]
    assert default_first(pages, "version") == ("2.0", "current")
    assert default_first(pages[-1:], "version") == ("",)
