"""What becomes of a read and of a call that writes to somebody when something goes wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import tenacity

from airflow_talent.clients import runners, vitay
from airflow_talent.clients.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    UnexpectedAnswer,
    VendorUnavailable,
)
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.clients.adapters import CannedVendor, Records, sent
from airflow_talent.tests.clients.conftest import NewRunner

UNANSWERED = ["refuse", "drop_before", "drop_after", "cut_body"]
ANSWERED_AMISS = ["html", "wrong_shape"]
NO_VENDOR = "http://127.0.0.1:1"
LOGIN = "/v3/oauth/login"
CLOSE = {"Connection": "close"}


@pytest.fixture
def happens(talent_emulator: Emulator) -> Any:
    """Makes a fault happen to the reads of candidates and to the reminders of references."""

    def happen(fault: str, **more: Any) -> None:
        path = "/candidates/|/reminders/reference/"
        talent_emulator.fault("vitay", None, path, fault, **{"times": None, **more})

    return happen


@pytest.fixture
def candidate_reads(talent_emulator: Emulator, records: Records) -> Any:
    return lambda: sent(talent_emulator, "GET", f"/candidates/{records.candidate}")


@pytest.fixture
def reminders_sent(talent_emulator: Emulator, records: Records) -> Any:
    return lambda: sent(talent_emulator, "POST", f"/reminders/reference/{records.open_reference}")


@pytest.fixture
def reminders_got(talent_emulator: Emulator, records: Records) -> Any:
    def count() -> int:
        outbox = talent_emulator.outbox("vitay")
        return sum(
            mail["record_id"] == records.open_reference and "reminder" in mail["subject"]
            for mail in outbox
        )

    return count


@pytest.fixture
def logins(talent_emulator: Emulator) -> Any:
    """How many logins there were since the records were made."""
    return lambda: sent(talent_emulator, "POST", LOGIN) - 1


def test_nobody_listens(new_runner: NewRunner, records: Records) -> None:
    runner = new_runner(base_url=NO_VENDOR)
    for call in (vitay.show_candidate("c-1"), vitay.remind_reference("r-1")):
        with pytest.raises(VendorUnavailable, match="ConnectError"):
            runner.run(call)


def test_a_call_that_could_not_connect_has_surely_not_happened(new_runner: NewRunner) -> None:
    with CannedVendor(lambda *_: (200, CLOSE, {"data": {"id": "c-1"}})) as vendor:
        runner = new_runner(base_url=vendor.url)
        runner.run(vitay.show_candidate("c-1"))
    with pytest.raises(VendorUnavailable):
        runner.run(vitay.remind_reference("r-1"))


@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_read_without_answer_is_repeated(
    fault: str, runner: Any, records: Records, happens: Any, candidate_reads: Any
) -> None:
    happens(fault, times=3)
    assert runner.run(vitay.show_candidate(records.candidate)).id == records.candidate
    assert candidate_reads() == 4


@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_read_is_sent_four_times_at_most(
    fault: str, runner: Any, records: Records, happens: Any, candidate_reads: Any
) -> None:
    happens(fault)
    with pytest.raises(VendorUnavailable):
        runner.run(vitay.show_candidate(records.candidate))
    assert candidate_reads() == 4


def test_a_read_that_takes_too_long_is_repeated(
    new_runner: NewRunner, records: Records, happens: Any, candidate_reads: Any
) -> None:
    runner = new_runner(timeout=0.2)
    happens("stall", times=2)
    assert runner.run(vitay.show_candidate(records.candidate)).id == records.candidate
    assert candidate_reads() == 3


@pytest.mark.parametrize(
    ("fault", "happened"),
    [("refuse", 0), ("drop_before", 0), ("drop_after", 1), ("cut_body", 1), ("stall", 0)],
)
def test_a_message_whose_answer_is_lost_is_sent_once_and_its_outcome_unknown(
    fault: str,
    happened: int,
    new_runner: NewRunner,
    records: Records,
    happens: Any,
    reminders_sent: Any,
    reminders_got: Any,
) -> None:
    runner = new_runner(timeout=0.2 if fault == "stall" else 30)
    happens(fault)
    with pytest.raises(OutcomeUnknown) as caught:
        runner.run(vitay.remind_reference(records.open_reference))
    assert (caught.value.vendor, caught.value.call) == ("vitay", "remind_reference")
    assert reminders_sent() == 1
    assert reminders_got() == happened


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 408])
def test_a_read_is_repeated_while_the_vendor_fails(
    status: int, runner: Any, records: Records, happens: Any, candidate_reads: Any
) -> None:
    happens("status", code=status)
    with pytest.raises(VendorUnavailable) as caught:
        runner.run(vitay.show_candidate(records.candidate))
    assert caught.value.status == status
    assert candidate_reads() == 4


def test_a_read_succeeds_once_the_vendor_recovers(
    runner: Any, records: Records, happens: Any, candidate_reads: Any
) -> None:
    happens("status", code=500, times=3)
    assert runner.run(vitay.show_candidate(records.candidate)).id == records.candidate
    assert candidate_reads() == 4


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 302])
def test_a_message_that_the_vendor_failed_at_is_sent_once_and_its_outcome_unknown(
    status: int, runner: Any, records: Records, happens: Any, reminders_sent: Any
) -> None:
    happens("status", code=status, retry_after=7)
    with pytest.raises(OutcomeUnknown) as caught:
        runner.run(vitay.remind_reference(records.open_reference))
    assert (caught.value.status, caught.value.retry_after) == (status, 7)
    assert reminders_sent() == 1


@pytest.mark.parametrize("fault", ANSWERED_AMISS)
def test_a_read_that_is_answered_amiss_is_not_repeated(
    fault: str, runner: Any, records: Records, happens: Any, candidate_reads: Any
) -> None:
    happens(fault)
    with pytest.raises(UnexpectedAnswer):
        runner.run(vitay.show_candidate(records.candidate))
    assert candidate_reads() == 1


@pytest.mark.parametrize("fault", ANSWERED_AMISS)
def test_a_message_that_is_answered_amiss_may_have_been_sent(
    fault: str, runner: Any, records: Records, happens: Any, reminders_sent: Any
) -> None:
    happens(fault)
    with pytest.raises(OutcomeUnknown):
        runner.run(vitay.remind_reference(records.open_reference))
    assert reminders_sent() == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_read_waits_as_long_as_the_vendor_asks(
    status: int,
    runner: Any,
    records: Records,
    happens: Any,
    candidate_reads: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_fixed(60))
    happens("status", code=status, retry_after=0, times=2)
    happens("status", code=status, retry_after=1, times=1)
    started = time.monotonic()
    runner.run(vitay.show_candidate(records.candidate))
    assert 1 <= time.monotonic() - started < 30
    assert candidate_reads() == 4


def test_the_vendor_may_name_the_moment_instead_of_the_seconds(
    runner: Any, records: Records, happens: Any, candidate_reads: Any
) -> None:
    at = datetime.now(UTC) + timedelta(hours=2)
    happens("status", code=429, retry_after=format_datetime(at, usegmt=True))
    with pytest.raises(RateLimited) as caught:
        runner.run(vitay.show_candidate(records.candidate))
    assert caught.value.retry_after == pytest.approx(7200, abs=10)
    assert candidate_reads() == 1


def test_nobody_waits_longer_than_a_minute_for_a_read(
    runner: Any, records: Records, happens: Any, candidate_reads: Any
) -> None:
    happens("status", code=429, retry_after=61)
    with pytest.raises(RateLimited) as caught:
        runner.run(vitay.show_candidate(records.candidate))
    assert caught.value.retry_after == 61
    assert candidate_reads() == 1


def test_a_message_that_came_too_soon_is_reported_and_not_repeated(
    runner: Any, records: Records, happens: Any, reminders_sent: Any, reminders_got: Any
) -> None:
    happens("status", code=429, retry_after=0)
    with pytest.raises(RateLimited) as caught:
        runner.run(vitay.remind_reference(records.open_reference))
    assert caught.value.retry_after == 0
    assert (reminders_sent(), reminders_got()) == (1, 0)


def test_a_read_with_an_expired_token_logs_in_once_and_is_repeated(
    runner: Any, records: Records, happens: Any, candidate_reads: Any, logins: Any
) -> None:
    runner.run(vitay.show_me())
    happens("expire_token", times=1)
    assert runner.run(vitay.show_candidate(records.candidate)).id == records.candidate
    assert (logins(), candidate_reads()) == (2, 2)


def test_a_message_with_an_expired_token_logs_in_once_and_is_sent(
    runner: Any,
    records: Records,
    happens: Any,
    reminders_sent: Any,
    reminders_got: Any,
    logins: Any,
) -> None:
    runner.run(vitay.show_me())
    happens("expire_token", times=1)
    runner.run(vitay.remind_reference(records.open_reference))
    assert (logins(), reminders_sent(), reminders_got()) == (2, 2, 1)


def test_a_second_refusal_of_a_new_token_is_an_error(
    runner: Any, records: Records, happens: Any, candidate_reads: Any, logins: Any
) -> None:
    runner.run(vitay.show_me())
    happens("status", code=401)
    with pytest.raises(AuthenticationFailed):
        runner.run(vitay.show_candidate(records.candidate))
    assert (logins(), candidate_reads()) == (2, 2)


def test_fifty_callers_with_an_expired_token_share_one_login(
    runner: Any, records: Records, happens: Any, candidate_reads: Any, logins: Any
) -> None:
    runner.run(vitay.show_me())
    happens("expire_token", times=1)
    results = runner.run_together(vitay.show_candidate(records.candidate), 50)
    assert {getattr(result, "id", result) for result in results} == {records.candidate}
    assert logins() == 2
    assert candidate_reads() <= 100


def test_fifty_callers_without_a_token_share_one_login(
    runner: Any, records: Records, logins: Any
) -> None:
    results = runner.run_together(vitay.show_candidate(records.candidate), 50)
    assert {getattr(result, "id", result) for result in results} == {records.candidate}
    assert logins() == 1


def test_a_refused_public_form_is_no_reason_to_log_in_again(
    runner: Any, records: Records, talent_emulator: Emulator, logins: Any
) -> None:
    runner.run(vitay.show_me())
    talent_emulator.fault("vitay", "POST", "/v1/public/references", "status", code=401, times=None)
    with pytest.raises(AuthenticationFailed):
        runner.run(vitay.submit_answers(records.open_reference, answers=["Yes"]))
    assert logins() == 1
    assert sent(talent_emulator, "POST", "/v1/public/references") == 1


def test_a_forbidden_call_is_no_reason_to_log_in_again(
    runner: Any, records: Records, happens: Any, candidate_reads: Any, logins: Any
) -> None:
    happens("status", code=403)
    with pytest.raises(PermissionDenied):
        runner.run(vitay.show_candidate(records.candidate))
    assert (logins(), candidate_reads()) == (1, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "drop_before"},
        {"fault": "cut_body"},
        {"fault": "html"},
        {"fault": "wrong_shape"},
        {"fault": "status", "code": 500},
    ],
    ids=lambda fault: fault["fault"],
)
def test_a_message_is_not_sent_while_no_login_is_possible(
    fault: dict[str, Any],
    runner: Any,
    records: Records,
    talent_emulator: Emulator,
    reminders_sent: Any,
) -> None:
    talent_emulator.fault("vitay", "POST", LOGIN, **fault)
    with pytest.raises(VendorUnavailable):
        runner.run(vitay.remind_reference(records.open_reference))
    assert reminders_sent() == 0
    runner.run(vitay.remind_reference(records.open_reference))
    assert reminders_sent() == 1


def test_a_message_refused_for_its_token_has_not_happened_though_no_new_login_is_possible(
    runner: Any, records: Records, happens: Any, talent_emulator: Emulator, reminders_got: Any
) -> None:
    runner.run(vitay.show_me())
    happens("expire_token", times=1)
    talent_emulator.fault("vitay", "POST", LOGIN, "drop_before")
    with pytest.raises(VendorUnavailable):
        runner.run(vitay.remind_reference(records.open_reference))
    assert reminders_got() == 0


def test_a_read_survives_a_login_that_came_too_soon(
    runner: Any, records: Records, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", "POST", LOGIN, "status", code=429, retry_after=0, times=2)
    assert runner.run(vitay.show_candidate(records.candidate)).id == records.candidate


def test_a_host_without_a_login_is_not_taken_for_a_missing_record(
    new_runner: NewRunner, talent_emulator: Emulator
) -> None:
    runner = new_runner(base_url=f"{talent_emulator.url}/vitay")
    with pytest.raises(InvalidRequest, match="correct the connection's host"):
        runner.run(vitay.show_candidate("c-1"))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (vitay.show_candidate("c-404"), NotFound),
        (vitay.remind_reference("r-404"), NotFound),
    ],
)
def test_an_unknown_id_is_named_in_the_error(runner: Any, call: Any, error: type) -> None:
    with pytest.raises(error, match=next(iter(call.path.values()))):
        runner.run(call)


def test_a_refused_field_is_named_in_the_error(runner: Any) -> None:
    call = vitay.create_candidate(
        email="a@x.test", first_name="A", last_name="B", phone="+1 (514) 5550100"
    )
    with pytest.raises(InvalidRequest, match="/data/attributes/phone"):
        runner.run(call)
