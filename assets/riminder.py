"""What happens at Riminder. Source: fact sheet section 7.2."""

from __future__ import annotations

from .vendor_asset import VendorAsset

profiles_added = VendorAsset(
    "riminder", "profiles/added", "profile.added", ("profile_id", "source_id")
)
profiles_parsed = VendorAsset(
    "riminder", "profiles/parsed", "profile.parse.success", ("profile_id",)
)
profiles_scored = VendorAsset(
    "riminder", "profiles/scored", "profile.score.success", ("profile_id", "filter_id")
)
profiles_staged = VendorAsset(
    "riminder", "profiles/staged", "action.stage.success", ("profile_id", "filter_id")
)
profiles_rated = VendorAsset(
    "riminder", "profiles/rated", "action.rating.success", ("profile_id", "filter_id")
)
profiles_deleted = VendorAsset(
    "riminder", "profiles/deleted", "profile.deleted", ("profile_id", "source_id")
)
filters_trained = VendorAsset("riminder", "filters/trained", "filter.train.success", ("filter_id",))
