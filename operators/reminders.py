"""When a reminder is due: a policy as plain values, and a pure verdict."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Verdict = Literal[
    "due",
    "filled",
    "inactive",
    "pending_approval",
    "too_young",
    "too_soon",
    "automatic_soon",
    "enough",
    "closed",
]
"""Why a record is or is not reminded. ``closed``: the vendor would refuse it."""


class Reminded(Protocol):
    """The vendor's account of the reminders of a record."""

    @property
    def count(self) -> int: ...
    @property
    def latest_sent_at(self) -> datetime | None: ...
    @property
    def next_scheduled_at(self) -> datetime | None: ...
    @property
    def count_exceeded(self) -> bool | None: ...
    @property
    def rate_exceeded(self) -> bool | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Remindable:
    """A record that somebody has to fill."""

    is_filled: bool
    is_active: bool = True
    is_pending: bool = False
    created_at: datetime | None
    reminder: Reminded


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPolicy:
    """When somebody who has not answered may be reminded.

    :param min_age: since the record was created.
    :param min_gap: since the last reminder, whoever sent it, and until the next
        automatic one.
    :param max_count: reminders in all, the vendor's automatic ones included.
    :param quiet_days: days on which nothing is sent, in English.
    :param quiet_hours: from and until, ``HH:MM``; may run over midnight. None for none.
    :param timezone: IANA name, of the days and the hours.
    """

    min_age: timedelta = timedelta(days=2)
    min_gap: timedelta = timedelta(days=1)
    max_count: int = 3
    quiet_days: Collection[str] = ("saturday", "sunday")
    quiet_hours: tuple[str, str] | None = ("18:00", "08:00")
    timezone: str = "UTC"
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "_zone", ZoneInfo(self.timezone))
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"timezone {self.timezone!r} is not an IANA time zone") from None
        for day in self.quiet_days:
            if day.lower() not in WEEKDAYS:
                raise ValueError(f"quiet_days: {day!r} is not one of {', '.join(WEEKDAYS)}")
        for clock in self.quiet_hours or ():
            try:
                time.fromisoformat(clock)
            except ValueError:
                raise ValueError(f"quiet_hours: {clock!r} is not a time such as 08:00") from None
        for name in ("min_age", "min_gap"):
            if getattr(self, name) < timedelta(0):
                raise ValueError(f"{name} must not be negative")
        if self.max_count < 1:
            raise ValueError(f"max_count must be at least 1, got {self.max_count}")

    def is_quiet(self, now: datetime) -> bool:
        """Whether nobody is to be written to at ``now``."""
        local = now.astimezone(self._zone)
        if WEEKDAYS[local.weekday()] in {day.lower() for day in self.quiet_days}:
            return True
        if self.quiet_hours is None:
            return False
        start, end = (time.fromisoformat(clock) for clock in self.quiet_hours)
        clock = local.time()
        return start <= clock < end if start <= end else clock >= start or clock < end

    def judge(self, record: Remindable, now: datetime) -> Verdict:
        """Whether ``record`` is due for a reminder at ``now``, or why not."""
        reminder = record.reminder
        if record.is_filled:
            return "filled"
        if not record.is_active:
            return "inactive"
        if record.is_pending:
            return "pending_approval"
        if reminder.count_exceeded:
            return "closed"
        if reminder.count >= self.max_count:
            return "enough"
        if record.created_at is not None and now - record.created_at < self.min_age:
            return "too_young"
        latest, scheduled = reminder.latest_sent_at, reminder.next_scheduled_at
        if reminder.rate_exceeded or (latest is not None and now - latest < self.min_gap):
            return "too_soon"
        if scheduled is not None and now <= scheduled < now + self.min_gap:
            return "automatic_soon"
        return "due"
