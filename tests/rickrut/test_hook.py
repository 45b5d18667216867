"""From an Airflow connection to RickRut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk._shared.secrets_masker import redact

from airflow_talent.clients import rickrut
from airflow_talent.emulator.rickrut.records import KEY
from airflow_talent.hooks.base import ConnectionInvalid
from airflow_talent.hooks.rickrut import RickRutHook
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.rickrut.conftest import CONN_ID
from airflow_talent.tests.rickrut.world import RickRutWorld
from airflow_talent.tests.vendors import Connect


@pytest.fixture
def hook(connect: Connect) -> Iterator[RickRutHook]:
    hook = RickRutHook(CONN_ID)
    yield hook
    hook.close()


def test_a_connection_needs_no_more_than_a_key(connect: Connect, hook: RickRutHook) -> None:
    connect(host="", extra={"max_requests_per_second": None})
    settings = hook.settings
    assert settings.base_url == "https://www.rickrut.com/api/v1"
    assert (settings.structure, settings.max_requests_per_second) == ("auto", 2)
    assert settings.file_url("/cvs/x.png") == "https://www.rickrut.com/cvs/x.png"


def test_a_structure_that_is_none_is_told(connect: Connect, hook: RickRutHook) -> None:
    connect(extra={"structure": "xml"})
    with pytest.raises(ConnectionInvalid, match=r"structure: .*'auto', 'flat' or 'jsonapi'"):
        _ = hook.settings


def test_the_hook_runs_calls_and_airflow_masks_the_key(
    hook: RickRutHook, world: RickRutWorld
) -> None:
    applicant_id = world.applicant()
    assert hook.run(rickrut.show_applicant(applicant_id)).id == applicant_id
    assert redact(f"?api_key={KEY}") == "?api_key=***"


async def test_the_hook_runs_calls_on_an_event_loop(hook: RickRutHook, world: RickRutWorld) -> None:
    applicant_id = world.applicant()
    assert (await hook.arun(rickrut.show_applicant(applicant_id))).id == applicant_id
    await hook.aclose()


@pytest.mark.parametrize("extra", [{}, {"mode": "read_only"}, {"structure": "jsonapi"}])
def test_a_key_that_is_accepted_is_told_by_an_applicant_who_is_not_there(
    extra: dict[str, Any], connect: Connect, hook: RickRutHook, world: RickRutWorld
) -> None:
    connect(extra=extra)
    assert hook.test_connection() == (True, "The vendor accepted the connection.")
    assert [(r["method"], r["path"]) for r in world.emulator.requests("rickrut")] == [
        ("GET", "/applicants/0")
    ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"password": "wrong-key"}, "the credentials were refused; check the connection"),
        ({"password": ""}, "the credentials were refused; check the connection"),
        ({"host": "http://127.0.0.1:1"}, "no answer (ConnectError)"),
        ({"host": "127.0.0.1:x"}, "base_url: "),
        ({"extra": {"mode": "dry_run"}}, "the connection's mode is dry_run"),
        ({"extra": {"timeout": 0}}, "timeout: "),
    ],
)
def test_what_is_wrong_with_a_connection_is_said_in_one_sentence(
    fields: dict[str, Any], text: str, connect: Connect, hook: RickRutHook
) -> None:
    connect(**fields)
    is_accepted, said = hook.test_connection()
    assert (is_accepted, text in said) == (False, True), said
    assert "\n" not in said
    assert KEY not in said
    assert "wrong-key" not in said


def test_a_base_url_that_leads_elsewhere_is_told(connect: Connect, hook: RickRutHook) -> None:
    with CannedVendor(lambda *_: (404, {}, b"<h1>Not Found</h1>")) as website:
        connect(host=website.url)
        is_accepted, said = hook.test_connection()
    assert (is_accepted, "does not lead to the API" in said) == (False, True), said


def test_a_used_up_usage_limit_is_told(hook: RickRutHook, world: RickRutWorld) -> None:
    world.spoil("GET", "status", code=429, times=None)
    is_accepted, said = hook.test_connection()
    assert (is_accepted, "too many requests" in said) == (False, True), said
