"""The values that a workflow takes: what each must be, and whether a given one fits.

Typed commands and forms both end here, so that the same value is taken or refused however it was
entered. The checks are Airflow's own: the same JSON Schema library, draft and format checks, made
before a run is asked for, so that a person reads about all mistakes at once and in plain words.
https://airflow.apache.org/docs/apache-airflow/3.3.2/core-concepts/params.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from math import isfinite
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jsonschema import (  # type: ignore[import-untyped]  # ships no types
    FormatChecker,
    ValidationError,
)
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]
from jsonschema.validators import (  # type: ignore[import-untyped]
    Draft202012Validator,
    validator_for,
)
from referencing import Registry

from .command import write_value

JSON_TYPES: Sequence[tuple[type, str]] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
)

FORMATS = {
    "date": ("a date like 2026-01-31", "2026-01-31"),
    "date-time": ("a date and time like 2026-01-31T09:30", "2026-01-31T09:30"),
    "time": ("a time like 09:30:00", "09:30:00"),
    "duration": ("a duration like P1D or PT2H", "PT2H"),
    "email": ("an e-mail address", "name@example.com"),
    "idn-email": ("an e-mail address", "name@example.com"),
    "uri": ("an address like https://example.com", "https://example.com"),
    "slack-file": ("a file", "F0123456789"),
    "uuid": ("a UUID", "123e4567-e89b-12d3-a456-426614174000"),
}
TYPES = {
    "string": ("a text", "text"),
    "integer": ("a whole number", "1"),
    "number": ("a number", "1.5"),
    "boolean": ("yes or no", "yes"),
    "array": ("a list like a,b", "a,b"),
    "object": ('JSON like {"a": 1}', '{"a": 1}'),
    "null": ("nothing", ""),
}

BOUNDS = {
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "uniqueItems": "a list without anything twice",
    "required": "an object with {}",
    "pattern": "a text that matches {}",
    "const": "{}",
}

MAX_NAMED = 20
"""Choices that are named when something else was entered."""

WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
OFFSET = re.compile(r"FixedTimezone\((-?[0-9]+)\b.*\)")
"""How Airflow's API calls the zone of a DAG that has an offset, in seconds, and no place."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One value that a workflow takes.

    :param default: What Airflow takes when nothing is given; None also stands for no default.
    """

    name: str
    schema: Mapping[str, Any]
    default: Any = None
    description: str | None = None

    @property
    def types(self) -> tuple[str, ...]:
        """The JSON types it may have; without any in the schema, those of its choices or its
        default."""
        given = self.schema.get("type")
        if isinstance(given, str):
            return (given,)
        if isinstance(given, list):
            return tuple(str(one) for one in given)
        if choices := self.schema.get("enum"):
            return tuple(dict.fromkeys(type_of(choice) for choice in choices))
        return ("string",) if self.default is None else (type_of(self.default),)

    @property
    def is_required(self) -> bool:
        """A run without it would be refused."""
        return not self.fits(self.default)

    @property
    def expected(self) -> str:
        """What it must be, in words."""
        if choices := self.schema.get("enum"):
            named = ", ".join(write_value(choice) for choice in choices[:MAX_NAMED])
            more = len(choices) - MAX_NAMED
            return f"one of {named}" + (f" or {more} others" if more > 0 else "")
        if words := FORMATS.get(str(self.schema.get("format"))):
            return words[0]
        return " or ".join(TYPES.get(kind, (kind, ""))[0] for kind in self.types if kind != "null")

    @property
    def sample(self) -> str:
        """A value to copy and change, as it would be typed."""
        if self.default is not None:
            return write_value(self.default)
        for key in ("enum", "examples"):
            if choices := self.schema.get(key):
                return write_value(choices[0])
        if words := FORMATS.get(str(self.schema.get("format"))):
            return words[1]
        if "minimum" in self.schema:
            return write_value(self.schema["minimum"])
        return TYPES.get(self.types[0], ("", "text"))[1]

    def fits(self, value: Any) -> bool:
        """Whether Airflow would take the value."""
        return self.find_misfit(value) is None

    def find_misfit(self, value: Any) -> str | None:
        """Why Airflow would refuse the value, as in "must be 1 or more"; None when it fits."""
        try:
            error = best_match(_load_validator(_freeze(self.schema)).iter_errors(value))
        except Exception:
            # A schema can be wrong in many ways, and the library has an error for each.
            return "cannot be checked: the workflow describes it in a way that cannot be read"
        return None if error is None else _explain(self, error)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was entered; the text goes on after the field's name."""

    field: str
    text: str


