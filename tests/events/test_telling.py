"""What steps tell other DAGs: an event of an asset, with ids and nobody's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from airflow_talent.assets import rezi, rezora, rickrut, riminder, vitay
from airflow_talent.assets.vendor_asset import VendorAsset
from airflow_talent.clients import vitay as vitay_calls
from airflow_talent.provider.contracts import VENDOR_EVENT, VendorEvent
from airflow_talent.tests.offline import Ran
from airflow_talent.tests.rezi.world import USER
from airflow_talent.tests.riminder.world import resume
from airflow_talent.tests.vendors import Run
from airflow_talent.tests.vitay_world import VitayWorld

EMAIL = "ada.ray@people.test"


def told_by(ran: Ran) -> dict[str, list[tuple[str, VendorEvent | None]]]:
    """By task: the assets of which it has told, and what it said."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    told: dict[str, list[tuple[str, VendorEvent | None]]] = {}
    with create_session() as session:
        for event in session.scalars(
            select(AssetEvent).where(AssetEvent.source_run_id == ran.run.run_id)
        ):
            assert not any(word in json.dumps(event.extra) for word in ("people.test", "Ada"))
            said = event.extra.get(VENDOR_EVENT)
            read = VendorEvent.from_json(said) if said else None
            told.setdefault(str(event.source_task_id), []).append((event.uri, read))
    return told


def the_event(ran: Ran, task_id: str, what: VendorAsset) -> dict[str, str]:
    """The ids of the only record that a task has told of."""
    ((uri, event),) = told_by(ran)[task_id]
    assert uri == what.uri()
    assert event is not None
    assert (event.vendor, event.type) == (what.vendor, what.event)
    assert event.conn_id == f"{what.vendor}_default"
    (record,) = event.records
    return dict(record)


def test_steps_at_vitay_tell_what_they_did(run: Run, world: VitayWorld, tmp_path: Path) -> None:
    reference_id = world.reference()
    world.fill(reference_id)

    ran = run("tell_at_vitay", email=EMAIL, folder=str(tmp_path), reference_id=reference_id)

    assert ran.state == "success"
    candidate = ran.result("create")["candidate_id"]
    assert the_event(ran, "create", vitay.candidates_created) == {"candidate_id": candidate}
    assert the_event(ran, "ask", vitay.reference_requests_created) == ran.result("ask")
    assert the_event(ran, "add", vitay.references_created) == ran.result("add")
    assert the_event(ran, "report", vitay.reports_stored) == {"reference_id": reference_id}


def test_steps_at_riminder_tell_what_they_did(run: Run, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "one.pdf").write_bytes(resume("one"))
    (tmp_path / "all" / "two.pdf").write_bytes(resume("two"))

    ran = run("tell_at_riminder", email=EMAIL, folder=str(tmp_path))

    assert ran.state == "success"
    added = the_event(ran, "add", riminder.profiles_added)
    assert added == {name: ran.result("add")[name] for name in ("profile_id", "source_id")}
    profile_id = added["profile_id"]
    for task_id, what in (("stage", riminder.profiles_staged), ("rate", riminder.profiles_rated)):
        assert the_event(ran, task_id, what) == {
            "profile_id": profile_id,
            "filter_id": ran.result(task_id)["filter_id"],
        }
    assert the_event(ran, "delete", riminder.profiles_deleted)["profile_id"] == profile_id
    assert the_event(ran, "upload", riminder.profiles_added)["profile_id"]
    assert the_event(ran, "upload_all", riminder.profiles_added).keys() == {"source_id"}
    assert the_event(ran, "invite", rickrut.applicants_created)["applicant_id"]
    assert the_event(ran, "save", rezora.contacts_saved)["contact_id"]


def test_steps_elsewhere_tell_what_they_did(run: Run, world: VitayWorld) -> None:
    users = world.emulator.records()["rezi"]["Users"]
    (address,) = (user["email"] for user in users if USER in user.values())

    ran = run("tell_elsewhere", email="ada.lee@people.test", user_email=address, user_id=USER)

    assert ran.state == "success"
    assert the_event(ran, "invite", rickrut.applicants_created)["applicant_id"]
    assert the_event(ran, "upgrade", rezi.plans_upgraded) == {"plan_id": "plan_lifetime"}
    assert the_event(ran, "write", rezi.resumes_created) == ran.result("write")
    contact_id = ran.result("save")["contact_id"]
    assert the_event(ran, "save", rezora.contacts_saved) == {"contact_id": contact_id}
    assert the_event(ran, "list", rezora.lists_changed)["contact_id"] == contact_id


def test_an_effect_is_told_by_the_try_that_succeeds(run: Run, world: VitayWorld) -> None:
    ran = run("tell_once", candidate_id=world.candidate())

    assert ran.task("ask") == ("success", 2)
    assert the_event(ran, "ask", vitay.reference_requests_created) == ran.result("ask")


def test_what_changed_nothing_tells_nothing(
    run: Run, world: VitayWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    dry: dict[str, Any] = {**world.connection, "extra": {"mode": "dry_run"}}
    monkeypatch.setenv("AIRFLOW_CONN_VITAY_DRY", json.dumps(dry))
    world.runner.run(vitay_calls.create_candidate(email=EMAIL, first_name="Ada", last_name="Ray"))
    contacts = world.emulator.records()["rezora"]["Contacts"]
    (jane,) = (each for each in contacts if "jane.smith@company.test" in each.values())
    name = next(value for value in jane.values() if str(value).startswith("Jane"))

    ran = run("tell_in_vain", email=EMAIL, name=name)

    assert [ran.task(task_id)[0] for task_id in ("dry", "taken_over", "unchanged")] == [
        "skipped",
        "success",
        "success",
    ]
    assert ran.result("unchanged")["is_changed"] is False
    assert told_by(ran) == {}
