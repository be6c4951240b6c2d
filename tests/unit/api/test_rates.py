"""Counting in shared memory: the pace, the burst, several processes, a table that is full."""

import mmap
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from footnote_api.rates import SETS, SIZE, WAYS, Rates, open_rates, share_rates


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(clock: Clock) -> Iterator[Rates]:
    table = Rates(mmap.mmap(-1, SIZE), clock=clock)
    yield table
    table.close()


def test_a_minutes_worth_may_come_at_once_and_then_at_that_pace(rates: Rates, clock: Clock) -> None:
    assert [rates.take([(b"ann", 6)]) for _ in range(6)] == [[0.0]] * 6
    assert rates.take([(b"ann", 6)]) == [10.0]
    clock.now += 9
    assert rates.take([(b"ann", 6)]) == [1.0]
    clock.now += 1
    assert rates.take([(b"ann", 6)]) == [0.0]
    assert rates.take([(b"ann", 6)]) == [10.0]
    assert rates.take([(b"eve", 6)]) == [0.0]
    clock.now += 3_600
    assert [rates.take([(b"ann", 6)]) for _ in range(7)] == [[0.0]] * 6 + [[10.0]]


@pytest.mark.parametrize("per_minute", [1, 7, 1_200, 1_000_000])
def test_no_more_than_a_minutes_worth_and_its_pace_pass(rates: Rates, clock: Clock, per_minute: int) -> None:
    """However the requests are spread over two minutes, with the rounding of any rate."""
    passed, steps = 0, 3_000
    for _ in range(steps):
        clock.now += 120 / steps
        while passed < 5_000 and rates.take([(b"ann", per_minute)]) == [0.0]:
            passed += 1
    assert passed <= 3 * per_minute
    assert passed >= min(5_000, 3 * per_minute - 1)


def test_what_one_limit_refuses_no_other_counts(rates: Rates) -> None:
    assert rates.take([(b"owner", 1), (b"address", 2)]) == [0.0, 0.0]
    for _ in range(5):
        assert rates.take([(b"owner", 1), (b"address", 2)]) == [60.0, 0.0]
    assert rates.take([(b"other", 1), (b"address", 2)]) == [0.0, 0.0]
    assert rates.take([(b"third", 1), (b"address", 2)]) == [0.0, 30.0]


def test_a_full_table_forgets_what_matters_least(rates: Rates, clock: Clock) -> None:
    for _ in range(100):
        rates.take([(b"flood", 100)])
    for n in range(2 * SETS * WAYS):
        rates.take([(b"other %d" % n, 100)])
    assert rates.take([(b"flood", 100)])[0] > 0


def test_names_that_an_attacker_can_choose_do_not_meet_by_design() -> None:
    """The place of a name depends on a secret of the table."""
    tables = [open_rates() for _ in range(2)]
    assert tables[0]._digest(b"ann") != tables[1]._digest(b"ann")
    for table in tables:
        table.close()


def test_workers_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FOOTNOTE_RATES", "")
    share_rates()
    file = int(os.environ["_FOOTNOTE_RATES"])
    code = (
        "from footnote_api.rates import open_rates\n"
        "rates = open_rates()\n"
        "print(sum(rates.take([(b'ann', 1000)]) == [0.0] for _ in range(400)))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code], pass_fds=[file], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    passed = sum(int(process.communicate(timeout=60)[0]) for process in processes)
    # 1,600 attempts, 1,000 at once, and one every 60 ms while they ran.
    assert 1_000 <= passed < 1_600
    rates = open_rates()
    assert rates.take([(b"eve", 1)]) == [0.0]
    rates.close()
    os.close(file)


def test_a_killed_worker_does_not_keep_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FOOTNOTE_RATES", "")
    share_rates()
    file = int(os.environ["_FOOTNOTE_RATES"])
    code = (
        "import os, signal\n"
        "from footnote_api.rates import open_rates\n"
        "with open_rates()._locked():\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], pass_fds=[file], timeout=60)
    rates = open_rates()
    assert rates.take([(b"ann", 1)]) == [0.0]
    rates.close()
    os.close(file)
