"""Store a candidate's report as soon as a referee has answered, and tell Slack.

Started by Vitay's webhook through ``talent webhooks`` (the first tag), by an event of the
asset, and each morning for whatever neither has told of. Where no webhook can reach you, write
``references_filled.watched()``, and Airflow's triggerer finds out. However often an answer is
told of, it is handled once; what is told and not true is left out. Reports go to the folder in the
Airflow variable ``talent_reports``, results to the Slack channel in the other tag: put your
own channel's id there. People are told by their initials.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Param, dag, task, task_group

from airflow_talent.assets import vitay as happens
from airflow_talent.clients import vitay
from airflow_talent.hooks.vitay import VitayHook
from airflow_talent.operators.vitay import (
    VitayDownloadReportOperator,
    VitayTakeFilledReferencesOperator,
)
from airflow_talent.provider.contracts import SLACK_RESULT, SlackAction, SlackResult

TIMEZONE = "Europe/Berlin"


@dag(
    dag_display_name="Reference answered",
    description="Stores the report and tells Slack when a referee has answered",
    schedule=AssetOrTimeSchedule(
        # Slack is told of every run, so there is one a day, and not one an hour, that may be idle.
        timetable=CronTriggerTimetable("30 7 * * 1-5", timezone=TIMEZONE),
        assets=[happens.references_filled()],
    ),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=100,
    tags=["on:vitay:reference.completed", "slack-report:C0HIRING"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "references": Param(
            [],
            type="array",
            items={"type": "string"},
            title="References",
            description="Their ids at Vitay, for those that nothing has told of",
        ),
    },
)
def reference_filled():
    taken = VitayTakeFilledReferencesOperator(
        task_id="take", record_ids="{{ params.references | join(',') }}"
    )

    @task_group
    def handle(reference_id: str, candidate_id: str, filled_at: str, score: float):
        report = VitayDownloadReportOperator(
            task_id="download_report",
            record_id=candidate_id,
            folder="{{ var.value.talent_reports }}",
        )

        @task
        def tell(candidate_id: str, score: float | None, report: str, ti=None):
            hook = VitayHook()
            candidate = hook.run(vitay.show_candidate(candidate_id))
            asked = [
                hook.run(vitay.show_reference(link.id)) for link in candidate.references if link.id
            ]
            missing = sum(not each.is_filled and each.is_active is not False for each in asked)
            status = SlackAction(
                workflow="reference_status",
                params={"candidate": candidate_id},
                label="Who has not answered?",
            )
            result = SlackResult(
                text=f"A referee has answered about {initials(candidate)}",
                fields={"Score": f"{score or 0:.0f} %", "Answers missing": missing},
                files=[report],
                actions=[status] if missing else [],
            )
            ti.xcom_push(SLACK_RESULT, result.as_xcom())

        tell(candidate_id, score, report.output)

    handle.expand_kwargs(taken.output)


def initials(person):
    """As much of a name as tells two people apart who are known."""
    return " ".join(f"{name[0]}." for name in (person.first_name, person.last_name) if name)


reference_filled()
