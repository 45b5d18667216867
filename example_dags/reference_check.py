"""Check a candidate's references: ask, wait, remind, store the report, tell Slack.

Started from Slack by ``/talent reference_check email=… first_name=… last_name=…``.
Reports go to the folder in the Airflow variable ``talent_reports``. When not enough
referees answer in time, the run fails, and Slack offers to remind them or to ask others.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from airflow_talent.clients import vitay
from airflow_talent.hooks.vitay import VitayHook
from airflow_talent.operators.vitay import (
    ReminderPolicy,
    VitayCreateCandidateOperator,
    VitayCreateReferenceRequestOperator,
    VitayDownloadReportOperator,
    VitaySendDueRemindersOperator,
)
from airflow_talent.provider.contracts import SLACK_RESULT, SlackAction, SlackResult
from airflow_talent.sensors.vitay import (
    VitayReferenceCheckCompletedSensor,
    VitayReferenceRequestFilledSensor,
)

REMINDER_GAP = timedelta(hours=12)
"""Vitay takes another reminder of the same person no sooner after the last."""


@dag(
    dag_display_name="Reference check",
    description="Asks a candidate for references, waits for the answers, stores the report",
    schedule=None,
    max_active_runs=1000,
    tags=["slack"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "email": Param(
            type="string",
            format="email",
            title="E-mail",
            description="Vitay writes there at once",
            section="Candidate",
        ),
        "first_name": Param(type="string", minLength=1, title="First name", section="Candidate"),
        "last_name": Param(type="string", minLength=1, title="Last name", section="Candidate"),
        "references": Param(
            2,
            type="integer",
            minimum=1,
            maximum=6,
            title="References",
            description="How many people are asked about the candidate",
            section="References",
        ),
        "notes": Param(
            None,
            type=["null", "string"],
            format="multiline",
            maxLength=1000,
            title="Note",
            description="Shown to the candidate",
            section="References",
        ),
        "remind_after_hours": Param(
            48,
            type="number",
            exclusiveMinimum=0,
            title="Hours until a reminder",
            description="Since the candidate has named the referees",
            section="Waiting",
        ),
        "give_up_after_days": Param(
            21,
            type="number",
            exclusiveMinimum=0,
            maximum=90,
            title="Days until it is given up",
            description="Since the reminder",
            section="Waiting",
        ),
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
        notes="{{ params.notes }}",
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
        "timeout": timedelta(days=90),
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
        task_id="wait_for_the_rest",
        give_up_after="{{ params.give_up_after_days * 86400 }}",
        trigger_rule="none_failed",
        **check,
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

    @task(trigger_rule="one_failed")
    def tell_who_is_missing(ti=None):
        created = ti.xcom_pull("create_candidate")
        if created is None:
            raise AirflowSkipException("nobody was asked")
        of_candidate = {"candidate_id": created["candidate_id"]}
        named = [
            reference
            for reference in VitayHook().iterate(vitay.list_references())
            if reference.candidate
            and reference.candidate.id == created["candidate_id"]
            and reference.is_active is not False
        ]
        missing = [reference for reference in named if not reference.is_filled]
        remind_now = SlackAction(
            workflow="remind_referees",
            params=of_candidate,
            label="Remind now",
            not_before=next_reminder_at(missing),
        )
        ask_another = SlackAction(
            workflow="ask_another_referee",
            params=of_candidate,
            label="A referee declined: ask another",
        )
        result = SlackResult(
            text="The reference check is not complete.",
            fields={"Referees named": len(named), "Answers missing": len(missing)},
            actions=[remind_now, ask_another] if missing else [ask_another],
        )
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    request >> listed >> answered >> remind >> completed >> report
    tell(completed.output, report.output)
    completed >> tell_who_is_missing()


def next_reminder_at(references):
    """When Vitay takes a reminder of one of these people again, None for now."""
    latest = [reference.reminder.latest_sent_at for reference in references]
    return (min(latest) + REMINDER_GAP).isoformat() if latest and all(latest) else None


reference_check()
