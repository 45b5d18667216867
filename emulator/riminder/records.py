"""What Riminder keeps: sources, filters and profiles, and the first ones."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Literal

Stage = Literal["NEW", "YES", "LATER", "NO"]
Seniority = Literal["senior", "junior"]
ProfileState = Literal["waiting", "parsed", "unreadable"]
KeyKind = Literal["read_write", "read", "write"]

KEYS: dict[str, KeyKind] = {
    "ask_" + "0" * 32: "read_write",
    "askr_" + "0" * 32: "read",
    "askw_" + "0" * 32: "write",
}
READ_WRITE_KEY, READ_KEY, WRITE_KEY = KEYS
WEBHOOK_SECRET = "wsk_" + "0" * 32
WEBHOOK_ID = "wid_" + "0" * 32
TEAM = "emulator"

API_SOURCE_ID = "50" + "0" * 37 + "1"
MAIL_SOURCE_ID = "50" + "0" * 37 + "2"
ENGINEER_FILTER_ID = "f1" + "0" * 37 + "1"
SALES_FILTER_ID = "f1" + "0" * 37 + "2"
ENGINEER_REFERENCE = "data-engineer"

JSON = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Source:
    id: str
    name: str
    type: str = "api"
    """Only sources of the type ``api`` take uploads."""
    archive: bool = False
    created_at: datetime
    is_shared: bool = True
    """Whether the team may see it; what lies in others is forbidden."""


@dataclass(slots=True, kw_only=True)
class Filter:
    """What a job asks for; variables call it ``job``, since ``filter`` is Python's."""

    id: str
    reference: str | None = None
    name: str
    description: str = ""
    score_threshold: float = 0.5
    template: str | None = "Neutral"
    seniority: str = "all"
    skills: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    archive: bool = False
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An uploaded file."""

    id: str
    file_name: str
    extension: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """An experience or an education: ``place`` is the company or the school."""

    title: str | None = None
    place: str | None = None
    location: str | None = None
    start: str | None = None
    end: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """What the parser understood of a profile."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    location: str | None = None
    summary: str | None = None
    hard_skills: tuple[str, ...] = ()
    soft_skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    seniority: Seniority = "junior"
    experiences: tuple[Station, ...] = ()
    educations: tuple[Station, ...] = ()


@dataclass(slots=True, kw_only=True)
class Feedback:
    """What recruiters said of a profile with respect to one filter; at first that it is new."""

    stage: Stage | None = "NEW"
    rating: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Profile:
    id: str
    reference: str | None
    source_id: str
    received_at: datetime
    created_at: datetime
    document: Document | None = None
    structured: JSON | None = None
    """The profile as the caller structured it, where no file was uploaded."""
    state: ProfileState = "waiting"
    resume: Resume | None = None
    scores: dict[str, float] = field(default_factory=dict)
    """From 0 to 1, by filter id."""
    feedback: dict[str, Feedback] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        return self._known("name")

    @property
    def email(self) -> str | None:
        return self._known("email")

    @property
    def phone(self) -> str | None:
        return self._known("phone")

    def feedback_on(self, job: Filter) -> Feedback:
        """What was said so far; an untouched profile is new and has no rating."""
        return self.feedback.get(job.id) or Feedback()

    def _known(self, what: str) -> str | None:
        known = getattr(self.resume, what) if self.resume else (self.structured or {}).get(what)
        return known or None


class Profiles:
    """All profiles, by id, by reference, and in the order of their reception."""

    def __init__(self) -> None:
        self._by_id: dict[str, Profile] = {}
        self._by_reference: dict[tuple[str, str], list[Profile]] = {}
        self._by_reception: list[Profile] = []

    def __iter__(self) -> Iterator[Profile]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, profile: Profile) -> Profile:
        insort(self._by_reception, profile, key=_reception)
        self._by_id[profile.id] = profile
        if profile.reference:
            key = (profile.source_id, profile.reference)
            self._by_reference.setdefault(key, []).append(profile)
        return profile

    def remove(self, profile: Profile) -> None:
        del self._by_id[profile.id]
        self._by_reception.remove(profile)
        if profile.reference:
            self._by_reference[profile.source_id, profile.reference].remove(profile)

    def get(self, profile_id: str) -> Profile | None:
        return self._by_id.get(profile_id)

    def referred_to(self, source_id: str, reference: str) -> Profile | None:
        """The newest profile of a source with this reference."""
        named = self._by_reference.get((source_id, reference))
        return named[-1] if named else None

    def received_between(self, start: datetime, end: datetime) -> Sequence[Profile]:
        """The first received first, both moments included."""
        first = bisect_left(self._by_reception, start, key=_reception)
        last = bisect_right(self._by_reception, end, key=_reception)
        return self._by_reception[first:last]

    def newest(self, how_many: int) -> Sequence[Profile]:
        return self._by_reception[: -how_many - 1 : -1]


class Store:
    """Everything the emulated Riminder keeps."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.filters: dict[str, Filter] = {}
        self.profiles = Profiles()
        self.documents: dict[str, Document] = {}
        self.old_numbers = count()
        """Of the profiles that were seeded."""

    def add_source(self, source: Source) -> Source:
        self.sources[source.id] = source
        return source

    def add_filter(self, job: Filter) -> Filter:
        self.filters[job.id] = job
        return job

    def add_profile(self, profile: Profile) -> Profile:
        if profile.document:
            self.documents[profile.document.id] = profile.document
        return self.profiles.add(profile)

    def remove_profile(self, profile: Profile) -> None:
        if profile.document:
            del self.documents[profile.document.id]
        self.profiles.remove(profile)

    def filter_referred_to(self, reference: str) -> Filter | None:
        return next((job for job in self.filters.values() if job.reference == reference), None)

    def open_filters(self) -> list[Filter]:
        """Those that profiles are scored for."""
        return [job for job in self.filters.values() if not job.archive]


def make_first_records(store: Store, now: datetime) -> None:
    """A source for uploads and one for mails; a filter with a reference and one without."""
    store.add_source(Source(id=API_SOURCE_ID, name="Careers website", created_at=now))
    store.add_source(Source(id=MAIL_SOURCE_ID, name="Jobs mailbox", type="mail", created_at=now))
    store.add_filter(
        Filter(
            id=ENGINEER_FILTER_ID,
            reference=ENGINEER_REFERENCE,
            name="Data engineer",
            description="Builds and runs data pipelines",
            skills=("python", "sql", "airflow", "docker", "aws"),
            countries=("FR", "DE"),
            created_at=now,
        )
    )
    store.add_filter(
        Filter(
            id=SALES_FILTER_ID,
            name="Sales manager",
            description="Wins customers and keeps them",
            template="Sales",
            seniority="senior",
            skills=("sales", "crm", "negotiation", "english"),
            created_at=now,
        )
    )


def _reception(profile: Profile) -> datetime:
    return profile.received_at
