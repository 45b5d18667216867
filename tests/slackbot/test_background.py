"""Work after an acknowledgement: a few at a time, none forgotten."""

from __future__ import annotations

import asyncio
import logging

import pytest

from airflow_talent.slackbot.background import LETS_GO_AFTER, Background

from .conftest import eventually


class Counted:
    """Work that lasts until it is told to end, and how much of it goes on."""

    def __init__(self) -> None:
        self.going, self.most, self.done = 0, 0, 0
        self.may_end = asyncio.Event()

    async def work(self) -> None:
        self.going += 1
        self.most = max(self.most, self.going)
        try:
            await self.may_end.wait()
            self.done += 1
        finally:
            self.going -= 1


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_only_a_few_begin_at_the_same_time() -> None:
    background, counted = Background(at_once=3), Counted()
    for _ in range(50):
        background.start(counted.work())

    await settle()
    assert counted.going == 3
    counted.may_end.set()
    await background.finish(within=1)

    assert counted.done == 50


async def test_what_waits_for_a_slow_airflow_holds_nobody_up() -> None:
    background, counted = Background(at_once=1), Counted()
    for _ in range(3):
        background.start(counted.work())

    async def all_go_on() -> bool:
        return counted.going == 3

    await eventually(all_go_on, within=20 * LETS_GO_AFTER)
    counted.may_end.set()
    await background.finish(within=1)


async def test_turns_are_given_back_once() -> None:
    background, counted = Background(at_once=1), Counted()
    background.start(counted.work())
    await asyncio.sleep(LETS_GO_AFTER * 1.5)
    counted.may_end.set()
    await background.finish(within=1)
    counted.may_end.clear()

    for _ in range(5):
        background.start(counted.work())
    await settle()

    assert counted.going == 1
    counted.may_end.set()
    await background.finish(within=1)


async def test_at_the_end_what_takes_too_long_is_ended_with_what_had_no_turn(
    recwarn: pytest.WarningsRecorder,
) -> None:
    background, counted = Background(at_once=1), Counted()
    for _ in range(3):
        background.start(counted.work())

    await background.finish(within=LETS_GO_AFTER / 10)

    assert (counted.going, counted.done) == (0, 0)
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]


async def test_a_failure_is_logged_without_what_was_typed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ValueError("ann@example.com")

    background = Background()
    with caplog.at_level(logging.ERROR):
        background.start(fail())
        await background.finish(within=1)
        await settle()

    assert "work in the background failed: ValueError" in caplog.text
    assert "ann@" not in caplog.text
