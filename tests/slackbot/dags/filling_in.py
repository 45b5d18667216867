"""Workflows whose forms the Slack app draws."""

from __future__ import annotations

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, get_current_context, task


def push(**result: object) -> None:
    get_current_context()["ti"].xcom_push(key="slack_result", value={"v": 1, **result})


with DAG(
    "invite",
    schedule=None,
    tags=["slack"],
    dag_display_name="Invite somebody",
    description="Writes an invitation",
    params={
        "name": Param(None, type="string", minLength=2, title="Name", description="whom"),
        "tone": Param("kind", type="string", enum=["kind", "short"]),
        "days": Param(7, type="integer", minimum=1, maximum=30),
        "start": Param(None, type=["null", "string"], format="date"),
        "topics": Param([], type="array", items={"type": "string"}),
        "remind": Param(False, type="boolean"),
    },
):

    @task
    def write() -> None:
        params = get_current_context()["params"]
        push(
            text=f"Dear {params['name']}",
            fields={name: str(value) for name, value in params.items() if name != "slack"},
            actions=[
                {"workflow": "invite", "params": {"name": "Bob"}, "label": "Invite Bob too"},
                {
                    "workflow": "invite",
                    "params": {"name": "Cleo"},
                    "label": "Invite Cleo later",
                    "not_before": "2999-01-01T00:00:00+00:00",
                },
                {"workflow": "only_lead", "label": "For the lead"},
            ],
        )

    write()


with DAG(
    "ask_much",
    schedule=None,
    tags=["slack"],
    params={f"q{number:03}": Param(None, type="string", minLength=1) for number in range(1, 121)},
):

    @task
    def count() -> None:
        params = get_current_context()["params"]
        push(text=f"{len([name for name in params if name.startswith('q')])} answers")

    count()


with DAG(
    "screen",
    schedule=None,
    tags=["slack"],
    dag_display_name="Screen a CV",
    params={
        "cv": Param(None, type="string", format="slack-file", description="the CV"),
        "opening": Param("Engineer", type="string"),
    },
):

    @task
    def look_at() -> None:
        push(text=f"Looked at {get_current_context()['params']['cv']}")

    look_at()


with DAG("fail_until", schedule=None, tags=["slack"], params={"path": Param(None, type="string")}):

    @task
    def try_it() -> None:
        from pathlib import Path

        if not Path(get_current_context()["params"]["path"]).exists():
            raise RuntimeError("it is not there")
        push(text="Now it works")

    try_it()


with DAG(
    "buy_plan",
    schedule=None,
    tags=["slack", "slack-costs-money"],
    dag_display_name="Buy a plan",
):
    approve = ApprovalOperator(
        task_id="approve", subject="Buy the plan?", body="It costs 29 a month."
    )

    @task
    def buy() -> None:
        push(text="Bought")

    approve >> buy()
