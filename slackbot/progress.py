"""What stands in a root message: the state of a run, task by task, mapped ones together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..services.airflow_api import DagRun, RunKey, TaskInstance

HIDDEN = frozenset({"removed"})
ENDED = frozenset({"success", "failed", "upstream_failed", "skipped"})

ENDS = frozenset({"success", "failed", "cancelled"})
"""States in which a run stays until somebody clears it."""

MOST_TELLING = (
    "awaiting_input",
    "up_for_retry",
    "running",
    "restarting",
    "deferred",
    "up_for_reschedule",
    "queued",
    "scheduled",
    "waiting",
    "failed",
    "upstream_failed",
    "success",
    "skipped",
)
"""Which state speaks for the mapped instances of a task: what still goes on before what ended,
and a failure before successes."""


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """One line of a root message.

    :param counts: How many instances are in which state; more than one for mapped tasks.
    :param started: When the first instance started.
    :param ended: When the last instance ended, None while one goes on.
    :param seconds: Between the two.
    """

    name: str
    state: str
    counts: Mapping[str, int]
    started: datetime | None
    ended: datetime | None
    try_number: int
    tries: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def seconds(self) -> float | None:
        if not (self.started and self.ended):
            return None
        return (self.ended - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Everything a root message shows; two equal ones look the same.

    :param state: Of Airflow's states of a run, or `cancelled` or `deleted`.
    :param cancelled_by: The Slack user who ended it, when somebody did.
    :param is_workflow: People may steer it from Slack.
    """

    key: RunKey
    name: str
    state: str
    starter: str | None
    run_type: str
    link: str
    started: datetime | None
    ended: datetime | None
    tasks: tuple[TaskProgress, ...]
    cancelled_by: str | None = None
    is_workflow: bool = False

    @property
    def is_finished(self) -> bool:
        return self.state in ENDS


def show_run(
    run: DagRun,
    tasks: Iterable[TaskInstance],
    *,
    starter: str | None,
    link: str,
    cancelled_by: str | None = None,
    is_workflow: bool = False,
) -> RunProgress:
    """The progress of a run as it is now.

    :param starter: The Slack user who asked for it, None for runs that a schedule started.
    :param cancelled_by: The Slack user who wanted it to end; it may have ended well before.
    """
    is_cancelled = cancelled_by is not None and run.state == "failed"
    return RunProgress(
        key=run.key,
        name=run.dag_display_name,
        state="cancelled" if is_cancelled else run.state,
        starter=starter,
        run_type=run.run_type,
        link=link,
        started=run.start_date,
        ended=run.end_date if run.is_finished else None,
        tasks=show_tasks(tasks),
        cancelled_by=cancelled_by if is_cancelled else None,
        is_workflow=is_workflow,
    )


def merge_tasks(
    known: Iterable[TaskInstance], changed: Iterable[TaskInstance]
) -> list[TaskInstance]:
    """The tasks of a run after some of them changed."""
    merged = {(task.task_id, task.map_index): task for task in known}
    for task in changed:
        merged[task.task_id, task.map_index] = task
        if task.map_index >= 0:
            # What stood for all instances became the first of them when they were known.
            merged.pop((task.task_id, -1), None)
    return list(merged.values())


def show_tasks(tasks: Iterable[TaskInstance]) -> tuple[TaskProgress, ...]:
    """One line per task, in the order in which they started, those to come at the end."""
    groups: dict[str, list[TaskInstance]] = {}
    for task in tasks:
        if task.state not in HIDDEN:
            groups.setdefault(task.task_id, []).append(task)
    lines = [_show_group(group) for group in groups.values()]
    return tuple(sorted(lines, key=_moment))


def _show_group(group: list[TaskInstance]) -> TaskProgress:
    counts = Counter(task.state or "waiting" for task in group)
    state = next((one for one in MOST_TELLING if one in counts), next(iter(counts)))
    starts = [task.start_date for task in group if task.start_date]
    ends = [task.end_date for task in group if task.end_date]
    latest = max(group, key=lambda task: task.try_number)
    return TaskProgress(
        name=group[0].task_display_name,
        state=state,
        counts=dict(sorted(counts.items())),
        started=min(starts, default=None),
        ended=max(ends, default=None) if counts.keys() <= ENDED else None,
        try_number=latest.try_number,
        tries=latest.max_tries + 1,
    )


def _moment(line: TaskProgress) -> float:
    return line.started.timestamp() if line.started else float("inf")
