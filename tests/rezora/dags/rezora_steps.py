"""Each step at Rezora, on its own or with those that it is compared with."""

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

PERSON = {
    "email": Param("nobody@people.test", **TEXT),
    "name": Param(None, **TEXT),
    "kind": Param(None, **TEXT),
    "mobile": Param(None, **TEXT),
}

PLACE = {
    "email": Param(None, **TEXT),
    "contact_id": Param(None, **TEXT),
    "list": Param("Current Prospects", **TEXT),
}


def save(task_id="save", **arguments):
    return RezoraSaveContactOperator(
        task_id=task_id,
        email_address="{{ params.email }}",
        contact_name="{{ params.name }}",
        contact_type="{{ params.kind }}",
        details={"contact_phone_mobile": "{{ params.mobile }}"},
        **arguments,
    )


def add(task_id="add", **arguments):
    return RezoraAddToListOperator(
        **{
            "task_id": task_id,
            "mailing_list": "{{ params.list }}",
            "email_address": "{{ params.email }}",
            "contact_id": "{{ params.contact_id }}",
            **arguments,
        }
    )


@dag(schedule=None, default_args=AT_ONCE, params=PERSON)
def rezora_save():
    save()


@dag(schedule=None, default_args=AT_ONCE)
def rezora_save_in_vain():
    RezoraSaveContactOperator.partial(task_id="save").expand_kwargs(
        [
            {"email_address": "john.smith@company.test", "contact_type": "Hot"},
            {"email_address": " "},
            {"email_address": None},
            {"email_address": "without-a-name@people.test"},
            {"email_address": "nowhere", "contact_name": "Ada"},
            {"email_address": "a@people.test", "contact_name": "Ada", "contact_type": "Cold"},
            {"email_address": "a@people.test", "contact_name": "Ada", "details": "text"},
        ]
    )


@dag(schedule=None, default_args=AT_ONCE)
def rezora_add_in_vain():
    prospects = {"mailing_list": "Current Prospects"}
    jane = {"contact_id": "123457"}
    RezoraAddToListOperator.partial(task_id="add").expand_kwargs(
        [
            prospects,
            {**prospects, **jane, "email_address": "jane.smith@company.test"},
            {**prospects, "contact_id": "999"},
            {**prospects, "email_address": "nobody@people.test"},
            {**jane, "mailing_list": "Nowhere"},
            {**jane, "mailing_list": "999"},
            {**jane, "mailing_list": " "},
        ]
    )


@dag(schedule=None, default_args=AT_ONCE, params=PLACE)
def rezora_add():
    add()


@dag(schedule=None, default_args=AT_ONCE, params=PLACE)
def rezora_add_and_create():
    add(create_list=True)


@dag(schedule=None, default_args=AT_ONCE, params=PLACE)
def rezora_add_anybody():
    add(allow_unsubscribed=True, allow_self=True)


@dag(schedule=None, default_args=AT_ONCE, params=PERSON)
def rezora_follow_up():
    saved = save()
    RezoraAddToListOperator(
        task_id="add",
        mailing_list="Hot Leads",
        contact_id=saved.output["contact_id"],
        create_list=True,
    )


@dag(schedule=None, default_args=AT_ONCE, params=PERSON)
def rezora_modes():
    for mode in ("read_only", "dry_run", "wrong_password", "company"):
        save(f"{mode}_save", rezora_conn_id=f"rezora_{mode}")
    add("restricted_add", rezora_conn_id="rezora_restricted", contact_id=None)


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


rezora_save()
rezora_save_in_vain()
rezora_add_in_vain()
rezora_add()
rezora_add_and_create()
rezora_add_anybody()
rezora_follow_up()
rezora_modes()
rezora_calls()
rezora_export()
rezora_wait()
rezora_wait_for_many()
rezora_endings()
