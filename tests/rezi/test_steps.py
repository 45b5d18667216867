"""The steps in DAGs: one purchase whatever happens, and every mode of a connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from airflow.sdk.log import redact  # type: ignore[attr-defined]  # it is there

from airflow_talent.clients.rezi import uid_of
from airflow_talent.operators import once
from airflow_talent.operators import rezi as steps
from airflow_talent.operators.rezi import (
    ReziCreateResumeOperator,
    ReziDownloadResumeOperator,
    ReziEnsureUserOperator,
    ReziExportUsersOperator,
    ReziFindPurchasesOperator,
    ReziLink,
    ReziOperator,
    ReziUpgradePlanOperator,
)
from airflow_talent.sensors.rezi import ReziResumeScoredSensor
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.rezi.conftest import CONN_ID
from airflow_talent.tests.rezi.world import LIFETIME, MONTHLY, RESUME, USER, ReziWorld
from airflow_talent.tests.vendors import Connect

DAGS = Path(__file__).parent / "dags"
EMAIL = "demo.writer@people.test"

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "READ_BACK_AFTER", 0)
    monkeypatch.setattr(steps, "SIGN_IN_AGAIN_AFTER", 0)


@pytest.fixture
def run(offline_airflow: OfflineAirflow, world: ReziWorld) -> Run:
    """Runs a DAG to its end."""
    offline_airflow.add_dags(*DAGS.glob("*.py"))

    def run(dag_id: str, **params: Any) -> Any:
        return offline_airflow.run(dag_id, params)

    return run


@pytest.fixture
def writer(world: ReziWorld, http: httpx.Client) -> str:
    """The address of a new user, whom nothing was bought for in any test."""
    email = world.address()
    sign_in(http, email)
    return email


def sign_in(http: httpx.Client, email: str, uid: str = "their-own") -> int:
    """Be a user, without us; returns the status."""
    return http.post("/user/token", json={"email": email, "uid": uid}).status_code


def ended(ran: Any, task_id: str) -> tuple[str, int]:
    """A task's state, and how often it was tried."""
    ti = ran.get_task_instance(task_id)
    return str(ti.state), int(ti.try_number)


def result(ran: Any, task_id: str, key: str = "return_value") -> Any:
    return ran.get_task_instance(task_id).xcom_pull(task_ids=task_id, key=key)


def test_a_user_is_made_once_and_found_ever_after(run: Run, world: ReziWorld) -> None:
    email = world.address()
    first = run("rezi_ensure", email=email)
    again = run("rezi_ensure", email=f" {email.upper()} ")

    assert result(first, "ensure") == result(again, "ensure")
    assert result(first, "ensure").keys() == {"user_id"}
    assert result(first, "show")["email"] == email
    assert len(world.users()) == 2


def test_a_user_signs_in_with_a_hash_of_the_address(
    run: Run, world: ReziWorld, http: httpx.Client
) -> None:
    email = world.address()
    run("rezi_ensure", email=email)
    assert sign_in(http, email, uid_of(email, world.connection["extra"]["uid_secret"])) == 200
    assert sign_in(http, email, "another") == 401


def test_a_user_whom_the_answer_does_not_name_is_looked_up(run: Run, world: ReziWorld) -> None:
    world.set(sends_user_id=False)
    email = world.address()
    ran = run("rezi_ensure", email=email)
    assert result(ran, "show")["email"] == email


@pytest.mark.parametrize("fault", ["drop_after", "cut_body", "html"])
def test_a_lost_sign_in_is_asked_for_again_at_once(fault: str, run: Run, world: ReziWorld) -> None:
    world.spoil("/user/token", fault)
    ran = run("rezi_ensure", email=world.address())
    assert ended(ran, "ensure") == ("success", 1)
    assert len(world.users()) == 2


