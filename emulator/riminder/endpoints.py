"""Riminder's 19 endpoints: what each is asked, does and answers, in the order of its reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..world import Refused
from .intake import require_resume
from .reading import (
    SENIORITIES,
    bad,
    read_choice,
    read_moment,
    read_pairs,
    read_rating,
    read_source_ids,
    read_stage,
    read_structured,
    read_text,
    read_training,
    read_whole_number,
    require_moment,
    require_text,
)
from .records import JSON, TEAM, WEBHOOK_ID, Document, Filter, Profile, Source, Store
from .settings import RiminderSettings
from .shapes import Shapes, count_pages
from .uploads import EXTENSIONS, Upload, find_extension
from .webhooks import MESSAGES

if TYPE_CHECKING:
    from starlette.requests import Request

    from . import Riminder

Answered = JSON | list[JSON]

DEFAULT_LIMIT = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to an endpoint.

    ``values`` are the query of a GET, the parts of a form, or the object of a JSON body.
    """

    riminder: Riminder
    request: Request
    values: Mapping[str, Any]

    @property
    def store(self) -> Store:
        return self.riminder.store

    @property
    def settings(self) -> RiminderSettings:
        return self.riminder.settings

    @property
    def shapes(self) -> Shapes:
        return self.riminder.shapes


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    answer: Callable[[Asked], Answered]
    status: Callable[[RiminderSettings], int]
    """The HTTP status of a success."""
    message: str
    is_form: bool
    for_any_key: bool
    is_experimental: bool


ENDPOINTS: list[Endpoint] = []


def _fine(_settings: RiminderSettings) -> int:
    return 200


def _uploaded(settings: RiminderSettings) -> int:
    return settings.upload_status


def _patched(settings: RiminderSettings) -> int:
    return settings.patch_status


def endpoint(
    method: str,
    path: str,
    *,
    status: Callable[[RiminderSettings], int] = _fine,
    message: str = "ok",
    is_form: bool = False,
    for_any_key: bool = False,
    is_experimental: bool = False,
) -> Callable[[Callable[[Asked], Answered]], Callable[[Asked], Answered]]:
    """Serve a method and path with a function."""

    def register(answer: Callable[[Asked], Answered]) -> Callable[[Asked], Answered]:
        ENDPOINTS.append(
            Endpoint(method, path, answer, status, message, is_form, for_any_key, is_experimental)
        )
        return answer

    return register


# sources and filters


@endpoint("GET", "/sources")
def list_sources(asked: Asked) -> Answered:
    return [asked.shapes.source(each) for each in asked.store.sources.values() if each.is_shared]


@endpoint("GET", "/source")
def show_source(asked: Asked) -> Answered:
    return asked.shapes.source_detail(_find_source(asked), asked.store.profiles)


@endpoint("GET", "/filters")
def list_filters(asked: Asked) -> Answered:
    return [asked.shapes.filter(each) for each in asked.store.filters.values()]


@endpoint("GET", "/filter")
def show_filter(asked: Asked) -> Answered:
    return asked.shapes.filter_detail(_require_filter(asked), asked.store.profiles)


# profiles


@endpoint("POST", "/profile", status=_uploaded, is_form=True)
def upload_profile(asked: Asked) -> Answered:
    source = _find_upload_source(asked)
    reference = _read_new_reference(asked, source)
    training = read_training(asked.values, asked.settings.rating_range)
    tags = read_pairs(asked.values, "profile_tags")
    metadata = read_pairs(asked.values, "profile_metadata", "profile_metadatas")
    received_at = read_moment(asked.values, "timestamp_reception")
    document = _read_document(asked, reference)
    profile = _receive(asked, source, reference, received_at, training, document=document)
    return asked.shapes.uploaded(profile, document, training, tags, metadata)


@endpoint("POST", "/profile/json/check")
def check_structured_profile(asked: Asked) -> Answered:
    return {
        "profile_json": read_structured(asked.values, asked.settings.invalid_profile_status),
        "training_metadata": read_training(asked.values, asked.settings.rating_range),
    }


@endpoint("POST", "/profile/json", status=_uploaded)
def add_structured_profile(asked: Asked) -> Answered:
    source = _find_upload_source(asked)
    reference = _read_new_reference(asked, source)
    structured = read_structured(asked.values, asked.settings.invalid_profile_status)
    training = read_training(asked.values, asked.settings.rating_range)
    received_at = read_moment(asked.values, "timestamp_reception") or read_moment(
        structured, "timestamp_reception"
    )
    profile = _receive(asked, source, reference, received_at, training, structured=structured)
    return {
        "profile_json": structured,
        "training_metadata": training,
        "source_id": source.id,
        "profile_id": profile.id,
    }


@endpoint("GET", "/profiles", message="OK")
def list_profiles(asked: Asked) -> Answered:
    job = _find_filter(asked)
    matching = _take_matching(asked, job)
    return _page(asked, matching, job)


