"""Each step at RickRut, on its own or with those that it is compared with."""

from datetime import timedelta

from airflow.sdk import Param, dag

from airflow_talent.operators.rickrut import RickRutCreateApplicantOperator, RickRutOperator
from airflow_talent.sensors.rickrut import RickRutApplicantScoredSensor

AT_ONCE = {"retries": 2, "retry_delay": timedelta(0)}

INVITED = {
    "email": Param("nobody@people.test", type="string"),
    "opening": Param("software-engineer", type="string"),
    "first_name": Param(None, type=["string", "null"]),
}

APPLICANT = {"applicant_id": Param("0", type=["string", "integer"])}


def invite(task_id, **arguments):
    return RickRutCreateApplicantOperator(
        task_id=task_id,
        **{
            "email_address": "{{ params.email }}",
            "opening": "{{ params.opening }}",
            "first_name": "{{ params.first_name }}",
            **arguments,
        },
    )


@dag(schedule=None, default_args=AT_ONCE, params=INVITED)
def rickrut_invite():
    invited = invite("invite")
    RickRutOperator(
        task_id="show",
        call="show_applicant",
        arguments={"applicant_id": invited.output["applicant_id"]},
    )


@dag(schedule=None, default_args=AT_ONCE, params=INVITED)
def rickrut_invite_anew():
    invite("invite", on_unknown="resend")


@dag(schedule=None, default_args=AT_ONCE, params=INVITED)
def rickrut_invite_again():
    invite("invite", repeat=True)


@dag(schedule=None, default_args=AT_ONCE, params=INVITED)
def rickrut_modes():
    for mode in ("read_only", "dry_run", "restricted", "wrong_key", "one_message"):
        invite(f"{mode}_invite", rickrut_conn_id=f"rickrut_{mode}")
    RickRutOperator(
        task_id="read_only_show",
        rickrut_conn_id="rickrut_read_only",
        call="show_applicant",
        arguments={"applicant_id": "31415"},
    )


@dag(schedule=None, default_args=AT_ONCE, params=INVITED)
def rickrut_invite_by_call():
    RickRutOperator(
        task_id="invite",
        call="create_applicant",
        arguments={"email": "{{ params.email }}", "opening": "{{ params.opening }}"},
    )


@dag(schedule=None, default_args=AT_ONCE, params=APPLICANT, render_template_as_native_obj=True)
def rickrut_wait():
    for mode, arguments in {
        "poking": {"deferrable": False},
        "rescheduled": {"deferrable": False, "mode": "reschedule"},
        "deferred": {"deferrable": True},
    }.items():
        RickRutApplicantScoredSensor(
            task_id=mode,
            applicant_id="{{ params.applicant_id }}",
            poke_interval=1,
            timeout=30,
            **arguments,
        )


@dag(schedule=None, default_args=AT_ONCE)
def rickrut_endings():
    waits = {
        "gone": {"applicant_id": "404"},
        "gone_softly": {"applicant_id": "404", "soft_fail": True},
        "wrong_key": {"applicant_id": "31415", "rickrut_conn_id": "rickrut_wrong_key"},
        "late": {"applicant_id": "31415", "give_up_after": "0.5"},
    }
    for deferrable in (True, False):
        for ending, arguments in waits.items():
            RickRutApplicantScoredSensor(
                task_id=f"{'deferred' if deferrable else 'poking'}_{ending}",
                poke_interval=0.2,
                deferrable=deferrable,
                **arguments,
            )


@dag(schedule=None, default_args=AT_ONCE, params=INVITED)
def rickrut_skip():
    invite("invite", on_repeat="skip")


@dag(schedule=None, params={"applicants": Param([], type="array")})
def rickrut_wait_for_many():
    for number in range(12):
        RickRutApplicantScoredSensor(
            task_id=f"wait_{number}",
            applicant_id=f"{{{{ params.applicants[{number}] }}}}",
            poke_interval=1,
            timeout=120,
            deferrable=True,
        )


rickrut_invite()
rickrut_invite_anew()
rickrut_invite_again()
rickrut_modes()
rickrut_invite_by_call()
rickrut_wait()
rickrut_endings()
rickrut_skip()
rickrut_wait_for_many()
