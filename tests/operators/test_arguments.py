"""What authors pass wrongly is refused by name when the DAG is parsed."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator, ExceptionRetryPolicy

from airflow_talent.operators import vitay as operators
from airflow_talent.operators.base import VendorOperator
from airflow_talent.sensors import vitay as sensors
from airflow_talent.sensors.rezi import ReziResumeScoredSensor

Step = type[BaseOperator]

CANDIDATE = {"email_address": "ada@people.test", "first_name": "Ada", "last_name": "Ray"}
REFERENCE = {**CANDIDATE, "candidate_id": "c-1"}
REPORT = {"record_id": "r-1", "folder": "file:///reports"}
EXPORT = {"index": "list_candidates", "path": "file:///rows.csv"}

NEEDED: dict[Step, dict[str, Any]] = {
    operators.VitayOperator: {"call": "ping"},
    operators.VitayCreateCandidateOperator: CANDIDATE,
    operators.VitayCreateReferenceRequestOperator: {"candidate_id": "c-1"},
    operators.VitayCreateReferenceOperator: REFERENCE,
    operators.VitaySendReminderOperator: {"record_id": "r-1"},
    operators.VitaySendDueRemindersOperator: {},
    operators.VitayDownloadReportOperator: REPORT,
    operators.VitayExportOperator: EXPORT,
    sensors.VitayReferenceRequestFilledSensor: {"request_id": "rr-1"},
    operators.VitayTakeFilledReferencesOperator: {},
    operators.VitayTakeFilledRequestsOperator: {},
    sensors.VitayReferenceFilledSensor: {"reference_id": "r-1"},
    sensors.VitayReferencesFilledSensor: {"reference_ids": ["r-1"]},
    sensors.VitayReferenceCheckCompletedSensor: {"candidate_id": "c-1"},
}

WRONG: list[tuple[Step, str, Any, str]] = [
    (operators.VitayCreateReferenceRequestOperator, "min_references", 7, "from 0 to 6, got '7'"),
    (operators.VitayCreateReferenceRequestOperator, "min_references", "two", "got 'two'"),
    (operators.VitaySendReminderOperator, "kind", "sms", "reference, reference_request, verif"),
    (operators.VitaySendReminderOperator, "on_unknown", "guess", "one of fail, resend"),
    (operators.VitaySendReminderOperator, "on_clear", "ask", "one of reuse, resend"),
    (operators.VitaySendDueRemindersOperator, "kinds", ["verification"], "one of reference, "),
    (operators.VitayDownloadReportOperator, "kind", "invoices", "one of references, candidates"),
    (operators.VitayExportOperator, "index", "candidates", "one of list_.*list_candidates"),
    (operators.VitayExportOperator, "format", "xlsx", "one of jsonl, csv"),
    (sensors.VitayReferenceCheckCompletedSensor, "require", "most", "require"),
    (sensors.VitayReferenceCheckCompletedSensor, "min_filled", 0, "min_filled"),
]


def public_steps() -> set[Step]:
    return {
        member
        for module in (operators, sensors)
        for name, member in inspect.getmembers(module, inspect.isclass)
        if name.startswith("Vitay") and issubclass(member, BaseOperator)
        if member is not sensors.VitaySensor
    }


def test_every_step_is_looked_at_here() -> None:
    assert set(NEEDED) == public_steps()


@pytest.mark.parametrize("step", NEEDED, ids=lambda step: step.__name__)
def test_a_step_with_what_it_needs_is_taken(step: Step) -> None:
    assert step(task_id="step", **NEEDED[step]).task_id == "step"


@pytest.mark.parametrize(
    ("step", "name"),
    [(step, name) for step, needed in NEEDED.items() for name in needed],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_is_needed_may_be_neither_missing_nor_empty(step: Step, name: str) -> None:
    needed = NEEDED[step]
    with pytest.raises(TypeError, match=f"'{name}'"):
        step(task_id="step", **{key: needed[key] for key in needed if key != name})
    for nothing in (None, ""):
        with pytest.raises(ValueError, match=rf"{name}|has no call"):
            step(task_id="step", **{**needed, name: nothing})


@pytest.mark.parametrize(
    ("step", "name", "value", "message"),
    WRONG,
    ids=lambda value: getattr(value, "__name__", None) or repr(value)[:30],
)
def test_a_wrong_value_is_refused_with_what_is_right(
    step: Step, name: str, value: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=rf"{name}.*{message}|{message}"):
        step(task_id="step", **{**NEEDED[step], name: value})


@pytest.mark.parametrize("step", NEEDED, ids=lambda step: step.__name__)
def test_templates_are_left_for_the_task(step: Step) -> None:
    templated = {
        name: "{{ params.it }}.csv"
        for name in NEEDED[step]
        if name in step.template_fields and name != "arguments"
    }
    step(task_id="step", **{**NEEDED[step], **templated})


@pytest.mark.parametrize("step", NEEDED, ids=lambda step: step.__name__)
def test_no_argument_hides_one_of_airflows(step: Step) -> None:
    airflows = inspect.signature(BaseOperator).parameters.keys()
    own = {
        name
        for base in step.__mro__
        if base.__module__.startswith("airflow_talent")
        for name in inspect.signature(base).parameters
    }
    assert own & airflows <= {"kwargs"}

    made = vars(step(task_id="step", **NEEDED[step])).keys()
    inherited = vars(BaseOperator(task_id="plain")).keys()
    assert not {name for name in made - inherited if hasattr(BaseOperator, name)}


@pytest.mark.filterwarnings("ignore:Setting email")
def test_what_a_dag_says_for_all_its_tasks_does_not_leak_into_a_step() -> None:
    policy = ExceptionRetryPolicy(rules=[])
    with DAG(
        "plain",
        schedule=None,
        default_args={
            "email": ["operations@people.test"],
            "conn_id": "postgres_default",
            "vitay_conn_id": "vitay_staging",
            "retry_policy": policy,
            "retries": 5,
            "retry_delay": timedelta(minutes=1),
        },
    ):
        step = operators.VitayCreateCandidateOperator(task_id="create", **CANDIDATE)

    assert step.email_address == "ada@people.test"
    assert step.conn_id == step.vitay_conn_id == "vitay_staging"
    assert step.retry_policy is policy
    assert step.retries == 5


def test_a_step_without_a_retry_policy_gets_the_vendors() -> None:
    step = operators.VitayCreateCandidateOperator(task_id="create", **CANDIDATE)
    assert isinstance(step, VendorOperator)
    assert type(step.retry_policy).__name__ == "VendorRetries"


def test_the_result_of_another_task_may_be_passed_anywhere() -> None:
    with DAG("handed_on", schedule=None):
        first: Any = operators.VitayCreateCandidateOperator(task_id="create", **CANDIDATE)
        second = operators.VitayCreateReferenceRequestOperator(
            task_id="ask",
            candidate_id=first.output["candidate_id"],
            min_references=first.output["candidate_id"],
        )
        third = operators.VitayExportOperator(
            task_id="export", index="list_users", path=first.output, format="csv"
        )

    assert second.upstream_task_ids == third.upstream_task_ids == {"create"}


def test_the_interval_of_a_wait_is_the_tasks_the_dags_or_the_usual_one() -> None:
    with DAG("slow", default_args={"poke_interval": 61.0}):
        of_dag = ReziResumeScoredSensor(task_id="a", resume_id="r-1")
        of_task = ReziResumeScoredSensor(task_id="b", resume_id="r-1", poke_interval=7.0)
    usual = ReziResumeScoredSensor(task_id="c", resume_id="r-1")

    assert (of_dag.poke_interval, of_task.poke_interval, usual.poke_interval) == (61, 7, 300)
