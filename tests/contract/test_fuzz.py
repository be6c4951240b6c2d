"""Input that nobody wrote: bodies of ChatKit and of questions, pages and manifests. Nothing may crash.

In the suite each target gets a few examples, the same ones each time. For as long as one likes:

    python -m tests.contract.test_fuzz --minutes 10 [--only chatkit ask markdown manifest]
"""

import argparse
import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import httpx
import pytest
from chatkit.types import ChatKitReq
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from footnote_ingest.manifest import Manifest, parse_manifest
from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.dialect import Dialect
from footnote_ingest.parsers.markdown import parse
from footnote_ingest.sources import Problem
from tests.support import api

EXAMPLES = {"chatkit": 120, "ask": 120, "markdown": 300, "manifest": 300}
"""In the suite: seconds each."""

# --- what is made up -------------------------------------------------------------------------------

_TEXT = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    (
        "",
        "lamp",
        api.QUESTION,
        "What is E42?",
        "And its timer?",
        "\x00",
        "\ud800",
        "é\u0301\u202e🎉",
        "x" * 5_000,
        "[1] [2]",
        "</script>",
        "`" * 300,
        '{"a": "' * 20,
        "%s{}$1",
        "\u2028",
        "ﬀİß" * 30,
    )
)
_WORDS = st.sampled_from(
    (api.QUESTION, "What is E42?", "And its timer?", "lamp [1]", "🎉 lamp\u202e")
) | st.text(min_size=1, max_size=60)
_LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | _TEXT
    | st.sampled_from((10**30, -1, 1e308, "@thread", "@item"))
)
_JSON = st.recursive(
    _LEAF,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


def _at_times(draw: st.DrawFn) -> bool:
    """Once in a while: what is made up must mostly get past the first check."""
    return draw(st.integers(0, 60)) == 37


@st.composite
def _or_else(draw: st.DrawFn, likely: st.SearchStrategy[Any]) -> Any:
    """Mostly `likely`, at times anything."""
    return draw(_JSON if _at_times(draw) else likely)


@st.composite
def _object(draw: st.DrawFn, **fields: st.SearchStrategy[Any]) -> dict[str, Any]:
    """An object that mostly has all `fields`."""
    return {name: draw(_or_else(value)) for name, value in fields.items() if not _at_times(draw)}


_PLACE = {
    "page": st.sampled_from(("/docs/lamp", "/docs/heater", "//x", "")) | st.text(max_size=40),
    "version": st.sampled_from((None, "current", "1.x")),
    "locale": st.sampled_from((None, "en", "fr")),
}
_CONTENT = _object(
    type=st.sampled_from(("input_text", "input_tag")),
    text=_WORDS,
    id=_TEXT,
    data=st.just({}),
    interactive=st.booleans(),
)
_MESSAGE = _object(
    content=st.lists(_or_else(_CONTENT), max_size=3),
    attachments=st.just([]) | st.just([]) | st.lists(_TEXT, max_size=2),
    quoted_text=st.none() | _WORDS,
    inference_options=_object(tool_choice=st.none(), model=st.none() | _TEXT),
)
_KINDS = [get_args(member.model_fields["type"].annotation)[0] for member in get_args(get_args(ChatKitReq)[0])]
_CHATKIT = _object(
    type=st.sampled_from(_KINDS),
    params=_object(
        thread_id=st.just("@thread"),
        item_id=st.just("@item"),
        item_ids=st.lists(st.just("@item") | _TEXT, max_size=3),
        kind=st.sampled_from(("positive", "negative")),
        title=_TEXT,
        input=_MESSAGE,
        limit=st.none() | st.integers(-5, 200),
        order=st.sampled_from(("asc", "desc")),
        after=st.none() | st.just("@item") | st.just("@thread"),
    ),
    metadata=_object(**_PLACE),
)
_ASK = _object(
    question=_WORDS,
    selection=_WORDS,
    history=st.lists(
        _or_else(_object(role=st.sampled_from(("user", "assistant")), content=_WORDS)), max_size=4
    ),
    **_PLACE,
)


@st.composite
def _damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes that are at times cut, doubled or overwritten somewhere."""
    data = draw(whole)
    if not data or draw(st.integers(0, 9)) != 7:
        return data
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 40)))
    put = draw(
        st.binary(max_size=8)
        | st.sampled_from((b"", data[start:end] * 2, b'"', b"\\", b"{", b"]", b"\xff", b"\\ud800"))
    )
    return data[:start] + put + data[end:]


def _body(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return _damaged(_or_else(values).map(lambda value: json.dumps(value).encode()))


_ACCEPT = st.sampled_from(({}, {"accept": "text/event-stream"}))

_PIECE = st.sampled_from(
    (
        "# T", "## a {#b}", "## a <!-- #b -->", "### `c` {/* #d */}", "Setext", "===", "---", "<Tabs>", "</Tabs>", "<b/>",
        '<TabItem value="x" label="y">', "</TabItem>", "<details>", "<summary>", "</details>", '<h2 id="z">', "</h2>",
        "{", "}", "{`", "`}", "{/* c */}", "<!--", "-->", "`", "``", "```js title=\"x\" {1}", "```", "~~~", "> ", "- ", "1. ",
        "* [ ] ", "    ", "\t", "\n", "\n\n", "\r\n", "text ", "*", "**", "_", "~~", "[x](y)", "[x][y]", "[y]: /z 'q'",
        "![i](j)", "[^1]", "[^1]: note", ":::note", ":::tip[T]{a=b}", ":::", "::::", ":dir[x]{#y}", "::leaf", "|a|b|",
        "|---|---|", "| \\| |", "<APITable>", "</APITable>", 'import P from "./p.mdx"', "<P/>", "export const a = {", "};",
        "\\", "&amp;", "&#x110000;", "&", "<", ">", "<https://x.y>", "https://x.y", "$$", "\ufeff", "\u2028", "\x00", "🎉",
        "İ", "é\u0301", "---\ntitle: x\n---\n", "---\nslug: [1]\n---\n", "---\n? a\n", "mdx:\n  format: md\n", "%%", "<></>",
        "<a b={() => {", "}} c='", "<a {...b}>", "</a>", "<a.b-c:d>", "<1>", "a\u200bb", "x" * 300,
    )
)  # fmt: skip
_PAGE = st.lists(_PIECE | st.text(max_size=6), max_size=60).map("".join) | st.lists(
    _PIECE.map(lambda piece: piece + "\n"), max_size=40
).map("".join)
_DIALECT = st.builds(
    Dialect,
    st.sampled_from(("mdx", "md", "detect", None)),
    st.booleans(),
    st.booleans(),
    st.just("Footnotes"),
)
_ROUTE = st.sampled_from(("/", "/docs/", "/docs/lamp", "/de/docs/lamp/", "/docs/é", "/docs/a b"))
_STRANGE_ROUTE = st.sampled_from(("//evil", "/a/../b", "/\\x", "/a?b", "/\x00", "")) | _TEXT
_ENTRY = _object(
    kind=st.sampled_from(("docs", "blog", "pages")),
    plugin=st.just("default") | _WORDS,
    version=st.none() | st.just("current"),
    latest=st.booleans(),
    id=_WORDS,
    source=st.sampled_from((None, "docs/lamp.md", "docs/heater.mdx", "blog/x.md")),
    path=_ROUTE,
    title=st.none() | _WORDS,
    unlisted=st.booleans(),
    noIndex=st.booleans(),
    anchors=st.none() | st.lists(st.tuples(st.integers(-1, 9), _WORDS), max_size=4),
    rows=st.none() | st.lists(_WORDS, max_size=3),
    digest=st.none() | st.just("0" * 64) | _WORDS,
)
_STRANGE_SOURCE = st.sampled_from(("../x.md", "/etc/passwd", "a//b.mdx", "", "a\\b.md", "docs/..")) | _TEXT
_ENTRIES = st.lists(_or_else(_ENTRY), max_size=4) | st.lists(_ENTRY, min_size=1, max_size=2).flatmap(
    lambda entries: st.builds(
        lambda route, source: [*entries, entries[0] | {"path": route, "source": source}],
        _ROUTE | _STRANGE_ROUTE,
        st.just("docs/lamp.md") | _STRANGE_SOURCE,
    )
)
_MANIFEST = _object(
    schema=st.just(1),
    url=st.just(api.SITE),
    baseUrl=st.sampled_from(("/", "/", "/docs/", "/de")),
    locale=st.sampled_from(("en", "de", "zh-Hans")),
    trailingSlash=st.none() | st.booleans(),
    pages=_ENTRIES,
)

# --- what must hold --------------------------------------------------------------------------------


@dataclass
class Talk:
    """The API in this process and a reader with a conversation. Each request is answered as documented."""

    runner: asyncio.Runner
    client: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """Events in the log that are errors."""
    _left: int = 0

    def post(self, path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        return self.runner.run(self.client.post(path, content=content, headers=self.headers | headers))

    def chatkit(self, body: bytes) -> None:
        if self._left <= 0 or b"delete" in body or b"retry" in body:
            self._begin()
        self._left -= 1
        for name, value in self.ids.items():
            body = body.replace(name.encode(), value.encode())
        self._check(self.post("/api/chatkit", body, {}))

    def ask(self, example: tuple[bytes, dict[str, str]]) -> None:
        body, headers = example
        if not self.headers:
            self._begin()
        self._check(self.post("/api/ask", body, headers | {"content-type": "application/json"}))

    def _begin(self) -> None:
        """Another reader, as one has only so many conversations."""
        self.headers = self.runner.run(api.signed_in(self.client))
        content = [{"type": "input_text", "text": api.QUESTION}]
        message = {"content": content, "attachments": [], "inference_options": {}}
        create = json.dumps({"type": "threads.create", "params": {"input": message}})
        events = _events(self.post("/api/chatkit", create.encode(), {}))
        self.ids = {"@thread": events[0]["thread"]["id"], "@item": events[1]["item"]["id"]}
        self._left = 50

    def _check(self, answer: httpx.Response) -> None:
        assert answer.status_code in (200, 400, 404, 413, 422, 501), answer.text
        if answer.status_code != 200:
            body = answer.json()
            assert set(body) == {"code", "message", "details"}
            assert len(body["message"]) < 500
        elif answer.headers["content-type"].startswith("text/event-stream"):
            assert not [event for event in _events(answer) if event.get("type") == "error"]
        else:
            answer.json()
        assert not self.failures


def _events(answer: httpx.Response) -> list[dict[str, Any]]:
    frames = [frame for frame in answer.text.split("\n\n") if frame]
    assert "event: error" not in answer.text
    return [json.loads(frame.partition("data: ")[2]) for frame in frames]


@contextmanager
def talking() -> Iterator[Talk]:
    """The API over the small index."""
    with TemporaryDirectory(prefix="footnote-fuzz-") as folder, asyncio.Runner() as runner:
        stack = AsyncExitStack()
        index, embedder = runner.run(api.small_index(Path(folder)))
        stack.push_async_callback(index.aclose)
        parts = api.Parts(api.settings(FOOTNOTE_SESSION_TTL_SECONDS="86400"), index, embedder)
        client = runner.run(stack.enter_async_context(api.running(parts)))
        talk = Talk(runner, client)

        class Kept(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                talk.failures.append(self.format(record))

        handler = Kept(logging.ERROR)
        logging.getLogger().addHandler(handler)
        yield talk
        logging.getLogger().removeHandler(handler)
        runner.run(stack.aclose())


def read_page(example: tuple[str, str, Dialect]) -> None:
    text, suffix, dialect = example
    try:
        document = parse(text, name=f"page{suffix}", fallback_title="page", dialect=dialect)
    except ParseError as error:
        assert 1 <= error.line <= len(re.split(r"\r\n|\r|\n", text)) + 1
        return
    assert document.title
    for section in document.sections:
        assert section.anchor is None or section.heading is not None
        assert section.line >= 1
        section.text.encode()


def read_manifest(data: bytes) -> None:
    found = parse_manifest(data, "build/footnote-manifest.json", 1_700_000_000.0)
    if isinstance(found, Problem):
        assert found.message and len(found.message) < 500 + len(data)
        return
    assert isinstance(found, Manifest)
    for entry in found.entries:
        assert entry.path.startswith("/") and not entry.path.startswith("//")
        assert entry.source is None or ".." not in entry.source.split("/")
        found.is_current(entry, b"", 0.0)
        if entry.source:
            assert found.entry(entry.source, entry.kind, entry.plugin, entry.version, entry.id) is not None
    found.groups()


# --- running it ------------------------------------------------------------------------------------

STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "chatkit": _body(_CHATKIT),
    "ask": st.tuples(_body(_ASK), _ACCEPT),
    "markdown": st.tuples(_PAGE, st.sampled_from((".md", ".mdx")), _DIALECT),
    "manifest": _body(_MANIFEST),
}


@contextmanager
def target(name: str) -> Iterator[Callable[[Any], None]]:
    """What is called with each example of that name."""
    match name:
        case "chatkit" | "ask":
            with talking() as talk:
                yield talk.chatkit if name == "chatkit" else talk.ask
        case "markdown":
            yield read_page
        case _:
            yield read_manifest


def run(name: str, call: Callable[[Any], None], examples: int, *, derandomize: bool) -> None:
    """Call a target with `examples`; the smallest one that it fails with is in the exception's notes."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=derandomize,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(STRATEGIES[name])
    def once(example: Any) -> None:
        call(example)

    once()


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of a strategy, where an example fails
@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_crashes(name: str) -> None:
    with target(name) as call:
        run(name, call, EXAMPLES[name], derandomize=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.contract.test_fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of CPU time for each target")
    parser.add_argument("--only", nargs="+", choices=EXAMPLES, default=list(EXAMPLES))
    options = parser.parse_args()
    for name in options.only:
        began, count, slowest = time.process_time(), 0, (0.0, None)
        with target(name) as call:

            def measured(example: Any, call: Callable[[Any], None] = call) -> None:
                nonlocal count, slowest
                count += 1
                start = time.process_time()
                call(example)
                slowest = max(
                    slowest, (time.process_time() - start, repr(example)[:300]), key=lambda one: one[0]
                )

            while time.process_time() - began < options.minutes * 60:
                run(name, measured, 1_000, derandomize=False)
        took = time.process_time() - began
        print(f"{name}: {count} examples in {took:.0f} s of CPU time, none crashed", flush=True)
        print(f"  slowest: {slowest[0]:.3f} s for {slowest[1]}", flush=True)


if __name__ == "__main__":
    main()
