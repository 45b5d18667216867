"""What a workflow takes, read from the params of its DAG, and whether given values fit.

Everything is checked here before a run is made, with the same JSON Schema library and format
checks that Airflow uses, so that a person reads about all mistakes at once and in plain words.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any
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

from ..provider.contracts import SLACK_CONF
from .command import is_quoted, read_list, read_scalar, write_command, write_value

TRUE_WORDS = frozenset({"true", "yes", "y", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "n", "off", "0"})

TYPE_OF_DEFAULT: Sequence[tuple[type, str]] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (list, "array"),
    (dict, "object"),
)

FORMATS = {
    "date": ("a date like 2026-01-31", "2026-01-31"),
    "date-time": ("a date and time like 2026-01-31T09:30", "2026-01-31T09:30"),
    "time": ("a time like 09:30:00", "09:30:00"),
    "email": ("an e-mail address", "name@example.com"),
    "idn-email": ("an e-mail address", "name@example.com"),
    "uri": ("an address like https://example.com", "https://example.com"),
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
    "pattern": "a text that matches {}",
    "const": "{}",
}


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
        """The JSON types it may have; without any in the schema, that of the default."""
        given = self.schema.get("type")
        if isinstance(given, str):
            return (given,)
        if isinstance(given, list):
            return tuple(str(one) for one in given)
        inferred = (name for kind, name in TYPE_OF_DEFAULT if isinstance(self.default, kind))
        return (next(inferred, "string"),)

    @property
    def is_required(self) -> bool:
        """A run without it would be refused."""
        return self.default is None and _find_error(self.schema, None) is not None

    @property
    def expected(self) -> str:
        """What it must be, in words."""
        if choices := self.schema.get("enum"):
            return f"one of {', '.join(write_value(choice) for choice in choices)}"
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


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was typed; the text names the field and what was expected."""

    field: str
    text: str


class ValuesRefused(Exception):
    """The values do not fit.

    :param problems: All of them, in the order of the workflow's fields.
    :param example: A command line that would fit, to copy and change.
    """

    def __init__(self, problems: Sequence[Problem], example: str) -> None:
        super().__init__("the values do not fit")
        self.problems = tuple(problems)
        self.example = example


def read_fields(params: Mapping[str, Any] | None) -> tuple[Field, ...]:
    """The fields of a DAG, from the `params` of Airflow's `GET /dags/{dag_id}/details`."""
    return tuple(
        Field(
            name=name,
            schema=param.get("schema") or {},
            default=param.get("value"),
            description=param.get("description"),
        )
        for name, param in (params or {}).items()
    )


