"""What a connection's settings forbid is not sent; the vendor sees nothing of it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.clients import vitay
from airflow_talent.clients.calls import Call
from airflow_talent.clients.errors import BlockedBySafety, DryRun
from airflow_talent.clients.registry import endpoints_of
from airflow_talent.clients.safety import is_allowed
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.vitay.records import (
    HIRING_FIRM_ID,
    QUESTION_SET_ID,
    RECRUITER_EMAIL,
    VERIFICATION_ID,
)
from airflow_talent.tests.clients.adapters import Records
from airflow_talent.tests.clients.conftest import NewRunner


@pytest.fixture
def writes(talent_emulator: Emulator, records: Records) -> Any:
    """What else than reads and logins came since the records were made."""
    before = len(talent_emulator.requests("vitay"))

    def since() -> list[str]:
        return [
            f"{request['method']} {request['path']}"
            for request in talent_emulator.requests("vitay")[before:]
            if request["method"] != "GET" and not request["path"].endswith("/login")
        ]

    return since


@pytest.fixture
def mails(talent_emulator: Emulator, records: Records) -> Any:
    before = len(talent_emulator.outbox("vitay"))
    return lambda: talent_emulator.outbox("vitay")[before:]


def messages(records: Records) -> dict[str, tuple[Call[Any], set[str]]]:
    """Every call that writes to somebody, with the addresses it may write to."""
    return {
        "create_reference_request": (
            vitay.create_reference_request(
                candidate_id=records.candidate, question_set_id=QUESTION_SET_ID
            ),
            {"ada@x.test", "bo@y.test", "cy@y.test"},
        ),
        "remind_reference_request": (
            vitay.remind_reference_request(records.request),
            {"ada@x.test"},
        ),
        "remind_reference": (vitay.remind_reference(records.open_reference), {"bo@y.test"}),
        "create_reference": (
            vitay.create_reference(
                candidate_id=records.candidate,
                question_set_id=QUESTION_SET_ID,
                email="eve@z.test",
                first_name="Eve",
                last_name="Ng",
            ),
            {"eve@z.test"},
        ),
        "create_recruiter": (
            vitay.create_recruiter(hiring_firm_id=HIRING_FIRM_ID, email="new@z.test"),
            {"new@z.test"},
        ),
        "request_password_reset": (
            vitay.request_password_reset(RECRUITER_EMAIL),
            {RECRUITER_EMAIL},
        ),
        "find_password_reset": (vitay.find_password_reset(RECRUITER_EMAIL), {RECRUITER_EMAIL}),
    }


MESSAGES = [
    "create_reference_request",
    "remind_reference_request",
    "remind_reference",
    "create_reference",
    "create_recruiter",
    "request_password_reset",
    "find_password_reset",
]


def test_no_call_that_writes_to_somebody_is_forgotten_here() -> None:
    declared = {e.name for e in endpoints_of("vitay").values() if e.effect == "message"}
    assert declared <= {*MESSAGES, "remind_verification"}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_goes_to_allowed_recipients(
    name: str, new_runner: NewRunner, records: Records, mails: Any
) -> None:
    call, recipients = messages(records)[name]
    new_runner(allowed_recipients=tuple(recipients)).run(call)
    got = {mail["to"] for mail in mails() if "@" in mail["to"]}
    assert got
    assert got <= recipients


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_to_anybody_else_is_not_sent(
    name: str, new_runner: NewRunner, records: Records, writes: Any, mails: Any
) -> None:
    call, recipients = messages(records)[name]
    for forbidden in recipients:
        runner = new_runner(allowed_recipients=("safe.test", *(recipients - {forbidden})))
        with pytest.raises(BlockedBySafety, match="allowed_recipients") as caught:
            runner.run(call)
        assert forbidden not in str(caught.value)
    assert (writes(), mails()) == ([], [])


def test_a_message_whose_recipient_cannot_be_known_is_not_sent(
    new_runner: NewRunner, writes: Any
) -> None:
    runner = new_runner(allowed_recipients=("emulator.test",))
    with pytest.raises(BlockedBySafety, match="cannot be known whom it writes to"):
        runner.run(vitay.remind_verification(VERIFICATION_ID))
    assert writes() == []


def test_a_message_to_a_request_that_is_not_there_is_not_sent(
    new_runner: NewRunner, writes: Any
) -> None:
    runner = new_runner(allowed_recipients=("x.test",))
    with pytest.raises(BlockedBySafety):
        runner.run(vitay.remind_reference_request("rr-404"))
    assert writes() == []


def test_what_contacts_nobody_needs_no_allowed_recipient(
    new_runner: NewRunner, records: Records
) -> None:
    runner = new_runner(allowed_recipients=("safe.test",))
    assert runner.run(vitay.update_candidate(records.candidate, notes="x")).notes == "x"


def test_read_only_lets_nothing_but_reads_through(
    new_runner: NewRunner, records: Records, writes: Any
) -> None:
    runner = new_runner(mode="read_only")
    for endpoint in endpoints_of("vitay").values():
        arguments = dict.fromkeys(endpoint.signature.parameters, 1)
        if endpoint.effect != "read":
            with pytest.raises(BlockedBySafety, match="read_only"):
                runner.run(_any_call(endpoint, arguments))
    assert runner.run(vitay.show_candidate(records.candidate)).id == records.candidate
    assert writes() == []


def test_a_dry_run_sends_nothing_at_all_and_logs_no_argument(
    new_runner: NewRunner,
    records: Records,
    talent_emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="airflow_talent")
    before = len(talent_emulator.requests())
    runner = new_runner(mode="dry_run", allowed_recipients=("safe.test",))
    for endpoint in endpoints_of("vitay").values():
        arguments = dict.fromkeys(endpoint.signature.parameters, 1)
        with pytest.raises(DryRun):
            runner.run(_any_call(endpoint, arguments))
    assert len(talent_emulator.requests()) == before
    assert "Dry run: would send POST /v1/reminders/reference/{reference_id}" in caplog.messages
    assert len(caplog.messages) == 55


def test_a_task_sends_as_many_messages_as_it_may(
    new_runner: NewRunner, talent_emulator: Emulator, mails: Any
) -> None:
    runner = new_runner(max_messages_per_run=2)
    calls = [
        vitay.create_recruiter(hiring_firm_id=HIRING_FIRM_ID, email=f"new{n}@z.test")
        for n in range(3)
    ]
    for call in calls[:2]:
        runner.run(call)
    with pytest.raises(BlockedBySafety, match=r"max_messages_per_run \(2\)"):
        runner.run(calls[2])
    assert len(mails()) == 2
    assert runner.run(vitay.show_me()).id


def test_many_callers_together_send_no_more_messages_than_they_may(
    new_runner: NewRunner, records: Records, writes: Any
) -> None:
    runner = new_runner(max_messages_per_run=3)
    runner.run_together(vitay.remind_verification(VERIFICATION_ID), 20)
    assert len(writes()) == 3


def _any_call(endpoint: Any, arguments: dict[str, Any]) -> Call[Any]:
    if "answers" in arguments:
        arguments["answers"] = []
    call: Call[Any] = endpoint(**arguments)
    return call


@pytest.mark.parametrize(
    ("address", "allowed", "expected"),
    [
        ("ada@x.test", ["x.test"], True),
        ("Ada@X.Test", ["x.test"], True),
        (" ada@x.test ", ["@X.TEST"], True),
        ("ada@x.test", ["ada@x.test"], True),
        ("bo@x.test", ["ada@x.test"], False),
        ("ada@sub.x.test", ["x.test"], False),
        ("ada@notx.test", ["x.test"], False),
        ("eve@evil.test,ada@x.test", ["x.test"], False),
        ("eve@evil.test ada@x.test", ["x.test"], False),
        ("eve <ada@x.test>", ["x.test"], False),
        ("x.test", ["x.test"], False),
        ("", ["x.test"], False),
        ("ada@x.test", [], False),
    ],
)
def test_an_address_is_allowed_by_itself_or_by_its_domain(
    address: str, allowed: list[str], expected: bool
) -> None:
    assert is_allowed(address, allowed) is expected


@given(st.text(), st.lists(st.text(), max_size=3))
def test_what_is_allowed_is_one_address_that_ends_in_an_entry(
    address: str, allowed: list[str]
) -> None:
    if is_allowed(address, allowed):
        wanted = address.strip().lower()
        assert wanted.count("@") == 1
        assert any(wanted.endswith(entry.strip().lower()) for entry in allowed)
