"""Runs one contender's triggers in a process of its own, against vendors in other processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow_talent.benchmarks.common.contenders import emulator, served
from airflow_talent.benchmarks.triggering.contenders import environment
from airflow_talent.benchmarks.waits.referees import ask_referees
from airflow_talent.benchmarks.waits.stage import SHOWN_REFERENCE
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.processes import neutral_environment

JOBS = Path(__file__).parent / "jobs.py"


@dataclass(frozen=True, slots=True)
class Vendors:
    """An emulated Vitay with references that nobody answers, and a job of Airbyte's that runs."""

    emulator: Emulator
    environment: dict[str, str]
    references: list[str]

    def let_references_be_missing(self) -> None:
        """What HttpSensor waits by: 404 until it has happened."""
        self.emulator.fault("vitay", "GET", SHOWN_REFERENCE, "status", code=404, times=None)

    def let_references_be_found(self) -> None:
        """What Vitay does."""
        self.emulator.clear_faults()


@contextmanager
def vendors(waits: int, *, latency: float) -> Iterator[Vendors]:
    """Vendors in processes of their own.

    :param latency: seconds that each answer takes.
    """
    with emulator() as url, served([sys.executable, str(JOBS), str(latency)]) as jobs_url:
        client = Emulator(url)
        connection = client.environment()["AIRFLOW_CONN_VITAY_DEFAULT"]
        references = ask_referees(json.loads(connection), waits)
        client.settings(vitay={"latency": latency})
        yield Vendors(client, environment(connection, jobs_url), references)
        client.close()


def measure(module: str, vendors: Vendors, *arguments: str) -> Any:
    """What a module of this folder writes into the file that is its last argument.

    What its triggers log goes nowhere: the triggerer sends it to files, not to a terminal.
    """
    with TemporaryDirectory() as folder:
        references, found = Path(folder) / "references.json", Path(folder) / "found.json"
        references.write_text(json.dumps(vendors.references))
        command = [sys.executable, "-m", f"airflow_talent.benchmarks.triggering.{module}"]
        done = subprocess.run(
            [*command, *arguments, str(references), str(found)],
            env={
                **neutral_environment(),
                **vendors.environment,
                "AIRFLOW_HOME": folder,
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "PATH": os.environ["PATH"],
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode or not found.exists():
            raise RuntimeError(f"{module} {arguments[0]} failed:\n{done.stderr[-2000:]}")
        return json.loads(found.read_text())
