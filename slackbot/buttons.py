"""The bot's buttons: their names, and what their values say.

A value names things that Airflow knows and carries nothing else, least of all what a person
typed: whoever reads it asks Airflow for the rest, and so cannot be deceived by an old button.
https://docs.slack.dev/reference/block-kit/block-elements/button-element
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from ..services.airflow_api import RunKey

CANCEL: Final = "talent_cancel"
"""Ends a run; its value is `write_run`."""
RETRY: Final = "talent_retry"
"""Clears what failed in a run; its value is `write_run`."""
AGAIN: Final = "talent_again"
"""Starts a run with the same input; its value is `write_run`."""
ACTION: Final = "talent_action"
"""Opens the form of the workflow that a result names; its value is `write_action`. Several stand
in one message, so the `action_id` is this and a number: `talent_action:0`."""
OPEN_WORKFLOW: Final = "talent_workflow"
"""Opens the form of a workflow; its value is the DAG's id."""
OPEN_MENU: Final = "talent_menu"
"""Opens the menu of workflows."""
REFRESH: Final = "talent_refresh"
"""Draws the App Home anew."""
LINK: Final = "talent_link"
"""Opens a page; Slack reports the press and nothing is to be done."""


class ActionKey(NamedTuple):
    """Which action of which result; the number counts from 0."""

    run: RunKey
    task_id: str
    map_index: int
    number: int


def write_run(run: RunKey) -> str:
    """The value of a button that is about a run."""
    return json.dumps([*run], separators=(",", ":"))


def read_run(value: str) -> RunKey:
    """:raises ValueError: the value is none of `write_run`."""
    match json.loads(value):
        case [str(dag_id), str(run_id)]:
            return RunKey(dag_id, run_id)
    raise ValueError("not a run")


def write_action(action: ActionKey) -> str:
    """The value of a button that is about an action of a result."""
    return json.dumps([*action.run, *action[1:]], separators=(",", ":"))


def read_action(value: str) -> ActionKey:
    """:raises ValueError: the value is none of `write_action`."""
    match json.loads(value):
        case [str(dag_id), str(run_id), str(task_id), int(map_index), int(number)]:
            return ActionKey(RunKey(dag_id, run_id), task_id, map_index, number)
    raise ValueError("not an action")
