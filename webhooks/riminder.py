"""What Riminder tells, signed. Source: fact sheet section 7."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from ..clients.riminder.signatures import Event, EventType, SignatureMode, read_events
from ..provider.contracts import VendorEvent
from .events import Told, identify, read_id, safe_type

TYPES: tuple[str, ...] = get_args(EventType)
"""The documented events."""


def read(
    headers: Mapping[str, str], body: bytes, conn_id: str, *, secret: str, mode: SignatureMode
) -> Sequence[Told]:
    """The events of a delivery, once it is known to be Riminder's.

    References are texts that people choose, so they are left behind.

    :raises WebhookRefused: it is not Riminder's, or cannot be read.
    """
    events = read_events(headers, body, secret=secret, mode=mode)
    return [_told(event, conn_id, secret.encode()) for event in events]


def _told(said: Event, conn_id: str, secret: bytes) -> Told:
    names = {
        "profile_id": (said.profile.profile_id, said.profile.profile_reference)
        if said.profile
        else (None, None),
        "filter_id": (said.filter.filter_id, said.filter.filter_reference)
        if said.filter
        else (None, None),
    }
    ids = {name: known for name, (value, _) in names.items() if (known := read_id(value))}
    event = VendorEvent(
        vendor="riminder",
        type=safe_type(said.type),
        conn_id=conn_id,
        records=[ids] if ids else [],
    )
    unnamed = [pair for name, pair in names.items() if name not in ids]
    parts: list[Any] = [said.type, ids, said.stage, said.rating, said.score]
    if any(value for pair in unnamed for value in pair):
        parts.append(_hidden(secret, repr(unnamed)))
    if not said.is_documented:
        # What tells such events apart nobody knows, so all of it counts.
        parts.append(_hidden(secret, said.model_dump_json(exclude={"message"})))
    return Told(event, identify(event, *parts))


def _hidden(secret: bytes, text: str) -> str:
    """Personal text as something that is the same for the same text, and says nothing of it."""
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
