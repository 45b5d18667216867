"""DAGs run in the test's own process by ``dag.test()``, without any component of Airflow."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class OfflineAirflow:
    """A database and a DAGs folder of this process's own."""

    dags_folder: Path

    def add_dags(self, *files: Path) -> None:
        """Copy DAG files into the DAGs folder."""
        for file in files:
            shutil.copyfile(file, self.dags_folder / file.name)

    def bag(self) -> Any:
        """Everything in the DAGs folder, as Airflow reads it."""
        from airflow.dag_processing.dagbag import DagBag

        return DagBag(self.dags_folder)

    def dag(self, dag_id: str) -> Any:
        """One DAG; a DAG file that cannot be imported fails the test."""
        bag = self.bag()
        assert not bag.import_errors, bag.import_errors
        return bag.dags[dag_id]

    def run(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> Any:
        """Run a DAG to its end and return its run, with its state and task instances."""
        return self.dag(dag_id).test(run_conf=dict(conf or {}))


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that is over."""

    run: Any

    @property
    def state(self) -> str:
        return str(self.run.state)

    def task(self, task_id: str) -> tuple[str, int]:
        """Its state, and how often it was tried."""
        (task,) = self.tasks(task_id)
        return task

    def tasks(self, task_id: str) -> list[tuple[str, int]]:
        """As :meth:`task` of those that a task was mapped to."""
        return [
            (str(ti.state), int(ti.try_number))
            for ti in self.run.get_task_instances()
            if ti.task_id == task_id
        ]

    def result(self, task_id: str, key: str = "return_value") -> Any:
        return self.run.get_task_instance(task_id).xcom_pull(task_ids=task_id, key=key)
