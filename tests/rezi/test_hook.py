"""From an Airflow connection to Rezi: what its fields do, and what is said when they are wrong."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from airflow_talent.clients import rezi
from airflow_talent.clients.errors import BlockedBySafety
from airflow_talent.hooks.base import ConnectionInvalid
from airflow_talent.hooks.rezi import ReziHook
from airflow_talent.tests.rezi.conftest import CONN_ID
from airflow_talent.tests.rezi.world import LIFETIME, MONTHLY, ReziWorld
from airflow_talent.tests.vendors import Connect


def test_a_good_connection_passes_its_test(connect: Connect) -> None:
    assert ReziHook(CONN_ID).test_connection() == (True, "The vendor accepted the connection.")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "wrong-key"}, "the credentials were refused; check the connection"),
        ({"password": "wrong-key", "extra": {"token_mode": "short_lived"}}, "the private token"),
        ({"password": ""}, "the connection has no private token"),
        ({"password": "wrong-key\u00fc"}, "the connection has no private token"),
        ({"password": "wrong-key\nX: y"}, "the connection has no private token"),
        ({"extra": {"upgrade_path": "https://a:b/"}}, "upgrade_path: Value error"),
        ({"host": "http://127.0.0.1:1/v1"}, "no answer (ConnectError)"),
        ({"host": "https://"}, "base_url: Value error, expected a base URL"),
        ({"extra": {"auth_header": "cookie"}}, "auth_header: Input should be"),
        ({"extra": {"token_mode": "eternal"}}, "token_mode: Input should be"),
        ({"extra": {"upgrade_path": "plan/upgrade"}}, "upgrade_path: Value error, expected a path"),
        ({"extra": {"upgrade_path": "http://vendor.test/x"}}, "upgrade_path: Value error"),
        ({"extra": {"upgrade_path": "https:///x"}}, "upgrade_path: Value error"),
        ({"extra": {"sign_in_url": "https://app.test/login"}}, "sign_in_url: Value error"),
        ({"extra": {"sign_in_url": "http://app.test/{token}"}}, "sign_in_url: Value error"),
        ({"extra": {"mode": "dry_run"}}, "dry_run"),
    ],
)
def test_a_bad_connection_is_told_in_one_sentence(
    fields: dict[str, Any], words: str, connect: Connect
) -> None:
    connect(**fields)
    is_good, told = ReziHook(CONN_ID).test_connection()
    assert not is_good
    assert words in told
    assert "\n" not in told
    assert "wrong-key" not in told


def test_blanks_around_a_pasted_key_do_not_count(connect: Connect) -> None:
    connect(password=" rezi-emulator-key\n")
    assert ReziHook(CONN_ID).test_connection()[0]


def test_a_read_only_connection_passes_its_test(connect: Connect, world: ReziWorld) -> None:
    connect(extra={"mode": "read_only"})
    assert ReziHook(CONN_ID).test_connection()[0]


def test_plans_are_listed_as_words_or_as_a_list(connect: Connect) -> None:
    for plans in (f"{MONTHLY}, {LIFETIME}", f"{MONTHLY}\n{LIFETIME}", [MONTHLY, LIFETIME]):
        connect(extra={"allowed_plans": plans})
        assert ReziHook(CONN_ID).settings.allowed_plans == (MONTHLY, LIFETIME)
    with pytest.raises(BlockedBySafety, match="allowed_plans"):
        ReziHook(CONN_ID).run(rezi.upgrade_plan("a@people.test", "plan_free"))


def test_a_uid_comes_from_the_connections_secret(connect: Connect) -> None:
    connect(extra={"uid_secret": "one"})
    first = ReziHook(CONN_ID).uid_of("Ada@people.test")
    assert first == ReziHook(CONN_ID).uid_of(" ada@people.test ")
    connect(extra={"uid_secret": "two"})
    assert ReziHook(CONN_ID).uid_of("ada@people.test") != first
    connect(extra={"uid_secret": ""})
    with pytest.raises(ConnectionInvalid, match="fill in uid_secret"):
        ReziHook(CONN_ID).uid_of("ada@people.test")


def test_calls_say_nothing_about_anybody_and_no_secret(
    connect: Connect, world: ReziWorld, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "airflow_talent", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    connect(extra={"token_mode": "short_lived"})
    hook = ReziHook(CONN_ID)
    uid = hook.uid_of("planted@people.test")
    token = hook.run(rezi.create_user_token("planted@people.test", uid)).token
    hook.run(rezi.upgrade_plan("planted@people.test", MONTHLY))
    hook.close()

    assert "HTTP Request: POST" in caplog.text
    for secret in ("planted", uid, token, "rezi-emulator-key", "Bearer", "uid-secret"):
        assert secret not in caplog.text
    assert repr(hook.settings).count("**********") == 2
