"""What a run owes to Slack, and giving it: a root message, its final state, the results.

Every step may be repeated by whoever finds it missing, and is seen once all the same:

1. Each message has one id for ever (:class:`~.identity.Step`), sent as `client_msg_id`. Slack
   drops a second message with the same id, at least for a while; it promises nothing.
2. So whoever did not just create the run itself (a process that took it over, or one whose last
   attempt ended in an error) first looks for the message by its metadata, and posts only what is
   not there.
3. The `ts` of the root, and which end of the run has been told, go into the run's note. A process
   that dies between posting and noting leaves a message that the next one finds by rule 2.
4. A run is looked after by one process at a time: the one that its note names (`by`). It is
   written in the same request that makes the run, by a process that takes a run over, and taken
   out with the last end told. The latest to write wins. Who takes over writes, waits
   :data:`SETTLE` and reads again, so of two that write at once one goes on, and only then looks
   for what is there. Everybody looks at the note before each message and each file, unless they
   did within :data:`SURE_FOR`, and stops when it names another. So however long Slack or the
   budget made somebody wait, what they still post is there when the other looks.
5. A run that goes on after its end was told, because somebody cleared it, begins another round:
   the messages of each round have ids of their own.

What remains: Airflow's notes cannot be compared and swapped, and files carry no id of ours. If
a process takes over a living one's run while that one uploads a file, and the upload takes longer
than :data:`SETTLE`, the file may be there twice. Where people fill the note so that the bot's
line does not fit, nothing is remembered beyond what stands in Slack, so rounds cannot be told
apart.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from ..services.airflow_api import AirflowApi, DagRun, NotInAirflow, RunKey, TaskInstance
from . import messages, run_messages
from .access import Home, Rules, channel_of, read_rules
from .budget import Budget
from .identity import Starter, Step, read_starter
from .links import Links
from .note import Line, NoteIsFull, Post, begin_round, read_line, write_line
from .progress import RunProgress, show_run
from .slack_api import CannotEdit, CannotWrite, NoThread, SlackApi, SlackError

if TYPE_CHECKING:
    from .results import Results

log = logging.getLogger(__name__)

SETTLE = 1.0
"""Seconds in which a note written by another process is surely there to be read."""

SURE_FOR = SETTLE / 2
"""Seconds for which a process that saw its name in a run's note may still post about the run."""

BEFORE = timedelta(minutes=1)
"""By how much the clocks of Airflow and Slack may differ."""

LONGEST_SEARCH = timedelta(days=1)
"""How far before a run's latest start its first message is looked for."""

