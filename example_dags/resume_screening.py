"""Screen new resumes on weekday mornings: score them, invite the best to a test, tell Slack.

Reads the folder in the Airflow variable ``talent_resumes``, such as
``s3://aws_default@bucket/resumes``, and leaves the files there; what Riminder has
already is not sent again. Recruiters start it at other times by
``/talent resume_screening``. The summary goes to the Slack channel in the tag: put your
own channel's id there.

The best are invited to a test at RickRut, **which writes to them**, and get the stage
YES. Nobody is turned down: the others stay as they are, and are looked at again in the
next run.
"""

import json
from datetime import timedelta
from itertools import islice, takewhile

import pendulum
from airflow.sdk import CronTriggerTimetable, ObjectStoragePath, Param, dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from airflow_talent.clients import riminder
from airflow_talent.clients.riminder.lookups import find_filter, find_source
from airflow_talent.hooks.retries import VENDOR_RETRIES
from airflow_talent.hooks.riminder import RiminderHook
from airflow_talent.operators.riminder import (
    RiminderSetStageOperator,
    RiminderUploadResumesOperator,
)
from airflow_talent.operators.riminder_transfers import RiminderToRickRutOperator
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.sensors.rickrut import RickRutApplicantScoredSensor
from airflow_talent.sensors.riminder import RiminderProfileScoredSensor

TIMEZONE = "Europe/Berlin"
MOST_WAITED_FOR = 1000
"""Airflow maps over 1,024 at most; what is not waited for is scored by the next run."""


@dag(
    dag_display_name="Resume screening",
    description="Scores new resumes and invites the best to a test",
    schedule=CronTriggerTimetable("0 8 * * 1-5", timezone=TIMEZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    # A run waits a week for those it invited, so several are open at a time.
    max_active_runs=20,
    tags=["slack", "slack-report:C0HIRING"],
    default_args={
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": VENDOR_RETRIES,
    },
    params={
        "source": Param("Careers website", type="string", description="Riminder's, of type api"),
        "filter": Param("data-engineer", type="string", description="What resumes are scored for"),
        "opening": Param("software-engineer", type="string", description="RickRut's test"),
        "min_score": Param(0.6, type="number", minimum=0, description="As Riminder scores"),
        "score_within_hours": Param(1, type="number", exclusiveMinimum=0, maximum=24),
        "most_invited": Param(3, type="integer", minimum=0, maximum=50, description="In a run"),
    },
)
def resume_screening():
    uploaded = RiminderUploadResumesOperator(
        task_id="upload",
        source="{{ params.source }}",
        files="{{ var.value.talent_resumes }}",
        manifest="{{ var.value.talent_reports }}/uploads/{{ run_id }}.jsonl",
        max_active_tis_per_dag=1,
    )

    @task
    def list_new(manifest: str) -> list[str]:
        lines = map(json.loads, ObjectStoragePath(manifest).read_text().splitlines())
        new = [line["profile_reference"] for line in lines if line["outcome"] == "uploaded"]
        return new[:MOST_WAITED_FOR]

    # However many there are, one loop looks for all of them at once. A resume that cannot
    # be read is never scored, and no reason to fail.
    scored = RiminderProfileScoredSensor.partial(
        task_id="wait_for_scores",
        source="{{ params.source }}",
        filter="{{ params.filter }}",
        give_up_after="{{ params.score_within_hours * 3600 }}",
        soft_fail=True,
        deferrable=True,
    ).expand(profile_reference=list_new(uploaded.output["manifest"]))

    @task(trigger_rule="none_failed")
    def choose(params=None) -> list[str]:
        hook = RiminderHook()
        source_id = hook.follow(find_source(params["source"]))
        wanted = hook.follow(find_filter(params["filter"]))
        ranked = hook.iterate(riminder.list_profiles([source_id], sort_by="ranking", **wanted))
        fitting = takewhile(lambda p: (p.score or 0) >= params["min_score"], ranked)
        # Who has no address cannot be invited, and must not keep others from it.
        unseen = (p.profile_id for p in fitting if p.email and p.stage in (None, "NEW"))
        return list(islice(unseen, params["most_invited"]))

    @task_group
    def test(profile_id: str):
        invited = RiminderToRickRutOperator(
            task_id="invite",
            source="{{ params.source }}",
            profile_id=profile_id,
            opening="{{ params.opening }}",
            on_repeat="skip",
        )
        # Also for those who were invited before, so that they are not chosen again.
        stage = RiminderSetStageOperator(
            task_id="set_stage",
            source="{{ params.source }}",
            profile_id=profile_id,
            filter="{{ params.filter }}",
            stage="YES",
            trigger_rule="none_failed",
        )
        taken = RickRutApplicantScoredSensor(
            task_id="wait_for_test",
            applicant_id=invited.output["applicant_id"],
            timeout=timedelta(days=7),
            soft_fail=True,
            deferrable=True,
        )
        invited >> [stage, taken]
        return taken.output

    # Tells also when an invitation failed; what failed makes the run fail all the same,
    # because no task comes after the stage that is not set then.
    @task(trigger_rule="all_done")
    def tell(counts: dict, best: list | None, ti=None):
        if best is None:
            raise AirflowSkipException("the resumes were not screened")
        taken = filter(None, ti.xcom_pull("test.wait_for_test", map_indexes=range(len(best))))
        rows = [
            {
                "Applicant": test["applicant_id"],
                "Skill": float(test["skill_score"]),
                "Adequation": float(test["adequation_score"]),
            }
            for test in sorted(taken, key=lambda test: float(test["skill_score"]), reverse=True)
        ]
        result = SlackResult(
            text=f"New resumes: {counts.get('uploaded', 0)}. Fit for a test: {len(best)}.",
            fields={f"Files {kind.replace('_', ' ')}": count for kind, count in counts.items()},
            table=rows,
        )
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    best = choose()
    scored >> best
    test.expand(profile_id=best) >> tell(uploaded.output["counts"], best)


resume_screening()
