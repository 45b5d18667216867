"""Every step that changes something, on its own connection's default; the params say to whom."""

from datetime import timedelta

from airflow.sdk import dag

from airflow_talent.operators.rezi import ReziCreateResumeOperator, ReziUpgradePlanOperator
from airflow_talent.operators.rezora import RezoraAddToListOperator, RezoraSaveContactOperator
from airflow_talent.operators.rickrut import RickRutCreateApplicantOperator
from airflow_talent.operators.riminder import (
    RiminderAddProfileOperator,
    RiminderDeleteProfileOperator,
    RiminderSetRatingOperator,
    RiminderSetStageOperator,
    RiminderUploadResumeOperator,
    RiminderUploadResumesOperator,
)
from airflow_talent.operators.riminder_transfers import (
    RiminderToRezoraOperator,
    RiminderToRickRutOperator,
)
from airflow_talent.operators.vitay import (
    VitayCreateCandidateOperator,
    VitayCreateReferenceOperator,
    VitayCreateReferenceRequestOperator,
    VitayDownloadReportOperator,
)

PERSON = {"email_address": "{{ params.email }}", "first_name": "Ada", "last_name": "Ray"}
SOURCE = {"source": "Careers website"}
RETRIED = {"retries": 1, "retry_delay": timedelta(seconds=0)}


@dag(schedule=None, params={"email": "", "folder": "", "reference_id": ""})
def tell_at_vitay():
    candidate = VitayCreateCandidateOperator(task_id="create", **PERSON).output["candidate_id"]
    VitayCreateReferenceRequestOperator(task_id="ask", candidate_id=candidate)
    VitayCreateReferenceOperator(
        task_id="add",
        candidate_id=candidate,
        **{**PERSON, "email_address": "referee-of-{{ params.email }}"},
    )
    VitayDownloadReportOperator(
        task_id="report",
        kind="references",
        record_id="{{ params.reference_id }}",
        folder="{{ params.folder }}",
    )


@dag(schedule=None, params={"email": "", "folder": ""})
def tell_at_riminder():
    added = RiminderAddProfileOperator(
        task_id="add",
        profile={"name": "Ada Ray", "email": "{{ params.email }}"},
        profile_reference="{{ run_id }}",
        **SOURCE,
    )
    profile = {**SOURCE, "profile_id": added.output["profile_id"]}
    job = {**profile, "filter": "data-engineer"}
    staged = RiminderSetStageOperator(task_id="stage", stage="YES", **job)
    rated = RiminderSetRatingOperator(task_id="rate", rating=3, **job)
    invited = RiminderToRickRutOperator(task_id="invite", opening="sales", **profile)
    saved = RiminderToRezoraOperator(task_id="save", **profile)
    deleted = RiminderDeleteProfileOperator(task_id="delete", **profile)
    [staged, rated, invited, saved] >> deleted
    RiminderUploadResumeOperator(task_id="upload", file="{{ params.folder }}/one.pdf", **SOURCE)
    RiminderUploadResumesOperator(
        task_id="upload_all",
        files="{{ params.folder }}/all",
        manifest="{{ params.folder }}/manifest.jsonl",
        **SOURCE,
    )


@dag(schedule=None, params={"email": "", "user_email": "", "user_id": ""})
def tell_elsewhere():
    RickRutCreateApplicantOperator(task_id="invite", opening="sales", **PERSON)
    ReziUpgradePlanOperator(
        task_id="upgrade", email_address="{{ params.user_email }}", plan_id="plan_lifetime"
    )
    ReziCreateResumeOperator(task_id="write", user_id="{{ params.user_id }}", name="Engineer")
    contact = RezoraSaveContactOperator(
        task_id="save", email_address="{{ params.email }}", contact_name="Ada Ray"
    )
    RezoraAddToListOperator(
        task_id="list",
        contact_id=contact.output["contact_id"],
        mailing_list="{{ params.email }}",
        create_list=True,
    )


class FailsAfterwards(VitayCreateReferenceRequestOperator):
    """Fails when the first try has done what it should."""

    def act(self, context):
        result = super().act(context)
        if context["ti"].try_number == 1:
            raise RuntimeError("the effect is done and its outcome stored")
        return result


@dag(schedule=None, params={"candidate_id": ""})
def tell_once():
    FailsAfterwards(task_id="ask", candidate_id="{{ params.candidate_id }}", **RETRIED)


@dag(schedule=None, params={"email": ""})
def tell_mapped():
    VitayCreateCandidateOperator.partial(
        task_id="create",
        **{**PERSON, "email_address": "{{ ti.map_index }}-{{ params.email }}"},
    ).expand(internal_id=["first", "second"])


@dag(schedule=None, params={"email": ""})
def tell_in_vain():
    VitayCreateCandidateOperator(task_id="dry", vitay_conn_id="vitay_dry", **PERSON)
    VitayCreateCandidateOperator(task_id="taken_over", **PERSON)
    RezoraSaveContactOperator(
        task_id="unchanged",
        email_address="jane.smith@company.test",
        contact_name="{{ params.name }}",
    )


tell_at_vitay()
tell_at_riminder()
tell_elsewhere()
tell_once()
tell_mapped()
tell_in_vain()
