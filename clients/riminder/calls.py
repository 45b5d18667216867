"""Riminder's 19 documented endpoints, API v1.0.

Each function makes the call and sends nothing. A profile is named by its id or
by its reference, and so is a filter: give exactly one of the two.

References stand in URLs and logs: make them of ids, not of names or addresses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Literal, get_args

from ..calls import Call, Endpoints, sends
from .models import (
    DeletedProfile,
    Document,
    Explanation,
    Feedback,
    Filter,
    Parsing,
    Profile,
    ProfilePage,
    Score,
    Source,
    StructuredProfile,
    UploadedFile,
    WebhookIntegration,
)

endpoint = Endpoints("riminder")

PAGE_SIZE = 1000
"""Profiles to a page; the vendor names no maximum and its own exporter asks for as many."""

Stage = Literal["NEW", "YES", "LATER", "NO"]
Seniority = Literal["all", "senior", "junior"]
SortBy = Literal["reception", "ranking"]
OrderBy = Literal["asc", "desc"]
Time = datetime | int | float | str
"""An instant: Unix seconds, or with a time zone as a datetime or ISO 8601."""

Rows = Sequence[Mapping[str, Any]]


@endpoint("GET", "/sources", effect="read")
def list_sources() -> Call[list[Source]]:
    """List the team's sources."""
    return sends()


@endpoint("GET", "/source", effect="read")
def show_source(source_id: str) -> Call[Source]:
    """Read one source."""
    return sends(query={"source_id": _given("source_id", source_id)})


@endpoint("GET", "/filters", effect="read")
def list_filters() -> Call[list[Filter]]:
    """List the team's filters, without their details."""
    return sends()


@endpoint("GET", "/filter", effect="read")
def show_filter(
    *, filter_id: str | None = None, filter_reference: str | None = None
) -> Call[Filter]:
    """Read one filter with its details."""
    return sends(query=_one_of(filter_id=filter_id, filter_reference=filter_reference))


@endpoint("POST", "/profile", effect="write")
def upload_profile(
    *,
    source_id: str,
    file_name: str,
    content: bytes | IO[bytes],
    media_type: str = "application/pdf",
    profile_reference: str | None = None,
    timestamp_reception: Time | None = None,
    training_metadata: Rows | None = None,
    profile_tags: Rows | None = None,
    profile_metadata: Rows | None = None,
) -> Call[UploadedFile]:
    """Add a resume as a file; it is parsed and scored later.

    The answer names no profile id, so only a ``profile_reference`` finds it again.

    :param source_id: of a source of the type ``api``.
    :param content: bytes, or an open file, which is read while it is sent.
    :param timestamp_reception: when it came in; None means now.
    :param training_metadata: what is known of the profile: rows of
        ``filter_reference``, ``stage``, ``stage_timestamp``, ``rating``, ``rating_timestamp``.
    :param profile_tags: rows of ``name`` and ``value``, as in ``profile_metadata``.
    """
    return sends(
        form={
            "source_id": _given("source_id", source_id),
            "profile_reference": profile_reference or None,
            "timestamp_reception": _seconds_as_text(timestamp_reception),
            "training_metadata": _as_json(_training(training_metadata)),
            "profile_tags": _as_json(profile_tags),
            "profile_metadata": _as_json(profile_metadata),
        },
        files={"file": (file_name, content, media_type)},
    )


@endpoint("POST", "/profile/json/check", effect="read")
def check_profile(
    profile_json: Mapping[str, Any], *, training_metadata: Rows | None = None
) -> Call[StructuredProfile]:
    """Ask whether a structured profile would be accepted; stores nothing."""
    return sends(json=_structured(profile_json, training_metadata))


@endpoint("POST", "/profile/json", effect="write")
def add_profile(
    profile_json: Mapping[str, Any],
    *,
    source_id: str,
    profile_reference: str | None = None,
    timestamp_reception: Time | None = None,
    training_metadata: Rows | None = None,
) -> Call[StructuredProfile]:
    """Add a profile that is structured already.

    :param profile_json: ``name``, ``email``, ``experiences``, ``skills`` and so on;
        fact sheet section 6.2.
    :param training_metadata: as in :func:`upload_profile`.
    """
    optional = {
        "profile_reference": profile_reference or None,
        "timestamp_reception": _seconds(timestamp_reception),
    }
    return sends(
        json={
            "source_id": _given("source_id", source_id),
            **_structured(profile_json, training_metadata),
            **{name: value for name, value in optional.items() if value is not None},
        }
    )


