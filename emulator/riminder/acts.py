"""What machines and people do at Riminder besides its API: routes below ``/_emulator/riminder``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from ..control import act_route
from ..world import Refused
from .records import API_SOURCE_ID, KEYS, Filter, Profile, Resume, Source
from .scoring import score_profile
from .webhooks import MESSAGES

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from . import Riminder

JSON = dict[str, Any]
RecordT = TypeVar("RecordT")

FIRST_NAMES = ("Ada", "Bao", "Chidi", "Dalia", "Emil", "Farah", "Goran", "Hana", "Ines", "Jonas")
LAST_NAMES = ("Okafor", "Lindqvist", "Moreau", "Tanaka", "Novak", "Silva", "Weber")
SEEDED_SKILLS = ("python", "sql", "docker", "sales", "airflow", "crm", "java", "aws", "excel")


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSource(_Wanted):
    """Body of ``POST /sources``; one that is not ``shared`` is forbidden to the team."""

    name: str
    type: str = "api"
    archive: bool = False
    shared: bool = True


class NewFilter(_Wanted):
    """Body of ``POST /filters``."""

    name: str
    reference: str | None = None
    description: str = ""
    score_threshold: float = 0.5
    template: str | None = "Neutral"
    seniority: Literal["all", "senior", "junior"] = "all"
    skills: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    archive: bool = False


class Seed(_Wanted):
    """Body of ``POST /seed``."""

    count: NonNegativeInt
    source_id: str = API_SOURCE_ID


class Event(_Wanted):
    """Body of ``POST /events``: what to tell, of whom, with what value."""

    type: str
    profile_id: str | None = None
    filter_id: str | None = None
    score: float | None = None
    stage: str | None = None
    rating: int | None = None


def act_routes(riminder: Riminder) -> list[BaseRoute]:
    """Parse, fail, score, train, tell; make sources and filters, revoke keys, seed profiles."""

    async def parse(path: dict[str, str], _body: JSON) -> JSON:
        """Parse a profile now, again if it was parsed before; answers when it is done."""
        profile = find_profile(path["id"])
        await riminder.intake.parse(profile)
        return show(profile)

    def fail(path: dict[str, str], _body: JSON) -> JSON:
        """Let the parser give a profile up, whatever the file is."""
        profile = find_profile(path["id"])
        riminder.intake.fail(profile)
        return show(profile)

    def score(path: dict[str, str], body: JSON) -> JSON:
        """Score a parsed profile for a filter, with ``score`` (0 to 1) as told; or for all."""
        profile = find_profile(path["id"])
        if profile.resume is None:
            raise Refused(409, "a profile is parsed before it is scored")
        match body:
            case {"filter_id": str(filter_id), "score": int() | float() as told} if 0 <= told <= 1:
                riminder.intake.score(profile, find_filter(filter_id), float(told))
            case {"filter_id": str(filter_id), **rest} if not rest:
                riminder.intake.score(profile, find_filter(filter_id))
            case {**rest} if not rest:
                for job in riminder.store.open_filters():
                    riminder.intake.score(profile, job)
            case _:
                raise ValueError('score takes {"filter_id", "score": 0 to 1}, or one, or nothing')
        return show(profile)

    def train(path: dict[str, str], _body: JSON) -> JSON:
        """Train a filter with its feedback and score all profiles for it anew."""
        job = find_filter(path["id"])
        riminder.intake.train(job)
        return {"filter_id": job.id}

    def archive_filter(path: dict[str, str], _body: JSON) -> JSON:
        job = find_filter(path["id"])
        job.archive = True
        return {"filter_id": job.id}

    def add_source(_path: dict[str, str], body: JSON) -> JSON:
        wanted = NewSource.model_validate(body)
        source = Source(
            id=riminder.new_id(),
            name=wanted.name,
            type=wanted.type,
            archive=wanted.archive,
            is_shared=wanted.shared,
            created_at=riminder.world.now(),
        )
        return {"source_id": riminder.store.add_source(source).id}

    def add_filter(_path: dict[str, str], body: JSON) -> JSON:
        wanted = NewFilter.model_validate(body)
        if wanted.reference and riminder.store.filter_referred_to(wanted.reference):
            raise Refused(409, f"there is a filter with the reference {wanted.reference}")
        job = Filter(id=riminder.new_id(), created_at=riminder.world.now(), **wanted.model_dump())
        riminder.store.add_filter(job)
        if not job.archive:
            riminder.intake.score_all(job)
        return {"filter_id": job.id}

    def tell(_path: dict[str, str], body: JSON) -> JSON:
        """Send an event, as often as one likes, whether or not it is true."""
        wanted = Event.model_validate(body)
        if wanted.type not in MESSAGES:
            raise ValueError(f"no event {wanted.type!r}; there are {', '.join(MESSAGES)}")
        values = wanted.model_dump(include={"score", "stage", "rating"}, exclude_unset=True)
        profile = find_profile(wanted.profile_id) if wanted.profile_id else None
        job = find_filter(wanted.filter_id) if wanted.filter_id else None
        riminder.intake.tell(wanted.type, profile=profile, job=job, **values)
        return {"type": wanted.type}

    def revoke(path: dict[str, str], _body: JSON) -> JSON:
        """Make a key worthless: ``read_write``, ``read`` or ``write``."""
        kind = path["kind"]
        keys: dict[str, str] = {known: key for key, known in KEYS.items()}
        riminder.keys.pop(_find(keys, kind, "key"), None)
        return {"revoked": kind}

    def seed(_path: dict[str, str], body: JSON) -> JSON:
        wanted = Seed.model_validate(body)
        _find(riminder.store.sources, wanted.source_id, "source")
        add_old_profiles(riminder, wanted.count, wanted.source_id)
        return {"profiles": wanted.count}

    def find_profile(profile_id: str) -> Profile:
        profile = riminder.store.profiles.get(profile_id)
        if profile is None:
            raise Refused(404, f"there is no profile with the id {profile_id}")
        return profile

    def find_filter(filter_id: str) -> Filter:
        return _find(riminder.store.filters, filter_id, "filter")

    def show(profile: Profile) -> JSON:
        scores = {job: riminder.shapes.score(score) for job, score in profile.scores.items()}
        return {"profile_id": profile.id, "state": profile.state, "scores": scores}

    return [
        act_route("/profiles/{id}/parse", parse),
        act_route("/profiles/{id}/fail", fail),
        act_route("/profiles/{id}/score", score),
        act_route("/filters/{id}/train", train),
        act_route("/filters/{id}/archive", archive_filter),
        act_route("/sources", add_source),
        act_route("/filters", add_filter),
        act_route("/events", tell),
        act_route("/keys/{kind}/revoke", revoke),
        act_route("/seed", seed),
    ]


def add_old_profiles(riminder: Riminder, how_many: int, source_id: str) -> None:
    """Parsed and scored profiles without files that nobody was told about.

    They were received a minute apart, the last one a day ago; references are ``old-0``, ``old-1``…
    """
    store, bounds = riminder.store, riminder.settings.rating_range
    newest = riminder.world.now() - timedelta(days=1)
    filters = store.open_filters()
    for place in range(how_many):
        number = next(store.old_numbers)
        at = newest - timedelta(minutes=how_many - place - 1)
        profile = Profile(
            id=riminder.new_id(),
            reference=f"old-{number}",
            source_id=source_id,
            received_at=at,
            created_at=at,
            state="parsed",
            resume=_invent_resume(number),
        )
        profile.scores = {job.id: score_profile(profile, job, bounds) for job in filters}
        store.add_profile(profile)


def _invent_resume(number: int) -> Resume:
    first_name = FIRST_NAMES[number % len(FIRST_NAMES)]
    last_name = LAST_NAMES[number % len(LAST_NAMES)]
    start = number % len(SEEDED_SKILLS)
    return Resume(
        name=f"{first_name} {last_name}",
        email=f"{first_name}.{last_name}.{number}@candidates.test".lower(),
        hard_skills=(SEEDED_SKILLS * 2)[start : start + 4],
        languages=("english",),
        seniority="senior" if number % 3 == 0 else "junior",
    )


def _find(records: Mapping[str, RecordT], record_id: str, kind: str) -> RecordT:
    record = records.get(record_id)
    if record is None:
        raise Refused(404, f"there is no {kind} with the id {record_id}")
    return record
