"""The vendors that tell, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping

from ..provider.contracts import VendorEvent
from . import rezi, riminder, vitay

TYPES: Mapping[str, Mapping[str, str | None]] = {
    "vitay": vitay.TYPES,
    "riminder": riminder.TYPES,
    "rezi": rezi.TYPES,
}
"""The documented types of events by vendor, and the path of the asset for each, where one is."""


def asset_uri(event: VendorEvent) -> str | None:
    """The asset that stands for an event; None when none does."""
    path = TYPES[event.vendor].get(event.type)
    return f"{event.vendor}://{event.conn_id}/{path}" if path else None
