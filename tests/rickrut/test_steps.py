"""The steps in DAGs: one invitation whatever happens, and every mode of a connection."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from airflow_talent.clients import rickrut
from airflow_talent.clients.rickrut.api import RickRutApi
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.rickrut.records import KEY
from airflow_talent.operators.rickrut import RickRutCreateApplicantOperator, RickRutOperator
from airflow_talent.sensors.rickrut import RickRutApplicantScoredSensor
from airflow_talent.tests.rickrut.world import OPENING, RickRutWorld
from airflow_talent.tests.vendors import Connect, Run


def test_an_invitation_hands_on_ids_and_nothing_of_the_person(
    run: Run, world: RickRutWorld
) -> None:
    ran = run("rickrut_invite", email=world.address(), first_name="Ada")

    assert ran.state == "success"
    assert ran.result("invite") == {
        "applicant_id": "31415",
        "opening_id": "1",
        "status": "INVITED",
    }
    shown = ran.result("show")
    assert (shown["first_name"], shown["last_name"], shown["skill_score"]) == ("Ada", None, None)
    assert len(world.invitations()) == 1


@pytest.mark.parametrize("fault", ["drop_after", "cut_body"])
def test_a_lost_answer_is_left_to_a_person(fault: str, run: Run, world: RickRutWorld) -> None:
    email = world.address()
    world.spoil("POST", fault)

    ran = run("rickrut_invite", email=email)

    assert ran.task("invite") == ("failed", 2)
    assert len(world.asked("POST")) == 1
    assert run("rickrut_invite", email=email).task("invite") == ("failed", 1)
    assert len(world.asked("POST")) == 1


def test_whoever_says_so_invites_again_after_a_lost_answer(run: Run, world: RickRutWorld) -> None:
    world.spoil("POST", "drop_before")

    ran = run("rickrut_invite_anew", email=world.address())

    assert ran.task("invite") == ("success", 2)
    assert len(world.invitations()) == 1


def test_inviting_again_shows_that_the_lost_answer_had_happened(
    run: Run, world: RickRutWorld
) -> None:
    world.spoil("POST", "drop_after")

    ran = run("rickrut_invite_anew", email=world.address())

    assert ran.task("invite") == ("failed", 2)
    assert len(world.invitations()) == 1


def test_a_refusal_leaves_nothing_behind(run: Run, world: RickRutWorld) -> None:
    email = world.address()
    assert run("rickrut_invite", email=email, opening="astronaut").task("invite") == ("failed", 1)
    world.spoil("POST", "status", code=422)
    assert run("rickrut_invite", email=email).task("invite") == ("failed", 1)

    assert run("rickrut_invite", email=email).state == "success"


def test_a_used_up_usage_limit_is_tried_again(run: Run, world: RickRutWorld) -> None:
    world.spoil("POST", "status", code=429, retry_after=0)

    assert run("rickrut_invite", email=world.address()).task("invite") == ("success", 2)
    assert len(world.invitations()) == 1


def test_another_run_does_not_invite_the_same_again(run: Run, world: RickRutWorld) -> None:
    email = world.address()
    run("rickrut_invite", email=email)

    again = run("rickrut_invite", email=email.upper())

    assert again.task("invite") == ("failed", 1)
    assert run("rickrut_skip", email=email).task("invite") == ("skipped", 1)
    assert run("rickrut_invite", email=email, opening="sales").state == "success"
    assert len(world.asked("POST")) == 2


def test_whoever_says_so_asks_again_and_is_told_that_the_applicant_is_there(
    run: Run, world: RickRutWorld
) -> None:
    email = world.address()
    run("rickrut_invite", email=email)

    assert run("rickrut_invite_again", email=email).task("invite") == ("failed", 1)
    world.set(same_again="create")
    assert run("rickrut_invite_again", email=email).state == "success"
    assert len(world.invitations()) == 2


def test_somebody_invited_by_hand_is_no_success_and_may_be_skipped(
    run: Run, world: RickRutWorld
) -> None:
    email = world.address()
    with Runner(RickRutApi(world.settings)) as runner:
        runner.run(rickrut.create_applicant(email, OPENING))
    before = len(world.asked("POST"))

    assert run("rickrut_invite", email=email).task("invite") == ("failed", 1)
    assert run("rickrut_skip", email=email).task("invite") == ("skipped", 1)
    # Each was asked at the vendor: what the vendor refuses is not remembered as sent.
    assert len(world.asked("POST")) == before + 2


@pytest.mark.parametrize("params", [{"email": " "}, {"opening": "None"}])
def test_an_empty_argument_fails_at_once(
    params: dict[str, str], run: Run, world: RickRutWorld
) -> None:
    assert run("rickrut_invite", **params).task("invite") == ("failed", 1)
    assert world.emulator.requests("rickrut") == []


def test_a_connection_that_forbids_is_obeyed_at_once(
    run: Run, world: RickRutWorld, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connect("rickrut_read_only", extra={"mode": "read_only"})
    connect("rickrut_dry_run", extra={"mode": "dry_run"})
    connect("rickrut_restricted", extra={"allowed_recipients": "allowed.test"})
    connect("rickrut_wrong_key", password="wrong-key")
    connect("rickrut_one_message", extra={"max_messages_per_run": 0})
    world.applicant()

    ran = run("rickrut_modes", email=world.address())

    assert {task: ran.task(f"{task}_invite") for task in MODES} == MODES
    assert ran.result("read_only_show")["id"] == "31415"
    assert world.invitations() == []
    assert [r["status"] for r in world.asked("POST")] == [401]
    assert KEY not in caplog.text
    assert "wrong-key" not in caplog.text


MODES = {
    "read_only": ("failed", 1),
    "dry_run": ("skipped", 1),
    "restricted": ("failed", 1),
    "wrong_key": ("failed", 1),
    "one_message": ("failed", 1),
}


def test_an_invitation_by_call_is_sent_once_too(run: Run, world: RickRutWorld) -> None:
    world.spoil("POST", "drop_after")

    assert run("rickrut_invite_by_call", email=world.address()).task("invite") == ("failed", 2)
    assert len(world.asked("POST")) == 1


def test_a_wait_gives_the_same_result_in_every_mode(run: Run, world: RickRutWorld) -> None:
    (applicant_id,) = world.applicants(1)
    world.score(applicant_id, skill="15", adequation="0")

    ran = run("rickrut_wait", applicant_id=int(applicant_id))

    assert ran.state == "success"
    results = [ran.result(mode) for mode in ("poking", "rescheduled", "deferred")]
    assert results == 3 * [
        {
            "applicant_id": applicant_id,
            "status": "SCORED",
            "skill_score": "15.0",
            "adequation_score": "0.0",
            "step": 6,
        }
    ]


def test_every_other_ending_is_the_same_in_every_mode(
    run: Run, world: RickRutWorld, connect: Connect
) -> None:
    connect("rickrut_wrong_key", password="wrong-key")
    late = world.applicant()
    world.score(late, skill=None, adequation="0")

    ran = run("rickrut_endings")

    assert {
        (mode, ending): ran.task(f"{mode}_{ending}")
        for mode in ("poking", "deferred")
        for ending in ENDINGS
    } == {(mode, ending): ENDINGS[ending] for mode in ("poking", "deferred") for ending in ENDINGS}


ENDINGS = {
    "gone": ("failed", 1),
    "gone_softly": ("skipped", 1),
    "wrong_key": ("failed", 1),
    "late": ("failed", 1),
}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: RickRutCreateApplicantOperator(task_id="t", email_address="", opening="o"),
            "email_address must not be empty",
        ),
        (
            lambda: RickRutCreateApplicantOperator(task_id="t", email_address="a@b.c", opening=" "),
            "opening must not be empty",
        ),
        (
            lambda: RickRutCreateApplicantOperator(
                task_id="t",
                email_address="a@b.c",
                opening="o",
                on_unknown="perhaps",
            ),
            "on_unknown must be one of fail, resend",
        ),
        (lambda: RickRutOperator(task_id="t", call="list_applicants"), "no call"),
        (
            lambda: RickRutOperator(task_id="t", call="show_applicant", arguments={"id": "1"}),
            "missing a required argument: 'applicant_id'",
        ),
        (lambda: RickRutApplicantScoredSensor(task_id="t", applicant_id=""), "applicant_id must"),
    ],
)
def test_what_cannot_work_is_refused_when_the_dag_is_parsed(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_sensor_looks_every_five_minutes_unless_told_otherwise() -> None:
    assert RickRutApplicantScoredSensor(task_id="t", applicant_id="1").poke_interval == 300


def test_the_link_leads_to_the_site_of_the_connection(run: Run, world: RickRutWorld) -> None:
    ran = run("rickrut_invite", email=world.address())
    assert ran.result("invite", "_link_RickRutLink") == f"{world.emulator.url}/"


def test_templates_never_hold_the_key() -> None:
    step = RickRutCreateApplicantOperator(task_id="t", email_address="a@b.c", opening=OPENING)
    assert set(step.template_fields) == {"email_address", "opening", "first_name", "last_name"}


def test_an_invitation_that_may_be_repeated_is_known_to_others(
    run: Run, world: RickRutWorld
) -> None:
    email = world.address()
    world.set(same_again="create")
    run("rickrut_invite_again", email=email)
    run("rickrut_invite_again", email=email)
    assert len(world.invitations()) == 2

    assert run("rickrut_invite", email=email).task("invite") == ("failed", 1)
    assert len(world.invitations()) == 2
