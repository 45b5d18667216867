"""Claims on many records: whoever takes the same ones, in whatever order, one gets each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from greenlet import (  # type: ignore[import-untyped]  # it ships no types
    GreenletExit,
    greenlet,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_talent.operators import claims as claims_module
from airflow_talent.operators.claims import Claims, digest_of
from airflow_talent.operators.ledger import LedgerBusy
from airflow_talent.tests.operators.turns import variables_of

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
RECORDS = ("r-1", "r-2", "r-3")


class Task:
    """A task that takes some records, and that may be killed and tried again."""

    def __init__(self, name: str, records: Sequence[str]) -> None:
        self.name = name
        self.records = records
        self.taken: list[str] | None = None
        self.is_turned_away = False
        self._begin()

    @property
    def is_over(self) -> bool:
        return self.taken is not None or self.is_turned_away

    def go_on(self) -> None:
        self._running.switch()

    def kill_and_retry(self) -> None:
        self._running.throw(GreenletExit)
        self._begin()

    def _begin(self) -> None:
        self._running = greenlet(self._take)

    def _take(self) -> None:
        try:
            self.taken = claims(self.name).take(self.records)
        except LedgerBusy:
            self.is_turned_away = True


def claims(owner: str, *, now: datetime = NOON) -> Claims:
    return Claims(
        scope="talent_ledger_x", owner=owner, again_after=timedelta(days=90), now=lambda: now
    )


turns = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([False] * 9 + [True])), max_size=120)
some_records = st.lists(st.sampled_from(RECORDS), unique=True)


@settings(max_examples=400, deadline=None)
@given(turns, st.tuples(some_records, some_records, some_records), st.sampled_from([1, 2, 20]))
def test_each_record_goes_to_one_task_in_whatever_order_they_go_on(
    turns: list[tuple[int, bool]], wanted: tuple[list[str], ...], together: int
) -> None:
    with variables_of(claims_module), pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims_module, "TOGETHER", together)
        tasks = [Task(name, records) for name, records in zip("abc", wanted, strict=True)]
        for number, is_killed in turns:
            task = tasks[number]
            if not task.is_over:
                (task.kill_and_retry if is_killed else task.go_on)()
        while unfinished := [task for task in tasks if not task.is_over]:
            unfinished[0].go_on()

    taken = Counter(record for task in tasks for record in task.taken or [])
    assert set(taken.values()) <= {1}
    if not any(task.is_turned_away for task in tasks):
        assert taken.keys() == {record for records in wanted for record in records}


def test_what_was_taken_is_seen_as_taken_until_it_counts_no_more() -> None:
    with variables_of(claims_module) as kept:
        assert claims("first").take(["r-1"]) == ["r-1"]
        almost = claims("second", now=NOON + timedelta(days=89))
        assert almost.look().others == {digest_of("r-1")}
        assert almost.take(["r-1", "r-2"]) == ["r-2"]

        later = claims("third", now=NOON + timedelta(days=91))
        assert later.take(["r-1"]) == ["r-1"]
        later.forget(later.look().old)
        assert len(kept.kept) == 2


def test_a_retry_finds_its_claims_again_and_writes_none_twice() -> None:
    with variables_of(claims_module) as kept:
        claims("first").take(["r-1", "r-2"])
        before = dict(kept.kept)

        assert claims("first", now=NOON + timedelta(hours=1)).take(["r-2", "r-1"]) == ["r-2", "r-1"]
        assert kept.kept == before


def test_keys_name_no_record() -> None:
    with variables_of(claims_module) as kept:
        claims("first").take(["r-1"])

        assert not any("r-1" in key for key in kept.kept)
