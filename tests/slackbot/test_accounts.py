"""In whose name the bot acts, and what a wrong users file gets."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from airflow_talent.services.airflow_api import AirflowApi, AirflowForbids, RunKey
from airflow_talent.services.airflow_login import FixedToken, Login
from airflow_talent.slackbot.accounts import Accounts, LoginOfPersonRefused
from airflow_talent.slackbot.users_file import UsersFile, UsersFileError

RUN = RunKey("hire", "r1")


class Airflow:
    """Knows the bot, lead and ops; ops may not end runs."""

    def __init__(self) -> None:
        self.passwords = {"lead": "right"}
        self.logins: list[str] = []
        self.ended_by: list[str] = []
        routes = [
            Route("/auth/token", self._log_in, methods=["POST"]),
            Route("/api/v2/dags/hire/dagRuns/r1", self._end_run, methods=["PATCH"]),
        ]
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://airflow"
        )
        http.auth = Login(FixedToken("token of bot"))
        self.as_bot = AirflowApi(http)

    async def _log_in(self, request: Request) -> JSONResponse:
        sent = await request.json()
        self.logins.append(sent["username"])
        if self.passwords.get(sent["username"]) != sent["password"]:
            return JSONResponse({"detail": "Invalid credentials"}, status_code=401)
        return JSONResponse({"access_token": f"token of {sent['username']}"}, status_code=201)

    async def _end_run(self, request: Request) -> JSONResponse:
        who = request.headers["authorization"].removeprefix("Bearer token of ")
        if who == "ops":
            return JSONResponse({"detail": "Forbidden"}, status_code=403)
        self.ended_by.append(who)
        return JSONResponse({})


@pytest.fixture
async def airflow() -> AsyncIterator[Airflow]:
    airflow = Airflow()
    yield airflow
    await airflow.as_bot.close()


class File:
    """A users file, and time enough between its changes."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("airflow_talent.slackbot.users_file.LOOK_AGAIN_AFTER", -1)
        self.path = folder / "users.toml"

    def write(self, text: str, *, mode: int = 0o600) -> Path:
        self.path.write_text(text, encoding="utf-8")
        self.path.chmod(mode)
        return self.path


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> File:
    return File(tmp_path, monkeypatch)


LEAD = '[U0LEAD]\nusername = "lead"\npassword = "right"\n'


async def test_who_has_a_login_acts_with_it_and_others_with_the_bots(
    airflow: Airflow, file: File
) -> None:
    accounts = Accounts(airflow.as_bot, UsersFile(file.write(LEAD)))

    await accounts.acting_for("U0LEAD").end_run(RUN)
    await accounts.acting_for("U0RECRUIT").end_run(RUN)

    assert airflow.ended_by == ["lead", "bot"]
    assert accounts.users_of("lead") == ["U0LEAD"]
    assert accounts.users_of("bot") == []


async def test_a_person_logs_in_once_for_many_acts(airflow: Airflow, file: File) -> None:
    accounts = Accounts(airflow.as_bot, UsersFile(file.write(LEAD)))

    await asyncio.gather(*(accounts.acting_for("U0LEAD").end_run(RUN) for _ in range(5)))

    assert airflow.logins == ["lead"]


async def test_a_login_that_airflow_refuses_is_never_replaced_by_the_bots(
    airflow: Airflow, file: File
) -> None:
    accounts = Accounts(airflow.as_bot, UsersFile(file.write(LEAD.replace("right", "wrong"))))

    for _ in range(3):
        with pytest.raises(LoginOfPersonRefused, match="does not accept your own login"):
            await accounts.acting_for("U0LEAD").end_run(RUN)

    assert airflow.ended_by == []
    assert airflow.logins == ["lead"]


