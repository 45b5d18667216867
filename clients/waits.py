"""What it means to wait, as pure data and pure verdicts.

A :class:`Wait` is described once and judged the same everywhere: by a poking
sensor, a rescheduled one, a deferred task, a watcher. Looking is the vendor's
:class:`Resource`, which may find many ids with one request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from .errors import (
    AuthenticationFailed,
    BlockedBySafety,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    VendorError,
)
from .flows import Flow

HOPELESS = (
    AuthenticationFailed,
    BlockedBySafety,
    InvalidRequest,
    PermissionDenied,
    QuotaExceeded,
)
"""Errors that looking again does not mend; any other is survived."""

SIGHTINGS_OF_ABSENCE = 2
"""How often a record must be missing before it is taken as deleted."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet."""


@dataclass(frozen=True, slots=True)
class Done:
    """It has happened.

    :param result: small JSON, the task's result.
    """

    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hopeless:
    """It will not happen.

    :param reason: one sentence with the id and without anything about a person.
    """

    reason: str


Verdict = Waiting | Done | Hopeless

Sightings = Mapping[str, Any]
"""What was seen of each id: a state, or the :class:`VendorError` that came instead."""


class Resource(ABC):
    """What can be looked at, with what is remembered between two looks."""

    @abstractmethod
    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        """See every one of ``keys``, with as few requests as the vendor allows.

        A key that cannot be seen comes with its error; the flow itself raises
        only what concerns all of them.
        """


class Wait(ABC):
    """One thing that one task waits for; subclasses are frozen dataclasses of its arguments."""

    name: ClassVar[str]
    resource: ClassVar[type[Resource]]

    @classmethod
    def parse(cls, arguments: Mapping[str, Any]) -> Self:
        """A wait from arguments that may have come out of a template as text.

        :raises ValueError: an argument is missing or wrong; the text names it.
        """
        given = {name: None if _is_blank(value) else value for name, value in arguments.items()}
        # The id that is looked at stands first in every wait.
        key = next(field.name for field in fields(cls))  # type: ignore[arg-type]  # a dataclass
        if given.get(key) is None:
            raise ValueError(f"{key} must not be empty")
        try:
            return cls(**{**given, key: str(given[key]).strip()})
        except TypeError as error:
            raise ValueError(str(error)) from None

    @property
    @abstractmethod
    def key(self) -> str:
        """What to look at."""

    @abstractmethod
    def judge(self, state: Any) -> Verdict:
        """What a state of :attr:`key` means."""


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and value.strip() in ("", "None")


class Watcher:
    """Follows one wait through what is seen of it: counts absences, survives passing faults."""

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        self.faults = 0
        self._absences = 0

    def judge(self, sighting: Any) -> Verdict:
        """What a sighting means.

        :param sighting: a state, or the error that came in its place.
        :raises VendorError: one of :data:`HOPELESS`.
        """
        if isinstance(sighting, NotFound):
            return self._judge_absence()
        if isinstance(sighting, HOPELESS):
            raise sighting
        if isinstance(sighting, VendorError):
            self.faults += 1
            return Waiting()
        self._absences = 0
        return self.wait.judge(sighting)

    def _judge_absence(self) -> Verdict:
        self._absences += 1
        if self._absences < SIGHTINGS_OF_ABSENCE:
            return Waiting()
        return Hopeless(f"{self.wait.name} {self.wait.key} is gone: the vendor does not know it")
