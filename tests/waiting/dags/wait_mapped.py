"""Waits whose ids come from other tasks, are mapped over, or are many at once."""

from airflow.sdk import Param, dag, task, task_group

from airflow_talent.sensors.vitay import VitayReferenceFilledSensor, VitayReferencesFilledSensor

DEFERRED = {"poke_interval": 1, "deferrable": True}


@dag(
    schedule=None,
    params={"reference_ids": Param(["none"], type="array"), "first": Param("none", type="string")},
    render_template_as_native_obj=False,
)
def wait_mapped():
    @task
    def ids(params=None):
        return params["reference_ids"]

    @task
    def as_arguments(reference_ids):
        return [{"reference_id": each} for each in reference_ids]

    @task
    def same(reference_id):
        return reference_id

    @task
    def pick(reference_ids, place):
        return reference_ids[place]

    found = ids()
    each = same.expand(reference_id=found)

    VitayReferenceFilledSensor.partial(task_id="expanded", **DEFERRED).expand(reference_id=found)
    VitayReferenceFilledSensor.partial(task_id="expanded_kwargs", **DEFERRED).expand_kwargs(
        as_arguments(found)
    )

    @task_group
    def in_group(reference_id):
        VitayReferenceFilledSensor(task_id="handed_on", reference_id=reference_id, **DEFERRED)
        VitayReferenceFilledSensor(task_id="literal", reference_id="{{ params.first }}", **DEFERRED)

    in_group.expand(reference_id=found)

    VitayReferencesFilledSensor(task_id="many_as_output", reference_ids=found, **DEFERRED)
    VitayReferencesFilledSensor(task_id="many_of_mapped", reference_ids=each, **DEFERRED)
    VitayReferencesFilledSensor(
        task_id="many_as_outputs", reference_ids=[pick(found, 0), pick(found, 1)], **DEFERRED
    )
    VitayReferencesFilledSensor(
        task_id="many_as_text", reference_ids="{{ params.reference_ids }}", **DEFERRED
    )
    VitayReferencesFilledSensor(
        task_id="many_as_json", reference_ids="{{ params.reference_ids | tojson }}", **DEFERRED
    )
    VitayReferencesFilledSensor(
        task_id="many_as_list", reference_ids=["{{ params.first }}"], **DEFERRED
    )
    pulled = VitayReferencesFilledSensor(
        task_id="many_pulled", reference_ids="{{ ti.xcom_pull('ids') }}", **DEFERRED
    )
    found >> pulled
    VitayReferencesFilledSensor(
        task_id="many_poking", reference_ids=found, poke_interval=1, deferrable=False
    )
    VitayReferencesFilledSensor(task_id="one_of_many", reference_ids=found, at_least=1, **DEFERRED)
    VitayReferencesFilledSensor.partial(task_id="many_expanded", **DEFERRED).expand(
        reference_ids=[["{{ params.first }}"], "{{ params.reference_ids }}"]
    )


@dag(schedule=None, default_args={"retries": 2})
def wait_nonsense():
    @task
    def nothing():
        return None

    @task
    def no_list():
        return {"reference_id": "r-1"}

    @task
    def none_at_all():
        return []

    VitayReferenceFilledSensor(task_id="no_id", reference_id=nothing(), **DEFERRED)
    VitayReferenceFilledSensor(task_id="a_list_for_an_id", reference_id=no_list(), **DEFERRED)
    VitayReferencesFilledSensor(task_id="no_ids", reference_ids=none_at_all(), **DEFERRED)
    VitayReferencesFilledSensor(task_id="no_list_of_ids", reference_ids=no_list(), **DEFERRED)
    VitayReferenceFilledSensor(
        task_id="a_key_that_nobody_pushed",
        reference_id="{{ ti.xcom_pull('nobody', key='nothing') }}",
        **DEFERRED,
    )
    VitayReferencesFilledSensor(
        task_id="more_than_there_are", reference_ids="{{ run_id }}", at_least="2", **DEFERRED
    )


wait_mapped()
wait_nonsense()