@endpoint("GET", "/profiles/reference", message="OK", is_experimental=True)
def list_profiles_by_reference(asked: Asked) -> Answered:
    reference = require_text(asked.values, "profile_reference")
    if asked.values.get("source_ids"):
        source_ids = {source.id for source in _find_sources(asked)}
    elif asked.values.get("source_id"):
        source_ids = {_find_source(asked).id}
    else:
        source_ids = {source.id for source in asked.store.sources.values() if source.is_shared}
    matching = [
        profile
        for profile in asked.store.profiles
        if profile.reference == reference and profile.source_id in source_ids
    ]
    return _page(asked, matching, None)


@endpoint("GET", "/profile")
def show_profile(asked: Asked) -> Answered:
    return asked.shapes.profile(_find_profile(asked))


@endpoint("GET", "/profile/documents")
def list_documents(asked: Asked) -> Answered:
    profile = _find_profile(asked)
    document = profile.document
    if document is None:
        return []
    here = asked.request.url
    base = f"{here.scheme}://{here.netloc}{asked.riminder.prefix}"
    url = f"{base}/documents/{document.id}/{quote(document.file_name, safe='')}"
    return [asked.shapes.document(document, profile, url)]


@endpoint("GET", "/profile/parsing")
def show_parsing(asked: Asked) -> Answered:
    profile = _find_profile(asked)
    return asked.shapes.parsing(profile, require_resume(profile))


@endpoint("GET", "/profile/enrichment", is_experimental=True)
def show_enrichment(asked: Asked) -> Answered:
    _find_profile(asked)
    return {}


@endpoint("GET", "/profile/scoring")
def list_scores(asked: Asked) -> Answered:
    profile = _find_profile(asked)
    return [asked.shapes.scoring(profile, job) for job in asked.store.open_filters()]


@endpoint("GET", "/profile/revealing")
def explain_score(asked: Asked) -> Answered:
    profile = _find_profile(asked)
    job = _require_filter(asked)
    return asked.shapes.revealing(require_resume(profile), job)


@endpoint("PATCH", "/profile/stage", status=_patched)
def set_stage(asked: Asked) -> Answered:
    profile, job = _find_profile(asked), _require_filter(asked)
    _require_key(asked, "stage")
    stage = read_stage(asked.values)
    asked.riminder.intake.set_stage(profile, job, stage)
    return {**_name_both(profile, job), "stage": stage}


@endpoint("PATCH", "/profile/rating", status=_patched)
def set_rating(asked: Asked) -> Answered:
    profile, job = _find_profile(asked), _require_filter(asked)
    _require_key(asked, "rating")
    rating = read_rating(asked.values, asked.settings.rating_range)
    asked.riminder.intake.set_rating(profile, job, rating)
    return {**_name_both(profile, job), "rating": rating}


@endpoint("DELETE", "/profile/delete")
def delete_profile(asked: Asked) -> Answered:
    profile = _find_profile(asked)
    asked.store.remove_profile(profile)
    return {"profile_id": profile.id, "profile_reference": profile.reference}


# webhooks


@endpoint("POST", "/webhook/check", for_any_key=True)
def check_webhook(asked: Asked) -> Answered:
    read_text(asked.values, "url")
    kind = read_text(asked.values, "type")
    if kind and kind not in MESSAGES:
        raise bad("type", kind)
    if not asked.settings.webhook_integration:
        raise Refused(400, "Bad Request. The webhook integration is off.")
    if asked.settings.webhook_check_delivers:
        asked.riminder.intake.tell(kind or "profile.parse.success")
    webhook = asked.riminder.webhook
    known = {"team_name": TEAM, "webhook_id": WEBHOOK_ID}
    url = webhook.url if webhook else None
    if asked.settings.webhook_check_shape == "v1":
        return {**known, "webhook_url": url}
    return {**known, "url": url, "type": kind or None}


def _find_source(asked: Asked) -> Source:
    return _open_source(asked, "source_id", require_text(asked.values, "source_id"))


def _find_sources(asked: Asked) -> list[Source]:
    return [_open_source(asked, "source_ids", each) for each in read_source_ids(asked.values)]


def _open_source(asked: Asked, field: str, source_id: str) -> Source:
    source = asked.store.sources.get(source_id)
    if source is None:
        raise bad(field, source_id, asked.settings.unknown_id_status)
    if not source.is_shared:
        raise Refused(403, "Forbidden.")
    return source


def _find_upload_source(asked: Asked) -> Source:
    source = _find_source(asked)
    if source.type != "api" or source.archive:
        raise bad("source_id", source.id)
    return source


