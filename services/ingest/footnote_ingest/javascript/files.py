"""Which files the code of a site may import."""

import re
from pathlib import Path

MAX_FILE_BYTES = 1_000_000
SUFFIXES = (".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json")


def is_path(text: str) -> bool:
    """Whether a file may have such a name: the system has no answer for others."""
    return (
        not re.search(r"[\x00\ud800-\udfff]", text)
        and len(text.encode()) < 4000
        and all(len(part.encode()) < 250 for part in text.split("/"))
    )


class Files:
    """Files of a site and of the folder around it.

    reach  folder that nothing is read outside of
    """

    def __init__(self, site: Path, reach: Path) -> None:
        self._site = site
        self._reach = reach

    def find(self, specifier: str, folder: Path) -> Path | None:
        """The file that code in `folder` means by `./x`, `../x`, `/x` or `@site/x`."""
        if not is_path(specifier):
            return None
        if specifier.startswith("@site/"):
            folder, specifier = self._site, specifier.removeprefix("@site/")
        path = (folder / specifier).resolve()
        candidates = [path, *(path.with_name(path.name + suffix) for suffix in SUFFIXES)]
        candidates += [path / f"index{suffix}" for suffix in SUFFIXES]
        if path.suffix in (".js", ".mjs", ".cjs"):  # TypeScript is imported by the name of what it becomes
            candidates.append(path.with_suffix(path.suffix.replace("js", "ts")))
        return next((c for c in candidates if c.suffix in SUFFIXES and c.is_file()), None)

    def read(self, path: Path) -> bytes | None:
        """The content of a file, None where it may not be read or is too large."""
        path = path.resolve()
        if not path.is_relative_to(self._reach) or not path.is_file():
            return None
        return path.read_bytes() if path.stat().st_size <= MAX_FILE_BYTES else None

    def read_text(self, path: str) -> str | None:
        """As `read`, of a path that is relative to the site."""
        data = self.read(self._site / path) if is_path(path) else None
        return None if data is None else data.decode("utf-8", "replace")
