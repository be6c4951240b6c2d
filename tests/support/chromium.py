"""Chromium for tests that need a real browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium from `FOOTNOTE_CHROMIUM` or where Debian puts it; fails the test where there is none."""
    executable = Path(os.environ.get("FOOTNOTE_CHROMIUM", "/usr/bin/chromium"))
    if not executable.is_file():
        pytest.fail(
            f"There is no browser at {executable}. Install one: apt-get install -y chromium fonts-dejavu-core "
            "fonts-noto-color-emoji; or set FOOTNOTE_CHROMIUM to another Chromium."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(executable), args=_FLAGS)
        yield browser
        browser.close()
