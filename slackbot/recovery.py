"""Finds runs that nobody looks after: started here before a crash, or by their own schedule.

The bot has no store. Which runs are its own it reads from Airflow: those whose id begins with
`slack__<team>` and whose conf it signed, and all runs of DAGs tagged `slack-report:<channel>`.
What has been said about them stands in their notes.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import compress

from ..services.airflow_api import (
    ACTIVE,
    RUNS_PER_REQUEST,
    AirflowApi,
    AirflowError,
    Dag,
    DagRun,
    batched,
)
from .access import REPORT, WORKFLOW, Home, Rules, read_rules
from .follow import Follower
from .identity import ids_of
from .note import Line, begin_round, read_line
from .reports import SETTLE, Reporter, Watch, find_own_places, owe_reports, take_posts
from .slack_api import SlackApi, SlackError

log = logging.getLogger(__name__)

INTERVAL = 10.0
"""Seconds between two looks; also how late a scheduled run may appear in Slack."""

AFTER_START = timedelta(hours=24)
"""How old an ended run may be to be finished by a new process."""

LATELY = timedelta(minutes=15)
"""How far each later look goes back before the last one that Airflow answered."""

UNANNOUNCED = timedelta(hours=2)
"""How old an ended run may be that was never reported. Longer, and tagging a DAG would fill a
channel with its past."""

ABANDONED = timedelta(seconds=60)
"""How long after its end a run is given up by a process that should have reported it."""

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Recovery:
    """:param teams: Whose runs are looked for.
    :param key: Of the signatures in `conf["slack"]`.
    :param home: The workspace to which runs must belong; None for any.
    """

    airflow: AirflowApi
    slack: SlackApi
    reporter: Reporter
    follower: Follower
    teams: frozenset[str]
    key: bytes
    home: Home | None = None

    async def run(self) -> None:
        """Look until cancelled. The first look takes over the runs of whichever process was
        there before, later ones only those that nobody looks after."""
        looked_at: datetime | None = None
        while True:
            now = datetime.now(UTC)
            try:
                await self.look(_since(looked_at, now), takes_over=looked_at is None)
                looked_at = now
            except (AirflowError, SlackError) as error:
                log.warning("cannot look for runs: %s", error)
            except Exception as error:
                # One odd run must not end the looking for all others; its text may hold anything.
                log.error("cannot look for runs: %s", type(error).__name__)  # noqa: TRY400
            await self._wait()

    async def look(self, since: datetime, *, takes_over: bool) -> None:
        """Take on every run that something is owed about.

        :param since: Runs that ended before are not looked for.
        :param takes_over: Also from processes that may be alive; they will notice.
        """
        dags = await self._dags()
        now = datetime.now(UTC)
        runs = {run.key: run for run in await self._runs(dags, since, is_first=takes_over)}
        owed = [
            watch
            for run in runs.values()
            if not self.follower.knows(run)
            if (watch := self._owed(run, dags, now=now, takes_over=takes_over))
        ]
        gate = asyncio.Semaphore(AT_ONCE)
        claimed = await asyncio.gather(*(self._claim(watch, gate) for watch in owed))
        if not any(claimed):
            return
        # After that the follower sees in the notes whether another process was later.
        await asyncio.sleep(SETTLE)
        for watch in compress(owed, claimed):
            self.follower.watch(watch)

    async def _wait(self) -> None:
        """Until the next look: a while, or until a run goes on that was followed to its end."""
        with suppress(TimeoutError):
            # Not all replicas at once.
            async with asyncio.timeout(INTERVAL * random.uniform(0.8, 1.2)):  # noqa: S311 - jitter
                await self.follower.returned.wait()
        self.follower.returned.clear()

    async def _dags(self) -> dict[str, Dag]:
        tags = [WORKFLOW, *await self.airflow.tags(REPORT)]
        return {dag.dag_id: dag for dag in await self.airflow.dags_tagged(tags)}

    async def _runs(self, dags: dict[str, Dag], since: datetime, *, is_first: bool) -> list[DagRun]:
        """Whatever may be owed something: the number of requests does not grow with the runs.

        :param is_first: Look also for runs of DAGs that have lost their tags since.
        """
        found = await self.airflow.runs_in_state(dags, ACTIVE)
        for team in self.teams:
            prefix = ids_of(team)
            if is_first:
                found += await self.airflow.active_runs(prefix)
            found += await self.airflow.runs_changed_since(since, prefix=prefix)
        reported = [dag.dag_id for dag in dags.values() if read_rules(dag.tags).reports]
        for dag_ids in batched(reported, RUNS_PER_REQUEST):
            found += await self.airflow.runs_changed_since(since, dag_ids=dag_ids)
        return found

    def _owed(
        self, run: DagRun, dags: dict[str, Dag], *, now: datetime, takes_over: bool
    ) -> Watch | None:
        """What a run is owed, None when that is nothing or for others to give."""
        watch = owe_reports(run, _rules(dags.get(run.dag_id)), self.key, self.home)
        line = read_line(run.note)
        if not watch.reports or not (takes_over or self._is_free(run, line, now)):
            return None
        if line is None:
            is_too_old = watch.starter is None and _ended_before(run, now - UNANNOUNCED)
            return None if is_too_old else watch
        take_posts(watch, begin_round(line, run.end), own_places=_places(line))
        return None if watch.is_done else watch

    def _is_free(self, run: DagRun, line: Line | None, now: datetime) -> bool:
        if line is None or line.follower in (None, self.reporter.me):
            return True
        return _ended_before(run, now - ABANDONED)

    async def _claim(self, watch: Watch, gate: asyncio.Semaphore) -> bool:
        """Write the run into the note as ours and read from it what was said; False leaves it
        for the next look."""
        async with gate:
            try:
                line = await self.reporter.claim(watch)
                take_posts(watch, line, await find_own_places(self.slack, watch, line))
            except (AirflowError, SlackError) as error:
                log.info("run %s is left for the next look: %s", watch.key.run_id, error)
                return False
        log.info("run %s is looked after here now", watch.key.run_id)
        return True


def _since(looked_at: datetime | None, now: datetime) -> datetime:
    """How far back a look goes, so that nothing is missed that began and ended since the last.

    :param looked_at: When that was; None for the first look of a process.
    """
    longest = now - AFTER_START
    return max(longest, looked_at - LATELY) if looked_at else longest


def _rules(dag: Dag | None) -> Rules:
    return read_rules(dag.tags if dag else ())


def _places(line: Line) -> set[str]:
    """Wherever the note says that something is; enough to tell whether all was said."""
    return {post.channel for post in line.posts.values()}


def _ended_before(run: DagRun, moment: datetime) -> bool:
    return run.end_date is not None and run.end_date < moment
