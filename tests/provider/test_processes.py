"""Child processes end with whoever started them, whatever ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from airflow_talent.provider.processes import (
    ChildProcess,
    UsageMeter,
    neutral_environment,
    session_members,
    stop_all,
)
from airflow_talent.tests.provider.watching import wait_until

ENDS_WHEN_ASKED = "import time; time.sleep(600)"
IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('ready', flush=True); time.sleep(600)"
)
HAS_A_CHILD_IN_A_GROUP_OF_ITS_OWN = (
    "import subprocess, sys, time; "
    f"subprocess.Popen([sys.executable, '-c', {ENDS_WHEN_ASKED!r}], process_group=0); "
    "print('ready', flush=True); time.sleep(600)"
)

PARENT = """
import sys, time
from pathlib import Path
from airflow_talent.provider.processes import ChildProcess
command = [sys.executable, "-c", sys.argv[1]]
child = ChildProcess("child", command, environment={}, log=Path(sys.argv[2]))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""

Start = Callable[[str], ChildProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    children: list[ChildProcess] = []

    def start(program: str) -> ChildProcess:
        log = tmp_path / f"{len(children)}.log"
        child = ChildProcess("child", [sys.executable, "-c", program], environment={}, log=log)
        children.append(child)
        child.start()
        if "ready" in program:
            wait_until(lambda: "ready" in log.read_text())
        return child

    yield start
    stop_all(children, grace=0)


def test_a_child_that_obeys_ends_at_once(start: Start) -> None:
    child = start(ENDS_WHEN_ASKED)
    before = time.monotonic()

    child.stop(grace=30)

    assert child.exit_code == -signal.SIGTERM
    assert time.monotonic() - before < 10


def test_a_child_that_ignores_being_asked_is_ended_by_force(start: Start) -> None:
    child = start(IGNORES_SIGTERM)

    child.stop(grace=0.2)

    assert child.exit_code == -signal.SIGKILL


def test_what_a_child_has_started_ends_with_it(start: Start) -> None:
    child = start(HAS_A_CHILD_IN_A_GROUP_OF_ITS_OWN)
    session = pid_of(child)
    assert len(living(session)) == 2

    child.stop()

    wait_until(lambda: not living(session))


def test_a_killed_child_can_be_started_again(start: Start) -> None:
    child = start(HAS_A_CHILD_IN_A_GROUP_OF_ITS_OWN)
    first = pid_of(child)

    child.kill()
    assert not child.is_running()
    child.start()

    assert child.is_running()
    assert child.pid != first
    wait_until(lambda: not living(first))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("program", [ENDS_WHEN_ASKED, HAS_A_CHILD_IN_A_GROUP_OF_ITS_OWN])
def test_nothing_outlives_a_parent_that_dies(
    tmp_path: Path, program: str, number: signal.Signals
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, program, str(tmp_path / "child.log")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout
    with parent.stdout:
        session = int(parent.stdout.readline())
    assert living(session)

    os.kill(parent.pid, number)
    parent.wait()

    wait_until(lambda: not living(session))


def test_a_log_is_readable_by_its_owner_only(start: Start) -> None:
    child = start(ENDS_WHEN_ASKED)

    assert child.log.stat().st_mode & 0o077 == 0


def test_a_meter_tells_memory_and_time_of_a_whole_family(start: Start) -> None:
    child = start("print('ready', flush=True)\nwhile True: pass")
    meter = UsageMeter([child])

    wait_until(lambda: meter.measure().cpu_seconds > 0.1)

    assert meter.usage.peak_memory > 2**20


def test_real_accounts_are_kept_from_children(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW_CONN_VITAY_DEFAULT", "AIRFLOW_HOME", "SLACK_BOT_TOKEN", "TALENT_X"):
        monkeypatch.setenv(name, "real")

    assert "real" not in neutral_environment().values()


def pid_of(child: ChildProcess) -> int:
    assert child.pid
    return child.pid


def living(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    return [pid for pid in session_members(session) if psutil.Process(pid).status() != "zombie"]
