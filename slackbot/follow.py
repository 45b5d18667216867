"""Looks after all runs at once: one poll of Airflow for all of them, one budget of edits.

Nothing here decides what is owed (`reports`) or which runs are ours (`recovery`).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import count, islice

from ..services.airflow_api import (
    ACTIVE,
    RUNS_PER_REQUEST,
    AirflowApi,
    AirflowError,
    DagRun,
    NotInAirflow,
    RunKey,
    TaskInstance,
)
from .background import Background
from .budget import Budget
from .changes import Changes
from .note import read_line
from .progress import merge_tasks
from .reports import Report, Reporter, TakenOver, Watch
from .slack_calls import RateLimited, SlackError

log = logging.getLogger(__name__)

SHORTEST_POLL, LONGEST_POLL = 1.0, 10.0
POLL_GROWTH = 1.25
MORE_PER_RUN = 0.01
"""Seconds by which the shortest poll grows with each run: of many, only fifty a minute can be
drawn anew."""
LONGEST_PAUSE = 60.0
"""Seconds between two attempts when Airflow or Slack keep failing."""
WHOLE_LOOK = 300.0
"""Seconds after which all tasks of a run are asked for, also those that seem unchanged."""

REMEMBERED_ENDS = 10_000


@dataclass(slots=True)
class Followed:
    """A watch with what only this process needs to know about it.

    :param seen_at: When all its tasks were asked for.
    """

    watch: Watch
    is_busy: bool = False
    attempts: int = 0
    try_again_at: float = 0.0
    seen_at: float = float("-inf")
    edited_at: dict[str, float] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Its tasks have never been asked for."""
        return self.seen_at == float("-inf")

    @property
    def may_change(self) -> bool:
        """Airflow is asked for it: it goes on, or its end has not been seen whole."""
        return self.is_new or not self.watch.run.is_finished


