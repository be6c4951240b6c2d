"""The least that indexing can cost: start, read the files, embed their text. `ours|package SITE`."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

_PIECE_CHARACTERS = 700
"""About as much text as one of our chunks has."""


def pieces(site: Path) -> Iterator[str]:
    for path in sorted(site.rglob("*.md*")):
        if "node_modules" not in path.parts:
            text = path.read_text("utf-8")
            yield from (text[i : i + _PIECE_CHARACTERS] for i in range(0, len(text), _PIECE_CHARACTERS))


async def ours(texts: list[str]) -> None:
    from footnote_core.embedders.local import LocalEmbedder

    embedder = LocalEmbedder()
    for start in range(0, len(texts), embedder.batch_size):
        await embedder.embed(texts[start : start + embedder.batch_size], "document")


def package(texts: list[str]) -> None:
    import wordllama

    folder = Path(wordllama.__file__).parent
    wordllama.WordLlama.load(cache_dir=folder, dim=256, disable_download=True).embed(texts, norm=True)


if __name__ == "__main__":
    found = list(pieces(Path(sys.argv[2])))
    if sys.argv[1] == "ours":
        asyncio.run(ours(found))
    else:
        package(found)
