"""Folders of resumes: each file once, whatever happens to one of them or to the task."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.clients import riminder
from airflow_talent.emulator.riminder.records import API_SOURCE_ID, WRITE_KEY
from airflow_talent.hooks.riminder import RiminderHook
from airflow_talent.operators import riminder_uploading
from airflow_talent.operators.riminder_resumes import list_resumes
from airflow_talent.operators.riminder_uploading import Uploads
from airflow_talent.tests.bucket import Bucket
from airflow_talent.tests.offline import Ran
from airflow_talent.tests.riminder.conftest import CONN_ID
from airflow_talent.tests.riminder.world import RiminderWorld, resume
from airflow_talent.tests.vendors import Connect, Run

Upload = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with six resumes whose names name people."""
    folder = tmp_path / "resumes"
    folder.mkdir()
    for number in range(6):
        (folder / f"Planted Person {number}.pdf").write_bytes(resume(f"number {number}"))
    return folder


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "manifests" / "today.jsonl"


@pytest.fixture
def upload(run: Run, folder: Path, manifest: Path) -> Upload:
    """Uploads the folder in a run of its own."""

    def upload(dag_id: str = "riminder_folder", **params: Any) -> Ran:
        asked = {"files": str(folder), "manifest": str(manifest), **params}
        return run(dag_id, **asked)

    return upload


@pytest.fixture
def hook(connect: Connect) -> Iterator[RiminderHook]:
    hook = RiminderHook(CONN_ID)
    yield hook
    hook.close()


def rows_of(manifest: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in manifest.read_text().splitlines()]


def counts_of(manifest: Path) -> dict[str, int]:
    return dict(Counter(row["outcome"] for row in rows_of(manifest)))


