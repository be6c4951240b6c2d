"""Everything that can be set, as one frozen model read from a mapping.

The doors read the environment and `.env` (`load`); everything else is handed a `Settings`.
The table in the manual and `.env.example` are generated from `Settings`; a test compares them.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from footnote_core.errors import ConfigurationError
from footnote_core.values import (
    AbsolutePath,
    Count,
    DatabaseUrl,
    DirectoryUrl,
    HttpUrl,
    Networks,
    Origins,
    Port,
    SessionSecrets,
    session_keys,
)

_SECRETS = (
    "QDRANT_API_KEY",
    "COHERE_API_KEY",
    "OPENAI_API_KEY",
    "FOOTNOTE_SESSION_SECRET",
    "FOOTNOTE_DATABASE_URL",
)
"""Each may be given as `<name>_FILE`, the path of a file that holds it; an empty one means unset."""

_ELSEWHERE = frozenset(
    {
        "FOOTNOTE_TAG",
        "FOOTNOTE_API_URL",
        "FOOTNOTE_CHROMIUM",
        "FOOTNOTE_CONTENT_SOURCES",
        "FOOTNOTE_HTTP_PORT",
        "FOOTNOTE_HTTPS_PORT",
        "FOOTNOTE_SECRETS_DIR",
        "FOOTNOTE_SUBNET",
    }
)
"""Read by compose, the site's configuration or the tests: known, but nothing here uses them."""


