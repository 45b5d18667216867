"""Field types for answers that say one thing in several ways."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

_TRUE = {"true", "1", "yes", "t"}
_FALSE = {"false", "0", "no", "f"}


def read_flag(value: Any) -> bool | None:
    """A boolean from ``true``, ``"true"``, ``1``, ``"1"`` and their opposites; ``""`` is None."""
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if not text:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("expected a boolean")


def read_text(value: Any) -> str | None:
    """Text from text, from a number, or from a boolean as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def blank_to_none(value: Any) -> Any:
    """None for an empty string."""
    return None if isinstance(value, str) and not value.strip() else value


def _assume_utc(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


Flag = Annotated[bool | None, BeforeValidator(read_flag)]
Count = Annotated[int | None, BeforeValidator(blank_to_none)]
Number = Annotated[float | None, BeforeValidator(blank_to_none)]
Moment = Annotated[datetime | None, BeforeValidator(blank_to_none), AfterValidator(_assume_utc)]
"""An ISO 8601 instant; without an offset it is taken as UTC."""
Text = Annotated[str | None, BeforeValidator(read_text)]
