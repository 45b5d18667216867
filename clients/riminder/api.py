"""How Riminder is spoken to: a header with the key, and everything in one envelope."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter

from ..api import Api
from ..calls import Call
from .calls import (
    explain_score,
    list_documents,
    list_scores,
    show_filter,
    show_parsing,
    show_profile,
    show_source,
)
from .models import ProfilePage
from .settings import RiminderSettings

T = TypeVar("T")

ACCEPTED = 202

MOST_PAGES = 10_000
"""A vendor that is wrong about its last page is not followed for ever."""

LOOKUPS = {
    (lookup.method, lookup.path)
    for lookup in (
        explain_score,
        list_documents,
        list_scores,
        show_filter,
        show_parsing,
        show_profile,
        show_source,
    )
}
"""Calls that carry nothing but ids, so a 400 can only mean that one of them is unknown."""

COMPLAINT = re.compile(
    r"Invalid ("
    r"source_ids?|profile_id|profile_reference|filter_id|filter_reference|file|profile_json"
    r"|timestamp_reception|training_metadata|stage|rating|date_start|date_end|page|limit"
    r")\b"
)
"""Names of fields in the vendor's text; nothing else of it is shown, since it may echo the key."""


class RiminderApi(Api[RiminderSettings]):
    """Riminder over one connection. Source: fact sheet sections 1 to 4."""

    vendor = "riminder"

    def auth(self) -> httpx.Auth:
        return _Key(self.settings.password.get_secret_value())

    def render(self, call: Call[Any]) -> httpx.Request:
        request = super().render(call)
        if self.settings.origin:
            request.headers["Origin"] = self.settings.origin
        return request

    def status_of(self, response: httpx.Response) -> int:
        """The envelope's code counts like a status, and an unknown id is "not found"."""
        status = response.status_code
        if response.is_success:
            code = _code(_envelope(response))
            status = code if code >= httpx.codes.BAD_REQUEST else status
        if status == httpx.codes.BAD_REQUEST and self._is_lookup(response.request):
            return httpx.codes.NOT_FOUND
        return status

    def read(self, call: Call[T], response: httpx.Response) -> T:
        envelope = _envelope(response)
        data = envelope.get("data")
        code = _code(envelope)
        if not code:
            raise ValueError("expected a code")
        if ACCEPTED in (response.status_code, code):
            if call.endpoint.effect == "read":
                raise ValueError("it is not ready")
            data = data or {}
        elif "data" not in envelope:
            raise ValueError("expected data")
        return _reader(call.endpoint.result_type)(data)  # type: ignore[no-any-return]  # T

    def next_page(self, call: Call[Any], page: Any) -> Call[Any] | None:
        return next(self.numbered_pages(call, page), None)

    def numbered_pages(self, call: Call[Any], page: Any) -> Iterator[Call[Any]]:
        if not isinstance(page, ProfilePage) or not page.items:
            return iter(())
        last = page.pages or math.ceil((page.count_profiles or 0) / int(call.query["limit"]))
        following = range(int(call.query["page"]) + 1, min(last, MOST_PAGES) + 1)
        return (call.with_query(page=number) for number in following)

    def key_of(self, item: Any) -> str | None:
        return getattr(item, "profile_id", None)

    def error_place(self, body: Any) -> str | None:
        message = body.get("message") if isinstance(body, Mapping) else None
        complaint = COMPLAINT.search(message) if isinstance(message, str) else None
        return complaint and complaint[1]

    def _is_lookup(self, request: httpx.Request) -> bool:
        base = httpx.URL(self.settings.base_url).path.rstrip("/")
        return (request.method, request.url.path.removeprefix(base)) in LOOKUPS


class _Key(httpx.Auth):
    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["X-API-Key"] = self._key
        yield request


def _envelope(response: httpx.Response) -> Mapping[str, Any]:
    """The answer's ``{code, message, data}``; empty when it is something else."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) and "code" in body else {}


def _code(envelope: Mapping[str, Any]) -> int:
    """The envelope's code, also where it is written as text; 0 for none."""
    code = str(envelope.get("code"))
    return int(code) if code.isdecimal() else 0


@cache
def _reader(result: Any) -> Any:
    """What makes a result of ``data``; PHP writes an empty object as an empty array."""
    adapter: TypeAdapter[Any] = TypeAdapter(result)
    is_list = getattr(result, "__origin__", None) is list

    def read(data: Any) -> Any:
        if is_list and data in (None, {}):
            data = []
        elif not is_list and data == [] and result is not Any:
            data = {}
        return adapter.validate_python(data)

    return read
