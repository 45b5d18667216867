"""Which fields a form asks for, on which pages, and which it cannot ask for.

Where a field stands depends on the fields alone, never on values: the form for a submission may be
made anew without what was filled in, and its pages are the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ...provider.contracts import SLACK_CONF
from ..fields import Field, find_fault
from .choices import choices_of
from .inputs import draw_input
from .texts import MAX_TEXT, kinds_of
from .words import section_of

OTHERS = 8
"""Blocks of a modal that are left to whoever shows a page."""
MAX_PROBLEM_BLOCKS = 2
MAX_BLOCKS = 100 - OTHERS - MAX_PROBLEM_BLOCKS
MAX_SIZE = 200_000
"""Characters of a page, of the 250 kB that Slack allows a view."""

SAFE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,200}")


@dataclass(frozen=True, slots=True)
class Question:
    """A field that is asked for.

    :param value: Filled in: the given value, else the default; None also where there is none.
    :param size: Characters that its blocks take at most, whatever is filled in.
    """

    field: Field
    value: Any = None
    size: int = 0

    @property
    def block_id(self) -> str:
        return block_id_of(self.field.name)


@dataclass(frozen=True, slots=True)
class Page:
    """What stands in one modal.

    :param number: From 1.
    :param count: Of all pages of the form.
    """

    number: int
    count: int
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A field that the form does not ask for.

    :param why: Goes on after the field's name, as in "has only one value".
    :param value: What a run gets all the same: the given value, the default, or the only one there
        is; None where nothing fits.
    :param is_obstacle: No value is known and Airflow demands one: no run can be started from a
        form.
    """

    field: Field
    why: str
    value: Any = None
    is_obstacle: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What a set of fields looks like.

    :param pages: At least one, empty when there is nothing to ask for.
    :param hidden: What is not asked for. `kept` has their values.
    """

    pages: tuple[Page, ...]
    hidden: tuple[Hidden, ...] = ()

    @property
    def kept(self) -> dict[str, Any]:
        """The values of hidden fields, to be sent beside the answers."""
        return {
            one.field.name: one.value
            for one in self.hidden
            if one.field.name != SLACK_CONF and one.field.fits(one.value)
        }

    @property
    def obstacles(self) -> tuple[Hidden, ...]:
        """Why nobody can start a run from this form; empty when anybody can."""
        return tuple(one for one in self.hidden if one.is_obstacle)


def make_form(fields: Sequence[Field], values: Mapping[str, Any] | None = None) -> Form:
    """The form for a workflow, or for the params of a question to a person.

    Fields stand in Airflow's own order: those without a `section` first, then section by section.

    :param values: Filled in, as JSON: from a former run, a button, an earlier page. Those that
        do not fit, or belong to no field, are left out; a default takes their place.
    """
    values = values or {}
    reasons = {one.name: _why_hidden(one) for one in fields}
    hidden = [_hide(one, values, why) for one in fields if (why := reasons[one.name])]
    asked = [_ask(one, values) for one in fields if not reasons[one.name]]
    hidden += [
        _hide(question.field, values, "has a value that no input in Slack can show")
        for question in asked
        if not _is_shown(question)
    ]
    pages = [tuple(filter(_is_shown, page)) for page in _lay_out(asked)]
    numbered = (Page(number, len(pages), page) for number, page in enumerate(pages, 1))
    return Form(tuple(numbered), tuple(hidden))


def block_id_of(name: str) -> str:
    """The `block_id` of a field's input: of its name alone, so that it stays when a DAG gains or
    loses other fields while a form is open."""
    if SAFE_NAME.fullmatch(name):
        return f"field.{name}"
    cleaned = re.sub(r"[^A-Za-z0-9_.-]", "_", name[:200])
    return f"field.{cleaned}~{sha256(name.encode()).hexdigest()[:16]}"


def _start_value(field: Field, values: Mapping[str, Any]) -> Any:
    given = values.get(field.name, field.default)
    return next((value for value in (given, field.default) if field.fits(value)), None)


def _why_hidden(field: Field) -> str | None:
    schema = field.schema
    if field.name == SLACK_CONF:
        return "has a reserved name: who started a run is written there"
    if fault := find_fault(schema):
        return f"has a schema that cannot be read: {fault}"
    if not kinds_of(field):
        return "can hold nothing"
    if "const" in schema and not _must_be_agreed_to(field):
        return "has only one value"
    if schema.get("format") == "password":
        return "is a secret, which nobody should type in Slack"
    if schema.get("enum") and not choices_of(field):
        return "has choices of which none fits the rest of its schema"
    if schema.get("minLength", 0) > MAX_TEXT:
        return f"must have more characters than the {MAX_TEXT} that an input in Slack takes"
    return None


def _must_be_agreed_to(field: Field) -> bool:
    """A constant true that is not the default is a person's to give."""
    return field.schema["const"] is True and not field.fits(field.default)


def _ask(field: Field, values: Mapping[str, Any]) -> Question:
    return Question(field, _start_value(field, values), _measure(field))


def _hide(field: Field, values: Mapping[str, Any], why: str) -> Hidden:
    if field.name == SLACK_CONF:
        return Hidden(field, why, is_obstacle="object" not in field.types)
    known = (_start_value(field, values), field.schema.get("const"))
    value = next((value for value in known if field.fits(value)), None)
    return Hidden(field, why, value, is_obstacle=not field.fits(value))


def _is_shown(question: Question) -> bool:
    return draw_input(question.field, question.value, question.block_id) is not None


def _lay_out(questions: Iterable[Question]) -> list[list[Question]]:
    """The questions page by page; a section begins a new page when it fits only there whole."""
    pages: list[list[Question]] = [[]]
    for section in _group(questions):
        if pages[-1] and not _is_room(pages[-1], section) and _is_room([], section):
            pages.append([])
        for question in section:
            if pages[-1] and not _is_room(pages[-1], [question]):
                pages.append([])
            pages[-1].append(question)
    return pages


def _group(questions: Iterable[Question]) -> Iterable[list[Question]]:
    sections: dict[str | None, list[Question]] = {None: []}
    for question in questions:
        sections.setdefault(section_of(question.field), []).append(question)
    return sections.values()


def _is_room(page: Sequence[Question], more: Sequence[Question]) -> bool:
    together = [*page, *more]
    headings = len({section_of(question.field) for question in together} - {None})
    size = sum(question.size for question in together)
    return len(together) + headings <= MAX_BLOCKS and size <= MAX_SIZE


def _measure(field: Field) -> int:
    """The characters of an input's blocks, room for a long text included where one may stand."""
    block = draw_input(field, None, block_id_of(field.name))
    if block is None:
        return 0
    return len(json.dumps(block)) + (MAX_TEXT if block["element"].get("multiline") else 0)