class Follower:
    """The runs that this process looks after."""

    def __init__(
        self, airflow: AirflowApi, reporter: Reporter, budget: Budget, background: Background
    ) -> None:
        self._airflow = airflow
        self._reporter = reporter
        self._budget = budget
        self._background = background
        self._changes = Changes(airflow)
        self._followed: dict[RunKey, Followed] = {}
        self._ended: OrderedDict[RunKey, str | None] = OrderedDict()
        self._news = asyncio.Event()
        self._to_draw = asyncio.Event()
        self._after_look: list[Callable[[], Awaitable[None]]] = []
        self.returned = asyncio.Event()
        """Set when a run that was followed to its end goes on; `recovery` looks at once."""

    @property
    def watches(self) -> tuple[Watch, ...]:
        """What is looked after here at this moment."""
        return tuple(followed.watch for followed in self._followed.values())

    def after_each_look(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Be told after each poll of Airflow; whoever has much to do does it elsewhere."""
        self._after_look.append(callback)

    def knows(self, run: DagRun) -> bool:
        """Whether the run is looked after here, or has been to the end that it has."""
        key = run.key
        if key in self._followed:
            return True
        return key in self._ended and self._ended[key] in (run.end, None)

    def watch(self, watch: Watch) -> None:
        """Look after a run from now on, beginning with what it is owed already."""
        if not self.knows(watch.run):
            self._ended.pop(watch.key, None)
            self._followed[watch.key] = Followed(watch)
            self._advance(self._followed[watch.key])
            self._news.set()

    async def follow_again(self, run: RunKey) -> None:
        """Look after a run again that was cleared here a moment ago."""
        log.info("run %s goes on", run.run_id)
        self.returned.set()

    async def run(self) -> None:
        """Poll and draw until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._poll_for_ever())
            tasks.create_task(self._draw_for_ever())

    async def let_go(self) -> None:
        """Note for each run that another process may take it over at once."""
        watches = self.watches
        self._followed.clear()
        for result in await asyncio.gather(
            *(self._reporter.release(watch) for watch in watches), return_exceptions=True
        ):
            if isinstance(result, Exception):
                log.info("a run could not be let go: %s", result)

    async def _poll_for_ever(self) -> None:
        pause = 0.0
        while True:
            if not self._followed:
                await self._news.wait()
                self._changes.forget()
            self._news.clear()
            shortest = min(SHORTEST_POLL + MORE_PER_RUN * len(self._followed), LONGEST_POLL)
            try:
                has_changed = await self._poll()
                for tell in self._after_look:
                    await tell()
            except Exception as error:
                # Whatever it is, the runs are still owed their ends.
                log.warning("cannot look after the runs: %s", _reason(error))
                pause = min(max(pause, shortest) * 2, LONGEST_PAUSE)
            else:
                pause = shortest if has_changed else min(pause * POLL_GROWTH, LONGEST_POLL)
            await self._wait_for_news(max(pause, shortest))

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
        runs = await self._look_at_runs(
            [key for key, one in self._followed.items() if one.may_change]
        )
        has_changed = await self._look_at_tasks(runs)
        for one in list(self._followed.values()):
            self._advance(one)
        return has_changed or any(one.is_busy for one in self._followed.values())

    async def _look_at_runs(self, keys: Collection[RunKey]) -> dict[RunKey, DagRun]:
        """The runs as they are now, without those that others look after or nobody can."""
        if not keys:
            return {}
        active = await self._airflow.runs_in_state((key.dag_id for key in keys), ACTIVE)
        found = {run.key: run for run in active}
        for key in keys:
            if key not in found:
                try:
                    found[key] = await self._airflow.run(key)
                except NotInAirflow:
                    # Its end may have been told in the meantime.
                    if one := self._followed.get(key):
                        one.watch.run.state = "deleted"
                        for report in one.watch.reports:
                            self._background.start(self._say_deleted(one.watch, report))
                        self._forget(one)
        runs = {key: found[key] for key in keys if key in self._followed}
        return {key: run for key, run in runs.items() if self._is_ours(self._followed[key], run)}

    def _is_ours(self, one: Followed, run: DagRun) -> bool:
        line = read_line(run.note)
        if line and line.follower not in (None, self._reporter.me):
            self._hand_over(one)
            return False
        if line and line.round == one.watch.round:
            one.watch.cancelled_by = line.cancelled_by
        return True

    async def _look_at_tasks(self, runs: dict[RunKey, DagRun]) -> bool:
        """Take in all tasks of the runs that ended or were not seen whole for long, and of the
        others those that changed; True when anything looks different."""
        if not runs:
            return False
        ended = [key for key, run in runs.items() if run.is_finished]
        seen_at = time.monotonic()
        going = [key for key, run in runs.items() if not run.is_finished]
        new = [key for key in going if self._followed[key].is_new]
        late = (key for key in going if self._followed[key].seen_at < seen_at - WHOLE_LOOK)
        whole = {*ended, *new, *islice(late, RUNS_PER_REQUEST)}
        has_changed = False
        # Asked for before the whole ones: what changes in between is in those.
        async with self._changes.look(runs) as found:
            changed = _by_run(found)
            tasks = _by_run(await self._airflow.task_instances(whole))
            for key, run in runs.items():
                one = self._followed.get(key)
                if one is None:
                    continue
                if key in whole:
                    one.seen_at = seen_at
                    has_changed |= self._take_in(one, run, tasks.get(key, []))
                else:
                    merged = merge_tasks(one.watch.tasks, changed.get(key, ()))
                    has_changed |= self._take_in(one, run, merged)
        return has_changed

    def _take_in(self, one: Followed, run: DagRun, tasks: list[TaskInstance]) -> bool:
        before = self._reporter.progress(one.watch)
        one.watch.run, one.watch.tasks = run, tasks
        run.conf = None
        has_changed = before != self._reporter.progress(one.watch)
        if has_changed:
            self._to_draw.set()
        return has_changed

    async def _say_deleted(self, watch: Watch, report: Report) -> None:
        """Go on until it is said: no other process could, there is no note any more."""
        for attempts in count(1):
            await self._budget.take(is_urgent=True)
            try:
                await self._reporter.edit(watch, report)
            except Exception as error:
                pause = _pause(attempts, error)
                log.warning(
                    "cannot say that run %s was deleted, next try in %.0f s: %s",
                    watch.key.run_id,
                    pause,
                    _reason(error),
                )
                await asyncio.sleep(pause)
            else:
                return

    def _hand_over(self, one: Followed) -> None:
        log.info("run %s is looked after by another process now", one.watch.key.run_id)
        self._followed.pop(one.watch.key, None)

    def _forget(self, one: Followed) -> None:
        """Look after a run no more: unless it goes on, or for ever when nobody can be told."""
        key = one.watch.key
        self._followed.pop(key)
        self._ended[key] = None if one.watch.is_silent else one.watch.run.end
        if len(self._ended) > REMEMBERED_ENDS:
            self._ended.popitem(last=False)

    def _advance(self, one: Followed) -> None:
        """Give what is owed, beside everything else."""
        has_ended = one.watch.run.is_finished
        if has_ended and one.is_new:
            # Its tasks are not known yet, and the end cannot be told without them.
            return
        owes = has_ended or any(r.post is None for r in one.watch.reports)
        if owes and not one.is_busy and time.monotonic() >= one.try_again_at:
            one.is_busy = True
            self._background.start(self._try_to_advance(one))

    async def _try_to_advance(self, one: Followed) -> None:
        try:
            await self._reporter.advance(one.watch)
        except TakenOver:
            self._hand_over(one)
        except Exception as error:
            self._try_again_later(one, error)
        else:
            one.attempts = 0
        finally:
            one.is_busy = False
            self._to_draw.set()
        if one.watch.is_done and self._followed.get(one.watch.key) is one:
            self._forget(one)

    def _try_again_later(self, one: Followed, error: Exception) -> None:
        one.attempts += 1
        one.watch.is_doubtful = True
        pause = _pause(one.attempts, error)
        one.try_again_at = time.monotonic() + pause
        log.warning(
            "something is still owed about run %s, next try in %.0f s: %s",
            one.watch.key.run_id,
            pause,
            _reason(error),
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
        except Exception as error:
            log.warning(
                "cannot update the message of run %s: %s", one.watch.key.run_id, _reason(error)
            )
            await asyncio.sleep(1)


def _pause(attempts: int, error: Exception) -> float:
    """Seconds until something is tried again that failed so often."""
    wanted = error.retry_after if isinstance(error, RateLimited) else 0.0
    # Grown for hours, the power would no longer fit a float.
    return max(min(2.0 ** min(attempts, 10), LONGEST_PAUSE), wanted)


def _reason(error: Exception) -> str:
    """What the log may say: other texts may hold what a vendor or a person wrote."""
    is_own = isinstance(error, AirflowError | SlackError)
    return str(error) if is_own else type(error).__name__


def _last_drawn(outdated: tuple[Followed, Report]) -> float:
    one, report = outdated
    return one.edited_at.get(report.target, 0.0)


def _by_run(tasks: Iterable[TaskInstance]) -> dict[RunKey, list[TaskInstance]]:
    found: dict[RunKey, list[TaskInstance]] = {}
    for task in tasks:
        found.setdefault(task.key, []).append(task)
    return found
