"""A reference check from the form to the report, alone and among many."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from airflow_talent.clients import vitay
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.tests.example_dags.conftest import Run
from airflow_talent.tests.vitay_world import VitayWorld

DAG = "reference_check"
CHECKS = 10


def form(number: int, **more: Any) -> dict[str, Any]:
    return {
        "email": f"candidate-{number}@people.test",
        "first_name": "Ada",
        "last_name": "Ray",
        **more,
    }


def shown(api: AirflowApi, run: str) -> SlackResult:
    return SlackResult.from_xcom(api.xcom(DAG, run, "tell", key=SLACK_RESULT))


def test_a_check_asks_waits_reminds_and_stores_the_report(
    api: AirflowApi, world: VitayWorld
) -> None:
    world.emulator.settings(
        vitay={
            "auto": True,
            "delay": 0.2,
            "automatic_reminders": False,
            "answers_after_reminder": True,
        }
    )
    run = api.trigger(DAG, form(1, remind_after_hours=6 / 3600))

    assert api.wait_for_run(DAG, run, timeout=180) == "success"

    (candidate,) = world.runner.iterate(vitay.list_candidates())
    reminded = [mail for mail in world.mails() if "reminder" in str(mail["subject"])]
    assert api.xcom(DAG, run, "remind")["counts"] == {"filled": 1, "sent": 1}
    assert len(reminded) == 1
    assert len(world.mails()) == 1 + 2 + 1
    result = shown(api, run)
    assert result.text == "The reference check is complete."
    assert result.fields["Answers"] == 2
    (report,) = result.files
    file = Path(unquote(urlsplit(report).path))
    assert file.name == f"candidate-{candidate.id}.pdf"
    assert file.read_bytes().startswith(b"%PDF-")


def test_a_check_that_is_not_answered_in_time_offers_to_remind_and_to_ask_others(
    run: Run, world: VitayWorld
) -> None:
    world.emulator.settings(
        vitay={
            "auto": True,
            "delay": 0.05,
            "automatic_reminders": False,
            "answers_after_reminder": True,
        }
    )
    world.emulator.fault("vitay", "POST", "/reminders/", "status", code=422, times=None)
    ran = run(DAG, **form(1, remind_after_hours=1 / 3600, give_up_after_days=1 / 86400))

    assert ran.state == "failed"
    assert ran.states["wait_for_the_rest"] == ["failed"]
    assert ran.told.text == "The reference check is not complete."
    assert ran.told.fields == {"Referees named": 2, "Answers missing": 1}
    remind, ask = ran.told.actions
    assert (remind.label, remind.not_before) == ("Remind now", None)
    assert ask.label == "A referee declined: ask another"
    (candidate,) = world.runner.iterate(vitay.list_candidates())
    assert remind.params == ask.params == {"candidate_id": candidate.id}

    world.emulator.clear_faults()
    reminded = run(remind.workflow, **remind.params)

    assert reminded.told.text == "Reminders sent: 1."


def test_a_check_that_asked_nobody_offers_nothing(run: Run, world: VitayWorld) -> None:
    world.emulator.fault("vitay", "POST", "/candidates", "status", code=422, times=None)
    ran = run(DAG, **form(1))

    assert ran.state == "failed"
    assert ran.states["tell_who_is_missing"] == ["skipped"]
    assert world.mails() == []


@pytest.mark.timeout(600)
def test_many_checks_wait_at_once_and_all_end(api: AirflowApi, world: VitayWorld) -> None:
    runs = [api.trigger(DAG, form(number)) for number in range(CHECKS)]

    wait_until_all_wait(api, runs)
    assert {api.run(DAG, run)["state"] for run in runs} == {"running"}
    assert len(world.mails()) == CHECKS
    world.emulator.settings(vitay={"auto": True})

    assert [api.wait_for_run(DAG, run, timeout=300) for run in runs] == ["success"] * CHECKS
    assert {shown(api, run).fields["Answers"] for run in runs} == {2}
    assert {api.task_states(DAG, run)["remind"] for run in runs} == {"skipped"}
    people = Counter(str(mail["to"]) for mail in world.mails())
    assert len(people) == CHECKS * 3
    assert set(people.values()) == {1}


def wait_until_all_wait(api: AirflowApi, runs: list[str], *, within: float = 240) -> None:
    deadline = time.monotonic() + within
    while True:
        states = Counter(api.task_states(DAG, run).get("wait_for_list") for run in runs)
        if states == {"deferred": len(runs)}:
            return
        assert time.monotonic() < deadline, states
        time.sleep(0.5)
