"""How RickRut prints an applicant: flat, or as JSON:API with dashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..world import format_time
from .records import Applicant, CaseAnswer, PollAnswer, QuizzAnswer

if TYPE_CHECKING:
    from .settings import RickRutSettings

JSON = dict[str, Any]
Shape = Callable[[Applicant, "RickRutSettings"], JSON]

NO_CV = "/cvs/original/missing.png"
NO_INTRODUCTION = "/audio_introductions/original/missing.png"
AUDIO_TYPE = "audio/mp3"
AUDIO = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(7303)
"""Eight seconds of nothing, as long as the published recording."""


def print_flat(applicant: Applicant, _settings: RickRutSettings) -> JSON:
    """The structure of 2016-11-18."""
    return {
        "data": {
            "applicant": {
                "id": applicant.id,
                **_fields_of(applicant),
                "quizz_answers": [_flat_quizz(applicant, a) for a in applicant.quizz_answers],
                "poll_answers": [_flat_poll(applicant, a) for a in applicant.poll_answers],
                "case_answers": [_flat_case(applicant, a) for a in applicant.case_answers],
            }
        }
    }


def print_jsonapi(applicant: Applicant, settings: RickRutSettings) -> JSON:
    """The structure of 2016-11-22; ``included`` is absent while there is nothing to include."""
    attributes = {name.replace("_", "-"): value for name, value in _fields_of(applicant).items()}
    if settings.last_ip:
        attributes["last_ip"] = applicant.last_ip
    answers = {
        "quizz-answers": {
            a.id: {"quizz": a.quizz_id, "value": a.value} for a in applicant.quizz_answers
        },
        "poll-answers": {
            a.id: {"poll": a.poll_id, "value": a.value} for a in applicant.poll_answers
        },
        "case-answers": {a.id: _attributes_of_case(a) for a in applicant.case_answers},
    }
    included = [
        {"id": str(number), "type": kind, "attributes": each}
        for kind, by_number in answers.items()
        for number, each in by_number.items()
    ]
    data = {
        "id": str(applicant.id),
        "type": "applicants",
        "attributes": attributes,
        "relationships": {
            kind: {"data": [{"id": str(number), "type": kind} for number in by_number]}
            for kind, by_number in answers.items()
        },
    }
    return {"data": data, "included": included} if included else {"data": data}


def print_invited(applicant: Applicant) -> JSON:
    """The structure of 2016-11-17."""
    return {"applicant": {"id": applicant.id, "email": applicant.email}}


SHAPES: Mapping[str, Shape] = {"flat": print_flat, "jsonapi": print_jsonapi}


def audio_path(answer: CaseAnswer) -> str:
    """Where a recording is served, without its query."""
    digits = f"{answer.id:09d}"
    folders = f"{digits[:3]}/{digits[3:6]}/{digits[6:]}"
    return f"/system/case_answers/audio_files/{folders}/original/{answer.file_name}"


def _fields_of(applicant: Applicant) -> JSON:
    return {
        "email": applicant.email,
        "opening_id": applicant.opening.id,
        "status": applicant.status,
        "skill_score": print_score(applicant.skill_score),
        "adequation_score": print_score(applicant.adequation_score),
        "first_name": applicant.first_name,
        "last_name": applicant.last_name,
        "code": applicant.code,
        "recruiter_score": 0,
        "source": "API",
        "step": applicant.step,
        "cv": NO_CV,
        "video_uuid": None,
        "audio_introduction": NO_INTRODUCTION,
        "text_introduction": None,
        "slug": applicant.slug,
        "created_at": _whole_seconds(applicant.created_at),
        "updated_at": _whole_seconds(applicant.updated_at),
        "finished_at": _whole_seconds(applicant.finished_at),
    }


def _flat_quizz(applicant: Applicant, answer: QuizzAnswer) -> JSON:
    return {
        "applicant_id": applicant.id,
        "id": answer.id,
        "quizz_option_id": answer.quizz_option_id,
        "final_score": print_score(answer.final_score),
        "created_at": format_time(answer.created_at),
        "updated_at": format_time(answer.created_at),
        "quizz_id": answer.quizz_id,
    }


def _flat_poll(applicant: Applicant, answer: PollAnswer) -> JSON:
    return {
        "applicant_id": applicant.id,
        "id": answer.id,
        "poll_id": answer.poll_id,
        "poll_option_id": answer.poll_option_id,
        "created_at": format_time(answer.created_at),
        "updated_at": format_time(answer.created_at),
    }


def _flat_case(applicant: Applicant, answer: CaseAnswer) -> JSON:
    at = format_time(answer.created_at)
    return {
        "applicant_id": applicant.id,
        "id": answer.id,
        "value": None,
        "final_score": print_score(answer.final_score),
        "created_at": at,
        "updated_at": at,
        "opening_case_id": answer.opening_case_id,
        "duration": answer.duration,
        "audio_file_file_name": answer.file_name,
        "audio_file_content_type": AUDIO_TYPE,
        "audio_file_file_size": len(AUDIO),
        "audio_file_updated_at": at,
        "gibberish": answer.gibberish,
    }


def _attributes_of_case(answer: CaseAnswer) -> JSON:
    return {
        "value": None,
        "audio-file": f"{audio_path(answer)}?{int(answer.created_at.timestamp())}",
        "duration": answer.duration,
        "gibberish": answer.gibberish,
    }


def print_score(score: Decimal | None) -> str | None:
    """A score with one decimal, as text."""
    return None if score is None else f"{score:.1f}"


def _whole_seconds(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
