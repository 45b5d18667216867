"""Processes of one host take turns at an account."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_talent.clients.limits import Pace, pace_of

RATE = 200.0

RESERVING = """
import json, sys, time
from pathlib import Path
from airflow_talent.clients.limits import Pace

pace = Pace(float(sys.argv[2]), Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
places = []
for _ in range(60):
    wait = pace.reserve()
    places.append(time.time() + wait)
    time.sleep(wait)
print(json.dumps(places))
"""


def test_two_processes_share_a_pace_and_each_gets_its_turns(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", RESERVING, str(tmp_path / "turns"), str(RATE)]
    processes = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    mine, yours = (json.loads(process.communicate()[0]) for process in processes)

    places = [*mine, *yours]
    assert max(places) - min(places) >= 0.8 * len(places) / RATE
    shared = (max(mine[0], yours[0]), min(mine[-1], yours[-1]))
    turns = [sum(shared[0] <= at <= shared[1] for at in each) for each in (mine, yours)]
    assert min(turns) >= 0.5 * max(turns), "one of them waited for the other"


def test_a_process_that_was_stopped_in_its_turn_holds_up_nobody(tmp_path: Path) -> None:
    turns = tmp_path / "turns"
    with turns.open("w") as stopped:
        fcntl.flock(stopped, fcntl.LOCK_EX)
        pace = Pace(10, turns)
        assert pace.reserve() == 0
        assert 0 < pace.reserve() <= 0.1


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 8, b"\x00" * 3])
def test_a_file_that_was_spoiled_is_written_anew(content: bytes, tmp_path: Path) -> None:
    turns = tmp_path / "turns"
    turns.write_bytes(content)
    pace = Pace(10, turns)
    assert pace.reserve() == 0
    assert 0 < pace.reserve() <= 0.1


def test_a_clock_that_was_set_back_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = Pace(10, tmp_path / "turns")
    now = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    pace.reserve()
    now -= 3600
    assert pace.reserve() == 0


def test_without_a_folder_to_share_each_process_keeps_the_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no-folder").write_text("")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "no-folder"))
    pace = pace_of("vitay", "https://vendor.test", "bot", "secret", 10)
    assert pace.reserve() == 0
    assert 0 < pace.reserve() <= 0.1


def test_accounts_do_not_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    paces = [
        pace_of("vitay", "https://vendor.test", login, "secret", 10) for login in ("bot", "root")
    ]
    assert [pace.reserve() for pace in paces] == [0, 0]
    names = [path.name for path in tmp_path.rglob("pace-*")]
    assert len(names) == 2
    assert not any(word in name for name in names for word in ("secret", "root", "vendor.test"))
