"""What readers meet while a part of a public host fails: constant load, what it saw, and the manual's table of it.

`python -m tests.support.faults` writes the table from what the container tests recorded last.
"""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import httpx

from tests.support.production import Production
from tests.support.stack import ROOT

RECORDED = ROOT / "test-results/faults.json"
MANUAL = ROOT / "services/web/docs/operations.md"
BEGIN, END = "{/* faults:begin */}", "{/* faults:end */}"
QUESTION = "How do I start the demo?"
PAUSE_SECONDS = {"search": 0.1, "question": 0.6}
"""Between two requests of a reader, who may have no more than 200 conversations while a fault lasts."""
ANSWERED, QUOTED, BROKEN = "answered", "answered by quotes", "connection broken"
NOT_STORED = "answered, and told that it is not stored"

Kind = Literal["search", "question"]


@dataclass(frozen=True)
class Seen:
    """One request of a reader. `began` is of `time.monotonic()`; `result` one of these names or an error's code."""

    kind: Kind
    began: float
    seconds: float
    result: str


@dataclass
class Reader:
    """One reader, who asks or searches without end. `conversations` are those whose answer was complete."""

    production: Production
    kind: Kind
    seen: list[Seen] = field(default_factory=list)
    conversations: dict[str, str] = field(default_factory=dict)
    _secret: str | None = None

    def read(self, stop: threading.Event) -> None:
        with self.production.client() as client:
            while not stop.wait(PAUSE_SECONDS[self.kind]):
                began = time.monotonic()
                try:
                    result = self._search(client) if self.kind == "search" else self._ask(client)
                except httpx.TransportError:
                    result = BROKEN
                self.seen.append(Seen(self.kind, began, time.monotonic() - began, result))

    def lost(self) -> list[str]:
        """Conversations that are not what they were."""
        with self.production.client() as client:
            return [
                thread for thread, text in self.conversations.items() if self._kept(client, thread) != text
            ]

    def _search(self, client: httpx.Client) -> str:
        return _result(client.get("/api/search", params={"q": QUESTION}))

    def _ask(self, client: httpx.Client) -> str:
        content = [{"type": "input_text", "text": QUESTION}]
        message = {"content": content, "attachments": [], "inference_options": {}}
        thread, result = "", BROKEN
        with self._send(client, "threads.create", input=message) as response:
            if response.status_code != 200:
                response.read()
                return _result(response)
            for line in response.iter_lines():
                event = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                match event.get("type"):
                    case "thread.created":
                        thread = event["thread"]["id"]
                    case "notice":
                        stored = self.conversations.pop(thread, None) is None
                        result = QUOTED if stored else NOT_STORED
                    case "error":
                        return str(event.get("reason", event["code"]))
                    case "thread.item.done" if event["item"]["type"] == "assistant_message":
                        self.conversations[thread] = _text(event["item"])
                        result = QUOTED if result == QUOTED else ANSWERED
        return result

    def _kept(self, client: httpx.Client, thread: str) -> str | None:
        with self._send(client, "threads.get_by_id", thread_id=thread) as response:
            response.read()
        if response.status_code != 200:
            return None
        items = response.json()["items"]["data"]
        return next((_text(item) for item in items if item["type"] == "assistant_message"), None)

    @contextmanager
    def _send(self, client: httpx.Client, type_: str, **params: Any) -> Iterator[httpx.Response]:
        """The response to a request of the protocol, with a new client secret where the old one has ended."""
        for attempt in range(2):
            headers = {"origin": self.production.site}
            if self._secret is None or attempt:
                asked = {"existing": self._secret} if self._secret else {}
                session = client.post("/api/chatkit/session", json=asked, headers=headers)
                if session.status_code != 200:
                    yield session
                    return
                self._secret = session.json()["client_secret"]
            headers["authorization"] = f"Bearer {self._secret}"
            body = {"type": type_, "params": params}
            with client.stream("POST", "/api/chatkit", json=body, headers=headers) as response:
                if response.status_code != 401 or attempt:
                    yield response
                    return


@dataclass(frozen=True)
class Outcome:
    """What readers saw from the fault until all was well again.

    results         kind of request -> result -> how often
    longest_seconds that anybody waited for a request to end
    back_seconds    after the repair, until questions and searches were answered as before
    conversations   complete answers before and during the fault
    """

    results: dict[Kind, Counter[str]]
    longest_seconds: float
    back_seconds: float
    conversations: int
    lost: list[str]

    def may_have_seen(self, *, search: Set[str] = frozenset(), question: Set[str] = frozenset()) -> None:
        """Besides answers nothing but these, and no conversation was lost."""
        assert set(self.results["search"]) <= {ANSWERED, *search}, self.results
        assert set(self.results["question"]) <= {ANSWERED, *question}, self.results
        assert self.lost == []


