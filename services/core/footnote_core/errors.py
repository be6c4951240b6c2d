"""Every failure we name.

FootnoteError
├── ConfigurationError      settings or environment wrong; stops the start with exit code 2
├── SourceError             the site to index is missing, empty or unreadable; exit code 2
├── BadRequest              400 bad_request
├── RequestInvalid          422 request_invalid
├── Unauthorized            401 session_invalid
├── ProofRequired           401 proof_required     retryable with the challenge solved
├── NotFound                404 not_found
├── TooLarge                413 too_large
├── RateLimited             429 rate_limited       retryable, carries retry_after_seconds
├── NotSupported            501 not_supported
├── IndexNotReady           503 index_not_ready    retryable
├── StorageUnavailable      503 storage_unavailable retryable
└── UpstreamError           502 upstream_error     retryable
    └── UpstreamTimeout     504 upstream_timeout   retryable

Messages are shown to readers and operators: one plain sentence that says what to do, no secrets.
"""

from typing import Any, ClassVar


class FootnoteError(Exception):
    """Base of every failure we name; `details` is JSON-ready and safe to show."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, details: dict[str, Any] | list[Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = message
        """What the log says."""
        self.details = details


class ConfigurationError(FootnoteError):
    """A setting is missing, misspelt or contradicts another; the message names it."""


class SourceError(FootnoteError):
    """The documentation to index cannot be read at all."""


class BadRequest(FootnoteError):
    code = "bad_request"
    status = 400


class RequestInvalid(FootnoteError):
    """The request can be read but its values are wrong; details name the fields, never their values."""

    code = "request_invalid"
    status = 422


class Unauthorized(FootnoteError):
    """Missing, forged or expired client secret: one class, so that probing learns nothing."""

    code = "session_invalid"
    status = 401


class ProofRequired(FootnoteError):
    """A new session needs a proof of work; details have the challenge and how many zero bits are asked."""

    code = "proof_required"
    status = 401
    retryable = True

    def __init__(self, challenge: str, bits: int, reason: str) -> None:
        super().__init__(
            "This server asks new readers for a proof of work. Solve the challenge and send it.",
            {"challenge": challenge, "bits": bits, "algorithm": "SHA-256"},
        )
        self.reason = reason


class NotFound(FootnoteError):
    code = "not_found"
    status = 404


class TooLarge(FootnoteError):
    code = "too_large"
    status = 413


class RateLimited(FootnoteError):
    code = "rate_limited"
    status = 429
    retryable = True

    def __init__(self, message: str, retry_after_seconds: int, limit: str) -> None:
        """`limit` is the setting that says how much is allowed."""
        super().__init__(message, {"retry_after_seconds": retry_after_seconds, "limit": limit})
        self.retry_after_seconds = retry_after_seconds
        self.reason = limit


class NotSupported(FootnoteError):
    code = "not_supported"
    status = 501


class IndexNotReady(FootnoteError):
    """No published index, an unreachable index, or one made by another embedder."""

    code = "index_not_ready"
    status = 503
    retryable = True


class StorageUnavailable(FootnoteError):
    """The database cannot be read or written now; `reason` is for the operator."""

    code = "storage_unavailable"
    status = 503
    retryable = True

    def __init__(self, reason: str) -> None:
        super().__init__("Conversations cannot be read or stored right now. Try again in a moment.")
        self.reason = reason


class UpstreamError(FootnoteError):
    """A vendor (embedding, reranking, answering) failed or answered nonsense."""

    code = "upstream_error"
    status = 502
    retryable = True


class UpstreamTimeout(UpstreamError):
    code = "upstream_timeout"
    status = 504
