"""Copies of crawled pages on disk, so that an unchanged page is not downloaded again.

A copy is asked about with the ETag or Last-Modified it came with. The folder can be deleted at any time.
"""

import gzip
import json
import os
import zlib
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

MAX_BYTES = 500_000_000
"""Of the whole folder, compressed: some 50,000 pages. What does not fit is downloaded every time."""
_MAX_COPY = 50_000_000
"""Of one copy after decompression: a damaged file costs no memory."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A page as it came.

    url     where it was in the end, redirects followed
    robots  its X-Robots-Tag
    html    decoded
    """

    url: str
    etag: str
    last_modified: str
    robots: str
    html: str

    @property
    def conditions(self) -> dict[str, str]:
        """Request headers that ask for 304 if the page is still this one."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


class CrawlCache:
    """A folder of copies, one file a page.

    problem  why copies are not kept, empty while they are
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[str] = set()
        self.problem = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._bytes = sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())
        except OSError as error:
            self._give_up(error)

    def get(self, asked: str) -> Copy | None:
        """The copy of the page that was asked for as `asked`; None without a readable one."""
        path = self._path(asked)
        try:
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                copy = Copy(**json.loads(file.read(_MAX_COPY)))
        except (OSError, EOFError, zlib.error, ValueError, TypeError):
            return None  # missing or damaged: the page is downloaded
        self._used.add(path.name)
        return copy

    def put(self, asked: str, copy: Copy) -> None:
        """Keep `copy` in place of what was kept for `asked`; without validators there is nothing to keep."""
        if self.problem or not copy.conditions:
            return
        data = gzip.compress(json.dumps(asdict(copy)).encode(), compresslevel=6, mtime=0)
        if self._bytes + len(data) > MAX_BYTES:
            return
        path = self._path(asked)
        part = path.with_suffix(".part")
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            self._give_up(error)
            return
        self._bytes += len(data)
        self._used.add(path.name)

    def prune(self) -> None:
        """Delete what this crawl had no use for: pages that are gone."""
        if self.problem:
            return
        try:
            for entry in os.scandir(self._folder):
                if entry.name not in self._used and entry.name.endswith((".json.gz", ".part")):
                    Path(entry.path).unlink()
        except OSError as error:
            self._give_up(error)

    def _path(self, asked: str) -> Path:
        return self._folder / f"{sha256(asked.encode()).hexdigest()[:40]}.json.gz"

    def _give_up(self, error: OSError) -> None:
        self.problem = f"cannot keep copies of pages ({error.strerror}); they are downloaded again every time"
