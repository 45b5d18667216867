"""One tree of errors for all vendors.

An error says which vendor and call it was, the HTTP status and the vendor's own
code; it never holds a secret, a URL or anything a person wrote.
"""

from __future__ import annotations


class VendorError(Exception):
    """A call to a vendor did not do what was asked.

    :param reason: what happened, and what to do about it, in one sentence.
    :param vendor: ``vitay``, ``rezi`` and so on.
    :param call: name of the call, as ``talent calls`` lists it.
    :param status: HTTP status, None when there was no answer.
    :param code: the vendor's own error code, when it sent one.
    :param retry_after: seconds to wait as the vendor said, None when it did not.
    """

    def __init__(
        self,
        reason: str,
        *,
        vendor: str = "",
        call: str = "",
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.vendor = vendor
        self.call = call
        self.status = status
        self.code = code
        self.retry_after = retry_after

    def __str__(self) -> str:
        where = f"{self.vendor}.{self.call}" if self.call else self.vendor
        facts = [f"HTTP {self.status}"] if self.status else []
        facts += [self.code] if self.code else []
        tail = f" ({', '.join(facts)})" if facts else ""
        return f"{where}: {self.reason}{tail}" if where else f"{self.reason}{tail}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.reason), self.__dict__


def _rebuild(kind: type[VendorError], reason: str) -> VendorError:
    return kind(reason)


class AuthenticationFailed(VendorError):
    """The vendor refused the credentials; repeating will not help and may lock the account."""


class PermissionDenied(VendorError):
    """The account may not do this, or is locked."""


class NotFound(VendorError):
    """There is no record with this id, or the account may not see it."""


class NotListed(NotFound):
    """An index leaves this record out, and nothing else tells of it."""


class InvalidRequest(VendorError):
    """The vendor refused what was sent; nothing was done."""


class Conflict(VendorError):
    """Such a record exists already."""


class QuotaExceeded(VendorError):
    """The account's allowance is used up."""


class RateLimited(VendorError):
    """Too many requests; nothing was done."""


class VendorUnavailable(VendorError):
    """The vendor could not be reached or could not answer; nothing was changed."""


class OutcomeUnknown(VendorError):
    """A call with an effect was sent and its answer was lost: it may or may not have happened."""


class UnexpectedAnswer(VendorError):
    """The vendor answered in a form that its documents do not describe."""


class BlockedBySafety(VendorError):
    """The connection's own settings forbid this call; nothing was sent."""


class DryRun(BlockedBySafety):
    """The connection is in ``dry_run`` mode: the call was logged and not sent."""


TRANSIENT = (RateLimited, VendorUnavailable)
"""Errors after which the same call may be sent again without doing anything twice."""
