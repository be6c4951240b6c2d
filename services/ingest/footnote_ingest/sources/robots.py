"""robots.txt by RFC 9309: the most specific rule wins, and of two as specific ones the permission."""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

MAX_BYTES = 512_000
"""What is read of a robots.txt; the RFC asks for at least 500 KiB."""
_MAX_RULE = 2_000
"""Longer patterns match no address that is ever asked for."""
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for one crawler: (allowed, pattern), longest pattern first."""

    rules: tuple[tuple[bool, str], ...] = ()
    delay_seconds: float = 0.0

    def allow(self, path: str) -> bool:
        """Whether `path` (query included) may be asked for."""
        path = _normalize(path)
        return next((allowed for allowed, pattern in self.rules if _matches(pattern, path)), True)


def parse(text: str, agent: str) -> Robots:
    """The rules for `agent`: those of the groups that name it, else those for everybody."""
    agent = agent.lower()
    groups: dict[str, list[tuple[str, str]]] = {}
    current: list[str] = []
    in_rules = False
    for name, value in _lines(text):
        if name == "user-agent":
            if in_rules:
                current, in_rules = [], False
            current.append(value.partition("/")[0].strip().lower())
            groups.setdefault(current[-1], [])
        elif name in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for group in current:
                groups[group].append((name, value))
    lines = groups.get(agent, groups.get("*", []))
    rules = [(name == "allow", _normalize(value)) for name, value in lines if name != "crawl-delay" and value]
    rules = [rule for rule in rules if len(rule[1]) <= _MAX_RULE]
    delays = [float(v) for n, v in lines if n == "crawl-delay" and re.fullmatch(r"\d{1,6}(\.\d+)?", v)]
    return Robots(
        tuple(sorted(rules, key=lambda rule: (-len(rule[1]), not rule[0]))), max(delays, default=0.0)
    )


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.removeprefix("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _normalize(path: str) -> str:
    """One spelling of the same path: percent-encoded where it must be and nowhere else."""
    quoted = quote(path, safe="/?&=*$:@!+,;~'()[]%")
    return re.sub(
        "%([0-9A-Fa-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in _UNRESERVED else m[0].upper(), quoted
    )


def _matches(pattern: str, path: str) -> bool:
    """`*` stands for anything, `$` at the end for the end. Linear: no pattern makes it backtrack."""
    anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    position = len(first)
    for index, part in enumerate(rest):
        if anchored and index == len(rest) - 1:
            return len(path) - len(part) >= position and path.endswith(part)
        found = path.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return not anchored or position == len(path)
