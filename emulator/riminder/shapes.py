"""How Riminder prints what it keeps, in each of the shapes that were published."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .records import JSON, Document, Filter, Profile, Resume, Source, Station
from .scoring import reveal_weight, skills_in

if TYPE_CHECKING:
    from .settings import RiminderSettings

PARIS = ZoneInfo("Europe/Paris")

YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def date(moment: datetime) -> JSON:
    """A time as PHP prints it: the wall clock of Paris, and the zone apart."""
    return {
        "date": moment.astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "timezone_type": 3,
        "timezone": "Europe/Paris",
    }


def print_empty_objects(value: Any) -> Any:
    """Each empty object as an empty array, as PHP prints it."""
    match value:
        case {}:
            return {key: print_empty_objects(each) for key, each in value.items()} or []
        case list():
            return [print_empty_objects(each) for each in value]
        case _:
            return value


class Shapes:
    """Prints records as the settings say."""

    def __init__(self, settings: RiminderSettings) -> None:
        self.settings = settings

    def source(self, source: Source) -> JSON:
        return {
            self.settings.source_id_key: source.id,
            "name": source.name,
            "type": source.type,
            "archive": source.archive,
            "date_creation": date(source.created_at),
        }

    def source_detail(self, source: Source, profiles: Iterable[Profile]) -> JSON:
        count = sum(profile.source_id == source.id for profile in profiles)
        return {**self.source(source), "count_source": count}

    def filter(self, job: Filter) -> JSON:
        return {
            "filter_id": job.id,
            "filter_reference": job.reference,
            "name": job.name,
            "archive": job.archive,
            "date_creation": date(job.created_at),
        }

    def filter_detail(self, job: Filter, profiles: Iterable[Profile]) -> JSON:
        stages = [profile.feedback_on(job).stage for profile in profiles]
        return {
            **self.filter(job),
            "description": job.description,
            "score_threshold": self._number(job.score_threshold),
            self.settings.filter_detail_key: self._template(job),
            "seniority": job.seniority,
            "skills": list(job.skills),
            "countries": list(job.countries),
            "stages": {
                "count_yes": stages.count("YES"),
                "count_later": stages.count("LATER"),
                "count_no": stages.count("NO"),
            },
        }

    def uploaded(
        self,
        profile: Profile,
        document: Document,
        training: list[JSON],
        tags: list[JSON],
        metadata: list[JSON],
    ) -> JSON:
        return {
            "profile_reference": profile.reference,
            "file_id": document.id,
            "file_name": document.file_name,
            "file_size": self._number(len(document.content)),
            "extension": document.extension,
            "date_reception": date(profile.received_at),
            "training_metadata": training,
            "profile_tags": tags,
            self.settings.metadata_key: metadata,
        }

    def listed(self, profile: Profile, source: Source, job: Filter | None) -> JSON:
        """A line of the list of profiles; what depends on a filter only with one."""
        line = {
            "profile_id": profile.id,
            "profile_reference": profile.reference,
            "name": profile.name,
            "email": profile.email,
            "seniority": profile.resume.seniority if profile.resume else None,
            "date_reception": date(profile.received_at),
            "date_creation": date(profile.created_at),
            "source": {"source_id": source.id, "name": source.name, "type": source.type},
        }
        return {**line, **self._standing(profile, job)} if job else line

    def profile(self, profile: Profile) -> JSON:
        return {
            "profile_id": profile.id,
            "profile_reference": profile.reference,
            "name": profile.name,
            "email": profile.email,
            "phone": profile.phone,
            "address": profile.resume.location if profile.resume else None,
            "source_id": profile.source_id,
            "date_reception": date(profile.received_at),
            "date_creation": date(profile.created_at),
        }

    def document(self, document: Document, profile: Profile, url: str) -> JSON:
        return {
            "type": "resume",
            "file_name": document.file_name,
            "original_file_name": document.file_name,
            "file_size": self._number(len(document.content)),
            "extension": document.extension,
            "url": url,
            "timestamp": int(profile.received_at.timestamp()),
            "source_id": profile.source_id,
        }

    def parsing(self, profile: Profile, resume: Resume) -> JSON:
        """The parsing result of 2018, of the exporter of 2019, or with the keys of both."""
        shape = self.settings.parsing_shape
        both = {
            "languages": list(resume.languages),
            "seniority": resume.seniority,
            "experiences": [_station(each, "company") for each in resume.experiences],
            "educations": [_station(each, "school") for each in resume.educations],
            "date_reception": date(profile.received_at),
            "date_creation": date(profile.created_at),
            "source_id": profile.source_id,
        }
        of_2018 = {
            "hard_skills": list(resume.hard_skills),
            "soft_skills": list(resume.soft_skills),
        }
        of_2019 = {
            "name": resume.name,
            "email": resume.email,
            "phone": resume.phone,
            "location_text": resume.location,
            "summary": resume.summary,
            "skills": {"parsed": {"all": [*resume.hard_skills, *resume.soft_skills]}},
        }
        return {
            **(of_2018 if shape != "2019" else {}),
            **(of_2019 if shape != "2018" else {}),
            **both,
        }

    def scoring(self, profile: Profile, job: Filter) -> JSON:
        return {
            "filter_id": job.id,
            "filter_reference": job.reference,
            "template": self._template(job),
            **self._standing(profile, job),
        }

    def revealing(self, resume: Resume, job: Filter) -> JSON:
        """Why a resume got its score: each word with its weight, all weights as texts."""
        is_go = self.settings.revealing_shape == "arrays"
        profile = {
            "experiences": [
                self._revealed(each, "company", job, is_go=is_go) for each in resume.experiences
            ],
            "educations": [
                self._revealed(each, "school", job, is_go=is_go) for each in resume.educations
            ],
        }
        skills: JSON = {
            "hardSkills": _weigh(resume.hard_skills, job),
            "specialSkills": [],
            "transversalSkills": [],
            "softSkills": _weigh(resume.soft_skills, job),
        }
        if is_go:
            return {"profile": [profile], "skills": [skills]}
        return {"profile": profile, "skills": skills}

    def score(self, score: float | None) -> float | None:
        return None if score is None else round(score * self.settings.score_scale, 4)

    def _standing(self, profile: Profile, job: Filter) -> JSON:
        feedback = profile.feedback_on(job)
        return {
            "score": self.score(profile.scores.get(job.id)),
            "stage": feedback.stage,
            "rating": feedback.rating,
        }

    def _template(self, job: Filter) -> JSON:
        return {"name": job.template} if job.template else {}

    def _number(self, number: float) -> float | str:
        return str(number) if self.settings.numbers == "text" else number

    def _revealed(self, station: Station, place: str, job: Filter, *, is_go: bool) -> JSON:
        start, end = _start_of(station.start), _start_of(station.end)
        told = " ".join(filter(None, (station.title, station.description)))
        wanted = skills_in(told, job)
        share = len(wanted) / len(job.skills) if job.skills else 0
        dates: JSON = (
            {"start_date": date(start), "end_date": date(end)}
            if is_go
            else {"startDate": int(start.timestamp()), "endDate": int(end.timestamp())}
        )
        return {
            **dates,
            "score": f"{share:.2f}",
            "title": _weigh(_words(station.title), job),
            "description": _weigh(_words(station.description), job),
            place: _weigh(_words(station.place), job),
        }


def count_pages(count: int, limit: int) -> int:
    return math.ceil(count / limit)


def _station(station: Station, place: str) -> JSON:
    return {
        "title": station.title,
        "description": station.description,
        place: station.place,
        "location": station.location,
        "start_date": station.start,
        "end_date": station.end,
    }


def _weigh(words: Sequence[str], job: Filter) -> list[JSON]:
    return [{"word": word, "score": f"{reveal_weight(word, job):.1f}"} for word in words]


def _words(text: str | None) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[^\W_][\w+#.-]*[\w+#]|\w", (text or "").lower())))


def _start_of(written: str | None) -> datetime:
    """The beginning of the year in a date as written in a resume; the epoch without one."""
    year = YEAR.search(written or "")
    return datetime(int(year[0]) if year else 1970, 1, 1, tzinfo=UTC)
