"""Events of a streamed answer, however its bytes are cut."""

import json

import pytest

from footnote_api.answerers.formats import ServerSentEvents
from footnote_core.errors import UpstreamError

SAID = [{"n": 1}, {"text": "é\u2028\n"}, {"n": 3}]


def sent(end: bytes) -> bytes:
    events = [b"data: " + json.dumps(said, ensure_ascii=False).encode() for said in SAID]
    lines = [b": ping", *events, b"event: x", b"id: 1" + end + b"retry: 2", b"data:[DONE]"]
    return (end * 2).join(lines) + end * 2


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_whole_however_they_come(end: bytes, size: int) -> None:
    data, events = sent(end), ServerSentEvents()
    found = [event for at in range(0, len(data), size) for event in events.feed(data[at : at + size])]
    assert found == SAID
    assert events.ended


def test_an_event_of_several_lines_is_one() -> None:
    events = ServerSentEvents()
    assert list(events.feed(b'data: {"a":\ndata: 1}\n\ndata: {"cut')) == [{"a": 1}]
    assert not events.ended


@pytest.mark.parametrize(
    ("event", "error"),
    [(b'{"error": {"message": "x"}}', UpstreamError), (b"{nonsense", ValueError), (b"7", AttributeError)],
)
def test_what_came_before_a_broken_event_is_told(event: bytes, error: type[Exception]) -> None:
    found = ServerSentEvents().feed(b'data: {"n": 1}\n\ndata: ' + event + b"\n\n")
    assert next(found) == {"n": 1}
    with pytest.raises(error):
        next(found)
