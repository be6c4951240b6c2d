"""`footnote-check-config`: what the API would run with, without starting it."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from footnote_api.answerers import build_answerer
from footnote_api.budget import Unlimited
from footnote_api.rerankers import build_reranker
from footnote_api.tracing import check_tracing, is_tracing
from footnote_core.embedders import build_embedder
from footnote_core.errors import ConfigurationError
from footnote_core.exposure import check_exposure, is_loopback
from footnote_core.index import open_index
from footnote_core.settings import Settings, load, sources


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit codes: 0 the API would start with these settings; 2 it would not, and why."""
    parser = argparse.ArgumentParser(
        prog="footnote-check-config",
        description="Read the settings as the API does and print what it would use. Asks no other machine.",
    )
    parser.add_argument("--all", action="store_true", help="list the settings that have their default, too")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    options = parser.parse_args(arguments)
    try:
        settings = load()
        check_exposure(settings)
        check_tracing(os.environ)
        told = {"uses": uses(settings), "settings": listed(settings, sources())}
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        raise SystemExit(2) from error
    if options.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(rendered(told, everything=options.all))


def uses(settings: Settings) -> dict[str, str]:
    """What the settings choose, each part in a few words."""
    reranker = build_reranker(settings)
    index = open_index(settings).engine
    where = settings.qdrant_url or str(settings.index_path)
    return {
        "embedder": build_embedder(settings).id,
        "reranker": reranker.name if reranker else "none",
        "answerer": build_answerer(settings, Unlimited()).name,
        "index": f"{index}, {without_login(where)}",
        "conversations": without_login(settings.database_url.get_secret_value()),
        "sessions": f"{len(settings.session_keys)} secret(s)" if settings.session_keys else "a random secret",
        "reached by": "this machine" if is_loopback(settings.bind) else "other machines",
        "traces": "sent" if is_tracing(os.environ) else "none",
    }


def listed(settings: Settings, source: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Every setting with its value, never a secret's, and where the value comes from."""
    return {
        str(field.alias): {"value": shown(getattr(settings, name)), "from": source[str(field.alias)]}
        for name, field in Settings.model_fields.items()
    }


def shown(value: object) -> object:
    """A value that may be printed."""
    match value:
        case SecretStr():
            return "set"
        case tuple():
            return ", ".join(map(str, value))
        case bool() | int() | float() | None:
            return value
    return without_login(str(value))


def without_login(text: str) -> str:
    """An address without the user and the password that may stand in it; other text as it is."""
    if "://" not in text or "@" not in text:
        return text
    parts = urlsplit(text)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def rendered(told: dict[str, Any], *, everything: bool) -> str:
    """Lines for a terminal; settings that have their default only on demand."""
    lines = [f"{name:14} {text}" for name, text in told["uses"].items()]
    chosen = {n: s for n, s in told["settings"].items() if everything or s["from"] != "default"}
    if chosen:
        lines += ["", *(f"{n}={_text(s['value'])}  ({s['from']})" for n, s in chosen.items())]
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
