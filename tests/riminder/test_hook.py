"""From an Airflow connection to Riminder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk._shared.secrets_masker import redact

from airflow_talent.clients import riminder
from airflow_talent.emulator.riminder.records import (
    READ_KEY,
    READ_WRITE_KEY,
    WEBHOOK_SECRET,
    WRITE_KEY,
)
from airflow_talent.hooks.base import ConnectionInvalid
from airflow_talent.hooks.riminder import RiminderHook
from airflow_talent.operators.riminder import RiminderOperator
from airflow_talent.tests.riminder.conftest import CONN_ID
from airflow_talent.tests.riminder.world import RiminderWorld
from airflow_talent.tests.vendors import Connect

ANY_TRY: Any = None
"""The link is the same for all tries."""


@pytest.fixture
def hook(connect: Connect) -> Iterator[RiminderHook]:
    hook = RiminderHook(CONN_ID)
    yield hook
    hook.close()


def test_a_connection_needs_no_more_than_a_key(connect: Connect, hook: RiminderHook) -> None:
    connect(host="", extra={"max_requests_per_second": None})
    settings = hook.settings
    assert settings.base_url == "https://www.riminder.net/sf/public/api/v1.0/"
    assert (settings.max_connections, settings.max_requests_per_second) == (16, None)
    assert (settings.signature_mode, settings.origin) == ("auto", "")


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ({"signature_mode": "md5"}, "signature_mode: "),
        ({"max_connections": 0}, "max_connections: "),
        ({"team": "evil.test/"}, "team: "),
        ({"origin": "https://evil.test\r\nX-Evil: 1"}, "origin: "),
    ],
)
def test_a_setting_that_is_none_is_told_without_its_value(
    connect: Connect, hook: RiminderHook, extra: dict[str, Any], text: str
) -> None:
    connect(extra=extra)
    with pytest.raises(ConnectionInvalid, match=text) as refusal:
        _ = hook.settings
    assert "evil" not in str(refusal.value)


def test_the_hook_runs_calls_and_airflow_masks_the_secrets(hook: RiminderHook) -> None:
    assert len(hook.run(riminder.list_sources())) == 2
    assert redact(f"{READ_WRITE_KEY} and {WEBHOOK_SECRET}") == "*** and ***"


async def test_the_hook_runs_calls_on_an_event_loop(hook: RiminderHook) -> None:
    assert (await hook.arun(riminder.list_sources()))[0].type == "api"
    await hook.aclose()


@pytest.mark.parametrize("key", [READ_WRITE_KEY, READ_KEY, WRITE_KEY])
@pytest.mark.parametrize("mode", ["live", "read_only"])
def test_each_kind_of_key_is_accepted_and_nothing_is_stored(
    connect: Connect, hook: RiminderHook, world: RiminderWorld, key: str, mode: str
) -> None:
    connect(password=key, extra={"mode": mode})
    assert hook.test_connection() == (True, "The vendor accepted the connection.")
    assert world.profiles() == []


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"password": "ask_wrong"}, "the credentials were refused; check the connection"),
        ({"password": ""}, "the credentials were refused; check the connection"),
        ({"host": "http://127.0.0.1:1/"}, "no answer (ConnectError)"),
        ({"host": "127.0.0.1:x"}, "base_url: "),
        ({"password": "ask_…"}, "password: "),
        ({"password": "ask_1\r\nX-Evil: 1"}, "password: "),
        ({"extra": {"mode": "dry_run"}}, "the connection's mode is dry_run"),
        ({"extra": {"timeout": 0}}, "timeout: "),
    ],
)
def test_what_is_wrong_with_a_connection_is_said_in_one_sentence(
    fields: dict[str, Any], text: str, connect: Connect, hook: RiminderHook
) -> None:
    connect(**fields)
    is_accepted, said = hook.test_connection()
    assert (is_accepted, text in said) == (False, True), said
    assert "\n" not in said
    assert "ask_" not in said


def test_a_write_key_for_another_domain_is_told(
    connect: Connect, hook: RiminderHook, world: RiminderWorld
) -> None:
    world.set(approved_domains=["careers.example"])
    connect(password=WRITE_KEY)
    assert hook.test_connection()[0] is False


def test_a_key_that_was_pasted_with_its_line_works(connect: Connect, hook: RiminderHook) -> None:
    connect(password=f" {READ_WRITE_KEY}\n")
    assert hook.test_connection()[0]


@pytest.mark.parametrize(
    ("extra", "link"),
    [
        ({"team": "stark"}, "https://stark.riminder.net/"),
        ({}, "{host}/"),
        ({"team": "not/a team"}, ""),
    ],
)
def test_a_task_links_to_the_dashboard_or_to_the_vendor(
    connect: Connect, world: RiminderWorld, extra: dict[str, str], link: str
) -> None:
    connect(extra=extra)
    task = RiminderOperator(task_id="t", riminder_conn_id=CONN_ID, call="list_sources")
    (button,) = task.operator_extra_links
    assert button.get_link(task, ti_key=ANY_TRY) == link.format(host=world.emulator.url)
