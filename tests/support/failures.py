"""What readers get when a vendor fails: the cases of a contract test and of the manual's table.

`python -m tests.support.failures` writes the table; the test compares it with what is committed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.vendors import Fault

MANUAL = Path(__file__).parents[2] / "services/web/docs/how-an-answer-is-made.md"
BEGIN, END = "{/* failures:begin */}", "{/* failures:end */}"

Vendor = Literal["embeddings", "reranker", "model"]


@dataclass(frozen=True)
class Case:
    """One way in which one vendor fails.

    faults  of the vendor's next requests; the clients try some again
    gone    nobody listens at the vendor's address
    notice  words of what the reader is told, "" where nothing is told
    """

    vendor: Vendor
    what: str
    faults: tuple[Fault, ...] = ()
    notice: str = ""
    gone: bool = False
    empty: bool = False


_MALFORMED = Fault(body=b"<html>hello</html>")
_SHARED: tuple[tuple[str, tuple[Fault, ...]], ...] = (
    ("key wrong or expired (401)", (Fault(status=401),) * 3),
    ("key without permission (403)", (Fault(status=403),) * 3),
    ("model not known (404)", (Fault(status=404, code="model_not_found"),) * 3),
    ("too many requests (429)", (Fault(status=429, retry_after=30),) * 3),
    ("failure (500)", (Fault(status=500, retry_after=0.01),) * 3),
    ("no answer in time", (Fault(delay_seconds=4),) * 3),
)
_NOTICES = {
    "key wrong or expired (401)": "does not accept the key",
    "key without permission (403)": "does not accept the key",
    "model not known (404)": "does not know the model",
    "too many requests (429)": "did not answer in time",
    "failure (500)": "answered with status 500",
    "no answer in time": "did not answer in time",
}
CASES: tuple[Case, ...] = (
    *(Case(v, what, faults) for v in ("embeddings", "reranker") for what, faults in _SHARED),
    *(Case(v, "an answer that cannot be read", (_MALFORMED,) * 3) for v in ("embeddings", "reranker")),
    *(Case(v, "server gone", gone=True) for v in ("embeddings", "reranker")),
    *(Case("model", what, faults, _NOTICES[what]) for what, faults in _SHARED),
    Case("model", "server gone", notice="cannot be reached|did not answer in time", gone=True),
    Case("model", "quota used up (429)", (Fault(status=429, code="insufficient_quota", retry_after=0.01),) * 3, "quota is used up"),
    Case("model", "question too long for the model (400)", (Fault(status=400, code="context_length_exceeded"),), "too long for the model"),
    Case("model", "content filter, before the answer (400)", (Fault(status=400, code="content_filter"),), "content filter"),
    Case("model", "content filter, in mid-answer", (Fault(finish="content_filter"),), "content filter"),
    Case("model", "model declines", (Fault(finish="refusal"),), "content filter"),
    Case("model", "empty answer", notice="was empty", empty=True),
    Case("model", "stream cut in mid-answer", (Fault(cut_after=7),), "broke off|cannot be reached"),
    Case("model", "event that cannot be read", (Fault(malformed_after=7),), "cannot be read"),
    Case("model", "failure in mid-answer", (Fault(failed_after=7),), "reported a failure"),
)  # fmt: skip

_GETS = {
    "embeddings": "the usual answer; the search goes by words alone",
    "reranker": "the usual answer; the order of the search stands",
    "model": "quotes of the documentation, and a notice",
}


def table() -> str:
    """The rows of the manual's table."""
    rows = ["| vendor | what fails | the reader gets | counted as |", "|---|---|---|---|"]
    stages = {"embeddings": "embed", "reranker": "rerank", "model": "answer"}
    rows += [f"| {c.vendor} | {c.what} | {_GETS[c.vendor]} | `{stages[c.vendor]}` |" for c in CASES]
    return "\n".join(rows)


def manual(text: str) -> str:
    """The page `text` with a fresh table between its two markers."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    MANUAL.write_text(manual(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
