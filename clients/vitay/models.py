"""What Vitay sends back. The oddities of its answers end here.

Source: API reference 3.7.3, one class per attribute set. Names are the
vendor's; attributes and relationships stand side by side; fields that the
documents do not name are kept.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..fields import Count, Flag, Moment, Number, Text

T = TypeVar("T")


def as_list(value: Any) -> list[Any]:
    """An array as it is, one object as a list of it, nothing as an empty list."""
    if value is None or value == {}:
        return []
    return value if isinstance(value, list) else [value]


def linkage(value: Any) -> Any:
    """A relationship without JSON:API's ``data``, which Vitay leaves out and might add."""
    if isinstance(value, dict) and "data" in value and "id" not in value:
        value = value["data"]
    if isinstance(value, str):
        return {"id": value} if value else None
    return None if value in ({}, []) else value


def _one(value: Any) -> Any:
    return next(iter(_many(value)), None)


def _many(value: Any) -> list[Any]:
    links = map(linkage, as_list(linkage(value)))
    return [link for link in links if link is not None]


class Open(BaseModel):
    """A part of a record; keeps fields that the documents do not name."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class Record(Open):
    """Anything Vitay sends as JSON:API has it."""

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        """Put attributes and relationships side by side; the outer id outweighs an inner one.

        Among the relationships Vitay repeats attributes, which are no links and
        count for less; a link counts for more than an attribute of the same name.
        """
        if not isinstance(value, dict) or "attributes" not in value:
            return value
        outer = dict(value)
        attributes = outer.pop("attributes") or {}
        relationships = outer.pop("relationships", None) or {}
        links = {name: v for name, v in relationships.items() if isinstance(v, (dict, list))}
        return {
            "resource_type": outer.pop("type", None),
            **relationships,
            **attributes,
            **links,
            **outer,
            "id": value.get("id") or attributes.get("id"),
        }


class Link(Open):
    """A pointer to another record. ``filled`` means something only on reference requests."""

    id: Text = None
    type: Text = None
    filled: Flag = None


One = Annotated[Link | None, BeforeValidator(_one)]
Many = Annotated[list[Link], BeforeValidator(_many)]


class Resource(Record):
    """A record with an id; the outer ``type`` is :attr:`resource_type` and only informs."""

    id: str
    resource_type: Text = None


class Reminder(Open):
    """How often a person was reminded, and whether another reminder would be taken."""

    next_scheduled_at: Moment = None
    latest_sent_at: Moment = None
    count: Annotated[int, BeforeValidator(lambda v: v or 0)] = 0
    count_exceeded: Flag = None
    rate_exceeded: Flag = None


_Reminder = Annotated[Reminder, BeforeValidator(lambda v: v or {})]


class ReferenceRequest(Resource):
    """What a candidate was asked for. ``filled``: the candidate has submitted the list."""

    notes: Text = None
    created_at: Moment = None
    min_manager_references: Count = None
    filled: Flag = None
    reminder: _Reminder = Reminder()
    question_set: One = None
    candidate: One = None

    @property
    def is_filled(self) -> bool:
        """Whether the candidate has submitted the list."""
        return bool(self.filled)


class Reference(Resource):
    """A person who was asked about a candidate, and how far they are."""

    email: Text = None
    created_at: Moment = None
    first_name: Text = None
    last_name: Text = None
    phone: Text = None
    country_code: Text = None
    is_active: Flag = None
    is_active_hf: Flag = None
    relationship: Text = None
    permission_share_clients: Flag = None
    contact_type: Text = None
    permission_share_candidate: Flag = None
    language: Text = None
    company_name: Text = None
    is_pending: Flag = None
    filled: Flag = None
    filled_at: Moment = None
    requested_by_id: Text = None
    requested_by: Text = None
    score: Number = None
    reminder: _Reminder = Reminder()
    answer_set: One = None
    question_set: Many = []
    candidate: One = None
    metadatum: One = None

    @property
    def is_filled(self) -> bool:
        """Whether the referee has answered; ``filled_at`` outweighs ``filled``."""
        return self.filled_at is not None or bool(self.filled)


class Candidate(Resource):
    """A person who applied, with the requests and references made for them."""

    internal_id: Text = None
    notes: Text = None
    first_name: Text = None
    last_name: Text = None
    email: Text = None
    country_code: Text = None
    phone: Text = None
    score: Number = None
    references: Many = []
    added_by: One = None
    reference_requests: Many = []
    metadatum: One = None


class QuestionSet(Resource):
    """A questionnaire in one language."""

    title: Text = None
    language: Text = None
    question_set: One = None
    candidate: One = None


class Question(Resource):
    """One question; ``type`` is a letter for the kind of answer. Its text cannot be read."""

    type: Text = None
    category: Text = None
    order: Number = None
    language: Text = None
    question_set: One = None
    candidate: One = None


class Answer(Resource):
    """A referee's answer to one question."""

    question: Text = None
    value: Text = None
    scale: Number = None
    language: Text = None
    category: Text = None
    type: Text = None
    comment: Text = None
    answer_set: One = None


