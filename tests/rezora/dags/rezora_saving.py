"""Saving contacts at Rezora."""

from datetime import timedelta

from airflow.sdk import Param, dag

from airflow_talent.operators.rezora import RezoraSaveContactOperator

AT_ONCE = {"retries": 2, "retry_delay": timedelta(0)}

TEXT = {"type": ["string", "null"]}

PERSON = {
    "email": Param("nobody@people.test", **TEXT),
    "name": Param(None, **TEXT),
    "kind": Param(None, **TEXT),
    "mobile": Param(None, **TEXT),
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


rezora_save()
rezora_save_in_vain()
