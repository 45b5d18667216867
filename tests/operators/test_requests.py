"""Asking candidates and referees: one mail, whatever becomes of the answer or the task."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from airflow_talent.clients import vitay
from airflow_talent.tests.operators.conftest import Start
from airflow_talent.tests.operators.intermediary import Intermediary, fail
from airflow_talent.tests.operators.steps import eventually
from airflow_talent.tests.vitay_world import VitayWorld

ASK = "^/v1/public/reference_requests$"


@pytest.mark.parametrize(
    ("fault", "tries"), [("drop_after", 1), ("cut_body", 1), ("drop_before", 2), ("status", 2)]
)
def test_a_lost_answer_costs_no_second_mail(
    start: Start, world: VitayWorld, fault: str, tries: int
) -> None:
    candidate_id = world.candidate()
    world.emulator.fault("vitay", "POST", ASK, fault, **({"code": 500} if tries == 2 else {}))
    run = start("step_request", candidate_id=candidate_id)

    run.succeed()

    (mail,) = world.mails()
    assert run.result("ask") == {"request_id": mail["record_id"], "candidate_id": candidate_id}
    assert run.tries("ask") == tries


def test_an_answer_that_takes_too_long_costs_no_second_mail(
    start: Start, world: VitayWorld, connect: Callable[..., None]
) -> None:
    connect("vitay_impatient", extra={"timeout": 1})
    world.emulator.fault("vitay", "POST", ASK, "stall")
    run = start("step_request_impatiently", candidate_id=world.candidate())

    run.succeed()

    assert len(world.mails()) == 1


def test_an_error_after_the_effect_costs_no_second_mail_and_a_wrong_candidate_is_told(
    start: Start, world: VitayWorld, intermediary: Intermediary
) -> None:
    candidate_id = world.candidate()

    def name_somebody_else(content: bytes) -> tuple[int, bytes]:
        answer = json.loads(content)
        answer["data"]["relationships"]["candidate"]["id"] = "somebody-else"
        return 200, json.dumps(answer).encode()

    intermediary.spoil(f"POST {ASK[1:]}", fail)
    intermediary.spoil("POST /v2/references$", name_somebody_else)
    run = start("step_by_intermediary", candidate_id=candidate_id, email="bo@people.test")

    assert run.end() == "failed"

    request_id = run.result("ask")["request_id"]
    assert run.states() == {"ask": "success", "add": "failed"}
    assert len(world.mails(about=request_id)) == 1
    assert run.tries("add") == 1
    (reference,) = world.runner.run(vitay.show_candidate(candidate_id)).references
    log = run.log("add")
    assert f"reference {reference.id} was created for candidate somebody-else" in log
    assert f"instead of {candidate_id}" in log

    written = world.mails()

    run.clear("add")

    assert run.end() == "failed"
    assert world.mails() == written


def test_the_same_request_in_another_run_is_refused_unless_it_may_be_repeated(
    start: Start, world: VitayWorld
) -> None:
    candidate_id = world.candidate()
    first = start("step_request", candidate_id=candidate_id)
    first.succeed()
    second = start("step_request", candidate_id=candidate_id)
    assert second.end() == "failed"
    again = start("step_request_again", candidate_id=candidate_id)
    unknown = start("step_request", candidate_id=candidate_id, question_set="Plumber")
    other = start("step_request", candidate_id=candidate_id, question_set="Colleague")

    assert [again.end(), unknown.end(), other.end()] == ["success", "failed", "success"]

    assert second.tries("ask") == unknown.tries("ask") == 1
    refusal = second.log("ask")
    assert f"step_request.ask of run {first.run_id} did the same on 20" in refusal
    assert "counts for 30 days" in refusal
    assert "'Direct manager' (" in unknown.log("ask")
    assert len(world.mails()) == 3


def test_of_two_runs_at_once_one_goes_and_the_other_is_told(
    start: Start, world: VitayWorld
) -> None:
    candidate_id = world.candidate()
    runs = [start("step_request", candidate_id=candidate_id) for _ in range(2)]

    assert sorted(run.end() for run in runs) == ["failed", "success"]

    assert len(world.mails()) == 1
    winner, loser = sorted(runs, key=lambda run: run.states()["ask"] or "", reverse=True)
    assert f"of run {winner.run_id} did the same" in loser.log("ask")


def test_a_finished_step_links_to_the_vendor(start: Start, world: VitayWorld) -> None:
    run = start("step_request", candidate_id=world.candidate())
    run.succeed()

    path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/ask/links"
    host, _, _ = str(world.connection["host"]).partition("/vitay")
    assert run.api.get(path)["extra_links"] == {"Vitay": f"{host}/"}


def test_a_request_with_another_question_set_is_not_taken_over(
    start: Start, world: VitayWorld
) -> None:
    candidate_id = world.candidate()
    other_set = world.runner.run(vitay.list_question_sets()).items[1].id
    world.emulator.fault("vitay", "POST", ASK, "drop_before")
    run = start("step_request", candidate_id=candidate_id)
    eventually(lambda: ("POST", "/v1/public/reference_requests") in asked(world))
    other = world.runner.run(
        vitay.create_reference_request(candidate_id=candidate_id, question_set_id=other_set)
    )

    run.succeed()

    assert run.result("ask")["request_id"] != other.id
    assert len(world.mails()) == 2


def asked(world: VitayWorld) -> set[tuple[str, str]]:
    return {(each["method"], each["path"]) for each in world.emulator.requests("vitay")}


def is_under_way(world: VitayWorld, method: str, path: str) -> bool:
    return any(
        (request["method"], request["path"], request["status"]) == (method, path, None)
        for request in world.emulator.requests("vitay")
    )


def test_a_step_killed_before_the_effect_is_done_by_its_retry(
    start: Start, world: VitayWorld
) -> None:
    world.emulator.fault("vitay", "POST", ASK, "stall")
    run = start("step_request", candidate_id=world.candidate())
    eventually(lambda: is_under_way(world, "POST", "/v1/public/reference_requests"))

    run.kill("ask")

    run.succeed()
    assert run.tries("ask") == 2
    assert len(world.mails()) == 1


def test_a_step_killed_after_the_effect_is_taken_over_by_its_retry(
    start: Start, world: VitayWorld
) -> None:
    candidate_id = world.candidate()
    world.emulator.fault("vitay", "POST", ASK, "drop_after")
    run = start("step_request", candidate_id=candidate_id)
    eventually(world.mails)
    world.emulator.fault("vitay", "GET", f"^/v3/candidates/{candidate_id}$", "stall")
    eventually(lambda: is_under_way(world, "GET", f"/v3/candidates/{candidate_id}"))

    run.kill("ask")

    run.succeed()
    assert run.tries("ask") == 2
    (mail,) = world.mails()
    assert run.result("ask")["request_id"] == mail["record_id"]
    assert "taken over" in run.log("ask")


def test_a_referee_is_written_to_once(start: Start, world: VitayWorld) -> None:
    told: dict[str, Any] = {"candidate_id": world.candidate(), "email": "Bo@people.test"}
    world.emulator.fault("vitay", "POST", "^/v2/references$", "drop_after")
    run = start("step_reference", **told)
    run.succeed()
    second = start("step_reference", **{**told, "email": "bo@people.test"})

    assert second.end() == "failed"

    (mail,) = world.mails()
    assert run.result("add")["reference_id"] == mail["record_id"]
    assert f"of run {run.run_id} did the same" in second.log("add")


def test_clearing_reuses_the_outcome_unless_told_to_resend(start: Start, world: VitayWorld) -> None:
    kept_id, resent_id, failing_id = (world.candidate() for _ in range(3))
    run = start("step_clear", kept_id=kept_id, resent_id=resent_id, failing_id=failing_id)
    run.succeed()
    first = {task: run.result(task) for task in ("reuse", "resend")}
    assert run.tries("fail_afterwards") == 2
    assert len(world.mails()) == 3

    run.clear("reuse", "resend")

    run.succeed()
    assert run.result("reuse") == first["reuse"]
    assert "its outcome is reused" in run.log("reuse")
    assert run.result("resend") != first["resend"]
    assert len(world.mails()) == 4
