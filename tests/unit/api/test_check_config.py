"""`footnote-check-config` tells what the API would do, and no secret."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from footnote_api.cli import check_config
from footnote_core.settings import Settings

SECRETS = {
    "OPENAI_API_KEY": "sk-very-secret-openai",
    "COHERE_API_KEY": "very-secret-cohere",
    "QDRANT_API_KEY": "very-secret-qdrant",
    "FOOTNOTE_SESSION_SECRET": "very-secret-4a1c9e07b52d8f36a1b2c3d4,very-secret-older-0f1e2d3c4b5a6978aa",
    "FOOTNOTE_DATABASE_URL": "postgresql://footnote:very-secret-word@db.example:5432/threads",
    "OPENAI_BASE_URL": "https://someone:very-secret-login@models.example/v1",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in, with none of the settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.names(), "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_choices_and_sources_are_told(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / ".env").write_text("FOOTNOTE_WORKERS=4\nFOOTNOTE_LOG_LEVEL=debug\nFOOTNOTE_API_PORT=8100\n")
    (place / "key").write_text("sk-in-a-file\n")
    (place / "empty").write_text("\n")
    monkeypatch.setenv("FOOTNOTE_LOG_LEVEL", "warning")
    monkeypatch.setenv("FOOTNOTE_API_PORT", "")
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(place / "key"))
    monkeypatch.setenv("COHERE_API_KEY_FILE", str(place / "empty"))
    check_config.main(["--json"])
    told = json.loads(capsys.readouterr().out)
    settings = told["settings"]
    assert settings["FOOTNOTE_WORKERS"] == {"value": 4, "from": ".env"}
    assert settings["FOOTNOTE_LOG_LEVEL"] == {"value": "warning", "from": "environment"}
    assert settings["FOOTNOTE_API_PORT"] == {"value": 8000, "from": "default"}
    assert settings["OPENAI_API_KEY"] == {"value": "set", "from": str(place / "key")}
    assert settings["COHERE_API_KEY"] == {"value": None, "from": "default"}
    assert settings.keys() == Settings.names().keys()
    assert told["uses"]["answerer"].startswith("openai/")
    assert told["uses"]["embedder"].startswith("local/")
    assert told["uses"]["sessions"] == "a random secret"


@pytest.mark.parametrize("options", [[], ["--all"], ["--json"]])
def test_no_secret_is_printed(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    check_config.main(options)
    said = capsys.readouterr()
    assert "very-secret" not in said.out + said.err
    assert "db.example:5432/threads" in said.out
    assert "models.example/v1" in said.out
    assert "2 secret(s)" in said.out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FOOTNOTE_CORS_ORIGINS", "*"),
        ("FOOTNOTE_COLOUR", "blue"),
        ("FOOTNOTE_BIND", "0.0.0.0"),
        ("OPENAI_API_KEY_FILE", "/nowhere/key"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
    ],
)
def test_what_stops_the_start_is_named(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        check_config.main([])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert name in said.err
    assert len(said.err.splitlines()) == 1


def test_command_is_installed(place: Path) -> None:
    command = Path(sys.executable).with_name("footnote-check-config")
    told = subprocess.run([command], cwd=place, env={}, capture_output=True, text=True, check=True)
    assert "answerer       extractive" in told.stdout
