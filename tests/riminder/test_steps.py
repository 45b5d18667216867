"""The steps in DAGs, from a file to a decision, whatever happens on the way."""

from __future__ import annotations

import csv
import io
import json
import logging
from pathlib import Path

import pytest
from fpdf import FPDF

from airflow_talent.clients import riminder
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
    READ_WRITE_KEY,
    WRITE_KEY,
)
from airflow_talent.tests.riminder.world import RiminderWorld, resume
from airflow_talent.tests.vendors import Connect, Run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A resume whose name names a person."""
    path = tmp_path / "Planted Person.pdf"
    path.write_bytes(resume("ada"))
    return path


@pytest.fixture
def readable(tmp_path: Path) -> Path:
    """A resume that the vendor's machines understand."""
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica")
    page.write(text="Ada Ray\nSkills\npython, sql, airflow\n")
    path = tmp_path / "Planted Person.pdf"
    page.output(str(path))
    return path


def test_a_resume_goes_its_whole_way(
    run: Run, world: RiminderWorld, readable: Path, tmp_path: Path
) -> None:
    ran = run("riminder_whole_way", file=f"file://{readable}", folder=tmp_path.as_uri())

    assert ran.state == "success"
    (profile,) = world.profiles()
    ids = {"profile_id": profile.profile_id, "profile_reference": profile.profile_reference}
    assert ran.result("upload") == {**ids, "source_id": API_SOURCE_ID, "is_new": True}
    assert ran.result("parsed") == {**ids, "source_id": API_SOURCE_ID}
    assert ran.result("scored")["score"] > 0
    of_filter = {**ids, "filter_id": ENGINEER_FILTER_ID, "filter_reference": ENGINEER_REFERENCE}
    assert ran.result("stage") == {**of_filter, "stage": "YES"}
    assert ran.result("rating") == {**of_filter, "rating": 4}
    explained = ran.result("explain")
    assert explained["skills"][0]["word"] in ("python", "sql", "airflow")
    whole = json.loads((tmp_path / "explanation.json").read_text())
    assert whole["skills"]["hard_skills"]
    (row,) = csv.DictReader(io.StringIO((tmp_path / "profiles.csv").read_text()))
    assert (row["profile_reference"], row["stage"]) == (profile.profile_reference, "YES")
    assert ran.result("export")["rows"] == 1


def test_an_upload_whose_answer_was_lost_is_taken_over(
    run: Run, world: RiminderWorld, file: Path
) -> None:
    world.spoil("POST", "^/profile$", "drop_after")

    ran = run("riminder_upload", file=str(file))

    assert ran.task("upload") == ("success", 1)
    (profile,) = world.profiles()
    assert ran.result("upload")["profile_id"] == profile.profile_id
    assert ran.result("upload")["is_new"] is True
    assert len(world.asked("POST", "/profile")) == 1


def test_an_upload_that_was_lost_for_good_is_sent_again(
    run: Run, world: RiminderWorld, file: Path
) -> None:
    world.spoil("POST", "^/profile$", "drop_before")

    ran = run("riminder_upload", file=str(file))

    assert ran.task("upload") == ("success", 2)
    assert len(world.profiles()) == 1


def test_the_same_file_is_the_same_profile_in_another_run(
    run: Run, world: RiminderWorld, file: Path, tmp_path: Path
) -> None:
    first = run("riminder_upload", file=str(file)).result("upload")
    copy = tmp_path / "other name.pdf"
    copy.write_bytes(file.read_bytes())

    again = run("riminder_upload", file=str(copy)).result("upload")

    assert again == {**first, "is_new": False}
    assert run("riminder_upload", file=str(copy), reference="mine").result("upload")["is_new"]
    assert len(world.profiles()) == 2


