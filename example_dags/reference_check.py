"""Check a candidate's references: ask, wait, remind, store the report, tell Slack.

Started from Slack by ``/talent reference_check email=… first_name=… last_name=…``.
Reports go to the folder in the Airflow variable ``talent_reports``.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from airflow_talent.operators.vitay import (
    ReminderPolicy,
    VitayCreateCandidateOperator,
    VitayCreateReferenceRequestOperator,
    VitayDownloadReportOperator,
    VitaySendDueRemindersOperator,
)
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.sensors.vitay import (
    VitayReferenceCheckCompletedSensor,
    VitayReferenceRequestFilledSensor,
)


@dag(
    dag_display_name="Reference check",
    description="Asks a candidate for references, waits for the answers, stores the report",
    schedule=None,
    max_active_runs=1000,
    tags=["slack"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "email": Param(type="string", format="email", description="The candidate's e-mail"),
        "first_name": Param(type="string", minLength=1),
        "last_name": Param(type="string", minLength=1),
        "references": Param(2, type="integer", minimum=1, maximum=6, description="How many"),
        "remind_after_hours": Param(48, type="number", exclusiveMinimum=0),
    },
)
def reference_check():
    candidate = VitayCreateCandidateOperator(
        task_id="create_candidate",
        email_address="{{ params.email }}",
        first_name="{{ params.first_name }}",
        last_name="{{ params.last_name }}",
    )
    request = VitayCreateReferenceRequestOperator(
        task_id="ask_for_references",
        candidate_id=candidate.output["candidate_id"],
        min_references="{{ params.references }}",
    )
    listed = VitayReferenceRequestFilledSensor(
        task_id="wait_for_list",
        request_id=request.output["request_id"],
        timeout=timedelta(days=14),
        deferrable=True,
    )
    check = {
        "candidate_id": candidate.output["candidate_id"],
        "request_id": request.output["request_id"],
        "timeout": timedelta(days=21),
        "deferrable": True,
    }
    answered = VitayReferenceCheckCompletedSensor(
        task_id="wait_for_answers",
        give_up_after="{{ params.remind_after_hours * 3600 }}",
        soft_fail=True,
        **check,
    )
    remind = VitaySendDueRemindersOperator(
        task_id="remind",
        # A template and no output, so that the trigger rule looks at the wait alone.
        candidate_id="{{ ti.xcom_pull('create_candidate')['candidate_id'] }}",
        kinds=["reference"],
        policy=ReminderPolicy(min_age=timedelta(0), quiet_days=(), quiet_hours=None),
        trigger_rule="all_skipped",
    )
    completed = VitayReferenceCheckCompletedSensor(
        task_id="wait_for_the_rest", trigger_rule="none_failed", **check
    )
    report = VitayDownloadReportOperator(
        task_id="download_report",
        record_id=candidate.output["candidate_id"],
        folder="{{ var.value.talent_reports }}",
    )

    @task
    def tell(check: dict, report: str, ti=None):
        answers = len(check["filled_ids"])
        ti.xcom_push(
            SLACK_RESULT,
            SlackResult(
                text="The reference check is complete.",
                fields={"Answers": answers, "Score": f"{check['score'] or 0:.0f} %"},
                files=[report],
            ).as_xcom(),
        )

    request >> listed >> answered >> remind >> completed >> report
    tell(completed.output, report.output)


reference_check()
