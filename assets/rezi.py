"""What happens at Rezi. Source: fact sheet section 6."""

from __future__ import annotations

from .vendor_asset import VendorAsset

users_created = VendorAsset("rezi", "users/created", "user.created", ("user_id",))
plans_upgraded = VendorAsset("rezi", "plans/upgraded", "plan.upgraded", ("plan_id", "user_id"))
resumes_created = VendorAsset("rezi", "resumes/created", "resume.created", ("resume_id", "user_id"))
resumes_saved = VendorAsset(
    "rezi",
    "resumes/saved",
    "resume.section.saved",
    ("resume_id", "user_id"),
    watcher="airflow_talent.triggers.rezi.ReziResumesSavedEventTrigger",
)
resumes_scored = VendorAsset("rezi", "resumes/scored", "resume.scored", ("resume_id",))
