"""Looking at what runs on this machine until something is so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil


def wait_until(is_true: Callable[[], object], *, within: float = 30) -> None:
    """Wait for a condition; the test fails when it does not come true in time."""
    deadline = time.monotonic() + within
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def started_in(folder: Path) -> list[psutil.Process]:
    """Living processes of Airflows whose home is below a folder."""
    return list(_started_in(folder))


def _started_in(folder: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            home = process.environ().get("AIRFLOW_HOME", "")
            if home.startswith(str(folder)) and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except psutil.Error:
            continue