def find_nearest(typed: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    by_folded = {name.casefold(): name for name in names}
    matches = get_close_matches(typed.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[matches[0]] if matches else None


def write_example(
    workflow: str,
    fields: Sequence[Field],
    given: Mapping[str, str] | None = None,
    wrong: Collection[str] = (),
) -> str:
    """A command line with what was given well, and samples for what is required or was wrong."""
    given = given or {}
    values = [
        (field.name, given.get(field.name, field.sample))
        for field in fields
        if field.name in given or field.name in wrong or field.is_required
    ]
    return write_command(workflow, values)


def check_values(
    workflow: str,
    fields: Sequence[Field],
    typed: Sequence[tuple[str, str]],
    *,
    timezone: str = "UTC",
) -> dict[str, Any]:
    """The typed values in the types that the DAG wants, defaults left to Airflow.

    :param typed: Names and texts as `parse_command` found them.
    :param timezone: Of dates with a time that name no offset; the DAG's own.
    :raises ValuesRefused: with everything that is wrong.
    """
    known = {field.name: field for field in fields}
    texts: dict[str, list[str]] = {}
    for name, text in typed:
        texts.setdefault(name, []).append(text)

    values: dict[str, Any] = {}
    problems = [_unknown(name, known) for name in texts if name not in known]
    for field in fields:
        if field.name not in texts:
            if field.is_required:
                what = f": {field.description}" if field.description else ""
                problems.append(Problem(field.name, f"is missing, expected {field.expected}{what}"))
            continue
        try:
            values[field.name] = _read_value(field, texts[field.name], timezone)
        except ValueError as error:
            problems.append(Problem(field.name, str(error)))
    if problems:
        wrong = {problem.field for problem in problems}
        good = {name: text[0] for name, text in texts.items() if name not in wrong}
        raise ValuesRefused(problems, write_example(workflow, fields, good, wrong))
    return values


def _unknown(name: str, known: Mapping[str, Field]) -> Problem:
    if name == SLACK_CONF:
        return Problem(name, "is a reserved name")
    if not known:
        return Problem(name, "is unknown: this workflow takes no values")
    nearest = find_nearest(name, known)
    hint = f"did you mean `{nearest}`?" if nearest else f"it takes {', '.join(known)}"
    return Problem(name, f"is unknown, {hint}")


def _read_value(field: Field, texts: Sequence[str], timezone: str) -> Any:
    """The value of a field; a ValueError says in words what was expected."""
    if len(texts) > 1 and "array" not in field.types:
        raise ValueError("is given more than once")
    for kind in _likely_types(field):
        try:
            value = _read_as(kind, field, texts, timezone)
        except ValueError:
            continue
        error = _find_error(field.schema, value)
        if error is None:
            return value
        raise ValueError(_explain(field, error))
    raise ValueError(f"must be {field.expected}")


def _likely_types(field: Field) -> list[str]:
    """The types to try, the narrow ones first, so that a text is what nothing else takes."""
    narrow = ("null", "boolean", "integer", "number", "array", "object", "string")
    return [kind for kind in narrow if kind in field.types]


def _read_as(kind: str, field: Field, texts: Sequence[str], timezone: str) -> Any:
    text = texts[0]
    match kind:
        case "array":
            return _read_array(field, texts)
        case "object":
            return _read_json(text, dict)
        case "string":
            return _read_string(field, read_scalar(text), timezone)
        case _ if is_quoted(text) and "string" in field.types:
            raise ValueError
        case "null":
            return _read_word(text, {"": None, "null": None, "none": None})
        case "boolean":
            words = dict.fromkeys(TRUE_WORDS, True) | dict.fromkeys(FALSE_WORDS, False)
            return _read_word(text, words)
        case "integer":
            return int(_read_number(text))
        case _:
            return float(_read_number(text))


def _read_word(text: str, meanings: Mapping[str, Any]) -> Any:
    word = read_scalar(text).lower()
    if word not in meanings:
        raise ValueError
    return meanings[word]


def _read_number(text: str) -> str:
    number = read_scalar(text)
    # int() and float() also take "1_000", "inf" and digits of other scripts.
    if not number.isascii() or "_" in number or not any(sign.isdigit() for sign in number):
        raise ValueError
    return number


def _read_array(field: Field, texts: Sequence[str]) -> list[Any]:
    if len(texts) == 1 and texts[0].startswith("["):
        return list(_read_json(texts[0], list))
    schema = field.schema.get("items")
    item = Field(field.name, schema if isinstance(schema, Mapping) else {})
    words = [word for text in texts for word in read_list(text)]
    kinds = [kind for kind in _likely_types(item) if kind not in ("array", "object", "null")]
    return [_read_item(item, word, kinds) for word in words]


def _read_item(item: Field, word: str, kinds: Sequence[str]) -> Any:
    for kind in kinds:
        try:
            return _read_as(kind, item, [word], "UTC") if kind != "string" else word
        except ValueError:
            continue
    return word


def _read_json(text: str, kind: type) -> Any:
    value = json.loads(text)
    if not isinstance(value, kind):
        raise ValueError
    return value


def _read_string(field: Field, text: str, timezone: str) -> str:
    for choice in field.schema.get("enum") or ():
        if isinstance(choice, str) and choice.casefold() == text.casefold():
            return choice
    if field.schema.get("format") == "date-time":
        return _with_offset(text, timezone)
    return text


def _with_offset(text: str, timezone: str) -> str:
    """A date and time as RFC 3339 wants it; left alone when it cannot be read."""
    try:
        moment = datetime.fromisoformat(text)
        zone = ZoneInfo(timezone)
    except (ValueError, ZoneInfoNotFoundError):
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


formats = FormatChecker()


@formats.checks("date", raises=ValueError)  # type: ignore[untyped-decorator]  # jsonschema ships no types
def _is_date(value: object) -> bool:
    """Stricter than the library, which takes `20260131` too."""
    return not isinstance(value, str) or date.fromisoformat(value).isoformat() == value


def _find_error(schema: Mapping[str, Any], value: Any) -> ValidationError | None:
    kind = validator_for(schema, default=Draft202012Validator)
    return best_match(kind(schema, format_checker=formats).iter_errors(value))


def _explain(field: Field, error: ValidationError) -> str:
    rule = error.validator
    at = f"item {error.path[0] + 1} " if error.path and isinstance(error.path[0], int) else ""
    if rule in BOUNDS:
        return f"{at}must be {BOUNDS[rule].format(error.validator_value)}"
    if rule in ("type", "format", "enum"):
        here = Field(field.name, error.schema) if error.path else field
        return f"{at}must be {here.expected}"
    # The library's sentence would repeat the value; the rule alone does not.
    return f"{at}does not fit the rule `{rule}`"
