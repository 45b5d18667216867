"""Reports and exports: files that are whole, or not there."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_talent.clients import vitay
from airflow_talent.operators.storage import written_whole
from airflow_talent.tests.bucket import SECRET, Bucket
from airflow_talent.tests.operators.conftest import Start
from airflow_talent.tests.operators.intermediary import Intermediary, fail
from airflow_talent.tests.vitay_world import VitayWorld

BUCKET = "reports"


@pytest.fixture(scope="session")
def bucket(aws: str) -> Bucket:
    return Bucket(aws, BUCKET)


@pytest.fixture
def stored(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The bucket as this process's own Airflow connects to it."""
    monkeypatch.setenv("AIRFLOW_CONN_AWS_HERE", json.dumps(bucket.connection))
    return bucket


@pytest.fixture
def s3(bucket: Bucket, add_connection: Callable[..., None], planted: set[str]) -> Bucket:
    """The bucket as the tasks of the real Airflow connect to it."""
    planted.add(SECRET)
    add_connection("aws_reports", **bucket.connection)
    return bucket


def test_a_report_is_stored_under_the_records_id(
    start: Start, world: VitayWorld, tmp_path: Path
) -> None:
    candidate_id = world.candidate()
    filled, unfilled = world.reference(candidate_id), world.reference(candidate_id)
    world.fill(filled)
    folder = tmp_path / "made" / "when" / "needed"
    run = start(
        "step_report",
        candidate_id=candidate_id,
        filled_id=filled,
        open_id=unfilled,
        folder=folder.as_uri(),
    )

    assert run.end() == "failed"

    assert run.states() == {
        "references_filled_id": "success",
        "references_open_id": "failed",
        "candidates": "success",
    }
    files = {f"reference-{filled}.pdf", f"candidate-{candidate_id}.pdf"}
    assert {file.name for file in folder.iterdir()} == files
    assert all(file.read_bytes().startswith(b"%PDF-") for file in folder.iterdir())
    uri = run.result("candidates")
    assert Path(urlsplit(uri).path).read_bytes().startswith(b"%PDF-")


def test_a_report_is_stored_in_a_bucket_and_leaves_nothing_beside(
    start: Start, world: VitayWorld, s3: Bucket
) -> None:
    candidate_id, unfilled = world.candidate(), world.reference()
    filled = world.reference(candidate_id)
    world.fill(filled)
    run = start(
        "step_report",
        candidate_id=candidate_id,
        filled_id=filled,
        open_id=unfilled,
        folder=f"s3://aws_reports@{BUCKET}/vitay",
    )

    assert run.end() == "failed"

    files = s3.files("vitay")
    assert set(files) == {f"vitay/reference-{filled}.pdf", f"vitay/candidate-{candidate_id}.pdf"}
    assert all(content.startswith(b"%PDF-") for content in files.values())
    assert run.result("candidates").endswith(f"@{BUCKET}/vitay/candidate-{candidate_id}.pdf")


@pytest.fixture(params=["file", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStoragePath:
    """An empty folder, here or in the bucket."""
    if request.param == "file":
        return ObjectStoragePath(tmp_path.as_uri())
    request.getfixturevalue("stored")
    return ObjectStoragePath(f"s3://aws_here@{BUCKET}/{tmp_path.name}")


def names(folder: ObjectStoragePath) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_is_there_when_it_is_whole(folder: ObjectStoragePath) -> None:
    path = folder / "below" / "report.pdf"
    with written_whole(path) as file:
        file.write(b"one half, ")
        assert "report.pdf" not in names(folder / "below")
        file.write(b"the other")

    assert path.read_bytes() == b"one half, the other"
    assert names(folder / "below") == ["report.pdf"]


def test_writing_that_fails_leaves_what_was_there(folder: ObjectStoragePath) -> None:
    path = folder / "report.pdf"
    with written_whole(path) as file:
        file.write(b"yesterday's")

    def write_half() -> None:
        with written_whole(path) as file:
            file.write(b"x" * 6_000_000)
            raise RuntimeError("the vendor hung up")

    with pytest.raises(RuntimeError, match="hung up"):
        write_half()
    assert path.read_bytes() == b"yesterday's"
    assert names(folder) == ["report.pdf"]


def test_writing_to_a_bucket_that_is_not_there_makes_none(stored: Bucket) -> None:
    def write() -> None:
        with written_whole(ObjectStoragePath("s3://aws_here@misspelt/report.pdf")) as file:
            file.write(b"lost")

    with pytest.raises(FileNotFoundError):
        write()
    assert "misspelt" not in stored.names()


def test_an_index_is_stored_in_order_and_not_at_all_when_a_page_fails(
    start: Start, world: VitayWorld, intermediary: Intermediary, tmp_path: Path
) -> None:
    world.emulator.act("vitay/seed", references=230)
    world.runner.run(
        vitay.create_reference(
            candidate_id=world.candidate(),
            question_set_id=world.question_set(),
            email="bo@people.test",
            first_name='=HYPERLINK("http://127.0.0.1")',
            last_name="+1",
        )
    )
    intermediary.spoil(r"GET /v2/references\?.*page%5D=2&", fail)
    run = start("step_export", folder=tmp_path.as_uri())

    assert run.end() == "failed"

    ids = [reference.id for reference in world.runner.iterate(vitay.list_references())]
    assert len(ids) == 231
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ids
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ids
    assert rows[-1]["first_name"] == '\'=HYPERLINK("http://127.0.0.1")'
    assert rows[-1]["last_name"] == "'+1"
    assert lines[-1]["last_name"] == "+1"
    assert run.result("csv") == {"path": f"{tmp_path.as_uri()}/rows.csv", "rows": 231}
    assert run.states()["broken_csv"] == run.states()["broken_jsonl"] == "failed"
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", "rows.jsonl"}
