"""Workflows that end in many ways, and go on afterwards."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, Param, get_current_context, task

NEWS = Asset("talent-test-news")


def push(**result: object) -> None:
    get_current_context()["ti"].xcom_push(key="slack_result", value={"v": 1, **result})


with DAG(
    "fail_at",
    schedule=None,
    tags=["slack"],
    params={"path": Param(None, type="string")},
    description="Fails as long as there is no such file",
):

    @task
    def before() -> None:
        push(text="begun")

    @task
    def look_for() -> None:
        from pathlib import Path

        if not Path(get_current_context()["params"]["path"]).exists():
            raise RuntimeError("there is no such file")

    @task
    def after() -> None:
        push(text="found", files=[get_current_context()["params"]["path"]])

    before() >> look_for() >> after()


with DAG("pass_by", schedule=None, tags=["slack"]):
    # The scheduler ends it itself, so a run takes a second.
    EmptyOperator(task_id="nothing")


with DAG("say_at_length", schedule=None, tags=["slack"]):

    @task
    def write() -> None:
        push(
            text="A long <!channel> story.\n" * 1000,
            table=[{"name": f"=cmd{row}", "score": row} for row in range(250)],
        )

    write()


with DAG("report_news", schedule=[NEWS], tags=["slack-report:C0HIRING"]):

    @task
    def tell() -> None:
        push(text="there was an event")

    tell()


with DAG("make_news", schedule=None):

    @task(outlets=[NEWS])
    def happen() -> None:
        pass

    happen()


with DAG("report_wrongly", schedule=None, tags=["slack-report:C0NOWHERE"]):

    @task(retries=2, retry_delay=timedelta(seconds=1))
    def report() -> None:
        push(text="nobody reads this")

    report()
