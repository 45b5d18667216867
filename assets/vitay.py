"""What happens at Vitay. Sources: fact sheet sections 5.2 and 5.6."""

from __future__ import annotations

from .vendor_asset import VendorAsset

candidates_created = VendorAsset(
    "vitay", "candidates/created", "candidate.created", ("candidate_id",)
)
reference_requests_created = VendorAsset(
    "vitay",
    "reference_requests/created",
    "reference_request.created",
    ("request_id", "candidate_id"),
)
reference_requests_filled = VendorAsset(
    "vitay",
    "reference_requests/filled",
    "reference_request.completed",
    ("request_id", "candidate_id"),
)
references_created = VendorAsset(
    "vitay", "references/created", "reference.created", ("reference_id", "candidate_id")
)
references_filled = VendorAsset(
    "vitay",
    "references/filled",
    "reference.completed",
    ("reference_id", "candidate_id"),
    watcher="airflow_talent.triggers.vitay.VitayReferencesFilledEventTrigger",
)
references_declined = VendorAsset(
    "vitay", "references/declined", "reference.declined", ("reference_id", "candidate_id")
)
reports_stored = VendorAsset(
    "vitay", "reports/stored", "report.stored", ("candidate_id", "reference_id")
)
