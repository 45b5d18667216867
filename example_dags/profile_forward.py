"""Forward one profile from Riminder to a mailing list at Rezora, once its resume is read.

Started from Slack by ``/talent profile_forward profile=… mailing_list=…``. The person is
saved as a contact, or the contact with the same address is updated; from then on they
**get the mail that is sent to the list**. Who has unsubscribed is not put on it, and the
run fails and says so. Name and address go from Riminder to Rezora and nowhere else.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from airflow_talent.operators.rezora import RezoraAddToListOperator
from airflow_talent.operators.riminder_transfers import RiminderToRezoraOperator
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.sensors.riminder import RiminderProfileParsedSensor


@dag(
    dag_display_name="Profile forwarding",
    description="Puts the person of a Riminder profile on a Rezora list",
    schedule=None,
    max_active_runs=100,
    tags=["slack"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "profile": Param(
            type="string",
            minLength=1,
            title="Profile",
            description="Its id at Riminder",
            section="At Riminder",
        ),
        "source": Param(
            "Careers website",
            type="string",
            title="Source",
            description="Where the profile came in, id or name",
            section="At Riminder",
        ),
        "mailing_list": Param(
            type="string",
            minLength=1,
            title="Mailing list",
            description="Id or name; the person gets its mail from then on",
            section="At Rezora",
        ),
    },
)
def profile_forward():
    profile = {"source": "{{ params.source }}", "profile_id": "{{ params.profile }}"}
    parsed = RiminderProfileParsedSensor(
        task_id="wait_until_read", timeout=timedelta(hours=1), deferrable=True, **profile
    )
    saved = RiminderToRezoraOperator(task_id="save_contact", **profile)
    listed = RezoraAddToListOperator(
        task_id="add_to_list",
        contact_id=saved.output["contact_id"],
        mailing_list="{{ params.mailing_list }}",
    )

    @task
    def tell(contact: dict, place: dict, params=None, ti=None):
        known = "new" if contact["is_new"] else "known already"
        added = "is on the list now" if place["is_new"] else "was on the list already"
        text = f"Contact {contact['contact_id']} ({known}) {added}: {params['mailing_list']}"
        ti.xcom_push(SLACK_RESULT, SlackResult(text=text).as_xcom())

    parsed >> saved
    tell(saved.output, listed.output)


profile_forward()
