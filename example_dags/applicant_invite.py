"""Invite one applicant to a RickRut test, wait for the scores, tell Slack.

Started from Slack by ``/talent applicant_invite email=… opening=…``. RickRut writes
to the applicant at once. The same invitation is refused for 30 days, whoever
starts it. Somebody who takes no test within two weeks ends the run as failed, with
the reason in Slack.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from airflow_talent.operators.rickrut import RickRutCreateApplicantOperator
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.sensors.rickrut import RickRutApplicantScoredSensor


@dag(
    dag_display_name="Applicant invitation",
    description="Invites an applicant to a test, waits for the scores",
    schedule=None,
    max_active_runs=1000,
    tags=["slack"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "email": Param(
            type="string",
            format="email",
            title="E-mail",
            description="RickRut writes there at once",
            section="Applicant",
        ),
        "first_name": Param(None, type=["null", "string"], title="First name", section="Applicant"),
        "last_name": Param(None, type=["null", "string"], title="Last name", section="Applicant"),
        "opening": Param(
            type="string",
            minLength=1,
            title="Opening",
            description="As it is called at RickRut, such as software-engineer",
            section="Test",
        ),
    },
)
def applicant_invite():
    invited = RickRutCreateApplicantOperator(
        task_id="invite",
        email_address="{{ params.email }}",
        opening="{{ params.opening }}",
        first_name="{{ params.first_name }}",
        last_name="{{ params.last_name }}",
    )
    scored = RickRutApplicantScoredSensor(
        task_id="wait_for_scores",
        applicant_id=invited.output["applicant_id"],
        timeout=timedelta(days=14),
        deferrable=True,
    )

    @task
    def tell(scores: dict, ti=None):
        result = SlackResult(
            text=f"Applicant {scores['applicant_id']} has taken the test.",
            fields={
                "Skill": float(scores["skill_score"]),
                "Adequation": float(scores["adequation_score"]),
            },
        )
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    tell(scored.output)


applicant_invite()
