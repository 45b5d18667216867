"""Who has not answered, and what may be done about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from airflow_talent.clients import vitay
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.contracts import SlackAction
from airflow_talent.tests.example_dags.conftest import Ran, Run
from airflow_talent.tests.vitay_world import VitayWorld

STATUS, REMIND, ASK = "reference_status", "remind_referees", "ask_another_referee"


@pytest.fixture(autouse=True)
def _nobody_is_reminded_by_the_vendor(talent_emulator: Emulator) -> None:
    talent_emulator.settings(vitay={"automatic_reminders": False})


def buttons(ran: Ran) -> dict[str | None, SlackAction]:
    return {action.label: action for action in ran.told.actions}


def test_all_who_have_not_answered_are_told_by_initials(run: Run, world: VitayWorld) -> None:
    now = datetime.now(UTC)
    world.emulator.set_clock((now - timedelta(days=3, hours=1)).isoformat())
    candidate_id = world.candidate()
    world.fill(world.reference(candidate_id))
    world.reference(candidate_id)
    world.delete(world.reference(candidate_id))
    world.emulator.set_clock(now.isoformat())

    ran = run(STATUS)

    assert ran.state == "success"
    assert ran.told.text == "Referees who have not answered: 1."
    (row,) = ran.told.table
    assert row == {"Candidate": "1. A. R.", "Referee": "B. L.", "Waits, days": 3, "Reminders": 0}
    assert buttons(ran) == {
        "1. A. R.: remind now": SlackAction(
            workflow=REMIND,
            params={"candidate_id": candidate_id},
            label="1. A. R.: remind now",
        ),
        "1. A. R.: a referee declined, ask another": SlackAction(
            workflow=ASK,
            params={"candidate_id": candidate_id},
            label="1. A. R.: a referee declined, ask another",
        ),
    }
    assert not any(part in ran.kept() for part in ("people.test", "Lee", "Ray"))


def test_of_one_candidate_only_the_own_referees_are_told(run: Run, world: VitayWorld) -> None:
    candidate_id = world.candidate()
    world.reference(candidate_id)
    world.reference()
    email = world.runner.run(vitay.show_candidate(candidate_id)).email or ""

    assert len(run(STATUS, candidate=email.upper()).told.table) == 1
    assert len(run(STATUS, candidate=candidate_id).told.table) == 1
    assert run(STATUS, candidate="nobody@people.test").told.text == "Vitay knows no such candidate."


def test_without_vitay_the_status_is_not_told(run: Run, world: VitayWorld) -> None:
    world.emulator.fault("vitay", None, "references", "status", code=403, times=None)

    assert run(STATUS).state == "failed"


def test_reminding_writes_once_and_says_when_it_may_be_repeated(
    run: Run, world: VitayWorld
) -> None:
    candidate_id = world.candidate()
    answered, waiting = world.reference(candidate_id), world.reference(candidate_id)
    world.fill(answered)
    world.reference()
    before = len(world.mails())

    ran = run(REMIND, candidate_id=candidate_id)

    assert ran.told.text == "Reminders sent: 1."
    assert ran.told.fields == {"Have answered": 1, "Reminded": 1}
    assert [mail["record_id"] for mail in world.mails()[before:]] == [waiting]
    latest = world.runner.run(vitay.show_reference(waiting)).reminder.latest_sent_at
    assert latest is not None
    again = buttons(ran)["Remind again"]
    assert again.workflow == REMIND
    assert datetime.fromisoformat(again.not_before or "") == latest + timedelta(hours=12)

    too_soon = run(REMIND, candidate_id=candidate_id)

    assert too_soon.state == "success"
    assert too_soon.told.text == "Reminders sent: 0."
    assert too_soon.told.fields["Reminded less than 12 hours ago"] == 1
    assert buttons(too_soon)["Remind again"] == again
    assert len(world.mails()) == before + 1

    status = run(STATUS, candidate=candidate_id)

    assert buttons(status)["1. A. R.: remind now"].not_before == again.not_before


def test_who_was_reminded_as_often_as_allowed_has_no_button_to_remind(
    run: Run, world: VitayWorld
) -> None:
    candidate_id = world.candidate()
    world.reference(candidate_id)
    world.emulator.settings(vitay={"reminder_cap": 0})

    ran = run(REMIND, candidate_id=candidate_id)

    assert ran.told.fields == {"Reminded as often as Vitay allows": 1}
    assert list(buttons(ran)) == ["A referee declined: ask another"]
    assert list(buttons(run(STATUS))) == ["1. A. R.: a referee declined, ask another"]


def test_when_everybody_has_answered_there_is_nothing_to_press(run: Run, world: VitayWorld) -> None:
    candidate_id = world.candidate()
    world.fill(world.reference(candidate_id))

    assert run(REMIND, candidate_id=candidate_id).told.actions == []
    assert run(STATUS).told.actions == []


def test_another_referee_is_asked_once(run: Run, world: VitayWorld) -> None:
    candidate_id = world.candidate()
    form = {
        "candidate_id": candidate_id,
        "email": "cy@people.test",
        "first_name": "Cy",
        "last_name": "Moss",
    }

    ran = run(ASK, **form)

    assert ran.told.text == "The referee is asked."
    assert buttons(ran)["Who has not answered?"].params == {"candidate": candidate_id}
    assert [mail["to"] for mail in world.mails()] == ["cy@people.test"]
    assert "Cy" not in str(ran.told)

    assert run(ASK, **form).state == "failed"
    assert len(world.mails()) == 1


def test_nobody_is_asked_about_a_candidate_who_is_not_there(run: Run, world: VitayWorld) -> None:
    ran = run(ASK, candidate_id="c-0", email="cy@people.test", first_name="Cy", last_name="Moss")

    assert ran.state == "failed"
    assert world.mails() == []