@endpoint("GET", "/profiles", effect="read")
def list_profiles(
    source_ids: Sequence[str],
    *,
    date_start: Time = 0,
    date_end: Time | None = None,
    page: int = 1,
    limit: int = PAGE_SIZE,
    seniority: Seniority = "all",
    filter_id: str | None = None,
    filter_reference: str | None = None,
    stage: Stage | None = None,
    rating: int | None = None,
    sort_by: SortBy | None = None,
    order_by: OrderBy | None = None,
) -> Call[ProfilePage]:
    """Search the profiles of some sources.

    :param date_start: received then or later, as ``date_end`` received then or earlier.
    :param date_end: None means tomorrow, so that no clock hides what has just come in.
    :param filter_id: adds score, stage and rating for this filter, as ``filter_reference``.
    :param stage: of the filter; None means any, as for ``rating``.
    :param sort_by: None means ``ranking`` with a filter, else ``reception``.
    :param order_by: None means the best first by ``ranking``, and the oldest first by
        ``reception``, so that newcomers shift nothing while pages are read.
    """
    if isinstance(source_ids, str) or not source_ids:
        raise ValueError("source_ids must be a list of at least one source id")
    job = _at_most_one_of(filter_id=filter_id, filter_reference=filter_reference)
    sort_by = sort_by or ("ranking" if job else "reception")
    return sends(
        query={
            "source_ids": json.dumps(list(source_ids)),
            "date_start": _seconds(date_start),
            "date_end": _seconds(date_end or datetime.now(UTC) + timedelta(days=1)),
            "page": page,
            "limit": limit,
            "seniority": seniority,
            **job,
            "stage": _stage(stage),
            "rating": rating,
            "sort_by": sort_by,
            "order_by": order_by or ("desc" if sort_by == "ranking" else "asc"),
        }
    )


@endpoint("GET", "/profiles/reference", effect="read")
def query_profiles_by_reference(query: Mapping[str, str]) -> Call[Any]:
    """Experimental: of this endpoint nothing is published but its name; gives what comes back."""
    return sends(query=query)


@endpoint("GET", "/profile", effect="read")
def show_profile(
    source_id: str, *, profile_id: str | None = None, profile_reference: str | None = None
) -> Call[Profile]:
    """Read a profile's identity."""
    return sends(query=_profile(source_id, profile_id, profile_reference))


@endpoint("GET", "/profile/documents", effect="read")
def list_documents(
    source_id: str, *, profile_id: str | None = None, profile_reference: str | None = None
) -> Call[list[Document]]:
    """List a profile's files, with addresses that need no key."""
    return sends(query=_profile(source_id, profile_id, profile_reference))


@endpoint("GET", "/profile/parsing", effect="read")
def show_parsing(
    source_id: str, *, profile_id: str | None = None, profile_reference: str | None = None
) -> Call[Parsing]:
    """Read what was understood of a resume; not found as long as it is not parsed."""
    return sends(query=_profile(source_id, profile_id, profile_reference))


@endpoint("GET", "/profile/enrichment", effect="read")
def query_enrichment(query: Mapping[str, str]) -> Call[Any]:
    """Experimental: of this endpoint nothing is published but its name; gives what comes back."""
    return sends(query=query)


@endpoint("GET", "/profile/scoring", effect="read")
def list_scores(
    source_id: str, *, profile_id: str | None = None, profile_reference: str | None = None
) -> Call[list[Score]]:
    """List a profile's score, stage and rating for every filter."""
    return sends(query=_profile(source_id, profile_id, profile_reference))


@endpoint("GET", "/profile/revealing", effect="read")
def explain_score(
    source_id: str,
    *,
    profile_id: str | None = None,
    profile_reference: str | None = None,
    filter_id: str | None = None,
    filter_reference: str | None = None,
) -> Call[Explanation]:
    """Read why a profile scored as it did for one filter."""
    return sends(
        query={
            **_profile(source_id, profile_id, profile_reference),
            **_one_of(filter_id=filter_id, filter_reference=filter_reference),
        }
    )


