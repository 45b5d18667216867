"""What a run owes to Slack, and giving it: a root message, its final state, the results.

Every step may be repeated by whoever finds it missing, and is seen once all the same:

1. Each message has one id for ever (:class:`~.identity.Step`), sent as `client_msg_id`. Slack
   drops a second message with the same id, at least for a while; it promises nothing.
2. So whoever did not just create the run itself (a process that took it over, or one whose last
   attempt ended in an error) first looks for the message by its metadata, and posts only what is
   not there.
3. The `ts` of the root, and that everything has been said, go into the run's note. A process that
   dies between posting and noting leaves a message that the next one finds by rule 2.
4. A run is looked after by one process at a time: the one that its note names (`by`). It is
   written in the same request that makes the run, and by a process that takes a run over. The
   latest to write wins; the other sees that at its next poll and lets go. Who takes over writes,
   waits :data:`SETTLE` and reads again, so of two that write at once one goes on.

What remains: Airflow's notes cannot be compared and swapped, and files carry no id of ours. If
a process takes over a living one's run in the very second in which that one uploads a file, the
file may be there twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from . import messages, run_messages
from .access import Rules
from .airflow_api import AirflowApi, DagRun, TaskInstance
from .budget import Budget
from .identity import RunKey, Starter, Step, read_starter
from .links import Links
from .note import Line, NoteIsFull, Post, read_line, write_line
from .progress import RunProgress, show_run
from .slack_api import CannotEdit, CannotWrite, SlackApi, SlackError

if TYPE_CHECKING:
    from .results import Results

log = logging.getLogger(__name__)

SETTLE = 1.0
"""Seconds in which a note written by another process is surely there to be read."""

BEFORE = 60.0
"""Seconds by which the clocks of Airflow and Slack may differ."""


class TakenOver(Exception):
    """Another process looks after the run now."""


@dataclass(slots=True)
class Report:
    """What one conversation is owed about a run.

    :param target: The conversation: where the run was asked for, or from a `slack-report:` tag.
    :param starter: Who asked for the run, when this is the conversation they asked in.
    :param post: Where the root message is; in a direct message when the bot may not write in
        the target.
    :param shown: What the root message shows; None when that is not known.
    """

    target: str
    starter: Starter | None
    has_public_result: bool
    post: Post | None = None
    shown: RunProgress | None = None
    is_frozen: bool = False
    is_delivered: bool = False
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_done(self) -> bool:
        return self.post is not None and self.post.is_done


@dataclass(slots=True)
class Watch:
    """A run that this process looks after.

    :param is_doubtful: Messages that are not in the note may have been posted nevertheless.
    :param response_url: Of the command that started it, while the process lives that took it.
    """

    run: DagRun
    reports: list[Report]
    starter: Starter | None
    is_doubtful: bool
    response_url: str | None = None
    tasks: list[TaskInstance] = field(default_factory=list)

    @property
    def key(self) -> RunKey:
        return self.run.key

    @property
    def is_done(self) -> bool:
        return all(report.is_done for report in self.reports)


def owe_reports(run: DagRun, rules: Rules, key: bytes) -> Watch:
    """Who is owed a report of a run: its starter, and the conversations that its DAG's tags name.

    :param key: Of the signatures; a conf that was not signed with it makes nobody a starter.
    """
    starter = read_starter(run.conf, run.key, key)
    reports = [Report(starter.channel, starter, rules.has_public_result)] if starter else []
    reports += [
        Report(channel, None, rules.has_public_result)
        for channel in rules.reports
        if not (starter and channel == starter.channel)
    ]
    return Watch(run, reports, starter, is_doubtful=True)


class Reporter:
    """Gives what is owed.

    :param me: Name of this process in notes.
    :param budget: Of `chat.update`, one for the workspace.
    """

    def __init__(
        self,
        airflow: AirflowApi,
        slack: SlackApi,
        results: Results,
        links: Links,
        budget: Budget,
        *,
        me: str,
    ) -> None:
        self.me = me
        self._airflow = airflow
        self._slack = slack
        self._results = results
        self._links = links
        self._budget = budget

    def progress(self, watch: Watch) -> RunProgress:
        """What the root messages of a run should show now."""
        starter = watch.starter.user if watch.starter else None
        return show_run(watch.run, watch.tasks, starter=starter, link=self._links.run(watch.key))

    async def advance(self, watch: Watch) -> None:
        """Give everything that is owed at this moment and not yet given.

        :raises AirflowError, SlackError: something is still owed; call again later.
        :raises TakenOver: another process gives it now.
        """
        if watch.is_doubtful:
            line = read_line((await self._airflow.run(watch.key)).note)
            if line and line.follower not in (None, self.me):
                raise TakenOver
        for report in watch.reports:
            if report.post is None:
                await self._post_root(watch, report)
        if not watch.run.is_finished:
            return
        for report in watch.reports:
            if not report.is_done:
                await self._finish(watch, report)

    async def edit(self, watch: Watch, report: Report) -> None:
        """Draw a root message anew; the caller has taken from the budget."""
        # One at a time, or an older state could arrive after a newer one.
        async with report.drawing:
            progress = self.progress(watch)
            if report.post is None or not report.post.ts or report.shown == progress:
                return
            try:
                await self._slack.edit(
                    root_step(watch.key, report),
                    run_messages.root_message(progress),
                    channel=report.post.channel,
                    ts=report.post.ts,
                )
            except CannotEdit as error:
                log.info("the message of %s stays as it is: %s", watch.key.run_id, error.code)
                report.is_frozen = True
            report.shown = progress

    async def claim(self, watch: Watch) -> None:
        """Write into the note that this process looks after the run from now on."""
        await self._remember(watch, lambda line: replace(line, follower=self.me))

    async def release(self, watch: Watch) -> None:
        """Write into the note that any process may take the run over at once."""
        await self._remember(watch, lambda line: replace(line, follower=None))

    async def _post_root(self, watch: Watch, report: Report) -> None:
        step = root_step(watch.key, report)
        progress = self.progress(watch)
        try:
            ts, report.shown = await self._post_once(watch, step, progress, report.target)
            report.post = Post(report.target, ts)
        except CannotWrite as error:
            await self._go_on_elsewhere(watch, report, error)
        await self._remember(watch, lambda line: _with_post(line, report))

    async def _post_once(
        self, watch: Watch, step: Step, progress: RunProgress, channel: str
    ) -> tuple[str, RunProgress | None]:
        """The `ts` of a root message, and what it shows if that is known."""
        if watch.is_doubtful:
            found = await self._slack.find_steps(
                watch.key, channel=channel, oldest=began(watch.run)
            )
            if step.name in found:
                return found[step.name], None
        ts = await self._slack.post(step, run_messages.root_message(progress), channel=channel)
        return ts, progress

    async def _go_on_elsewhere(self, watch: Watch, report: Report, error: CannotWrite) -> None:
        if report.starter is None:
            log.warning(
                "cannot report run %s in %s: %s", watch.key.run_id, report.target, error.code
            )
            report.post = Post(report.target, "", is_done=True)
            return
        try:
            channel = await self._slack.open_dm(report.starter.user)
            step = root_step(watch.key, report)
            progress = self.progress(watch)
            ts, report.shown = await self._post_once(watch, step, progress, channel)
        except CannotWrite as also:
            log.warning("cannot reach the starter of run %s: %s", watch.key.run_id, also.code)
            report.post = Post(report.target, "", is_done=True)
            return
        report.post = Post(channel, ts)
        if watch.response_url:
            try:
                await self._slack.answer(watch.response_url, messages.gone_on_in_dm())
            except SlackError as missed:
                log.info("could not say that run %s goes on elsewhere: %s", watch.key, missed)

    async def _finish(self, watch: Watch, report: Report) -> None:
        if not report.is_delivered:
            await self._results.deliver(watch, report, self.progress(watch))
            report.is_delivered = True
        if not report.is_frozen and report.shown != self.progress(watch):
            await self._budget.take(is_urgent=True)
            await self.edit(watch, report)
        if report.post:
            report.post = replace(report.post, is_done=True)
        await self._remember(watch, lambda line: _with_post(line, report))

    async def _remember(self, watch: Watch, change: Callable[[Line], Line]) -> None:
        """Change the bot's line in the note as it is now."""
        run = await self._airflow.run(watch.key)
        line = read_line(run.note) or Line(self.me)
        try:
            note = write_line(run.note, change(line))
        except NoteIsFull:
            log.warning("the note of run %s is full, so I look in Slack instead", watch.key.run_id)
            return
        if note != run.note:
            await self._airflow.set_note(watch.key, note)


def root_step(run: RunKey, report: Report) -> Step:
    """The identity of a root message."""
    return Step(run, f"root@{report.target}")


def began(run: DagRun) -> float:
    """Seconds since 1970 before which no message about a run can be."""
    moments = [moment for moment in (run.queued_at, run.start_date) if moment]
    return min(moments).timestamp() - BEFORE if moments else 0.0


def take_posts(watch: Watch, line: Line, own_places: Iterable[str]) -> None:
    """Fill in from a note what was posted before.

    Anybody who may edit notes could name another conversation there, so a root message is only
    believed to be where the report is owed or in one of `own_places`.
    """
    trusted = set(own_places)
    for report in watch.reports:
        post = line.posts.get(report.target)
        if post and post.channel in trusted | {report.target}:
            report.post = post


def _with_post(line: Line, report: Report) -> Line:
    if report.post is None:
        return line
    return replace(line, posts={**line.posts, report.target: report.post})
