"""Tell each Monday how hiring went in the week before: numbers, and nobody's name.

Reads from Riminder and Vitay and changes nothing. The report goes to the Slack channel
in the tag: put your own channel's id there.
"""

from datetime import UTC, datetime, timedelta

import pendulum
from airflow.sdk import CronDataIntervalTimetable, Param, dag, task

from airflow_talent.clients import riminder, vitay
from airflow_talent.clients.riminder.lookups import find_filter
from airflow_talent.hooks.retries import VENDOR_RETRIES
from airflow_talent.hooks.riminder import RiminderHook
from airflow_talent.hooks.vitay import VitayHook
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult

TIMEZONE = "Europe/Berlin"


@dag(
    dag_display_name="Hiring report",
    description="Resumes, best scores and reference checks of a week, in numbers",
    schedule=CronDataIntervalTimetable("0 7 * * 1", timezone=TIMEZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    tags=["slack-report:C0HIRING", "slack-public-result"],
    default_args={
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": VENDOR_RETRIES,
    },
    params={
        "filter": Param(
            "data-engineer",
            type="string",
            title="Filter",
            description="Riminder's, whose best score is told for each source",
        )
    },
)
def hiring_report():
    @task
    def count_resumes(params=None, data_interval_start=None, data_interval_end=None) -> list[dict]:
        hook = RiminderHook()
        week = {"date_start": data_interval_start, "date_end": data_interval_end}
        wanted = hook.follow(find_filter(params["filter"]))

        def count(source):
            # The best stands first, so one profile of the list is enough.
            page = hook.run(riminder.list_profiles([source.source_id], limit=1, **week, **wanted))
            best = max((profile.score or 0 for profile in page.items), default=None)
            return {"Source": source.name, "Resumes": page.count_profiles, "Best score": best}

        return [count(source) for source in hook.run(riminder.list_sources())]

    @task
    def count_checks() -> dict:
        hook = VitayHook()
        (firm, *_) = hook.iterate(vitay.list_hiring_firms())
        figures = hook.run(vitay.show_hiring_firm_analytics(firm.id))
        return {
            "Candidates": figures.total_candidates,
            "References asked for": figures.total_references,
            "References answered": figures.completed_references,
            "Hours until an answer": figures.avg_reference_completion_time,
            "Average score": figures.avg_candidates_score,
        }

    @task
    def count_waiting() -> dict:
        waiting = [
            reference.created_at
            for reference in VitayHook().iterate(vitay.list_references())
            if not reference.is_filled and reference.is_active is not False
        ]
        oldest = min(filter(None, waiting), default=None)
        days = (datetime.now(UTC) - oldest).days if oldest else 0
        return {"References waited for": len(waiting), "Days that the oldest waits": days}

    @task
    def tell(sources: list, checks: dict, waiting: dict, ti=None):
        numbers = {name: f"{value or 0:,g}" for name, value in {**checks, **waiting}.items()}
        result = SlackResult(text="Hiring in the past week", fields=numbers, table=sources)
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    tell(count_resumes(), count_checks(), count_waiting())


hiring_report()
