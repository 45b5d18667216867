"""The input for a field: the first control of a list that takes the field and can show its value.

What leaving an input empty means stands in its `action_id`, as JSON after the element's type, so
that a submission can be read without knowing what was filled in before: `null` where nothing is
allowed, `""` or `[]` where that was the value, `false` for a box that is not ticked, the file
that was chosen before. Where it stands for nothing, the input must be filled in: a default that
somebody emptied never comes back by itself.
https://docs.slack.dev/reference/block-kit/block-elements
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from math import ceil, floor
from typing import Any

from ..blocks import Block, plain
from ..fields import MOMENT, Field, has_type, type_of
from .choices import MAX_OPTIONS, choices_of, draw_menu, draw_option, items_of, match_choice
from .texts import (
    MAX_TEXT,
    NUMBERS,
    is_numeric,
    kinds_of,
    takes_lines,
    write_number,
    write_text,
)
from .words import bounds_of, hint_of, label_of, placeholder_of

FILE_FORMAT = "slack-file"
MAX_FILES = 10
MAX_ACTION_ID = 255
MAX_NUMBER = 20
"""Digits of a number that an input for numbers can be trusted to show unchanged."""

FILE_ID = re.compile(r"[A-Z][A-Z0-9]+")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
WEB_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
MINUTE = re.compile(r"([01]\d|2[0-3]):[0-5]\d:00", re.ASCII)

LEAST: Mapping[str, Callable[[float], int]] = {
    "minimum": ceil,
    "exclusiveMinimum": lambda bound: floor(bound) + 1,
}
MOST: Mapping[str, Callable[[float], int]] = {
    "maximum": floor,
    "exclusiveMaximum": lambda bound: ceil(bound) - 1,
}
"""The bounds of numbers in JSON Schema, and what they are for whole ones."""

Control = Callable[[Field, Any], Block | None]


def draw_input(field: Field, value: Any, block_id: str) -> Block | None:
    """The input block for a field.

    :param value: Filled in; None also where nothing is.
    :return: None when no input can show the value, so that it must stay as it is.
    """
    if not (value is None or has_type(value, kinds_of(field))):
        return None
    element = next(filter(None, (draw(field, value) for draw in CONTROLS)), None)
    if element is None:
        return None
    emptied = _mean_by_empty(field, value, element)
    element["action_id"] = " ".join([element["type"], *emptied])
    if len(element["action_id"]) > MAX_ACTION_ID:
        return None
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label_of(field)),
        "optional": bool(emptied),
        "element": element,
    }
    hint = hint_of(field, _explain(field, value, element))
    return block | {"hint": hint} if hint else block


def takes_file(field: Field) -> bool:
    """Whether the value is the id of a file in Slack, or a list of such ids."""
    return _file_schema(field) is not None


def file_types(field: Field) -> frozenset[str]:
    """The endings of the files that it takes, such as `pdf`; empty for any."""
    schema = _file_schema(field) or {}
    kinds = schema.get("filetypes") or field.schema.get("filetypes")
    if not isinstance(kinds, list):
        return frozenset()
    return frozenset(str(kind).lstrip(".").lower() for kind in kinds)


def _mean_by_empty(field: Field, value: Any, element: Block) -> list[str]:
    """What an empty input stands for, as JSON; none when it must be filled in."""
    meant: list[Any] = [None, []] if "array" in kinds_of(field) else [None]
    if element["type"] == "checkboxes" and kinds_of(field) == {"boolean"}:
        meant = [False]
    elif value in ("", []) or (value and element["type"] == "file_input"):
        meant = [value]
    return [json.dumps(one) for one in meant if field.fits(one)][:1]


def _explain(field: Field, value: Any, element: Block) -> str:
    match element["type"]:
        case "number_input":
            return bounds_of(field)
        case "datetimepicker":
            return "In your own time zone."
        case "file_input" if value:
            return "Leave it empty to keep the file that was chosen before."
        case "plain_text_input" if takes_lines(field):
            return "One a line."
        case "plain_text_input" if kinds_of(field) <= {"array", "object"}:
            return "As JSON."
        case _:
            return ""


def _file(field: Field, value: Any) -> Block | None:
    schema = _file_schema(field)
    kept = value if isinstance(value, list) else [value] if value else []
    if schema is None or not all(FILE_ID.fullmatch(str(one)) for one in kept):
        return None
    most = int(field.schema.get("maxItems", MAX_FILES)) if "array" in field.types else 1
    element: Block = {"type": "file_input", "max_files": max(1, min(most, MAX_FILES))}
    if kinds := file_types(field):
        element["filetypes"] = sorted(kinds)
    return element


def _file_schema(field: Field) -> Any:
    items = field.schema.get("items")
    schema = items if kinds_of(field) == {"array"} and isinstance(items, dict) else field.schema
    return schema if schema.get("format") == FILE_FORMAT else None


def _tick(field: Field, value: Any) -> Block | None:
    """A single box, for what is yes or no and has a default, or must be agreed to."""
    if kinds_of(field) != {"boolean"} or (value is None and field.fits(None)):
        return None
    yes, no = True, False
    if "null" in field.types or (field.default is None and field.fits(no)):
        return None
    option = draw_option(field, yes)
    ticked = {"initial_options": [option]} if value else {}
    return {"type": "checkboxes", "options": [option]} | ticked


def _choice(field: Field, value: Any) -> Block | None:
    choices = choices_of(field)
    chosen = match_choice(choices, value)
    if not choices or not (chosen or value is None):
        return None
    menu = draw_menu(field, choices, "radio_buttons", "static_select")
    if menu and chosen:
        menu["initial_option"] = draw_option(field, chosen[0])
    return menu


def _choices(field: Field, value: Any) -> Block | None:
    offered = items_of(field)
    if not offered:
        return None
    options = _list_options(field, offered, value or [])
    if options is None:
        return None
    menu = draw_menu(field, offered, "checkboxes", "multi_static_select")
    if menu is None:
        return None
    if options:
        menu["initial_options"] = options
    # JSON Schema counts 3.0 as a whole number, Slack does not.
    most = int(field.schema.get("maxItems", 0))
    if menu["type"] == "multi_static_select" and 0 < most < len(offered):
        menu["max_selected_items"] = most
    return menu


def _list_options(
    field: Field, offered: Sequence[Any], chosen: Sequence[Any]
) -> list[Block] | None:
    """The options for what is chosen; None when something of it is not offered, or is twice."""
    options = [draw_option(field, one) for item in chosen for one in match_choice(offered, item)]
    is_whole = len({option["value"] for option in options}) == len(chosen) <= MAX_OPTIONS
    return options if is_whole else None


def _date(field: Field, value: Any) -> Block | None:
    if not _has_format(field, "date"):
        return None
    return _fill_in({"type": "datepicker"}, "initial_date", value)


def _time(field: Field, value: Any) -> Block | None:
    if not _has_format(field, "time") or (value and not MINUTE.fullmatch(value)):
        return None
    return _fill_in({"type": "timepicker"}, "initial_time", value and value[:5])


def _moment(field: Field, value: Any) -> Block | None:
    if not _has_format(field, "date-time"):
        return None
    seconds = value and read_minute(value)
    if value and not seconds:
        return None
    return _fill_in({"type": "datetimepicker"}, "initial_date_time", seconds)


def read_minute(text: str) -> int | None:
    """Seconds since 1970, when Slack's picker can show them: whole minutes, of ten digits."""
    try:
        moment = datetime.fromisoformat(text) if MOMENT.fullmatch(text) else None
    except ValueError:
        return None
    if moment is None or moment.second or moment.microsecond:
        return None
    seconds = int(moment.timestamp())
    return seconds if len(str(seconds)) == 10 and seconds > 0 else None


