"""Each step at Riminder, on its own or with those that it is compared with."""

from datetime import timedelta

from airflow.sdk import Param, dag

from airflow_talent.operators.riminder import (
    RiminderAddProfileOperator,
    RiminderDeleteProfileOperator,
    RiminderExplainScoreOperator,
    RiminderExportProfilesOperator,
    RiminderOperator,
    RiminderSetRatingOperator,
    RiminderSetStageOperator,
    RiminderUploadResumeOperator,
    RiminderUploadResumesOperator,
)
from airflow_talent.sensors.riminder import RiminderProfileParsedSensor, RiminderProfileScoredSensor

AT_ONCE = {"retries": 2, "retry_delay": timedelta(0)}

FILE = {
    "source": Param("Careers website", type="string"),
    "file": Param("", type="string"),
    "reference": Param(None, type=["string", "null"]),
    "conn_id": Param("riminder_default", type="string"),
}

FOLDER = {
    "source": Param("Careers website", type="string"),
    "files": Param("", type="string"),
    "manifest": Param("", type="string"),
}

PROFILE = {
    "source": Param("Careers website", type="string"),
    "reference": Param("r-1", type="string"),
    "filter": Param("Data engineer", type="string"),
    "stage": Param("later", type=["string", "null"]),
    "rating": Param(3, type=["integer", "string", "null"]),
}

OF_PROFILE = {"source": "{{ params.source }}", "profile_reference": "{{ params.reference }}"}

OF_FILTER = {**OF_PROFILE, "filter": "{{ params.filter }}"}


def upload(task_id="upload", **arguments):
    return RiminderUploadResumeOperator(
        task_id=task_id,
        **{
            "source": "{{ params.source }}",
            "file": "{{ params.file }}",
            "profile_reference": "{{ params.reference }}",
            **arguments,
        },
    )


@dag(schedule=None, default_args=AT_ONCE, params={**FILE, "folder": ""})
def riminder_whole_way():
    uploaded = upload()
    profile = {
        "source": uploaded.output["source_id"],
        "profile_reference": uploaded.output["profile_reference"],
    }
    about = {**profile, "filter": "data-engineer"}
    parsed = RiminderProfileParsedSensor(task_id="parsed", poke_interval=0.1, **profile)
    scored = RiminderProfileScoredSensor(task_id="scored", poke_interval=0.1, **about)
    stage = RiminderSetStageOperator(task_id="stage", stage="yes", **about)
    rating = RiminderSetRatingOperator(task_id="rating", rating=4, **about)
    explained = RiminderExplainScoreOperator(
        task_id="explain", path="{{ params.folder }}/explanation.json", **about
    )
    exported = RiminderExportProfilesOperator(
        task_id="export",
        path="{{ params.folder }}/profiles.csv",
        sources=["Careers website"],
        filter="Data engineer",
    )
    parsed >> scored >> [stage, rating] >> explained >> exported


@dag(schedule=None, default_args=AT_ONCE, params=FILE)
def riminder_upload():
    upload(riminder_conn_id="riminder_default")


@dag(schedule=None, default_args=AT_ONCE, params=FILE)
def riminder_upload_blind():
    upload("fail", riminder_conn_id="riminder_write")


@dag(schedule=None, default_args=AT_ONCE, params=FILE)
def riminder_modes():
    for mode in ("read_only", "dry_run", "wrong_key"):
        upload(f"{mode}_upload", riminder_conn_id=f"riminder_{mode}")
        RiminderUploadResumesOperator(
            task_id=f"{mode}_folder",
            riminder_conn_id=f"riminder_{mode}",
            source="{{ params.source }}",
            files="{{ params.file.rpartition('/')[0] }}",
            manifest="{{ params.file }}.manifest.jsonl",
        )
        RiminderSetStageOperator(
            task_id=f"{mode}_stage",
            riminder_conn_id=f"riminder_{mode}",
            source="{{ params.source }}",
            profile_reference="r-1",
            filter="data-engineer",
            stage="NO",
        )


def folder(**arguments):
    return RiminderUploadResumesOperator(
        task_id="upload",
        source="{{ params.source }}",
        files="{{ params.files }}",
        manifest="{{ params.manifest }}",
        max_bytes=20_000,
        **arguments,
    )


@dag(schedule=None, default_args=AT_ONCE, params=FOLDER)
def riminder_folder():
    folder()


@dag(schedule=None, default_args=AT_ONCE, params=FOLDER)
def riminder_folder_blind():
    folder(riminder_conn_id="riminder_write")


@dag(schedule=None, default_args=AT_ONCE, params=FOLDER)
def riminder_folder_blind_again():
    folder(riminder_conn_id="riminder_write", on_unknown="resend")


@dag(
    schedule=None,
    default_args=AT_ONCE,
    params={**PROFILE, "reference": Param(None, type=["string", "null"]), "profile": {}},
    render_template_as_native_obj=True,
)
def riminder_add_profile():
    RiminderAddProfileOperator(
        task_id="add",
        source="{{ params.source }}",
        profile="{{ params.profile }}",
        profile_reference="{{ params.reference }}",
    )


@dag(schedule=None, default_args=AT_ONCE, params=PROFILE)
def riminder_feedback():
    RiminderSetStageOperator(task_id="stage", stage="{{ params.stage }}", **OF_FILTER)
    RiminderSetRatingOperator(task_id="rating", rating="{{ params.rating }}", **OF_FILTER)
    RiminderExplainScoreOperator(task_id="explain", **OF_FILTER)


@dag(schedule=None, default_args=AT_ONCE, params=PROFILE)
def riminder_delete():
    RiminderDeleteProfileOperator(task_id="delete", **OF_PROFILE)


@dag(schedule=None, default_args=AT_ONCE, params=PROFILE)
def riminder_by_call():
    RiminderOperator(task_id="sources", call="list_sources")
    RiminderOperator(
        task_id="search",
        call="list_profiles",
        arguments={"source_ids": ["50" + "0" * 37 + "1"]},
    )
    RiminderOperator(task_id="nobody", call="show_source", arguments={"source_id": "0"})


@dag(schedule=None, default_args=AT_ONCE, params=PROFILE)
def riminder_wait():
    for kind in (RiminderProfileParsedSensor, RiminderProfileScoredSensor):
        of = OF_PROFILE if kind is RiminderProfileParsedSensor else OF_FILTER
        name = kind.__name__.removeprefix("RiminderProfile").removesuffix("Sensor").lower()
        common = {**of, "poke_interval": 0.2, "timeout": 5, "retries": 0}
        kind(task_id=f"{name}_poking", **common)
        kind(task_id=f"{name}_rescheduled", mode="reschedule", **common)
        kind(task_id=f"{name}_deferred", deferrable=True, **common)


@dag(schedule=None, params={"references": Param(["r-0"], type="array")})
def riminder_wait_for_many():
    for number in range(5):
        RiminderProfileScoredSensor(
            task_id=f"wait_{number}",
            source="Careers website",
            filter="Data engineer",
            profile_reference=f"{{{{ params.references[{number}] }}}}",
            poke_interval=1,
            timeout=120,
            deferrable=True,
        )


riminder_whole_way()
riminder_upload()
riminder_upload_blind()
riminder_modes()
riminder_folder()
riminder_folder_blind()
riminder_folder_blind_again()
riminder_add_profile()
riminder_feedback()
riminder_delete()
riminder_by_call()
riminder_wait()
riminder_wait_for_many()
