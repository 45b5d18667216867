"""How Rezora is spoken to: Digest, three formats, collections for everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Generic, TypeVar, get_args, get_origin

import httpx

from ..api import Api
from ..calls import Call
from ..errors import AuthenticationFailed, InvalidRequest, NotFound, PermissionDenied
from .auth import RezoraAuth
from .formats import WRITERS, Decoder, Fields, make_decoder, read_records
from .models import Done, columns_of
from .settings import RezoraSettings, explain_level

T = TypeVar("T")

PIECE = 65_536
"""Bytes of an answer that are read at a time."""

HEAD = 4096
"""Bytes; an error inside a 200 is the only record of its answer, and short."""


class RezoraApi(Api[RezoraSettings]):
    """Rezora over one connection. Source: fact sheet sections 3 to 6."""

    vendor = "rezora"

    def auth(self) -> RezoraAuth:
        return RezoraAuth(self.settings)

    def url(self, call: Call[Any]) -> str:
        return f"{super().url(call)}.{self.settings.format}"

    def body(self, call: Call[Any]) -> Mapping[str, Any]:
        if call.json is None:
            return {}
        try:
            return {"content": WRITERS[self.settings.request_format](call.json)}
        except ValueError as error:
            # The text of an encoding error would show the value.
            reason = "it is not Unicode" if isinstance(error, UnicodeError) else str(error)
            raise self._error(
                InvalidRequest, call, f"not sent, because a value cannot be written: {reason}"
            ) from None

    def render(self, call: Call[Any]) -> httpx.Request:
        request = super().render(call)
        # Both are required on every method, and the type of a body where there is none, too.
        request.headers["Accept"] = self._media_type(self.settings.format)
        request.headers["Content-Type"] = self._media_type(self.settings.request_format)
        return request

    def status_of(self, response: httpx.Response) -> int:
        status = response.status_code
        if not response.is_success:
            return status
        try:
            first = next(read_records(self.settings.format, [response.content[:HEAD]]), {})
        except ValueError:
            return status
        inside = first.get("status", "")
        return int(inside) if inside.isdecimal() and len(inside) == 3 else status

    def check(self, call: Call[Any], response: httpx.Response) -> None:
        try:
            super().check(call, response)
        except (AuthenticationFailed, PermissionDenied) as error:
            # Rezora answers a wrong password and a wrong level alike.
            reason = (
                "the user name or the password was refused, or they are of the wrong level: "
                f"{explain_level(call, self.settings.level)}"
            )
            raise self._error(type(error), call, reason, status=error.status) from None

    def read(self, call: Call[T], response: httpx.Response) -> T:
        reader: Reader[Any] = Reader(self._decoder(call), call)
        # In pieces, since records that are not wanted need not be held all at once.
        pieces = (
            response.content[at : at + PIECE] for at in range(0, len(response.content), PIECE)
        )
        found = [*chain.from_iterable(map(reader.feed, pieces)), *reader.end()]
        if _is_index(call):
            return found  # type: ignore[return-value]  # T is a list here
        if not found and call.endpoint.result_type is Done:
            return Done(status="200")  # type: ignore[return-value]  # T is Done here
        if not found and call.endpoint.effect == "read":
            ids = ", ".join(f"{name} {value}" for name, value in call.path.items())
            reason = f"there is no such record: {ids}"
            raise self._error(NotFound, call, reason, status=response.status_code)
        (record,) = found
        return record  # type: ignore[no-any-return]  # it was made with T

    def reader(self, call: Call[Any]) -> Reader[Any] | None:
        return Reader(self._decoder(call), call) if _is_index(call) else None

    def _decoder(self, call: Call[Any]) -> Decoder:
        columns = None
        if self.settings.csv_header == "absent":
            columns = columns_of(_model(call), is_index=_is_index(call))
        return make_decoder(self.settings.format, columns=columns)

    def _media_type(self, form: str) -> str:
        return {**MEDIA_TYPES, "json": self.settings.json_media_type}[form]


MEDIA_TYPES = {"xml": "application/xml", "csv": "text/csv", "text": "text/plain"}


class Reader(Generic[T]):
    """Makes the records of one answer models, and leaves out those that are not wanted."""

    def __init__(self, decoder: Decoder, call: Call[Any]) -> None:
        self._decoder = decoder
        self._model = _model(call)
        self._wanted = call.wanted

    def feed(self, chunk: bytes) -> Iterator[T]:
        """The records that ``chunk`` completes."""
        return self._read(self._decoder.feed(chunk))

    def end(self) -> Iterator[T]:
        """The last record, if it had no end; a ValueError when the answer was cut off."""
        return self._read(self._decoder.end())

    def _read(self, records: Iterable[Fields]) -> Iterator[T]:
        for record in records:
            if self._wanted is None or self._wanted(record):
                yield self._model.model_validate(record)


def _is_index(call: Call[Any]) -> bool:
    return get_origin(call.endpoint.result_type) is list


def _model(call: Call[Any]) -> Any:
    result = call.endpoint.result_type
    return get_args(result)[0] if get_origin(result) is list else result
