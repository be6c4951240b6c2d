"""`.env.example` and the manual's table say what `Settings` says."""

import re
from pathlib import Path

from footnote_core.settings import Settings

ROOT = Path(__file__).parents[2]


def default_of(name: str) -> str:
    field = next(f for f in Settings.model_fields.values() if f.alias == name)
    value = field.default
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "get_secret_value"):
        return str(value.get_secret_value())
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_the_example_file_lists_every_setting_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^#([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert listed == {name: default_of(name) for name in Settings.names()}


def test_the_example_file_says_what_each_setting_means() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name, meaning in Settings.names().items():
        assert f"# {meaning}\n#{name}=" in text, name


def test_the_manual_lists_every_setting() -> None:
    page = (ROOT / "services/web/docs/settings.md").read_text(encoding="utf-8")
    table = page.partition("settings:begin")[2].partition("settings:end")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    assert {name: meaning for name, _, meaning in rows} == Settings.names()
    assert {name: default.strip("`–") for name, default, _ in rows} == {
        n: default_of(n) for n in Settings.names()
    }
