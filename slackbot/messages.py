"""What is told to one person about what they asked for. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ..services.airflow_api import Dag, DagRun, RunKey
from .blocks import (
    MAX_NAME,
    Message,
    actions,
    button,
    clock,
    day_and_clock,
    escape,
    say,
    section,
    shorten,
)
from .buttons import CANCEL, LINK, write_run
from .command import write_command
from .progress import RunProgress
from .run_messages import state_of
from .workflows import Problem

MAX_NOTICE = 300


HELP = (
    ("/talent", "opens the menu of the workflows that you may start here."),
    ("/talent list", "shows them."),
    ("/talent <workflow>", "opens its form."),
    (
        "/talent <workflow> name=value …",
        "starts it at once; put values with spaces in quotes, write lists as `a,b`.",
    ),
    ("/talent status", "shows your latest runs; `/talent status <run>` shows one."),
    ("/talent cancel <run>", "ends a run, after asking you."),
    ("/talent again <run>", "starts a run with the same input."),
    ("/talent help", "shows this."),
)


def help_message() -> Message:
    lines = [f"`{escape(command)}` {escape(what)}" for command, what in HELP]
    return say("\n".join(lines))


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


def no_such_run() -> Message:
    return say(
        "I know no such run that you may see. `/talent status` shows your latest runs,"
        " and every run's message shows its name."
    )


def not_now(what: str) -> Message:
    return say(f"Nothing was done: {escape(what)}.")


def ask_to_cancel(run: RunProgress, key: RunKey) -> Message:
    """The question before a run is ended."""
    name = escape(shorten(run.name, MAX_NAME))
    text = (
        f"Cancel *{name}*? Its tasks are stopped. What they have sent is sent, and what they"
        " have bought stays bought."
    )
    press = button("Cancel the run", CANCEL, write_run(key), style="danger")
    return Message(f"Cancel {name}?", [section(text), actions(press)])


def cancelled(name: str) -> Message:
    return say(f"*{escape(name)}* is being cancelled.")


def retried(name: str) -> Message:
    return say(f"*{escape(name)}* tries again what failed.")


def started(name: str) -> Message:
    return say(f"*{escape(name)}* is started. I report in our direct messages.")


def same_is_running(run: DagRun, link: str) -> Message:
    """:param link: Where it can be looked at."""
    moment = f" since {clock(run.start_date)}" if run.start_date else ""
    name = escape(shorten(run.dag_display_name, MAX_NAME))
    text = f"*{name}* is going{moment} already with the same input, so nothing was started."
    press = button("Open it", LINK, write_run(run.key), url=link)
    return Message(f"{name} is going already", [section(text), actions(press)])


def done(name: str) -> Message:
    return say(f"*{escape(name)}* is started.")


def form_expired() -> Message:
    return say("Slack waited too long to open the form. Please try once more.")


def takes_no_file() -> Message:
    return say("None of the workflows that you may start here takes a file.")


def holds_no_file() -> Message:
    return say("This message holds no file.")


def takes_other_files(dag: Dag, kinds: Iterable[str]) -> Message:
    name = escape(shorten(dag.dag_display_name, MAX_NAME))
    return say(f"*{name}* takes files of another kind: {escape(', '.join(sorted(kinds)))}.")


def unfit_entries(name: str, problems: Iterable[str]) -> Message:
    """What is wrong with a form that is still there below."""
    lines = [f"• {escape(problem)}" for problem in problems]
    told = [f"*{escape(name)}* was not started:", *lines, "Close this to go back."]
    return say("\n".join(told))


def draft_too_long() -> Message:
    return say(
        "That is more than a form with several pages can hold. Please shorten the long texts."
    )


def not_yet(moment: datetime) -> Message:
    return say(f"That makes sense only from {day_and_clock(moment)} on.")


def run_list(runs: Sequence[RunProgress], names: Sequence[str]) -> Message:
    """:param names: What each run is called in commands."""
    if not runs:
        return say("You have started nothing yet. `/talent` shows what there is.")
    lines = [
        f"{state_of(run)}  ·  `{escape(name)}`  ·  <{escape(run.link)}|Open in Airflow>"
        for run, name in zip(runs, names, strict=True)
    ]
    return say("\n".join(lines))


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


def being_given() -> Message:
    return say("One moment, Airflow is being given your answer.")


def not_started(name: str, reason: str) -> Message:
    return say(f"*{escape(name)}* was not started: {escape(reason)}")


def refused(reason: str) -> Message:
    return say(f"Sorry, {escape(reason.rstrip('.'))}.")


def gone_on_in_dm() -> Message:
    return say(
        "I am not in this conversation, so I go on in our direct messages."
        " Invite me if others should see the progress."
    )


def _to_copy(line: str) -> str:
    return f"```{escape(line)}```"
