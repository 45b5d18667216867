"""How Vitay shows its records: attributes and relationships by kind, in two modes.

``plain`` is what an API of this sort most likely sends; ``literal`` is what its documentation
prints: every truth value a string, and one object instead of a list where the page has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ..world import format_time
from .records import (
    Activity,
    Answer,
    Candidate,
    HiringFirm,
    Metadatum,
    Question,
    QuestionSet,
    Recruiter,
    Reference,
    ReferenceRequest,
    Reminder,
    Store,
    User,
)

JSON = dict[str, Any]

TYPE_NAMES: dict[type, str] = {
    Activity: "Activity",
    Answer: "Answer",
    Candidate: "Candidate",
    HiringFirm: "HiringFirm",
    Metadatum: "Metadatum",
    Question: "Question",
    QuestionSet: "QuestionSet",
    Recruiter: "Recruiter",
    Reference: "Reference",
    ReferenceRequest: "ReferenceRequest",
    User: "User",
}

ATTRIBUTES: dict[type, tuple[str, ...]] = {
    ReferenceRequest: ("notes", "created_at", "min_manager_references", "filled", "reminder"),
    Reference: (
        "email",
        "created_at",
        "first_name",
        "last_name",
        "phone",
        "country_code",
        "is_active",
        "is_active_hf",
        "relationship",
        "permission_share_clients",
        "contact_type",
        "permission_share_candidate",
        "language",
        "company_name",
        "is_pending",
        "filled",
        "filled_at",
        "requested_by_id",
        "requested_by",
        "score",
        "reminder",
    ),
    Candidate: (
        "internal_id",
        "notes",
        "first_name",
        "last_name",
        "email",
        "country_code",
        "phone",
        "score",
    ),
    QuestionSet: ("title", "language"),
    Question: ("type", "category", "order", "language"),
    Answer: ("question", "value", "scale", "language", "category", "type", "comment"),
    User: ("email", "first_name", "last_name", "phone", "country_code", "is_active"),
    Recruiter: (
        "id",
        "hiring_firm_id",
        "is_active",
        "is_active_hf",
        "created_at",
        "notifications",
        "is_root",
    ),
    HiringFirm: ("name", "logo_url"),
    Activity: (
        "id",
        "trackable_type",
        "trackable_id",
        "owner_type",
        "owner_id",
        "recipient_type",
        "recipient_id",
        "key",
        "parameters",
        "created_at",
        "updated_at",
    ),
    Metadatum: (
        "identifiable",
        "ip_address",
        "browser",
        "browser_version",
        "os",
        "os_version",
        "user_agent",
        "created_at",
        "updated_at",
    ),
}


class Shapes:
    """Shows records as JSON; the limits of reminders stand in what it shows, so it needs them."""

    def __init__(
        self, store: Store, describe_reminder: Callable[[Reminder], tuple[bool, bool]]
    ) -> None:
        self.store = store
        self.describe_reminder = describe_reminder

    def resource(self, record: object, *relationships: str) -> JSON:
        """A record as a resource; with names, only those relationships are shown."""
        kind = type(record)
        shown = self._relationships(record)
        if relationships:
            shown = {name: shown[name] for name in relationships}
        resource: JSON = {
            "type": TYPE_NAMES[kind],
            "id": record.id,  # type: ignore[attr-defined]
            "attributes": {name: self._attribute(record, name) for name in ATTRIBUTES[kind]},
        }
        return {**resource, "relationships": shown} if shown else resource

    def _attribute(self, record: object, name: str) -> Any:
        if compute := _COMPUTED.get((type(record), name)):
            return compute(self, record)
        value = getattr(record, name)
        if isinstance(value, datetime):
            return format_time(value)
        if isinstance(value, Reminder):
            return self.reminder(value)
        return value

    def reminder(self, reminder: Reminder) -> JSON:
        count_exceeded, rate_exceeded = self.describe_reminder(reminder)
        return {
            "next_scheduled_at": format_time(reminder.queue[0] if reminder.queue else None),
            "latest_sent_at": format_time(reminder.latest_sent_at),
            "count": reminder.count,
            "count_exceeded": count_exceeded,
            "rate_exceeded": rate_exceeded,
        }

    def _relationships(self, record: object) -> JSON:
        store = self.store
        match record:
            case Candidate():
                return {
                    "references": _many("Reference", store.references_of(record)),
                    "added_by": {**_one("Recruiter", record.added_by), "filled": None},
                    "reference_requests": [
                        {**_one("ReferenceRequest", request.id), "filled": request.filled}
                        for request in store.requests_of(record)
                    ],
                    "metadatum": _one_or_none("Metadatum", record.metadatum_id),
                }
            case ReferenceRequest():
                return {
                    "question_set": _one("QuestionSet", record.question_set_id),
                    "candidate": _one("Candidate", record.candidate_id),
                }
            case Reference():
                return {
                    "answer_set": _one_or_none("AnswerSet", record.answer_set_id),
                    "question_set": [_one("QuestionSet", record.question_set_id)],
                    "candidate": _one("Candidate", record.candidate_id),
                    "metadatum": _one_or_none("Metadatum", record.metadatum_id),
                }
            case QuestionSet():
                return {
                    "question_set": _one("QuestionSet", record.id),
                    "candidate": None,
                    "questions": _many("Question", store.questions_of(record.id)),
                }
            case Question():
                return {
                    "question_set": _one("QuestionSet", record.question_set_id),
                    "candidate": None,
                }
            case Answer():
                return {"answer_set": _one("AnswerSet", record.answer_set_id)}
            case User():
                return {"identifiable": _one("Recruiter", record.recruiter_id)}
            case Recruiter():
                return {
                    "hiring_firm": _one("HiringFirm", record.hiring_firm_id),
                    "user": _one("User", record.user_id),
                    "candidates": _many("Candidate", store.candidates.seen_by(record.id)),
                }
            case Activity():
                return {
                    "trackable": _one(record.trackable_type, record.trackable_id),
                    "owner": _one("Recruiter", record.owner_id),
                    "recipient": _one_or_none(record.recipient_type or "", record.recipient_id),
                }
            case Metadatum():
                return {"identifiable": _one(record.identifiable_type, record.identifiable_id)}
        return {}


def print_booleans(value: Any) -> Any:
    """The same JSON with its truth values as strings, as the documentation types them."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return {key: print_booleans(item) for key, item in value.items()}
        case list():
            return [print_booleans(item) for item in value]
    return value


