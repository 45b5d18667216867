"""Both calls against the emulator, in each of its structures, and each way of being refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from airflow_talent.clients import rickrut
from airflow_talent.clients.errors import (
    AuthenticationFailed,
    BlockedBySafety,
    Conflict,
    DryRun,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    UnexpectedAnswer,
    VendorUnavailable,
)
from airflow_talent.clients.registry import endpoints_of
from airflow_talent.clients.rickrut.models import Applicant
from airflow_talent.tests.rickrut.world import OPENING, RickRutWorld
from airflow_talent.tests.vendors import NewRunner

ADA: dict[str, Any] = {
    "email": "ada@people.test",
    "opening": OPENING,
    "first_name": "Ada",
    "last_name": "Ray",
}


@pytest.mark.usefixtures("structure")
def test_somebody_who_is_registered_can_be_read(runner: Any, world: RickRutWorld) -> None:
    new = runner.run(rickrut.create_applicant(**ADA))

    assert (new.id, new.opening_id, new.status, new.step) == ("31415", "1", "INVITED", 0)
    assert (new.email, new.first_name, new.last_name) == (ADA["email"], "Ada", "Ray")
    assert (new.skill_score, new.adequation_score, new.recruiter_score) == (None, None, 0)
    assert (new.quizz_answers, new.poll_answers, new.case_answers) == ((), (), ())
    assert not new.is_scored
    assert [i["to"] for i in world.invitations()] == [ADA["email"]]
    assert runner.run(rickrut.show_applicant(new.id)) == new


@pytest.mark.usefixtures("structure")
def test_names_need_not_be_given(runner: Any) -> None:
    new = runner.run(rickrut.create_applicant("bo@people.test", "sales"))
    assert (new.first_name, new.last_name, new.opening_id) == (None, None, "2")


@pytest.mark.usefixtures("structure")
def test_answers_of_all_kinds_are_read(runner: Any, world: RickRutWorld) -> None:
    applicant_id = world.applicant()
    world.emulator.act(f"rickrut/applicants/{applicant_id}/poll")
    world.score(applicant_id, skill="15", adequation="0")

    applicant = runner.run(rickrut.show_applicant(applicant_id))

    assert applicant.is_scored
    assert (applicant.skill_score, applicant.adequation_score) == (Decimal("15.0"), Decimal(0))
    assert isinstance(applicant.skill_score, Decimal)
    assert (applicant.status, applicant.step, applicant.finished_at) == ("SCORED", 6, None)
    (quizz,), (poll,), (case,) = (
        applicant.quizz_answers,
        applicant.poll_answers,
        applicant.case_answers,
    )
    assert quizz.quizz_id == "28"
    assert poll.id.isdecimal()
    assert (case.value, case.duration, case.gibberish) == (None, 8, False)
    site = httpx.get(world.settings.file_url(case.audio_path), trust_env=False)
    assert (site.status_code, len(site.content)) == (200, 7313)


def test_both_structures_mean_the_same(runner: Any, world: RickRutWorld) -> None:
    applicant_id = world.applicant()
    world.score(applicant_id)
    seen: list[Applicant] = []
    for structure in ("flat", "jsonapi"):
        world.set(structure=structure, last_ip=False)
        seen.append(runner.run(rickrut.show_applicant(applicant_id)))

    flat, jsonapi = seen
    answers = {"quizz_answers", "poll_answers", "case_answers"}
    assert flat.model_dump(exclude=answers) == jsonapi.model_dump(exclude=answers)
    assert flat.case_answers[0].audio_path == jsonapi.case_answers[0].audio_path
    assert [a.id for a in flat.quizz_answers] == [a.id for a in jsonapi.quizz_answers]


def test_the_answer_is_kept_as_it_came(runner: Any, world: RickRutWorld) -> None:
    world.set(structure="jsonapi")
    applicant = runner.run(rickrut.show_applicant(world.applicant()))
    assert applicant.raw["data"]["type"] == "applicants"
    assert "raw" not in repr(applicant)
    assert "raw" not in applicant.model_dump()


@pytest.mark.parametrize(("setting", "other"), [("flat", "jsonapi"), ("jsonapi", "flat")])
def test_a_connection_may_take_one_structure_only(
    setting: str, other: str, new_runner: NewRunner, world: RickRutWorld
) -> None:
    runner, applicant_id = new_runner(structure=setting), world.applicant()
    world.set(structure=setting)
    assert runner.run(rickrut.show_applicant(applicant_id)).id == applicant_id
    world.set(structure=other)
    with pytest.raises(UnexpectedAnswer):
        runner.run(rickrut.show_applicant(applicant_id))


def test_times_of_both_precisions_are_read(runner: Any, world: RickRutWorld) -> None:
    world.emulator.set_clock("2016-10-27T09:03:06.345")
    applicant_id = world.applicant()
    world.score(applicant_id)
    applicant = runner.run(rickrut.show_applicant(applicant_id))
    whole = datetime(2016, 10, 27, 9, 3, 6, tzinfo=UTC)
    assert applicant.created_at == whole
    assert 345_000 <= applicant.quizz_answers[0].created_at.microsecond < 1_000_000


@pytest.mark.parametrize("errors", ["array", "object"])
@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"email": "ada"}, InvalidRequest, r"was refused: email \(HTTP 422, unprocessable_entity"),
        ({"email": ""}, InvalidRequest, r"was refused: email \(HTTP 400, wrong_params"),
        ({"opening": "astronaut"}, NotFound, r"opening \(HTTP 404, not_found"),
    ],
)
def test_a_refusal_names_what_is_wrong(
    errors: str, changes: Any, error: Any, text: str, runner: Any, world: RickRutWorld
) -> None:
    world.set(errors=errors)
    with pytest.raises(error, match=text):
        runner.run(rickrut.create_applicant(**{**ADA, **changes}))
    assert world.invitations() == []
    assert len(world.asked("POST")) == 1


@pytest.mark.parametrize("errors", ["array", "object"])
def test_somebody_who_is_there_is_a_conflict(errors: str, runner: Any, world: RickRutWorld) -> None:
    world.set(errors=errors)
    runner.run(rickrut.create_applicant(**ADA))
    with pytest.raises(Conflict) as caught:
        runner.run(rickrut.create_applicant(**ADA))
    assert ADA["email"] not in str(caught.value)
    assert len(world.invitations()) == 1


@pytest.mark.parametrize("errors", ["array", "object"])
@pytest.mark.parametrize("status", [400, 401])
def test_a_missing_key_is_an_authentication_error_however_it_comes(
    errors: str, status: int, new_runner: NewRunner, world: RickRutWorld
) -> None:
    world.set(missing_key_status=status, errors=errors)
    runner = new_runner(password=SecretStr(""))
    for call in (rickrut.show_applicant("1"), rickrut.create_applicant(**ADA)):
        with pytest.raises(AuthenticationFailed, match="check the connection"):
            runner.run(call)
    assert len(world.emulator.requests("rickrut")) == 2


def test_a_wrong_key_is_an_authentication_error_and_not_tried_again(
    new_runner: NewRunner, world: RickRutWorld
) -> None:
    with pytest.raises(AuthenticationFailed):
        new_runner(password=SecretStr("wrong")).run(rickrut.show_applicant("1"))
    assert len(world.asked()) == 1


def test_errors_without_a_body_of_their_own_are_told_by_status(
    runner: Any, world: RickRutWorld
) -> None:
    world.set(errors="absent")
    with pytest.raises(NotFound, match=r"applicant_id 404 \(HTTP 404\)"):
        runner.run(rickrut.show_applicant("404"))


def test_a_read_waits_as_long_as_the_usage_limit_asks(runner: Any, world: RickRutWorld) -> None:
    applicant_id = world.applicant()
    world.set(usage_limit=1, usage_window=0.8, retry_after=True)
    runner.run(rickrut.show_applicant(applicant_id))
    assert runner.run(rickrut.show_applicant(applicant_id)).id == applicant_id
    assert 429 in [r["status"] for r in world.asked()]


def test_an_invitation_is_not_repeated_for_the_usage_limit(
    runner: Any, world: RickRutWorld
) -> None:
    world.spoil("POST", "status", code=429, retry_after=7)
    with pytest.raises(RateLimited) as caught:
        runner.run(rickrut.create_applicant(**ADA))
    assert caught.value.retry_after == 7
    assert len(world.asked("POST")) == 1


@pytest.mark.parametrize("fault", ["refuse", "drop_before", "drop_after", "cut_body", "stall"])
def test_a_lost_read_is_repeated(fault: str, new_runner: NewRunner, world: RickRutWorld) -> None:
    applicant_id = world.applicant()
    runner = new_runner(timeout=0.3)
    world.spoil("GET", fault)
    assert runner.run(rickrut.show_applicant(applicant_id)).id == applicant_id
    assert len(world.asked()) == 2


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_read_that_always_fails_is_given_up(code: int, runner: Any, world: RickRutWorld) -> None:
    world.spoil("GET", "status", code=code, times=None)
    with pytest.raises(VendorUnavailable):
        runner.run(rickrut.show_applicant("1"))
    assert len(world.asked()) == 4


@pytest.mark.parametrize("fault", ["html", "wrong_shape"])
def test_an_answer_of_another_form_is_told(fault: str, runner: Any, world: RickRutWorld) -> None:
    world.spoil("GET", fault)
    with pytest.raises(UnexpectedAnswer):
        runner.run(rickrut.show_applicant("1"))


@pytest.mark.parametrize(
    ("fault", "invited"),
    [
        ({"fault": "refuse"}, 0),
        ({"fault": "stall"}, 0),
        ({"fault": "drop_before"}, 0),
        ({"fault": "drop_after"}, 1),
        ({"fault": "cut_body"}, 1),
        ({"fault": "html"}, 0),
        ({"fault": "wrong_shape"}, 0),
        ({"fault": "status", "code": 500}, 0),
        ({"fault": "status", "code": 302}, 0),
    ],
)
def test_an_invitation_whose_answer_is_lost_is_sent_once_and_unknown(
    fault: dict[str, Any], invited: int, new_runner: NewRunner, world: RickRutWorld
) -> None:
    world.spoil("POST", **fault)
    with pytest.raises(OutcomeUnknown):
        new_runner(timeout=0.3).run(rickrut.create_applicant(**ADA))
    assert (len(world.asked("POST")), len(world.invitations())) == (1, invited)


def test_the_recipient_is_known_without_a_read(new_runner: NewRunner, world: RickRutWorld) -> None:
    new_runner(allowed_recipients=("people.test",)).run(rickrut.create_applicant(**ADA))
    with pytest.raises(BlockedBySafety, match="allowed_recipients") as caught:
        new_runner(allowed_recipients=("safe.test",)).run(rickrut.create_applicant(**ADA))
    assert ADA["email"] not in str(caught.value)
    assert len(world.emulator.requests("rickrut")) == 1


def test_a_task_invites_as_many_as_it_may(new_runner: NewRunner, world: RickRutWorld) -> None:
    runner = new_runner(max_messages_per_run=2)
    for _ in range(2):
        runner.run(rickrut.create_applicant(world.address(), OPENING))
    with pytest.raises(BlockedBySafety, match=r"max_messages_per_run \(2\)"):
        runner.run(rickrut.create_applicant(world.address(), OPENING))
    assert len(world.invitations()) == 2


@pytest.mark.parametrize(("mode", "error"), [("read_only", BlockedBySafety), ("dry_run", DryRun)])
def test_a_mode_that_forbids_invites_nobody(
    mode: str, error: Any, new_runner: NewRunner, world: RickRutWorld
) -> None:
    with pytest.raises(error, match=mode):
        new_runner(mode=mode).run(rickrut.create_applicant(**ADA))
    assert world.emulator.requests("rickrut") == []


def test_read_only_lets_applicants_be_read(new_runner: NewRunner, world: RickRutWorld) -> None:
    applicant_id = world.applicant()
    runner = new_runner(mode="read_only")
    assert runner.run(rickrut.show_applicant(applicant_id)).id == applicant_id


@pytest.mark.parametrize("applicant_id", ["", "  ", ".."])
def test_an_id_that_means_another_path_is_refused(applicant_id: str) -> None:
    with pytest.raises(ValueError, match="applicant_id must"):
        rickrut.show_applicant(applicant_id)


def test_an_id_with_other_characters_stays_one_part_of_the_path(
    runner: Any, world: RickRutWorld
) -> None:
    with pytest.raises(NotFound):
        runner.run(rickrut.show_applicant("1/../2?x#y"))
    assert len(world.asked()) == 1


def test_both_documented_calls_are_there() -> None:
    assert {(e.method, e.path, e.effect) for e in endpoints_of("rickrut").values()} == {
        ("POST", "/applicants", "message"),
        ("GET", "/applicants/{applicant_id}", "read"),
    }
