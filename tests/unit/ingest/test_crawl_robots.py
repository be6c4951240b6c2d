"""robots.txt as RFC 9309 reads it."""

import time

import pytest

from footnote_ingest.sources.robots import parse


def allowed(text: str, path: str) -> bool:
    return parse(text, "footnote-ingest").allow(path)


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("", "/a", True),
        ("Disallow: /", "/a", False),
        ("Disallow:", "/a", True),
        ("Disallow: /a", "/ab", False),
        ("Disallow: /a/", "/a", True),
        ("Disallow: /\nAllow: /docs/", "/docs/x", True),
        ("Allow: /docs/\nDisallow: /", "/blog", False),
        ("Allow: /page\nDisallow: /*.htm", "/page.htm", False),
        ("Allow: /p\nDisallow: /", "/page", True),
        ("Disallow: /folder\nAllow: /folder", "/folder/page", True),
        ("Disallow: /*.pdf$", "/x/y.pdf", False),
        ("Disallow: /*.pdf$", "/x/y.pdf?z", True),
        ("Disallow: /a$", "/ab", True),
        ("Disallow: /a$", "/a", False),
        ("Disallow: /fish*salmon", "/fish/of/salmon/x", False),
        ("Disallow: /*ab*ab$", "/ab", True),
        ("Disallow: /*ab*ab$", "/abab", False),
        ("Disallow: *private", "/very/private/x", False),
        ("Disallow: /?q=", "/?q=1", False),
        ("Disallow: /%7Ejoe", "/~joe/x", False),
        ("Disallow: /größe", "/gr%C3%B6%C3%9Fe", False),
        ("Disallow: /a%2fb", "/a%2Fb", False),
        ("Disallow: /a%2fb", "/a/b", True),
        ("disallow : /x # a comment", "/x", False),
        ("Nonsense\nDisallow /x\n: y\nDisallow: /z", "/x", True),
    ],
)
def test_the_most_specific_rule_decides(rules: str, path: str, expected: bool) -> None:
    assert allowed(f"User-agent: *\n{rules}", path) == expected


def test_the_group_that_names_the_crawler_replaces_the_one_for_everybody() -> None:
    text = "\ufeffUser-Agent: *\nDisallow: /\n\nuser-agent: other\nUSER-AGENT: Footnote-Ingest/1.0\nDisallow: /x\n"
    assert allowed(text, "/a")
    assert not allowed(text, "/x")


def test_groups_of_the_same_name_are_one() -> None:
    text = "User-agent: footnote-ingest\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: footnote-ingest\nDisallow: /b"
    assert [allowed(text, path) for path in ("/a", "/b", "/c")] == [False, False, True]


def test_rules_before_any_group_count_for_nobody() -> None:
    assert allowed("Disallow: /\nUser-agent: x\nDisallow: /", "/a")


@pytest.mark.parametrize(
    ("value", "seconds"), [("2", 2.0), ("0.5", 0.5), ("nan", 0.0), ("-1", 0.0), ("", 0.0), ("1e9", 0.0)]
)
def test_a_crawl_delay_is_a_number_of_seconds(value: str, seconds: float) -> None:
    assert parse(f"User-agent: *\nCrawl-delay: {value}", "footnote-ingest").delay_seconds == seconds


def test_no_pattern_takes_long() -> None:
    started = time.process_time()
    assert allowed("User-agent: *\n" + f"Disallow: /{'*a' * 900}$\n" * 200, "/" + "a" * 800 + "b")
    assert time.process_time() - started < 20  # else hours
