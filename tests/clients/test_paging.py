"""Walking an index: where it ends, what it holds, and what it costs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_talent.clients import vitay
from airflow_talent.clients.errors import UnexpectedAnswer, VendorUnavailable
from airflow_talent.clients.vitay import api
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.clients.conftest import NewRunner

Answer = tuple[int, dict[str, str], Any]


def paged(answer: Callable[[int], Any]) -> CannedVendor:
    """A vendor whose n-th page is ``answer(n)``."""

    def page(_method: str, path: str, _body: bytes) -> Answer:
        number = int(parse_qs(urlsplit(path).query)["page[page]"][0])
        return 200, {}, answer(number)

    return CannedVendor(page)


def listed(*ids: str, page: Any = 1, pages: Any = 1) -> dict[str, Any]:
    return {
        "data": [{"type": "Candidate", "id": key, "attributes": {}} for key in ids],
        "pagination": {"current_page": page, "total_pages": pages},
    }


def ids_of(runner: Any, call: Any) -> list[str]:
    return [record.id for record in runner.iterate(call)]


@pytest.mark.parametrize("shape", ["plain", "literal"])
@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_every_record_of_every_page_comes_once(
    shape: str, order: str, runner: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.act("vitay/seed", references=23)
    talent_emulator.settings(vitay={"shape": shape, "index_order": order})
    references = list(runner.iterate(vitay.list_references(page_size=11)))
    assert len({reference.id for reference in references}) == len(references) == 23
    emails = [reference.email for reference in references]
    expected = [f"referee.{number}@referees.test" for number in range(23)]
    assert emails == (expected if order == "oldest_first" else expected[::-1])
    pages = [r for r in talent_emulator.requests("vitay") if r["path"] == "/v2/references"]
    assert len(pages) == 3


def test_over_one_connection_a_page_is_asked_for_when_the_one_before_is_used_up(
    new_runner: NewRunner, talent_emulator: Emulator
) -> None:
    talent_emulator.act("vitay/seed", references=6)
    runner = new_runner(max_connections=1)

    def asked() -> int:
        requests = talent_emulator.requests("vitay")
        return sum(request["path"] == "/v2/references" for request in requests)

    references = runner.iterate(vitay.list_references(page_size=2))
    assert asked() == 0
    assert [asked() for _ in references] == [1, 1, 2, 2, 3, 3]


def test_an_empty_index_is_one_page_without_records(runner: Any, talent_emulator: Emulator) -> None:
    assert ids_of(runner, vitay.list_candidates()) == []
    paths = [r["path"] for r in talent_emulator.requests("vitay")]
    assert paths.count("/v3/candidates") == 1


def test_an_index_without_pages_is_read_once(runner: Any, talent_emulator: Emulator) -> None:
    assert len(ids_of(runner, vitay.list_question_sets())) == 2
    paths = [r["path"] for r in talent_emulator.requests("vitay")]
    assert paths.count("/v1/question_sets") == 1


def test_the_walk_may_begin_at_any_page(runner: Any, talent_emulator: Emulator) -> None:
    talent_emulator.act("vitay/seed", references=6)
    emails = [r.email for r in runner.iterate(vitay.list_references(page=3, page_size=2))]
    assert emails == ["referee.4@referees.test", "referee.5@referees.test"]


def test_records_that_shift_to_the_next_page_come_once(new_runner: NewRunner) -> None:
    pages = {1: ("a", "b"), 2: ("b", "c"), 3: ("c", "d")}
    with paged(lambda n: listed(*pages[n], page=n, pages=3)) as vendor:
        runner = new_runner(base_url=vendor.url)
        assert ids_of(runner, vitay.list_candidates()) == ["a", "b", "c", "d"]


def test_an_empty_page_is_the_last(new_runner: NewRunner) -> None:
    with paged(lambda n: listed(*(["a"] if n == 1 else []), page=n, pages=9)) as vendor:
        runner = new_runner(base_url=vendor.url, max_connections=1)
        assert ids_of(runner, vitay.list_candidates()) == ["a"]
        assert len(vendor.requests) == 2


def test_page_numbers_may_be_text(new_runner: NewRunner) -> None:
    with paged(lambda n: listed(f"c-{n}", page=str(n), pages="2")) as vendor:
        runner = new_runner(base_url=vendor.url)
        assert ids_of(runner, vitay.list_candidates()) == ["c-1", "c-2"]


@pytest.mark.parametrize("pagination", [{}, None, {"total_pages": None}, {"total_pages": ""}])
def test_without_a_number_of_pages_there_is_one(pagination: Any, new_runner: NewRunner) -> None:
    with paged(lambda _: {**listed("a"), "pagination": pagination}) as vendor:
        runner = new_runner(base_url=vendor.url)
        assert ids_of(runner, vitay.list_candidates()) == ["a"]
        assert len(vendor.requests) == 1


def test_a_vendor_that_never_ends_is_not_followed_for_ever(
    new_runner: NewRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST_PAGES", 5)
    numbers = itertools.count()
    with paged(lambda n: listed(f"c-{next(numbers)}", page=n, pages=n + 1)) as vendor:
        runner = new_runner(base_url=vendor.url)
        assert len(ids_of(runner, vitay.list_candidates())) == 5


def test_a_page_that_fails_ends_the_walk_with_its_error(
    runner: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.act("vitay/seed", references=4)
    references = runner.iterate(vitay.list_references(page_size=2))
    first = [next(references), next(references)]
    talent_emulator.fault("vitay", "GET", "/v2/references", "status", code=500, times=None)
    with pytest.raises(VendorUnavailable):
        next(references)
    assert len(first) == 2


@pytest.mark.parametrize("body", [[], {}, {"data": "text"}, {"data": [{"attributes": {}}]}, 7])
def test_what_is_no_index_is_not_taken_for_an_empty_one(body: Any, new_runner: NewRunner) -> None:
    with paged(lambda _: body) as vendor:
        runner = new_runner(base_url=vendor.url)
        with pytest.raises(UnexpectedAnswer):
            ids_of(runner, vitay.list_candidates())
