"""Workflows that ask people something, in every way that Airflow has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import (
    ApprovalOperator,
    HITLBranchOperator,
    HITLEntryOperator,
    HITLOperator,
)
from airflow.sdk import DAG, Param, get_current_context, task

NASTY = "<!channel> <@U0LEAD> <https://evil.example|here> *@channel* & more"
LONG = [f"Take road number {number}, which goes on and on " * 3 for number in range(1, 8)]


def workflow(dag_id: str, *tags: str, **more: Any) -> DAG:
    return DAG(dag_id, schedule=None, tags=["slack", *tags], **more)


@task
def go_on() -> None:
    pass


@task
def tell(task_id: str) -> None:
    """Push what a question was answered with."""
    ti = get_current_context()["ti"]
    answer = ti.xcom_pull(task_ids=task_id)
    text = f"chosen {answer['chosen_options']} values {answer['params_input']}"
    ti.xcom_push(key="slack_result", value={"v": 1, "text": text})


with workflow(
    "ask_approval",
    dag_display_name="Ask & approve",
    params={"what": Param("the plan", type="string")},
):
    approve = ApprovalOperator(
        task_id="approve", subject="Buy {{ params.what }}?", body="It is for **all** of us."
    )
    approve >> go_on()

with workflow("ask_nasty"):
    ApprovalOperator(task_id="approve", subject=f"S {NASTY}", body=f"B {NASTY}\n" + "x" * 12_000)

with workflow("ask_money", "slack-costs-money"):
    ApprovalOperator(task_id="approve", subject="Spend it?")

with workflow("ask_group", "slack-approver-group:S0APPROVERS"):
    ApprovalOperator(task_id="approve", subject="May we?")

with workflow("ask_named"):
    ApprovalOperator(
        task_id="approve",
        subject="Does the admin agree?",
        assigned_users={"id": "admin", "name": "admin"},
    )

with workflow("ask_shortly"):
    ApprovalOperator(task_id="approve", subject="Quick?", response_timeout=timedelta(seconds=2))

with workflow("ask_with_default"):
    ApprovalOperator(
        task_id="approve",
        subject="Quick?",
        defaults="Reject",
        response_timeout=timedelta(seconds=2),
    )

with workflow("ask_choice"):
    HITLOperator(task_id="choose", subject="Which road?", options=LONG) >> tell("choose")

with workflow("ask_several"):
    HITLOperator(
        task_id="choose", subject="Which ones?", options=["a", "b", "c"], multiple=True
    ) >> tell("choose")

with workflow("ask_entry"):
    HITLEntryOperator(
        task_id="enter",
        subject="Who and how much?",
        params={
            # Airflow 3.3 fails a task that asks for a value without a default.
            "name": Param("Nobody", type="string", minLength=2, description="Whom to greet"),
            "times": Param(1, type="integer", minimum=1, maximum=3),
            "note": Param(None, type=["null", "string"]),
        },
    ) >> tell("enter")

with workflow("ask_branch"):
    HITLBranchOperator(
        task_id="branch",
        subject="Where to?",
        options=["left", "right"],
        options_mapping={"left": "go_left", "right": "go_right"},
    ) >> [go_on.override(task_id="go_left")(), go_on.override(task_id="go_right")()]

with workflow("ask_each"):
    HITLOperator.partial(task_id="choose", options=["yes", "no"]).expand(
        subject=["First?", "Second?"]
    )

with DAG("ask_report", schedule=None, tags=["slack-report:C0HIRING", "slack-report:C0GENERAL"]):
    ApprovalOperator(task_id="approve", subject="Report it?")

with DAG("ask_nobody", schedule=None, tags=[]):
    ApprovalOperator(task_id="approve", subject="Hidden?")
