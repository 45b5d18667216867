"""A vendor's manners: how its calls become requests and its responses models."""

from __future__ import annotations

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import quote

import httpx

from .. import __version__
from .calls import Call
from .errors import (
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
    VendorUnavailable,
)
from .settings import ConnectionSettings

if TYPE_CHECKING:
    from .arrivals import Reader

T = TypeVar("T")
S = TypeVar("S", bound=ConnectionSettings)

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

ERROR_OF_STATUS: Mapping[int, tuple[type[VendorError], str]] = {
    400: (InvalidRequest, "the request was refused"),
    401: (AuthenticationFailed, "the credentials were refused; check the connection"),
    402: (QuotaExceeded, "the account's allowance is used up"),
    403: (PermissionDenied, "the account may not do this, or is locked"),
    404: (NotFound, "there is no such record, or the account may not see it"),
    405: (InvalidRequest, "the vendor does not take this method here"),
    408: (VendorUnavailable, "the vendor gave up waiting for the request"),
    409: (Conflict, "such a record exists already"),
    410: (NotFound, "the record is gone"),
    415: (InvalidRequest, "the vendor does not take this content type"),
    422: (InvalidRequest, "the request was refused"),
    429: (RateLimited, "too many requests"),
    501: (InvalidRequest, "the vendor has not made this method yet"),
}

LONGEST_RETRY_AFTER = 86_400.0
"""Seconds; whoever asks for more is asked again after a day."""

NAME_ONLY = re.compile(r"[\w.\[\]/-]{1,80}")
"""What a vendor's code or field name looks like; anything else might be about a person."""