def read_fields(params: Mapping[str, Any] | None) -> tuple[Field, ...]:
    """The fields of a DAG, from the `params` of Airflow's `GET /dags/{dag_id}/details`, or of a
    human-in-the-loop task, from those of its `hitlDetails`."""
    return tuple(
        Field(
            name=name,
            schema=param.get("schema") or {},
            default=param.get("value"),
            description=param.get("description"),
        )
        for name, param in (params or {}).items()
    )


def find_problems(fields: Iterable[Field], values: Mapping[str, Any]) -> list[Problem]:
    """What Airflow would say of these JSON values, defaults filled in where there are none."""
    misfits = ((field, _find_problem(field, values)) for field in fields)
    return [Problem(field.name, misfit) for field, misfit in misfits if misfit]


def _find_problem(field: Field, values: Mapping[str, Any]) -> str | None:
    if field.name in values:
        return field.find_misfit(values[field.name])
    return f"is missing, expected {field.expected}" if field.is_required else None


def find_fault(schema: Mapping[str, Any]) -> str | None:
    """Why no value can be checked against a schema, in the first line of the library's words."""
    try:
        best_match(_load_validator(_freeze(schema)).iter_errors(None))
    except Exception as error:
        return str(error).partition("\n")[0] or type(error).__name__
    return None


def type_of(value: Any) -> str:
    """The JSON type of a value."""
    return next((name for kind, name in JSON_TYPES if isinstance(value, kind)), "string")


def has_type(value: Any, types: Collection[str]) -> bool:
    """Whether a value is of one of these JSON types, for which 1.0 is a whole number."""
    is_whole = isinstance(value, float) and value.is_integer()
    kind = "integer" if is_whole else type_of(value)
    return kind in types or (kind == "integer" and "number" in types)


def is_same(one: Any, other: Any) -> bool:
    """Equality as JSON Schema has it: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    return bool(one == other)


def read_number(text: str, *, is_whole: bool) -> int | float:
    """The number that a text writes in the usual way; `1_000`, `inf` and the digits of other
    scripts, which Python would take, are none.

    :raises ValueError: it writes none.
    """
    text = text.strip()
    if WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    if is_whole or not NUMBER.fullmatch(text) or not isfinite(number := float(text)):
        raise ValueError("not a number")
    return number


def read_json(text: str) -> Any:
    """:raises ValueError: it is no JSON, or has numbers that JSON does not have."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_moment(text: str, zone: str) -> str:
    """A date and time as RFC 3339 wants it; left alone when it is so already, or cannot be read.

    :param zone: Of a moment without an offset, as of `find_zone`.
    """
    if MOMENT.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=find_zone(zone))).isoformat()


def find_zone(name: str) -> tzinfo:
    """The time zone that a DAG's `timezone` names in Airflow's API, by place or by offset; UTC when
    there is none of that name."""
    try:
        if fixed := OFFSET.fullmatch(name):
            return timezone(timedelta(seconds=int(fixed[1])))
        return ZoneInfo(name)
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError):
        return ZoneInfo("UTC")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _freeze(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema)


@lru_cache(maxsize=1024)
def _load_validator(schema: str) -> Any:
    """The validator that `jsonschema.validate`, which Airflow calls, would use."""
    loaded = json.loads(schema)
    kind = validator_for(loaded, default=Draft202012Validator)
    kind.check_schema(loaded)
    # An empty registry keeps the library from fetching addresses that a schema refers to.
    return kind(loaded, format_checker=FormatChecker(), registry=Registry())


def _explain(field: Field, error: ValidationError) -> str:
    rule = error.validator
    at = "".join(f"{_name_step(step)} " for step in error.path)
    if rule in BOUNDS:
        bound = error.validator_value
        words = BOUNDS[rule].format(bound if isinstance(bound, str) else write_value(bound))
        return f"{at}must be {_in_singular(words)}"
    if rule in ("type", "format", "enum"):
        here = Field(field.name, error.schema) if error.path else field
        return f"{at}must be {here.expected}"
    # The library's sentence would repeat the value; the rule alone does not.
    return f"{at}does not fit the rule `{rule}`"


def _in_singular(words: str) -> str:
    return re.sub(r"\b1 (character|item)s", r"1 \1", words)


def _name_step(step: str | int) -> str:
    return f"item {step + 1}" if isinstance(step, int) else f"`{step}`"
