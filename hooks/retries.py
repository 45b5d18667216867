"""Which errors of a vendor Airflow should try again, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy

from ..clients.errors import (
    AuthenticationFailed,
    BlockedBySafety,
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    VendorError,
)
from .base import ConnectionInvalid

if TYPE_CHECKING:
    from airflow.sdk import Context

PERMANENT = (
    AuthenticationFailed,
    BlockedBySafety,
    Conflict,
    ConnectionInvalid,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
)


class VendorRetries(RetryPolicy):
    """Fails at once what a repetition cannot mend, and waits as long as the vendor asked.

    Everything else follows the task's ``retries`` and ``retry_delay``. The
    default of this package's operators and sensors.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        if isinstance(exception, PERMANENT):
            return RetryDecision.fail(str(exception))
        if isinstance(exception, VendorError) and exception.retry_after is not None:
            return RetryDecision.retry(
                delay=timedelta(seconds=exception.retry_after), reason=str(exception)
            )
        return RetryDecision.default()


VENDOR_RETRIES = VendorRetries()
