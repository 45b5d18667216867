"""Save whom a new resume shows to be fit as a contact, as soon as the resume is read.

Started by Riminder's webhook through ``talent webhooks`` (the tag), by an event of the asset,
and each hour for whatever neither has told of. However often a resume is told of, it is
handled once; what is told and not true is left out. Each is scored for the filter first; who
scores high enough is saved at Rezora as a contact without a mailing list, so **nobody is
written to**. Name and address go from Riminder to Rezora and nowhere else. There is a run for
each resume, so Slack is not told: ``resume_screening`` does that each morning.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Param, dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from airflow_talent.assets import riminder as happens
from airflow_talent.operators.riminder import RiminderTakeParsedProfilesOperator
from airflow_talent.operators.riminder_transfers import RiminderToRezoraOperator
from airflow_talent.sensors.riminder import RiminderProfileScoredSensor

TIMEZONE = "Europe/Berlin"


@dag(
    dag_display_name="Resume read",
    description="Scores a new resume and saves who is fit as a contact",
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("15 * * * *", timezone=TIMEZONE),
        assets=[happens.profiles_parsed()],
    ),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=100,
    tags=["on:riminder:profile.parse.success"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "source": Param(
            "Careers website",
            type="string",
            title="Source",
            description="Where the resumes come in, id or name; others are left out",
        ),
        "filter": Param(
            "data-engineer",
            type="string",
            title="Filter",
            description="What they are scored for, as it is called at Riminder",
        ),
        "min_score": Param(
            0.6,
            type="number",
            minimum=0,
            title="Lowest score",
            description="From which on people are saved",
        ),
        "profiles": Param(
            [],
            type="array",
            items={"type": "string"},
            title="Profiles",
            description="Their ids at Riminder, for those that nothing has told of",
        ),
    },
)
def resume_parsed():
    taken = RiminderTakeParsedProfilesOperator(
        task_id="take",
        source="{{ params.source }}",
        record_ids="{{ params.profiles | join(',') }}",
    )

    @task_group
    def handle(profile_id: str, profile_reference: str | None, source_id: str):
        # Many at once share one loop of requests; who is not scored in an hour is passed over.
        scored = RiminderProfileScoredSensor(
            task_id="wait_for_score",
            source=source_id,
            profile_id=profile_id,
            filter="{{ params.filter }}",
            timeout=timedelta(hours=1),
            soft_fail=True,
            deferrable=True,
        )

        # Not a short circuit, which skips nothing in a mapped group of Airflow 3.3.2.
        @task
        def check_score(profile: dict, params=None):
            if profile["score"] < params["min_score"]:
                raise AirflowSkipException("the score is too low")

        saved = RiminderToRezoraOperator(
            task_id="save_contact", source=source_id, profile_id=profile_id
        )
        check_score(scored.output) >> saved

    handle.expand_kwargs(taken.output)


resume_parsed()