def test_a_user_with_another_uid_is_told_as_a_wrong_credential(
    run: Run, world: ReziWorld, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    email = world.address()
    run("rezi_ensure", email=email)
    connect("rezi_default", extra={"uid_secret": "changed"})
    assert ended(run("rezi_ensure", email=email), "ensure") == ("failed", 1)
    assert "has the connection's uid_secret changed since?" in capsys.readouterr().out


def test_a_link_is_made_only_when_it_is_asked_for_and_masked_in_logs(
    run: Run, world: ReziWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run("rezi_link", email=world.address())

    linked = result(ran, "link")
    (token,) = parse_qs(urlsplit(linked["sign_in_link"]).query)["token"]
    assert len(token.split(".")) == 3
    until = datetime.fromisoformat(linked["valid_until"]) - datetime.now(UTC)
    assert timedelta(minutes=54) < until < timedelta(minutes=56)
    assert token not in capsys.readouterr().out
    assert redact(f"to {token}") == "to ***"


def test_a_plan_is_bought_for_a_user(run: Run, writer: str, world: ReziWorld) -> None:
    ran = run("rezi_buy", email=writer)

    bought = result(ran, "buy")
    assert (bought["plan_id"], bought["status"]) == (MONTHLY, "active")
    assert datetime.fromisoformat(bought["period_end"]) > datetime.now(UTC)
    (charge,) = world.charges()
    assert (charge["to"], charge["subject"]) == (writer, "Pro, monthly with AI credits")


def test_nothing_is_bought_for_somebody_who_is_no_user(
    run: Run,
    world: ReziWorld,
    http: httpx.Client,
    error_mode: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    email = world.address()

    ran = run("rezi_buy", email=email)

    assert ended(ran, "buy") == ("failed", 1)
    said = capsys.readouterr().out
    assert "the user must exist (ReziEnsureUserOperator makes one)" in said
    assert email not in said
    assert world.asked("upgrade") == 1
    sign_in(http, email)
    assert ended(run("rezi_buy", email=email), "buy") == ("success", 1)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "html"])
def test_a_lost_purchase_is_left_to_a_person_at_once(
    fault: str, run: Run, writer: str, world: ReziWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.spoil("upgrade", fault)

    ran = run("rezi_buy", email=writer)

    assert ended(ran, "buy") == ("failed", 1)
    said = capsys.readouterr().out
    assert "it may have happened" in said
    assert "look at Rezi's invoice" in said
    assert ended(run("rezi_buy", email=writer), "buy") == ("failed", 1)
    assert world.asked("upgrade") == 1


def test_a_lost_purchase_is_made_anew_by_nobody_but_who_clears_its_task(
    run: Run, writer: str, world: ReziWorld
) -> None:
    world.spoil("upgrade", "drop_after")
    ran = run("rezi_buy_anew", email=writer)
    assert ended(ran, "buy") == ("failed", 1)
    assert len(world.charges()) == 1


@pytest.mark.parametrize("fault", ["refuse", "status"])
def test_a_purchase_that_surely_did_not_happen_is_tried_again(
    fault: str, run: Run, writer: str, world: ReziWorld, connect: Connect
) -> None:
    if fault == "status":
        world.spoil("upgrade", "status", code=429, retry_after=0)
    else:
        connect("rezi_default", extra={"token_mode": "short_lived"})
        world.spoil("/accessToken", "drop_after")
    ran = run("rezi_buy", email=writer)
    assert ended(ran, "buy") == ("success", 2)
    assert len(world.charges()) == 1


def test_another_run_does_not_buy_the_same_again(
    run: Run, writer: str, world: ReziWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    run("rezi_buy", email=writer)

    again = run("rezi_buy", email=f" {writer.upper()}")

    assert ended(again, "buy") == ("failed", 1)
    assert "not sent, because rezi_buy.buy of run" in capsys.readouterr().out
    assert world.asked("upgrade") == 1
    assert ended(run("rezi_buy", email=writer, plan=LIFETIME), "buy") == ("success", 1)
    assert ended(run("rezi_buy_again", email=writer), "buy") == ("success", 1)


def test_an_upgrade_path_may_name_the_user(run: Run, world: ReziWorld, connect: Connect) -> None:
    world.set(upgrade_alias=True)
    connect("rezi_by_id", extra={"upgrade_path": "/user/{userID}/upgrade"})

    ran = run("rezi_buy_by_id", email=world.address())

    user_id = result(ran, "ensure")["user_id"]
    assert ended(ran, "buy") == ("success", 1)
    assert world.asked(f"/user/{user_id}/upgrade") == 1


def test_earlier_purchases_are_found_with_the_plan_of_today(
    run: Run, writer: str, world: ReziWorld, connect: Connect
) -> None:
    nobody = run("rezi_find_purchases", email=world.address())
    assert result(nobody, "find") == {"is_user": False, "plan_id": None, "purchases": []}
    run("rezi_buy", email=writer)
    run("rezi_buy", email=writer, plan=LIFETIME)

    found = result(run("rezi_find_purchases", email=writer.upper()), "find")

    assert (found["is_user"], found["plan_id"]) == (True, LIFETIME)
    (purchase,) = found["purchases"]
    assert purchase["plan_id"] == MONTHLY
    assert purchase["by"].startswith("rezi_buy.buy of run")
    assert datetime.fromisoformat(purchase["at"]) <= datetime.now(UTC)
    assert writer not in json.dumps(found)
    connect("rezi_default", extra={"allowed_plans": f"{MONTHLY} {LIFETIME}"})
    found = result(run("rezi_find_purchases", email=writer), "find")
    assert [purchase["plan_id"] for purchase in found["purchases"]] == [MONTHLY, LIFETIME]


def test_a_connection_decides_what_is_bought(
    run: Run, writer: str, world: ReziWorld, connect: Connect
) -> None:
    connect("rezi_read_only", extra={"mode": "read_only"})
    connect("rezi_dry_run", extra={"mode": "dry_run"})
    connect("rezi_restricted", extra={"allowed_recipients": "company.test"})
    connect("rezi_other_plans", extra={"allowed_plans": LIFETIME})
    connect("rezi_wrong_key", password="wrong")
    connect("rezi_no_purchase", extra={"max_messages_per_run": 0})
    connect("rezi_no_secret", extra={"uid_secret": ""})

    ran = run("rezi_modes", email=writer)

    skipped = ("dry_run_buy", "dry_run_ensure")
    for ti in ran.get_task_instances():
        state = "skipped" if ti.task_id in skipped else "failed"
        assert ended(ran, ti.task_id) == (state, 1), ti.task_id
    assert world.charges() == []
    # What was refused is not remembered as bought.
    assert ended(run("rezi_buy", email=writer), "buy") == ("success", 1)


def test_a_resume_is_made(run: Run, world: ReziWorld) -> None:
    ran = run("rezi_resume", user_id=USER)
    shown = result(ran, "show")
    assert result(ran, "make") == {"resume_id": shown["id"], "user_id": USER}
    assert (shown["name"], shown["job_title"]) == ("For the application", "")
    assert shown["data"] == {"summary": f"{USER} writes"}


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_lost_resume_is_taken_over_or_made_anew(fault: str, run: Run, world: ReziWorld) -> None:
    world.spoil("/resume$", fault)
    ran = run("rezi_resume", user_id=USER)
    assert ran.state == "success"
    assert len(world.resumes()) == 2


def test_a_resume_for_nobody_fails_without_retries(
    run: Run, world: ReziWorld, error_mode: str
) -> None:
    assert ended(run("rezi_resume", user_id="nobody"), "make") == ("failed", 1)


@pytest.mark.parametrize("mode", ["pdf", "url", "base64"])
def test_files_are_stored_whole(mode: str, run: Run, world: ReziWorld, tmp_path: Path) -> None:
    world.set(download_mode=mode)
    world.emulator.act("rezi/seed", users=30)

    ran = run("rezi_files", resume_id=RESUME, folder=tmp_path.as_uri())

    assert result(ran, "download") == f"{tmp_path.as_uri()}/resume-{RESUME}.pdf"
    assert (tmp_path / f"resume-{RESUME}.pdf").read_bytes().startswith(b"%PDF-")
    assert result(ran, "export")["rows"] == 31
    rows = [json.loads(line) for line in (tmp_path / "users.jsonl").read_text().splitlines()]
    assert {"id", "email", "plan_id"} <= rows[0].keys()


def test_a_file_that_cannot_be_had_leaves_nothing(
    run: Run, world: ReziWorld, tmp_path: Path
) -> None:
    world.spoil("/users", "wrong_shape", times=None)
    ran = run("rezi_files", resume_id="none", folder=tmp_path.as_uri())
    assert ended(ran, "download") == ("failed", 1)
    assert ended(ran, "export")[0] == "failed"
    assert list(tmp_path.iterdir()) == []


def test_any_call_can_be_a_step_and_tokens_are_handed_to_nobody(run: Run) -> None:
    ran = run("rezi_calls")
    assert [user["id"] for user in result(ran, "list")] == [USER]
    assert ended(ran, "exchange") == ("success", 1)
    assert result(ran, "exchange") is None


WRONG: list[tuple[type[Any], dict[str, Any], str]] = [
    (ReziEnsureUserOperator, {"email_address": " "}, "email_address"),
    (ReziUpgradePlanOperator, {"email_address": "", "plan_id": "p"}, "email_address"),
    (ReziUpgradePlanOperator, {"email_address": "a@x.test", "plan_id": ""}, "plan_id"),
    (
        ReziUpgradePlanOperator,
        {"email_address": "a@x.test", "plan_id": "p", "on_unknown": "guess"},
        "on_unknown",
    ),
    (ReziFindPurchasesOperator, {"email_address": "a@x.test", "plan_id": " "}, "plan_id"),
    (ReziFindPurchasesOperator, {"email_address": "", "plan_id": "p"}, "email_address"),
    (ReziCreateResumeOperator, {"user_id": "", "name": "CV"}, "user_id"),
    (ReziCreateResumeOperator, {"user_id": "u", "name": ""}, "name"),
    (ReziDownloadResumeOperator, {"resume_id": "", "folder": "/x"}, "resume_id"),
    (ReziDownloadResumeOperator, {"resume_id": "r", "folder": ""}, "folder"),
    (ReziExportUsersOperator, {"path": ""}, "path"),
    (ReziExportUsersOperator, {"path": "/x/users.pdf"}, "format"),
    (ReziOperator, {"call": "buy"}, "has no call 'buy'"),
    (ReziOperator, {"call": "show_user"}, "user_id"),
    (ReziOperator, {"call": "download_resume", "arguments": {"resume_id": "r"}}, "gives a file"),
    (ReziOperator, {"call": "show_access_token"}, 'allow_effect="credential"'),
    (
        ReziOperator,
        {"call": "create_user_token", "arguments": {"email": "a@x.test", "uid": "u"}},
        'allow_effect="credential"',
    ),
    (ReziResumeScoredSensor, {"resume_id": ""}, "resume_id"),
    (ReziResumeScoredSensor, {"resume_id": "a/b"}, "resume_id"),
    (ReziResumeScoredSensor, {"resume_id": "r", "min_score": "high"}, "min_score"),
    (ReziResumeScoredSensor, {"resume_id": "r", "min_score": 101}, "min_score"),
]


@pytest.mark.parametrize(("operator", "arguments", "words"), WRONG)
def test_bad_input_is_named_when_the_dag_is_parsed(
    operator: type[Any], arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        operator(task_id="wrong", **arguments)
    assert "a@x.test" not in str(caught.value)


@pytest.mark.parametrize(
    ("sign_in_url", "link"),
    [("https://app.rms.test/login?token={token}", "https://app.rms.test/"), ("", "")],
)
def test_the_link_leads_to_the_web_application(
    sign_in_url: str, link: str, connect: Connect
) -> None:
    connect(extra={"sign_in_url": sign_in_url})
    operator = ReziOperator(task_id="list", call="list_users", rezi_conn_id=CONN_ID)
    assert ReziLink().get_link(operator, ti_key=None) == link  # type: ignore[arg-type]  # not read
