"""What Slack itself finds wrong with what a person entered, before the app hears of it.

Missing, too long or short, out of bounds, not an address, not the right files. Slack does not
publish the sentences it shows then; these say the same.
Source: https://docs.slack.dev/reference/block-kit/block-elements.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .forms import ENTRIES
from .limits import MAX_INPUT
from .records import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MAX_FILES = 10

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def find_mistakes(blocks: Iterable[Json], state: Json) -> dict[str, str]:
    """Slack's own sentences about what was entered into inputs, by block_id."""
    mistakes: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = state[block["block_id"]][element["action_id"]][ENTRIES[element["type"]].key]
        mistake = _find_mistake(element, value, is_optional=bool(block.get("optional")))
        if mistake:
            mistakes[block["block_id"]] = mistake
    return mistakes


def _find_mistake(element: Json, value: Any, *, is_optional: bool) -> str | None:
    if value in (None, [], ""):
        return None if is_optional else "Please complete this required field."
    check = CHECKS.get(element["type"])
    return check(element, value) if check else None


def _check_text(element: Json, value: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", MAX_INPUT)
    if len(value) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter no more than {most} characters." if len(value) > most else None


def _check_number(element: Json, value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Please enter a number."
    if not number.is_finite():
        return "Please enter a number."
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Please enter a whole number."
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and number < Decimal(least):
        return f"Please enter a number that is {least} or more."
    if most is not None and number > Decimal(most):
        return f"Please enter a number that is {most} or less."
    return None


def _check_email(_: Json, value: str) -> str | None:
    return None if EMAIL.fullmatch(value) else "Please enter a valid e-mail address."


def _check_url(_: Json, value: str) -> str | None:
    try:
        parts = urlsplit(value)
    except ValueError:
        return "Please enter a valid URL."
    is_web = parts.scheme in ("http", "https") and parts.hostname
    return None if is_web and " " not in value else "Please enter a valid URL."


def _check_files(element: Json, files: list[Json]) -> str | None:
    most = element.get("max_files", MAX_FILES)
    if len(files) > most:
        return f"Please choose no more than {most} files."
    wanted = [kind.lower() for kind in element.get("filetypes") or []]
    kinds = [PurePath(file["name"]).suffix.lstrip(".").lower() for file in files]
    if wanted and not set(kinds) <= set(wanted):
        return f"Please choose only files of these types: {', '.join(wanted)}."
    return None


CHECKS: Mapping[str, Callable[[Json, Any], str | None]] = {
    "plain_text_input": _check_text,
    "number_input": _check_number,
    "email_text_input": _check_email,
    "url_text_input": _check_url,
    "file_input": _check_files,
}
