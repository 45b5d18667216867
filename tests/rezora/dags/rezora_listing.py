"""Putting contacts on lists at Rezora."""

from datetime import timedelta

from airflow.sdk import Param, dag

from airflow_talent.operators.rezora import RezoraAddToListOperator

AT_ONCE = {"retries": 2, "retry_delay": timedelta(0)}

TEXT = {"type": ["string", "null"]}

PLACE = {
    "email": Param(None, **TEXT),
    "contact_id": Param(None, **TEXT),
    "list": Param("Current Prospects", **TEXT),
}


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


rezora_add_in_vain()
rezora_add()
rezora_add_and_create()
rezora_add_anybody()
