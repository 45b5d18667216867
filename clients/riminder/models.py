"""What Riminder sends back. The oddities of its answers end here.

Source: fact sheet sections 4 to 7. Names are the vendor's; fields that the
documents do not name are kept. PHP writes an empty object as ``[]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from ..fields import Count, Flag, Number, read_text


def none_for_empty(value: Any) -> Any:
    """None for an empty array, object or text."""
    return None if value in ([], {}, "") else value


def read_moment(value: Any) -> Any:
    """An instant, in UTC, from a wall time with its zone apart or from Unix seconds."""
    if isinstance(value, Mapping) and value.get("date"):
        wall, zone = str(value["date"]), str(value.get("timezone") or "UTC")
        if zone.startswith(("+", "-")):
            return datetime.fromisoformat(f"{wall}{zone}").astimezone(UTC)
        return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return none_for_empty(value)


def _empty_list_for_none(value: Any) -> Any:
    return [] if value in (None, {}) else value


def _merge(value: Any) -> Any:
    """One object for an array of them; where several have a list, the lists are joined."""
    merged: dict[str, Any] = {}
    for part in value if isinstance(value, list) else [value or {}]:
        for name, content in part.items():
            before = merged.get(name)
            is_joined = isinstance(before, list) and isinstance(content, list)
            merged[name] = before + content if is_joined else content
    return merged


Moment = Annotated[datetime | None, BeforeValidator(read_moment)]
Text = Annotated[str | None, BeforeValidator(lambda value: read_text(none_for_empty(value)))]
Texts = Annotated[list[str], BeforeValidator(_empty_list_for_none)]


class Record(BaseModel):
    """Anything Riminder sends; keeps fields that the documents do not name."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class Source(Record):
    """Where profiles come in; only those of the type ``api`` take uploads."""

    source_id: str = Field(validation_alias=AliasChoices("source_id", "_id"))
    name: Text = None
    type: Text = None
    archive: Flag = None
    count_source: Count = None
    date_creation: Moment = None


class Template(Record):
    """What a filter was made from; ``Neutral`` scores by meaning, others by prediction."""

    name: Text = None


_Template = Annotated[Template | None, BeforeValidator(none_for_empty)]


class Stages(Record):
    """How many profiles are at each stage of a filter."""

    count_yes: Count = None
    count_later: Count = None
    count_no: Count = None


class Filter(Record):
    """A job-like search template that profiles are scored against; the list shows a part of it."""

    filter_id: str
    filter_reference: Text = None
    name: Text = None
    description: Text = None
    score_threshold: Number = None
    template: _Template = Field(None, validation_alias=AliasChoices("template", "filter"))
    seniority: Text = None
    skills: Texts = []
    countries: Texts = []
    stages: Annotated[Stages | None, BeforeValidator(none_for_empty)] = None
    archive: Flag = None
    date_creation: Moment = None


Rows = Annotated[list[dict[str, Any]], BeforeValidator(_empty_list_for_none)]


class UploadedFile(Record):
    """A file that was received. The vendor says nothing of a profile id here."""

    profile_reference: Text = None
    file_id: Text = None
    file_name: Text = None
    file_size: Count = None
    extension: Text = None
    date_reception: Moment = None
    training_metadata: Rows = []
    profile_tags: Rows = []
    profile_metadata: Rows = Field(
        [], validation_alias=AliasChoices("profile_metadata", "profile_metadatas")
    )


class StructuredProfile(Record):
    """A profile that was sent as JSON, as the vendor understood it; a check gives it no ids."""

    profile_json: Annotated[dict[str, Any], BeforeValidator(lambda value: value or {})] = {}
    training_metadata: Rows = []
    source_id: Text = None
    profile_id: Text = None


class SourceLink(Record):
    """The source that a profile came in by."""

    source_id: Text = Field(None, validation_alias=AliasChoices("source_id", "_id"))
    name: Text = None
    type: Text = None


class Profile(Record):
    """A person's identity, and in a list with a filter what came of scoring."""

    profile_id: str
    profile_reference: Text = None
    name: Text = None
    email: Text = None
    phone: Text = None
    address: Text = None
    source_id: Text = Field(
        None,
        validation_alias=AliasChoices(
            "source_id", AliasPath("source", "source_id"), AliasPath("source", "_id")
        ),
    )
    date_reception: Moment = None
    date_creation: Moment = None


class ListedProfile(Profile):
    """A line of a search; score, stage and rating are there only when a filter was given."""

    seniority: Text = None
    source: Annotated[SourceLink | None, BeforeValidator(none_for_empty)] = None
    score: Number = None
    stage: Text = None
    rating: Count = None


