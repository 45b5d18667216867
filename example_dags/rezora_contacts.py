"""Put hired people on a Rezora list each night, from a CSV that an applicant system writes.

The file is named by the Airflow variable ``talent_hired``, such as
``s3://aws_default@bucket/hired.csv``, and has the columns ``email`` and ``name``. Who is
no contact yet becomes one; who is not on the list is put on it, and **gets the mail that
is sent to the list from then on**. Nobody is taken off, and who has unsubscribed is left
alone. The rows go from the file to Rezora and nowhere else.
"""

import csv
from collections import Counter
from datetime import timedelta

import pendulum
from airflow.sdk import CronTriggerTimetable, ObjectStoragePath, Param, Variable, dag, task
from airflow.sdk.exceptions import AirflowFailException

from airflow_talent.clients import rezora
from airflow_talent.clients.rezora.calls import find_contacts_by_email, normal
from airflow_talent.hooks.retries import VENDOR_RETRIES
from airflow_talent.hooks.rezora import RezoraHook
from airflow_talent.operators.rezora import find_list

TIMEZONE = "Europe/Berlin"


@dag(
    dag_display_name="Hired people to Rezora",
    description="Puts hired people on a mailing list",
    schedule=CronTriggerTimetable("0 2 * * *", timezone=TIMEZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": VENDOR_RETRIES,
    },
    params={
        "mailing_list": Param(
            "New colleagues",
            type="string",
            minLength=1,
            title="Mailing list",
            description="Its name; it is made if it is missing",
        )
    },
)
def rezora_contacts():
    # One task, so that no row has to stand in an XCom. It looks before it writes, so
    # another try goes on where one was cut off.
    @task
    def sync(params=None) -> dict[str, int]:
        hired = read_hired(ObjectStoragePath(Variable.get("talent_hired")))
        hook = RezoraHook()
        # Rezora cannot search: one look at everybody is cheaper than one for each.
        known: dict[str, list] = {}
        for contact in hook.run(find_contacts_by_email(hired)):
            known.setdefault(normal(contact.contact_email), []).append(contact)
        list_id = find_list(hook.run(rezora.list_lists()), params["mailing_list"])
        list_id = list_id or hook.run(rezora.create_list(params["mailing_list"])).list_id
        listed = {place.contact_id for place in hook.run(rezora.list_memberships(list_id))}
        counts = Counter(hired=len(hired))
        for address, row in hired.items():
            contacts = known.get(address, [])
            if any(contact.is_self or contact.is_unsubscribed for contact in contacts):
                counts["left alone"] += 1
                continue
            if not contacts and not row["name"]:
                counts["without a name"] += 1
                continue
            if not contacts:
                fields = {"contact_name": row["name"], "contact_email": row["email"].strip()}
                contact_id = hook.run(rezora.create_contact(fields)).contact_id
                counts["new contacts"] += 1
            else:
                contact_id = contacts[0].contact_id
            if contact_id not in listed:
                hook.run(rezora.add_contact_to_list(list_id, contact_id))
                counts["new on the list"] += 1
        return dict(counts)

    sync()


def read_hired(path: ObjectStoragePath) -> dict[str, dict[str, str]]:
    """The rows of the file by e-mail address; rows without one are left out."""
    with path.open("r", newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if missing := {"email", "name"} - {*(rows.fieldnames or ())}:
            raise AirflowFailException(f"{path} has no column {' and no '.join(sorted(missing))}")
        return {normal(row["email"]): row for row in rows if "@" in (row["email"] or "")}


rezora_contacts()
