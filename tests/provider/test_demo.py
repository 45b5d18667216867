"""The demo, played on a real Airflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from airflow_talent.provider.commands.demo_story import STEPS
from airflow_talent.provider.processes import neutral_environment
from airflow_talent.tests.provider.watching import started_in, wait_until

TALENT = Path(sys.executable).with_name("talent")


def test_the_demo_ends_by_itself_and_leaves_only_the_report(tmp_path: Path) -> None:
    demo = start_demo(tmp_path)
    told, complaints = demo.communicate(timeout=280)

    assert demo.returncode == 0, told + complaints
    places = [told.find(f"✓ {step.title}") for step in STEPS]
    assert -1 not in places
    assert places == sorted(places)
    (report,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert report.read_bytes().startswith(b"%PDF-")
    assert str(report) in told
    assert not started_in(tmp_path)


def test_a_demo_that_fails_says_which_part_and_where_its_log_is(tmp_path: Path) -> None:
    demo = start_demo(tmp_path)
    wait_until(lambda: any("scheduler" in process.cmdline() for process in started_in(tmp_path)))
    for process in started_in(tmp_path):
        if "scheduler" in process.cmdline():
            process.kill()
    _, complaint = demo.communicate(timeout=120)

    assert demo.returncode == 1
    assert "scheduler ended with exit code -9" in complaint
    assert complaint.count("\n") == 1
    assert Path(complaint.strip().partition("its log is ")[2]).is_file()
    assert not started_in(tmp_path)


def start_demo(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [TALENT, "demo"],
        cwd=folder,
        env=neutral_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
