"""How a run looks: its root message, its results, its end. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .blocks import (
    MAX_NAME,
    Block,
    Message,
    clock,
    context,
    duration,
    escape,
    mrkdwn,
    say,
    section,
    shorten,
    split,
)
from .progress import ENDED, RunProgress, TaskProgress

if TYPE_CHECKING:
    from ..provider.contracts import SlackResult

MAX_TEXT = 12_000
MAX_TASK_LINES = 40
MAX_FIELDS = 50
FIELDS_PER_SECTION = 10
MAX_FIELD = 2000
MAX_ROWS = 99
MAX_COLUMNS = 20
MAX_TABLE = 9_000
MAX_NOTICE = 300

EMPTY = "-"
"""Shown for a value that is not there: Slack refuses empty texts."""

RUN_STATES = {
    "queued": (":white_circle:", "waiting to start"),
    "running": (":hourglass_flowing_sand:", "running"),
    "success": (":white_check_mark:", "done"),
    "failed": (":x:", "failed"),
    "deleted": (":heavy_minus_sign:", "deleted from Airflow"),
}
TASK_STATES = {
    "waiting": (":white_small_square:", ""),
    "scheduled": (":white_small_square:", "next"),
    "queued": (":white_small_square:", "next"),
    "running": (":hourglass_flowing_sand:", "running"),
    "restarting": (":hourglass_flowing_sand:", "starting again"),
    "deferred": (":eyes:", "waiting for something outside"),
    "up_for_reschedule": (":eyes:", "waiting for something outside"),
    "awaiting_input": (":raised_hand:", "waiting for a person"),
    "up_for_retry": (":repeat:", "trying again soon"),
    "success": (":white_check_mark:", "done"),
    "failed": (":x:", "failed"),
    "upstream_failed": (":heavy_minus_sign:", "not run, a task before it failed"),
    "skipped": (":heavy_minus_sign:", "skipped"),
}
UNKNOWN_STATE = (":grey_question:", "in a state I do not know")


def root_message(run: RunProgress) -> Message:
    """The message that is kept up to date while a run goes on."""
    emoji, words = RUN_STATES.get(run.state, UNKNOWN_STATE)
    name = escape(shorten(run.name, MAX_NAME))
    if run.starter:
        origin = f", started by <@{run.starter}>"
    else:
        origin = ", started by its schedule" if run.is_scheduled else ""
    blocks = [section(f"{emoji}  *{name}*{origin}")]
    if lines := list(_task_lines(run.tasks)):
        blocks += [section(part) for part in split("\n".join(lines))]
    blocks.append(context(f"{_run_time(run, words)}  ·  <{escape(run.link)}|Open in Airflow>"))
    return Message(f"{name}: {words}", blocks)


def result_message(result: SlackResult, links: Sequence[str] = ()) -> Message:
    """What a task wants people to see.

    :param links: Files that were not attached, where they are.
    """
    text = escape(shorten(result.text, MAX_TEXT // 2))
    blocks = [section(part) for part in split(text[:MAX_TEXT])]
    blocks += _field_sections(result.fields)
    blocks += _table(result.table)
    if links:
        listed = "\n".join(f"• {escape(link)}" for link in links)
        blocks += [section(part) for part in split(f"Not attached:\n{listed}")]
    return Message(
        escape(shorten(result.text, MAX_NOTICE)) or "Result", blocks or [section("Result")]
    )


def with_origin(message: Message, run: RunProgress, channel: str) -> Message:
    """A message that stands alone, with which run it is about and where that was asked for."""
    origin = (
        f"*{escape(shorten(run.name, MAX_NAME))}*, started in <#{channel}>"
        f"  ·  <{escape(run.link)}|Open in Airflow>"
    )
    return Message(message.text, [*message.blocks, context(origin)])


def summary_message(run: RunProgress) -> Message:
    """What is said of a run that ended well and pushed no result."""
    count = sum(task.total for task in run.tasks)
    tasks = "1 task" if count == 1 else f"{count} tasks"
    skipped = sum(task.counts.get("skipped", 0) for task in run.tasks)
    more = f", {skipped} of them skipped" if skipped else ""
    return say(
        f":white_check_mark:  *{escape(shorten(run.name, MAX_NAME))}* is done:"
        f" {tasks}{more}{_in_time(run)}.  <{escape(run.link)}|Open in Airflow>"
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """One task that failed for good.

    :param reason: The last error of its log, scrubbed; empty when there is none.
    """

    task: str
    tries: int
    reason: str
    link: str


def failure_message(run: RunProgress, failures: Sequence[Failure], *, hidden: int = 0) -> Message:
    """What is said of a run that failed.

    :param hidden: How many more tasks failed than are listed.
    """
    name = escape(shorten(run.name, MAX_NAME))
    blocks = [section(f":x:  *{name}* failed{_in_time(run)}.")]
    for failure in failures:
        tries = f" after {failure.tries} tries" if failure.tries > 1 else ""
        reason = f"\n>{escape(failure.reason)}" if failure.reason else ""
        blocks.append(
            section(
                f"*{escape(shorten(failure.task, MAX_NAME))}* failed{tries}"
                f"  ·  <{escape(failure.link)}|log>{reason}"
            )
        )
    if hidden:
        blocks.append(context(f"… and {hidden} more"))
    if not failures:
        blocks.append(context(f"<{escape(run.link)}|Open in Airflow>"))
    return Message(f"{name} failed", blocks)


def _task_lines(tasks: Sequence[TaskProgress]) -> Iterator[str]:
    for task in tasks[:MAX_TASK_LINES]:
        emoji, words = TASK_STATES.get(task.state, UNKNOWN_STATE)
        told = [escape(shorten(task.name, MAX_NAME)), *_details(task, words)]
        yield f"{emoji}  {'  ·  '.join(told)}"
    if (more := len(tasks) - MAX_TASK_LINES) > 0:
        yield f"… and {more} more tasks"


def _details(task: TaskProgress, words: str) -> Iterator[str]:
    if task.total > 1:
        yield _counted(task)
    elif task.state == "up_for_retry":
        yield f"try {task.try_number} of {task.tries} did not work, {words}"
    elif task.state in ("running", "failed") and task.try_number > 1:
        yield f"{words}, try {task.try_number} of {task.tries}"
    elif words and task.state not in ("success", "running"):
        yield words
    if task.seconds is not None and task.state in ("success", "failed"):
        yield duration(task.seconds)
    elif task.started and task.state not in ENDED and task.state != "up_for_retry":
        # Slack writes the moment in the reader's own time zone, without an edit a second.
        yield f"since {clock(task.started)}"


def _counted(task: TaskProgress) -> str:
    done = task.counts.get("success", 0)
    others = [
        f"{count} {TASK_STATES.get(state, UNKNOWN_STATE)[1] or 'to come'}"
        for state, count in task.counts.items()
        if state != "success"
    ]
    return ", ".join([f"{done} of {task.total} done", *others])


def _run_time(run: RunProgress, words: str) -> str:
    if run.is_finished:
        return f"{words}{_in_time(run)}"
    if run.started and run.state == "running":
        return f"{words} since {clock(run.started)}"
    return words


def _in_time(run: RunProgress) -> str:
    if not (run.started and run.ended):
        return ""
    took = duration((run.ended - run.started).total_seconds())
    return f" in {took}" if run.state == "success" else f" after {took}"


def _field_sections(fields: Mapping[str, Any]) -> Iterator[Block]:
    shown = [
        mrkdwn(f"*{escape(shorten(str(label), 100))}*\n{_field_text(value)}")
        for label, value in list(fields.items())[:MAX_FIELDS]
    ]
    for start in range(0, len(shown), FIELDS_PER_SECTION):
        yield {"type": "section", "fields": shown[start : start + FIELDS_PER_SECTION]}


def _field_text(value: object) -> str:
    return next(split(escape(shorten(str(value), MAX_FIELD - 600)), MAX_FIELD - 600), EMPTY)


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    columns = list(dict.fromkeys(str(key) for row in rows for key in row))[:MAX_COLUMNS]
    if not columns:
        return
    lines = [[_cell(column) for column in columns]]
    used = sum(len(cell["text"]) for cell in lines[0])
    for row in rows[:MAX_ROWS]:
        line = [_cell(row.get(column)) for column in columns]
        used += sum(len(cell["text"]) for cell in line)
        if used > MAX_TABLE:
            break
        lines.append(line)
    yield {"type": "table", "rows": lines}
    if (more := len(rows) - len(lines) + 1) > 0:
        yield context(f"… and {more} more rows")


def _cell(value: object) -> Block:
    text = EMPTY if value is None or value == "" else shorten(str(value), 200)
    return {"type": "raw_text", "text": text}
