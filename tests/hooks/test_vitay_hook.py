"""From an Airflow connection to the vendor: what the hook reads, hides, keeps and says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from airflow.sdk._shared.secrets_masker import redact

from airflow_talent.clients import vitay
from airflow_talent.clients.errors import BlockedBySafety
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.vitay.records import (
    PASSWORD,
    RECRUITER_EMAIL,
    RECRUITER_USER_ID,
    ROOT_EMAIL,
)
from airflow_talent.hooks.base import ConnectionInvalid, VendorHook
from airflow_talent.hooks.vitay import VitayHook
from airflow_talent.tests.hooks.conftest import CONN_ID, Connect

VITAY = "https://api.vitay.io/api"


@pytest.fixture
def hook() -> Iterator[VitayHook]:
    hook = VitayHook(CONN_ID)
    yield hook
    hook.close()


def logins(emulator: Emulator) -> int:
    return sum(r["path"] == "/v3/oauth/login" for r in emulator.requests("vitay"))


def test_a_connection_needs_no_more_than_login_and_password(
    connect: Connect, hook: VitayHook
) -> None:
    connect(host="", login="bot@firm.test", password="pass-word")
    settings = hook.settings
    assert (settings.base_url, settings.login) == (VITAY, "bot@firm.test")
    assert settings.password.get_secret_value() == "pass-word"
    assert (settings.mode, settings.max_requests_per_second) == ("live", 2)
    assert (settings.timeout, settings.max_connections) == (30, 4)
    assert settings.allowed_recipients == ()


def test_fields_that_a_form_left_blank_keep_their_defaults(
    connect: Connect, hook: VitayHook
) -> None:
    blank = dict.fromkeys(
        ["mode", "allowed_recipients", "max_messages_per_run", "max_requests_per_second"], ""
    )
    connect(extra={**blank, "max_connections": None, "timeout": None, "literal_types": None})
    assert hook.settings == VitayHook.settings_type()(base_url="http://127.0.0.1:1")


def test_fields_may_come_as_text(connect: Connect, hook: VitayHook) -> None:
    connect(
        extra={
            "mode": "read_only",
            "allowed_recipients": "firm.test, @x.test;\nada@y.test",
            "max_messages_per_run": "0",
            "max_requests_per_second": "0.5",
            "max_connections": "8",
            "timeout": "2.5",
            "literal_types": "true",
            "something_else": 1,
        }
    )
    settings = hook.settings
    assert settings.allowed_recipients == ("firm.test", "@x.test", "ada@y.test")
    assert (settings.mode, settings.max_messages_per_run) == ("read_only", 0)
    assert (settings.max_requests_per_second, settings.max_connections) == (0.5, 8)
    assert (settings.timeout, settings.literal_types) == (2.5, True)


@pytest.mark.parametrize(
    ("fields", "base_url"),
    [
        ({"host": "https://api.vitay.io/api"}, "https://api.vitay.io/api"),
        ({"host": "https://staging.api.vitay.io/api/"}, "https://staging.api.vitay.io/api/"),
        ({"host": "api.vitay.ca/api"}, "https://api.vitay.ca/api"),
        ({"host": "127.0.0.1", "schema": "http", "port": 8700}, "http://127.0.0.1:8700"),
        ({"host": "api.vitay.io", "port": 8443}, "https://api.vitay.io:8443"),
        ({"host": None}, VITAY),
    ],
)
def test_the_host_is_the_base_url_with_or_without_a_scheme(
    fields: dict[str, Any], base_url: str, connect: Connect, hook: VitayHook
) -> None:
    connect(**fields)
    assert hook.settings.base_url == base_url


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"mode": "planted"}, "mode"),
        ({"max_messages_per_run": -17}, "max_messages_per_run"),
        ({"max_messages_per_run": "planted"}, "max_messages_per_run"),
        ({"max_requests_per_second": 0}, "max_requests_per_second"),
        ({"max_connections": 0}, "max_connections"),
        ({"max_connections": 101}, "max_connections"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 601}, "timeout"),
        ({"timeout": "planted"}, "timeout"),
        ({"literal_types": "planted"}, "literal_types"),
        ({"allowed_recipients": {"planted": 1}}, "allowed_recipients"),
    ],
)
def test_a_wrong_field_is_named_without_its_value(
    extra: dict[str, Any], field: str, connect: Connect, hook: VitayHook
) -> None:
    connect(extra=extra, login="planted@firm.test", password="planted-password")
    with pytest.raises(ConnectionInvalid, match=f"connection {CONN_ID}: {field}") as caught:
        hook.run(vitay.show_me())
    assert "planted" not in str(caught.value)
    assert "17" not in str(caught.value)


@pytest.mark.parametrize("host", ["https://bot:planted@v.test/api", "ftp://planted", "https://"])
def test_a_wrong_host_is_named_without_its_value(
    host: str, connect: Connect, hook: VitayHook
) -> None:
    connect(host=host)
    with pytest.raises(ConnectionInvalid, match="base_url: ") as caught:
        hook.run(vitay.show_me())
    assert "planted" not in str(caught.value)


def test_every_wrong_field_is_named(connect: Connect, hook: VitayHook) -> None:
    connect(host="nowhere://", extra={"mode": "x", "timeout": "y"})
    with pytest.raises(ConnectionInvalid, match=r"base_url.*; mode.*; timeout"):
        hook.run(vitay.show_me())


@pytest.mark.usefixtures("connect_to_emulator")
def test_a_task_runs_calls_flows_and_indexes(hook: VitayHook) -> None:
    assert hook.run(vitay.show_me()).id == RECRUITER_USER_ID
    assert {user.email for user in hook.iterate(vitay.list_users(page_size=1))} == {
        RECRUITER_EMAIL,
        ROOT_EMAIL,
    }
    assert hook.follow(vitay.find_reference_request("rr-404")) is None
    assert hook.get_conn().run(vitay.ping()) == "Pong"


@pytest.mark.usefixtures("connect_to_emulator")
async def test_a_trigger_runs_calls_flows_and_indexes(hook: VitayHook) -> None:
    assert (await hook.arun(vitay.show_me())).id == RECRUITER_USER_ID
    emails = {user.email async for user in hook.aiterate(vitay.list_users(page_size=1))}
    assert emails == {RECRUITER_EMAIL, ROOT_EMAIL}
    assert await hook.afollow(vitay.find_reference_request("rr-404")) is None
    await hook.aclose()


@pytest.mark.usefixtures("connect_to_emulator")
def test_a_hook_logs_in_once_and_works_again_after_it_was_closed(
    hook: VitayHook, talent_emulator: Emulator
) -> None:
    for _ in range(3):
        hook.run(vitay.show_me())
    assert logins(talent_emulator) == 1
    hook.close()
    assert hook.run(vitay.show_me()).id == RECRUITER_USER_ID


@pytest.mark.usefixtures("connect_to_emulator")
async def test_a_trigger_reads_the_connection_without_blocking_its_loop(
    hook: VitayHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def block(*_: Any) -> None:
        raise AssertionError("the connection was read in the blocking way")

    monkeypatch.setattr(VendorHook, "get_connection", block)
    assert (await hook.arun(vitay.show_me())).id == RECRUITER_USER_ID
    await hook.arefresh()
    await hook.aclose()


async def test_an_edited_connection_is_picked_up(
    hook: VitayHook, connect_to_emulator: Connect, talent_emulator: Emulator
) -> None:
    assert (await hook.arun(vitay.show_me())).email == RECRUITER_EMAIL
    connect_to_emulator(login=ROOT_EMAIL)
    assert (await hook.arun(vitay.show_me())).email == RECRUITER_EMAIL
    await hook.arefresh()
    assert (await hook.arun(vitay.show_me())).email == ROOT_EMAIL
    assert logins(talent_emulator) == 2
    await hook.aclose()


async def test_an_unedited_connection_keeps_its_login(
    hook: VitayHook, connect_to_emulator: Connect, talent_emulator: Emulator
) -> None:
    await hook.arun(vitay.show_me())
    await hook.arefresh()
    await hook.arun(vitay.show_me())
    assert logins(talent_emulator) == 1
    await hook.aclose()


async def test_an_edit_that_stops_everything_stops_a_trigger(
    hook: VitayHook, connect_to_emulator: Connect
) -> None:
    await hook.arun(vitay.show_me())
    connect_to_emulator(extra={"mode": "dry_run"})
    await hook.arefresh()
    with pytest.raises(BlockedBySafety):
        await hook.arun(vitay.show_me())
    await hook.aclose()


async def test_an_edit_that_cannot_be_used_is_told_and_leaves_the_client_alone(
    hook: VitayHook, connect_to_emulator: Connect
) -> None:
    await hook.arun(vitay.show_me())
    connect_to_emulator(extra={"mode": "on"})
    with pytest.raises(ConnectionInvalid):
        await hook.arefresh()
    assert (await hook.arun(vitay.show_me())).email == RECRUITER_EMAIL
    await hook.aclose()


SECRET = 'p/ß "quoted" &word\\'


def forms_of(secret: str, login: str) -> list[str]:
    return [
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(f"{login}:{secret}".encode()).decode(),
    ]


def test_a_task_masks_the_password_in_each_form_it_may_have(
    connect: Connect, hook: VitayHook
) -> None:
    connect(login="task@firm.test", password=SECRET + "1")
    hook.get_conn()
    for form in forms_of(SECRET + "1", "task@firm.test"):
        assert redact(f"before {form} after") == "before *** after"


async def test_a_trigger_masks_the_password_in_each_form_it_may_have(
    connect: Connect, hook: VitayHook
) -> None:
    connect(login="trigger@firm.test", password=SECRET + "2")
    await hook.arefresh()
    for form in forms_of(SECRET + "2", "trigger@firm.test"):
        assert redact(f"before {form} after") == "before *** after"
    await hook.aclose()


@pytest.mark.usefixtures("connect_to_emulator")
def test_a_connection_that_works_says_so(hook: VitayHook) -> None:
    assert hook.test_connection() == (True, "The vendor accepted the connection.")


def test_a_connection_with_a_wrong_password_says_so(
    hook: VitayHook, connect_to_emulator: Connect
) -> None:
    connect_to_emulator(password="not-the-password")
    assert hook.test_connection() == (
        False,
        "vitay.login: the e-mail or the password was refused; correct the connection (HTTP 401)",
    )


def test_a_connection_that_was_refused_too_often_says_what_to_do(
    hook: VitayHook, connect_to_emulator: Connect, talent_emulator: Emulator
) -> None:
    connect_to_emulator(password="not-the-password")
    for _ in range(4):
        works, sentence = hook.test_connection()
    assert not works
    assert sentence.startswith("vitay.login: not tried, because the login was refused 3 times")
    assert logins(talent_emulator) == 3
    connect_to_emulator()
    assert VitayHook(CONN_ID).test_connection()[0]


def test_a_connection_to_nowhere_says_so(hook: VitayHook, connect: Connect) -> None:
    connect(login="bot@firm.test", password="pass-word")
    assert hook.test_connection() == (False, "vitay.show_me: no answer (ConnectError)")


@pytest.mark.usefixtures("connect_to_emulator")
def test_a_connection_of_a_locked_account_says_so(
    hook: VitayHook, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", "POST", "/v3/oauth/login", "status", code=403)
    assert hook.test_connection() == (
        False,
        "vitay.login: the account may not do this, or is locked (HTTP 403, forbidden)",
    )


def test_a_connection_with_a_wrong_host_says_so(
    hook: VitayHook, connect_to_emulator: Connect, talent_emulator: Emulator
) -> None:
    connect_to_emulator(host=talent_emulator.url)
    works, sentence = hook.test_connection()
    assert not works
    assert "correct the connection's host" in sentence


def test_a_connection_that_cannot_be_used_says_so(hook: VitayHook, connect: Connect) -> None:
    connect(extra={"mode": "on"})
    works, sentence = hook.test_connection()
    assert not works
    assert sentence.startswith(f"connection {CONN_ID}: mode: ")


def test_a_connection_in_dry_run_is_not_tested(hook: VitayHook, connect: Connect) -> None:
    connect(extra={"mode": "dry_run"})
    works, sentence = hook.test_connection()
    assert not works
    assert sentence == "vitay.show_me: not sent, because the connection's mode is dry_run"


def test_the_default_connection_is_vitays() -> None:
    assert VitayHook().conn_id == VitayHook.default_conn_name == "vitay_default"
    assert PASSWORD not in repr(VitayHook())
