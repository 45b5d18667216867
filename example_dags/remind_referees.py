"""Remind the referees of one candidate now, whatever the hour.

Started from Slack by the button *Remind now* below other results, or by
``/talent remind_referees candidate_id=…``. **Writes an e-mail and a text to each referee
who has not answered.** Vitay takes 10 reminders of a person, 12 hours apart; whom it would
refuse is left alone and counted, and the button to try again says when that makes sense.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from airflow_talent.clients import vitay
from airflow_talent.hooks.vitay import VitayHook
from airflow_talent.operators.vitay import ReminderPolicy, VitaySendDueRemindersOperator
from airflow_talent.provider.contracts import SLACK_RESULT, SlackAction, SlackResult

REMINDER_GAP = timedelta(hours=12)
"""Vitay takes another reminder of the same person no sooner after the last."""

WORDS = {
    "sent": "Reminded",
    "too_soon": "Reminded less than 12 hours ago",
    "closed": "Reminded as often as Vitay allows",
    "pending_approval": "Held until somebody approves them at Vitay",
    "filled": "Have answered",
    "refused": "Refused by Vitay",
}

NOW = ReminderPolicy(
    min_age=timedelta(0), min_gap=timedelta(0), max_count=1000, quiet_days=(), quiet_hours=None
)
"""Everybody whom Vitay lets one remind; its own limits are 10 reminders, 12 hours apart."""


@dag(
    dag_display_name="Remind referees",
    description="Reminds a candidate's referees who have not answered, now",
    schedule=None,
    max_active_runs=100,
    tags=["slack"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "candidate_id": Param(
            type="string",
            minLength=1,
            title="Candidate",
            description="Id at Vitay, as the button fills it in",
        ),
    },
)
def remind_referees():
    reminders = VitaySendDueRemindersOperator(
        task_id="remind",
        candidate_id="{{ params.candidate_id }}",
        kinds=["reference"],
        policy=NOW,
    )

    @task
    def tell(reminders: dict, params=None, ti=None):
        ids, counts = reminders["ids"], reminders["counts"]
        hook = VitayHook()
        may_be_reminded = [*ids.get("sent", []), *ids.get("too_soon", [])]
        latest = [
            hook.run(vitay.show_reference(reference_id)).reminder.latest_sent_at
            for reference_id in may_be_reminded
        ]
        actions = []
        if any(latest):
            again_at = min(filter(None, latest)) + REMINDER_GAP
            actions.append(
                SlackAction(
                    workflow="remind_referees",
                    params={"candidate_id": params["candidate_id"]},
                    label="Remind again",
                    not_before=again_at.isoformat(),
                )
            )
        if counts.keys() - {"filled", "inactive"}:
            actions.append(
                SlackAction(
                    workflow="ask_another_referee",
                    params={"candidate_id": params["candidate_id"]},
                    label="A referee declined: ask another",
                )
            )
        result = SlackResult(
            text=f"Reminders sent: {counts.get('sent', 0)}.",
            fields={WORDS[name]: count for name, count in counts.items() if name in WORDS},
            actions=actions,
        )
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    tell(reminders.output)


remind_referees()
