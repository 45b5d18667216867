"""What Vitay tells: plain, unsigned, once. Source: fact sheet section 5.6."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..provider.contracts import VendorEvent
from .events import Malformed, Told, identify, ids_only, read_id, read_object, safe_type

TYPES = (
    "reference.created",
    "reference.completed",
    "reference.declined",
    "reference_request.completed",
)
"""The documented events."""

ID_NAMES: Mapping[str, str] = {"reference": "reference_id", "reference_request": "request_id"}

WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def read(body: bytes, conn_id: str) -> Sequence[Told]:
    """The event of a delivery; a decline is one of the record that was declined.

    Names, addresses and comments are left behind, so whoever acts on it reads the record.

    :raises Malformed: it does not say what happened to which record.
    """
    said = read_object(body)
    inside = said.get("data")
    data = inside if isinstance(inside, Mapping) else {}
    what, kind, told_id = said.get("event"), said.get("type"), read_id(said.get("id"))
    decline_id = None
    if kind == "Decline":
        decline_id = told_id
        kind, told_id = data.get("identifiable_type"), read_id(data.get("identifiable_id"))
    if not (isinstance(what, str) and what and isinstance(kind, str) and kind):
        raise Malformed("event and type must say what happened to what")
    if told_id is None:
        raise Malformed("there is no id of a record")
    record = safe_type(WORD.sub("_", kind).lower())
    ids = {ID_NAMES.get(record, f"{record}_id"): told_id}
    event = VendorEvent(
        vendor="vitay",
        type=safe_type(f"{record}.{what}"),
        conn_id=conn_id,
        records=[ids | ids_only(candidate_id=data.get("candidate_id"))],
    )
    return [Told(event, identify(event, what, kind, told_id, decline_id))]