def _number(field: Field, value: Any) -> Block | None:
    kinds = kinds_of(field)
    if not is_numeric(kinds):
        return None
    text = None if value is None else write_number(value)
    if text and len(text) > MAX_NUMBER:
        return None
    is_whole = "number" not in kinds
    element: Block = {"type": "number_input", "is_decimal_allowed": not is_whole}
    element |= _bounds(field, is_whole=is_whole)
    return _fill_in(element | _placeholder(field), "initial_value", text)


def _bounds(field: Field, *, is_whole: bool) -> Block:
    """The bounds that Slack checks by itself; it takes the bound of an exclusive one too."""
    least = max(_read_bounds(field, LEAST, is_whole=is_whole), default=None)
    most = min(_read_bounds(field, MOST, is_whole=is_whole), default=None)
    if least is not None and most is not None and least > most:
        return {}
    bounds = {"min_value": least, "max_value": most}
    texts = {key: write_number(bound) for key, bound in bounds.items() if bound is not None}
    return {key: text for key, text in texts.items() if len(text) <= MAX_NUMBER}


def _read_bounds(
    field: Field, rules: Mapping[str, Callable[[float], int]], *, is_whole: bool
) -> list[float]:
    """The bounds of a schema; `exclusiveMinimum` is no number in old drafts of JSON Schema."""
    known = {rule: field.schema.get(rule) for rule in rules}
    return [
        rules[rule](bound) if is_whole else bound
        for rule, bound in known.items()
        if bound is not None and type_of(bound) in NUMBERS
    ]


