"""What the doctor looks at for the receiver of webhooks: its settings, and whether anybody listens.
Nothing is sent or started."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from ..airflow_api import AirflowApi
from .findings import Finding

SUBJECT = "webhooks"
BEGINNING = "on:"


def look_at_webhook_settings(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Whether the receiver would start, as far as that can be seen without starting it."""
    if not _is_set(environment):
        yield Finding("absent", SUBJECT, "no TALENT_WEBHOOK_… is set")
        return
    from ...services.settings import SettingsError
    from ...webhooks.settings import read_settings

    try:
        settings = read_settings()
    except SettingsError as error:
        yield Finding("broken", SUBJECT, str(error))
        return
    if problem := _find_folder_problem(settings.talent_webhook_folder):
        yield Finding("broken", "TALENT_WEBHOOK_FOLDER", problem)
        return
    vendors = ", ".join(
        vendor
        for vendor in ("vitay", "rezi", "riminder")
        if getattr(settings, f"talent_webhook_{vendor}")
    )
    yield Finding("works", SUBJECT, f"the settings are right, {vendors} can deliver")
    if settings.talent_webhook_metrics_port is None:
        yield Finding(
            "warning",
            "TALENT_WEBHOOK_METRICS_PORT",
            "is not set, so /metrics is beside the vendors' paths: set it, or let only those"
            " paths be reached from outside",
        )


def look_at_tags(api: AirflowApi, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Whether DAGs are tagged with events, and whether somebody tells of these.

    :param api: Logged in as the receiver.
    """
    if not _is_set(environment):
        return
    known = api.get("/dagTags", tag_name_pattern=f"{BEGINNING}%", limit=100)["tags"]
    tags = sorted(tag for tag in known if tag.startswith(BEGINNING))
    if not tags:
        what = "no DAG has a tag such as on:vitay:reference.completed, so events start nothing"
        yield Finding("warning", SUBJECT, what)
        return
    yield Finding("works", SUBJECT, f"DAGs are tagged {', '.join(tags)}")
    for tag in tags:
        if problem := _find_tag_problem(tag, environment):
            yield Finding("warning", f"tag {tag}", problem)


def _find_tag_problem(tag: str, environment: Mapping[str, str]) -> str | None:
    from ...webhooks.vendors import TYPES

    _, _, rest = tag.partition(":")
    vendor, _, kind = rest.partition(":")
    if vendor not in TYPES:
        return f"names no vendor that tells of anything: those are {', '.join(sorted(TYPES))}"
    if not any(name.startswith(f"TALENT_WEBHOOK_{vendor.upper()}_") for name in environment):
        return f"waits for {vendor}, which is not set to deliver"
    if kind not in TYPES[vendor]:
        alike = get_close_matches(kind, TYPES[vendor], 1) or sorted(TYPES[vendor])[:1]
        return f"is no event that {vendor} is known to tell of, such as on:{vendor}:{alike[0]}"
    return None


def _find_folder_problem(folder: Path) -> str | None:
    existing = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not existing.is_dir():
        return "names something that is no folder"
    if not os.access(existing, os.W_OK | os.X_OK):
        return "names a folder that cannot be written: give the receiver's account the right to"
    return None


def _is_set(environment: Mapping[str, str]) -> bool:
    return any(name.startswith("TALENT_WEBHOOK_") for name in environment)
