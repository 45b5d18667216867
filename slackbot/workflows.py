"""What was typed for a workflow's fields, read in the types that its DAG wants.

Defaults are left to Airflow. Whether a value fits is asked of its field (`fields.py`), as forms do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ..provider.contracts import SLACK_CONF
from .command import is_quoted, read_list, read_scalar, write_command
from .fields import Field, Problem, read_fields, read_json, read_moment, read_number

__all__ = [
    "Field",
    "Problem",
    "ValuesRefused",
    "check_values",
    "find_nearest",
    "read_fields",
    "write_example",
]

TRUE_WORDS = frozenset({"true", "yes", "y", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "n", "off", "0"})


class ValuesRefused(Exception):
    """The values do not fit.

    :param problems: All of them, in the order of the workflow's fields.
    :param example: A command line that would fit, to copy and change.
    :param values: Those that do fit.
    :param is_incomplete: Nothing is wrong with what was typed, it is only not enough.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        example: str,
        values: Mapping[str, Any],
        *,
        is_incomplete: bool,
    ) -> None:
        super().__init__("the values do not fit")
        self.problems = tuple(problems)
        self.example = example
        self.values = dict(values)
        self.is_incomplete = is_incomplete


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
    # What a run's conf says under this name is written by the bot alone.
    known = {field.name: field for field in fields if field.name != SLACK_CONF}
    texts: dict[str, list[str]] = {}
    for name, text in typed:
        texts.setdefault(name, []).append(text)

    values: dict[str, Any] = {}
    problems = [_unknown(name, known) for name in texts if name not in known]
    for field in known.values():
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
        raise ValuesRefused(
            problems,
            write_example(workflow, tuple(known.values()), good, wrong),
            values,
            is_incomplete=wrong.isdisjoint(texts),
        )
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
        if misfit := field.find_misfit(value):
            raise ValueError(misfit)
        return value
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
            return _read_object(text)
        case "string":
            return _read_string(field, read_scalar(text), timezone)
        case _ if is_quoted(text) and "string" in field.types:
            raise ValueError
        case "null":
            return _read_word(text, {"": None, "null": None, "none": None})
        case "boolean":
            words = dict.fromkeys(TRUE_WORDS, True) | dict.fromkeys(FALSE_WORDS, False)
            return _read_word(text, words)
        case _:
            return read_number(read_scalar(text), is_whole=kind == "integer")


def _read_word(text: str, meanings: Mapping[str, Any]) -> Any:
    word = read_scalar(text).lower()
    if word not in meanings:
        raise ValueError
    return meanings[word]


def _read_array(field: Field, texts: Sequence[str]) -> list[Any]:
    if len(texts) == 1 and texts[0].startswith("["):
        return list(read_json(texts[0]))
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


def _read_object(text: str) -> dict[str, Any]:
    value = read_json(text)
    if not isinstance(value, dict):
        raise ValueError
    return value


def _read_string(field: Field, text: str, timezone: str) -> str:
    for choice in field.schema.get("enum") or ():
        if isinstance(choice, str) and choice.casefold() == text.casefold():
            return choice
    return read_moment(text, timezone) if field.schema.get("format") == "date-time" else text
