"""What is posted when a run has ended: what its tasks pushed, what failed, or a summary.

Where it goes depends on who reads there: into the thread of a private conversation, into a direct
message with the starter when the conversation is public. A public conversation that only follows
a DAG gets nothing but the root message, unless the DAG is tagged `slack-public-result`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..provider.contracts import SLACK_RESULT, SlackResult
from . import run_messages
from .airflow_api import AirflowApi, AirflowError, LogLine, TaskInstance, XComEntry
from .blocks import Message, escape, say
from .files import FileRoots, NotReadable, name_of, show_link
from .identity import Step
from .links import Links
from .progress import RunProgress
from .reports import Report, Watch, began
from .run_messages import Failure
from .scrub import scrub
from .slack_api import CannotWrite, SlackApi

log = logging.getLogger(__name__)

MAX_RESULTS = 20
"""Results of one run that are posted, so that a task mapped a thousand times is no flood."""
MAX_FAILURES = 3
ERROR_LEVELS = frozenset({"error", "critical", "exception"})


class Place(NamedTuple):
    """Where results go; without a thread for a direct message."""

    channel: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to upload; the title is unique in its run, to be found again."""

    name: str
    title: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Owed:
    """One message to post when a run has ended, and the files that go with it."""

    name: str
    message: Message
    files: Sequence[Attachment] = ()


class Results:
    """Collects and posts them.

    :param roots: Where files may come from.
    """

    def __init__(
        self, airflow: AirflowApi, slack: SlackApi, roots: FileRoots, links: Links
    ) -> None:
        self._airflow = airflow
        self._slack = slack
        self._roots = roots
        self._links = links

    async def deliver(self, watch: Watch, report: Report, run: RunProgress) -> None:
        """Post what is not there yet.

        :raises AirflowError, SlackError: some of it may be missing still; call again.
        """
        try:
            await self._deliver(watch, report, run)
        except CannotWrite as error:
            log.warning("nobody can be told of run %s: %s", watch.key.run_id, error.code)

    async def _deliver(self, watch: Watch, report: Report, run: RunProgress) -> None:
        place = await self._choose_place(report)
        if place is None:
            return
        given = await self._given(watch, place)
        for owed in await self._collect(watch, run):
            step = Step(watch.key, f"{owed.name}@{report.target}")
            message = owed.message
            if place.thread_ts is None:
                message = run_messages.with_origin(message, run, report.target)
            ts = given.get(step.name) or await self._slack.post(
                step, message, channel=place.channel, thread_ts=place.thread_ts
            )
            await self._attach(watch, owed.files, place.channel, place.thread_ts or ts)

    async def _choose_place(self, report: Report) -> Place | None:
        post = report.post
        if post is None or not post.ts:
            return None
        is_direct = post.channel.startswith("D")
        if is_direct or report.has_public_result or await self._slack.is_private(post.channel):
            return Place(post.channel, post.ts)
        if report.starter:
            return Place(await self._slack.open_dm(report.starter.user), None)
        return None

    async def _given(self, watch: Watch, place: Place) -> dict[str, str]:
        if not watch.is_doubtful:
            return {}
        return await self._slack.find_steps(
            watch.key,
            channel=place.channel,
            thread_ts=place.thread_ts,
            oldest=began(watch.run),
        )

    async def _collect(self, watch: Watch, run: RunProgress) -> list[Owed]:
        owed = await self._collect_results(watch)
        if watch.run.state == "failed":
            owed.append(Owed("failure", await self._explain_failure(watch, run)))
        elif not owed:
            owed.append(Owed("summary", run_messages.summary_message(run)))
        return owed

    async def _collect_results(self, watch: Watch) -> list[Owed]:
        ended = {
            (task.task_id, task.map_index): (task.end_date.timestamp() if task.end_date else 0.0)
            for task in watch.tasks
        }
        entries = sorted(
            await self._airflow.xcoms(watch.key, SLACK_RESULT),
            key=lambda entry: (ended.get((entry.task_id, entry.map_index), 0.0), entry.map_index),
        )
        titles: list[str] = []
        owed = [await self._show(watch, entry, titles) for entry in entries[:MAX_RESULTS]]
        if (more := len(entries) - MAX_RESULTS) > 0:
            owed.append(Owed("more", say(f"… and {more} more results, see Airflow.")))
        return owed

    async def _show(self, watch: Watch, entry: XComEntry, titles: list[str]) -> Owed:
        name = f"result:{entry.task_id}:{entry.map_index}"
        value = await self._airflow.xcom(watch.key, entry, SLACK_RESULT)
        try:
            result = SlackResult.from_xcom(_decode(value))
        except ValueError as error:
            task = escape(entry.task_id)
            text = f"The result of *{task}* cannot be shown: {escape(error)}"
            return Owed(name, say(text))
        files, links = [], []
        for uri in result.files:
            try:
                content = await self._roots.read(uri)
            except NotReadable as reason:
                log.info("a file of run %s is linked only: %s", watch.key.run_id, reason)
                links.append(show_link(uri))
            else:
                title = _unique(name_of(uri), titles)
                titles.append(title)
                files.append(Attachment(name_of(uri), title, content))
        return Owed(name, run_messages.result_message(result, links), files)

    async def _attach(
        self, watch: Watch, files: Sequence[Attachment], channel: str, thread_ts: str
    ) -> None:
        if not files:
            return
        there: frozenset[str] = frozenset()
        if watch.is_doubtful:
            there = await self._slack.find_files(channel=channel, thread_ts=thread_ts)
        for file in files:
            if file.title not in there:
                await self._slack.upload(
                    file.content,
                    name=file.name,
                    title=file.title,
                    channel=channel,
                    thread_ts=thread_ts,
                )

    async def _explain_failure(self, watch: Watch, run: RunProgress) -> Message:
        failed = sorted(
            (task for task in watch.tasks if task.state == "failed"),
            key=lambda task: task.end_date.timestamp() if task.end_date else 0.0,
        )
        failures = [
            Failure(
                task=_task_name(task),
                tries=task.try_number,
                reason=await self._find_reason(task),
                link=self._links.log(task),
            )
            for task in failed[:MAX_FAILURES]
        ]
        return run_messages.failure_message(
            run, failures, hidden=max(0, len(failed) - MAX_FAILURES)
        )

    async def _find_reason(self, task: TaskInstance) -> str:
        try:
            return scrub(last_error(await self._airflow.log(task)))
        except AirflowError as error:
            log.info("the log of task %s cannot be read: %s", task.task_id, error)
            return ""


def last_error(lines: Sequence[LogLine]) -> str:
    """Why a task failed: the exception that ended it, else its last line of an error."""
    for line in reversed(lines):
        if line.error_detail:
            first = line.error_detail[0]
            return f"{first.get('exc_type', 'Error')}: {first.get('exc_value', '')}".rstrip(": ")
        if line.level.lower() in ERROR_LEVELS:
            return line.event
    return ""


def _decode(value: Any) -> Any:
    """A task that ended in the triggerer leaves its XCom as JSON text (Airflow 3.3)."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _task_name(task: TaskInstance) -> str:
    return task.task_display_name + (f" [{task.map_index}]" if task.map_index >= 0 else "")


def _unique(name: str, taken: Sequence[str]) -> str:
    number = 1
    title = name
    while title in taken:
        number += 1
        title = f"{name} ({number})"
    return title