def profile_of(candidate: Candidate) -> JSON:
    """The profile of a candidate. No endpoint tells a profile's id, so it has the candidate's."""
    shown_at = format_time(candidate.created_at)
    return {
        "type": "Profile",
        "id": candidate.id,
        "attributes": {
            "id": candidate.id,
            "title": "",
            "bio": "",
            "job_title": "",
            "street_address": "",
            "city": "",
            "province": "",
            "is_active": candidate.is_active,
            "created_at": shown_at,
            "updated_at": shown_at,
            "public_profile_url": None,
            "industry": "",
            "picture_url": None,
            "has_user": False,
        },
        "relationships": {"user": None, "experiences": [], "educations": []},
    }


def percent(score: float) -> int | float:
    """A score with at most one decimal, whole where it is whole."""
    rounded = round(score, 1)
    return int(rounded) if rounded == int(rounded) else rounded


_COMPUTED: dict[tuple[type, str], Callable[[Shapes, Any], Any]] = {
    (ReferenceRequest, "min_manager_references"): lambda _s, r: str(r.min_manager_references),
    (Reference, "is_active_hf"): lambda _s, reference: reference.is_active,
    (Reference, "requested_by"): lambda s, r: s.store.user_of(r.requested_by_id).name,
    (Reference, "score"): lambda _s, reference: str(percent(reference.score)),
    (Candidate, "score"): lambda _s, candidate: percent(candidate.score),
    (Recruiter, "is_active_hf"): lambda _s, recruiter: recruiter.is_active,
    (Recruiter, "is_root"): lambda _s, recruiter: recruiter.role == "root",
    (Activity, "owner_type"): lambda _s, _activity: "Recruiter",
    (Activity, "parameters"): lambda _s, _activity: "{}",
    (Activity, "updated_at"): lambda _s, activity: format_time(activity.created_at),
    (Metadatum, "identifiable"): lambda _s, metadatum: metadatum.identifiable_id,
    (Metadatum, "updated_at"): lambda _s, metadatum: format_time(metadatum.created_at),
}


def _one(kind: str, record_id: str) -> JSON:
    return {"type": kind, "id": record_id}


def _one_or_none(kind: str, record_id: str | None) -> JSON | None:
    return None if record_id is None else _one(kind, record_id)


def _many(kind: str, records: Iterable[Any]) -> list[JSON]:
    return [_one(kind, record.id) for record in records]