@endpoint("PATCH", "/profile/stage", effect="write")
def set_stage(
    source_id: str,
    stage: Stage | None,
    *,
    profile_id: str | None = None,
    profile_reference: str | None = None,
    filter_id: str | None = None,
    filter_reference: str | None = None,
) -> Call[Feedback]:
    """Set the stage of a profile for one filter; None clears it."""
    return sends(
        json={
            **_profile(source_id, profile_id, profile_reference),
            **_one_of(filter_id=filter_id, filter_reference=filter_reference),
            "stage": _stage(stage),
        }
    )


@endpoint("PATCH", "/profile/rating", effect="write")
def set_rating(
    source_id: str,
    rating: int | None,
    *,
    profile_id: str | None = None,
    profile_reference: str | None = None,
    filter_id: str | None = None,
    filter_reference: str | None = None,
) -> Call[Feedback]:
    """Set the rating of a profile for one filter, 1 to 4 by most documents; None clears it."""
    return sends(
        json={
            **_profile(source_id, profile_id, profile_reference),
            **_one_of(filter_id=filter_id, filter_reference=filter_reference),
            "rating": rating,
        }
    )


@endpoint("DELETE", "/profile/delete", effect="delete")
def delete_profile(
    source_id: str, *, profile_id: str | None = None, profile_reference: str | None = None
) -> Call[DeletedProfile]:
    """Delete a profile with its files. The request is not documented beyond its path."""
    return sends(query=_profile(source_id, profile_id, profile_reference))


@endpoint("POST", "/webhook/check", effect="read")
def check_webhook(*, url: str | None = None, type: str | None = None) -> Call[WebhookIntegration]:  # noqa: A002  # the vendor's name
    """Ask whether the team's webhooks are set up.

    :param url: a callback address to ask about, as ``type`` is an event type.
    """
    asked = {"url": url, "type": type}
    return sends(json={name: value for name, value in asked.items() if value is not None})


def _profile(
    source_id: str, profile_id: str | None, profile_reference: str | None
) -> dict[str, str]:
    chosen = _one_of(profile_id=profile_id, profile_reference=profile_reference)
    return {"source_id": _given("source_id", source_id), **chosen}


def _given(name: str, value: str) -> str:
    if not str(value or "").strip():
        raise ValueError(f"{name} must not be empty")
    return value


def _one_of(**names: str | None) -> dict[str, str]:
    chosen = _at_most_one_of(**names)
    if not chosen:
        raise ValueError(f"{' or '.join(names)} must be given")
    return chosen


def _at_most_one_of(**names: str | None) -> dict[str, str]:
    chosen = {name: value for name, value in names.items() if value}
    if len(chosen) > 1:
        raise ValueError(f"{' and '.join(names)} exclude each other; give one of them")
    return chosen


def _stage(stage: str | None) -> str | None:
    if stage is None or stage.upper() in get_args(Stage):
        return stage and stage.upper()
    raise ValueError(f"stage must be one of {', '.join(get_args(Stage))} or None, got {stage!r}")


def _seconds(time: Time | None) -> int | None:
    """Unix seconds."""
    if isinstance(time, str):
        time = _read_time(time)
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise ValueError("a time needs a time zone")
        return int(time.timestamp())
    return None if time is None else int(time)


def _read_time(text: str) -> float | datetime:
    try:
        return float(text)
    except ValueError:
        return datetime.fromisoformat(text)


def _seconds_as_text(time: Time | None) -> str | None:
    return None if time is None else str(_seconds(time))


def _as_json(rows: Rows | None) -> str | None:
    return None if rows is None else json.dumps(list(map(dict, rows)))


TRAINING_KEYS = ("filter_reference", "stage", "stage_timestamp", "rating", "rating_timestamp")
"""The vendor wants every one of these keys, also where there is no value."""


def _training(rows: Rows | None) -> Rows | None:
    if rows is None:
        return None
    for row in rows:
        if not row.get("filter_reference"):
            raise ValueError("every row of training_metadata needs a filter_reference")
    return [
        {**dict.fromkeys(TRAINING_KEYS), **row, "stage": _stage(row.get("stage"))} for row in rows
    ]


def _structured(profile_json: Mapping[str, Any], training_metadata: Rows | None) -> dict[str, Any]:
    if not isinstance(profile_json, Mapping):
        raise ValueError("profile_json must be an object")
    return {"profile_json": profile_json, "training_metadata": _training(training_metadata) or []}
