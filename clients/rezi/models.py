"""What Rezi sends back. The ways in which it says one thing end here.

Only the answers of three calls are documented; every field but an id is
optional, and fields that the documents do not name are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from ..fields import Count, Moment, Number, Text


class Record(BaseModel):
    """Anything Rezi sends; keeps fields that the documents do not name."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True, populate_by_name=True)


class User(Record):
    """A person who writes resumes."""

    id: str = Field(min_length=1, validation_alias=AliasChoices("userID", "userId", "id", "uid"))
    email: Text = None
    created_at: Moment = Field(default=None, validation_alias="createdAt")
    plan_id: Text = Field(default=None, validation_alias="planId")


class Resume(Record):
    """A resume, or a summary of one. ``data`` holds the sections as free JSON."""

    id: str = Field(min_length=1, validation_alias=AliasChoices("resumeID", "resumeId", "id"))
    name: Text = None
    job_title: Text = Field(default=None, validation_alias="jobTitle")
    updated_at: Moment = Field(default=None, validation_alias="updatedAt")
    data: Mapping[str, Any] | None = None


class Score(Record):
    """How good Rezi finds a resume, probably 0 to 100; None while there is no score."""

    score: Number = None


class UserToken(Record):
    """Signs one person in to the web application for less than an hour; no API credential."""

    user_id: Text = Field(default=None, validation_alias=AliasChoices("userID", "userId"))
    token: str = Field(min_length=1, repr=False)


class AccessToken(Record):
    """A short-lived API credential. How it says when it ends is read by ``read_expiry``."""

    access_token: str = Field(min_length=1, repr=False)


class Upgrade(Record):
    """A plan that was bought. Times are Unix seconds; one for life may have no end.

    ``status`` is the subscription's, as ``active``.
    """

    plan_id: Text = None
    status: Text = None
    created: Count = None
    current_period_start: Count = None
    current_period_end: Count = None
