"""What was entered into a page, as JSON that Airflow takes.

Every input says by its type how it is read, and by its `action_id` what it means when it is left
empty (`inputs.py`).
https://docs.slack.dev/reference/views/view-submission-payload
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..blocks import shorten
from ..fields import Field, Problem, find_zone
from .choices import choices_of, find_choice, items_of
from .inputs import read_minute
from .layout import Page, Question
from .texts import expected_as_text, kinds_of, read_text

MAX_PROBLEM = 300
REFUSAL = "Invalid input for param {}: "


@dataclass(frozen=True, slots=True)
class Answers:
    """What was entered.

    :param values: By field, for every input that was read well: also those left as they were, so
        that a run gets what its starter saw even if the DAG's defaults change meanwhile.
    :param problems: By `block_id`, ready for `response_action: errors`.
    """

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def read_page(page: Page, state: Mapping[str, Any], *, timezone: str = "UTC") -> Answers:
    """The values of a page's fields, checked as Airflow will check them.

    An input emptied by a person means null where that is allowed, the empty list for a list that
    may be empty, and a problem otherwise; it never means the default, which was there to be seen.
    Fields that were not on the view that was submitted are in neither part of the answer.

    :param state: `view["state"]["values"]`.
    :param timezone: In which dates with a time are written; the DAG's own.
    """
    answers = Answers()
    for question in page.questions:
        for action_id, entered in state.get(question.block_id, {}).items():
            try:
                value = _read(question, action_id, entered, timezone)
            except ValueError as error:
                answers.problems[question.block_id] = _say(str(error))
            else:
                answers.values[question.field.name] = value
    return answers


def block_of(page: Page, field: str) -> str | None:
    """The `block_id` of a field's input; None when the page does not ask for it."""
    ids = (one.block_id for one in page.questions if one.field.name == field)
    return next(ids, None)


def read_refusal(message: str, fields: Iterable[Field]) -> Problem | None:
    """What Airflow says of a field when it refuses a run's conf (400), or an answer to a task that
    waits for a person: "Invalid input for param NAME: …", and then lines for developers."""
    parted = ((one.name, message.partition(REFUSAL.format(one.name))) for one in fields)
    found = [(name, said) for name, (_, mark, said) in parted if mark]
    if not found:
        return None
    # A name can be the beginning of another one that goes on with a colon.
    name, said = max(found, key=lambda one: len(one[0]))
    return Problem(name, said.partition("\n")[0].strip())


def _read(question: Question, action_id: str, entered: Mapping[str, Any], timezone: str) -> Any:
    kind, _, emptied = action_id.partition(" ")
    if kind not in READERS:
        raise ValueError("was asked in another way meanwhile, open the form anew")
    key, read = READERS[kind]
    if entered.get(key) in (None, "", []):
        if not emptied:
            raise ValueError(f"is missing, expected {expected_as_text(question.field)}")
        value = json.loads(emptied)
    else:
        value = read(question, entered[key], timezone)
    if misfit := question.field.find_misfit(value):
        raise ValueError(misfit)
    return value


def _say(problem: str) -> str:
    return shorten(f"{problem[:1].upper()}{problem[1:]}", MAX_PROBLEM)


def _read_typed(question: Question, text: str, timezone: str) -> Any:
    return read_text(question.field, text, timezone=timezone)


def _read_option(question: Question, option: Mapping[str, Any], _: str) -> Any:
    return find_choice(choices_of(question.field), option["value"])


def _read_options(question: Question, options: list[Mapping[str, Any]], _: str) -> Any:
    if kinds_of(question.field) == {"boolean"}:
        return True
    return [find_choice(items_of(question.field), option["value"]) for option in options]


def _read_day(_: Question, day: str, __: str) -> str:
    return day


def _read_time(_: Question, minute: str, __: str) -> str:
    return f"{minute}:00"


def _read_moment(question: Question, seconds: int, timezone: str) -> str:
    known = question.value
    if isinstance(known, str) and read_minute(known) == seconds:
        # The same moment stays as it was written, so that the same input is known as the same.
        return known
    return datetime.fromtimestamp(seconds, find_zone(timezone)).isoformat()


def _read_files(question: Question, files: list[Mapping[str, Any]], _: str) -> Any:
    ids = [str(file["id"]) for file in files]
    return ids if kinds_of(question.field) == {"array"} else ids[0]


READERS: Mapping[str, tuple[str, Callable[[Question, Any, str], Any]]] = {
    "plain_text_input": ("value", _read_typed),
    "number_input": ("value", _read_typed),
    "email_text_input": ("value", _read_typed),
    "url_text_input": ("value", _read_typed),
    "radio_buttons": ("selected_option", _read_option),
    "static_select": ("selected_option", _read_option),
    "checkboxes": ("selected_options", _read_options),
    "multi_static_select": ("selected_options", _read_options),
    "datepicker": ("selected_date", _read_day),
    "timepicker": ("selected_time", _read_time),
    "datetimepicker": ("selected_date_time", _read_moment),
    "file_input": ("files", _read_files),
}
"""How each type of input is read: the key of its value in a state, and the function."""
