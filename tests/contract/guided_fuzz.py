"""The targets of `test_fuzz`, with input that atheris makes up by the code that it reaches.

    uv sync --inexact --group fuzz
    python -m tests.contract.guided_fuzz markdown --minutes 10

What fails ends the run with its trace; `crash-*` then holds what the input was made of.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import atheris
from hypothesis import HealthCheck, given, settings

# Only our own code guides: libfuzzer sees nothing of what was imported before.
with atheris.instrument_imports(include=["footnote_api", "footnote_core", "footnote_ingest"]):
    from tests.contract import test_fuzz

_LONGEST = 4_096
"""Bytes that the choices of one example are read from."""
_SEEDS = 64
"""Inputs to begin with, of that length: from a few bytes no whole example can be made."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.contract.guided_fuzz", description=__doc__)
    parser.add_argument("target", choices=test_fuzz.EXAMPLES)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    limits = [f"-max_total_time={options.minutes * 60:.0f}", f"-max_len={_LONGEST}", "-len_control=0"]
    corpus = Path(
        tempfile.mkdtemp(prefix="footnote-fuzz-")
    )  # libfuzzer ends the process, and nothing is tidied up
    chance = random.Random(0)
    for number in range(_SEEDS):
        (corpus / str(number)).write_bytes(chance.randbytes(_LONGEST))
    with test_fuzz.target(options.target) as call:
        given_examples = given(test_fuzz.STRATEGIES[options.target])
        once = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))(
            given_examples(lambda example: call(example))
        )
        atheris.Setup([sys.argv[0], *limits, str(corpus)], once.hypothesis.fuzz_one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
