"""How fast a folder of resumes is at Riminder: the operator beside the vendor's own client.

Both upload the same small PDFs to an emulator in a process of its own, whose answers take 50 ms.
The vendor's client (PyPI ``riminder``) uploads them in a loop, as its bulk upload does; the
operator looks at what is there, uploads over the connection's default of 16 connections and
writes its manifest. They take turns, so that whatever else the machine does hits both. Compare
the ratio; the times depend on the machine. The aim is 8 at least.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import riminder  # type: ignore[import-untyped]  # the vendor's client has no types
import typer

from airflow_talent.benchmarks.common.contenders import emulator, in_turn
from airflow_talent.benchmarks.common.figures import timings
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.pdf import Report as Page
from airflow_talent.emulator.riminder.records import API_SOURCE_ID, READ_WRITE_KEY
from airflow_talent.operators.riminder import RiminderUploadResumesOperator

LATENCY = 0.05
"""Seconds that each answer of the vendor takes."""


OPERATOR, LOOP = "operator", "vendor's client, in a loop"


def main(
    *,
    files: Annotated[int, typer.Option(help="Resumes in the folder.")] = 500,
    runs: Annotated[int, typer.Option(help="Uploads by each contender.")] = 3,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Upload so many resumes, so often."""
    with emulator() as url, tempfile.TemporaryDirectory() as folder:
        resumes = write_resumes(Path(folder) / "resumes", files)
        base_url = f"{url}/riminder/sf/public/api/v1.0/"
        connection = {"conn_type": "riminder", "host": base_url, "password": READ_WRITE_KEY}
        os.environ["AIRFLOW_CONN_RIMINDER_DEFAULT"] = json.dumps(connection)
        contenders: dict[str, Callable[[], None]] = {
            LOOP: lambda: upload_in_a_loop(base_url, resumes),
            OPERATOR: lambda: upload_by_operator(resumes, Path(folder) / "manifest.jsonl"),
        }
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(runs):
            for name in in_turn(contenders, turn):
                empty(url)
                started = time.perf_counter()
                contenders[name]()
                times[name].append(time.perf_counter() - started)
    title = f"Uploading {files} resumes, {LATENCY * 1e3:g} ms each"
    comparison = timings(title, times, others=[LOOP], standard=LOOP)
    ratio = median(times[LOOP]) / median(times[OPERATOR])
    ratios = {"times the throughput of the vendor's client": ratio}
    Report("resume_upload", title, [comparison], ratios).publish(json_path, plot_path)


def write_resumes(folder: Path, count: int) -> Path:
    """A folder of small PDFs, each another one."""
    folder.mkdir()
    for number in range(count):
        page = Page("Resume", source=f"number {number}", made_at=datetime.now(UTC))
        (folder / f"{number:05}.pdf").write_bytes(page.output())
    return folder


def empty(url: str) -> None:
    """An emulator without profiles, which parses none, so that only uploading is measured."""
    vendor = Emulator(url)
    vendor.reset()
    vendor.settings(riminder={"latency": LATENCY, "auto": False})
    vendor.close()


def upload_in_a_loop(base_url: str, resumes: Path) -> None:
    client = riminder.Riminder(READ_WRITE_KEY, url=base_url)
    for path in sorted(resumes.iterdir()):
        answer = client.profile.add(API_SOURCE_ID, str(path), profile_reference=path.stem)
        assert answer["code"] == 201, answer


def upload_by_operator(resumes: Path, manifest: Path) -> None:
    operator = RiminderUploadResumesOperator(
        task_id="upload",
        source=API_SOURCE_ID,
        files=resumes.as_uri(),
        manifest=manifest.as_uri(),
    )
    context: Any = {"task_state_store": Store()}
    result = operator.act(context)
    operator.hook.close()
    assert result["counts"] == {"uploaded": len(list(resumes.iterdir()))}, result


class Store(dict[str, Any]):
    """A task's state store without the rest of Airflow."""

    def set(self, key: str, value: Any, **_: Any) -> None:
        self[key] = value


if __name__ == "__main__":
    typer.run(main)
