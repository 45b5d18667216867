"""The ledger: whoever claims the same thing, in whatever order, one of them gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from greenlet import (  # type: ignore[import-untyped]  # it ships no types
    GreenletExit,
    greenlet,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_talent.operators import ledger as ledger_module
from airflow_talent.operators.ledger import Ledger, LedgerBusy, SentLately
from airflow_talent.tests.operators.turns import Variables, variables_of

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Task:
    """A task that claims, and that may be killed and tried again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.outcome: str | None = None
        self._begin()

    def go_on(self) -> None:
        self._running.switch()

    def kill_and_retry(self) -> None:
        self._running.throw(GreenletExit)
        self._begin()

    def _begin(self) -> None:
        self._running = greenlet(self._claim)

    def _claim(self) -> None:
        try:
            entry(self.name).claim()
        except (SentLately, LedgerBusy) as error:
            self.outcome = type(error).__name__
        else:
            self.outcome = "claimed"


def entry(owner: str, *, now: datetime = NOON, days: int = 30) -> Ledger:
    return Ledger(
        key="talent_ledger_x", owner=owner, repeat_after=timedelta(days=days), now=lambda: now
    )


@contextmanager
def variables() -> Iterator[Variables]:
    with variables_of(ledger_module) as kept:
        yield kept


TASKS = 3
Turn = tuple[int, bool]
turns = st.lists(
    st.tuples(st.integers(0, TASKS - 1), st.sampled_from([False] * 9 + [True])), max_size=80
)


@settings(max_examples=400, deadline=None)
@given(turns)
def test_one_task_at_most_gets_what_several_claim_at_once(turns: list[Turn]) -> None:
    with variables():
        tasks = [Task(name) for name in "abc"]
        play(tasks, turns)

    outcomes = [task.outcome for task in tasks]
    assert outcomes.count("claimed") <= 1
    if "claimed" not in outcomes and not any(is_killed for _, is_killed in turns):
        assert "LedgerBusy" in outcomes


def play(tasks: list[Task], turns: list[Turn]) -> None:
    """Let the tasks go on in this order, then each to its end."""
    for number, is_killed in turns:
        task = tasks[number]
        if task.outcome is None:
            (task.kill_and_retry if is_killed else task.go_on)()
    while unfinished := [task for task in tasks if task.outcome is None]:
        unfinished[0].go_on()


def test_what_was_done_is_refused_to_others_and_says_who_and_when() -> None:
    with variables():
        entry("first").claim()

        with pytest.raises(SentLately, match="because first did the same on 2026-03-04") as refused:
            entry("second", now=NOON + timedelta(days=29)).claim()

        assert "counts for 30 days" in str(refused.value)


@pytest.mark.parametrize(
    "prepare",
    [
        lambda: entry("first").release(),
        lambda: None,
    ],
    ids=["given back", "long ago"],
)
def test_what_was_given_back_or_is_long_ago_may_be_done(prepare: Callable[[], None]) -> None:
    with variables():
        entry("first").claim()
        prepare()
        entry("second", now=NOON + timedelta(days=31)).claim()


def test_nothing_of_a_refused_claim_stays() -> None:
    with variables() as kept:
        entry("first").claim()
        with pytest.raises(SentLately):
            entry("second").claim()
        assert len(kept.kept) == 1


def test_the_task_that_holds_a_claim_gets_it_again() -> None:
    with variables():
        entry("first").claim()
        entry("first").claim()


def test_a_claim_that_the_task_knows_nothing_of_is_that_of_a_deleted_run() -> None:
    with variables():
        entry("first").refuse_namesake()
        entry("first").claim()

        with pytest.raises(SentLately, match="because first did the same on 2026-03-04"):
            entry("first").refuse_namesake()
        entry("first", now=NOON + timedelta(days=31)).refuse_namesake()


def test_who_does_it_again_renews_the_claim_and_loses_it_to_nobody() -> None:
    with variables() as kept:
        entry("first").claim()
        entry("first", now=NOON + timedelta(days=29)).claim(again=True)
        with pytest.raises(SentLately):
            entry("second", now=NOON + timedelta(days=31)).claim()

        entry("second", now=NOON + timedelta(days=60)).claim()
        with pytest.raises(SentLately, match="second"):
            entry("first", now=NOON + timedelta(days=60)).claim(again=True)
        assert len(kept.kept) == 2


def test_who_may_repeat_is_noticed_all_the_same() -> None:
    with variables():
        entry("first").claim()
        entry("second", days=0).claim()
        assert {claim["owner"] for claim in entry("third").others()} == {"first", "second"}