async def test_what_a_person_may_not_do_is_not_done_by_the_bot(
    airflow: Airflow, file: File, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("token of ops")
    (tmp_path / "token").chmod(0o400)
    accounts = Accounts(airflow.as_bot, UsersFile(file.write('[U0OPS]\ntoken_file = "token"\n')))

    with pytest.raises(AirflowForbids, match="does not allow you"):
        await accounts.acting_for("U0OPS").end_run(RUN)

    assert airflow.ended_by == []


async def test_a_changed_entry_holds_at_once_and_keeps_the_logins_of_others(
    airflow: Airflow, file: File
) -> None:
    airflow.passwords["lead2"] = "right"
    others = '[U0OTHER]\nusername = "lead"\npassword = "right"\n'
    accounts = Accounts(airflow.as_bot, UsersFile(file.write(LEAD + others)))
    await accounts.acting_for("U0OTHER").end_run(RUN)

    file.write(LEAD.replace("lead", "lead2") + others)
    await accounts.acting_for("U0LEAD").end_run(RUN)
    await accounts.acting_for("U0OTHER").end_run(RUN)
    file.write(others)
    await accounts.acting_for("U0LEAD").end_run(RUN)

    assert airflow.ended_by == ["lead", "lead2", "lead", "bot"]
    assert airflow.logins == ["lead", "lead2"]


async def test_a_changed_password_file_is_read_again(airflow: Airflow, file: File) -> None:
    password = file.path.with_name("password")
    password.write_text("wrong\n")
    password.chmod(0o600)
    text = '[U0LEAD]\nusername = "lead"\npassword_file = "password"\n'
    accounts = Accounts(airflow.as_bot, UsersFile(file.write(text)))
    with pytest.raises(LoginOfPersonRefused):
        await accounts.acting_for("U0LEAD").end_run(RUN)

    password.write_text("right\n")

    await accounts.acting_for("U0LEAD").end_run(RUN)


@pytest.mark.parametrize("change", ["[U0LEAD", LEAD.replace("username", "user"), None])
def test_a_later_mistake_changes_nothing_and_is_logged_once(
    file: File, caplog: pytest.LogCaptureFixture, change: str | None
) -> None:
    users = UsersFile(file.write(LEAD))
    if change is None:
        file.path.unlink()
    else:
        file.write(change)

    with caplog.at_level(logging.ERROR):
        assert [users.accounts["U0LEAD"].username for _ in range(3)] == ["lead"] * 3

    assert len(caplog.records) == 1
    assert "still holds" in caplog.text
    assert "right" not in caplog.text


def test_a_password_file_that_is_mended_after_its_entry_was_read_holds(file: File) -> None:
    users = UsersFile(file.write(LEAD))
    password = file.path.with_name("password")
    password.write_text("other")
    password.chmod(0o644)
    file.write('[U0LEAD]\nusername = "lead"\npassword_file = "password"\n')
    assert users.accounts["U0LEAD"].password == "right"

    password.chmod(0o600)

    assert users.accounts["U0LEAD"].password == "other"


NAME = "[U0LEAD] in TALENT_AIRFLOW_USERS_FILE"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[U0LEAD", "TALENT_AIRFLOW_USERS_FILE is not TOML: look at"),
        (
            '[U0LEAD]\npassword = "secret\n',
            "TALENT_AIRFLOW_USERS_FILE is not TOML: look at line 2.",
        ),
        (
            LEAD.replace("U0LEAD", "lead"),
            "[lead] in TALENT_AIRFLOW_USERS_FILE must be a Slack user id such as U0123456789.",
        ),
        ('U0LEAD = "secret"', f"{NAME} must be a table with username and password_file."),
        ('[U0LEAD]\nusername = "lead"', f"{NAME} has no way to log in: keep one of password,"),
        ('[U0LEAD]\npassword = "secret"', f"{NAME} has a password and no username."),
        (
            LEAD + 'token_file = "t"',
            f"{NAME} has password and token_file, which exclude each other: keep one of",
        ),
        (LEAD + 'pasword = "secret"', f"{NAME} has the unknown key pasword: take username,"),
        (LEAD.replace('"right"', "7"), f"{NAME} must have a text as password."),
        (LEAD.replace("lead", " "), f"{NAME} must have a text as username."),
        (
            '[U0LEAD]\nusername = "lead"\npassword_file = "absent"',
            f"The password_file of {NAME} cannot be read.",
        ),
        ('[U0LEAD]\ntoken_file = "absent"', f"The token_file of {NAME} cannot be read."),
        ('[U0LEAD]\ntoken_file = "open"', f"The token_file of {NAME} can be read or changed by"),
        ('[U0LEAD]\ntoken_file = "empty"', f"The token_file of {NAME} is empty."),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_the_entry(
    file: File, text: str, sentence: str
) -> None:
    for name, mode in (("open", 0o644), ("empty", 0o600)):
        other = file.path.with_name(name)
        other.write_text("secret" if name == "open" else "")
        other.chmod(mode)

    with pytest.raises(UsersFileError) as refusal:
        UsersFile(file.write(text))

    assert str(refusal.value).startswith(sentence)
    assert "secret" not in str(refusal.value)
    assert "right" not in str(refusal.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o602, 0o604])
def test_a_file_that_others_can_read_or_change_is_refused(file: File, mode: int) -> None:
    with pytest.raises(UsersFileError, match="by others: take that away with chmod 600"):
        UsersFile(file.write(LEAD, mode=mode))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_may_be_read_by_its_group(file: File) -> None:
    os.chown(file.write(LEAD, mode=0o440), 12345, 12345)

    assert UsersFile(file.path).accounts.keys() == {"U0LEAD"}


def test_a_file_that_is_not_there_is_one_sentence(file: File) -> None:
    with pytest.raises(UsersFileError, match=r"^TALENT_AIRFLOW_USERS_FILE cannot be read\.$"):
        UsersFile(file.path)


def test_an_empty_file_maps_nobody(file: File) -> None:
    assert UsersFile(file.write("")).accounts == {}


def test_no_password_is_shown(file: File) -> None:
    assert "right" not in repr(UsersFile(file.write(LEAD)).accounts)
