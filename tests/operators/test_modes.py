"""The safety catch of a connection."""

from __future__ import annotations

from collections.abc import Callable

from airflow_talent.tests.operators.conftest import Start
from airflow_talent.tests.operators.test_due_reminders import due_references
from airflow_talent.tests.vitay_world import VitayWorld


def test_a_connection_that_forbids_is_obeyed_at_once(
    start: Start, world: VitayWorld, connect: Callable[..., None]
) -> None:
    connect("vitay_read_only", extra={"mode": "read_only"})
    connect("vitay_dry_run", extra={"mode": "dry_run"})
    connect("vitay_restricted", extra={"allowed_recipients": "allowed.test"})
    (due,) = due_references(world, 1)
    candidate_id = world.candidate()
    before = len(world.emulator.outbox("vitay"))
    run = start("step_modes", candidate_id=candidate_id, email="private@people.test")

    assert run.end() == "failed"

    states = run.states()
    assert {states[f"dry_run_{step}"] for step in ("create", "ask", "remind")} == {"skipped"}
    for task_id, reason in {
        "read_only_create": "mode is read_only",
        "read_only_ask": "mode is read_only",
        "read_only_remind": "mode is read_only",
        "restricted_ask": "allowed_recipients",
        "restricted_remind": "allowed_recipients",
    }.items():
        assert (states[task_id], run.tries(task_id)) == ("failed", 1), task_id
        assert reason in run.log(task_id), task_id
    assert states["restricted_create"] == "success"
    assert run.result("read_only_remind")["ids"] == {"failed": [due]}
    assert len(world.emulator.outbox("vitay")) == before
    assert "Dry run: would send" in run.log("dry_run_create")
