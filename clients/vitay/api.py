"""How Vitay is spoken to: JSON:API as Vitay writes it, a Bearer token, PDF reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from ..api import Api
from ..calls import Call
from .auth import VitayAuth
from .calls import create_reference_request
from .models import Page, as_list
from .settings import VitaySettings

T = TypeVar("T")

MISPRINTED_TYPE = "RerefenceRequest"


class VitayApi(Api[VitaySettings]):
    """Vitay over one connection. Source: API reference 3.7.3."""

    vendor = "vitay"

    def auth(self) -> VitayAuth:
        return VitayAuth(self)

    def render(self, call: Call[Any]) -> httpx.Request:
        if self.settings.literal_types and call.endpoint is create_reference_request:
            call = _with_misprinted_types(call)
        request = super().render(call)
        if call.endpoint.result_type is bytes:
            request.headers["Accept"] = "*/*"
        return request

    def read(self, call: Call[T], response: httpx.Response) -> T:
        result: Any = call.endpoint.result_type
        if result is bytes:
            return _pdf(response.content)  # type: ignore[return-value]  # T is bytes here
        if result is str:
            return response.text.strip()  # type: ignore[return-value]  # T is str here
        body = response.json() if response.content else _done(call)
        if not isinstance(body, Mapping) or body.get("errors"):
            raise ValueError("expected an object without errors")
        if not issubclass(_origin(result), BaseModel):
            return dict(body)  # type: ignore[return-value]  # T is dict here
        if issubclass(_origin(result), Page):
            return result.model_validate(body)  # type: ignore[no-any-return]  # result is type[T]
        (record,) = as_list(body["data"])[:1]
        return result.model_validate(record)  # type: ignore[no-any-return]  # as above

    def next_page(self, call: Call[Any], page: Page[Any]) -> Call[Any] | None:
        return next(self.numbered_pages(call, page), None)

    def numbered_pages(self, call: Call[Any], page: Page[Any]) -> Iterator[Call[Any]]:
        at = int(call.query.get("page[page]", 1))
        last = min(page.pagination.total_pages, MOST_PAGES) if page.items else at
        return (call.with_query(**{"page[page]": number}) for number in range(at + 1, last + 1))

    def error_code(self, body: Any) -> str | None:
        code = _first_error(body).get("code")
        return code if isinstance(code, str) else None

    def error_place(self, body: Any) -> str | None:
        source = _first_error(body).get("source")
        if not isinstance(source, Mapping):
            return None
        place = source.get("pointer") or source.get("parameter")
        return place if isinstance(place, str) else None


MOST_PAGES = 10_000
"""A vendor that never says which page is the last is not followed for ever."""


def _origin(result: Any) -> type:
    return result if isinstance(result, type) else dict


def _first_error(body: Any) -> Mapping[str, Any]:
    errors = body.get("errors") if isinstance(body, Mapping) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, Mapping) else {}


def _done(call: Call[Any]) -> Mapping[str, Any]:
    """What an empty answer says about a change: that the record was changed, and no more."""
    if call.endpoint.effect == "read" or not call.path:
        return {}
    (record_id,) = call.path.values()
    return {"data": {"id": record_id}}


def _pdf(content: bytes) -> bytes:
    if not content.startswith(b"%PDF-"):
        raise ValueError("expected a PDF")
    return content


def _with_misprinted_types(call: Call[Any]) -> Call[Any]:
    data = call.json["data"]
    links = {
        name: {**link, "type": MISPRINTED_TYPE} for name, link in data["relationships"].items()
    }
    return call.with_json({"data": {**data, "relationships": links}})
