"""Ask one more referee about a candidate, as when another one has declined.

Started from Slack by the button *ask another* below other results, or by
``/talent ask_another_referee candidate_id=… email=… first_name=… last_name=…``. **Writes an
e-mail to the referee at once**; the same referee is refused for 30 days. A reference check
of the candidate that is still waiting counts the answer.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from airflow_talent.operators.vitay import VitayCreateReferenceOperator
from airflow_talent.provider.contracts import SLACK_RESULT, SlackAction, SlackResult


@dag(
    dag_display_name="Ask another referee",
    description="Asks one more referee about a candidate",
    schedule=None,
    max_active_runs=100,
    tags=["slack"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "email": Param(
            type="string",
            format="email",
            title="E-mail",
            description="Vitay writes there at once",
            section="Referee",
        ),
        "first_name": Param(type="string", minLength=1, title="First name", section="Referee"),
        "last_name": Param(type="string", minLength=1, title="Last name", section="Referee"),
        "candidate_id": Param(
            type="string",
            minLength=1,
            title="Candidate",
            description="Id at Vitay, as the button fills it in",
            section="About",
        ),
    },
)
def ask_another_referee():
    asked = VitayCreateReferenceOperator(
        task_id="ask",
        candidate_id="{{ params.candidate_id }}",
        email_address="{{ params.email }}",
        first_name="{{ params.first_name }}",
        last_name="{{ params.last_name }}",
    )

    @task
    def tell(asked: dict, ti=None):
        result = SlackResult(
            text="The referee is asked.",
            actions=[
                SlackAction(
                    workflow="reference_status",
                    params={"candidate": asked["candidate_id"]},
                    label="Who has not answered?",
                )
            ],
        )
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    tell(asked.output)


ask_another_referee()
