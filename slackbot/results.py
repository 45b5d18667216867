"""What is posted when a run has ended: what its tasks pushed, what failed, or a summary.

Where it goes depends on who reads there: into the thread of a private conversation, into a direct
message with the starter when the conversation is public. A public conversation that only follows
a DAG gets nothing but the root message, unless the DAG is tagged `slack-public-result`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from ..provider.contracts import SLACK_RESULT, SlackResult
from ..services.airflow_api import AirflowApi, AirflowError, LogLine, TaskInstance, XComEntry
from . import result_messages, run_messages
from .access import WORKFLOW
from .blocks import Message, escape, say
from .buttons import ActionKey
from .files import FileRoots, NotReadable, name_of, show_link
from .identity import Step
from .links import Links
from .progress import RunProgress
from .reports import Report, Watch, began
from .result_messages import ActionButton
from .run_messages import Failure
from .scrub import scrub
from .slack_api import CannotWrite, NoThread, SlackApi, SlackError

log = logging.getLogger(__name__)

MAX_RESULTS = 20
"""Results of one run that are posted, so that a task mapped a thousand times is no flood."""
MAX_FILES = 10
"""Files of one result that are attached; the others are linked."""
MAX_FAILURES = 3
ERROR_LEVELS = frozenset({"error", "critical", "exception"})

UNFIT = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
    }
)
"""Slack's words for a message that it will never take."""

NO_FILES = frozenset(
    {"file_uploads_disabled", "file_uploads_except_images_disabled", "storage_limit_reached"}
)


