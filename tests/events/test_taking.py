"""What a run takes: what it was told of and what is true, once, in runs of this process."""

from __future__ import annotations

import re

import pytest

from airflow_talent.assets import rickrut, riminder, vitay
from airflow_talent.clients import vitay as vitay_calls
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.contracts import VENDOR_EVENT
from airflow_talent.tests.events.conftest import filled, ids_of, parsed, told
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.rickrut.world import RickRutWorld
from airflow_talent.tests.riminder.world import RiminderWorld
from airflow_talent.tests.vendors import Run
from airflow_talent.tests.vitay_world import VitayWorld

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def filled_reference(world: VitayWorld) -> str:
    reference_id = world.reference()
    world.fill(reference_id)
    return reference_id


def test_a_told_record_is_given_once_however_often_it_is_told(run: Run, world: VitayWorld) -> None:
    first, second = filled_reference(world), filled_reference(world)

    ran = run("take_when_told", **filled(second, first, second), record_ids=[first])

    assert ran.state == "success"
    assert ids_of(ran.result("take")) == [first, second]
    assert set(ran.result("take")[0]) == {"reference_id", "candidate_id", "filled_at", "score"}
    assert ran.tasks("handle") == [("success", 1), ("success", 1)]


def test_another_run_is_not_given_it_and_has_nothing_to_handle(run: Run, world: VitayWorld) -> None:
    reference_id = filled_reference(world)
    run("take_when_told", **filled(reference_id))

    again = run("take_when_told", **filled(reference_id))

    assert again.state == "success"
    assert again.result("take") == []
    assert again.task("handle")[0] == "skipped"
    assert ids_of(run("take_elsewhere", **filled(reference_id)).result("take")) == [reference_id]


def test_a_forged_event_does_nothing_and_keeps_nobody_from_the_real_one(
    run: Run, world: VitayWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting, true = world.reference(), filled_reference(world)
    deleted = filled_reference(world)
    world.delete(deleted)

    forged = run("take_when_told", **filled(waiting, UNKNOWN, deleted, true))

    assert ids_of(forged.result("take")) == [true]
    left_out = set(re.findall(r"(\S+) is left out", capsys.readouterr().out))
    assert left_out == {waiting, UNKNOWN, deleted}

    world.fill(waiting)
    assert ids_of(run("take_when_told", **filled(waiting)).result("take")) == [waiting]


@pytest.mark.parametrize(
    "event",
    [
        told(vitay.references_filled, "r-1", conn_id="vitay_other"),
        told(vitay.references_created, "r-1", conn_id="vitay_default"),
        told(riminder.profiles_parsed, "r-1", conn_id="vitay_default"),
    ],
    ids=["another connection", "another event", "another vendor"],
)
def test_events_that_are_not_meant_are_not_looked_at(
    run: Run, world: VitayWorld, event: dict[str, object]
) -> None:
    before = len(world.emulator.requests("vitay"))

    assert run("take_when_told", **event).result("take") == []

    assert len(world.emulator.requests("vitay")) == before


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ({"v": 2}, "talent_event must be an object with v = 1"),
        (
            {**filled("r-1")[VENDOR_EVENT], "records": [{"candidate_id": "c-1"}]},
            "each record of reference.completed must have a reference_id",
        ),
        (
            filled("../candidates?email=ada@people.test")[VENDOR_EVENT],
            "what stands for reference_id is no id",
        ),
    ],
    ids=["another shape", "no id", "a strange id"],
)
def test_an_event_that_cannot_be_read_fails_the_run_unless_there_are_others(
    run: Run, world: VitayWorld, capsys: pytest.CaptureFixture[str], event: object, fault: str
) -> None:
    alone = run("take_when_told", talent_event=event)

    assert alone.task("take") == ("failed", 1)
    printed = capsys.readouterr().out
    assert fault in printed
    assert "people.test" not in printed

    reference_id = filled_reference(world)
    beside = run("take_when_told", talent_event=event, record_ids=[reference_id])
    assert ids_of(beside.result("take")) == [reference_id]


def test_while_the_vendor_is_away_nothing_is_taken(run: Run, world: VitayWorld) -> None:
    reference_id = filled_reference(world)
    world.emulator.fault("vitay", "GET", "references", "status", code=503, times=None)

    away = run("take_when_told", **filled(reference_id))
    assert away.task("take") == ("failed", 2)

    world.emulator.clear_faults()
    assert ids_of(run("take_when_told", **filled(reference_id)).result("take")) == [reference_id]


def test_a_record_that_is_true_a_moment_later_is_taken(run: Run, world: VitayWorld) -> None:
    reference_id = filled_reference(world)
    world.emulator.fault("vitay", "GET", "references", "status", code=404, times=1)

    assert ids_of(run("take_when_told", **filled(reference_id)).result("take")) == [reference_id]