class Load:
    """Readers of a stack, two who ask and two who search, until the end of the `with` block."""

    def __init__(self, production: Production) -> None:
        kinds: tuple[Kind, ...] = ("question", "question", "search", "search")
        self.readers = [Reader(production, kind) for kind in kinds]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=r.read, args=(self._stop,), daemon=True) for r in self.readers
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        self.wait_for_answers(time.monotonic())
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for_answers(self, since: float, seconds: float = 90) -> float:
        """Wait until every reader had an answer to a request begun after `since`; returns when that was."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ends = [
                next((s.began + s.seconds for s in r.seen if s.began >= since and s.result == ANSWERED), None)
                for r in self.readers
            ]
            if None not in ends:
                return max(end for end in ends if end is not None)
            time.sleep(0.1)
        raise AssertionError(
            f"not all readers were answered within {seconds:g} s: {[r.seen[-3:] for r in self.readers]}"
        )

    def outcome(self, began: float, repaired: float) -> Outcome:
        """Wait until all is well, end the load and judge what came since `began`."""
        back = self.wait_for_answers(repaired) - repaired
        self.end()
        seen = [s for r in self.readers for s in r.seen if s.began + s.seconds >= began]
        return Outcome(
            {kind: Counter(s.result for s in seen if s.kind == kind) for kind in ("search", "question")},
            max(s.seconds for s in seen),
            back,
            sum(len(r.conversations) for r in self.readers),
            [thread for r in self.readers for thread in r.lost()],
        )


def under_load(
    production: Production,
    fault: Callable[[], object],
    repair: Callable[[], object],
    *,
    seconds: float = 6,
) -> Outcome:
    """Let readers read, cause the fault, repair it after a while, and wait until they are answered again."""
    with Load(production) as load:
        began = time.monotonic()
        try:
            fault()
            time.sleep(seconds)
        finally:
            repair()
        return load.outcome(began, time.monotonic())


def record(name: str, outcome: Outcome) -> None:
    """Keep the outcome for the manual's table."""
    recorded: dict[str, Any] = (
        json.loads(RECORDED.read_text("utf-8")) if RECORDED.is_file() else {"faults": {}}
    )
    recorded["date"], recorded["cores"] = datetime.now(UTC).strftime("%Y-%m-%d"), os.cpu_count()
    recorded["faults"][name] = {
        "results": outcome.results,
        "longest_seconds": round(outcome.longest_seconds, 1),
        "back_seconds": round(outcome.back_seconds, 1),
        "conversations": outcome.conversations,
        "lost": len(outcome.lost),
    }
    RECORDED.parent.mkdir(parents=True, exist_ok=True)
    RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", "utf-8")


def table(recorded: dict[str, Any]) -> str:
    """The manual's table of what was recorded."""
    rows = [
        f"Recorded on {recorded['date']} with {recorded['cores']} cores by `pytest tests/containers/test_faults.py`; "
        "Qdrant was its [test double](air-gapped.md).",
        "",
        "| what fails | searches meanwhile | questions meanwhile | longest wait | all well after | conversations |",
        "|---|---|---|---:|---:|---:|",
    ]
    for name, one in recorded["faults"].items():
        search, question = (_counts(one["results"][kind]) for kind in ("search", "question"))
        rows.append(
            f"| {name} | {search} | {question} | {one['longest_seconds']} s | {one['back_seconds']} s "
            f"| {one['conversations']}, {one['lost']} lost |"
        )
    return "\n".join(rows)


def _counts(results: dict[str, int]) -> str:
    shown = sorted(results.items(), key=lambda pair: (pair[0] != ANSWERED, -pair[1]))
    names = {ANSWERED, QUOTED, BROKEN, NOT_STORED}
    return ", ".join(f"{count} {name if name in names else f'`{name}`'}" for name, count in shown)


def _result(response: httpx.Response) -> str:
    return ANSWERED if response.status_code == 200 else str(response.json()["code"])


def _text(item: dict[str, Any]) -> str:
    return "".join(part["text"] for part in item["content"])


def main() -> None:
    before, rest = MANUAL.read_text("utf-8").split(BEGIN)
    _, after = rest.split(END)
    written = table(json.loads(RECORDED.read_text("utf-8")))
    MANUAL.write_text(f"{before}{BEGIN}\n\n{written}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
