"""Adding a candidate: once, whatever becomes of the answer."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.clients import vitay
from airflow_talent.tests.operators.conftest import Start
from airflow_talent.tests.vitay_world import VitayWorld


def candidates(world: VitayWorld, email: str) -> list[Any]:
    return [
        candidate
        for candidate in world.runner.iterate(vitay.list_candidates())
        if candidate.email == email
    ]


def test_a_candidate_who_exists_is_taken_over(start: Start, world: VitayWorld) -> None:
    known = world.runner.run(
        vitay.create_candidate(email="Known@people.test", first_name="Ada", last_name="Ray")
    )
    run = start("step_candidate", email="known@people.test")

    run.succeed()

    assert run.result("create") == {"candidate_id": known.id, "is_new": False}
    assert len(list(world.runner.iterate(vitay.list_candidates()))) == 1


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "cut_body"])
def test_a_lost_answer_leaves_one_candidate(start: Start, world: VitayWorld, fault: str) -> None:
    world.emulator.fault("vitay", "POST", "^/v3/candidates$", fault)
    run = start("step_candidate", email="new@people.test")

    run.succeed()

    (candidate,) = candidates(world, "new@people.test")
    assert run.result("create") == {"candidate_id": candidate.id, "is_new": True}
    assert candidate.notes in (None, "")
    assert run.tries("create") == (2 if fault == "drop_before" else 1)


def test_a_result_can_be_taken_by_its_parts(start: Start, world: VitayWorld) -> None:
    run = start("step_candidate", email="new@people.test")

    run.succeed()

    (candidate,) = candidates(world, "new@people.test")
    assert run.result("create", key="candidate_id") == candidate.id


def test_native_templates_give_the_vendor_text(start: Start, world: VitayWorld) -> None:
    run = start("step_natively", email="native@people.test", phone="5145550100")

    run.succeed()

    (candidate,) = candidates(world, "native@people.test")
    assert candidate.internal_id == candidate.phone == "5145550100"
    assert candidate.country_code == "1"
    assert candidate.notes in (None, "")
    request = next(iter(world.runner.iterate(vitay.list_reference_requests())))
    assert request.min_manager_references == 2
    assert request.notes in (None, "")


def test_a_missing_address_fails_at_once(start: Start, world: VitayWorld) -> None:
    run = start("step_candidate", email="  ")

    assert run.end() == "failed"

    assert run.tries("create") == 1
    assert "email_address must not be empty" in run.log("create")
    assert not list(world.runner.iterate(vitay.list_candidates()))
