"""Buy somebody a plan at Rezi, once a person has approved it.

Started from Slack by ``/talent rezi_upgrade email=… plan=…``. Whoever approves sees
what the person has already, and is somebody else than who started it: that is what the
tag ``slack-costs-money`` means. Name the group that may approve in another tag, such as
``slack-approver-group:S0BUYERS``, and the plans that may be bought in the connection.
"""

from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param, dag, task

from airflow_talent.operators.rezi import (
    ReziEnsureUserOperator,
    ReziFindPurchasesOperator,
    ReziUpgradePlanOperator,
)
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult

QUESTION = """\
{% set known = ti.xcom_pull("find_purchases") -%}
This company is billed for it.

Plan now: {{ known.plan_id or "none" }}

{% for purchase in known.purchases -%}
- {{ purchase.plan_id }} was bought on {{ purchase.at[:10] }} by {{ purchase.by }}
{% else -%}
Nothing was bought for this person before.
{% endfor %}"""


def masked(address):
    """An e-mail address as far as an approver must know it, since questions are kept."""
    name, _, domain = address.strip().partition("@")
    return f"{name[:1]}***@{domain}"


@dag(
    dag_display_name="Rezi upgrade",
    description="Buys somebody a plan for resumes, once a person has approved it",
    schedule=None,
    max_active_runs=1000,
    tags=["slack", "slack-costs-money"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    user_defined_filters={"masked": masked},
    params={
        "email": Param(
            type="string", format="email", title="E-mail", description="Whose plan it will be"
        ),
        "plan": Param(
            type="string",
            minLength=1,
            title="Plan",
            description="Its id at Rezi, such as plan_pro_monthly; somebody must approve it",
        ),
    },
)
def rezi_upgrade():
    person = {"email_address": "{{ params.email }}"}
    plan = {"plan_id": "{{ params.plan }}"}

    purchases = ReziFindPurchasesOperator(task_id="find_purchases", **person, **plan)
    approved = ApprovalOperator(
        task_id="approve",
        subject="Buy {{ params.plan }} for {{ params.email | masked }}?",
        body=QUESTION,
        response_timeout=timedelta(days=3),
        retries=0,
    )
    user = ReziEnsureUserOperator(task_id="ensure_user", **person)
    bought = ReziUpgradePlanOperator(task_id="upgrade", **person, **plan)

    @task
    def tell(bought: dict, ti=None):
        paid_until = (bought["period_end"] or "for life")[:10]
        ti.xcom_push(
            SLACK_RESULT,
            SlackResult(
                text="The plan is bought.",
                fields={"Plan": bought["plan_id"], "Paid until": paid_until},
            ).as_xcom(),
        )

    purchases >> approved >> user >> bought
    tell(bought.output)


rezi_upgrade()
