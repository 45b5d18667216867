"""Other steps at Rezora, several steps in a row, and waits."""

from datetime import timedelta

from airflow.sdk import Param, dag

from airflow_talent.operators.rezora import (
    RezoraAddToListOperator,
    RezoraExportOperator,
    RezoraOperator,
    RezoraSaveContactOperator,
)
from airflow_talent.sensors.rezora import RezoraContactExistsSensor

AT_ONCE = {"retries": 2, "retry_delay": timedelta(0)}

TEXT = {"type": ["string", "null"]}

PERSON = {"email": Param("nobody@people.test", **TEXT), "name": Param(None, **TEXT)}


@dag(schedule=None, default_args=AT_ONCE, params=PERSON)
def rezora_follow_up():
    saved = RezoraSaveContactOperator(
        task_id="save",
        email_address="{{ params.email }}",
        contact_name="{{ params.name }}",
    )
    RezoraAddToListOperator(
        task_id="add",
        mailing_list="Hot Leads",
        contact_id=saved.output["contact_id"],
        create_list=True,
    )


@dag(schedule=None, default_args=AT_ONCE, params={"email": Param("", **TEXT)})
def rezora_modes():
    for mode in ("read_only", "dry_run", "wrong_password", "company"):
        RezoraSaveContactOperator(
            task_id=f"{mode}_save",
            email_address="{{ params.email }}",
            contact_type="Hot",
            rezora_conn_id=f"rezora_{mode}",
        )
    RezoraAddToListOperator(
        task_id="restricted_add",
        email_address="{{ params.email }}",
        mailing_list="Current Prospects",
        rezora_conn_id="rezora_restricted",
    )


@dag(schedule=None, default_args=AT_ONCE, params={"list": Param("1235", type="string")})
def rezora_calls():
    RezoraOperator(
        task_id="rename",
        call="rename_list",
        arguments={"list_id": "{{ params.list }}", "list_name": "Hot Leads"},
    ) >> [
        RezoraOperator(task_id="show", call="list_lists"),
        RezoraOperator(
            task_id="empty",
            call="remove_all_contacts_from_list",
            arguments={"list_id": "{{ params.list }}", "confirm": "delete all"},
            allow_effect="delete",
        ),
        RezoraOperator(
            task_id="empty_by_mistake",
            call="delete_all_contacts",
            arguments={"confirm": "yes"},
            allow_effect="delete",
        ),
    ]


@dag(schedule=None, default_args=AT_ONCE, params={"folder": Param("", type="string")})
def rezora_export():
    for form in ("jsonl", "csv", "parquet"):
        RezoraExportOperator(
            task_id=form,
            index="list_contacts",
            path=f"{{{{ params.folder }}}}/contacts.{form}",
            format=form,
        )
    RezoraExportOperator(
        task_id="members",
        index="list_memberships",
        arguments={"list_id": "1234"},
        path="{{ params.folder }}/members.jsonl",
        format="jsonl",
    )
    RezoraExportOperator(
        task_id="agents",
        index="list_agents",
        path="{{ params.folder }}/agents.csv",
        format="csv",
        rezora_conn_id="rezora_company",
    )


@dag(schedule=None, default_args=AT_ONCE, params=PERSON)
def rezora_wait():
    for mode, arguments in {
        "poking": {"deferrable": False},
        "rescheduled": {"deferrable": False, "mode": "reschedule"},
        "deferred": {"deferrable": True},
    }.items():
        RezoraContactExistsSensor(
            task_id=mode,
            email_address="{{ params.email }}",
            poke_interval=1,
            timeout=60,
            **arguments,
        )


@dag(schedule=None, default_args=AT_ONCE, params={"emails": Param([], type="array")})
def rezora_wait_for_many():
    for number in range(8):
        RezoraContactExistsSensor(
            task_id=f"wait_{number}",
            email_address=f"{{{{ params.emails[{number}] }}}}",
            poke_interval=1,
            timeout=120,
            deferrable=True,
        )


@dag(schedule=None, default_args=AT_ONCE)
def rezora_endings():
    waits = {
        "wrong_password": {"rezora_conn_id": "rezora_wrong_password"},
        "wrong_level": {"rezora_conn_id": "rezora_company"},
        "late": {"give_up_after": "0.5"},
        "late_softly": {"give_up_after": "0.5", "soft_fail": True},
    }
    for deferrable in (True, False):
        for ending, arguments in waits.items():
            RezoraContactExistsSensor(
                task_id=f"{'deferred' if deferrable else 'poking'}_{ending}",
                email_address="nobody@people.test",
                poke_interval=0.2,
                deferrable=deferrable,
                **arguments,
            )


rezora_follow_up()
rezora_modes()
rezora_calls()
rezora_export()
rezora_wait()
rezora_wait_for_many()
rezora_endings()
