"""A list of Rezi's, record by record while it arrives, since users do not come in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import ijson  # type: ignore[import-untyped]  # has no types
from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)

LISTED_UNDER = ("users", "resumes")
CURSORS = ("nextPageToken", "next", "cursor")

LISTS = ("", "data", *LISTED_UNDER, *(f"data.{name}" for name in LISTED_UNDER))
"""Where in an answer the list may stand."""

VERDICTS = ("status", "type")


class ListReader(Generic[T]):
    """Takes one list apart.

    :param kind: what is listed.
    :param incomplete: the error for a list that says that it goes on elsewhere.
    """

    def __init__(self, kind: type[T], incomplete: Callable[[], Exception]) -> None:
        self._kind = kind
        self._incomplete = incomplete
        self._events = ijson.sendable_list()
        self._parser = ijson.parse_coro(self._events, use_float=True)
        self._list: str | None = None
        self._item: str | None = None
        self._record: Any = None
        self._verdict = ""

    def feed(self, chunk: bytes) -> Iterator[T]:
        """The records that ``chunk`` completes."""
        try:
            self._parser.send(chunk)
        except ijson.JSONError:
            raise ValueError("expected JSON") from None
        yield from self._read()

    def end(self) -> Iterator[T]:
        """Nothing, or a ValueError when the answer was cut off or is no success."""
        try:
            self._parser.close()
        except ijson.JSONError:
            raise ValueError("the answer was cut off") from None
        yield from self._read()
        if self._list is None or (self._list and self._verdict.lower() != "success"):
            raise ValueError("expected a list and the status success")

    def _read(self) -> Iterator[T]:
        events, self._events[:] = list(self._events), []
        for place, event, value in events:
            if self._record is not None:
                self._record.event(event, value)
                if place == self._item and event == "end_map":
                    yield self._kind.model_validate(self._record.value)
                    self._record = None
            elif place == self._item:
                self._record = ijson.ObjectBuilder()
                self._record.event(event, value)
                if event != "start_map":
                    raise ValueError("expected a list of objects")
            else:
                self._look_at(place, event, value)

    def _look_at(self, place: str, event: str, value: Any) -> None:
        """What stands around the list."""
        if event == "start_array" and self._list is None and place in LISTS:
            self._list = place
            self._item = f"{place}.item" if place else "item"
        if place in VERDICTS and isinstance(value, str) and not self._verdict:
            self._verdict = value
        goes_on = value or event in ("start_map", "start_array")
        if goes_on and event != "map_key" and place.removeprefix("data.") in CURSORS:
            raise self._incomplete()
