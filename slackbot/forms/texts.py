"""Values as texts that people can change: written as plainly as can be read back.

A text is shown as it is, a list one item a line, everything else as JSON. Where several types are
allowed, a text counts as JSON when that gives one of them and as plain words otherwise, as in
Airflow's own form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..fields import Field, has_type, is_same, read_json, read_moment, read_number
from .choices import label_of_choice

MAX_TEXT = 3000
"""Characters that an input of Slack takes."""

NUMBERS = {"integer", "number"}


def read_text(field: Field, text: str, *, timezone: str = "UTC") -> Any:
    """The value that a text stands for.

    :raises ValueError: with what was expected, as in "must be 1 or more".
    """
    readings = list(_readings(field, text, timezone))
    for value in readings:
        if field.fits(value):
            return value
    misfit = field.find_misfit(readings[0]) if readings else None
    raise ValueError(misfit or f"must be {expected_as_text(field)}")


def write_text(field: Field, value: Any) -> str | None:
    """The plainest text that is read as this value; None when none is, or it is too long."""
    for text in _writings(value):
        if text and len(text) <= MAX_TEXT and _is_read_as(field, text, value):
            return text
    return None


def takes_lines(field: Field) -> bool:
    """Whether a list is entered one item a line."""
    if kinds_of(field) != {"array"} or "prefixItems" in field.schema:
        return False
    items = kinds_of(_item_of(field))
    return items == {"string"} or is_numeric(items)


def kinds_of(field: Field) -> set[str]:
    """The JSON types of a field but null, which is entered by leaving an input empty."""
    return set(field.types) - {"null"}


def is_numeric(kinds: set[str]) -> bool:
    return bool(kinds) and kinds <= NUMBERS


def expected_as_text(field: Field) -> str:
    """What must be entered, in words."""
    kinds = kinds_of(field)
    if kinds == {"array"}:
        return "one item a line" if takes_lines(field) else 'a JSON list like [{"a": 1}, {"a": 2}]'
    return field.expected


def write_number(number: float) -> str:
    """A number without an exponent, in all its digits."""
    is_whole = isinstance(number, int) or number.is_integer()
    return str(int(number)) if is_whole else format(Decimal(repr(number)), "f")


def _readings(field: Field, text: str, timezone: str) -> Iterator[Any]:
    kinds = kinds_of(field)
    folded = text.strip().casefold()
    yield from (
        choice
        for choice in field.schema.get("enum") or ()
        if label_of_choice(field, choice).casefold() == folded
    )
    if is_numeric(kinds):
        yield from _try_number(text, is_whole="number" not in kinds)
    elif kinds != {"string"}:
        yield from _try_json(text, kinds)
    if takes_lines(field):
        yield _read_lines(field, text)
    if "string" in kinds:
        is_moment = field.schema.get("format") == "date-time"
        yield read_moment(text.strip(), timezone) if is_moment else text


def _try_number(text: str, *, is_whole: bool) -> Iterator[float]:
    try:
        yield read_number(text, is_whole=is_whole)
    except ValueError:
        return


def _try_json(text: str, kinds: set[str]) -> Iterator[Any]:
    try:
        value = read_json(text)
    except ValueError:
        return
    if has_type(value, kinds):
        yield value


def _read_lines(field: Field, text: str) -> list[Any]:
    item = _item_of(field)
    return [_read_line(item, line.strip()) for line in text.split("\n") if line.strip()]


def _read_line(item: Field, line: str) -> Any:
    if is_numeric(kinds_of(item)):
        return next(_try_number(line, is_whole="number" not in item.types), line)
    return line


def _item_of(field: Field) -> Field:
    items = field.schema.get("items")
    return Field(field.name, items if isinstance(items, dict) else {})


def _writings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case bool() | None:
            pass
        case int() | float():
            yield write_number(value)
        case list():
            yield "\n".join(item if isinstance(item, str) else json.dumps(item) for item in value)
    yield json.dumps(value, ensure_ascii=False, indent=2)
    yield json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_read_as(field: Field, text: str, value: Any) -> bool:
    try:
        return is_same(read_text(field, text), value)
    except ValueError:
        return False
