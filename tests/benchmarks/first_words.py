"""What we add to a model's first words, and how soon it is told that the reader has left.

The model is a stand-in at the wire that takes 300 ms to its first words. Part of `make bench`.
"""

import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_api.answerers.openai import OpenAIAnswerer
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.index import open_index
from tests.support.api import QUESTION, Parts, publish, running, settings, signed_in
from tests.support.vendors import Fault, Vendors, openai_client, vendors

RESULTS = Path(__file__).parent / "results/first_words.json"
RUNS = 30
VENDOR_SECONDS = 0.3
ANSWER = ["Set `colour` in `lamp.yml` to change ", "the colour of the lamp [1].", " More is said below.\n"]


async def measure(folder: Path, vendor: Vendors) -> dict[str, float]:
    index = open_index(settings(FOOTNOTE_INDEX_PATH=str(folder)))
    client = openai_client(vendor.url, retries=0)
    answerer = OpenAIAnswerer(client, "gpt-test", responses=True, first_seconds=4)
    parts = Parts(settings(), index, LocalEmbedder(), answerer, ExtractiveAnswerer())
    await publish(index, parts.embedder)
    added, cancelled = [], []
    async with running(parts) as http:
        headers = await signed_in(http) | {"accept": "text/event-stream"}
        for _ in range(RUNS):
            vendor.answer, vendor.faults, vendor.pause_seconds = (
                ANSWER,
                [Fault(delay_seconds=VENDOR_SECONDS)],
                0.0,
            )
            answer = await http.post("/api/ask", headers=headers, json={"question": QUESTION})
            done = json.loads(answer.text.rpartition("event: done\ndata: ")[2])
            added.append(done["timings_ms"]["first"] - VENDOR_SECONDS * 1000)
        for _ in range(RUNS):
            vendor.answer, vendor.pause_seconds, vendor.reader_left_at = ANSWER * 200, 0.01, None
            asked = asyncio.create_task(http.post("/api/ask", headers=headers, json={"question": QUESTION}))
            requests = len(vendor.requests)
            while len(vendor.requests) == requests:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.1)
            left_at = time.monotonic()
            asked.cancel()
            while vendor.reader_left_at is None:
                await asyncio.sleep(0.001)
            cancelled.append((vendor.reader_left_at - left_at) * 1000)
    await answerer.aclose()
    await parts.embedder.aclose()
    await index.aclose()
    return {
        "added_to_first_words_p50_ms": round(statistics.median(added), 1),
        "vendor_cancelled_after_p50_ms": round(statistics.median(cancelled), 1),
        "vendor_cancelled_after_max_ms": round(max(cancelled), 1),
    }


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="footnote-bench-") as folder, vendors() as vendor:
        measured = asyncio.run(measure(Path(folder), vendor))
    results = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 1),
        "runs": RUNS,
    } | measured
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(results)


if __name__ == "__main__":
    main()