class User(Resource):
    """A login."""

    email: Text = None
    first_name: Text = None
    last_name: Text = None
    phone: Text = None
    country_code: Text = None
    is_active: Flag = None
    identifiable: One = None


class Recruiter(Resource):
    """Somebody of the hiring firm who adds candidates."""

    hiring_firm_id: Text = None
    is_active: Flag = None
    is_active_hf: Flag = None
    created_at: Moment = None
    notifications: Text = None
    is_root: Flag = None
    hiring_firm: One = None
    user: One = None
    candidates: Many = []


class _Figures(Record):
    total_candidates: Number = None
    total_references: Number = None
    completed_references: Number = None
    avg_reference_completion_time: Number = None
    avg_candidates_score: Number = None


class RecruiterAnalytics(Recruiter, _Figures):
    """A recruiter's figures."""


class HiringFirm(Resource):
    """The customer of Vitay."""

    name: Text = None
    logo_url: Text = None


class HiringFirmAnalytics(Resource, _Figures):
    """A firm's figures. The series come in two forms and are passed on as they are."""

    candidate_count_by_date: Any = None
    reference_count_by_date: Any = None
    top_recruiters: Annotated[list[dict[str, Any]], BeforeValidator(as_list)] = []


class Profile(Resource):
    """A candidate's public profile."""

    title: Text = None
    bio: Text = None
    job_title: Text = None
    street_address: Text = None
    city: Text = None
    province: Text = None
    is_active: Flag = None
    created_at: Moment = None
    updated_at: Moment = None
    public_profile_url: Text = None
    industry: Text = None
    picture_url: Text = None
    has_user: Flag = None
    user: One = None
    experiences: Many = []
    educations: Many = []


class Activity(Resource):
    """A line of the audit log."""

    trackable_type: Text = None
    trackable_id: Text = None
    owner_type: Text = None
    owner_id: Text = None
    recipient_type: Text = None
    recipient_id: Text = None
    key: Text = None
    parameters: Any = None
    created_at: Moment = None
    updated_at: Moment = None
    trackable: One = None
    owner: One = None
    recipient: One = None


class Metadatum(Resource):
    """The browser and address from which a public form was submitted."""

    identifiable: One = None
    ip_address: Text = None
    browser: Text = None
    browser_version: Text = None
    os: Text = None
    os_version: Text = None
    user_agent: Text = None
    created_at: Moment = None
    updated_at: Moment = None


class Sent(Record):
    """The answer to a reminder."""

    detail: Text = None


class Session(Record):
    """A login's token."""

    token: str = Field(repr=False)


class PasswordReset(Record):
    """The answer to a password reset, whichever of its three forms came."""

    key: Annotated[Text, Field(repr=False)] = None
    email: Text = None
    token: Annotated[Text, Field(repr=False)] = None


class Pagination(Record):
    """Where in an index a page is."""

    current_page: Annotated[int, BeforeValidator(lambda v: v or 1)] = 1
    total_pages: Annotated[int, BeforeValidator(lambda v: v or 1)] = 1
    total_entries: Count = None
    page_size: Count = None


class Page(Record, Generic[T]):
    """One page of an index. Without ``pagination`` it is the whole index."""

    items: Annotated[list[T], BeforeValidator(as_list)] = Field(validation_alias="data")
    pagination: Annotated[Pagination, BeforeValidator(lambda v: v or {})] = Pagination()
