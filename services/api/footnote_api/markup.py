"""What of an answer's Markdown may be shown: words and code, never links, images or HTML (pure).

Links of an answer are its footnotes, and those come from the index. Whatever else looks like a link
is text that somebody wrote, so it loses its address; code keeps its characters and is judged elsewhere.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

_CODE = re.compile(
    r"(^[ \t]*(?:```|~~~).*?(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)|`+[^`\n]+`+)", re.MULTILINE | re.DOTALL
)

_FENCE = re.compile(r"(^[ \t]*(?:```|~~~).*?(?:^[ \t]*(?:```|~~~)[ \t]*$\n*|\Z))", re.MULTILINE | re.DOTALL)

Splitter = Callable[[str], list[str]]

ADDRESS = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|javascript:|data:\w+/)[^\s<>()`\"'\]]*", re.IGNORECASE
)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]*\w")
_MARKERS = re.compile(r"[ \t]*\\?\[\^?\d{1,3}(?:\s*,\s*\d{1,3})+\\?\]"), ""
_JOINER = re.compile(r"(?<=[^\x00-\u02ff\u2000-\u206f])[\u200c\u200d](?=[^\x00-\u02ff\u2000-\u206f])")
"""Zero width, but letters of Persian and Hindi and parts of emoji are spelt with them; never beside Latin ones."""
_SUBSTITUTES = tuple(
    (re.compile(pattern, re.MULTILINE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"<!--.*?(?:-->|\Z)", ""),
        (r"<(?:/?[A-Za-z][^<>]{0,2000}|![^<>]*|\?[^<>]*)>", ""),
        (r"^[ ]{0,3}\[[^\]\n]+\]:[^\n]*$", ""),  # the address of a reference link
        (r"!\[[^\[\]]*\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\]\n]*\])?", ""),
        (r"\[([^\[\]]*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)", r"\1"),
        (r"\[([^\[\]\d][^\[\]]*)\]\[[^\]\n]*\]", r"\1"),
        (r"[ \t]*【[^】\n]*】", ""),
        (r"[ \t]*\\?\[\^?\d{1,3}\\?\]", ""),  # a marker that nobody checked
    )
)  # fmt: skip


def neutral(markdown: str, known: str = "", *, quoted: bool = False) -> str:
    """`markdown` without links, images, HTML and invisible characters.

    known   text of the docs: an address that stands in it is kept as code; others are left out
    quoted  it is the docs' own: several numbers in brackets are no markers but a list
    """
    code: list[str] = []

    def keep(found: re.Match[str]) -> str:
        code.append(found.group())
        return f"\ue000{len(code) - 1}\ue001"

    # Code is put aside and not cut out: a link may have code in its text.
    removed = _SUBSTITUTES if quoted else (*_SUBSTITUTES, _MARKERS)
    prose = _prose(_CODE.sub(keep, visible(markdown)), known, removed)
    return re.sub("\ue000(\\d+)\ue001", lambda found: code[int(found[1])], prose)


def visible(text: str) -> str:
    """`text` without characters that show nothing or turn the reading direction; joiners stay where scripts use them."""
    joiners = {found.start() for found in _JOINER.finditer(text)}
    return "".join(
        c
        for at, c in enumerate(text)
        if c in "\n\t" or at in joiners or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn")
    )


def units(markdown: str, split: Splitter) -> Iterator[tuple[bool, str]]:
    """Code fences and sentences in order, white space kept, each with whether it is a fence.

    split  cuts one line of prose into its sentences
    """
    for place, piece in enumerate(_FENCE.split(markdown)):
        if place % 2:
            yield True, piece
            continue
        for line in re.findall(r"[^\n]+\n*|\n+", piece):
            yield from ((False, unit) for unit in _with_spaces(line, split))


def _with_spaces(line: str, split: Splitter) -> Iterator[str]:
    start = 0
    found = split(line)
    for number, sentence in enumerate(found):
        end = line.index(sentence, start) + len(sentence)
        while end < len(line) and line[end].isspace():
            end += 1
        yield line[start : end if number < len(found) - 1 else len(line)]
        start = end
    if not found:
        yield line


def _prose(text: str, known: str, removed: Sequence[tuple[re.Pattern[str], str]]) -> str:
    before = ""
    while before != text:  # what is left of nested ones may be one again
        before = text
        for pattern, replacement in removed:
            text = pattern.sub(replacement, text)
    for pattern in (ADDRESS, _MAIL):
        text = pattern.sub(lambda found: _address(found.group(), known), text)
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    return text.replace("](", "] (").replace("][", "] [")


def _address(found: str, known: str) -> str:
    address = found.rstrip(".,;:!?")
    return f"`{address}`{found[len(address) :]}" if address and address in known else ""
