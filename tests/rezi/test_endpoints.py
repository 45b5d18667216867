"""Every endpoint through the client, against the emulator in each way to tell errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from airflow_talent.clients import rezi
from airflow_talent.clients.calls import Call
from airflow_talent.clients.errors import (
    AuthenticationFailed,
    BlockedBySafety,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
    VendorUnavailable,
)
from airflow_talent.clients.registry import endpoints_of
from airflow_talent.clients.rezi.models import User
from airflow_talent.tests.rezi.world import LIFETIME, MONTHLY, RESUME, USER, ReziWorld
from airflow_talent.tests.vendors import NewRunner

EMAIL = "demo.writer@people.test"

CALLS: dict[str, Callable[[], Call[Any]]] = {
    "show_access_token": rezi.show_access_token,
    "create_user_token": lambda: rezi.create_user_token("bo@people.test", "uid"),
    "list_users": rezi.list_users,
    "show_user": lambda: rezi.show_user(USER),
    "list_resumes": lambda: rezi.list_resumes(USER),
    "create_resume": lambda: rezi.create_resume(USER, name="CV"),
    "show_resume": lambda: rezi.show_resume(RESUME),
    "download_resume": lambda: rezi.download_resume(RESUME),
    "show_score": lambda: rezi.show_score(RESUME),
    "upgrade_plan": lambda: rezi.upgrade_plan(EMAIL, MONTHLY),
}

UNKNOWN = [
    rezi.show_user("nobody"),
    rezi.list_resumes("nobody"),
    rezi.create_resume("nobody"),
    rezi.show_resume("none"),
    rezi.download_resume("none"),
    rezi.show_score("none"),
]


def test_all_ten_endpoints_are_called_here() -> None:
    assert set(CALLS) == set(endpoints_of("rezi"))
    assert len(CALLS) == 10


@pytest.mark.parametrize("token_mode", ["long_lived", "short_lived"])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_succeeds(
    name: str, token_mode: str, error_mode: str, new_runner: NewRunner
) -> None:
    assert new_runner(token_mode=token_mode).run(CALLS[name]()) is not None


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_key_is_an_authentication_error(
    name: str, error_mode: str, new_runner: NewRunner, world: ReziWorld
) -> None:
    runner = new_runner(password=SecretStr("wrong"))
    with pytest.raises(AuthenticationFailed):
        runner.run(CALLS[name]())
    assert world.asked() == 1


@pytest.mark.parametrize("call", UNKNOWN, ids=str)
def test_an_unknown_id_is_named_in_the_error(call: Call[Any], error_mode: str, runner: Any) -> None:
    # Inside a 200 nothing but the code, which is not documented, tells what is unknown.
    expected = NotFound if error_mode == "endpoint" else InvalidRequest
    with pytest.raises(expected, match=r"_id no(body|ne).*(user|resume)-01"):
        runner.run(call)


@pytest.mark.parametrize("path", ["user_id", "resume_id"])
@pytest.mark.parametrize("wrong", ["", "  ", "a/b", ".", ".."])
def test_what_is_no_id_is_refused_before_anything_is_sent(path: str, wrong: str) -> None:
    call = rezi.show_user if path == "user_id" else rezi.download_resume
    with pytest.raises(ValueError, match=path):
        call(wrong)
    with pytest.raises(ValueError, match="user_id"):
        rezi.upgrade_plan(EMAIL, MONTHLY, user_id=wrong)


def test_an_id_is_one_part_of_the_path_whatever_it_holds(runner: Any, world: ReziWorld) -> None:
    with pytest.raises(NotFound):
        runner.run(rezi.show_user("a b?c#d%2F"))
    assert world.emulator.requests("rezi")[-1]["path"] == "/user/a b?c#d%2F"


def test_records_have_the_vendors_fields_by_our_names(runner: Any, world: ReziWorld) -> None:
    (user,) = runner.run(rezi.list_users())
    assert (user.id, user.email, user.plan_id) == (USER, EMAIL, None)
    assert user.created_at.tzinfo is not None
    assert runner.run(rezi.show_user(USER)) == user

    made = runner.run(
        rezi.create_resume(
            USER,
            name="CV",
            job_title="Cook",
            job_description="Cooks",
            job_company="Inn",
            template="plain",
            data={"summary": "x"},
        )
    )
    assert runner.run(rezi.show_resume(made.id)) == made
    assert (made.name, made.job_title, made.data) == ("CV", "Cook", {"summary": "x"})
    assert made.model_extra["jobCompany"] == "Inn"
    assert [resume.id for resume in runner.run(rezi.list_resumes(USER))] == [made.id, RESUME]
    assert runner.run(rezi.show_score(made.id)).score is None
    world.score(64)
    assert runner.run(rezi.show_score(RESUME)).score == 64


def test_a_user_is_made_and_signed_in_with_one_call(runner: Any) -> None:
    uid = rezi.uid_of(" Bo@People.test", "secret")
    first = runner.run(rezi.create_user_token(" Bo@People.test", uid))
    again = runner.run(rezi.create_user_token("bo@people.test", uid))
    assert first.user_id == again.user_id
    with pytest.raises(AuthenticationFailed):
        runner.run(rezi.create_user_token("bo@people.test", "other"))


def test_a_plan_is_bought(runner: Any, world: ReziWorld) -> None:
    bought = runner.run(rezi.upgrade_plan(EMAIL, MONTHLY, ai_token_id="ai_credits_100"))
    assert (bought.plan_id, bought.status) == (MONTHLY, "active")
    assert bought.current_period_end > bought.current_period_start
    assert runner.run(rezi.upgrade_plan(EMAIL, LIFETIME)).current_period_end is None
    assert len(world.charges()) == 2
    assert runner.run(rezi.show_user(USER)).plan_id == LIFETIME


def test_the_path_of_upgrades_is_the_connections(new_runner: NewRunner, world: ReziWorld) -> None:
    world.set(upgrade_alias=True)
    runner = new_runner(upgrade_path="/user/{userID}/upgrade")
    with pytest.raises(BlockedBySafety, match="names the user by id"):
        runner.run(rezi.upgrade_plan(EMAIL, MONTHLY))
    assert world.asked() == 0
    runner.run(rezi.upgrade_plan(EMAIL, MONTHLY, user_id=USER))
    assert world.asked(f"/user/{USER}/upgrade") == 1


def test_upgrades_may_have_a_host_of_their_own(new_runner: NewRunner, world: ReziWorld) -> None:
    elsewhere = f"{world.emulator.url}/rezi/v1/plan/upgrade"
    runner = new_runner(base_url="http://127.0.0.1:1/v1", upgrade_path=elsewhere)
    runner.run(rezi.upgrade_plan(EMAIL, MONTHLY))
    assert world.asked("/plan/upgrade") == 1


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"allowed_plans": (LIFETIME,)}, "allowed_plans are plan_lifetime"),
        ({"allowed_recipients": ("company.test",)}, "allowed_recipients"),
        ({"max_messages_per_run": 0}, "max_messages_per_run"),
        ({"mode": "read_only"}, "read_only"),
        ({"mode": "dry_run"}, "dry_run"),
    ],
)
def test_a_connection_can_forbid_purchases(
    settings: dict[str, Any], match: str, new_runner: NewRunner, world: ReziWorld
) -> None:
    with pytest.raises(BlockedBySafety, match=match):
        new_runner(**settings).run(rezi.upgrade_plan(EMAIL, MONTHLY))
    assert world.asked() == 0


def test_a_read_is_repeated_after_a_fault(runner: Any, world: ReziWorld) -> None:
    for fault in ("drop_before", "drop_after", "cut_body", "refuse", "html"):
        world.spoil("/users", fault)
        assert len(runner.run(rezi.list_users())) == 1
    assert world.asked("/users") == 10


@pytest.mark.parametrize("fault", ["drop_after", "cut_body", "html", "wrong_shape"])
@pytest.mark.parametrize("name", ["upgrade_plan", "create_resume", "create_user_token"])
def test_a_lost_answer_to_a_change_is_not_asked_for_again(
    name: str, fault: str, runner: Any, world: ReziWorld
) -> None:
    world.spoil("", fault)
    with pytest.raises(OutcomeUnknown):
        runner.run(CALLS[name]())
    assert world.asked() == 1


@pytest.mark.parametrize("code", [500, 502, 503])
def test_a_purchase_that_the_vendor_failed_at_is_not_repeated(
    code: int, runner: Any, world: ReziWorld
) -> None:
    world.spoil("upgrade", "status", code=code, retry_after=0)
    with pytest.raises(OutcomeUnknown):
        runner.run(rezi.upgrade_plan(EMAIL, MONTHLY))
    assert world.asked("upgrade") == 1
    assert world.charges() == []


def test_too_many_requests_are_waited_out_for_reads_alone(runner: Any, world: ReziWorld) -> None:
    world.spoil("", "status", code=429, retry_after=0, times=2)
    runner.run(rezi.show_user(USER))
    assert world.asked() == 3
    world.spoil("", "status", code=429, retry_after=0, times=2)
    with pytest.raises(RateLimited):
        runner.run(rezi.upgrade_plan(EMAIL, MONTHLY))
    assert world.asked("upgrade") == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, InvalidRequest),
        (405, InvalidRequest),
        (409, VendorError),
        (410, NotFound),
        (413, InvalidRequest),
        (415, InvalidRequest),
        (422, InvalidRequest),
        (302, UnexpectedAnswer),
        (504, VendorUnavailable),
    ],
)
def test_a_status_that_is_not_documented_has_its_usual_meaning(
    code: int, kind: type[VendorError], runner: Any, world: ReziWorld
) -> None:
    world.spoil("", "status", code=code, times=None)
    with pytest.raises(kind, match="connect-01"):
        runner.run(rezi.show_user(USER))


def test_an_index_is_walked(runner: Any, world: ReziWorld) -> None:
    world.emulator.act("rezi/seed", users=50)
    users: list[User] = list(runner.iterate(rezi.list_users()))
    assert len({user.id for user in users}) == 51
    assert world.asked() == 1
