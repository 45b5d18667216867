"""The events Vitay posts: one attempt, unsigned, with the stored fields and no answers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from ..world import format_time
from .records import Reference, ReferenceRequest

Event = Literal["created", "completed", "declined"]

HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}

REFERENCE_FIELDS = (
    "id",
    "first_name",
    "last_name",
    "email",
    "country_code",
    "phone",
    "work_phone",
    "title",
    "company_name",
    "candidate_position",
    "specialty",
    "relationship",
    "language",
    "start_date",
    "end_date",
    "status",
    "filled_at",
    "is_active",
    "is_pending",
    "unresponsive",
    "notes",
    "internal_id",
    "candidate_id",
    "question_set_id",
    "requested_by_id",
    "reference_type",
    "created_at",
    "updated_at",
)
REQUEST_FIELDS = (
    "id",
    "request_type",
    "language",
    "is_manager_only",
    "min_manager_references",
    "scheduled_date",
    "filled_at",
    "is_active",
    "unresponsive",
    "notes",
    "candidate_id",
    "question_set_id",
    "requested_by_id",
    "created_at",
    "updated_at",
)


def reference_event(event: Event, reference: Reference) -> bytes:
    """``created`` or ``completed`` of a reference."""
    updated_at = reference.filled_at or reference.created_at
    status = "completed" if reference.filled else "pending"
    data = _stored(reference, REFERENCE_FIELDS, status=status, updated_at=updated_at)
    return _envelope(event, "Reference", reference.id, data)


def request_event(request: ReferenceRequest) -> bytes:
    """``completed`` of a request: the candidate submitted the list."""
    updated_at = request.filled_at or request.created_at
    data = _stored(request, REQUEST_FIELDS, is_active=True, updated_at=updated_at)
    return _envelope("completed", "ReferenceRequest", request.id, data)


def decline_event(decline_id: str, reference: Reference, comment: str) -> bytes:
    """``declined``: a referee does not want to answer."""
    at = format_time(reference.declined_at)
    data = {
        "id": decline_id,
        "comment": comment,
        "is_declined": True,
        "identifiable_type": "Reference",
        "identifiable_id": reference.id,
        "created_at": at,
        "updated_at": at,
    }
    return _envelope("declined", "Decline", decline_id, data)


def _envelope(event: Event, kind: str, record_id: str, data: dict[str, Any]) -> bytes:
    return json.dumps({"event": event, "type": kind, "id": record_id, "data": data}).encode()


def _stored(record: object, fields: tuple[str, ...], **known: object) -> dict[str, Any]:
    """Every documented field; those the emulator does not keep are null."""
    values = {name: known.get(name, getattr(record, name, None)) for name in fields}
    return {
        name: format_time(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }
