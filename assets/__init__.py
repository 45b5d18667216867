"""What happens at the vendors, as assets that DAGs are scheduled on.

>>> from airflow_talent.assets import vitay
>>> vitay.references_filled("vitay_default").uri
'vitay://vitay_default/references/filled'

Light to import: Airflow looks here in every process (see :mod:`.uris`).
"""

from __future__ import annotations

from . import rezi, rezora, rickrut, riminder, vitay
from .vendor_asset import VendorAsset

VENDOR_ASSETS: tuple[VendorAsset, ...] = tuple(
    asset
    for module in (vitay, riminder, rickrut, rezi, rezora)
    for asset in vars(module).values()
    if isinstance(asset, VendorAsset)
)
"""All of them."""


def find_asset(vendor: str, event: str) -> VendorAsset | None:
    """The asset that a type of event belongs to, such as ``reference.completed``; None for none."""
    named = (asset for asset in VENDOR_ASSETS if (asset.vendor, asset.event) == (vendor, event))
    return next(named, None)
