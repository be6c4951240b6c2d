"""Plots of a run as inline SVG (pure): no scripts, colours from the page's CSS variables."""

import html
import itertools
import math
from collections.abc import Mapping, Sequence

from footnote_api.evaluation.metrics import DEPTH
from footnote_api.evaluation.statistics import Estimate

_WIDTH = 640
_LEFT = 46
_BINS = 24


def hit_curves(curves: Mapping[str, Sequence[float]]) -> str:
    """Share of questions found within the first k, for k from 1 to `DEPTH`; one line a level."""
    height, top, bottom = 260, 16, 34
    across = (_WIDTH - _LEFT - 110) / (DEPTH - 1)

    def at(k: int, share: float) -> tuple[float, float]:
        return _LEFT + (k - 1) * across, top + (1 - share) * (height - top - bottom)

    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = at(1, share)[1]
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{at(DEPTH, 0)[0]:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(_text(_LEFT - 8, y + 4, f"{share:.2f}", "end"))
    parts += [_text(at(k, 0)[0], height - 14, str(k), "middle") for k in range(1, DEPTH + 1)]
    labels = _apart([at(DEPTH, shares[-1])[1] for shares in curves.values()], 16)
    for number, ((name, shares), label) in enumerate(zip(curves.items(), labels, strict=True)):
        points = [at(k, share) for k, share in enumerate(shares, start=1)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline class="line s{number}" points="{path}"/>')
        for k, ((x, y), share) in enumerate(zip(points, shares, strict=True), start=1):
            title = f"<title>{html.escape(name)} within {k}: {share:.3f}</title>"
            parts.append(f'<circle class="dot s{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5">{title}</circle>')
        parts.append(_text(points[-1][0] + 10, label + 4, f"{name} {shares[-1]:.3f}", "start"))
    return _svg(height, "Share of questions whose gold is among the first k results", parts)


def histogram(values: Sequence[float], unit: str) -> str:
    """How many values fall into each of equally wide ranges, up to the 99th percentile and the rest."""
    height, top, bottom = 200, 16, 34
    ordered = sorted(values)
    end = _round_up(max(ordered[math.ceil(0.99 * len(ordered)) - 1], 0.001))
    counts = [0] * (_BINS + 1)
    for value in ordered:
        counts[min(int(value / end * _BINS), _BINS)] += 1
    wide = (_WIDTH - _LEFT) / (_BINS + 1)
    scale = (height - top - bottom) / max(counts)
    parts = []
    for number, count in enumerate(counts):
        tall = count * scale
        low = end * number / _BINS
        upper = f"{low + end / _BINS:.3g}" if number < _BINS else "more"
        parts.append(
            f'<rect class="bar s0" x="{_LEFT + number * wide + 1:.1f}" y="{height - bottom - tall:.1f}" '
            f'width="{wide - 2:.1f}" height="{tall:.1f}"><title>{low:.3g} to {upper} {unit}: {count}</title></rect>'
        )
    ticks = range(0, _BINS + 1, _BINS // 4)
    parts += [_text(_LEFT + n * wide, height - 14, f"{end * n / _BINS:.3g} {unit}", "middle") for n in ticks]
    parts.append(_text(_LEFT - 8, top + 8, str(max(counts)), "end"))
    return _svg(height, f"How many questions took how many {unit}", parts)


def group_bars(groups: Mapping[str, Mapping[str, Estimate]], metrics: Sequence[str]) -> str:
    """A bar with its interval for each group and metric."""
    left, row, gap = 190, 20, 12
    scale = _WIDTH - left - 60
    parts, y = [], 4.0
    for group, found in groups.items():
        shown = [(n, name, found[name]) for n, name in enumerate(metrics) if name in found]
        if not shown:
            continue
        parts.append(_text(0, y + 14, _short(group, 16), "start"))
        for number, name, one in shown:
            middle = y + row / 2
            title = f"<title>{name}: {one.value:.3f}, 95 % interval {one.low:.3f} to {one.high:.3f}, {one.questions} questions</title>"
            parts.append(_text(left - 8, y + 14, name, "end"))
            parts.append(
                f'<rect class="bar s{number}" x="{left}" y="{y + 3:.1f}" width="{one.value * scale:.1f}" height="{row - 6}">{title}</rect>'
                f'<line class="whisker" x1="{left + one.low * scale:.1f}" x2="{left + one.high * scale:.1f}" y1="{middle:.1f}" y2="{middle:.1f}"/>'
            )
            parts.append(_text(_WIDTH, y + 14, f"{one.value:.3f}", "end"))
            y += row
        y += gap
    return _svg(int(y), "Hit rates of each group", parts)


def _svg(height: int, label: str, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{html.escape(label)}">{"".join(parts)}</svg>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="label" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _apart(heights: Sequence[float], distance: float) -> list[float]:
    """The heights, moved down where two labels would overlap."""
    placed = list(heights)
    order = sorted(range(len(placed)), key=lambda i: placed[i])
    for above, below in itertools.pairwise(order):
        placed[below] = max(placed[below], placed[above] + distance)
    return placed


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5 or 5 times a power of ten: an axis that ends on a round number."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * (1 - 1e-9))
