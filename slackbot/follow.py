"""Looks after all runs at once: one poll of Airflow for all of them, one budget of edits.

Nothing here decides what is owed (`reports`) or which runs are ours (`recovery`).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from .airflow_api import ACTIVE, AirflowApi, AirflowError, DagRun, NotInAirflow, TaskInstance
from .background import Background
from .budget import Budget
from .identity import RunKey
from .note import read_line
from .reports import Report, Reporter, TakenOver, Watch
from .slack_api import SlackError

log = logging.getLogger(__name__)

SHORTEST_POLL, LONGEST_POLL = 1.0, 10.0
POLL_GROWTH = 1.25
LONGEST_PAUSE = 60.0
"""Seconds between two attempts when Airflow or Slack keep failing."""

REMEMBERED_ENDS = 10_000


@dataclass(slots=True)
class Followed:
    """A watch with what only this process needs to know about it."""

    watch: Watch
    is_busy: bool = False
    attempts: int = 0
    try_again_at: float = 0.0
    edited_at: dict[str, float] = field(default_factory=dict)


class Follower:
    """The runs that this process looks after."""

    def __init__(
        self, airflow: AirflowApi, reporter: Reporter, budget: Budget, background: Background
    ) -> None:
        self._airflow = airflow
        self._reporter = reporter
        self._budget = budget
        self._background = background
        self._followed: dict[RunKey, Followed] = {}
        self._ended: OrderedDict[RunKey, None] = OrderedDict()
        self._news = asyncio.Event()
        self._to_draw = asyncio.Event()

    def knows(self, run: RunKey) -> bool:
        """Whether the run is looked after here, or has been to its end."""
        return run in self._followed or run in self._ended

    def watch(self, watch: Watch) -> None:
        """Look after a run from now on, beginning with what it is owed already."""
        if not self.knows(watch.key):
            self._followed[watch.key] = Followed(watch)
            self._advance(self._followed[watch.key])
            self._news.set()

    async def run(self) -> None:
        """Poll and draw until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._poll_for_ever())
            tasks.create_task(self._draw_for_ever())

    async def let_go(self) -> None:
        """Note for each run that another process may take it over at once."""
        watches = [followed.watch for followed in self._followed.values()]
        self._followed.clear()
        for result in await asyncio.gather(
            *(self._reporter.release(watch) for watch in watches), return_exceptions=True
        ):
            if isinstance(result, Exception):
                log.info("a run could not be let go: %s", result)

    async def _poll_for_ever(self) -> None:
        pause = SHORTEST_POLL
        while True:
            if not self._followed:
                await self._news.wait()
            self._news.clear()
            try:
                has_changed = await self._poll()
            except AirflowError as error:
                log.warning("cannot look after the runs: %s", error)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                pause = SHORTEST_POLL if has_changed else min(pause * POLL_GROWTH, LONGEST_POLL)
            await self._wait_for_news(pause)

    async def _wait_for_news(self, pause: float) -> None:
        try:
            async with asyncio.timeout(pause * random.uniform(0.9, 1.1)):  # noqa: S311 - jitter
                await self._news.wait()
        except TimeoutError:
            pass
        else:
            await asyncio.sleep(SHORTEST_POLL / 4)

    async def _poll(self) -> bool:
        """Look at every run once; True when anything changed."""
        going = [one for one in self._followed.values() if not one.watch.run.is_finished]
        runs = await self._look_at_runs([one.watch.key for one in going])
        tasks = await self._look_at_tasks(runs)
        has_changed = False
        for one in going:
            key = one.watch.key
            if key in runs:
                has_changed |= self._take_in(one, runs[key], tasks.get(key, []))
        for one in list(self._followed.values()):
            self._advance(one)
        return has_changed or any(one.is_busy for one in self._followed.values())

    async def _look_at_runs(self, keys: Iterable[RunKey]) -> dict[RunKey, DagRun]:
        keys = list(keys)
        if not keys:
            return {}
        active = await self._airflow.runs_in_state((key.dag_id for key in keys), ACTIVE)
        found = {run.key: run for run in active}
        for key in keys:
            if key not in found:
                try:
                    found[key] = await self._airflow.run(key)
                except NotInAirflow:
                    self._background.start(self._say_deleted(self._followed[key].watch))
                    self._forget(key)
        return {key: found[key] for key in keys if key in found}

    async def _look_at_tasks(self, keys: Iterable[RunKey]) -> dict[RunKey, list[TaskInstance]]:
        found: dict[RunKey, list[TaskInstance]] = {key: [] for key in keys}
        for task in await self._airflow.task_instances(found):
            # Asked for by DAG and by run, so a run id that two DAGs share comes twice.
            if task.key in found:
                found[task.key].append(task)
        return found

    def _take_in(self, one: Followed, run: DagRun, tasks: list[TaskInstance]) -> bool:
        line = read_line(run.note)
        if line and line.follower not in (None, self._reporter.me):
            self._hand_over(one)
            return False
        before = self._reporter.progress(one.watch)
        one.watch.run, one.watch.tasks = run, tasks
        has_changed = before != self._reporter.progress(one.watch)
        if has_changed:
            self._to_draw.set()
        return has_changed

    async def _say_deleted(self, watch: Watch) -> None:
        watch.run.state = "deleted"
        for report in watch.reports:
            await self._budget.take(is_urgent=True)
            await self._reporter.edit(watch, report)

    def _hand_over(self, one: Followed) -> None:
        log.info("run %s is looked after by another process now", one.watch.key.run_id)
        self._followed.pop(one.watch.key, None)

    def _forget(self, key: RunKey) -> None:
        self._followed.pop(key, None)
        self._ended[key] = None
        if len(self._ended) > REMEMBERED_ENDS:
            self._ended.popitem(last=False)

    def _advance(self, one: Followed) -> None:
        """Give what is owed, beside everything else."""
        owes = one.watch.run.is_finished or any(r.post is None for r in one.watch.reports)
        if owes and not one.is_busy and time.monotonic() >= one.try_again_at:
            one.is_busy = True
            self._background.start(self._try_to_advance(one))

    async def _try_to_advance(self, one: Followed) -> None:
        try:
            await self._reporter.advance(one.watch)
        except TakenOver:
            self._hand_over(one)
        except (AirflowError, SlackError) as error:
            self._try_again_later(one, str(error))
        except Exception as error:
            # Its text may hold what a vendor or a person wrote.
            self._try_again_later(one, type(error).__name__)
        else:
            one.attempts = 0
        finally:
            one.is_busy = False
            self._to_draw.set()
        if one.watch.is_done and self._followed.get(one.watch.key) is one:
            self._forget(one.watch.key)

    def _try_again_later(self, one: Followed, reason: str) -> None:
        one.attempts += 1
        one.watch.is_doubtful = True
        pause = min(2.0**one.attempts, LONGEST_PAUSE)
        one.try_again_at = time.monotonic() + pause
        log.warning(
            "something is still owed about run %s, next try in %.0f s: %s",
            one.watch.key.run_id,
            pause,
            reason,
        )

    async def _draw_for_ever(self) -> None:
        while True:
            if self._longest_outdated() is None:
                self._to_draw.clear()
                await self._to_draw.wait()
                continue
            await self._budget.take()
            # Looked for again: while waiting for the turn, another may have become older.
            if outdated := self._longest_outdated():
                await self._draw(*outdated)

    def _longest_outdated(self) -> tuple[Followed, Report] | None:
        """The root message that has shown an old state for longest; the final states are drawn
        by `Reporter.advance`, which goes first."""
        outdated = [
            (one, report)
            for one in self._followed.values()
            if not one.watch.run.is_finished
            for report in one.watch.reports
            if report.post and report.post.ts and not report.is_frozen
            if report.shown != self._reporter.progress(one.watch)
        ]
        return min(outdated, key=_last_drawn, default=None)

    async def _draw(self, one: Followed, report: Report) -> None:
        one.edited_at[report.target] = time.monotonic()
        try:
            await self._reporter.edit(one.watch, report)
        except SlackError as error:
            log.warning("cannot update the message of run %s: %s", one.watch.key.run_id, error)
            await asyncio.sleep(1)


def _last_drawn(outdated: tuple[Followed, Report]) -> float:
    one, report = outdated
    return one.edited_at.get(report.target, 0.0)
