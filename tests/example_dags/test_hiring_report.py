"""A week in numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_talent.clients.riminder import calls
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.example_dags.conftest import Run
from airflow_talent.tests.vitay_world import VitayWorld

DAG = "hiring_report"


def test_the_report_counts_and_names_nobody(run: Run, world: VitayWorld, riminder: Runner) -> None:
    world.emulator.settings(vitay={"automatic_reminders": False})
    world.emulator.set_clock((datetime.now(UTC) - timedelta(days=8)).isoformat())
    add_profile(riminder, "Ada Ray", "python", "sql", "airflow")
    world.reference()
    world.emulator.set_clock(datetime.now(UTC).isoformat())
    world.fill(world.reference())

    ran = run(DAG)

    assert ran.state == "success", ran.states
    told = ran.told
    assert [row["Source"] for row in told.table] == ["Careers website", "Jobs mailbox"]
    assert told.fields["References waited for"] == "1"
    assert told.fields["Days that the oldest waits"] == "8"
    assert told.fields["References answered"] == "1"
    assert "Ada" not in ran.kept()
    assert "people.test" not in ran.kept()


def test_a_new_account_has_nothing_to_report(run: Run) -> None:
    ran = run(DAG)

    assert ran.state == "success"
    assert {row["Resumes"] for row in ran.told.table} == {0}
    assert {row["Best score"] for row in ran.told.table} == {None}


def test_without_vitay_there_is_no_report(run: Run, talent_emulator: Emulator) -> None:
    talent_emulator.fault("vitay", None, "firms", "status", code=403, times=None)
    ran = run(DAG)

    assert ran.state == "failed"
    assert ran.states["tell"] == ["upstream_failed"]


def add_profile(riminder: Runner, name: str, *skills: str) -> None:
    (source, *_) = riminder.run(calls.list_sources())
    person = {"name": name, "skills": list(skills)}
    riminder.run(calls.add_profile(person, source_id=source.source_id))
