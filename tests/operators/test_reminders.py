"""Reminding one person: sent, or the reason why not."""

from __future__ import annotations

from airflow_talent.clients import vitay
from airflow_talent.tests.operators.conftest import Start
from airflow_talent.tests.vitay_world import VitayWorld

VERIFICATION = "de000000-0000-4000-8000-000000000001"
REMIND_VERIFIER = f"^/v1/reminders/verification/{VERIFICATION}$"


def reminders(world: VitayWorld, record_id: str) -> int:
    """How often a person was reminded of a record."""
    return sum("reminder" in str(mail["subject"]) for mail in world.mails(about=record_id))


def test_a_reminder_is_sent_once_or_the_reason_is_told(start: Start, world: VitayWorld) -> None:
    emulator = world.emulator
    emulator.settings(vitay={"automatic_reminders": False})
    unreminded, filled, soon, often, muted, lost = (world.reference() for _ in range(6))
    request_id = world.check().request_id
    world.fill(filled)
    world.runner.run(vitay.remind_reference(soon))
    emulator.settings(vitay={"reminder_gap_hours": 0})
    for _ in range(10):
        world.runner.run(vitay.remind_reference(often))
    emulator.settings(vitay={"reminder_gap_hours": 12})
    emulator.act(f"vitay/references/{muted}/stop_reminders")
    emulator.fault("vitay", "POST", f"/reminders/reference/{lost}$", "drop_after")
    expected = [
        ("reference", unreminded, None),
        ("reference", filled, "already_filled"),
        ("reference", soon, "rate_exceeded"),
        ("reference", often, "count_exceeded"),
        ("reference", muted, "reminders_disabled"),
        ("reference", lost, None),
        ("reference_request", request_id, None),
    ]
    unknown = ["reference", "reference_request"]
    wanted = [{"kind": kind, "record_id": record_id} for kind, record_id, _ in expected]
    wanted += [{"kind": kind, "record_id": f"no-such-{kind}"} for kind in unknown]
    run = start("step_remind", reminders=wanted)

    assert run.end() == "failed"

    for index, (kind, record_id, reason) in enumerate(expected):
        assert run.result("remind", map_index=index) == {
            "kind": kind,
            "record_id": record_id,
            "is_sent": reason is None,
            "reason": reason,
        }
    for record_id in (unreminded, lost, request_id):
        assert reminders(world, record_id) == 1
    assert [reminders(world, record_id) for record_id in (filled, soon, often)] == [0, 1, 10]
    for index, kind in enumerate(unknown, start=len(expected)):
        assert run.tries("remind", map_index=index) == 1
        assert f"no-such-{kind}" in run.log("remind", map_index=index)


def test_a_verifier_whose_reminder_may_be_lost_is_a_persons_decision(
    start: Start, world: VitayWorld
) -> None:
    world.emulator.fault("vitay", "POST", REMIND_VERIFIER, "drop_after")
    unknown = start("step_verification", record_id=VERIFICATION)

    assert unknown.end() == "failed"

    assert unknown.tries("remind") == 2
    assert 'on_unknown="resend"' in unknown.log("remind")
    assert reminders(world, VERIFICATION) == 1

    refused = start("step_verification", record_id=VERIFICATION)
    assert refused.end() == "failed"
    assert refused.tries("remind") == 1
    assert "counts for 12 hours" in refused.log("remind")
    assert reminders(world, VERIFICATION) == 1

    world.emulator.settings(vitay={"reminder_gap_hours": 0})
    world.emulator.fault("vitay", "POST", REMIND_VERIFIER, "drop_after")
    resent = start("step_verification_again", record_id=VERIFICATION)
    resent.succeed()
    assert resent.tries("remind") == 2
    assert reminders(world, VERIFICATION) == 3