def _find_profile(asked: Asked) -> Profile:
    """By reference, else by id: where both are sent, the reference counts."""
    source = _find_source(asked)
    if reference := read_text(asked.values, "profile_reference"):
        field, wanted = "profile_reference", reference
        profile = asked.store.profiles.referred_to(source.id, reference)
    else:
        field, wanted = "profile_id", require_text(asked.values, "profile_id")
        profile = asked.store.profiles.get(wanted)
    if profile is None or profile.source_id != source.id:
        raise bad(field, wanted, asked.settings.unknown_id_status)
    return profile


def _find_filter(asked: Asked) -> Filter | None:
    """By reference, else by id; None when neither was sent."""
    if reference := read_text(asked.values, "filter_reference"):
        field, wanted = "filter_reference", reference
        job = asked.store.filter_referred_to(reference)
    elif wanted := read_text(asked.values, "filter_id"):
        field = "filter_id"
        job = asked.store.filters.get(wanted)
    else:
        return None
    if job is None:
        raise bad(field, wanted, asked.settings.unknown_id_status)
    return job


def _require_filter(asked: Asked) -> Filter:
    job = _find_filter(asked)
    if job is None:
        raise bad("filter_id", "missing")
    return job


def _require_key(asked: Asked, name: str) -> None:
    """Null clears, but nothing at all is a mistake."""
    if name not in asked.values:
        raise bad(name, "missing")


def _read_new_reference(asked: Asked, source: Source) -> str | None:
    reference = read_text(asked.values, "profile_reference")
    is_used = reference and asked.store.profiles.referred_to(source.id, reference) is not None
    if is_used and asked.settings.reference_reuse == "refuse":
        raise bad("profile_reference", reference)
    return reference or None


def _read_document(asked: Asked, reference: str | None) -> Document:
    upload = asked.values.get("file")
    if not isinstance(upload, Upload):
        raise bad("file", "missing")
    extension = find_extension(upload, reference or "")
    if asked.settings.refuse_extensions and extension not in EXTENSIONS:
        raise bad("file", f"extension {extension!r}")
    return Document(
        id=f"file{asked.riminder.world.new_id()}",
        file_name=upload.file_name,
        extension=extension,
        media_type=upload.media_type,
        content=upload.content,
    )


def _receive(
    asked: Asked,
    source: Source,
    reference: str | None,
    received_at: datetime | None,
    training: list[JSON],
    *,
    document: Document | None = None,
    structured: JSON | None = None,
) -> Profile:
    now = asked.riminder.world.now()
    profile = Profile(
        id=asked.riminder.new_id(),
        reference=reference,
        source_id=source.id,
        received_at=received_at or now,
        created_at=now,
        document=document,
        structured=structured,
    )
    asked.riminder.intake.receive(profile, training)
    return profile


def _take_matching(asked: Asked, job: Filter | None) -> Sequence[Profile]:
    """The profiles a list is asked for, in its order."""
    values, settings = asked.values, asked.settings
    source_ids = {source.id for source in _find_sources(asked)}
    start, end = require_moment(values, "date_start"), require_moment(values, "date_end")
    seniority = read_choice(values, "seniority", SENIORITIES, "all")
    sort_by = read_choice(values, "sort_by", ("reception", "ranking"), "reception")
    is_descending = read_choice(values, "order_by", ("desc", "asc"), "desc") == "desc"
    stage, rating = read_stage(values), read_rating(values, settings.rating_range)

    matching = [
        profile
        for profile in asked.store.profiles.received_between(start, end)
        if profile.source_id in source_ids
        and (seniority == "all" or (profile.resume and profile.resume.seniority == seniority))
    ]
    if is_descending:
        matching.reverse()
    if job is None:
        return matching
    if stage:
        matching = [each for each in matching if each.feedback_on(job).stage == stage]
    if rating is not None:
        matching = [each for each in matching if each.feedback_on(job).rating == rating]
    if sort_by == "ranking":
        matching.sort(key=lambda each: each.scores.get(job.id, -1), reverse=is_descending)
    return matching


def _page(asked: Asked, matching: Sequence[Profile], job: Filter | None) -> JSON:
    page = _read_from_one(asked, "page", 1)
    limit = _read_from_one(asked, "limit", DEFAULT_LIMIT)
    if limit > asked.settings.largest_page:
        raise bad("limit", limit)
    first = (page - 1) * limit
    sources = asked.store.sources
    return {
        "page": page,
        "maxPage": count_pages(len(matching), limit),
        "count_profiles": len(matching),
        "profiles": [
            asked.shapes.listed(profile, sources[profile.source_id], job)
            for profile in matching[first : first + limit]
        ],
    }


def _read_from_one(asked: Asked, name: str, default: int) -> int:
    number = read_whole_number(asked.values, name)
    if number is None:
        return default
    if number < 1:
        raise bad(name, number)
    return number


def _name_both(profile: Profile, job: Filter) -> JSON:
    return {
        "profile_id": profile.id,
        "profile_reference": profile.reference,
        "filter_id": job.id,
        "filter_reference": job.reference,
    }
