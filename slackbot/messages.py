"""What is told to one person about what they asked for. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .blocks import MAX_NAME, Message, escape, say, shorten
from .command import write_command
from .workflows import Problem

MAX_NOTICE = 300


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


def gone_on_in_dm() -> Message:
    return say(
        "I am not in this conversation, so I go on in our direct messages."
        " Invite me if others should see the progress."
    )


def _to_copy(line: str) -> str:
    return f"```{escape(line)}```"