def _email(field: Field, value: Any) -> Block | None:
    return _line(field, value, "email_text_input", ("email", "idn-email"), EMAIL)


def _address(field: Field, value: Any) -> Block | None:
    return _line(field, value, "url_text_input", ("uri",), WEB_ADDRESS)


def _line(
    field: Field, value: Any, kind: str, formats: Collection[str], shape: re.Pattern[str]
) -> Block | None:
    """An input that Slack checks itself, more strictly than Airflow does."""
    if not any(_has_format(field, name) for name in formats):
        return None
    if value and not (len(value) <= MAX_TEXT and shape.fullmatch(value)):
        return None
    return _fill_in({"type": kind} | _placeholder(field), "initial_value", value)


def _text(field: Field, value: Any) -> Block | None:
    is_empty = value in (None, "", [])
    text = None if is_empty else write_text(field, value)
    if text is None and not is_empty:
        return None
    element: Block = {"type": "plain_text_input", "multiline": _is_long(field, text or "")}
    return _fill_in(element | _lengths(field) | _placeholder(field), "initial_value", text)


def _is_long(field: Field, text: str) -> bool:
    kinds = kinds_of(field)
    return bool(kinds & {"array", "object"}) or _has_format(field, "multiline") or "\n" in text


def _lengths(field: Field) -> Block:
    """The lengths that Slack checks by itself."""
    if kinds_of(field) != {"string"}:
        return {}
    least = int(field.schema.get("minLength", 0))
    most = int(field.schema.get("maxLength", MAX_TEXT))
    if least > most:
        return {}
    lengths = {"min_length": least} if least else {}
    return lengths | ({"max_length": most} if 0 < most < MAX_TEXT else {})


def _has_format(field: Field, name: str) -> bool:
    return kinds_of(field) == {"string"} and field.schema.get("format") == name


def _placeholder(field: Field) -> Block:
    placeholder = placeholder_of(field)
    return {"placeholder": placeholder} if placeholder else {}


def _fill_in(element: Block, key: str, value: Any) -> Block:
    return element | {key: value} if value else element


CONTROLS: Sequence[Control] = (
    _file,
    _tick,
    _choice,
    _choices,
    _date,
    _time,
    _moment,
    _number,
    _email,
    _address,
    _text,
)