DELETED = "message_not_found"


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
    :param is_withdrawn: The tag that owed it was taken away, so nothing more is told there than
        that the run has ended.
    :param is_frozen: The root message can no longer be edited.
    :param delivered: The end whose results have been posted.
    """

    target: str
    starter: Starter | None
    has_public_result: bool
    post: Post | None = None
    shown: RunProgress | None = None
    is_withdrawn: bool = False
    is_frozen: bool = False
    delivered: str | None = None
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_done(self, end: str | None) -> bool:
        """Whether nothing is owed here any more, the run having come to this end."""
        if self.post is None:
            return False
        return self.post.is_silent or (end is not None and self.post.told == end)


@dataclass(slots=True)
class Watch:
    """A run that this process looks after; its conf is not kept.

    :param is_workflow: People may steer it from Slack.
    :param round: How often the run has gone on, counted from 1.
    :param since: Seconds since 1970; what tasks pushed before was told in the round before.
    :param cancelled_by: The Slack user who ended this round.
    :param is_doubtful: Messages that are not in the note may have been posted nevertheless.
    :param response_url: Of the command that started it, while the process lives that took it.
    :param sure_at: When its note was last seen to name this process, on the monotonic clock.
    """

    run: DagRun
    reports: list[Report]
    starter: Starter | None
    is_workflow: bool
    is_doubtful: bool
    round: int = 1
    since: float = 0.0
    cancelled_by: str | None = None
    response_url: str | None = None
    sure_at: float = field(default_factory=time.monotonic)
    tasks: list[TaskInstance] = field(default_factory=list)

    @property
    def key(self) -> RunKey:
        return self.run.key

    @property
    def is_done(self) -> bool:
        return all(report.is_done(self.run.end) for report in self.reports)

    @property
    def is_silent(self) -> bool:
        """No conversation that is owed a report can be written to."""
        return all(report.post and report.post.is_silent for report in self.reports)

    def step(self, name: str, report: Report) -> Step:
        """The identity of a message of this round."""
        suffix = f"#{self.round}" if self.round > 1 else ""
        return Step(self.key, f"{name}@{report.target}{suffix}")


def owe_reports(run: DagRun, rules: Rules, key: bytes, home: Home | None = None) -> Watch:
    """Who is owed a report of a run: its starter, and the conversations that its DAG's tags name.

    :param key: Of the signatures; a conf that was not signed with it makes nobody a starter.
    :param home: The workspace in which it may be reported; None for any.
    """
    starter = read_starter(run.conf, run.key, key)
    reports: list[Report] = []
    if home is None or home.has(starter.team if starter else None, rules):
        if starter:
            reports.append(Report(starter.channel, starter, rules.has_public_result))
        channels = [channel_of(one) for one in rules.reports if home is None or home.owns(one)]
        reports += [
            Report(channel, None, rules.has_public_result)
            for channel in dict.fromkeys(channels)
            if not (starter and channel == starter.channel)
        ]
    run = run.model_copy(update={"conf": None})
    return Watch(run, reports, starter, is_workflow=rules.is_workflow, is_doubtful=True)


async def apply_rules(airflow: AirflowApi, watch: Watch) -> Rules:
    """Let the tags that the DAG has by now decide who reads what its run says. A DAG that was
    deleted has none, so nothing of its runs is public."""
    try:
        rules = read_rules((await airflow.dag(watch.key.dag_id)).tags)
    except NotInAirflow:
        rules = read_rules(())
    take_rules(watch, rules)
    return rules


def take_rules(watch: Watch, rules: Rules) -> None:
    """Let what the tags of the DAG say now decide."""
    channels = {channel_of(one) for one in rules.reports}
    for report in watch.reports:
        report.has_public_result = rules.has_public_result
        report.is_withdrawn = report.starter is None and report.target not in channels


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
        self._complained: set[tuple[str, str]] = set()
        self._writing: WeakValueDictionary[RunKey, asyncio.Lock] = WeakValueDictionary()

    def progress(self, watch: Watch) -> RunProgress:
        """What the root messages of a run should show now."""
        return show_run(
            watch.run,
            watch.tasks,
            starter=watch.starter.user if watch.starter else None,
            link=self._links.run(watch.key),
            cancelled_by=watch.cancelled_by,
            is_workflow=watch.is_workflow,
        )

    async def advance(self, watch: Watch) -> None:
        """Give everything that is owed at this moment and not yet given.

        :raises AirflowError, SlackError: something is still owed; call again later.
        :raises TakenOver: another process gives it now.
        """
        if watch.is_doubtful:
            await self._look_who_follows(watch)
        for report in watch.reports:
            if report.post is None:
                await self._post_root(watch, report)
        if not watch.run.is_finished:
            return
        for report in watch.reports:
            if not report.is_done(watch.run.end):
                await self._finish(watch, report)

    async def edit(self, watch: Watch, report: Report) -> None:
        """Draw a root message anew; the caller has taken from the budget.

        Somebody may have deleted it: then a second one is posted, once. Whoever deletes that too
        does not want to see the run, so nothing more is said of it in that conversation.
        """
        # One at a time, or an older state could arrive after a newer one.
        async with report.drawing:
            progress = self.progress(watch)
            if not _can_be_drawn(report) or report.shown == progress:
                return
            assert report.post  # noqa: S101 - it can be drawn
            try:
                await self._slack.edit(
                    root_step(watch, report),
                    run_messages.root_message(progress),
                    channel=report.post.channel,
                    ts=report.post.ts,
                )
                report.shown = progress
            except (CannotEdit, CannotWrite) as error:
                if error.code == DELETED:
                    await self._post_second_root(watch, report)
                else:
                    log.info("the message of %s stays as it is: %s", watch.key.run_id, error.code)
                    report.is_frozen = True

    async def claim(self, watch: Watch) -> Line:
        """Write into the note that this process looks after the run from now on, in its next
        round when an end has been told that is no longer the run's; what stands there then."""
        end = watch.run.end
        return await self._remember(
            watch.key, lambda line: replace(begin_round(line, end), follower=self.me)
        )

    async def release(self, watch: Watch) -> None:
        """Write into the note that any process may take the run over at once."""
        await self._remember(watch.key, self._without_me)

    async def note_cancelled(self, run: RunKey, user: str | None) -> None:
        """Write into the note who ends a run, before it is ended: its end is told as theirs.

        :param user: A Slack user; None takes it back, when the run could not be ended.
        """
        await self._remember(run, lambda line: replace(line, cancelled_by=user))

    async def _make_sure(self, watch: Watch) -> None:
        """Let pass who still looks after a run; called before each thing that is posted.

        :raises TakenOver: another process does.
        """
        if time.monotonic() > watch.sure_at + SURE_FOR:
            await self._look_who_follows(watch)

    async def _look_who_follows(self, watch: Watch) -> None:
        asked_at = time.monotonic()
        line = read_line((await self._airflow.run(watch.key)).note)
        if line and line.follower not in (None, self.me):
            raise TakenOver
        watch.sure_at = asked_at

    def _without_me(self, line: Line) -> Line:
        return replace(line, follower=None) if line.follower == self.me else line

    async def _post_root(self, watch: Watch, report: Report) -> None:
        try:
            ts = await self._post_once(watch, report, report.target, root_step(watch, report))
            report.post = Post(report.target, ts)
        except CannotWrite as error:
            await self._go_on_elsewhere(watch, report, error)
        await self._note_post(watch, report)

    async def _post_once(self, watch: Watch, report: Report, channel: str, step: Step) -> str:
        """The `ts` of a root message, posted unless it is there."""
        progress = self.progress(watch)
        if watch.is_doubtful:
            found = await self._slack.find_steps(
                watch.key, channel=channel, oldest=began(watch.run)
            )
            if step.name in found:
                report.shown = None
                return found[step.name]
        await self._make_sure(watch)
        ts = await self._slack.post(step, run_messages.root_message(progress), channel=channel)
        report.shown = progress
        return ts

    async def _post_second_root(self, watch: Watch, report: Report) -> None:
        """Go on in another root message; the caller holds `report.drawing`."""
        assert report.post  # noqa: S101 - it was deleted
        if report.post.is_second:
            log.info("nothing more is said of run %s in %s", watch.key.run_id, report.target)
            report.post = replace(report.post, ts="")
        else:
            log.info("the message of run %s was deleted, it gets another", watch.key.run_id)
            # A process that died here may have posted it.
            watch.is_doubtful = True
            channel = report.post.channel
            step = root_step(watch, report, is_second=True)
            try:
                ts = await self._post_once(watch, report, channel, step)
            except CannotWrite as error:
                self._complain(f"cannot report runs in {channel} any more", error)
                ts = ""
            report.post = Post(channel, ts, is_second=True)
        await self._note_post(watch, report)

    async def _go_on_elsewhere(self, watch: Watch, report: Report, error: CannotWrite) -> None:
        if report.starter is None:
            self._complain(f"cannot report runs of {watch.key.dag_id} in {report.target}", error)
            report.post = Post(report.target, "")
            return
        try:
            channel = await self._slack.open_dm(report.starter.user)
            ts = await self._post_once(watch, report, channel, root_step(watch, report))
        except CannotWrite as also:
            self._complain(f"cannot reach {report.starter.user}, who started a run", also)
            report.post = Post(report.target, "")
            return
        report.post = Post(channel, ts)
        if watch.response_url:
            try:
                await self._slack.answer(watch.response_url, messages.gone_on_in_dm())
            except SlackError as missed:
                log.info("could not say that run %s goes on elsewhere: %s", watch.key, missed)

    async def _finish(self, watch: Watch, report: Report) -> None:
        end = watch.run.end
        await apply_rules(self._airflow, watch)
        while report.delivered != end and report.post and not report.post.is_silent:
            thread = report.post.ts
            try:
                await self._results.deliver(
                    watch, report, self.progress(watch), make_sure=partial(self._make_sure, watch)
                )
                report.delivered = end
            except NoThread:
                async with report.drawing:
                    if report.post.ts == thread:
                        await self._post_second_root(watch, report)
        await self._show_end(watch, report)
        if report.post and not report.post.is_silent:
            report.post = replace(report.post, told=end)
        await self._note_post(watch, report)

    async def _show_end(self, watch: Watch, report: Report) -> None:
        """Edit the root message a last time, or say in its thread what it would have shown."""
        if _can_be_drawn(report) and report.shown != self.progress(watch):
            await self._budget.take(is_urgent=True)
            await self.edit(watch, report)
        if not report.is_frozen or report.post is None:
            return
        step = watch.step("end", report)
        place = report.post.channel, report.post.ts
        try:
            if watch.is_doubtful and step.name in await self._slack.find_steps(
                watch.key, channel=place[0], thread_ts=place[1], oldest=began(watch.run)
            ):
                return
            await self._make_sure(watch)
            message = run_messages.root_message(self.progress(watch))
            await self._slack.post(step, message, channel=place[0], thread_ts=place[1])
        except CannotWrite as error:
            log.info("the end of %s is not shown: %s", watch.key.run_id, error.code)

    async def _note_post(self, watch: Watch, report: Report) -> None:
        def change(line: Line) -> Line:
            assert report.post  # noqa: S101 - every caller has just set it
            line = replace(line, posts={**line.posts, report.target: report.post})
            return self._without_me(line) if watch.is_done else line

        await self._remember(watch.key, change)

    async def _remember(self, run: RunKey, change: Callable[[Line], Line]) -> Line:
        """Change the bot's line in the note as it is now; the line that should stand there."""
        lock = self._writing.setdefault(run, asyncio.Lock())
        async with lock:
            noted = (await self._airflow.run(run)).note
            line = change(read_line(noted) or Line(self.me))
            try:
                note = write_line(noted, line)
            except NoteIsFull:
                log.info("the note of run %s is full, so I look in Slack instead", run.run_id)
                return line
            if note != noted:
                await self._airflow.set_note(run, note)
            return line

    def _complain(self, what: str, error: SlackError) -> None:
        """Warn once of what will be the same for every run."""
        if (what, error.code) not in self._complained:
            self._complained.add((what, error.code))
            log.warning("%s: %s", what, error.code)


