"""Reminding everybody who is due, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from airflow_talent.clients import vitay
from airflow_talent.tests.operators.conftest import Start
from airflow_talent.tests.operators.intermediary import Intermediary
from airflow_talent.tests.operators.test_reminders import reminders
from airflow_talent.tests.vitay_world import VitayWorld


def set_days_ago(world: VitayWorld, days: float) -> None:
    world.emulator.set_clock((datetime.now(UTC) - timedelta(days=days)).isoformat())


def due_references(world: VitayWorld, how_many: int) -> list[str]:
    """Referees who have had days to answer and were never reminded."""
    world.emulator.settings(vitay={"automatic_reminders": False})
    set_days_ago(world, 5)
    references = [world.reference() for _ in range(how_many)]
    set_days_ago(world, 0)
    return references


def test_only_those_who_are_due_are_reminded(start: Start, world: VitayWorld) -> None:
    emulator = world.emulator
    emulator.settings(vitay={"automatic_reminders": False, "reminder_gap_hours": 0})
    set_days_ago(world, 10)
    due, filled, soon, enough = (world.reference() for _ in range(4))
    check = world.check()
    listed = world.check(references=1)
    world.fill(filled)
    for _ in range(3):
        world.runner.run(vitay.remind_reference(enough))
    emulator.settings(vitay={"hold_references": True})
    held = world.reference()
    emulator.settings(
        vitay={
            "hold_references": False,
            "automatic_reminders": True,
            "automatic_reminder_count": 1,
            "reminder_spacing_days": 4,
        }
    )
    set_days_ago(world, 3.5)
    automatic = world.reference()
    emulator.settings(vitay={"automatic_reminders": False})
    set_days_ago(world, 0.8)
    world.runner.run(vitay.remind_reference(soon))
    set_days_ago(world, 0)
    (young,) = world.submit(listed.request_id, references=1)
    before = len(world.mails())
    run = start("step_due", candidate_id=check.candidate_id)

    run.succeed()

    others = {
        "too_soon": [soon],
        "enough": [enough],
        "pending_approval": [held],
        "automatic_soon": [automatic],
        "too_young": [young],
    }
    counts = dict.fromkeys(others, 1) | {"filled": 2}
    looked, sent = run.result("look"), run.result("send")
    assert looked["counts"] == {**counts, "would_send": 2}
    assert looked["ids"] == {**others, "would_send": [due, check.request_id]}
    assert sent["counts"] == {**counts, "sent": 2}
    assert sent["ids"] == {**others, "sent": [due, check.request_id]}
    assert run.result("look_at_one")["ids"] == {"would_send": [check.request_id]}
    assert run.result("look_at_requests")["ids"] == {"would_send": [check.request_id]}
    assert run.result("look_in_quiet_hours") == {"is_quiet": True, "counts": {}, "ids": {}}
    assert [mail["record_id"] for mail in world.mails()[before:]] == [due, check.request_id]


def test_one_that_fails_stops_neither_the_others_nor_is_one_reminded_twice(
    start: Start, world: VitayWorld
) -> None:
    references = due_references(world, 5)
    world.emulator.fault(
        "vitay", "POST", f"/reminders/reference/{references[2]}$", "status", code=500
    )
    nobody = start("step_due_of_nobody")
    run = start("step_due_only")

    run.succeed()

    assert run.tries("send") == 2
    assert "1 reminders failed or their outcome is unknown" in run.log("send")
    assert [reminders(world, reference) for reference in references] == [1] * 5
    assert run.result("send")["counts"] == {"sent": 5}
    assert nobody.end() == "failed"
    assert "candidate_id must not be empty" in nobody.log("send")


def test_the_connections_limits_hold_over_all_tries(
    start: Start, world: VitayWorld, intermediary: Intermediary, connect: Callable[..., None]
) -> None:
    references = due_references(world, 6)
    world.emulator.settings(vitay={"latency": 0.2})
    connect(
        "vitay_sparing",
        host=intermediary.url,
        extra={"max_connections": 2, "max_messages_per_run": 5},
    )
    run = start("step_sparingly")

    assert run.end() == "failed"

    assert run.tries("send") == 1
    assert "max_messages_per_run" in run.log("send")
    assert run.result("send")["counts"] == {"sent": 5, "failed": 1}
    assert sum(reminders(world, reference) for reference in references) == 5
    assert intermediary.busiest == 2
