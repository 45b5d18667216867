"""Slack's side of a form: shown as a modal, filled in by a person, submitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_talent.emulator.slack.blocks import find_view_problem
from airflow_talent.emulator.slack.forms import ENTRIES, read_state
from airflow_talent.emulator.slack.mistakes import find_mistakes
from airflow_talent.slackbot.fields import Field
from airflow_talent.slackbot.forms import (
    Answers,
    Form,
    Page,
    block_of,
    draw_page,
    make_form,
    read_page,
)

State = dict[str, dict[str, Any]]
OTHERS = [{"type": "divider"}] * 8


def field_of(
    default: Any = None, /, *, name: str = "it", description: str = "", **schema: Any
) -> Field:
    """A field as `Param(default, **schema)` makes it."""
    return Field(name, schema, default, description or None)


def form_of(default: Any = None, /, *, value: Any = ..., **schema: Any) -> Form:
    """The form of one field."""
    values = {} if value is ... else {"it": value}
    return make_form([field_of(default, **schema)], values)


def show(page: Page, **more: Any) -> list[dict[str, Any]]:
    """The blocks of a page, which Slack takes in a modal beside eight others."""
    blocks = draw_page(page, **more)
    title, submit = ({"type": "plain_text", "text": text} for text in ("Form", "Start"))
    view = {"type": "modal", "title": title, "submit": submit, "blocks": [*OTHERS, *blocks]}
    assert find_view_problem(view, "modal") is None
    return blocks


def draw(default: Any = None, /, *, value: Any = ..., **schema: Any) -> dict[str, Any]:
    """The one input for a field."""
    form = form_of(default, value=value, **schema)
    return next(block for block in show(form.pages[0]) if block["type"] == "input")


def submit(
    page: Page, entered: Mapping[str, Any] | None = None, *, drawn: Page | None = None
) -> tuple[State, dict[str, str]]:
    """What Slack sends, and what it would have told the person instead.

    :param entered: By field; None empties an input, all others stay as they were drawn.
    :param drawn: As it was when the modal opened, when that is not how it is read.
    """
    blocks = show(drawn or page)
    state: State = read_state(blocks, {})
    for field, value in (entered or {}).items():
        block_id = block_of(page, field)
        assert block_id
        [(action_id, answer)] = state[block_id].items()
        key = ENTRIES[answer["type"]].key
        state[block_id][action_id] = {"type": answer["type"], key: value}
    return state, find_mistakes(blocks, state)


def enter(entered: Any, default: Any = None, /, **schema: Any) -> Any:
    """What a run gets when this is entered for a field of this kind, else the problem's text."""
    page = form_of(default, **schema).pages[0]
    state, _ = submit(page, {"it": entered})
    return only_answer(read_page(page, state, timezone="Europe/Berlin"))


def leave(default: Any = None, /, *, value: Any = ..., **schema: Any) -> Any:
    """What a run gets when the field is left as it was drawn."""
    page = form_of(default, value=value, **schema).pages[0]
    state, _ = submit(page)
    return only_answer(read_page(page, state, timezone="Europe/Berlin"))


def only_answer(answers: Answers) -> Any:
    both = list(answers.values.values()) + list(answers.problems.values())
    assert len(both) == 1
    return both[0]
