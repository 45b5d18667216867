"""Pages that are fetched before they are asked for: how many, in what order, until when."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from contextlib import aclosing, closing
from typing import Any

import httpx
import pytest

from airflow_talent.clients.errors import NotFound
from airflow_talent.clients.runners import AsyncRunner, Runner
from airflow_talent.clients.vitay import list_candidates
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.tests.exports.conftest import NewRunner, vitay_settings
from airflow_talent.tests.exports.vendors import PATIENCE, Answer, Vendor, page_of, wait_for
from airflow_talent.tests.operators.steps import eventually


def ids(runner: Any) -> list[str]:
    return [candidate.id for candidate in runner.iterate(list_candidates())]


def expected(pages: int) -> list[str]:
    return [f"{number}{letter}" for number in range(1, pages + 1) for letter in "ab"]


def test_as_many_pages_as_connections_are_fetched_at_once(new_runner: NewRunner) -> None:
    together = threading.Barrier(3)

    def answer(number: int) -> Answer:
        if number > 1:
            wait_for(together)
        return page_of(number, pages=7)

    with Vendor(answer) as vendor:
        assert ids(new_runner(vendor.url)) == expected(7)
        assert vendor.busiest == 3
        assert sorted(vendor.asked) == [1, 2, 3, 4, 5, 6, 7]


def test_records_come_in_order_whichever_page_is_there_first(new_runner: NewRunner) -> None:
    later = threading.Event()

    def answer(number: int) -> Answer:
        if number == 2:
            wait_for(later)
        if number == 4:
            later.set()
        return page_of(number, pages=5)

    with Vendor(answer) as vendor:
        assert ids(new_runner(vendor.url)) == expected(5)


def test_nothing_is_fetched_ahead_of_somebody_who_needs_the_first_page_only(
    new_runner: NewRunner,
) -> None:
    with Vendor(lambda number: page_of(number, pages=9)) as vendor:
        records = new_runner(vendor.url).iterate(list_candidates())
        assert [next(records).id, next(records).id] == ["1a", "1b"]
        assert vendor.asked == [1]


def test_who_takes_records_slowly_slows_the_fetching(new_runner: NewRunner) -> None:
    with Vendor(lambda number: page_of(number, pages=30)) as vendor:
        for record in new_runner(vendor.url).iterate(list_candidates()):
            assert max(vendor.asked) < int(record.id[:-1]) + 3


def test_a_page_that_fails_ends_the_walk_in_its_place(new_runner: NewRunner) -> None:
    fourth = threading.Event()

    def answer(number: int) -> Answer:
        if number == 3:
            wait_for(fourth)
            return 404, [b"{}"]
        if number == 4:
            fourth.set()
        return page_of(number, pages=9)

    seen: list[str] = []
    with Vendor(answer) as vendor:
        with pytest.raises(NotFound):
            seen.extend(each.id for each in new_runner(vendor.url).iterate(list_candidates()))
        records = new_runner(vendor.url).iterate(list_candidates())
        assert [next(records).id for _ in range(4)] == expected(2)
        with pytest.raises(NotFound):
            next(records)


def test_a_page_that_fails_in_passing_is_asked_for_again(new_runner: NewRunner) -> None:
    failed: list[int] = []

    def answer(number: int) -> Answer:
        if number in (1, 3, 6) and number not in failed:
            failed.append(number)
            return 503, [b"<h1>One moment</h1>"]
        return page_of(number, pages=6)

    with Vendor(answer) as vendor:
        assert ids(new_runner(vendor.url)) == expected(6)
        assert sorted(vendor.asked) == [1, 1, 2, 3, 3, 4, 5, 6, 6]


@pytest.mark.parametrize(("told", "read"), [(8, 8), (4, 4)])
def test_an_index_that_grows_or_shrinks_ends_where_its_pages_say(
    told: int, read: int, new_runner: NewRunner
) -> None:
    with Vendor(lambda number: page_of(number, pages=6 if number < 3 else told)) as vendor:
        assert ids(new_runner(vendor.url)) == expected(read)


def test_an_empty_page_ends_the_walk_whatever_was_fetched_ahead(new_runner: NewRunner) -> None:
    def answer(number: int) -> Answer:
        return page_of(number, pages=9, per_page=0 if number == 3 else 2)

    with Vendor(answer) as vendor:
        assert ids(new_runner(vendor.url)) == expected(2)


def responses() -> int:
    # Not isinstance(), which some lazy objects answer by an import that fails.
    return sum(issubclass(type(each), httpx.Response) for each in gc.get_objects())


def test_pages_that_were_read_do_not_wait_for_the_garbage_collector(new_runner: NewRunner) -> None:
    with Vendor(lambda number: page_of(number, pages=30)) as vendor:
        runner = new_runner(vendor.url)
        gc.collect()
        before = responses()
        gc.disable()
        try:
            assert len(ids(runner)) == 60
            assert responses() - before <= 3
        finally:
            gc.enable()


def held_back(from_page: int) -> tuple[Callable[[int], Answer], threading.Event]:
    """A vendor of twenty pages that answers some of them when it is told to."""
    let_go = threading.Event()

    def answer(number: int) -> Answer:
        if number >= from_page:
            wait_for(let_go)
        return page_of(number, pages=20)

    return answer, let_go


def fetches() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("fetch vitay.")]


def test_who_stops_early_waits_for_nothing_and_nothing_more_is_sent() -> None:
    answer, let_go = held_back(from_page=3)
    with Vendor(answer) as vendor, Runner(VitayApi(vitay_settings(vendor.url))) as runner:
        with closing(runner.iterate(list_candidates())) as records:  # type: ignore[type-var]  # a generator
            for record in records:
                if record.id == "2a":
                    break
        eventually(lambda: len(vendor.asked) == 4)
        assert fetches()
        let_go.set()
        eventually(lambda: not fetches())
        assert sorted(vendor.asked) == [1, 2, 3, 4]


def test_who_stops_early_has_no_page_wait_for_its_turn() -> None:
    with (
        Vendor(lambda number: page_of(number, pages=20)) as vendor,
        Runner(VitayApi(vitay_settings(vendor.url, max_requests_per_second=2))) as runner,
    ):
        for record in runner.iterate(list_candidates()):
            if record.id == "2a":
                assert fetches()
                break
        eventually(lambda: not fetches())
        assert vendor.asked == [1, 2]


async def ends_of(tasks: set[Any]) -> list[Any]:
    return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), PATIENCE)


async def test_who_stops_early_in_an_event_loop_cancels_what_is_on_its_way() -> None:
    answer, let_go = held_back(from_page=3)
    with Vendor(answer) as vendor:
        runner = AsyncRunner(VitayApi(vitay_settings(vendor.url)))
        async with aclosing(runner.iterate(list_candidates())) as records:
            async for record in records:
                if record.id == "2a":
                    break
            fetches = asyncio.all_tasks() - {asyncio.current_task()}
            assert fetches
        assert all(isinstance(end, asyncio.CancelledError) for end in await ends_of(fetches))
        let_go.set()
        await runner.close()
