"""How a run looks: its root message and its end. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .blocks import (
    MAX_NAME,
    Block,
    Message,
    actions,
    button,
    clock,
    context,
    duration,
    escape,
    plain,
    quote,
    section,
    shorten,
    split,
)
from .buttons import AGAIN, CANCEL, RETRY, write_run
from .identity import short_name
from .progress import ENDED, RunProgress, TaskProgress

MAX_TASK_LINES = 40
MAX_CONFIRM = 300

RUN_STATES = {
    "queued": (":white_circle:", "waiting to start"),
    "running": (":hourglass_flowing_sand:", "running"),
    "success": (":white_check_mark:", "done"),
    "failed": (":x:", "failed"),
    "cancelled": (":no_entry_sign:", "cancelled"),
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

ORIGINS = {
    "manual": "",
    "scheduled": ", started by its schedule",
    "asset_triggered": ", started by an event",
    "asset_materialization": ", started by an event",
    "backfill": ", started by a backfill",
    "operator_triggered": ", started by another workflow",
}

WHAT_STAYS = "What they have sent is sent, and what they have bought stays bought."
NOT_TWICE = (
    "Steps that write to people or buy something look first at what they did before,"
    " and do not do it twice."
)


def root_message(run: RunProgress) -> Message:
    """The message that is kept up to date while a run goes on."""
    emoji, words = _state(run)
    name = _name(run)
    origin = f", started by <@{run.starter}>" if run.starter else ORIGINS.get(run.run_type, "")
    blocks = [section(f"{emoji}  *{name}*{origin}")]
    if lines := list(_task_lines(run.tasks)):
        blocks += [section(part) for part in split("\n".join(lines))]
    told = [_run_time(run), _link(run)]
    if run.is_workflow:
        told.insert(1, f"`{escape(short_name(run.key.run_id))}`")
    blocks.append(context("  ·  ".join(told)))
    return Message(f"{name}: {words}", [*blocks, *_steering(run)])


def state_of(run: RunProgress) -> str:
    """A run in one line: which it is, and how it stands."""
    return f"{_state(run)[0]}  *{_name(run)}*  ·  {_run_time(run)}"


def with_origin(message: Message, run: RunProgress, channel: str) -> Message:
    """A message that stands alone, with which run it is about and where that was asked for."""
    origin = f"*{_name(run)}*, started in <#{channel}>  ·  {_link(run)}"
    return Message(message.text, [*message.blocks, context(origin)])


def summary_message(run: RunProgress) -> Message:
    """What is said of a run that ended well and pushed no result."""
    count = sum(task.total for task in run.tasks)
    tasks = "1 task" if count == 1 else f"{count} tasks"
    skipped = sum(task.counts.get("skipped", 0) for task in run.tasks)
    more = f", {skipped} of them skipped" if skipped else ""
    text = f":white_check_mark:  *{_name(run)}* is done: {tasks}{more}{_in_time(run)}."
    return Message(f"{_name(run)} is done", [section(f"{text}  {_link(run)}")])


def cancelled_message(run: RunProgress) -> Message:
    """What is said of a run that somebody ended."""
    text = f":no_entry_sign:  *{_name(run)}* was {_run_time(run)}.  {_link(run)}"
    return Message(f"{_name(run)} was cancelled", [section(text), *_steering(run)])


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
    blocks = [section(f":x:  *{_name(run)}* failed{_in_time(run)}.")]
    for failure in failures:
        tries = f" after {failure.tries} tries" if failure.tries > 1 else ""
        blocks.append(
            section(
                f"*{escape(shorten(failure.task, MAX_NAME))}* failed{tries}"
                f"  ·  <{escape(failure.link)}|log>"
            )
        )
        if failure.reason:
            blocks.append(quote(failure.reason))
    if hidden:
        blocks.append(context(f"… and {hidden} more"))
    if not failures:
        blocks.append(context(_link(run)))
    if run.is_workflow:
        blocks.append(actions(_retry_button(run)))
    return Message(f"{_name(run)} failed", blocks)


def _steering(run: RunProgress) -> Iterator[Block]:
    """The button that ends a run, or starts the next; only workflows are steered from here."""
    if not run.is_workflow:
        return
    value = write_run(run.key)
    if run.is_finished:
        yield actions(button("Again", AGAIN, value))
    elif run.state != "deleted":
        confirm = _confirm(
            "Cancel this run?",
            f"Its tasks are stopped, those to come do not run. {WHAT_STAYS}",
            "Cancel the run",
            "Let it go on",
            style="danger",
        )
        yield actions(button("Cancel", CANCEL, value, confirm=confirm))


def _retry_button(run: RunProgress) -> Block:
    names = ", ".join(
        task.name for task in run.tasks if {"failed", "upstream_failed"} & set(task.counts)
    )
    which = shorten(names, MAX_CONFIRM - len(NOT_TWICE) - len("These run again: . "))
    text = f"These run again: {which}. {NOT_TWICE}" if which else NOT_TWICE
    confirm = _confirm("Try again what failed?", text, "Retry", "Leave it")
    return button("Retry", RETRY, write_run(run.key), confirm=confirm)


def _confirm(title: str, text: str, yes: str, no: str, **more: str) -> Block:
    parts = {"title": title, "text": text, "confirm": yes, "deny": no}
    return {name: plain(words) for name, words in parts.items()} | more


def _name(run: RunProgress) -> str:
    return escape(shorten(run.name, MAX_NAME))


def _link(run: RunProgress) -> str:
    return f"<{escape(run.link)}|Open in Airflow>"


def _state(run: RunProgress) -> tuple[str, str]:
    return RUN_STATES.get(run.state, UNKNOWN_STATE)


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


def _run_time(run: RunProgress) -> str:
    words = _state(run)[1]
    if run.cancelled_by:
        words += f" by <@{run.cancelled_by}>"
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
