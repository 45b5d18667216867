"""Looking at records that a vendor shows only one by one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Any

from .calls import Call
from .errors import (
    AuthenticationFailed,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    VendorUnavailable,
)
from .flows import Flow
from .waits import Resource, Sightings

TOGETHER = 20
"""Records asked for at a time; when all of them are refused, no others are asked for."""

MEANT_FOR_ALL = (
    AuthenticationFailed,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    VendorUnavailable,
)
"""Errors that say nothing about one record."""


class OneByOne(Resource):
    """Records without an index that tells what is waited for.

    What was not asked for, since the vendor refused, comes first in the next look.
    """

    def __init__(self) -> None:
        self._left: set[str] = set()

    @abstractmethod
    def show(self, key: str) -> Call[Any]:
        """The call for one record."""

    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        due = sorted(keys, key=lambda key: (key not in self._left, key))
        seen: dict[str, Any] = {}
        self._left = set()
        for start in range(0, len(due), TOGETHER):
            now = due[start : start + TOGETHER]
            answers = yield [self.show(key) for key in now]
            seen.update(zip(now, answers, strict=True))
            if all(isinstance(answer, MEANT_FOR_ALL) for answer in answers):
                self._left = set(due[start + TOGETHER :])
                return {**seen, **dict.fromkeys(self._left, answers[-1])}
        return seen
