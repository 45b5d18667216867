"""Remind referees and candidates who are due, on weekdays at nine.

One summary goes to the Slack channel in the tag: put your own channel's id there. It
names nobody; its button tells whoever presses it who has not answered, and offers to remind
them at once or to ask others.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import CronTriggerTimetable, dag, task

from airflow_talent.operators.vitay import ReminderPolicy, VitaySendDueRemindersOperator
from airflow_talent.provider.contracts import SLACK_RESULT, SlackAction, SlackResult

TIMEZONE = "Europe/Berlin"


@dag(
    dag_display_name="Reference reminders",
    description="Reminds those whose answer is due",
    schedule=CronTriggerTimetable("0 9 * * 1-5", timezone=TIMEZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    tags=["slack-report:C0HIRING", "slack-public-result"],
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
)
def reference_reminders():
    reminders = VitaySendDueRemindersOperator(
        task_id="remind", policy=ReminderPolicy(timezone=TIMEZONE)
    )

    @task
    def summarise(reminders: dict, ti=None):
        sent = reminders["counts"].get("sent", 0)
        text = f"Reminders sent: {sent}"
        if reminders["is_quiet"]:
            text = "Nobody is reminded at this time of the week."
        details = SlackAction(workflow="reference_status", label="Who has not answered?")
        result = SlackResult(text=text, fields=reminders["counts"], actions=[details])
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    summarise(reminders.output)


reference_reminders()
