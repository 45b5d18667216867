"""Which errors Airflow tries again, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction

from airflow_talent.clients import errors
from airflow_talent.hooks.base import ConnectionInvalid
from airflow_talent.hooks.retries import VENDOR_RETRIES

PERMANENT = [
    errors.AuthenticationFailed,
    errors.PermissionDenied,
    errors.NotFound,
    errors.NotListed,
    errors.InvalidRequest,
    errors.Conflict,
    errors.QuotaExceeded,
    errors.BlockedBySafety,
    errors.DryRun,
    ConnectionInvalid,
]
PASSING = [
    errors.RateLimited,
    errors.VendorUnavailable,
    errors.OutcomeUnknown,
    errors.UnexpectedAnswer,
]


def all_errors(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*map(all_errors, kind.__subclasses__()))


def test_every_error_is_one_or_the_other() -> None:
    ours = {e for e in all_errors(errors.VendorError) if e.__module__ == errors.__name__}
    assert ours - {errors.VendorError} == {*PERMANENT, *PASSING} - {ConnectionInvalid}


@pytest.mark.parametrize("error", PERMANENT)
def test_what_a_repetition_cannot_mend_fails_at_once(error: type[Exception]) -> None:
    decision = VENDOR_RETRIES.evaluate(error("reason"), 1, 3)
    assert decision.action is RetryAction.FAIL
    assert decision.reason == "reason"


@pytest.mark.parametrize("error", PASSING)
def test_what_may_pass_is_left_to_the_task(error: type[Exception]) -> None:
    assert VENDOR_RETRIES.evaluate(error("reason"), 1, 3).action is RetryAction.DEFAULT


@pytest.mark.parametrize("error", PASSING)
def test_a_vendor_that_says_when_is_asked_again_then(error: type[errors.VendorError]) -> None:
    decision = VENDOR_RETRIES.evaluate(error("reason", retry_after=90), 1, 3)
    assert decision.action is RetryAction.RETRY
    assert decision.retry_delay == timedelta(seconds=90)


def test_other_errors_are_left_to_the_task() -> None:
    assert VENDOR_RETRIES.evaluate(KeyError("x"), 1, 3).action is RetryAction.DEFAULT
