"""A language model's stand-in for load: Chat Completions that say sentences of the passages, a token at a time.

`python -m tests.benchmarks.load_model PORT TOKENS PER_SECOND`: each answer has about TOKENS tokens. Everything
of a stream is made before its first byte, so that writing a token costs little beside reading it.
"""

import asyncio
import json
import re
import sys

import uvloop

_SENTENCE = re.compile(r"(?:^|(?<=[.!?] ))[A-Z][^.!?\n|`*\[\]()]{30,120}\.", re.MULTILINE)
_TOKEN = re.compile(r"\s*\S{1,6}")
"""Models have about four characters to a token of English."""

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%s\r\n\r\n"


def tokens(prompt: str, most: int) -> list[str]:
    """An answer to a prompt with numbered passages: short sentences first, each with its number."""
    parts = re.split(r"^\[(\d+)\] ", prompt, flags=re.MULTILINE)[1:]
    said = sorted(
        {
            (sentence, number)
            for number, text in zip(parts[::2], parts[1::2], strict=True)
            for sentence in _SENTENCE.findall(text)
        },
        key=lambda one: len(one[0]),
    )
    if not said:
        return ["NONE"]
    paragraphs = [_TOKEN.findall(f"{sentence[:-1]} [{number}].") for sentence, number in said]
    answer: list[str] = []
    while len(answer) < most:
        for paragraph in paragraphs:
            answer += [*paragraph[:-1], paragraph[-1] + "\n\n"]
    return answer[:most]


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    base = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "stand-in",
    }
    data = base | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return _framed(b"data: " + json.dumps(data).encode() + b"\n\n")


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def serve(port: int, most: int, per_second: float) -> None:
    """Answer until the process is ended."""
    loop = asyncio.get_running_loop()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"(?i)content-length: (\d+)", head)
                body = json.loads(await reader.readexactly(int(length[1]))) if length else {}
                if not body.get("stream"):
                    text = json.dumps({"object": "list", "data": []}).encode()
                    writer.write(_HEAD % (b"application/json", b"content-length: %d" % len(text)) + text)
                    continue
                pieces = [
                    _chunk({"content": token}) for token in tokens(body["messages"][-1]["content"], most)
                ]
                writer.write(_HEAD % (b"text/event-stream", b"transfer-encoding: chunked"))
                at = loop.time()
                for piece in pieces:
                    at += 1 / per_second
                    await asyncio.sleep(at - loop.time())
                    writer.write(piece)
                writer.write(_chunk({}, "stop") + _framed(b"data: [DONE]\n\n") + _framed(b""))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the API has closed the connection
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=1 << 20, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