def root_step(watch: Watch, report: Report, *, is_second: bool = False) -> Step:
    """The identity of a root message; all rounds share it."""
    is_second = is_second or bool(report.post and report.post.is_second)
    return Step(watch.key, f"root{'2' if is_second else ''}@{report.target}")


def began(run: DagRun) -> float:
    """Seconds since 1970 before which no message about a run is looked for."""
    moments = [moment for moment in (run.queued_at, run.start_date) if moment]
    if not moments:
        return 0.0
    first = min(moments)
    if run.run_after:
        # A cleared run has been queued anew, its first message is older.
        first = min(first, max(run.run_after, first - LONGEST_SEARCH))
    return (first - BEFORE).timestamp()


async def find_own_places(slack: SlackApi, watch: Watch, line: Line) -> Sequence[str]:
    """The direct message with the starter, when the note says that something was posted elsewhere
    than owed; none when this person cannot be written to any more."""
    strays = any(post.channel != target for target, post in line.posts.items())
    if strays and watch.starter:
        with suppress(CannotWrite):
            return [await slack.open_dm(watch.starter.user)]
    return ()


def take_posts(watch: Watch, line: Line, own_places: Iterable[str]) -> None:
    """Fill in from a note what was done before.

    Anybody who may edit notes could name another conversation there, so a root message is only
    believed to be where the report is owed or in one of `own_places`.
    """
    watch.round, watch.since = line.round, line.since
    watch.cancelled_by = line.cancelled_by
    trusted = set(own_places)
    for report in watch.reports:
        post = line.posts.get(report.target)
        is_believed = post and post.channel in trusted | {report.target}
        report.post = post if is_believed else None


def _can_be_drawn(report: Report) -> bool:
    return bool(report.post and not report.post.is_silent and not report.is_frozen)
