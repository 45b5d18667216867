"""Looking at the emulated Vitay as the waits do: what is seen, and with how many requests."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from airflow_talent.clients import vitay
from airflow_talent.clients.errors import NotFound, VendorUnavailable
from airflow_talent.clients.vitay.waits import (
    CheckState,
    ReferenceCheckCompleted,
    ReferenceChecks,
    ReferenceRequests,
    References,
)
from airflow_talent.clients.waits import Done, Waiting
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.clients.adapters import Records

REFERENCES = "/v2/references"
REQUESTS = "/v1/public/reference_requests"


@pytest.fixture
def asked(talent_emulator: Emulator) -> Any:
    """Which reads came since the last time this was called."""
    before = 0

    def since() -> Counter[str]:
        nonlocal before
        requests = talent_emulator.requests("vitay")
        new, before = requests[before:], len(requests)
        return Counter(request["path"] for request in new if request["method"] == "GET")

    return since


@pytest.fixture(params=["plain", "literal"], autouse=True)
def _shape(request: pytest.FixtureRequest, talent_emulator: Emulator) -> None:
    talent_emulator.settings(vitay={"shape": request.param})


@pytest.fixture
def old_references(talent_emulator: Emulator, runner: Any) -> list[str]:
    """Ids of 250 references of long ago, oldest first: three pages."""
    talent_emulator.act("vitay/seed", references=250)
    return [reference.id for reference in runner.iterate(vitay.list_references())]


def test_one_reference_is_asked_for_by_itself(
    runner: Any, old_references: list[str], asked: Any
) -> None:
    asked()
    seen = runner.follow(References().look(old_references[100:101]))
    assert seen[old_references[100]].id == old_references[100]
    assert asked() == {f"/v1/public/references/{old_references[100]}": 1}


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_many_references_are_read_by_pages(
    order: str, runner: Any, old_references: list[str], talent_emulator: Emulator, asked: Any
) -> None:
    talent_emulator.settings(vitay={"index_order": order})
    wanted = old_references[5:240:3]
    resource = References()
    asked()
    for _ in range(2):
        seen = runner.follow(resource.look(wanted))
        assert {key: seen[key].id for key in wanted} == {k: k for k in wanted}
        assert asked() == {REFERENCES: 3}


def test_a_reference_that_is_in_no_index_is_asked_for_before_it_is_missed(
    runner: Any, old_references: list[str], asked: Any
) -> None:
    runner.run(vitay.delete_reference(old_references[3]))
    asked()
    seen = runner.follow(References().look([old_references[3], old_references[4], "r-404"]))
    assert isinstance(seen[old_references[3]], NotFound)
    assert isinstance(seen["r-404"], NotFound)
    assert seen[old_references[4]].id == old_references[4]
    shows = asked()
    assert shows[f"/v1/public/references/{old_references[3]}"] == 1
    assert shows["/v1/public/references/r-404"] == 1


def test_a_request_is_seen_through_the_index_alone(
    runner: Any, records: Records, asked: Any
) -> None:
    asked()
    seen = runner.follow(ReferenceRequests().look([records.request, "rr-404"]))
    assert seen[records.request].filled is False
    assert isinstance(seen["rr-404"], NotFound)
    assert asked() == {REQUESTS: 1}


def test_an_index_that_fails_is_told_to_everybody(
    runner: Any, records: Records, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", "GET", REQUESTS, "status", code=500, times=None)
    with pytest.raises(VendorUnavailable):
        runner.follow(ReferenceRequests().look([records.request]))


def test_a_check_is_followed_from_the_request_to_the_last_answer(
    runner: Any, records: Records, talent_emulator: Emulator
) -> None:
    resource = ReferenceChecks()
    wait = ReferenceCheckCompleted(candidate_id=records.candidate, request_id=records.request)

    def look() -> Any:
        return wait.judge(runner.follow(resource.look([records.candidate]))[records.candidate])

    assert look() == Waiting()
    people = [
        {"first_name": "F", "last_name": "G", "email": f"{name}@y.test"} for name in ("fay", "gus")
    ]
    talent_emulator.act(f"vitay/reference_requests/{records.request}/submit", references=people)
    assert look() == Waiting()
    talent_emulator.act(f"vitay/references/{records.open_reference}/fill")
    verdict = look()
    assert isinstance(verdict, Done)
    assert set(verdict.result["filled_ids"]) == {records.open_reference, records.filled_reference}
    assert len(verdict.result["reference_ids"]) == 4
    assert verdict.result["score"] > 0


def test_what_is_filled_is_not_asked_for_again(
    runner: Any, records: Records, talent_emulator: Emulator, asked: Any
) -> None:
    talent_emulator.act(f"vitay/references/{records.open_reference}/fill")
    resource = ReferenceChecks()
    runner.follow(resource.look([records.candidate]))
    asked()
    state = runner.follow(resource.look([records.candidate]))[records.candidate]
    assert isinstance(state, CheckState)
    assert {reference.id for reference in state.references} == {
        records.open_reference,
        records.filled_reference,
    }
    assert asked() == {f"/v3/candidates/{records.candidate}": 1}


def test_a_deleted_reference_is_no_part_of_the_check(runner: Any, records: Records) -> None:
    resource = ReferenceChecks()
    runner.follow(resource.look([records.candidate]))
    runner.run(vitay.delete_reference(records.filled_reference))
    state = runner.follow(resource.look([records.candidate]))[records.candidate]
    assert [reference.id for reference in state.references] == [records.open_reference]


def test_a_candidate_who_is_gone_is_missed_without_hiding_the_others(
    runner: Any, records: Records
) -> None:
    seen = runner.follow(ReferenceChecks().look([records.candidate, "c-404"]))
    assert isinstance(seen["c-404"], NotFound)
    assert isinstance(seen[records.candidate], CheckState)


def test_a_reference_that_cannot_be_read_is_told_to_its_candidate(
    runner: Any, records: Records, talent_emulator: Emulator
) -> None:
    runner.run(vitay.delete_reference(records.filled_reference))
    talent_emulator.fault("vitay", "GET", "/v1/public/references/", "status", code=500, times=None)
    seen = runner.follow(ReferenceChecks().look([records.candidate]))
    assert isinstance(seen[records.candidate], VendorUnavailable)
