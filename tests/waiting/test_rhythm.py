"""When a shared loop looks."""

from __future__ import annotations

from airflow_talent.triggers.rhythm import JITTER, LONGEST, Rhythm


def test_the_pause_grows_to_its_longest_and_stays_there_for_months() -> None:
    rhythm = Rhythm(10)
    pauses = [rhythm.pause(is_changed=False) for _ in range(10_000)]

    assert max(pauses[:12]) <= 10 * (1 + JITTER)
    assert min(pauses[100:]) >= 10 * LONGEST * (1 - JITTER)
    assert max(pauses) <= 10 * LONGEST * (1 + JITTER)
    assert rhythm.pause(is_changed=True) <= 10 * (1 + JITTER)
