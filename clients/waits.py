"""What it means to wait, as pure data and pure verdicts.

A :class:`Wait` is described once and judged the same everywhere: by a poking
sensor, a rescheduled one, a deferred task, a watcher. Looking is the vendor's
:class:`Resource`, which may find many ids with one request.
"""

from __future__ import annotations

import ast
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from .errors import (
    AuthenticationFailed,
    BlockedBySafety,
    InvalidRequest,
    NotFound,
    NotListed,
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

OF_ONE_RECORD = (InvalidRequest, PermissionDenied)
"""Those of :data:`HOPELESS` that say nothing about other records."""

SIGHTINGS_OF_ABSENCE = 2
"""How often a record must be missing before it is taken as deleted."""

SIGHTINGS_OF_OMISSION = 5
"""The same where only an index leaves it out, which may be late or forget."""


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

See = Callable[[Iterable[Any]], object]
"""Is shown the records of an index, a lot at a time."""


class Resource(ABC):
    """What can be looked at, with what is remembered between two looks."""

    @property
    def way(self) -> str:
        """How the last look saw, in a few words for a log; empty where there is only one way."""
        return ""

    @abstractmethod
    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        """See every one of ``keys``, with as few requests as the vendor allows.

        What else came with the answers may be among the sightings. A key that
        cannot be seen comes with its error; the flow itself raises only what
        concerns all of them.
        """

    def sweep(self, keys: Collection[str], see: See) -> Flow[Sightings]:
        """As :meth:`look`, while ``see`` is shown every record that there is.

        A record may be shown twice or not at all when the index changes meanwhile.
        """
        raise NotImplementedError(f"there is no index of {type(self).__name__}")


class Wait(ABC):
    """What one task waits for; subclasses are frozen dataclasses of its arguments."""

    name: ClassVar[str]
    resource: ClassVar[type[Resource]]

    @classmethod
    def parse(cls, arguments: Mapping[str, Any]) -> Self:
        """A wait from arguments that may have come out of a template as text.

        :raises ValueError: an argument is missing or wrong; the text names it.
        """
        given = {name: None if _is_blank(value) else value for name, value in arguments.items()}
        # What is looked at stands first in every wait.
        first = next(field.name for field in fields(cls))  # type: ignore[arg-type]  # a dataclass
        if given.get(first) is None:
            raise ValueError(f"{first} must not be empty")
        try:
            return cls(**{**given, first: cls.read_first(first, given[first])})
        except TypeError as error:
            raise ValueError(str(error)) from None

    @classmethod
    def read_first(cls, name: str, value: Any) -> Any:
        """The first argument, called ``name``, as a template or another task may have given it.

        :raises ValueError: it is no id.
        """
        return read_id(name, value)

    @property
    @abstractmethod
    def key(self) -> str:
        """What to look at; for a wait of several parts, what stands for them in messages."""

    @property
    def parts(self) -> Sequence[Wait]:
        """What is judged by itself: this wait, unless it is for several records."""
        return (self,)

    @property
    def keys(self) -> tuple[str, ...]:
        """All that is looked at."""
        return tuple(part.key for part in self.parts)

    @abstractmethod
    def judge(self, state: Any) -> Verdict:
        """What a state of :attr:`key` means."""

    def conclude(self, verdicts: Mapping[str, Verdict]) -> Verdict:
        """What the verdicts on all :attr:`parts` mean together."""
        return verdicts[self.key]


def read_id(name: str, value: Any) -> str:
    """An id that a template or another task gave for the argument ``name``.

    :raises ValueError: it is not one value, or a result that Airflow has not read.
    """
    text = str(value).strip()
    if isinstance(value, (list, tuple, set, dict)):
        raise ValueError(f"{name} must be one id, got {type(value).__name__}")
    if text.startswith(UNREAD):
        raise ValueError(f"{name} must be an id, got a reference to one that Airflow did not read")
    return text


def read_ids(name: str, value: Any) -> tuple[str, ...]:
    """Ids that a template or another task gave: a list, or the text of one.

    :raises ValueError: it is no list of ids, or an empty one.
    """
    given = _read_list(name, value) if isinstance(value, str) else value
    if not isinstance(given, (list, tuple, set)):
        raise ValueError(f"{name} must be a list of ids, got {type(given).__name__}")
    ids = tuple(read_id(name, each) for each in given)
    if not ids or not all(ids):
        raise ValueError(f"{name} must hold at least one id and no empty one")
    return ids


def _read_list(name: str, text: str) -> Any:
    """What a template wrote: JSON, a list as Python writes it, or ids separated by commas."""
    text = read_id(name, text)
    if not text.startswith("["):
        return [part.strip() for part in text.split(",")]
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError):
            continue
    raise ValueError(f"{name} must be a list of ids, got text that begins as one and is none")


UNREAD = ("_XComRef(", "XComArg(", "{{")
"""How results of other tasks and templates begin that Airflow hands on as they are."""


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and value.strip() in ("", "None")


class Progress:
    """How far a wait has come: follows each of its parts until it is over.

    :param wait: also of several parts.
    """

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        self.faults = 0
        self._open = {part.key: Watcher(part) for part in wait.parts}
        self._verdicts: dict[str, Verdict] = dict.fromkeys(self._open, Waiting())

    @property
    def keys(self) -> Collection[str]:
        """What is still looked at."""
        return self._open.keys()

    def see(self, sightings: Sightings) -> Verdict:
        """What all that was seen until now means; keys that were not looked at are left out.

        :raises VendorError: one of :data:`HOPELESS` that concerns all parts.
        """
        self.faults += any(is_fault(sightings.get(key)) for key in self._open)
        for key in sightings.keys() & self._open.keys():
            verdict = self._verdicts[key] = self._judge(self._open[key], sightings[key])
            if not isinstance(verdict, Waiting):
                del self._open[key]
        return self.wait.conclude(self._verdicts)

    def _judge(self, watcher: Watcher, sighting: Any) -> Verdict:
        try:
            return watcher.judge(sighting)
        except OF_ONE_RECORD as error:
            if len(self._verdicts) == 1:
                raise
            return Hopeless(str(error))


def is_fault(sighting: Any) -> bool:
    """Whether something passing hid a record."""
    return isinstance(sighting, VendorError) and not isinstance(sighting, NotFound)


class Watcher:
    """Follows one part of a wait: counts absences, survives passing faults."""

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        self._absences = 0

    def judge(self, sighting: Any) -> Verdict:
        """What a sighting means.

        :param sighting: a state, or the error that came in its place.
        :raises VendorError: one of :data:`HOPELESS`.
        """
        if isinstance(sighting, NotFound):
            return self._judge_absence(sighting)
        if isinstance(sighting, HOPELESS):
            raise sighting
        if isinstance(sighting, VendorError):
            return Waiting()
        self._absences = 0
        return self.wait.judge(sighting)

    def _judge_absence(self, absence: NotFound) -> Verdict:
        self._absences += 1
        is_omission = isinstance(absence, NotListed)
        if self._absences < (SIGHTINGS_OF_OMISSION if is_omission else SIGHTINGS_OF_ABSENCE):
            return Waiting()
        return Hopeless(f"{self.wait.name} {self.wait.key} is gone: the vendor does not know it")
