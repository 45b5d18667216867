"""Reminders by schedule, here started by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_talent.operators.reminders import ReminderPolicy
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.tests.vitay_world import VitayWorld

DAG = "reference_reminders"


def test_a_run_tells_once_how_many_were_reminded(api: AirflowApi, world: VitayWorld) -> None:
    world.emulator.settings(vitay={"automatic_reminders": False})
    world.emulator.set_clock((datetime.now(UTC) - timedelta(days=5)).isoformat())
    references = [world.reference() for _ in range(2)]
    world.emulator.set_clock(datetime.now(UTC).isoformat())
    before = len(world.mails())
    is_quiet = ReminderPolicy(timezone="Europe/Berlin").is_quiet(datetime.now(UTC))
    run = api.trigger(DAG)

    assert api.wait_for_run(DAG, run) == "success"

    told = SlackResult.from_xcom(api.xcom(DAG, run, "summarise", key=SLACK_RESULT))
    assert [action.workflow for action in told.actions] == ["reference_status"]
    reminded = [mail["record_id"] for mail in world.mails()[before:]]
    if is_quiet:
        assert told.text == "Nobody is reminded at this time of the week."
        assert reminded == []
    else:
        assert told.text == "Reminders sent: 2"
        assert sorted(map(str, reminded)) == sorted(references)
