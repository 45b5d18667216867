"""A purchase from the form to the charge, with a person in between."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.example_dags.approvals import answer, question_of
from airflow_talent.tests.operators.steps import Run

DAG = "rezi_upgrade"
PLAN = "plan_pro_monthly"

_numbers = count(1)


@pytest.fixture(autouse=True)
def _secrets_are_looked_for(planted: set[str]) -> None:
    planted |= {"rezi-emulator-key", "rezi-emulator-uid-secret"}


@pytest.fixture
def email(talent_emulator: Emulator) -> str:
    """Somebody whom nothing was bought for."""
    return f"buyer-{next(_numbers)}@people.test"


@pytest.fixture
def start(api: AirflowApi, airflow: LocalAirflow, email: str) -> Any:
    def start(plan: str = PLAN) -> Run:
        return Run(airflow, DAG, api.trigger(DAG, {"email": email, "plan": plan}))

    return start


def charges(emulator: Emulator) -> list[dict[str, Any]]:
    return [sent for sent in emulator.outbox("rezi") if sent["kind"] == "charge"]


def test_an_approved_plan_is_bought_once_and_shown_to_the_next_approver(
    start: Any, email: str, talent_emulator: Emulator
) -> None:
    run = start()
    question = question_of(run)
    assert question["subject"] == f"Buy {PLAN} for b***@people.test?"
    assert "Nothing was bought for this person before." in question["body"]
    assert email not in json.dumps({name: question[name] for name in ("subject", "body")})
    assert charges(talent_emulator) == []
    answer(run, "Approve")
    run.succeed()

    (charge,) = charges(talent_emulator)
    assert charge["to"] == email
    told = SlackResult.from_xcom(run.result("tell", key=SLACK_RESULT))
    assert told.text == "The plan is bought."
    assert told.fields["Plan"] == PLAN

    again = start()
    question = question_of(again)
    assert f"Plan now: {PLAN}" in question["body"]
    assert (
        f"- {PLAN} was bought on {charge['at'][:10]} by {DAG}.upgrade of run {run.run_id}"
        in (question["body"])
    )
    answer(again, "Approve")
    assert again.end() == "failed"
    assert again.states()["upgrade"] == "failed", again.states()
    assert f"{DAG}.upgrade of run {run.run_id} did the same" in again.log("upgrade")
    assert len(charges(talent_emulator)) == 1


def test_a_rejected_plan_is_not_bought(start: Any, email: str, talent_emulator: Emulator) -> None:
    run = start()
    question_of(run)
    answer(run, "Reject")

    run.succeed()

    assert {run.states()[task] for task in ("ensure_user", "upgrade", "tell")} == {"skipped"}
    assert charges(talent_emulator) == []
    assert email not in str(talent_emulator.records()["rezi"]["Users"])


def test_a_purchase_whose_answer_is_lost_is_told_and_not_repeated(
    start: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("rezi", "POST", "upgrade", "drop_after")
    run = start()
    question_of(run)
    answer(run, "Approve")

    assert run.end() == "failed"

    assert run.tries("upgrade") == 1
    assert "so it may have happened or not; look at Rezi" in run.log("upgrade")
    assert len(charges(talent_emulator)) == 1
