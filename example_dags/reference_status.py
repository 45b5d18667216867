"""Tell whose references are waited for, and offer to remind the referees or to ask others.

Started from Slack by ``/talent reference_status``, for one candidate by
``/talent reference_status candidate=…``. Reads from Vitay and writes to nobody; the
buttons below the answer do. People are told by their initials, so that nobody's name
stays in Airflow.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Param, dag, task

from airflow_talent.clients import vitay
from airflow_talent.hooks.retries import VENDOR_RETRIES
from airflow_talent.hooks.vitay import VitayHook
from airflow_talent.provider.contracts import SLACK_RESULT, SlackAction, SlackResult

REMINDER_GAP = timedelta(hours=12)
"""Vitay takes another reminder of the same person no sooner after the last."""

MOST_OFFERED = 5
"""Candidates that have buttons: those who wait longest."""


@dag(
    dag_display_name="Reference status",
    description="Tells who has not answered yet, to remind them or to ask others",
    schedule=None,
    max_active_runs=100,
    tags=["slack"],
    default_args={
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": VENDOR_RETRIES,
    },
    params={
        "candidate": Param(
            None,
            type=["null", "string"],
            title="Candidate",
            description="E-mail, or id at Vitay; empty for everybody",
        ),
    },
)
def reference_status():
    @task
    def tell(params=None, ti=None):
        hook, now = VitayHook(), datetime.now(UTC)
        wanted = (params["candidate"] or "").strip().casefold()
        candidates = {
            candidate.id: candidate
            for candidate in hook.iterate(vitay.list_candidates())
            if wanted in ("", candidate.id.casefold(), (candidate.email or "").casefold())
        }
        waited_for = [
            reference
            for reference in hook.iterate(vitay.list_references())
            if reference.candidate
            and reference.candidate.id in candidates
            and not (reference.is_filled or reference.is_pending or reference.is_active is False)
        ]
        waited_for.sort(key=lambda reference: reference.created_at or now)
        by_candidate: dict[str, list] = {}
        for reference in waited_for:
            by_candidate.setdefault(reference.candidate.id, []).append(reference)
        names = {
            candidate_id: f"{number}. {initials(candidates[candidate_id])}"
            for number, candidate_id in enumerate(by_candidate, start=1)
        }
        rows = [
            {
                "Candidate": names[reference.candidate.id],
                "Referee": initials(reference),
                "Waits, days": (now - (reference.created_at or now)).days,
                "Reminders": reference.reminder.count,
            }
            for reference in waited_for
        ]
        actions = [
            action
            for candidate_id, references in list(by_candidate.items())[:MOST_OFFERED]
            for action in offer(candidate_id, names[candidate_id], references)
        ]
        text = f"Referees who have not answered: {len(rows)}."
        if not candidates:
            text = "Vitay knows no such candidate."
        result = SlackResult(text=text, table=rows, actions=actions)
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    tell()


def offer(candidate_id, name, references):
    """The buttons for one candidate, given the references that are waited for."""
    of_candidate = {"candidate_id": candidate_id}
    remindable = [each for each in references if not each.reminder.count_exceeded]
    if remindable:
        yield SlackAction(
            workflow="remind_referees",
            params=of_candidate,
            label=f"{name}: remind now",
            not_before=next_reminder_at(remindable),
        )
    yield SlackAction(
        workflow="ask_another_referee",
        params=of_candidate,
        label=f"{name}: a referee declined, ask another",
    )


def next_reminder_at(references):
    """When Vitay takes a reminder of one of these people again, None for now."""
    latest = [reference.reminder.latest_sent_at for reference in references]
    return (min(latest) + REMINDER_GAP).isoformat() if all(latest) else None


def initials(person):
    """As much of a name as tells two people apart who are known."""
    return " ".join(f"{name[0]}." for name in (person.first_name, person.last_name) if name)


reference_status()
