"""When a reminder is due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.clients.vitay.models import Reference, Reminder
from airflow_talent.operators.reminders import Remindable, ReminderPolicy
from airflow_talent.operators.vitay_reminding import as_remindable

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
ALWAYS = ReminderPolicy(quiet_days=(), quiet_hours=None)

clocks = st.times(timezones=st.none()).map(lambda clock: clock.replace(second=0, microsecond=0))
instants = st.datetimes(
    min_value=datetime(2025, 1, 1),  # noqa: DTZ001  # given a zone below
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def quiet(start: str, end: str, **more: Any) -> ReminderPolicy:
    return ReminderPolicy(
        **{"quiet_days": (), "timezone": "Europe/Berlin", **more}, quiet_hours=(start, end)
    )


@given(clocks, clocks, instants)
def test_quiet_hours_are_read_off_the_clock_on_the_wall(
    start: time, end: time, now: datetime
) -> None:
    wall = now.astimezone(BERLIN).time()
    policy = quiet(f"{start:%H:%M}", f"{end:%H:%M}")
    reversed_policy = quiet(f"{end:%H:%M}", f"{start:%H:%M}")

    if start != end:
        assert policy.is_quiet(now) != reversed_policy.is_quiet(now)
        assert policy.is_quiet(now) == ((start <= wall) + (wall < end) + (end < start) >= 2)
    else:
        assert not policy.is_quiet(now)


@pytest.mark.parametrize(
    ("local", "is_quiet"),
    [
        ("2026-03-04T17:59", False),
        ("2026-03-04T18:00", True),
        ("2026-03-05T00:00", True),
        ("2026-03-05T07:59", True),
        ("2026-03-05T08:00", False),
        # Clocks go forward at two and back at three.
        ("2026-03-29T03:00", True),
        ("2026-03-29T08:00", False),
        ("2026-10-25T02:30", True),
        ("2026-10-25T08:00", False),
    ],
)
def test_quiet_hours_run_over_midnight_and_days_on_which_clocks_change(
    local: str, is_quiet: bool
) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC)
    assert quiet("18:00", "08:00").is_quiet(now) is is_quiet


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    policy = quiet("02:00", "03:00")
    assert [policy.is_quiet(first + timedelta(hours=hours)) for hours in range(3)] == [
        True,
        True,
        False,
    ]


def test_quiet_days_are_those_of_the_time_zone() -> None:
    policy = ReminderPolicy(quiet_days=("Sunday",), quiet_hours=None, timezone="Europe/Berlin")
    late_on_saturday = datetime(2026, 3, 7, 23, 30, tzinfo=UTC)

    assert policy.is_quiet(late_on_saturday)
    assert not policy.is_quiet(late_on_saturday - timedelta(hours=1))


def a_record(**changes: Any) -> Remindable:
    return Remindable(
        **{
            "is_filled": False,
            "created_at": NOW - timedelta(days=5),
            "reminder": Reminder(),
            **changes,
        }
    )


def reminded(hours_ago: float, **more: Any) -> Reminder:
    return Reminder(latest_sent_at=NOW - timedelta(hours=hours_ago), count=1, **more)


def planned(in_hours: float) -> Reminder:
    return Reminder(next_scheduled_at=NOW + timedelta(hours=in_hours))


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (a_record(), "due"),
        (a_record(created_at=None), "due"),
        (a_record(is_filled=True, is_active=False), "filled"),
        (a_record(is_active=False), "inactive"),
        (a_record(is_pending=True), "pending_approval"),
        (a_record(reminder=Reminder(count_exceeded=True)), "closed"),
        (a_record(reminder=Reminder(count=3)), "enough"),
        (a_record(created_at=NOW - timedelta(hours=47.9)), "too_young"),
        (a_record(reminder=reminded(23.9)), "too_soon"),
        (a_record(reminder=reminded(24)), "due"),
        (a_record(reminder=reminded(99, rate_exceeded=True)), "too_soon"),
        (a_record(reminder=planned(0)), "automatic_soon"),
        (a_record(reminder=planned(23.9)), "automatic_soon"),
        (a_record(reminder=planned(24)), "due"),
        (a_record(reminder=planned(-1)), "due"),
    ],
)
def test_a_record_is_due_or_the_reason_is_named(record: Remindable, verdict: str) -> None:
    assert ALWAYS.judge(record, NOW) == verdict


@pytest.mark.parametrize(("is_active", "expected"), [(None, True), ("true", True), (False, False)])
def test_a_reference_is_active_unless_the_vendor_says_otherwise(
    is_active: object, expected: bool
) -> None:
    reference = Reference.model_validate({"id": "r-1", "is_active": is_active})
    assert as_remindable(reference).is_active is expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone 'Mars/Olympus' is not"),
        ({"timezone": ""}, "timezone '' is not"),
        ({"quiet_days": ("sundays",)}, "quiet_days: 'sundays' is not one of monday"),
        ({"quiet_hours": ("18:00", "late")}, "quiet_hours: 'late' is not a time"),
        ({"min_age": timedelta(seconds=-1)}, "min_age must not be negative"),
        ({"min_gap": timedelta(seconds=-1)}, "min_gap must not be negative"),
        ({"max_count": 0}, "max_count must be at least 1, got 0"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReminderPolicy(**arguments)
