"""Circuit breakers: a vendor that fails is left alone for a while, so that nobody waits for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from footnote_core import log
from footnote_core.errors import UpstreamError

_FAILURES = 2
"""In a row, until a vendor is left alone."""
REST_SECONDS = 30.0
"""After this one question tries it again."""
_SETTINGS = frozenset({"key", "model", "quota"})
"""Kinds of failure that the next question meets too."""
_NOT_OF_THE_VENDOR = frozenset({"context", "filter", "empty", "budget"})
"""Kinds that say nothing about how the vendor will answer the next question."""


@dataclass(slots=True)
class Breaker:
    """One vendor's. `reason` is its last failure while it is failing, else None."""

    stage: str
    clock: Callable[[], float] = time.monotonic
    reason: str | None = None
    _error: UpstreamError | None = None
    _failures: int = 0
    _rests_until: float = field(default=float("-inf"))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Call the vendor inside; raises its last UpstreamError at once while it is left alone."""
        now = self.clock()
        if self._error is not None and self._failures >= _FAILURES:
            if now < self._rests_until:
                raise type(self._error)(self._error.message, self._error.details)
            self._rests_until = now + REST_SECONDS  # this one tries; the others do not wait with it
        try:
            yield
        except UpstreamError as error:
            self.failed(error)
            raise
        else:
            self.worked()

    def failed(self, error: UpstreamError) -> None:
        """Note a failure."""
        kind = kind_of(error)
        if kind in _NOT_OF_THE_VENDOR:
            return
        self._failures = _FAILURES if kind in _SETTINGS else self._failures + 1
        self._error, self.reason = error, error.message
        if self._failures >= _FAILURES:
            self._rests_until = self.clock() + REST_SECONDS
            log.warning("vendor_left_alone", stage=self.stage, seconds=REST_SECONDS, reason=error.message)

    def worked(self) -> None:
        """Note a success."""
        if self._failures >= _FAILURES:
            log.event("vendor_works_again", stage=self.stage)
        self._failures, self._error, self.reason = 0, None, None


def kind_of(error: UpstreamError) -> str:
    """What went wrong, in one word, where the adapter knows it; else ""."""
    return str(error.details.get("kind", "")) if isinstance(error.details, dict) else ""
