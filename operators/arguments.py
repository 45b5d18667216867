"""Checks of what authors pass: at parse time where it is known, else before anything is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from ..clients.calls import Call, Endpoint

T = TypeVar("T")


class ArgumentInvalid(AirflowFailException, ValueError):
    """An argument cannot be used, neither now nor by trying again."""


def is_template(value: object) -> bool:
    """Whether ``value`` is known only when the task runs."""
    if not isinstance(value, (str, int, float, type(None))):
        return True
    return "{{" in str(value) or "{%" in str(value)


def optional(value: Any) -> str | None:
    """``value`` as text, None when it is empty; a template writes None as ``None``."""
    text = "" if value is None else str(value).strip()
    return None if text in ("", "None") else text


def required(name: str, value: Any) -> str:
    """``value`` as text.

    :raises ArgumentInvalid: it is empty; the text names the argument.
    """
    text = optional(value)
    if text is None:
        raise ArgumentInvalid(f"{name} must not be empty")
    return text


def exactly_one(**given: Any) -> dict[str, str]:
    """The only argument of some that is not empty, under its name.

    :raises ArgumentInvalid: none is given, or several are; names all.
    """
    chosen = {name: text for name, value in given.items() if (text := optional(value))}
    if len(chosen) != 1:
        raise ArgumentInvalid(f"give {' or '.join(given)}, and only one of them")
    return chosen


def check_literal(name: str, value: Any) -> None:
    """Refuse an empty literal when the DAG is parsed; templates are checked when they are rendered.

    :raises ArgumentInvalid: names the argument.
    """
    if not is_template(value):
        required(name, value)


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """``value`` if it is among ``choices`` or a template.

    :raises ArgumentInvalid: names the argument and the choices.
    """
    if value in choices or is_template(value):
        return value
    raise ArgumentInvalid(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def digits(name: str, value: Any) -> str | None:
    """A number written in digits only, None when empty.

    :raises ArgumentInvalid: names the argument and not its value.
    """
    text = optional(value)
    if text is not None and not text.isdecimal():
        raise ArgumentInvalid(f"{name} must be digits only, without + and blanks")
    return text


def whole_number(name: str, value: Any, *, lowest: int, highest: int) -> int:
    """A whole number, also from the text that a template gives.

    :raises ArgumentInvalid: names the argument and its bounds.
    """
    text = str(value).strip()
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise ArgumentInvalid(
            f"{name} must be a whole number from {lowest} to {highest}, got {text!r}"
        )
    return int(text)


def bind(endpoint: Endpoint[..., Any], arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that a call does not take, or that it lacks.

    :raises ArgumentInvalid: names the call and the argument.
    """
    try:
        endpoint.signature.bind(**arguments)
    except TypeError as error:
        raise ArgumentInvalid(f"arguments of {endpoint}: {error}") from None


def make_call(endpoint: Endpoint[..., T], arguments: Mapping[str, Any]) -> Call[T]:
    """The call with its arguments.

    :raises ArgumentInvalid: one of them has a value that the call does not take.
    """
    try:
        return endpoint(**arguments)
    except ValueError as error:
        raise ArgumentInvalid(f"arguments of {endpoint}: {error}") from None


def fingerprint(*parts: str) -> str:
    """A short digest of text that must not stand in a key itself."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
