"""How everything looks in Slack: pure functions from what is known to text and blocks.

Whatever came from people, vendors or DAG authors goes through `escape`. All text objects are
`verbatim`, so that Slack itself makes no link, name or ping out of them.
https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .command import write_command
from .progress import ENDED, RunProgress, TaskProgress
from .workflows import Problem

if TYPE_CHECKING:
    from ..provider.contracts import SlackResult

Block = dict[str, Any]

MAX_SECTION = 3000
MAX_TEXT = 12_000
MAX_TASK_LINES = 40
MAX_NAME = 100
MAX_FIELDS = 50
FIELDS_PER_SECTION = 10
MAX_FIELD = 2000
MAX_ROWS = 99
MAX_COLUMNS = 20
MAX_TABLE = 9_000
MAX_NOTICE = 300

EMPTY = "-"
"""Shown for a value that is not there: Slack refuses empty texts."""

NEWS = re.compile(r"@(?=here|channel|everyone)", re.IGNORECASE)
ENTITY_CUT = re.compile(r"&[a-z]{0,4}$")

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


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: the blocks are shown, the text is what notifications and screen readers
    get."""

    text: str
    blocks: list[Block]


def escape(text: object) -> str:
    """Text that Slack shows as it stands: no markup, no link, no ping."""
    plain = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A word joiner is invisible and keeps even clients that parse names by themselves quiet.
    return NEWS.sub("@\u2060", plain)


def say(text: str) -> Message:
    """A message of plain words, already escaped where it must be."""
    return Message(text, [section(part) for part in split(text)])


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def split(text: str, size: int = MAX_SECTION) -> Iterator[str]:
    """Parts of an escaped text that fit into sections, cut at lines where possible and never
    inside an entity."""
    while len(text) > size:
        cut = text.rfind("\n", size // 2, size)
        if cut < 0:
            cut = size - len(match[0]) if (match := ENTITY_CUT.search(text[:size])) else size
        yield text[:cut]
        text = text[cut:].lstrip("\n")
    if text:
        yield text


def shorten(text: str, size: int) -> str:
    """The beginning of an unescaped text, with an ellipsis where something is missing."""
    return text if len(text) <= size else f"{text[: size - 1]}…"


def help_message() -> Message:
    return say(
        "*Start a workflow*\n"
        "`/talent list` shows what you may start here.\n"
        "`/talent <workflow> name=value …` starts one; put values with spaces in quotes,"
        " write lists as `a,b`.\n"
        "`/talent help` shows this.".replace("<workflow>", "&lt;workflow&gt;")
    )


def workflow_list(workflows: Sequence[tuple[str, str, str | None]]) -> Message:
    """:param workflows: DAG id, display name and description of each."""
    if not workflows:
        return say("There is no workflow that you may start here.")
    lines = [
        f"*{escape(name)}*  `/talent {escape(dag_id)}`"
        + (f"\n{escape(shorten(' '.join(description.split()), 200))}" if description else "")
        for dag_id, name, description in workflows
    ]
    return say("\n".join(lines))


def unknown_workflow(typed: str, nearest: str | None) -> Message:
    name = escape(shorten(typed, MAX_NAME))
    if nearest is None:
        return say(f"I know no workflow `{name}`. `/talent list` shows what you may start here.")
    return say(
        f"I know no workflow `{name}`, did you mean `{escape(nearest)}`?\n"
        f"{_to_copy(write_command(nearest, []))}"
    )


def unreadable_command(reason: str, example: str) -> Message:
    return say(f"{escape(reason)}\nFor example:\n{_to_copy(example)}")


def unfit_values(name: str, problems: Iterable[Problem], example: str) -> Message:
    lines = [f"• `{escape(p.field)}` {escape(p.text)}" for p in problems]
    return say(
        f"*{escape(name)}* was not started:\n" + "\n".join(lines) + "\nCopy and change:\n"
        f"{_to_copy(example)}"
    )


def rejected_by_airflow(name: str, reason: str, example: str) -> Message:
    return say(
        f"*{escape(name)}* was not started, Airflow says:\n"
        f"• {escape(shorten(reason, MAX_NOTICE))}\nFor example:\n{_to_copy(example)}"
    )


def queued_behind(name: str, going: int) -> Message:
    return say(
        f"*{escape(name)}* is queued: {going} of its runs are going already, which is as many as"
        " Airflow lets go at once. Yours starts when one of them ends."
    )


def already_started(name: str) -> Message:
    return say(f"*{escape(name)}* was already started by this very request; nothing was done.")


def perhaps_started(name: str) -> Message:
    return say(
        f"Airflow stopped answering, so I cannot tell whether *{escape(name)}* was started."
        " If it was, it appears here as soon as Airflow answers; nothing starts twice."
    )


def still_trying() -> Message:
    return say("Airflow has not answered yet, I keep trying.")


def not_started(name: str, reason: str) -> Message:
    return say(f"*{escape(name)}* was not started: {escape(reason)}")


def refused(reason: str) -> Message:
    return say(f"Sorry, {escape(reason.rstrip('.'))}.")


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


def gone_on_in_dm() -> Message:
    return say(
        "I am not in this conversation, so I go on in our direct messages."
        " Invite me if others should see the progress."
    )


def duration(seconds: float) -> str:
    """A span of time in the two largest units that matter."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _to_copy(line: str) -> str:
    return f"```{escape(line)}```"


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
        yield f"since {_clock(task.started)}"


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
        return f"{words} since {_clock(run.started)}"
    return words


def _in_time(run: RunProgress) -> str:
    if not (run.started and run.ended):
        return ""
    took = duration((run.ended - run.started).total_seconds())
    return f" in {took}" if run.state == "success" else f" after {took}"


def _clock(moment: datetime) -> str:
    return f"<!date^{int(moment.timestamp())}^{{time}}|{moment:%H:%M} UTC>"


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