def test_with_a_key_that_may_only_write_a_lost_upload_is_left_to_a_person(
    run: Run, world: RiminderWorld, connect: Connect, file: Path
) -> None:
    connect("riminder_write", password=WRITE_KEY)
    asked = {"file": str(file), "source": API_SOURCE_ID}
    sent = run("riminder_upload_blind", **asked, reference="a")
    world.spoil("POST", "^/profile$", "drop_after")

    lost = run("riminder_upload_blind", **asked, reference="b")

    assert sent.result("fail")["profile_id"] is None
    assert sent.result("fail")["is_new"] is True
    assert lost.task("fail") == ("failed", 2)
    assert [p.profile_reference for p in world.profiles()] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Planted Person.exe", b"MZ"),
        ("Planted Person", resume()),
        ("Planted Person.pdf", b""),
        ("Planted Person.pdf", bytes(20 * 2**20 + 1)),
        ("Planted Person.pdf", None),
    ],
    ids=["type", "no extension", "empty", "too large", "missing"],
)
def test_a_file_that_is_no_resume_is_refused_before_anything_is_sent(
    run: Run,
    world: RiminderWorld,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    content: bytes | None,
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    assert run("riminder_upload", file=str(path)).task("upload") == ("failed", 1)

    assert world.asked() == []
    assert "Planted" not in caplog.text


def test_a_connection_that_forbids_is_obeyed_at_once(
    run: Run, world: RiminderWorld, connect: Connect, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    connect("riminder_read_only", extra={"mode": "read_only"})
    connect("riminder_dry_run", extra={"mode": "dry_run"})
    connect("riminder_wrong_key", password="ask_wrong")
    world.profile("r-1")
    before = len(world.asked())

    ran = run("riminder_modes", file=str(file))

    steps = ("upload", "folder", "stage")
    assert {ran.task(f"read_only_{step}") for step in steps} == {("failed", 1)}
    assert {ran.task(f"dry_run_{step}") for step in steps} == {("skipped", 1)}
    assert {ran.task(f"wrong_key_{step}") for step in steps} == {("failed", 1)}
    assert {r["method"] for r in world.asked()[before:]} == {"GET"}
    for planted in ("Planted", "ask_wrong", READ_WRITE_KEY):
        assert planted not in caplog.text


def test_a_structured_profile_is_added_once(run: Run, world: RiminderWorld) -> None:
    world.spoil("POST", "^/profile/json$", "drop_after")
    profile = {"name": "Ada Ray", "skills": ["python"]}

    ran = run("riminder_add_profile", profile=profile)
    again = run("riminder_add_profile", profile=dict(reversed(profile.items())))

    (added,) = world.profiles()
    assert ran.result("add")["profile_id"] == added.profile_id
    assert again.result("add") == {**ran.result("add"), "is_new": False}
    refused = run("riminder_add_profile", profile={"skills": "python"}, reference="other")
    assert refused.task("add") == ("failed", 1)


def test_feedback_is_given_by_name_and_cleared(run: Run, world: RiminderWorld) -> None:
    world.spoil("PATCH", "^/profile/stage", "drop_after")
    world.spoil("PATCH", "^/profile/rating", "drop_before")
    world.parse(world.profile("r-1"))

    given = run("riminder_feedback")

    assert given.task("stage") == ("success", 1)
    assert given.task("rating") == ("success", 2)
    assert given.result("explain")["path"] is None
    score = world.run(riminder.list_scores(API_SOURCE_ID, profile_reference="r-1"))[0]
    assert (score.stage, score.rating) == ("LATER", 3)

    run("riminder_feedback", stage=None, rating="None")
    score = world.run(riminder.list_scores(API_SOURCE_ID, profile_reference="r-1"))[0]
    assert (score.stage, score.rating) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "failed"),
    [
        ({"stage": "MAYBE", "rating": "many"}, {"stage", "rating"}),
        ({"rating": 9}, {"rating"}),
        ({"reference": "nobody"}, {"stage", "rating", "explain"}),
        ({"filter": "Nobody's"}, {"stage", "rating", "explain"}),
    ],
)
def test_feedback_that_makes_no_sense_fails_at_once(
    run: Run, world: RiminderWorld, wrong: dict[str, object], failed: set[str]
) -> None:
    world.parse(world.profile("r-1"))

    ran = run("riminder_feedback", **wrong)

    tasks = {task: ran.task(task) for task in ("stage", "rating", "explain")}
    assert {task for task, (state, _) in tasks.items() if state == "failed"} == failed
    assert {tries for _, tries in tasks.values()} == {1}


def test_a_profile_is_deleted_once(run: Run, world: RiminderWorld) -> None:
    profile_id = world.profile("r-1")
    world.spoil("DELETE", "", "drop_after")

    ran = run("riminder_delete")

    assert ran.task("delete") == ("success", 1)
    assert ran.result("delete")["profile_reference"] == "r-1"
    assert world.profiles() == []
    assert run("riminder_delete").task("delete") == ("failed", 1)
    assert profile_id


def test_any_call_is_a_step(run: Run) -> None:
    ran = run("riminder_by_call")

    assert [source["name"] for source in ran.result("sources")] == [
        "Careers website",
        "Jobs mailbox",
    ]
    assert ran.result("search") == []
    assert ran.task("nobody") == ("failed", 1)


def test_a_wait_gives_the_same_result_in_every_mode(run: Run, world: RiminderWorld) -> None:
    profile_id = world.profile("r-1")
    world.parse(profile_id)

    ran = run("riminder_wait")

    assert ran.state == "success"
    for kind in ("parsed", "scored"):
        poked, *others = [
            ran.result(f"{kind}_{mode}") for mode in ("poking", "rescheduled", "deferred")
        ]
        assert poked["profile_id"] == profile_id
        assert others == [poked, poked]
