"""A referee answers: the report is stored, and Slack told, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_talent.assets import vitay
from airflow_talent.operators import events
from airflow_talent.provider.contracts import SLACK_RESULT, VENDOR_EVENT, SlackResult
from airflow_talent.tests.example_dags.conftest import FOLDER, Ran, Run
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.vitay_world import VitayWorld

DAG = "reference_filled"


@pytest.fixture(autouse=True)
def _second_look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SECOND_LOOK", 0.0)


def told_of(*reference_ids: str) -> dict[str, Any]:
    records = [{"reference_id": each} for each in reference_ids]
    return {VENDOR_EVENT: vitay.references_filled.tell("vitay_default", records).as_json()}


def results(ran: Ran) -> list[SlackResult]:
    """What each of the mapped tasks tells."""
    ti = ran.run.get_task_instance("handle.tell", map_index=0)
    told = ti.xcom_pull("handle.tell", key=SLACK_RESULT, map_indexes=None) if ti else []
    return [SlackResult.from_xcom(each) for each in told]


def test_each_answer_stores_the_report_and_tells_who_is_missing(
    run: Run, world: VitayWorld, reports: Path
) -> None:
    first, second = world.candidate(), world.candidate()
    answered, alone = world.reference(first), world.reference(second)
    world.reference(first)
    for reference_id in (answered, alone):
        world.fill(reference_id)

    ran = run(DAG, **told_of(answered, alone, answered))

    assert ran.state == "success", ran.states
    assert ran.states["handle.download_report"] == ["success", "success"]
    of_first, of_second = results(ran)
    assert of_first.text == "A referee has answered about A. R."
    assert of_first.fields["Answers missing"] == 1
    assert [action.params for action in of_first.actions] == [{"candidate": first}]
    assert of_second.fields["Answers missing"] == 0
    assert of_second.actions == []
    assert (reports / f"candidate-{first}.pdf").read_bytes().startswith(b"%PDF")
    assert not any(part in ran.kept() for part in ("people.test", "Lee", "Ray"))


def test_what_is_told_again_or_too_early_is_not_handled(run: Run, world: VitayWorld) -> None:
    answered, waiting = world.reference(), world.reference()
    world.fill(answered)
    run(DAG, references=[answered])

    again = run(DAG, **told_of(answered, waiting))

    assert again.state == "success"
    assert again.states["handle.download_report"] == ["skipped"]
    assert results(again) == []


def test_one_report_that_is_missing_keeps_nobody_from_the_others(
    run: Run, world: VitayWorld
) -> None:
    ids = [world.reference() for _ in range(2)]
    for reference_id in ids:
        world.fill(reference_id)
    world.emulator.fault("vitay", "GET", "^/documents", "status", code=404, times=1)

    ran = run(DAG, **told_of(*ids))

    assert ran.state == "failed"
    assert ran.states["handle.download_report"] == ["failed", "success"]
    assert ran.states["handle.tell"] == ["upstream_failed", "success"]


def test_it_is_started_by_webhook_by_asset_and_by_the_clock(
    offline_airflow: OfflineAirflow,
) -> None:
    offline_airflow.add_dags(FOLDER / f"{DAG}.py")
    dag = offline_airflow.dag(DAG)

    assert vitay.references_filled.tell("vitay_default", []).tag in dag.tags
    assert "vitay://vitay_default/references/filled" in str(dag.timetable.asset_condition)
