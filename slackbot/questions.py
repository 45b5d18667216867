"""What human-in-the-loop tasks ask: how a question is named, and what became of it. Pure data.

A task asks anew with every try, and every mapped instance of it asks for itself. So the name of a
question has both, and an answer to an old try is never taken for one to the new.
https://airflow.apache.org/docs/apache-airflow-providers-standard/stable/operators/hitl.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from ..services.airflow_api import Question, RunKey, TaskInstance, User
from .identity import Step

ANSWER: Final = "talent_answer"
"""Answers a question with one of its options; its value is `write_choice`. Several stand in one
message, so the `action_id` is this and a number: `talent_answer:0`."""
OPEN_QUESTION: Final = "talent_question"
"""Opens a question, to read and answer it; its value is `write_question`."""
ANSWER_FORM: Final = "talent_answer_form"
"""`callback_id` of a modal in which a question is answered."""

AWAITING: Final = "awaiting_input"
RESUMED = frozenset({AWAITING, "scheduled", "queued", "running", "restarting"})
"""States of a task that waits for an answer, or goes on after one or without one."""

STEP = re.compile(r"(ask|answered):([^:@]+):(-?\d+):(\d+):?(\w*)@(.+)")


class QuestionKey(NamedTuple):
    """Which question of which run."""

    run: RunKey
    task_id: str
    map_index: int
    try_number: int


Kind = Literal["answered", "defaults", "timed_out", "asked_again", "unanswered", "deleted"]


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a question.

    :param kind: `answered` by a person; `defaults` were taken since nobody answered in time;
        `timed_out` without any; `asked_again` by a later try of the task; `unanswered`, because
        its task or run was ended; `deleted` with its run.
    :param user: The Slack user who answered, as far as that is known.
    :param account: The Airflow account that answered.
    """

    kind: Kind
    chosen: tuple[str, ...] = ()
    user: str | None = None
    account: User | None = None
    moment: datetime | None = None


def key_of(question: Question) -> QuestionKey:
    return key_of_task(question.task_instance)


def key_of_task(task: TaskInstance) -> QuestionKey:
    return QuestionKey(task.key, task.task_id, task.map_index, task.try_number)


def name_task(task: TaskInstance) -> str:
    """What people call the task that asks."""
    return task.task_display_name + (f" [{task.map_index}]" if task.map_index >= 0 else "")


def find_ending(key: QuestionKey, question: Question) -> Ending | None:
    """What became of a question, None while nothing has.

    :param question: As Airflow shows it now, which may be that of a later try.
    """
    task = question.task_instance
    if task.try_number > key.try_number or task.state is None:
        return Ending("asked_again")
    if question.response_received:
        account = question.responded_by_user
        return Ending(
            "answered" if account else "defaults",
            tuple(question.chosen_options or ()),
            account=account,
            moment=question.responded_at,
        )
    return None if task.state in RESUMED else Ending("unanswered")


class Drawn(NamedTuple):
    """What a message about a question is, by the name of its step.

    :param is_over: It tells the end; nobody has to draw it again.
    :param user: The Slack user who answered.
    """

    key: QuestionKey
    target: str
    is_over: bool
    user: str | None


def asked_step(key: QuestionKey, target: str) -> Step:
    """The identity of the message that asks, in the thread of one conversation's report."""
    return Step(key.run, f"ask:{_short(key)}@{target}")


def answered_step(key: QuestionKey, target: str, user: str | None) -> Step:
    """What the same message is as soon as it tells the end: every process sees in its metadata
    that nothing has to be drawn any more, and who answered."""
    return Step(key.run, f"answered:{_short(key)}:{user or ''}@{target}")


def read_step(run: RunKey, name: str) -> Drawn | None:
    """:return: None when the message is about something else."""
    if not (found := STEP.fullmatch(name)):
        return None
    kind, task_id, map_index, try_number, user, target = found.groups()
    key = QuestionKey(run, task_id, int(map_index), int(try_number))
    return Drawn(key, target, is_over=kind == "answered", user=user or None)


def write_question(key: QuestionKey) -> str:
    """The value of a button that opens a question."""
    return _write([*key.run, *key[1:]])


def read_question(value: str) -> QuestionKey:
    """:raises ValueError: the value is none of `write_question`."""
    match json.loads(value):
        case [str(dag_id), str(run_id), str(task_id), int(map_index), int(try_number)]:
            return QuestionKey(RunKey(dag_id, run_id), task_id, map_index, try_number)
    raise ValueError("not a question")


def write_choice(key: QuestionKey, option: str) -> str:
    """The value of a button that answers a question."""
    return _write([*key.run, *key[1:], option])


def read_choice(value: str) -> tuple[QuestionKey, str]:
    """:raises ValueError: the value is none of `write_choice`."""
    match json.loads(value):
        case [*named, str(option)]:
            return read_question(json.dumps(named)), option
    raise ValueError("not an answer")


def _short(key: QuestionKey) -> str:
    return f"{key.task_id}:{key.map_index}:{key.try_number}"


def _write(value: list[object]) -> str:
    # Letters of other scripts as they are: a value has 2,000 characters.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
