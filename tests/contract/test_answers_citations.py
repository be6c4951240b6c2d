"""How well the citation check tells supported sentences from others, on labelled pairs.

`tests/support/citation_pairs.py` says how they were made and labelled.
"""

from collections import Counter

import numpy as np
import pytest

from footnote_api.support import judge
from footnote_core.embedders.local import LocalEmbedder
from tests.support.citation_pairs import BREAKS, KEEPS, Pair, load

PAIRS = load()


async def verdicts(nearness: bool) -> list[tuple[Pair, bool]]:
    embedder = LocalEmbedder()
    found = []
    for pair in PAIRS:
        verdict = judge(pair.sentence, pair.as_passage())
        if nearness and verdict.reason == "words":
            a, b = await embedder.embed([pair.sentence, " ".join(verdict.basis)], "document")
            verdict = judge(pair.sentence, pair.as_passage(), float(np.dot(a, b)))
        found.append((pair, verdict.supported))
    return found


def test_the_pairs_are_many_and_of_every_kind() -> None:
    assert len(PAIRS) >= 300
    kinds = Counter(pair.edit for pair in PAIRS)
    assert kinds.keys() == {edit.__name__ for edit in (*KEEPS, *BREAKS)} | {"wrong_passage"}
    assert min(kinds.values()) >= 10


@pytest.mark.parametrize("nearness", [False, True], ids=["words", "words and meaning"])
async def test_what_is_held_supported_is_and_what_is_supported_is_held(nearness: bool) -> None:
    found = await verdicts(nearness)
    passed = [pair for pair, supported in found if supported]
    right = sum(pair.supported for pair in passed)
    precision, recall = right / len(passed), right / sum(pair.supported for pair in PAIRS)
    by_edit = Counter(pair.edit for pair, supported in found if supported != pair.supported)
    print(f"{len(PAIRS)} pairs: precision {precision:.3f}, recall {recall:.3f}; wrong: {dict(by_edit)}")
    assert precision >= 0.95, by_edit
    assert recall >= 0.90, by_edit


async def test_wrong_passages_and_numbers_are_never_supported() -> None:
    strict = {"wrong_passage", "wrong_number", "invented"}
    passed = [pair for pair, supported in await verdicts(nearness=False) if supported and pair.edit in strict]
    assert passed == []