class ProfilePage(Record):
    """One page of a search; 0 or 1 pages when nothing matches."""

    page: Annotated[int, BeforeValidator(lambda value: value or 1)] = 1
    pages: Annotated[int, BeforeValidator(lambda value: value or 0)] = Field(
        0, validation_alias="maxPage"
    )
    count_profiles: Count = None
    items: Annotated[list[ListedProfile], BeforeValidator(_empty_list_for_none)] = Field(
        validation_alias="profiles"
    )

    @model_validator(mode="after")
    def _tells_how_many(self) -> Self:
        """A page that does not say whether others follow must not be taken for all."""
        if self.items and not self.pages and self.count_profiles is None:
            raise ValueError("expected maxPage or count_profiles")
        return self


class Document(Record):
    """A file of a profile; ``url`` is downloaded without a key."""

    type: Text = None
    file_name: Text = None
    original_file_name: Text = None
    file_size: Count = None
    extension: Text = None
    url: Text = Field(None, validation_alias=AliasChoices("url", "public_url"), repr=False)
    timestamp: Moment = None


class Station(Record):
    """A job or an education, in the words of the resume."""

    title: Text = None
    description: Text = None
    company: Text = None
    school: Text = None
    location: Text = None
    start_date: Text = None
    end_date: Text = None


_Stations = Annotated[list[Station], BeforeValidator(_empty_list_for_none)]


class Parsing(Record):
    """What was read in a resume, in the shape of 2018 or the one of 2019."""

    hard_skills: Texts = Field(
        [], validation_alias=AliasChoices("hard_skills", AliasPath("skills", "parsed", "all"))
    )
    soft_skills: Texts = []
    languages: Texts = []
    seniority: Text = None
    experiences: _Stations = []
    educations: _Stations = []


class Score(Record):
    """How a profile does for one filter; ``score`` is None until it is known."""

    filter_id: Text = None
    filter_reference: Text = None
    template: _Template = Field(None, validation_alias=AliasChoices("template", "filter"))
    score: Number = None
    stage: Text = None
    rating: Count = None


class Word(Record):
    """A word and what it counted for."""

    word: Text = None
    score: Number = None


_Words = Annotated[list[Word], BeforeValidator(_empty_list_for_none)]


_KnownMoment = Annotated[datetime | None, BeforeValidator(lambda value: read_moment(value or None))]
"""Where the vendor does not know, it writes 0."""


class ExplainedStation(Record):
    """What a job or an education counted for, word by word."""

    start_date: _KnownMoment = Field(None, validation_alias=AliasChoices("startDate", "start_date"))
    end_date: _KnownMoment = Field(None, validation_alias=AliasChoices("endDate", "end_date"))
    score: Number = None
    title: _Words = []
    description: _Words = []
    company: _Words = []
    school: _Words = []


_ExplainedStations = Annotated[list[ExplainedStation], BeforeValidator(_empty_list_for_none)]


class ExplainedProfile(Record):
    """The part of an explanation that is about a person's past."""

    experiences: _ExplainedStations = []
    educations: _ExplainedStations = []


class ExplainedSkills(Record):
    """The part of an explanation that is about skills."""

    hard_skills: _Words = Field([], validation_alias=AliasChoices("hardSkills", "hard_skills"))
    special_skills: _Words = Field(
        [], validation_alias=AliasChoices("specialSkills", "special_skills")
    )
    transversal_skills: _Words = Field(
        [], validation_alias=AliasChoices("transversalSkills", "transversal_skills")
    )
    soft_skills: _Words = Field([], validation_alias=AliasChoices("softSkills", "soft_skills"))


class Explanation(Record):
    """Why a profile scored as it did for one filter; both published shapes become this one."""

    profile: Annotated[ExplainedProfile, BeforeValidator(_merge)] = ExplainedProfile()
    skills: Annotated[ExplainedSkills, BeforeValidator(_merge)] = ExplainedSkills()


class Feedback(Record):
    """A stage or rating as it is now, with both ids and both references."""

    profile_id: Text = None
    profile_reference: Text = None
    filter_id: Text = None
    filter_reference: Text = None
    stage: Text = None
    rating: Count = None


class DeletedProfile(Record):
    """A profile that was deleted."""

    profile_id: Text = None
    profile_reference: Text = None


class WebhookIntegration(Record):
    """The team's webhooks."""

    team_name: Text = None
    webhook_id: Text = None
    webhook_url: Text = Field(None, validation_alias=AliasChoices("webhook_url", "url"))
    type: Text = None