class Settings(BaseModel):
    """Field aliases are the names of INTERFACES; descriptions make the manual's table."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    site_dir: Path = Field(
        Path("services/web"),
        alias="FOOTNOTE_SITE_DIR",
        description="Docusaurus site directory, or a plain folder of md/mdx files",
    )
    sitemap_url: HttpUrl = Field(
        "", alias="FOOTNOTE_SITEMAP_URL", description="crawl a built site instead of reading its files"
    )
    crawl_private: bool = Field(
        False,
        alias="FOOTNOTE_CRAWL_PRIVATE",
        description="`true` crawls a site although its public name leads to a private address",
    )
    site_url: HttpUrl = Field(
        "http://localhost:3000", alias="FOOTNOTE_SITE_URL", description="origin that citations link to"
    )
    base_url: DirectoryUrl = Field(
        "/", alias="FOOTNOTE_BASE_URL", description="Docusaurus' `baseUrl`, for a site without a manifest"
    )
    docs_route: AbsolutePath = Field(
        "/docs",
        alias="FOOTNOTE_DOCS_ROUTE",
        description="docs `routeBasePath`, for a site without a manifest",
    )
    trailing_slash: bool | None = Field(
        None,
        alias="FOOTNOTE_TRAILING_SLASH",
        description="Docusaurus' `trailingSlash`, for a site without a manifest; unset keeps paths as they are",
    )
    index_path: Path = Field(
        Path(".footnote/index"),
        alias="FOOTNOTE_INDEX_PATH",
        description="embedded index, used when `QDRANT_URL` is empty",
    )
    qdrant_url: HttpUrl = Field(
        "", alias="QDRANT_URL", description="Qdrant server; empty means the embedded index"
    )
    qdrant_api_key: SecretStr | None = Field(
        None, alias="QDRANT_API_KEY", description="key of the Qdrant server"
    )
    collection: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = Field(
        "docs",
        alias="FOOTNOTE_COLLECTION",
        description="name of the collection (an alias) on the Qdrant server",
    )
    cohere_api_key: SecretStr | None = Field(
        None, alias="COHERE_API_KEY", description="Cohere, for embeddings and reranking"
    )
    openai_api_key: SecretStr | None = Field(
        None, alias="OPENAI_API_KEY", description="OpenAI, for answers (and embeddings if chosen)"
    )
    openai_base_url: HttpUrl = Field("", alias="OPENAI_BASE_URL", description="any OpenAI-compatible server")
    embedder: Literal["auto", "local", "fastembed", "cohere", "openai"] = Field(
        "auto",
        alias="FOOTNOTE_EMBEDDER",
        description="`auto` = cohere with a key, else local; `fastembed` downloads a model",
    )
    reranker: Literal["auto", "none", "fastembed", "cohere"] = Field(
        "auto",
        alias="FOOTNOTE_RERANKER",
        description="`auto` = cohere with a key, else none; `fastembed` downloads a model",
    )
    answerer: Literal["auto", "extractive", "openai"] = Field(
        "auto",
        alias="FOOTNOTE_ANSWERER",
        description="`auto` = openai with a key or a base URL, else extractive",
    )
    embed_model: str = Field(
        "", alias="FOOTNOTE_EMBED_MODEL", description="embedding model; empty means the vendor's current one"
    )
    rerank_model: str = Field(
        "", alias="FOOTNOTE_RERANK_MODEL", description="reranking model; empty means the vendor's current one"
    )
    models_path: Path = Field(
        Path(".footnote/models"),
        alias="FOOTNOTE_MODELS_PATH",
        description="folder for the models that `fastembed` downloads",
    )
    answer_model: str = Field(
        "", alias="FOOTNOTE_ANSWER_MODEL", description="answering model; empty means the vendor's current one"
    )
    strictness: Annotated[float, Field(ge=0.0, le=3.0)] = Field(
        1.0,
        alias="FOOTNOTE_STRICTNESS",
        description="how sure the docs must hold an answer: more refuses more, less refuses less",
    )
    first_words_seconds: Annotated[float, Field(gt=0.0, le=120.0)] = Field(
        4.0,
        alias="FOOTNOTE_FIRST_WORDS_SECONDS",
        description="how long a language model may take to its first words before the docs are quoted instead; slow models need more",
    )
    cors_origins: Origins = Field(
        ("http://localhost:3000", "http://127.0.0.1:3000"),
        alias="FOOTNOTE_CORS_ORIGINS",
        description="exact origins, comma-separated; `*` is refused",
    )
    session_secret: SessionSecrets = Field(
        None,
        alias="FOOTNOTE_SESSION_SECRET",
        description="signs client secrets; several of at least 32 bytes, comma-separated: the first signs, all verify; unset means random at every start",
    )
    session_ttl_seconds: Annotated[int, Field(ge=10, le=86400)] = Field(
        600, alias="FOOTNOTE_SESSION_TTL_SECONDS", description="life of a client secret"
    )
    database_url: DatabaseUrl = Field(
        SecretStr("sqlite:///.footnote/threads.db"),
        alias="FOOTNOTE_DATABASE_URL",
        description="where conversations are kept: a SQLite file, or `postgresql://user:password@host/name`",
    )
    threads_retention_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        30,
        alias="FOOTNOTE_THREADS_RETENTION_DAYS",
        description="days after its last use until a conversation is deleted; 0 = kept until the reader deletes it",
    )
    trusted_proxies: Networks = Field(
        (),
        alias="FOOTNOTE_TRUSTED_PROXIES",
        description="addresses or networks of your reverse proxies, comma-separated: only what they say of a reader's address is believed",
    )
    unlimited_addresses: Networks = Field(
        ("127.0.0.0/8", "::1"),
        alias="FOOTNOTE_UNLIMITED_ADDRESSES",
        description="addresses or networks that the four limits below do not hold for, comma-separated; `none` for none",
    )
    questions_per_owner: Count = Field(
        20, alias="FOOTNOTE_QUESTIONS_PER_OWNER", description="questions a minute of one reader; 0 = no limit"
    )
    questions_per_address: Count = Field(
        120,
        alias="FOOTNOTE_QUESTIONS_PER_ADDRESS",
        description="questions a minute from one address, behind which there may be an office; 0 = no limit",
    )
    searches_per_address: Count = Field(
        1200,
        alias="FOOTNOTE_SEARCHES_PER_ADDRESS",
        description="searches, and requests about conversations, a minute from one address; 0 = no limit",
    )
    sessions_per_address: Count = Field(
        120,
        alias="FOOTNOTE_SESSIONS_PER_ADDRESS",
        description="client secrets a minute for one address; 0 = no limit",
    )
    session_pow_bits: Annotated[int, Field(ge=0, le=28)] = Field(
        0,
        alias="FOOTNOTE_SESSION_POW_BITS",
        description="zero bits that a new reader's machine must search for while the server is attacked; 18 take it about a second; 0 = none",
    )
    daily_tokens: Count = Field(
        10_000_000,
        alias="FOOTNOTE_DAILY_TOKENS",
        description="tokens a day (UTC) that the language model may read and write before the docs are quoted instead; 0 = no limit",
    )
    chat_ui: Literal["auto", "local", "chatkit"] = Field(
        "auto",
        alias="FOOTNOTE_CHAT_UI",
        description="`local` = our panel and no third-party request, `chatkit` = OpenAI's, `auto` = ours until ChatKit proved alive",
    )
    chatkit_domain_key: str = Field(
        "", alias="CHATKIT_DOMAIN_KEY", description="OpenAI's domain key for a public host"
    )
    api_port: Port = Field(8000, alias="FOOTNOTE_API_PORT", description="port of the API on the host")
    web_port: Port = Field(3000, alias="FOOTNOTE_WEB_PORT", description="port of the site on the host")
    bind: str = Field("127.0.0.1", alias="FOOTNOTE_BIND", description="address that both ports are bound to")
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        2, alias="FOOTNOTE_WORKERS", description="gunicorn worker processes"
    )
    shutdown_seconds: Annotated[int, Field(ge=1, le=50)] = Field(
        30,
        alias="FOOTNOTE_SHUTDOWN_SECONDS",
        description="how long answers that are being written may go on when the API stops or restarts",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias="FOOTNOTE_LOG_LEVEL", description="least severe event that is logged"
    )
    chunk_tokens: Annotated[int, Field(ge=32, le=2048)] = Field(
        128, alias="FOOTNOTE_CHUNK_TOKENS", description="token budget of a chunk"
    )
    poll_ms: Annotated[int, Field(ge=100)] | None = Field(
        None,
        alias="FOOTNOTE_POLL_MS",
        description="look for saved pages that often, for file systems that tell of no changes",
    )

    @property
    def session_keys(self) -> tuple[bytes, ...]:
        """The session secrets, the one that signs first; empty when none is set."""
        return session_keys(self.session_secret) if self.session_secret else ()

    @classmethod
    def names(cls) -> dict[str, str]:
        """Environment name -> description, in the order of the manual's table."""
        return {str(f.alias): f.description or "" for f in cls.model_fields.values()}

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> Self:
        """Read settings from an environment-like mapping; an empty string means unset.

        Raises ConfigurationError that names the setting, never its value.
        """
        known = cls.names()
        given = {k: v for k, v in values.items() if v != ""}
        accepted = known.keys() | _ELSEWHERE | {f"{name}_FILE" for name in _SECRETS}
        for name in sorted(given):
            if name.startswith("FOOTNOTE_") and name not in accepted:
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
                hint = f" Did you mean {near[0]}?" if near else " See .env.example for what there is."
                raise ConfigurationError(f"Unknown setting {name}.{hint}")
        data: dict[str, Any] = {name: given[name] for name in known if name in given}
        for name in _SECRETS:
            if (path := given.get(f"{name}_FILE")) and (secret := _read_secret(name, Path(path))):
                data[name] = secret
        try:
            settings = cls.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise ConfigurationError(f"{first['loc'][0]} is not valid: {first['msg']}.") from error
        settings._check_together()
        return settings

    def _check_together(self) -> None:
        """Contradictions between settings that no single field can see."""
        for chosen, wanted, key, key_name in (
            (self.embedder, "cohere", self.cohere_api_key, "COHERE_API_KEY"),
            (self.reranker, "cohere", self.cohere_api_key, "COHERE_API_KEY"),
            (self.embedder, "openai", self.openai_api_key or self.openai_base_url, "OPENAI_API_KEY"),
            (self.answerer, "openai", self.openai_api_key or self.openai_base_url, "OPENAI_API_KEY"),
        ):
            if chosen == wanted and not key:
                raise ConfigurationError(f"{wanted} is chosen but {key_name} is not set.")


def _read_secret(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{name}_FILE cannot be read: {path} ({error.__class__.__name__})."
        ) from error


def load(environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")) -> Settings:
    """Settings of this process: the environment first, then `.env` where it exists."""
    given = os.environ if environ is None else environ
    return Settings.from_mapping({**_read_env_file(env_file), **given})


def sources(environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")) -> dict[str, str]:
    """Where the value of each setting that `load` gives comes from: its file, `environment`, `.env`, `default`."""
    given = os.environ if environ is None else environ
    filed = _read_env_file(env_file)

    def source(name: str) -> str:
        path = {**filed, **given}.get(f"{name}_FILE") if name in _SECRETS else None
        if path and _read_secret(name, Path(path)):
            return path
        if name in given:
            return "environment" if given[name] else "default"
        return ".env" if filed.get(name) else "default"

    return {name: source(name) for name in Settings.names()}


def _read_env_file(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    return {k: v for k, v in dotenv_values(path).items() if v is not None}
