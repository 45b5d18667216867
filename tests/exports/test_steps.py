"""Exports as steps of a DAG: what they take, what they store, what they hand on."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
import pytest
from airflow.sdk import ObjectStoragePath

from airflow_talent.clients.registry import VENDORS
from airflow_talent.emulator.client import Emulator
from airflow_talent.operators.arguments import ArgumentInvalid
from airflow_talent.operators.storage import BLOCK, written_whole
from airflow_talent.operators.vitay import VitayExportOperator
from airflow_talent.tests.bucket import Bucket
from airflow_talent.tests.offline import OfflineAirflow

DAGS = Path(__file__).parent / "dags"

Export = Callable[..., Any]


@pytest.fixture
def export(offline_airflow: OfflineAirflow, talent_emulator: Emulator) -> Export:
    """Runs the export; returns what it handed on, None when it failed."""
    offline_airflow.add_dags(*DAGS.glob("*.py"))
    talent_emulator.act("vitay/seed", references=23)

    def run(**params: Any) -> Any:
        ti = offline_airflow.run("export_references", params).get_task_instance("export")
        return ti.xcom_pull(task_ids="export") if ti.state == "success" else None

    return run


@pytest.fixture(scope="session")
def bucket(aws: str) -> Bucket:
    return Bucket(aws, "exports")


@pytest.fixture(params=["file", "s3"])
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ObjectStoragePath:
    """An empty folder, here or in a bucket."""
    if request.param == "file":
        return ObjectStoragePath(tmp_path.as_uri()) / "files"
    bucket: Bucket = request.getfixturevalue("bucket")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_EXPORTS", json.dumps(bucket.connection))
    return ObjectStoragePath(f"s3://aws_exports@{bucket.name}/{tmp_path.name}")


def names(folder: ObjectStoragePath) -> list[str]:
    folder.fs.invalidate_cache()
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_arguments_and_path_are_templates_and_the_result_says_where_and_how_much(
    export: Export, folder: ObjectStoragePath
) -> None:
    path = folder / "day" / "references.parquet"

    assert export(path=str(path), page=2, size=10) == {"path": str(path), "rows": 13}

    with path.open("rb") as file:
        table = pq.read_table(file)
    assert table["email"].to_pylist() == [f"referee.{n}@referees.test" for n in range(10, 23)]
    assert names(folder / "day") == ["references.parquet"]


def test_a_page_that_fails_leaves_the_file_of_yesterday(
    export: Export, folder: ObjectStoragePath, talent_emulator: Emulator
) -> None:
    path = folder / "references.jsonl"
    assert export(path=str(path), size=10)["rows"] == 23
    yesterdays = path.read_bytes()
    talent_emulator.fault("vitay", "GET", "/v2/references", "html", times=None)

    assert export(path=str(path), size=10) is None

    assert path.read_bytes() == yesterdays
    assert names(folder) == ["references.jsonl"]


def test_a_path_that_turns_out_to_have_no_known_format_is_refused_before_anything_is_sent(
    export: Export, tmp_path: Path, talent_emulator: Emulator
) -> None:
    assert export(path=f"{tmp_path.as_uri()}/references.xlsx") is None
    assert talent_emulator.requests("vitay") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"index": "show_candidate"}, "index must be one of .*list_candidates"),
        ({"index": "{{ params.index }}"}, "index must be the name of a call"),
        ({"path": " "}, "path must not be empty"),
        ({"path": "file:///rows.xlsx"}, "one of jsonl, csv, parquet"),
        ({"path": "file:///rows"}, "one of jsonl, csv, parquet"),
        ({"format": "JSONL"}, "one of jsonl, csv, parquet"),
        ({"arguments": {"pages": 3}}, "vitay.list_candidates: .*pages"),
    ],
)
def test_what_authors_pass_wrongly_is_refused_when_the_dag_is_parsed(
    wrong: dict[str, Any], text: str
) -> None:
    right = {"index": "list_candidates", "path": "file:///rows.csv"}
    with pytest.raises(ArgumentInvalid, match=text):
        VitayExportOperator(task_id="export", **{**right, **wrong})


def test_a_format_need_not_be_the_paths_extension(tmp_path: Path) -> None:
    VitayExportOperator(
        task_id="export", index="list_users", path=f"{tmp_path}/rows.dat", format="csv"
    )


def test_an_upload_in_parts_that_fails_leaves_no_part(folder: ObjectStoragePath) -> None:
    def write() -> None:
        with written_whole(folder / "rows.csv") as file:
            for _ in range(3):
                file.write(b"x" * BLOCK)
            raise RuntimeError("the vendor hung up")

    with pytest.raises(RuntimeError, match="hung up"):
        write()
    assert names(folder) == []
    if folder.protocol == "s3":
        assert folder.fs.list_multipart_uploads(folder.bucket) == []


def test_an_upload_in_parts_is_whole_in_the_end(folder: ObjectStoragePath) -> None:
    with written_whole(folder / "rows.csv") as file:
        for letter in (b"a", b"b", b"c"):
            file.write(letter * BLOCK)
        assert "rows.csv" not in names(folder)
    content = (folder / "rows.csv").read_bytes()
    assert content == b"a" * BLOCK + b"b" * BLOCK + b"c" * BLOCK
    assert names(folder) == ["rows.csv"]


def test_a_file_without_content_is_a_file(folder: ObjectStoragePath) -> None:
    with written_whole(folder / "rows.jsonl"):
        pass
    assert (folder / "rows.jsonl").read_bytes() == b""
    assert names(folder) == ["rows.jsonl"]


def write_half(path: str, is_written: Any) -> None:
    with written_whole(ObjectStoragePath(path)) as file:
        file.write(b"x" * BLOCK)
        is_written.set()
        threading.Event().wait()


def test_a_killed_task_leaves_nothing_under_the_files_name(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    is_written = context.Event()
    task = context.Process(target=write_half, args=(f"{tmp_path.as_uri()}/rows.csv", is_written))
    task.start()
    assert is_written.wait(30)
    task.kill()
    task.join()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".rows.csv.")
    assert left.name.endswith(".part")


def test_every_vendor_with_an_index_has_an_export() -> None:
    from importlib import import_module

    for vendor in VENDORS:
        steps = vars(import_module(f"airflow_talent.operators.{vendor}"))
        exports = [name for name in steps if "Export" in name and name != "ExportOperator"]
        assert exports or vendor == "rickrut", vendor
