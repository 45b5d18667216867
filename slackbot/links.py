"""Where people find runs and logs in Airflow's own pages. Ids only, no values, no secrets."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from ..services.airflow_api import RunKey, TaskInstance


@dataclass(frozen=True, slots=True)
class Links:
    """:param base_url: `TALENT_AIRFLOW_URL`."""

    base_url: str

    def run(self, run: RunKey) -> str:
        return f"{self.base_url}/dags/{_part(run.dag_id)}/runs/{_part(run.run_id)}"

    def log(self, task: TaskInstance) -> str:
        mapped = f"/mapped/{task.map_index}" if task.map_index >= 0 else ""
        return (
            f"{self.run(task.key)}/tasks/{_part(task.task_id)}{mapped}?try_number={task.try_number}"
        )


def _part(text: str) -> str:
    return quote(text, safe="")
