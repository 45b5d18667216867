"""How Rezi is spoken to: an envelope that says success or error, whatever the HTTP status says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from ..api import Api
from ..calls import Call
from ..errors import UnexpectedAnswer, VendorError
from .auth import KeyAuth, ShortLivedAuth, sign
from .calls import show_access_token, upgrade_plan
from .files import is_file, read_file
from .lists import CURSORS, LISTED_UNDER, ListReader
from .settings import ReziSettings

T = TypeVar("T")

CONNECT_TIMEOUT = 5.0

CODE = re.compile(r"error code:\s*([A-Za-z]+-\d+)", re.IGNORECASE)
"""An error is a sentence with a code inside."""

ABOUT_CREDENTIALS = re.compile("jwt|token|auth", re.IGNORECASE)


class ReziApi(Api[ReziSettings]):
    """Rezi over one connection. Source: fact sheet sections 1, 2 and 7."""

    vendor = "rezi"

    def auth(self) -> httpx.Auth:
        if self.settings.token_mode == "short_lived":  # noqa: S105  # the name of a mode
            return ShortLivedAuth(self)
        return KeyAuth(self.settings)

    def url(self, call: Call[Any]) -> str:
        if call.endpoint is not upgrade_plan:
            return super().url(call)
        user_id = quote(call.json.get("userID", ""), safe="")
        where = self.settings.upgrade_path.replace("{userID}", user_id)
        return f"{self.settings.base_url.rstrip('/')}{where}" if where[0] == "/" else where

    def body(self, call: Call[Any]) -> Mapping[str, Any]:
        if call.endpoint is upgrade_plan:
            call = call.with_json({k: v for k, v in call.json.items() if k != "userID"})
        return super().body(call)

    def render(self, call: Call[Any]) -> httpx.Request:
        request = super().render(call)
        timeout = request.extensions["timeout"]
        timeout["connect"] = min(timeout["connect"], CONNECT_TIMEOUT)
        if call.endpoint is show_access_token:
            # A short-lived token does not get another one.
            sign(request, self.settings.password.get_secret_value(), self.settings.auth_header)
        if call.endpoint.result_type is bytes:
            request.headers["Accept"] = "application/pdf, application/json"
        return request

    def status_of(self, response: httpx.Response) -> int:
        """Rezi may answer 200 to what it refuses, and a proxy may answer for it."""
        if not response.is_success or is_file(response):
            return response.status_code
        body = body_of(response)
        if body is None:
            return int(httpx.codes.BAD_GATEWAY)
        if verdict_of(body) != "error":
            return response.status_code
        about_credentials = ABOUT_CREDENTIALS.search(_sentence(body))
        return int(httpx.codes.UNAUTHORIZED if about_credentials else httpx.codes.BAD_REQUEST)

    def read(self, call: Call[T], response: httpx.Response) -> T:
        result: Any = call.endpoint.result_type
        if result is bytes and is_file(response):
            return read_file(response.content)  # type: ignore[return-value]  # T is bytes here
        body = body_of(response)
        if get_origin(result) is list:
            return self._read_list(call, body)  # type: ignore[return-value]  # T is a list here
        if verdict_of(body) != "success":
            raise ValueError("expected the status success")
        if result is bytes:
            return read_file(body)  # type: ignore[return-value]  # T is bytes here
        return _read_record(result, body)  # type: ignore[no-any-return]  # result is type[T]

    def reader(self, call: Call[Any]) -> ListReader[Any] | None:
        if get_origin(call.endpoint.result_type) is not list:
            return None
        (kind,) = get_args(call.endpoint.result_type)
        return ListReader(kind, lambda: self._incomplete(call))

    def _incomplete(self, call: Call[Any]) -> VendorError:
        reason = "the list is incomplete: it goes on, in a way that is not documented"
        return self._error(UnexpectedAnswer, call, reason)

    def error_code(self, body: Any) -> str | None:
        found = CODE.search(_sentence(body))
        return found.group(1) if found else None

    def _read_list(self, call: Call[Any], body: Any) -> list[Any]:
        if isinstance(body, Mapping):
            if verdict_of(body) != "success":
                raise ValueError("expected the status success")
            if any(place.get(name) for place in _objects(body) for name in CURSORS):
                raise self._incomplete(call)
        (kind,) = get_args(call.endpoint.result_type)
        return TypeAdapter(list[kind]).validate_python(_records_in(body))  # type: ignore[valid-type]  # known when it runs


def body_of(response: httpx.Response) -> Any:
    """The JSON of an answer, None where there is none; parsed once for all who ask."""
    if "json" not in response.extensions:
        try:
            response.extensions["json"] = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            response.extensions["json"] = None
    return response.extensions["json"]


def verdict_of(body: Any) -> str | None:
    """What an envelope says of itself, in lower case; the documents name two properties for it."""
    if not isinstance(body, Mapping):
        return None
    verdict = body.get("status", body.get("type"))
    return verdict.lower() if isinstance(verdict, str) else None


def _sentence(body: Any) -> str:
    sentence = body.get("errorCode") if isinstance(body, Mapping) else None
    return sentence if isinstance(sentence, str) else ""


def _objects(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Where the payload may be: in ``data``, or beside the status."""
    if isinstance(body.get("data"), Mapping):
        yield body["data"]
    yield {name: value for name, value in body.items() if name != "status"}


def _read_record(kind: Any, body: Mapping[str, Any]) -> Any:
    """The first object that is a record of this kind: a resume has ``data`` of its own."""
    first, *others = _objects(body)
    if not any(field.is_required() for field in kind.model_fields.values()):
        # Such a record finds itself in anything.
        others = []
    for place in others:
        try:
            return kind.model_validate(first)
        except ValidationError:
            first = place
    return kind.model_validate(first)


def _records_in(body: Any) -> list[Any]:
    if isinstance(body, list):
        return body
    if isinstance(body.get("data"), list):
        return body["data"]  # type: ignore[no-any-return]  # looked at in this line's condition
    for place in _objects(body):
        for name in LISTED_UNDER:
            if isinstance(place.get(name), list):
                return place[name]  # type: ignore[no-any-return]  # as above
    raise ValueError("expected a list")