@pytest.mark.parametrize("by_watcher", [False, True])
def test_what_only_an_asset_event_told_of_is_found_by_the_next_run(
    run: Run, world: VitayWorld, *, by_watcher: bool
) -> None:
    reference_id = filled_reference(world)
    said = filled(reference_id)
    run("tell_of_references", extra={"from_trigger": True, "payload": said} if by_watcher else said)
    run("tell_of_references", extra={"said": "nothing that anybody could read"})

    assert reference_id in ids_of(run("take_when_told").result("take"))
    assert run("take_when_told").result("take") == []


def test_one_broken_record_of_an_earlier_event_stops_no_run(
    run: Run, talent_emulator: Emulator
) -> None:
    world = RickRutWorld(talent_emulator)
    broken, earlier, true = world.applicants(3, are_scored=True)
    scored = [
        told(rickrut.applicants_scored, each, conn_id="rickrut_default")
        for each in (broken, earlier, true)
    ]
    run("tell_of_applicants", extra=scored[0])
    run("tell_of_applicants", extra=scored[1])
    talent_emulator.fault("rickrut", "GET", f"applicants/{broken}", "status", code=403, times=None)

    taken = run("take_applicants", **scored[2]).result("take")

    assert {each["applicant_id"] for each in taken} == {earlier, true}
    assert run("take_applicants").state == "failed"
    assert run("take_applicants", **scored[0]).state == "failed"
    talent_emulator.clear_faults()
    (last,) = run("take_applicants").result("take")
    assert last["applicant_id"] == broken


def test_what_a_try_has_taken_is_not_lost_when_the_vendor_fails_the_next(
    run: Run, talent_emulator: Emulator
) -> None:
    first, second = RickRutWorld(talent_emulator).applicants(2, are_scored=True)
    event = told(rickrut.applicants_scored, first, second, conn_id="rickrut_default")
    run("tell_of_applicants", extra=event)

    ran = run("take_and_meet_a_fault", emulator=talent_emulator.url, applicant_id=first)

    assert ran.task("take") == ("success", 3)
    assert {each["applicant_id"] for each in ran.result("take")} >= {first, second}


def test_more_than_one_run_can_handle_are_left_to_the_next(run: Run, world: VitayWorld) -> None:
    ids = [filled_reference(world) for _ in range(3)]

    assert ids_of(run("take_at_most_two", record_ids=ids).result("take")) == ids[:2]
    assert ids_of(run("take_at_most_two", record_ids=ids).result("take")) == ids[2:]


def test_a_submitted_request_is_taken(run: Run, world: VitayWorld) -> None:
    check = world.check()
    event = told(vitay.reference_requests_filled, check.request_id, conn_id="vitay_default")
    assert run("take_requests", **event).result("take") == []

    world.submit(check.request_id)

    assert run("take_requests", **event).result("take") == [
        {"request_id": check.request_id, "candidate_id": check.candidate_id}
    ]


def test_parsed_and_scored_profiles_of_the_source_are_taken(
    run: Run, talent_emulator: Emulator
) -> None:
    world = RiminderWorld(talent_emulator)
    world.set(auto=False)
    first, second = world.profile("r-1"), world.profile("r-2")
    world.parse(first)

    ran = run("take_profiles", **parsed(second, first, "p" * 40))

    assert [each["profile_id"] for each in ran.result("parsed")] == [first]
    assert ran.result("scored") == []
    scored = told(riminder.profiles_scored, first, conn_id="riminder_default")
    (taken,) = run("take_profiles", **scored).result("scored")
    assert taken["profile_id"] == first
    assert taken["score"] > 0


def test_a_source_that_is_not_there_fails_with_the_choices(
    run: Run, talent_emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run("take_profiles", source="Nowhere", **parsed("p" * 40))

    assert ran.task("parsed")[0] == "failed"
    assert "no sources are called 'Nowhere'; there are 'Careers website'" in capsys.readouterr().out


def test_claims_that_would_end_before_events_do_are_refused(
    offline_airflow: OfflineAirflow,
) -> None:
    file = offline_airflow.dags_folder / "impatient.py"
    file.write_text(
        "from datetime import timedelta\n"
        "from airflow_talent.operators.vitay import VitayTakeFilledReferencesOperator as Take\n"
        "from airflow.sdk import DAG\n"
        "with DAG('impatient'):\n"
        "    Take(task_id='take', again_after=timedelta(days=7))\n"
    )

    (error,) = offline_airflow.bag().import_errors.values()

    assert "again_after must be longer than look_back" in error


def test_hundreds_of_records_cost_few_requests(run: Run, world: VitayWorld) -> None:
    world.emulator.act("vitay/seed", references=200, filled=True)
    ids = [each.id for each in world.runner.iterate(vitay_calls.list_references())]
    before = len(world.emulator.requests("vitay"))

    taken = run("take_many", record_ids=ids).result("take")

    assert len(taken) == len(ids) >= 200
    assert len(world.emulator.requests("vitay")) - before < 30
