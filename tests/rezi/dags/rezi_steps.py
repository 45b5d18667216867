"""Each step at Rezi, on its own or with those that it is compared with."""

from datetime import timedelta

from airflow.sdk import Param, dag

from airflow_talent.operators.rezi import (
    ReziCreateResumeOperator,
    ReziDownloadResumeOperator,
    ReziEnsureUserOperator,
    ReziExportUsersOperator,
    ReziFindPurchasesOperator,
    ReziOperator,
    ReziUpgradePlanOperator,
)
from airflow_talent.sensors.rezi import ReziResumeScoredSensor

AT_ONCE = {"retries": 2, "retry_delay": timedelta(0)}

PERSON = {"email": Param("nobody@people.test", type="string")}
PURCHASE = {**PERSON, "plan": Param("plan_pro_monthly", type="string")}
USER = {"user_id": Param("nobody", type="string")}
RESUME = {"resume_id": Param("none", type="string"), "min_score": Param(None)}


def buy(task_id, **arguments):
    return ReziUpgradePlanOperator(
        task_id=task_id,
        **{
            "email_address": "{{ params.email }}",
            "plan_id": "{{ params.plan }}",
            **arguments,
        },
    )


@dag(schedule=None, default_args=AT_ONCE, params=PERSON)
def rezi_ensure():
    ensured = ReziEnsureUserOperator(task_id="ensure", email_address="{{ params.email }}")
    ReziOperator(
        task_id="show",
        call="show_user",
        arguments={"user_id": ensured.output["user_id"]},
    )


@dag(schedule=None, default_args=AT_ONCE, params=PERSON)
def rezi_link():
    ReziEnsureUserOperator(task_id="link", email_address="{{ params.email }}", sign_in_link=True)


@dag(schedule=None, default_args=AT_ONCE, params=PURCHASE)
def rezi_buy():
    buy("buy", ai_token_id="ai_credits_100")


@dag(schedule=None, default_args=AT_ONCE, params=PURCHASE)
def rezi_buy_anew():
    buy("buy", on_unknown="resend")


@dag(schedule=None, default_args=AT_ONCE, params=PURCHASE)
def rezi_buy_again():
    buy("buy", repeat=True)


@dag(schedule=None, default_args=AT_ONCE, params=PURCHASE)
def rezi_buy_by_id():
    ensured = ReziEnsureUserOperator(
        task_id="ensure", email_address="{{ params.email }}", rezi_conn_id="rezi_by_id"
    )
    buy("buy", user_id=ensured.output["user_id"], rezi_conn_id="rezi_by_id")


@dag(schedule=None, default_args=AT_ONCE, params=PURCHASE)
def rezi_find_purchases():
    ReziFindPurchasesOperator(
        task_id="find", email_address="{{ params.email }}", plan_id="{{ params.plan }}"
    )


@dag(schedule=None, default_args=AT_ONCE, params=PURCHASE)
def rezi_modes():
    for mode in ("read_only", "dry_run", "restricted", "other_plans", "wrong_key", "no_purchase"):
        buy(f"{mode}_buy", rezi_conn_id=f"rezi_{mode}")
    for mode in ("read_only", "dry_run", "no_secret"):
        ReziEnsureUserOperator(
            task_id=f"{mode}_ensure",
            email_address="{{ params.email }}",
            rezi_conn_id=f"rezi_{mode}",
        )
    ReziFindPurchasesOperator(
        task_id="other_plans_find",
        email_address="{{ params.email }}",
        plan_id="{{ params.plan }}",
        rezi_conn_id="rezi_other_plans",
    )


@dag(schedule=None, default_args=AT_ONCE, params=USER)
def rezi_resume():
    made = ReziCreateResumeOperator(
        task_id="make",
        user_id="{{ params.user_id }}",
        name="For the application",
        job_title="{{ None }}",
        data={"summary": "{{ params.user_id }} writes"},
    )
    ReziOperator(
        task_id="show", call="show_resume", arguments={"resume_id": made.output["resume_id"]}
    )


@dag(
    schedule=None,
    default_args=AT_ONCE,
    params={**RESUME, "folder": Param("", type="string")},
)
def rezi_files():
    ReziDownloadResumeOperator(
        task_id="download", resume_id="{{ params.resume_id }}", folder="{{ params.folder }}"
    )
    ReziExportUsersOperator(task_id="export", path="{{ params.folder }}/users.jsonl")


@dag(schedule=None, default_args=AT_ONCE)
def rezi_calls():
    ReziOperator(task_id="list", call="list_users")
    ReziOperator(task_id="exchange", call="show_access_token", allow_effect="credential")


@dag(schedule=None, default_args={"retries": 0}, params=RESUME)
def rezi_wait():
    ReziResumeScoredSensor(
        task_id="wait",
        resume_id="{{ params.resume_id }}",
        min_score="{{ params.min_score }}",
        poke_interval=0.05,
        timeout=20,
        give_up_after="{{ params.get('give_up_after') }}",
    )


@dag(schedule=None, default_args={"retries": 0}, params=RESUME)
def rezi_wait_in_triggerer():
    ReziResumeScoredSensor(
        task_id="wait",
        resume_id="{{ params.resume_id }}",
        min_score="{{ params.min_score }}",
        deferrable=True,
        poke_interval=0.5,
        timeout=120,
    )


rezi_ensure()
rezi_link()
rezi_buy()
rezi_buy_anew()
rezi_buy_again()
rezi_buy_by_id()
rezi_find_purchases()
rezi_modes()
rezi_resume()
rezi_files()
rezi_calls()
rezi_wait()
rezi_wait_in_triggerer()
