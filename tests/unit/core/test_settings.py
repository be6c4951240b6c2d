"""Settings: what is accepted, what is refused, and that no value of a secret is ever printed."""

from pathlib import Path

import pytest

from footnote_core.errors import ConfigurationError
from footnote_core.settings import Settings, load

REFUSED = [
    ({"FOOTNOTE_SITEURL": "x"}, r"Unknown setting FOOTNOTE_SITEURL\. Did you mean FOOTNOTE_SITE_URL\?"),
    ({"FOOTNOTE_ZZZ": "x"}, r"Unknown setting FOOTNOTE_ZZZ\. See \.env\.example"),
    ({"FOOTNOTE_CORS_ORIGINS": "*"}, r"FOOTNOTE_CORS_ORIGINS is not valid: `\*` is not allowed"),
    ({"FOOTNOTE_CORS_ORIGINS": "https://*.example.com"}, "FOOTNOTE_CORS_ORIGINS"),
    ({"FOOTNOTE_CORS_ORIGINS": "docs.example.com"}, "is not an origin"),
    ({"FOOTNOTE_CORS_ORIGINS": "https://docs.example.com/path"}, "is not an origin"),
    ({"FOOTNOTE_SESSION_SECRET": "short"}, "at least 32 bytes"),
    ({"FOOTNOTE_SESSION_SECRET": "x" * 32 + ",short"}, "each must be at least 32 bytes"),
    ({"FOOTNOTE_SESSION_SECRET": "x" * 32 + ","}, "each must be at least 32 bytes"),
    ({"FOOTNOTE_API_PORT": "70000"}, "FOOTNOTE_API_PORT"),
    ({"FOOTNOTE_API_PORT": "eighty"}, "FOOTNOTE_API_PORT"),
    ({"FOOTNOTE_EMBEDDER": "best"}, "FOOTNOTE_EMBEDDER"),
    ({"FOOTNOTE_EMBEDDER": "cohere"}, "COHERE_API_KEY is not set"),
    ({"FOOTNOTE_ANSWERER": "openai"}, "OPENAI_API_KEY is not set"),
    ({"FOOTNOTE_BASE_URL": "docs"}, "FOOTNOTE_BASE_URL"),
    ({"FOOTNOTE_DATABASE_URL": "mysql://x"}, "FOOTNOTE_DATABASE_URL"),
    ({"FOOTNOTE_DATABASE_URL": "postgresql:/x"}, "must be sqlite:/// followed by a path, or postgresql://"),
    ({"FOOTNOTE_DATABASE_URL": "postgresql://host:port/x"}, "FOOTNOTE_DATABASE_URL"),
    ({"FOOTNOTE_DATABASE_URL": "postgresql://[::1/x"}, "FOOTNOTE_DATABASE_URL"),
    ({"FOOTNOTE_TRUSTED_PROXIES": "10.0.0.0/8, nginx"}, "'nginx' is neither an IP address nor a network"),
    ({"FOOTNOTE_TRUSTED_PROXIES": "10.0.0.1/8"}, "FOOTNOTE_TRUSTED_PROXIES"),
    ({"FOOTNOTE_TRUSTED_PROXIES": "*"}, "FOOTNOTE_TRUSTED_PROXIES"),
    ({"FOOTNOTE_UNLIMITED_ADDRESSES": "127.0.0.1,none"}, "FOOTNOTE_UNLIMITED_ADDRESSES"),
    ({"FOOTNOTE_QUESTIONS_PER_OWNER": "-1"}, "FOOTNOTE_QUESTIONS_PER_OWNER"),
    ({"FOOTNOTE_DAILY_TOKENS": "many"}, "FOOTNOTE_DAILY_TOKENS"),
    ({"FOOTNOTE_THREADS_RETENTION_DAYS": "-1"}, "FOOTNOTE_THREADS_RETENTION_DAYS"),
    ({"QDRANT_URL": "qdrant:6333"}, "QDRANT_URL is not valid: must start with http"),
    ({"OPENAI_API_KEY_FILE": "/nowhere/key"}, "OPENAI_API_KEY_FILE cannot be read"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=lambda v: str(v)[:40])
def test_a_wrong_setting_is_named(values: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Settings.from_mapping(values)


def test_the_defaults_need_nothing() -> None:
    settings = Settings.from_mapping({})
    assert settings.site_dir == Path("services/web")
    assert settings.cors_origins == ("http://localhost:3000", "http://127.0.0.1:3000")
    assert settings.openai_api_key is None


def test_an_empty_variable_is_an_unset_one() -> None:
    assert Settings.from_mapping(dict.fromkeys(Settings.names(), "")) == Settings.from_mapping({})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("FOOTNOTE_API_PORT=9000\nFOOTNOTE_WEB_PORT=9001\n")
    settings = load({"FOOTNOTE_API_PORT": "9100"}, env_file)
    assert (settings.api_port, settings.web_port) == (9100, 9001)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-from-file\n")
    settings = Settings.from_mapping({"OPENAI_API_KEY_FILE": str(tmp_path / "key")})
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-from-file"


def test_empty_secret_file_means_that_there_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    settings = Settings.from_mapping({"COHERE_API_KEY_FILE": str(tmp_path / "key")})
    assert settings.cohere_api_key is None


def test_no_secret_is_ever_printed() -> None:
    secret = "s3cr3t" * 8
    settings = Settings.from_mapping({"OPENAI_API_KEY": secret, "FOOTNOTE_SESSION_SECRET": secret})
    assert secret not in repr(settings)
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_mapping({"FOOTNOTE_SESSION_SECRET": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_names_of_other_programs_are_left_alone() -> None:
    Settings.from_mapping({"PATH": "/bin", "NOT_FOOTNOTE_X": "1"})


def test_addresses_are_listed_or_none() -> None:
    given = {"FOOTNOTE_TRUSTED_PROXIES": "10.0.0.0/8, fd00::1", "FOOTNOTE_UNLIMITED_ADDRESSES": "none"}
    settings = Settings.from_mapping(given)
    assert settings.trusted_proxies == ("10.0.0.0/8", "fd00::1")
    assert settings.unlimited_addresses == ()
    assert Settings.from_mapping({}).trusted_proxies == ()


def test_urls_are_normalised() -> None:
    settings = Settings.from_mapping(
        {"FOOTNOTE_SITE_URL": "https://docs.example.com/", "FOOTNOTE_BASE_URL": "/base"}
    )
    assert (settings.site_url, settings.base_url) == ("https://docs.example.com", "/base/")
