"""What happens at RickRut, which sends no events itself."""

from __future__ import annotations

from .vendor_asset import VendorAsset

applicants_created = VendorAsset(
    "rickrut", "applicants/created", "applicant.created", ("applicant_id", "opening_id")
)
applicants_scored = VendorAsset(
    "rickrut", "applicants/scored", "applicant.scored", ("applicant_id",)
)
