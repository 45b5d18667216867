"""What the emulated Vitay can be told to be like.

The published facts are of different years and some contradict each other; where that is so, a
setting chooses.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from ..world import VendorSettings
from .records import QUESTION_SET_ID


class VitaySettings(VendorSettings):
    """Settings of the emulated Vitay; the names are those of ``POST /_emulator/settings``."""

    shape: Literal["plain", "literal"] = "plain"
    """``literal`` sends what the documentation prints: truth values as strings, and one object
    instead of a list where a page of seven of the indexes holds exactly one."""
    request_means: Literal["create", "submit"] = "create"
    """What creating a reference request does: ask the candidate for a list, or be the candidate
    who submits it, which completes the request and contacts the references saved so far."""
    default_question_set: str = QUESTION_SET_ID
    """The question set of references that name none."""
    hold_references: bool = False
    """New references wait for an approval (``is_pending``) before anybody is contacted."""
    answers_after_reminder: bool = False
    """With ``auto``, every second referee of a candidate answers only once somebody has sent a
    reminder through the API."""
    texts: bool = True
    """People with a phone on file get a text beside each mail."""

    automatic_reminders: bool = True
    automatic_reminder_count: NonNegativeInt = 3
    reminder_spacing_days: int = Field(default=1, ge=1, le=4)
    skip_weekends: bool = False
    """A reminder that falls on a weekend moves to the Monday after."""
    reminder_cap: NonNegativeInt = 10
    """How many reminders one record may have in all, automatic ones included."""
    reminder_gap_hours: NonNegativeFloat = 12
    """How long after a reminder the next one by hand is refused."""

    rating_scale: Literal[5, 10] = 5
    token_lifetime: PositiveFloat | None = None
    """Seconds of the world's time; None means that tokens do not expire by themselves."""
    lockout_after: PositiveInt = 10
    """Failed logins in a row that lock an account."""
    recruiters_see: Literal["own", "firm"] = "own"
    """Whose candidates a plain recruiter sees; supervisors and roots see all."""
    max_page_size: PositiveInt = 100
    index_order: Literal["oldest_first", "newest_first"] = "oldest_first"
    index_omits: tuple[str, ...] = ()
    """Ids of records that the indexes leave out, though they can be shown."""
