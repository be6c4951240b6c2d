"""How deep JSON is nested, found out without parsing it (pure): parsers recurse."""

import re

MAX_DEPTH = 32
"""What ChatKit sends has about ten levels."""

_BRACKETS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[][{}]', re.DOTALL)
"""Strings, whose brackets do not count, and brackets."""


def is_too_deep(body: bytes, most: int = MAX_DEPTH) -> bool:
    """Whether JSON opens more than `most` brackets within each other. Other bytes may give any answer."""
    if body.count(b"{") + body.count(b"[") <= most:
        return False
    depth = 0
    for found in _BRACKETS.finditer(body):
        match found[0]:
            case b"{" | b"[":
                depth += 1
                if depth > most:
                    return True
            case b"}" | b"]":
                depth -= 1
    return False
