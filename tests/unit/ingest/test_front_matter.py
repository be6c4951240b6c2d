"""Front matter as Docusaurus reads it, and what it says of front matter that cannot be read."""

import pytest

from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.front_matter import split_front_matter


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.10", "1.1"),
        ("'1.10'", "1.10"),
        ("007", "7"),
        ("0x1F", "31"),
        ("1e3", "1000"),
        ("1e21", "1e+21"),
        ("0.0000001", "1e-7"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("1.5.2", "1.5.2"),
        ("2024-01-02", "Tue Jan 02 2024 00:00:00 GMT+0000 (Coordinated Universal Time)"),
        ("2024-01-02T10:20:30+02:00", "Tue Jan 02 2024 08:20:30 GMT+0000 (Coordinated Universal Time)"),
        ("2024-02-30", "2024-02-30"),
        ("yes", "yes"),
        ("null", None),
        ("[a]", None),
        ("|\n  a\n  ---\n  b", "a\n---\nb\n"),
        ("&x anchored # comment", "anchored"),
        ('"\\ud83c\\udf89 \\u00e9 \\\\u"', "🎉 é \\u"),
    ],
)
def test_values_are_what_javascript_makes_of_them(written: str, read: str | None) -> None:
    front_matter, body, line = split_front_matter(f"---\ntitle: {written}\nx: y\n---\nText\n")
    assert front_matter.title == read
    assert (body, line) == ("Text\n", written.count("\n") + 5)


def test_pages_are_hidden_by_either_flag() -> None:
    for flag in ("draft: true", "unlisted: 'true'", "draft: TRUE"):
        assert split_front_matter(f"---\n{flag}\n---\n")[0].hidden
    assert not split_front_matter("---\ndraft: false\nunlisted: no\n---\n")[0].hidden


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("a: " + "[" * 100_000, "nested deeper"),
        ("a: " + "{a: " * 50_000, "nested deeper"),
        ("a: !!int abc", "'abc' is not what its tag says"),
        ("a: !!bool x", "'x' is not what its tag says"),
        ("a: !!timestamp x", "'x' is not what its tag says"),
        ("a: !!python/object:os.system x", "constructor for the tag"),
        ("a: *nowhere", "undefined alias"),
        ("? [a]\n: b", "unhashable"),
        ("a: 1\n\tb: 2", "front matter"),
    ],
)
def test_hostile_front_matter_is_refused(block: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        split_front_matter(f"---\n{block}\n---\n")
