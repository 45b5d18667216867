"""Answers that are read record by record while they arrive, so none is ever held whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import httpx

from .api import Api
from .calls import Call
from .pages import items_of

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


class Reader(Protocol):
    """Takes one answer apart. Raises ``ValueError`` where it is not as documented."""

    def feed(self, chunk: bytes) -> Iterable[Any]:
        """The records that are complete with ``chunk``."""

    def end(self) -> Iterable[Any]:
        """The records that are complete now that the answer is.

        :raises ValueError: the answer ended too early.
        """


class Arrival:
    """One answer on its way.

    What comes before the first record is kept, and an answer without one is read as
    any other: an empty index, an error, or a form that the reader does not know.

    :param response: its headers are there, its body is still to come.
    """

    def __init__(self, api: Api[Any], call: Call[Any], response: httpx.Response) -> None:
        self._api = api
        self._call = call
        self._response = response
        self._reader: Reader | None = api.reader(call) if response.is_success else None
        self._kept: list[bytes] | None = []

    def feed(self, chunk: bytes) -> list[Any]:
        """The records that are complete with ``chunk``, usually some."""
        records = self._read(chunk)
        if self._kept is not None:
            self._kept.append(chunk)
        if records:
            self._kept = None
        return records

    def end(self) -> list[Any]:
        """The records that are left.

        :raises VendorError: the answer is a refusal, or not as documented.
        """
        if self._kept is None and self._reader is not None:
            try:
                return list(self._reader.end())
            except UNREADABLE as error:
                raise self._unreadable(error) from None
        return list(items_of(self._api.decode(self._call, self._whole())))

    def _read(self, chunk: bytes) -> list[Any]:
        if self._reader is None:
            return []
        try:
            return list(self._reader.feed(chunk))
        except UNREADABLE as error:
            if self._kept is None:
                raise self._unreadable(error) from None
            self._reader = None
            return []

    def _unreadable(self, error: Exception) -> Exception:
        return self._api.unreadable(self._call, self._response.status_code, error)

    def _whole(self) -> httpx.Response:
        headers = self._response.headers.copy()
        # What was kept is unpacked already.
        headers.pop("Content-Encoding", None)
        content = b"".join(self._kept or ())
        return httpx.Response(self._response.status_code, headers=headers, content=content)