class Api(ABC, Generic[S]):
    """One vendor over one connection. Subclasses say how answers are read and who one is.

    :param settings: the connection's; nothing else varies between two instances.
    """

    vendor: ClassVar[str]
    headers: ClassVar[Mapping[str, str]] = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"airflow-provider-talent/{__version__}",
    }

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @abstractmethod
    def auth(self) -> httpx.Auth | None:
        """The credentials of a client; one object per client, kept for its life."""

    @abstractmethod
    def read(self, call: Call[T], response: httpx.Response) -> T:
        """The model in a successful response.

        :raises ValueError: the body is not what the documents describe.
        """

    def next_page(self, call: Call[Any], page: Any) -> Call[Any] | None:
        """The call for the page after ``page``, None after the last, or where nothing is paged."""
        return None

    def numbered_pages(self, call: Call[Any], page: Any) -> Iterable[Call[Any]]:
        """The calls for the pages after ``page``, as far as it tells how many there are.

        Where a vendor numbers its pages, they are fetched ahead. What follows a page
        is still for :meth:`next_page` to say, whose result is the first of these.
        """
        return ()

    def reader(self, call: Call[Any]) -> Reader | None:
        """What takes the answer to ``call`` apart while it arrives; None for one that is small."""
        return None

    def key_of(self, item: Any) -> str | None:
        """What makes a record of an index the same one; None where nothing does."""
        return getattr(item, "id", None)

    def status_of(self, response: httpx.Response) -> int:
        """The HTTP status that an answer amounts to, for vendors that put errors into a 200."""
        return response.status_code

    def secret_query(self) -> Mapping[str, str]:
        """Credentials that the vendor wants in the URL; added below everything that logs it."""
        return {}

    def error_code(self, body: Any) -> str | None:
        """The vendor's own code in an error body."""
        return None

    def error_place(self, body: Any) -> str | None:
        """The field that an error body complains about."""
        return None

    def url(self, call: Call[Any]) -> str:
        """Where ``call`` goes, without its query."""
        path = call.endpoint.path.format_map(
            {name: quote(value, safe="") for name, value in call.path.items()}
        )
        return f"{self.settings.base_url.rstrip('/')}{path}"

    def body(self, call: Call[Any]) -> Mapping[str, Any]:
        """What ``call`` sends, as arguments of :class:`httpx.Request`."""
        return {
            "json": call.json,
            "data": dict(call.form) or None,
            "files": dict(call.files) or None,
        }

    def render(self, call: Call[Any]) -> httpx.Request:
        """The request that ``call`` is, with this connection's settings applied.

        :raises InvalidRequest: a value in it cannot be written.
        """
        try:
            request = httpx.Request(
                call.endpoint.method,
                self.url(call),
                params=dict(call.query) or None,
                **self.body(call),
                headers=dict(self.headers),
                # Waiting for a free connection is this package's own doing, not the vendor's.
                extensions={"timeout": httpx.Timeout(self.timeout_of(call), pool=None).as_dict()},
            )
        except (TypeError, ValueError) as error:
            reason = f"not sent, because a value cannot be written ({type(error).__name__})"
            raise self._error(InvalidRequest, call, reason) from None
        if call.query:
            request.url = _URLWithoutQuery(request.url)
        return request

    def timeout_of(self, call: Call[Any]) -> float:
        """Seconds that ``call`` may take."""
        return call.endpoint.timeout or self.settings.timeout

    def decode(self, call: Call[T], response: httpx.Response) -> T:
        """What ``call`` returns for ``response``.

        :raises VendorError: the kind that says what may be done about it. After a
            call with an effect an unreadable answer is :class:`OutcomeUnknown`.
        """
        self.check(call, response)
        return self.understand(call, response)

    def check(self, call: Call[Any], response: httpx.Response) -> None:
        """Refuse an answer that is a refusal, as :meth:`decode` does."""
        status = self.status_of(response)
        if not httpx.codes.is_success(status):
            raise self._refusal(call, response, status)

    def understand(self, call: Call[T], response: httpx.Response) -> T:
        """The model in an answer that is none, as :meth:`decode` gives it."""
        try:
            return self.read(call, response)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self.unreadable(call, response.status_code, error) from None

    def lost(self, call: Call[Any], request: httpx.Request, error: httpx.HTTPError) -> VendorError:
        """The error for a call whose answer did not arrive.

        :param error: what happened, to ``request`` or to a login before it.
        """
        what = type(error).__name__
        is_sent = getattr(error, "_request", None) is request and not isinstance(error, NOT_SENT)
        if call.endpoint.effect == "read" or not is_sent:
            return self._error(VendorUnavailable, call, f"no answer ({what})")
        return self._error(
            OutcomeUnknown, call, f"the answer was lost ({what}), so it may have happened or not"
        )

    def unreadable(self, call: Call[Any], status: int, error: Exception) -> VendorError:
        """The error for an answer to ``call`` that is not as documented, because of ``error``."""
        what = f"the answer is not in the documented form ({type(error).__name__})"
        if call.endpoint.effect == "read":
            return self._error(UnexpectedAnswer, call, what, status=status)
        return self._error(OutcomeUnknown, call, f"{what}, so it may have happened", status=status)

    def _refusal(self, call: Call[Any], response: httpx.Response, status: int) -> VendorError:
        body = _json_or_none(response)
        kind, reason = _meaning_of(status)
        if kind in (VendorUnavailable, UnexpectedAnswer) and call.endpoint.effect != "read":
            kind, reason = OutcomeUnknown, f"{reason}, so it may have happened or not"
        if kind in (NotFound, InvalidRequest):
            places = [f"{name} {value}" for name, value in call.path.items()]
            places += filter(None, [_name_only(self.error_place(body))])
            reason = ": ".join(filter(None, [reason, ", ".join(places)]))
        return self._error(
            kind,
            call,
            reason,
            # Of an error inside a 200, what it says of itself.
            status=status if response.is_success else response.status_code,
            code=_name_only(self.error_code(body)),
            retry_after=_retry_after(response),
        )

    def _error(
        self, kind: type[VendorError], call: Call[Any], reason: str, **facts: Any
    ) -> VendorError:
        return kind(reason, vendor=self.vendor, call=call.endpoint.name, **facts)


class _URLWithoutQuery(httpx.URL):
    """Is logged, by httpx too, without its query, where a person's address may stand."""

    def __str__(self) -> str:
        return super().__str__().partition("?")[0]


def _meaning_of(status: int) -> tuple[type[VendorError], str]:
    if status in ERROR_OF_STATUS:
        return ERROR_OF_STATUS[status]
    if status >= 500:
        return VendorUnavailable, "the vendor failed"
    if status >= 400:
        return InvalidRequest, "the request was refused"
    return UnexpectedAnswer, "an undocumented status"


def _name_only(text: str | None) -> str | None:
    return text if text and NAME_ONLY.fullmatch(text) else None


def _json_or_none(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    seconds = _seconds(value)
    if seconds is None or math.isnan(seconds):
        return None
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER)


def _seconds(value: str) -> float | None:
    """Seconds from now, written as a number or as a date."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - datetime.now(UTC)).total_seconds()
