"""Nothing secret and nothing about a person is in a log line, an exception or a call's repr."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest
from pydantic import SecretStr

from airflow_talent.clients import vitay
from airflow_talent.clients.errors import VendorError
from airflow_talent.clients.vitay.models import PasswordReset, Session
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.emulator.vitay.records import PASSWORD, QUESTION_SET_ID, RECRUITER_EMAIL
from airflow_talent.tests.clients.adapters import CannedVendor, Records
from airflow_talent.tests.clients.conftest import NewRunner

EMAIL = "planted.person@secret.test"
PERSON: dict[str, Any] = {
    "first_name": "Plantedfirst",
    "last_name": "Plantedlast",
    "phone": "5145559999",
}
NOTES = "planted-notes"
WRONG_PASSWORD = "planted/pass word"
PLANTED = (
    *("planted.person", "secret.test", "Planted", "5145559999", NOTES, WRONG_PASSWORD),
    *("planted%2Fpass", PASSWORD, RECRUITER_EMAIL, "Bearer"),
)

FAULTS: list[dict[str, Any]] = [
    *({"fault": fault} for fault in ("refuse", "stall", "drop_before", "drop_after", "cut_body")),
    *({"fault": fault} for fault in ("html", "wrong_shape", "expire_token")),
    *({"fault": "status", "code": code} for code in (302, 400, 401, 403, 404, 409, 422, 429, 500)),
]


@pytest.fixture
def everything_said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """All that was logged and all that was added to it, down to httpcore's debug lines."""
    for name in ("", "airflow_talent", "httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return []


def attempt(runner: Any, call: Any, said: list[str]) -> None:
    try:
        runner.run(call)
    except VendorError as error:
        said += [str(error), repr(error), *traceback.format_exception(error)]


def calls_about(records: Records) -> list[Any]:
    return [
        vitay.show_candidate(records.candidate),
        vitay.list_candidates(),
        vitay.update_candidate(records.candidate, email=EMAIL, notes=NOTES, **PERSON),
        vitay.create_candidate(email=EMAIL, notes=NOTES, **PERSON),
        vitay.create_reference(
            candidate_id=records.candidate,
            question_set_id=QUESTION_SET_ID,
            email=EMAIL,
            **PERSON,
        ),
        vitay.remind_reference(records.open_reference),
        vitay.find_password_reset(EMAIL),
        vitay.request_password_reset(EMAIL),
        vitay.reset_password(EMAIL, WRONG_PASSWORD, "key-" + NOTES),
        vitay.login(EMAIL, WRONG_PASSWORD),
    ]


def test_failing_calls_say_nothing_about_anybody(
    new_runner: NewRunner,
    records: Records,
    talent_emulator: Emulator,
    talent_emulator_server: EmulatorServer,
    everything_said: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    runner = new_runner(timeout=0.05, login=RECRUITER_EMAIL)
    tokens: set[str] = set()
    for fault in FAULTS:
        talent_emulator.clear_faults()
        attempt(runner, vitay.show_me(), everything_said)
        tokens |= set(talent_emulator_server.world.vendors["vitay"].tokens)  # type: ignore[attr-defined]  # it is a Vitay
        talent_emulator.fault("vitay", None, "", times=None, **fault)
        for call in calls_about(records):
            attempt(runner, call, everything_said)
            everything_said.append(repr(call))
    talent_emulator.clear_faults()
    for call in calls_about(records):
        attempt(runner, call, everything_said)

    assert "HTTP Request: GET" in caplog.text
    assert "receive_response_headers" in caplog.text
    assert tokens
    assert_nothing_is_in([*everything_said, caplog.text], *PLANTED, *tokens)


def test_a_refused_login_says_nothing_about_it(
    new_runner: NewRunner, everything_said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(4):
        runner = new_runner(login=EMAIL, password=SecretStr(WRONG_PASSWORD))
        attempt(runner, vitay.show_me(), everything_said)
    assert_nothing_is_in([*everything_said, caplog.text], *PLANTED)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, {"data": {"id": "c", "attributes": {"score": EMAIL, "notes": NOTES}}}),
        (200, {}, {"data": [{"id": {"notes": NOTES}}]}),
        (200, {}, {"errors": [{"detail": EMAIL}]}),
        (200, {}, f"<p>{EMAIL}</p>".encode()),
        (200, {}, b'{"data": {"id": "' + NOTES.encode() + b"\xff"),
        (422, {}, {"errors": [{"code": EMAIL, "detail": NOTES, "source": {"pointer": EMAIL}}]}),
        (409, {}, {"errors": [{"code": "Planted was here", "title": EMAIL}]}),
        (404, {}, {"errors": EMAIL}),
        (302, {"Location": f"https://v.test/{EMAIL}"}, {}),
        (429, {"Retry-After": EMAIL}, {}),
    ],
    ids=lambda answer: str(answer[0]),
)
def test_an_answer_about_somebody_is_not_repeated_in_an_error(
    answer: Any, new_runner: NewRunner, everything_said: list[str]
) -> None:
    with CannedVendor(lambda *_: answer) as vendor:
        runner = new_runner(base_url=vendor.url)
        for call in (vitay.show_candidate("c"), vitay.create_candidate(email=EMAIL, **PERSON)):
            attempt(runner, call, everything_said)
    assert everything_said
    assert_nothing_is_in(everything_said, *PLANTED)


def test_blocked_calls_say_nothing_about_anybody(
    new_runner: NewRunner,
    records: Records,
    everything_said: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for changes in ({"mode": "dry_run"}, {"mode": "read_only"}, {"allowed_recipients": ("a.b",)}):
        runner = new_runner(**changes)
        for call in calls_about(records):
            attempt(runner, call, everything_said)
    assert_nothing_is_in([*everything_said, caplog.text], *PLANTED)


def test_what_holds_a_secret_does_not_show_it() -> None:
    settings = VitaySettings(login=EMAIL, password=WRONG_PASSWORD)
    shown = [
        repr(settings),
        repr(Session(token=NOTES)),
        repr(PasswordReset(key=NOTES, token=NOTES)),
        repr(vitay.login(EMAIL, WRONG_PASSWORD)),
    ]
    assert_nothing_is_in(shown, *PLANTED)


def assert_nothing_is_in(said: list[str], *secrets: str) -> None:
    text = "\n".join(said)
    assert [secret for secret in secrets if secret in text] == []
