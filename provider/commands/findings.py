"""What `talent doctor` finds, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["works", "broken", "warning", "absent"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what the doctor says: what is wrong, and what to do about it."""

    state: State
    subject: str
    text: str
