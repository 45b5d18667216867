"""Which tasks changed since the last look: one request, however many runs are followed.

Airflow moves a task's `updated_at` with every change (SQLAlchemy sets it in single and in bulk
updates alike), by the clock of whichever component writes. So each look reaches back beyond the
last one; what is missed all the same, and tasks that were deleted, the whole looks find.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from ..services.airflow_api import RUNS_PER_REQUEST, AirflowApi, RunKey, TaskInstance, batched
from .identity import team_prefix

OVERLAP = timedelta(seconds=10)
"""By how much the clocks of Airflow's components may differ, and a transaction may last."""


class Changes:
    """Asks for what changed, and remembers when it asked."""

    def __init__(self, airflow: AirflowApi) -> None:
        self._airflow = airflow
        self._looked_at: datetime | None = None

    def forget(self) -> None:
        """Let the next look be a first one: nothing was followed for a while."""
        self._looked_at = None

    @asynccontextmanager
    async def look(self, runs: Collection[RunKey]) -> AsyncIterator[list[TaskInstance]]:
        """The tasks of these runs that changed since the last look, and a few more; the next look
        finds them again unless the block in which they are taken in ends well."""
        now = self._airflow.now()
        since = (self._looked_at or now) - OVERLAP
        found = []
        prefixes = sorted({team_prefix(run.run_id) or run.run_id for run in runs})
        for part in batched(prefixes, RUNS_PER_REQUEST):
            found += await self._airflow.tasks_changed_since(
                since, prefixes=part, dag_ids={run.dag_id for run in runs}
            )
        yield [task for task in found if task.key in runs]
        self._looked_at = now
