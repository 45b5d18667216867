"""Being the person whom a DAG on the real Airflow asks."""

from __future__ import annotations

from typing import Any

from airflow_talent.tests.operators.steps import Run, eventually


def question_of(run: Run, task_id: str = "approve") -> dict[str, Any]:
    """What the approver sees, once it is asked."""
    eventually(lambda: run.states().get(task_id) == "awaiting_input", within=120)
    eventually(lambda: _is_known_to_wait(run, task_id))
    (question,) = run.api.get(f"/dags/{run.dag_id}/dagRuns/{run.run_id}/hitlDetails")[
        "hitl_details"
    ]
    return dict(question)


def answer(run: Run, choice: str, task_id: str = "approve") -> None:
    path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/{task_id}/-1/hitlDetails"
    run.api.patch(path, {"chosen_options": [choice], "params_input": {}})


def _is_known_to_wait(run: Run, task_id: str) -> bool:
    """Whether the scheduler has heard of it; an answer before that, which is quicker than any
    person's, lets Airflow take the end of the asking for the end of the task."""
    log = (run.airflow.log_folder / "scheduler.log").read_text(encoding="utf-8")
    heard = f"task_id='{task_id}', run_id='{run.run_id}'"
    return any("Received executor event" in line and heard in line for line in log.splitlines())
