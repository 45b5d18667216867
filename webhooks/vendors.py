"""The vendors that tell, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..assets import find_asset
from ..provider.contracts import VendorEvent
from . import rezi, riminder, vitay

TYPES: Mapping[str, Sequence[str]] = {
    "vitay": vitay.TYPES,
    "riminder": riminder.TYPES,
    "rezi": rezi.TYPES,
}
"""The documented types of events by vendor."""


def asset_uri(event: VendorEvent) -> str | None:
    """The asset that stands for an event; None when none does."""
    asset = find_asset(event.vendor, event.type)
    return asset.uri(event.conn_id) if asset else None