def test_a_bad_file_does_not_stop_the_others(
    upload: Upload,
    world: RiminderWorld,
    folder: Path,
    manifest: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    (folder / "Planted a.pdf").write_bytes(b"")
    (folder / "Planted b.txt").write_bytes(b"text")
    (folder / "Planted c.pdf").write_bytes(resume() + bytes(20_000))
    (folder / "Planted d.PDF").write_bytes(resume("number 3"))
    (folder / ".hidden.pdf").write_bytes(resume("hidden"))
    (folder / "more").mkdir()
    (folder / "more" / "Planted e.pdf").write_bytes(resume("below"))

    ran = upload()

    assert ran.task("upload") == ("success", 1)
    counts = {"uploaded": 6, "refused": 3, "duplicate": 1}
    assert ran.result("upload") == {
        "source_id": API_SOURCE_ID,
        "counts": counts,
        "manifest": str(manifest),
    }
    rows = {Path(row["file"]).name: row for row in rows_of(manifest)}
    assert len(rows) == 10
    assert rows["Planted a.pdf"]["reason"] == "the file is empty"
    assert "extension" in rows["Planted b.txt"]["reason"]
    assert "larger than 20000 bytes" in rows["Planted c.pdf"]["reason"]
    same = {rows[n]["profile_reference"] for n in ("Planted d.PDF", "Planted Person 3.pdf")}
    assert len(same) == 1
    assert {p.profile_reference for p in world.profiles()} == {
        row["profile_reference"] for row in rows.values() if row["outcome"] == "uploaded"
    }
    assert "Planted" not in caplog.text


def test_what_is_there_is_not_sent_again(
    upload: Upload, world: RiminderWorld, folder: Path, manifest: Path
) -> None:
    upload()
    (folder / "Planted Person 0.pdf").rename(folder / "renamed.pdf")
    (folder / "new.pdf").write_bytes(resume("new"))
    before = len(world.asked())

    ran = upload()

    assert ran.result("upload")["counts"] == {"already_there": 6, "uploaded": 1}
    asked = [(r["method"], r["path"]) for r in world.asked()[before:]]
    assert asked == [
        ("GET", "/sources"),
        ("GET", "/profiles"),
        ("GET", "/profiles"),
        ("POST", "/profile"),
    ]
    there = {row["profile_id"] for row in rows_of(manifest) if row["outcome"] == "already_there"}
    assert there <= {profile.profile_id for profile in world.profiles()}


def test_in_a_large_source_few_files_are_asked_for_one_by_one(
    upload: Upload, world: RiminderWorld, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(riminder_uploading, "PAGE_SIZE", 1)
    upload()
    world.old_profiles(3)
    before = len(world.asked())

    assert upload().result("upload")["counts"] == {"already_there": 6}

    asked = Counter(r["path"] for r in world.asked()[before:])
    assert asked == {"/sources": 1, "/profiles": 1, "/profile": 6}


def test_lost_answers_are_looked_up_and_what_is_missing_is_sent_by_the_next_try(
    upload: Upload, world: RiminderWorld, manifest: Path
) -> None:
    world.spoil("POST", "^/profile$", "drop_after", times=2)
    world.spoil("POST", "^/profile$", "drop_before", times=2)

    ran = upload()

    assert ran.task("upload") == ("success", 2)
    assert counts_of(manifest) == {"uploaded": 6}
    assert len(world.profiles()) == 6
    assert len(world.asked("POST", "/profile")) == 8


def test_a_file_that_the_vendor_refuses_does_not_stop_the_others(
    upload: Upload, world: RiminderWorld, manifest: Path
) -> None:
    world.spoil("POST", "^/profile$", "status", code=400)
    world.spoil("POST", "^/profile$", "status", code=422)

    assert upload().task("upload") == ("success", 1)
    assert counts_of(manifest) == {"refused": 2, "uploaded": 4}


def test_files_that_are_all_refused_fail_the_task_at_once(
    upload: Upload, world: RiminderWorld, manifest: Path
) -> None:
    world.spoil("POST", "^/profile$", "status", code=400, times=None)

    assert upload().task("upload") == ("failed", 1)
    assert counts_of(manifest) == {"refused": 6}


def test_a_used_up_quota_stops_the_rest(
    upload: Upload, world: RiminderWorld, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {**world.connection, "extra": {"max_connections": 1}}
    monkeypatch.setenv("AIRFLOW_CONN_RIMINDER_DEFAULT", json.dumps(connection))
    world.set(quota=3)

    ran = upload()

    assert ran.task("upload") == ("failed", 1)
    assert ran.result("upload")["counts"] == {"uploaded": 3, "not_sent": 3}
    assert counts_of(manifest) == {"uploaded": 3, "not_sent": 3}
    assert len(world.asked("POST", "/profile")) == 4


def test_a_vendor_that_is_down_is_not_asked_for_every_file(
    upload: Upload, world: RiminderWorld, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {**world.connection, "extra": {"max_connections": 1}}
    monkeypatch.setenv("AIRFLOW_CONN_RIMINDER_DEFAULT", json.dumps(connection))
    monkeypatch.setattr(riminder_uploading, "FAULTS_IN_A_ROW", 2)
    world.spoil("POST", "^/profile$", "status", code=429, times=2)

    ran = upload()

    assert ran.task("upload") == ("success", 2)
    assert len(world.asked("POST", "/profile")) == 2 + 6
    assert counts_of(manifest) == {"uploaded": 6}


def test_somebody_else_who_sends_the_same_at_the_same_time_is_noticed(
    hook: RiminderHook, world: RiminderWorld, folder: Path
) -> None:
    paths = list_resumes(str(folder))
    Uploads(hook, API_SOURCE_ID, lambda _: None, max_bytes=20_000).send_all(paths)

    rows = Uploads(hook, API_SOURCE_ID, lambda _: None, max_bytes=20_000).send_all(paths)

    assert {row.outcome for row in rows} == {"already_there"}
    assert {row.profile_id for row in rows} == {p.profile_id for p in world.profiles()}


def test_with_a_key_that_may_only_write_another_try_needs_a_decision(
    upload: Upload, world: RiminderWorld, connect: Connect, manifest: Path
) -> None:
    connect("riminder_write", password=WRITE_KEY)
    world.spoil("POST", "^/profile$", "drop_after")

    ran = upload("riminder_folder_blind", source=API_SOURCE_ID)

    assert ran.task("upload") == ("failed", 2)
    assert counts_of(manifest) == {"unknown": 1, "uploaded": 5}
    assert len(world.profiles()) == 6

    world.set(reference_reuse="allow")
    world.spoil("POST", "^/profile$", "drop_after")
    again = upload("riminder_folder_blind_again", source=API_SOURCE_ID)
    assert again.task("upload") == ("success", 2)
    assert len(world.profiles()) == 6 + 6 + 6


@pytest.mark.parametrize(
    "files", ["{folder}/*4.pdf", "{folder}/../**/*4.pdf", "file://{folder}/Planted*4.*"]
)
def test_a_pattern_means_the_files_that_it_fits(
    upload: Upload, world: RiminderWorld, folder: Path, files: str
) -> None:
    assert upload(files=files.format(folder=folder)).result("upload")["counts"] == {"uploaded": 1}
    (profile,) = world.profiles()
    (document,) = world.run(riminder.list_documents(API_SOURCE_ID, profile_id=profile.profile_id))
    assert document.original_file_name == "Planted Person 4.pdf"


def test_a_folder_without_files_is_no_error_and_one_that_is_not_there_is(
    upload: Upload, tmp_path: Path, manifest: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert upload(files=str(tmp_path / "empty")).result("upload")["counts"] == {}
    assert manifest.read_text() == ""
    assert upload(files=str(tmp_path / "nothing")).task("upload") == ("failed", 1)


def test_a_source_that_is_not_there_fails_at_once(upload: Upload, manifest: Path) -> None:
    assert upload(source="Nowhere").task("upload") == ("failed", 1)
    assert upload(source="0" * 40).task("upload") == ("failed", 1)
    assert not manifest.exists()


def test_resumes_come_from_a_bucket_and_the_manifest_goes_to_one(
    upload: Upload, world: RiminderWorld, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket(aws, "resumes")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_HERE", json.dumps(bucket.connection))
    for number in range(3):
        bucket.put(f"in/Planted Person {number}.pdf", resume(str(number)))
    bucket.put("in/below/Planted Person.pdf", resume("below"))

    here = "s3://aws_here@resumes"
    ran = upload(files=f"{here}/in/**/*.pdf", manifest=f"{here}/out/manifest.jsonl")

    assert ran.result("upload")["counts"] == {"uploaded": 4}
    assert len(world.profiles()) == 4
    (content,) = bucket.files("out").values()
    assert len(content.splitlines()) == 4
