"""DAGs that take the records of their runs, and one that tells of some."""

from datetime import timedelta

import pendulum
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Param, dag, task

from airflow_talent.assets import rickrut, vitay
from airflow_talent.emulator.client import Emulator
from airflow_talent.operators.rickrut import RickRutTakeScoredApplicantsOperator
from airflow_talent.operators.riminder import (
    RiminderTakeParsedProfilesOperator,
    RiminderTakeScoredProfilesOperator,
)
from airflow_talent.operators.vitay import (
    VitayTakeFilledReferencesOperator,
    VitayTakeFilledRequestsOperator,
)

IDS = {"record_ids": Param([], type="array")}
AT_ONCE = {"retries": 1, "retry_delay": timedelta(0)}
GIVEN = "{{ params.record_ids | join(',') }}"


@task
def handle(record):
    return record


def take_references():
    taken = VitayTakeFilledReferencesOperator(task_id="take", record_ids=GIVEN)
    handle.expand(record=taken.output)


dag(dag_id="take_when_told", schedule=None, params=IDS, default_args=AT_ONCE)(take_references)()
dag(dag_id="take_elsewhere", schedule=None, params=IDS)(take_references)()
dag(
    dag_id="take_on_asset",
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 0 1 1 *", timezone="UTC"),
        assets=[vitay.references_filled()],
    ),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    params=IDS,
    tags=["on:vitay:reference.completed"],
    default_args=AT_ONCE,
)(take_references)()


class Stumbles(VitayTakeFilledReferencesOperator):
    """Fails when the first try has taken what it should."""

    def act(self, context):
        taken = super().act(context)
        if context["ti"].try_number == 1:
            raise RuntimeError("the records are taken")
        return taken


class MeetsAFault(RickRutTakeScoredApplicantsOperator):
    """Fails when the first try has taken what it should; in the second the vendor fails."""

    def act(self, context):
        params = context["params"]
        emulator = Emulator(params["emulator"])
        emulator.clear_faults()
        if context["ti"].try_number == 2:
            path = f"applicants/{params['applicant_id']}"
            emulator.fault("rickrut", "GET", path, "status", code=503, times=None)
        taken = super().act(context)
        if context["ti"].try_number == 1:
            raise RuntimeError("the records are taken")
        return taken


@dag(
    schedule=None,
    default_args={**AT_ONCE, "retries": 2},
    params={"emulator": "", "applicant_id": ""},
)
def take_and_meet_a_fault():
    MeetsAFault(task_id="take")


@dag(schedule=None, default_args=AT_ONCE)
def take_and_stumble():
    Stumbles(task_id="take")


@dag(schedule=None, params=IDS)
def take_at_most_two():
    VitayTakeFilledReferencesOperator(task_id="take", record_ids=GIVEN, at_most=2)


@dag(schedule=None, params=IDS)
def take_many():
    VitayTakeFilledReferencesOperator(task_id="take", record_ids=GIVEN)


@dag(schedule=None)
def take_requests():
    VitayTakeFilledRequestsOperator(task_id="take")


@dag(schedule=None)
def take_applicants():
    RickRutTakeScoredApplicantsOperator(task_id="take")


@dag(schedule=None, params={"extra": Param({}, type="object")})
def tell_of_applicants():
    @task(outlets=[rickrut.applicants_scored()])
    def tell(params=None, outlet_events=None):
        outlet_events[rickrut.applicants_scored()].extra = params["extra"]

    tell()


@dag(schedule=None, params={"source": "Careers website"})
def take_profiles():
    RiminderTakeParsedProfilesOperator(task_id="parsed", source="{{ params.source }}")
    RiminderTakeScoredProfilesOperator(
        task_id="scored", source="{{ params.source }}", filter="data-engineer"
    )


@dag(schedule=None, params={"extra": Param({}, type="object")})
def tell_of_references():
    @task(outlets=[vitay.references_filled()])
    def tell(params=None, outlet_events=None):
        outlet_events[vitay.references_filled()].extra = params["extra"]

    tell()


take_and_meet_a_fault()
take_and_stumble()
take_at_most_two()
take_many()
take_requests()
take_applicants()
tell_of_applicants()
take_profiles()
tell_of_references()
