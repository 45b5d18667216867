"""Screen new resumes on weekday mornings: score them, invite the best to a test, tell Slack.

Reads the folder in the Airflow variable ``talent_resumes``, such as
``s3://aws_default@bucket/resumes``, and leaves the files there; what Riminder has
already is not sent again. Recruiters start it at other times by
``/talent resume_screening``, and with a file of theirs it screens that one resume only, which
is then kept in a folder of the run's name below the other one. The summary goes to the Slack
channel in the tag: put your own channel's id there.

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
from airflow_talent.operators.slack import SlackFileToStorageOperator
from airflow_talent.provider.contracts import SLACK_RESULT, SlackAction, SlackResult
from airflow_talent.sensors.rickrut import RickRutApplicantScoredSensor
from airflow_talent.sensors.riminder import RiminderProfileScoredSensor

TIMEZONE = "Europe/Berlin"
MOST_WAITED_FOR = 1000
"""Airflow maps over 1,024 at most; what is not waited for is scored by the next run."""

FOLDER = "{{ var.value.talent_resumes }}{{ '/' ~ run_id if params.resume else '' }}"
"""Where the run's resumes are: the folder itself, or one below it for a file from Slack."""


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
        "resume": Param(
            None,
            type=["null", "string"],
            format="slack-file",
            filetypes=["pdf", "doc", "docx", "odt", "rtf", "png", "jpg"],
            title="Resume",
            description="Screens this file only; without one, what is new in the folder",
            section="Resumes",
        ),
        "source": Param(
            "Careers website",
            type="string",
            title="Source",
            description="Where Riminder adds them, id or name",
            section="Resumes",
        ),
        "filter": Param(
            "data-engineer",
            type="string",
            title="Filter",
            description="What they are scored for, as it is called at Riminder",
            section="Resumes",
        ),
        "score_within_hours": Param(
            1,
            type="number",
            exclusiveMinimum=0,
            maximum=24,
            title="Hours to wait for scores",
            description="What takes longer is seen to by the next run",
            section="Resumes",
        ),
        "min_score": Param(
            0.6,
            type="number",
            minimum=0,
            title="Lowest score",
            description="From which on people are invited",
            section="Invitations",
        ),
        "most_invited": Param(
            3,
            type="integer",
            minimum=0,
            maximum=50,
            title="Most invitations",
            description="RickRut writes to the best only",
            section="Invitations",
        ),
        "opening": Param(
            "software-engineer",
            type="string",
            title="Opening",
            description="Whose test is taken, as it is called at RickRut",
            section="Invitations",
        ),
    },
)
def resume_screening():
    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def is_file_given(params=None) -> bool:
        return params["resume"] is not None

    fetched = SlackFileToStorageOperator(
        task_id="fetch", file_id="{{ params.resume }}", folder=FOLDER
    )
    uploaded = RiminderUploadResumesOperator(
        task_id="upload",
        source="{{ params.source }}",
        files=FOLDER,
        manifest="{{ var.value.talent_reports }}/uploads/{{ run_id }}.jsonl",
        max_active_tis_per_dag=1,
        trigger_rule="none_failed",
    )

    @task
    def list_new(manifest: str, params=None) -> list[str]:
        # Who gives a file wants to hear of it, also when Riminder has it already.
        wanted = {"uploaded", "already_there"} if params["resume"] else {"uploaded"}
        lines = map(json.loads, ObjectStoragePath(manifest).read_text().splitlines())
        new = [line["profile_reference"] for line in lines if line["outcome"] in wanted]
        return new[:MOST_WAITED_FOR]

    new = list_new(uploaded.output["manifest"])
    # However many there are, one loop looks for all of them at once. A resume that cannot
    # be read is never scored, and no reason to fail.
    scored = RiminderProfileScoredSensor.partial(
        task_id="wait_for_scores",
        source="{{ params.source }}",
        filter="{{ params.filter }}",
        give_up_after="{{ params.score_within_hours * 3600 }}",
        soft_fail=True,
        deferrable=True,
    ).expand(profile_reference=new)

    @task(trigger_rule="none_failed")
    def choose(new: list[str], params=None) -> list[str]:
        hook = RiminderHook()
        source_id = hook.follow(find_source(params["source"]))
        wanted = hook.follow(find_filter(params["filter"]))
        ranked = hook.iterate(riminder.list_profiles([source_id], sort_by="ranking", **wanted))
        fitting = takewhile(lambda p: (p.score or 0) >= params["min_score"], ranked)
        # Who has no address cannot be invited, and must not keep others from it.
        unseen = (p for p in fitting if p.email and p.stage in (None, "NEW"))
        if params["resume"]:
            unseen = (profile for profile in unseen if profile.profile_reference in new)
        return [profile.profile_id for profile in islice(unseen, params["most_invited"])]

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
    def tell(counts: dict, best: list | None, params=None, ti=None):
        if best is None:
            raise AirflowSkipException("the resumes were not screened")
        if params["resume"]:
            (profile,) = ti.xcom_pull("wait_for_scores", map_indexes=range(1))
            is_invited = any(ti.xcom_pull("test.invite", map_indexes=range(len(best))))
            ti.xcom_push(SLACK_RESULT, describe(profile, params, is_invited=is_invited).as_xcom())
            return
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

    best = choose(new)
    is_file_given() >> fetched >> uploaded
    scored >> best
    test.expand(profile_id=best) >> tell(uploaded.output["counts"], best)


def describe(profile, params, *, is_invited):
    """What became of the one resume that somebody has given."""
    if profile is None:
        return SlackResult(text="The resume was not scored in time; it may not be readable.")
    forward = SlackAction(
        workflow="profile_forward",
        params={"profile": profile["profile_id"], "source": params["source"]},
        label="Put on a mailing list",
    )
    same = {name: params[name] for name in ("resume", "source", "filter", "opening")}
    invite = SlackAction(
        workflow="resume_screening",
        params={**same, "min_score": 0},
        label="Invite to the test all the same",
    )
    is_fit = profile["score"] >= params["min_score"]
    text = "The resume is fit for a test." if is_fit else "The resume scores too low for a test."
    return SlackResult(
        text=text,
        fields={"Score": round(profile["score"], 3), "Invited now": "yes" if is_invited else "no"},
        actions=[forward] if is_fit else [invite, forward],
    )


resume_screening()
