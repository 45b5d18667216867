"""Small workflows of every kind that the Slack app must handle."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Param, TaskGroup, get_current_context, task

SECRETS = "ann@example.com token=hunter2hunter2 https://u:p@vendor.invalid/x?key=1 +49 170 1234567"


def push(**result: object) -> None:
    get_current_context()["ti"].xcom_push(key="slack_result", value={"v": 1, **result})


def wait_until_there(path: str) -> None:
    deadline = time.monotonic() + 60
    while not Path(path).exists() and time.monotonic() < deadline:
        time.sleep(0.1)


with DAG(
    "say_hello",
    schedule=None,
    tags=["slack"],
    dag_display_name="Say <hello> & more",
    description="Greets a person & posts it",
    params={
        "name": Param(None, type="string", description="whom to greet"),
        "email": Param(None, type=["null", "string"], format="email"),
        "times": Param(1, type="integer", minimum=1, maximum=3),
    },
):

    @task
    def greet() -> None:
        params = get_current_context()["params"]
        push(
            text=f"Hello {params['name']}",
            fields={"Times": params["times"]},
            table=[{"who": params["name"], "score": 1}, {"who": "b", "score": None}],
        )

    greet()


with DAG("say_nothing", schedule=None, tags=["slack"], dag_display_name="Say nothing"):

    @task
    def work() -> list[int]:
        return [1, 2, 3]

    @task
    def each(number: int) -> int:
        return number

    with TaskGroup("group"):
        each.expand(number=work())


with DAG("say_much", schedule=None, tags=["slack"]):

    @task
    def first() -> None:
        push(text="first")

    @task
    def second() -> None:
        push(text="second")

    @task
    def third() -> None:
        get_current_context()["ti"].xcom_push(key="slack_result", value={"v": 7})

    first() >> second() >> third()


with DAG(
    "send_files",
    schedule=None,
    tags=["slack"],
    params={"files": Param([], type="array", items={"type": "string"})},
):

    @task
    def attach() -> None:
        push(text="Here they are", files=get_current_context()["params"]["files"])

    attach()


with DAG("fail_badly", schedule=None, tags=["slack"]):

    @task
    def break_down() -> None:
        raise RuntimeError(f"cannot reach {SECRETS}")

    @task
    def never() -> None:
        pass

    break_down() >> never()


with DAG("fail_at_first", schedule=None, tags=["slack"]):

    @task(retries=1, retry_delay=timedelta(seconds=4))
    def stumble() -> None:
        if get_current_context()["ti"].try_number == 1:
            raise RuntimeError("not yet")

    stumble()


with DAG("wait_long", schedule=None, tags=["slack"], params={"until": Param(None, type="string")}):

    @task
    def wait() -> None:
        wait_until_there(get_current_context()["params"]["until"])
        push(text="Waited", files=[get_current_context()["params"]["until"]])

    wait()


with DAG(
    "one_at_a_time",
    schedule=None,
    tags=["slack"],
    max_active_runs=1,
    params={"until": Param(None, type="string")},
):

    @task
    def wait_alone() -> None:
        wait_until_there(get_current_context()["params"]["until"])

    wait_alone()


with DAG("show_everyone", schedule=None, tags=["slack", "slack-public-result"]):

    @task
    def show() -> None:
        push(text="for everyone")

    show()


with DAG("report_here", schedule=None, tags=["slack-report:C0HIRING", "slack-report:C0GENERAL"]):

    @task
    def report() -> None:
        push(text="nightly figures")

    report()


RESTRICTED = {
    "only_lead": ["slack-user:U0LEAD"],
    "only_recruiters": ["slack-group:S0RECRUITERS"],
    "only_hiring": ["slack-channel:C0HIRING"],
    "misspelt": ["slack-chanel:C0HIRING"],
    "no_workflow": [],
    "switched_off": [],
}
for dag_id, tags in RESTRICTED.items():
    with DAG(
        dag_id,
        schedule=None,
        tags=tags if dag_id == "no_workflow" else ["slack", *tags],
        is_paused_upon_creation=dag_id == "switched_off",
    ) as dag:

        @task
        def do_it() -> None:
            pass

        do_it()
    globals()[dag_id] = dag
