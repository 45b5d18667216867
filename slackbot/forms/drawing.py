"""A page as blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..blocks import Block, escape, header, section, shorten, split
from ..fields import Problem
from .inputs import draw_input
from .layout import MAX_PROBLEM_BLOCKS, Page, Question
from .words import label_of, section_of

MAX_HEADING = 150
MAX_NAME = 100
MAX_PROBLEM = 500


def draw_page(
    page: Page, *, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()
) -> list[Block]:
    """The blocks of a page, 92 at most; none when the page asks for nothing.

    :param values: Filled in instead of what the form was made with, as JSON; those that do not
        fit, or that no input can show, leave what was there.
    :param problems: Said on top, in the order given, by the label of an input where there is one.
        To a submission answer with the `problems` of `read_page` instead, which Slack puts below
        the inputs themselves.
    """
    values = values or {}
    return [*_draw_problems(page, problems), *_draw_questions(page.questions, values)]


def _draw_problems(page: Page, problems: Sequence[Problem]) -> Iterator[Block]:
    if not problems:
        return
    labels = {question.field.name: label_of(question.field) for question in page.questions}
    lines = (
        f"• *{escape(shorten(labels.get(one.field, one.field), MAX_NAME))}*:"
        f" {escape(shorten(one.text, MAX_PROBLEM))}"
        for one in problems
    )
    text = "\n".join([":warning: This does not fit yet:", *lines])
    yield from map(section, islice(split(text), MAX_PROBLEM_BLOCKS))


def _draw_questions(questions: Iterable[Question], values: Mapping[str, Any]) -> Iterator[Block]:
    heading = None
    for question in questions:
        if (new := section_of(question.field)) and new != heading:
            heading = new
            yield header(shorten(new, MAX_HEADING))
        if block := _draw_question(question, values.get(question.field.name, question.value)):
            yield block


def _draw_question(question: Question, value: Any) -> Block | None:
    field, block_id = question.field, question.block_id
    drawn = draw_input(field, value, block_id) if field.fits(value) else None
    return drawn or draw_input(field, question.value, block_id)