class Place(NamedTuple):
    """Where results go; without a thread for a direct message."""

    channel: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to upload, read only when its turn has come.

    :param title: Unique in its run, to be found again.
    """

    name: str
    title: str
    read: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Owed:
    """One message to post when a run has ended, and the files that go with it."""

    name: str
    message: Message
    files: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one conversation is given about one end of a run.

    :param make_sure: Raises when another process gives it by now.
    :param given: Name to `ts` of the messages that are there, wherever they are.
    """

    watch: Watch
    report: Report
    run: RunProgress
    make_sure: Callable[[], Awaitable[None]]
    given: dict[str, str] = field(default_factory=dict)


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

    async def deliver(
        self,
        watch: Watch,
        report: Report,
        run: RunProgress,
        *,
        make_sure: Callable[[], Awaitable[None]],
    ) -> None:
        """Post what is not there yet: where it belongs, else in a direct message with the starter.

        :param make_sure: Awaited before each message and each file, whose predecessor may have
            taken long; raises when another process has taken the run over.
        :raises NoThread: somebody deleted the root message.
        :raises AirflowError, SlackError: some of it may be missing still; call again.
        """
        if report.post is None or report.post.is_silent or report.is_withdrawn:
            return
        owed = await self._collect(watch, run)
        delivery = Delivery(watch, report, run, make_sure)
        async for place in self._places(report):
            try:
                await self._give(delivery, place, owed)
            except NoThread:
                raise
            except CannotWrite as error:
                log.warning("cannot tell of run %s in %s: %s", run.key, place.channel, error.code)
            else:
                return

    async def _places(self, report: Report) -> AsyncIterator[Place]:
        """Where everything owed may be said, the best place first."""
        post = report.post
        assert post is not None  # noqa: S101 - `deliver` has seen to it
        is_direct = post.channel.startswith("D")
        if is_direct or report.has_public_result or await self._is_private(post.channel):
            yield Place(post.channel, post.ts)
        if report.starter and not is_direct:
            try:
                channel = await self._slack.open_dm(report.starter.user)
            except CannotWrite as error:
                log.warning("who started a run cannot be told of it: %s", error.code)
            else:
                yield Place(channel, None)

    async def _is_private(self, channel: str) -> bool:
        """:raises SlackError: Slack does not tell now; as a public conversation, one without a
        starter would lose its results for ever."""
        try:
            return await self._slack.is_private(channel)
        except CannotWrite:
            return False

    async def _give(self, delivery: Delivery, place: Place, owed: Sequence[Owed]) -> None:
        watch, given = delivery.watch, delivery.given
        if watch.is_doubtful:
            given |= await self._slack.find_steps(
                watch.key,
                channel=place.channel,
                thread_ts=place.thread_ts,
                oldest=began(watch.run),
            )
        for one in owed:
            step = watch.step(one.name, delivery.report)
            if step.name not in given:
                message = one.message
                if place.thread_ts is None:
                    target = delivery.report.target
                    message = run_messages.with_origin(message, delivery.run, target)
                await delivery.make_sure()
                given[step.name] = await self._post(step, message, place)
            await self._attach(delivery, one.files, place, given[step.name])

    async def _post(self, step: Step, message: Message, place: Place) -> str:
        channel, thread_ts = place
        try:
            return await self._slack.post(step, message, channel=channel, thread_ts=thread_ts)
        except SlackError as error:
            if error.code not in UNFIT:
                raise
            log.warning("Slack does not take %s of %s: %s", step.name, step.run, error.code)
            text = f"A result cannot be shown in Slack ({error.code}). See Airflow."
            return await self._slack.post(step, say(text), channel=channel, thread_ts=thread_ts)

    async def _collect(self, watch: Watch, run: RunProgress) -> list[Owed]:
        owed = await self._collect_results(watch)
        if run.state == "cancelled":
            owed.append(Owed("cancelled", run_messages.cancelled_message(run)))
        elif run.state == "failed":
            owed.append(Owed("failure", await self._explain_failure(watch, run)))
        elif not owed:
            owed.append(Owed("summary", run_messages.summary_message(run)))
        return owed

    async def _collect_results(self, watch: Watch) -> list[Owed]:
        ended = {
            (task.task_id, task.map_index): (task.end_date.timestamp() if task.end_date else 0.0)
            for task in watch.tasks
        }
        found = [
            (ended.get((entry.task_id, entry.map_index), 0.0), entry.map_index, entry)
            for entry in await self._airflow.xcoms(watch.key, SLACK_RESULT)
        ]
        found.sort(key=lambda one: one[:2])
        entries = [entry for end, _, entry in found if end > watch.since or watch.round == 1]
        titles: list[str] = []
        owed = [await self._show(watch, entry, titles) for entry in entries[:MAX_RESULTS]]
        if (more := len(entries) - MAX_RESULTS) > 0:
            owed.append(Owed("more", say(f"… and {more} more results, see Airflow.")))
        return owed

    async def _show(self, watch: Watch, entry: XComEntry, titles: list[str]) -> Owed:
        """What one task pushed; whatever is wrong with it, the others are shown."""
        name = f"result:{entry.task_id}:{entry.map_index}"
        value = await self._airflow.xcom(watch.key, entry, SLACK_RESULT)
        try:
            result = read_result(value)
        except ValueError as error:
            return _say_not_shown(name, entry, str(error))
        try:
            return await self._show_result(watch, entry, name, result, titles)
        except (AirflowError, SlackError):
            raise
        except Exception as error:
            # Its text may hold the value.
            log.warning("a result of %s cannot be shown: %s", watch.key, type(error).__name__)
            return _say_not_shown(name, entry, "it holds a strange value")

    async def _show_result(
        self, watch: Watch, entry: XComEntry, name: str, result: SlackResult, titles: list[str]
    ) -> Owed:
        contents = {
            f"{entry.task_id}.{ending}": content
            for ending, content in result_messages.long_parts(result).items()
        }
        files = [
            Attachment(file, _title(file, watch, titles), partial(_pass_on, content))
            for file, content in contents.items()
        ]
        links = [show_link(uri) for uri in result.files[MAX_FILES:]]
        for uri in result.files[:MAX_FILES]:
            try:
                await self._roots.check(uri)
            except NotReadable as reason:
                log.info("a file of run %s is linked only: %s", watch.key.run_id, reason)
                links.append(show_link(uri))
            else:
                title = _title(name_of(uri), watch, titles)
                files.append(Attachment(name_of(uri), title, partial(self._roots.read, uri)))
        buttons = await self._find_buttons(watch, entry, result)
        return Owed(name, result_messages.result_message(result, links, buttons), files)

    async def _find_buttons(
        self, watch: Watch, entry: XComEntry, result: SlackResult
    ) -> list[ActionButton]:
        """A button for each action that starts something which may be started from Slack."""
        if not result.actions:
            return []
        workflows = {
            dag.dag_id: dag.dag_display_name for dag in await self._airflow.dags_tagged([WORKFLOW])
        }
        return [
            ActionButton(
                ActionKey(watch.key, entry.task_id, entry.map_index, number),
                action.label or workflows[action.workflow],
                _still_to_come(action.not_before),
            )
            for number, action in enumerate(result.actions)
            if action.workflow in workflows
        ]

    async def _attach(
        self, delivery: Delivery, files: Sequence[Attachment], place: Place, ts: str
    ) -> None:
        if not files:
            return
        watch = delivery.watch
        thread_ts = place.thread_ts or ts
        there: Iterable[str] = ()
        if watch.is_doubtful:
            there = await self._slack.find_files(channel=place.channel, thread_ts=thread_ts)
        for file in files:
            if file.title in there:
                continue
            try:
                content = await file.read()
            except NotReadable as reason:
                log.warning("a file of run %s cannot be read: %s", watch.key.run_id, reason)
                continue
            await delivery.make_sure()
            try:
                await self._slack.upload(
                    content,
                    name=file.name,
                    title=file.title,
                    channel=place.channel,
                    thread_ts=thread_ts,
                )
            except SlackError as error:
                if error.code not in NO_FILES:
                    raise
                log.warning("no file can be attached to run %s: %s", watch.key.run_id, error.code)
                return

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
            first: Mapping[str, Any] = line.error_detail[0]
            return f"{first.get('exc_type', 'Error')}: {first.get('exc_value', '')}".rstrip(": ")
        if line.level.lower() in ERROR_LEVELS:
            return line.event
    return ""


def read_result(value: Any) -> SlackResult:
    """What a task pushed.

    :raises ValueError: it is no result; the text says what is wrong with it.
    """
    return SlackResult.from_xcom(_decode(value))


def _decode(value: Any) -> Any:
    """A task that ended in the triggerer leaves its XCom as JSON text (Airflow 3.3)."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _say_not_shown(name: str, entry: XComEntry, why: str) -> Owed:
    text = f"The result of *{escape(entry.task_id)}* cannot be shown: {escape(why)}"
    return Owed(name, say(text))


def _task_name(task: TaskInstance) -> str:
    return task.task_display_name + (f" [{task.map_index}]" if task.map_index >= 0 else "")


def _still_to_come(moment: str | None) -> datetime | None:
    if moment is None:
        return None
    when = datetime.fromisoformat(moment)
    return when if when > datetime.now(UTC) else None


async def _pass_on(content: bytes) -> bytes:
    return content


def _title(name: str, watch: Watch, taken: list[str]) -> str:
    base = name if watch.round == 1 else f"{name}, round {watch.round}"
    title, number = base, 1
    while title in taken:
        number += 1
        title = f"{base} ({number})"
    taken.append(title)
    return title
