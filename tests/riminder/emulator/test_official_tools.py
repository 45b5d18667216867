"""The vendor's exporter and importer work unchanged against the emulator, as people run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import API_SOURCE_ID, MAIL_SOURCE_ID, READ_WRITE_KEY
from airflow_talent.tests.riminder.emulator.callers import API, Caller, make_pdf, until

KEY = ("--api_key", READ_WRITE_KEY)


def run_tool(emulator: Emulator, folder: Path, *arguments: str) -> str:
    """Run one of the tools in a folder; what it printed."""
    name, *more = arguments
    module = "airflow_talent.tests.riminder.emulator.official"
    done = subprocess.run(
        [sys.executable, "-m", module, name, f"{emulator.url}{API}/", *more, *KEY],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("shape", ["2018", "2019"])
def test_the_exporter_brings_every_resume_and_its_parsing(
    talent_emulator: Emulator, caller: Caller, tmp_path: Path, shape: str
) -> None:
    talent_emulator.settings(riminder={"parsing_shape": shape})
    resume = make_pdf()
    for number in range(3):
        caller.upload(f"r{number}", resume)
        caller.parsing(f"r{number}")
    talent_emulator.act("riminder/seed", count=2, source_id=MAIL_SOURCE_ID)

    run_tool(talent_emulator, tmp_path, "resumeExporter", "--target", str(tmp_path), "--silent")

    documents = list(tmp_path.glob(f"Careers website_{API_SOURCE_ID}/*/*_resume.pdf"))
    parsings = [
        json.loads(path.read_text()) for path in tmp_path.glob(f"*_{API_SOURCE_ID}/*/*.json")
    ]
    assert [document.read_bytes() for document in documents] == [resume] * 3
    skills = [
        each["skills"]["parsed"]["all"] if shape == "2019" else each["hard_skills"]
        for each in parsings
    ]
    assert ["python" in each for each in skills] == [True] * 3


def test_the_importer_uploads_a_folder(
    talent_emulator: Emulator, caller: Caller, tmp_path: Path
) -> None:
    folder = tmp_path / "resumes"
    (folder / "old").mkdir(parents=True)
    for name in ("a.pdf", "b.pdf", "old/c.pdf"):
        (folder / name).write_bytes(make_pdf())
    (folder / "notes.txt").write_text("not a resume")

    told = run_tool(
        talent_emulator,
        tmp_path,
        *("resumeImporter", "-r", "--verbose", "--paths", str(folder)),
        *("--source_id", API_SOURCE_ID, "--timestamp_reception", "1530607434"),
    )

    assert "failed: 0" in told
    assert caller.list(date_end=1530607434)["count_profiles"] == 3
    until(lambda: all(each["name"] == "Jane Q. Doe" for each in caller.list()["profiles"]))


def test_the_importer_keeps_what_was_refused(
    talent_emulator: Emulator, caller: Caller, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(make_pdf())

    run_tool(
        talent_emulator,
        tmp_path,
        *("resumeImporter", "--paths", str(tmp_path / "a.pdf"), "--source_id", MAIL_SOURCE_ID),
    )

    assert (tmp_path / "failed-resumes" / "a.pdf").exists()
    assert caller.list()["count_profiles"] == 0
