"""What one run of the job did."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from footnote_ingest.sources import Problem


@dataclass(slots=True)
class Report:
    """What one run did; JSON-ready through `as_json`.

    outcome       published, unchanged, planned (dry run) or failed
    embedded      texts whose vectors were computed, `embedded_tokens` long together
    reused        chunks whose vectors came from the index, or from another chunk of the same text
    durations_ms  wall time of each stage; `embed` is what writing waits for
    """

    source: str
    outcome: str = "failed"
    pages: int = 0
    sections: int = 0
    chunks: int = 0
    tokens: int = 0
    embedded: int = 0
    embedded_tokens: int = 0
    reused: int = 0
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failures: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    durations_ms: dict[str, float] = field(default_factory=dict)
    message: str = ""
    exit_code: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time until the end of the block to a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            ms = (time.perf_counter() - start) * 1000
            self.durations_ms[stage] = round(self.durations_ms.get(stage, 0.0) + ms, 3)
