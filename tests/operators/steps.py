"""Runs of the DAGs in ``dags/``, as a person at Airflow sees them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.provider.processes import session_members


def eventually(is_true: Callable[[], Any], *, within: float = 60) -> Any:
    """The first true thing that ``is_true`` gives."""
    deadline = time.monotonic() + within
    while not (seen := is_true()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return seen


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one DAG."""

    airflow: LocalAirflow
    dag_id: str
    run_id: str

    @property
    def api(self) -> AirflowApi:
        return self.airflow.api

    def end(self, *, within: float = 120) -> str:
        """Wait until the run is over and return its state."""
        return self.api.wait_for_run(self.dag_id, self.run_id, timeout=within)

    def succeed(self, *, within: float = 120) -> None:
        """Wait until the run is over; fail with the logs of what failed."""
        if self.end(within=within) == "success":
            return
        states = self.states()
        logs = [
            self.log(task["task_id"], map_index=task["map_index"])[-3000:]
            for task in self.api.task_instances(self.dag_id, self.run_id)
            if task["state"] == "failed"
        ]
        raise AssertionError("\n".join([f"{self.dag_id} failed: {states}", *logs]))

    def states(self) -> dict[str, str | None]:
        return self.api.task_states(self.dag_id, self.run_id)

    def task(self, task_id: str, *, map_index: int = -1) -> dict[str, Any]:
        return next(
            task
            for task in self.api.task_instances(self.dag_id, self.run_id)
            if (task["task_id"], task["map_index"]) == (task_id, map_index)
        )

    def tries(self, task_id: str, *, map_index: int = -1) -> int:
        """How often a task was tried."""
        return int(self.task(task_id, map_index=map_index)["try_number"])

    def result(self, task_id: str, *, key: str = "return_value", map_index: int = -1) -> Any:
        return self.api.xcom(self.dag_id, self.run_id, task_id, key=key, map_index=map_index)

    def keys(self, task_id: str) -> set[str]:
        """Keys of the XComs of a task."""
        path = f"/dags/{self.dag_id}/dagRuns/{self.run_id}/taskInstances/{task_id}/xcomEntries"
        return {entry["key"] for entry in self.api.get(path)["xcom_entries"]}

    def log(self, task_id: str, *, map_index: int = -1) -> str:
        """The log of all tries of a task."""
        tries = self.tries(task_id, map_index=map_index)
        return "\n".join(
            self.api.task_log(
                self.dag_id, self.run_id, task_id, try_number=number, map_index=map_index
            )
            for number in range(1, tries + 1)
        )

    def clear(self, *task_ids: str) -> None:
        self.api.clear(self.dag_id, self.run_id, *task_ids)

    def kill(self, task_id: str) -> None:
        """End the process of a running task as the kernel does when memory is short."""
        title = f"airflow worker -- {self.task(task_id)['id']}"
        (process,) = (each for each in _processes(self.airflow) if title in _command(each))
        process.kill()


def _processes(airflow: LocalAirflow) -> Iterator[psutil.Process]:
    for component in airflow.processes:
        for pid in session_members(component.pid or -1):
            yield psutil.Process(pid)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return "ended meanwhile"
