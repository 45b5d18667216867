"""What Rezi tells: that a section was saved. Nothing of its form is documented, so what a sender
may well write is read in every spelling. Source: fact sheet section 6."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..provider.contracts import VendorEvent
from .events import Malformed, Told, identify, ids_only, read_id, read_object, safe_type

TYPES = ("resume.section.saved",)
"""The documented event."""

WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def read(body: bytes, conn_id: str) -> Sequence[Told]:
    """The event of a delivery.

    An id of the event tells it from others. Without one, an equal body is a repeat for some
    minutes and another event later.

    :raises Malformed: it does not say what happened.
    """
    said = read_object(body)
    name = _first(said, "event", "type", "eventType")
    if not isinstance(name, str):
        raise Malformed("there is no event")
    event = VendorEvent(
        vendor="rezi",
        # The guide calls it "Resume Section Saved".
        type=safe_type(".".join(WORD.findall(name)).lower() or name),
        conn_id=conn_id,
        records=_records(said),
    )
    if event.records and (event_id := _event_id(said)):
        return [Told(event, identify(event, event_id, event.records))]
    return [Told(event, identify(event, hashlib.sha256(body).hexdigest()), counts_again=True)]


def _records(said: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    ids = ids_only(
        resume_id=_first(said, "resumeID", "resumeId"), user_id=_first(said, "userID", "userId")
    )
    return [ids] if ids else []


def _event_id(said: Mapping[str, Any]) -> str | None:
    """Only at the top: an id inside `data` may be that of the resume, which is saved again."""
    named = (read_id(said.get(name)) for name in ("id", "eventID", "eventId"))
    return next((known for known in named if known), None)


def _first(said: Mapping[str, Any], *names: str) -> Any:
    """The value under the first of the names that is there, at the top or inside `data`."""
    inside = said.get("data")
    for part in (said, inside if isinstance(inside, Mapping) else {}):
        for name in names:
            if part.get(name):
                return part[name]
    return None
