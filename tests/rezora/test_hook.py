"""From an Airflow connection to Rezora."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airflow.sdk._shared.secrets_masker import redact

from airflow_talent.clients import rezora
from airflow_talent.hooks.base import ConnectionInvalid
from airflow_talent.hooks.rezora import RezoraHook
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.rezora.conftest import CONN_ID
from airflow_talent.tests.rezora.world import JANE, JOHN, RezoraWorld
from airflow_talent.tests.vendors import Connect


@pytest.fixture
def hook(connect: Connect) -> Iterator[RezoraHook]:
    hook = RezoraHook(CONN_ID)
    yield hook
    hook.close()


def test_the_connections_of_the_emulator_work(
    world: RezoraWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in world.emulator.environment().items():
        monkeypatch.setenv(name, value)
    for conn_id in ("rezora_default", "rezora_company"):
        accepted = (True, "The vendor accepted the connection.")
        assert RezoraHook(conn_id).test_connection() == accepted
    assert [request["path"] for request in world.asked()] == ["/lists.json", "/agents.json"]


def test_a_connection_needs_no_more_than_credentials(connect: Connect, hook: RezoraHook) -> None:
    connect(host="", login="bot", password="pass-word", extra={"max_requests_per_second": None})
    settings = hook.settings
    assert settings.base_url == "https://api.rezora.com/v1"
    assert (settings.level, settings.format, settings.request_format) == ("agent", "json", "json")
    assert (settings.max_requests_per_second, settings.max_connections) == (2, 1)
    assert (settings.timeout, settings.digest_quote_qop) == (60, False)


def test_a_form_left_blank_keeps_the_defaults(connect: Connect, hook: RezoraHook) -> None:
    blank = ["format", "request_format", "csv_header", "json_media_type", "digest_quote_qop"]
    connect(extra={"level": "", **dict.fromkeys(blank, "")})
    assert (hook.settings.level, hook.settings.json_media_type) == ("agent", "application/json")


@pytest.mark.parametrize("login", ['planted"', "planted:name", "planté", "planted\\"])
def test_a_user_name_that_digest_cannot_carry_is_told(
    login: str, connect: Connect, hook: RezoraHook
) -> None:
    connect(login=login)
    with pytest.raises(ConnectionInvalid, match=r"login: .*Digest allows ASCII") as caught:
        hook.run(rezora.list_lists())
    assert "plant" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("level", "planted"),
        ("format", "planted"),
        ("request_format", "csv"),
        ("csv_header", "planted"),
        ("json_media_type", "planted"),
        ("json_media_type", "text/json\r\nX-Planted: 1"),
        ("digest_quote_qop", "planted"),
    ],
)
def test_a_wrong_field_is_named_without_its_value(
    name: str, value: str, connect: Connect, hook: RezoraHook
) -> None:
    connect(extra={name: value})
    with pytest.raises(ConnectionInvalid, match=f"connection {CONN_ID}: {name}") as caught:
        hook.run(rezora.list_lists())
    assert "lanted" not in str(caught.value)


def test_a_task_runs_calls_flows_and_indexes(hook: RezoraHook) -> None:
    assert hook.run(rezora.show_contact(JANE)).contact_name == "Jane Smith"
    assert len(list(hook.iterate(rezora.list_contacts()))) == 4
    assert hook.follow(rezora.find_membership("1235", JANE)) is None


async def test_a_trigger_runs_calls_flows_and_indexes(hook: RezoraHook) -> None:
    assert (await hook.arun(rezora.show_contact(JANE))).contact_name == "Jane Smith"
    assert len([contact async for contact in hook.aiterate(rezora.list_contacts())]) == 4
    assert await hook.afollow(rezora.find_membership("1235", JANE)) is None
    await hook.aclose()


def test_another_level_is_another_connection(connect: Connect, hook: RezoraHook) -> None:
    connect(login="demo-company", extra={"level": "company"})
    assert hook.run(rezora.show_agent(JOHN)).user_fname == "John"


def test_a_wrong_level_is_said_in_one_sentence(connect: Connect, hook: RezoraHook) -> None:
    connect(extra={"level": "company"})
    is_fine, said = hook.test_connection()
    assert not is_fine
    assert said == (
        "rezora.list_agents: the user name or the password was refused, or they are of the wrong "
        "level: list_agents needs company-level credentials, and the level of this connection is "
        "'company' (HTTP 401)"
    )


def test_a_host_that_is_not_rezora_is_told(connect: Connect, hook: RezoraHook) -> None:
    with CannedVendor(lambda *_: (200, {"Content-Type": "text/html"}, b"<html></html>")) as vendor:
        connect(host=vendor.url)
        assert hook.test_connection() == (
            False,
            "rezora.list_lists: the answer is not in the documented form (ValueError) (HTTP 200)",
        )


def test_the_password_is_masked(connect: Connect, hook: RezoraHook) -> None:
    connect(password="planted/secret word")
    hook.get_conn()
    assert redact("before planted/secret word after") == "before *** after"
