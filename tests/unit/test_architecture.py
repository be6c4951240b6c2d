"""The fences of the house: who may import what. A failure says where the code belongs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"
PACKAGES = {name: SERVICES / name / f"footnote_{name}" for name in ("core", "ingest", "api")}

ALLOWED = {
    "qdrant_client": {"core/index/server.py"},
    "qdrant_edge": {"core/index/embedded.py"},
    "wordllama": {"core/embedders/local.py"},
    "cohere": {"core/embedders/cohere.py", "api/rerankers/cohere.py"},
    "openai": {"core/embedders/openai.py", "api/answerers/openai.py", "api/answerers/formats.py"},
    "chatkit": {"api/chatkit.py", "api/answer_message.py", "api/threads.py", "api/export.py"},
    "fastapi": {"api/main.py", "api/routes.py", "api/deps.py", "api/error_handlers.py"},
    "bs4": {"ingest/parsers/html.py", "ingest/parsers/article.py"},
    "dotenv": {"core/settings.py"},
    "sqlite3": {"api/databases/sqlite.py"},
    "asyncpg": {"api/databases/postgres.py"},
    "gunicorn": {"api/worker.py"},
    "opentelemetry": {"api/tracing.py"},
    "prometheus_client": {"api/metrics.py", "api/shared_metrics.py"},
}
"""A library and the files that may import it. Everything else asks those files."""

APART = {"core": {"footnote_api", "footnote_ingest"}, "ingest": {"footnote_api"}, "api": {"footnote_ingest"}}
"""A package and the packages of ours that it must not know."""


def sources() -> Iterator[tuple[str, Path]]:
    for name, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            yield f"{name}/{path.relative_to(folder)}", path


def imports(path: Path) -> set[str]:
    """Top-level names of everything a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(("library", "allowed"), ALLOWED.items(), ids=ALLOWED)
def test_a_library_is_known_to_its_own_files_only(library: str, allowed: set[str]) -> None:
    users = {name for name, path in sources() if library in imports(path)}
    assert users <= allowed, f"{users - allowed} import {library}; only {allowed} may: ask them instead"


@pytest.mark.parametrize(("package", "strangers"), APART.items(), ids=APART)
def test_the_api_and_the_job_meet_only_in_core(package: str, strangers: set[str]) -> None:
    offenders = {
        name for name, path in sources() if name.startswith(f"{package}/") and imports(path) & strangers
    }
    assert not offenders, f"move what {offenders} need to footnote_core"


def test_routes_stand_in_one_file() -> None:
    decorated = {
        name
        for name, path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("get", "post")
        and ast.unparse(node) in ("router.get", "router.post", "app.get", "app.post")
    }
    assert decorated == {"api/routes.py"}


def test_files_stay_readable() -> None:
    long = {
        name: n for name, path in sources() if (n := len(path.read_text(encoding="utf-8").splitlines())) > 380
    }
    assert not long, f"split by what the parts are about: {long}"
