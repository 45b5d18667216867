"""A resume is read: who is fit becomes a contact, once."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.assets import riminder as happens
from airflow_talent.clients import rezora
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.operators import events
from airflow_talent.provider.contracts import VENDOR_EVENT
from airflow_talent.tests.example_dags.conftest import FOLDER, Run
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.riminder.world import RiminderWorld

DAG = "resume_parsed"


@pytest.fixture(autouse=True)
def _second_look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SECOND_LOOK", 0.0)


@pytest.fixture
def world(talent_emulator: Emulator) -> RiminderWorld:
    return RiminderWorld(talent_emulator)


def told_of(*profile_ids: str) -> dict[str, Any]:
    records = [{"profile_id": each} for each in profile_ids]
    return {VENDOR_EVENT: happens.profiles_parsed.tell("riminder_default", records).as_json()}


def contacts(agent: Runner) -> set[str]:
    """The addresses of all contacts."""
    return {str(each.contact_email) for each in agent.run(rezora.list_contacts())}


def test_who_is_fit_becomes_a_contact_and_is_put_on_no_list(
    run: Run, world: RiminderWorld, agent: Runner
) -> None:
    fit = world.profile("fit", email="fit@people.test", skills=["python", "sql", "airflow"])
    unfit = world.profile("unfit", email="unfit@people.test", skills=["cooking"])
    before = contacts(agent)

    ran = run(DAG, **told_of(fit, unfit, fit), min_score=0.5)

    assert ran.state == "success", ran.states
    assert ran.states["handle.save_contact"] == ["success", "skipped"]
    assert contacts(agent) - before == {"fit@people.test"}
    assert "people.test" not in ran.kept()
    assert run(DAG, **told_of(fit), min_score=0.5).states["handle.save_contact"] == ["skipped"]


def test_a_resume_that_is_not_read_yet_is_handled_when_it_is(
    run: Run, world: RiminderWorld, agent: Runner
) -> None:
    world.set(auto=False)
    profile_id = world.profile("late", email="late@people.test")
    assert run(DAG, **told_of(profile_id)).states["handle.save_contact"] == ["skipped"]

    world.parse(profile_id)
    ran = run(DAG, profiles=[profile_id], min_score=0)

    assert ran.states["handle.save_contact"] == ["success"]
    assert "late@people.test" in contacts(agent)


def test_it_is_started_by_webhook_by_asset_and_by_the_clock(
    offline_airflow: OfflineAirflow,
) -> None:
    offline_airflow.add_dags(FOLDER / f"{DAG}.py")
    dag = offline_airflow.dag(DAG)

    assert happens.profiles_parsed.tell("riminder_default", []).tag in dag.tags
    assert "riminder://riminder_default/profiles/parsed" in str(dag.timetable.asset_condition)
