"""What RickRut sends back, one model for each of its structures. Their oddities end here.

Names are those of the flat structure; the dashes of the other become underscores.
Fields that the documents do not name are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from ..fields import Count, Flag, Moment, Text, blank_to_none, read_text

Id = Annotated[str, BeforeValidator(read_text), Field(min_length=1)]
"""An integer in one structure and text in the other."""

Score = Annotated[Decimal | None, BeforeValidator(blank_to_none)]
"""None means not scored, which is not the same as 0."""

SCORED = "SCORED"


def _many(value: Any) -> Any:
    return () if value is None else value


class Record(BaseModel):
    """Anything RickRut sends; keeps fields that the documents do not name."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class QuizzAnswer(Record):
    """An answer to a quizz; JSON:API leaves out the score and the times."""

    id: Id
    applicant_id: Text = None
    quizz_id: Text = Field(default=None, validation_alias=AliasChoices("quizz_id", "quizz"))
    quizz_option_id: Text = None
    value: Text = None
    final_score: Score = None
    created_at: Moment = None
    updated_at: Moment = None


class PollAnswer(Record):
    """An answer that does not count. The documents show none, so it is kept as it comes."""

    id: Id


class CaseAnswer(Record):
    """A recorded or written answer; JSON:API leaves out the score and the times.

    :param duration: seconds, presumably.
    :param gibberish: it was judged to mean nothing.
    """

    id: Id
    applicant_id: Text = None
    opening_case_id: Text = None
    value: Text = None
    final_score: Score = None
    duration: Count = None
    gibberish: Flag = None
    audio_file: Text = None
    audio_file_file_name: Text = None
    audio_file_content_type: Text = None
    audio_file_file_size: Count = None
    audio_file_updated_at: Moment = None
    created_at: Moment = None
    updated_at: Moment = None

    @property
    def audio_path(self) -> str | None:
        """The path of the recording, None where there is none.

        The flat structure does not give it; there it is put together as JSON:API
        prints it, which the documents do not promise. ``file_url`` of the
        connection's settings makes an address of it.
        """
        name, at = self.audio_file_file_name, self.audio_file_updated_at
        if self.audio_file or name is None or not self.id.isdecimal():
            return self.audio_file
        digits = f"{int(self.id):09d}"
        folders = f"{digits[:-6]}/{digits[-6:-3]}/{digits[-3:]}"
        query = "" if at is None else f"?{int(at.timestamp())}"
        return f"/system/case_answers/audio_files/{folders}/original/{name}{query}"


class Applicant(Record):
    """Somebody on an opening, with all answers and scores.

    :param status: an open text; ``INVITED``, ``REMINDED`` and ``SCORED`` are known.
    :param step: how far the test has come; 6 in the one published example that is over.
    :param recruiter_score: the recruiter's own mark.
    :param cv: a path, that of a placeholder where there is none.
    :param finished_at: None even in the published example that is over.
    :param raw: the answer as it came.
    """

    id: Id
    email: Text = None
    opening_id: Text = None
    status: Text = None
    skill_score: Score = None
    adequation_score: Score = None
    first_name: Text = None
    last_name: Text = None
    code: Text = None
    recruiter_score: Count = None
    source: Text = None
    step: Count = None
    cv: Text = None
    video_uuid: Text = None
    audio_introduction: Text = None
    text_introduction: Text = None
    slug: Text = None
    last_ip: Text = None
    created_at: Moment = None
    updated_at: Moment = None
    finished_at: Moment = None
    quizz_answers: Annotated[tuple[QuizzAnswer, ...], BeforeValidator(_many)] = ()
    poll_answers: Annotated[tuple[PollAnswer, ...], BeforeValidator(_many)] = ()
    case_answers: Annotated[tuple[CaseAnswer, ...], BeforeValidator(_many)] = ()
    raw: Any = Field(default=None, repr=False, exclude=True)

    @property
    def is_scored(self) -> bool:
        """Whether both scores are there to stay."""
        scores = (self.skill_score, self.adequation_score)
        return self.status == SCORED and None not in scores


def read_applicant(body: Any, structure: str = "auto") -> Applicant:
    """The applicant in an answer.

    :param structure: ``flat`` or ``jsonapi`` to take no other.
    :raises ValueError: it is in none of the structures, or in another than asked for.
    """
    found, fields = _find(body)
    if structure not in ("auto", found):
        raise ValueError(f"expected the structure {structure}, which the connection sets")
    return Applicant.model_validate({**fields, "raw": body})


def read_errors(body: Any) -> list[Mapping[str, Any]]:
    """Every item of ``errors``, which is a list in one place of the documents, else an object."""
    errors = body.get("errors") if isinstance(body, Mapping) else None
    return [e for e in (errors if isinstance(errors, list) else [errors]) if isinstance(e, Mapping)]


def _find(body: Any) -> tuple[str, Mapping[str, Any]]:
    """Which structure an answer has, and the applicant's fields in it."""
    match body:
        case {"errors": errors} if errors:
            raise ValueError("expected an applicant without errors")
        case {"data": {"applicant": dict(fields)}} | {"applicant": dict(fields)}:
            return "flat", fields
        case {"data": {"type": "applicants"}}:
            return "jsonapi", _flatten(body["data"], body.get("included") or [])
    raise ValueError("expected an applicant")


def _flatten(data: Mapping[str, Any], included: list[Any]) -> dict[str, Any]:
    """A JSON:API record as if it were flat: its attributes, and what it is related to."""
    known = {(str(each["type"]), str(each["id"])): each for each in included}
    related = {
        name: [_related(link, known) for link in relationship.get("data") or []]
        for name, relationship in (data.get("relationships") or {}).items()
    }
    return {**_underscored(data.get("attributes") or {}), **_underscored(related), "id": data["id"]}


def _related(link: Mapping[str, Any], known: Mapping[Any, Any]) -> dict[str, Any]:
    record = known.get((str(link["type"]), str(link["id"])), {})
    return {**_underscored(record.get("attributes") or {}), "id": link["id"]}


def _underscored(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("-", "_"): value for name, value in fields.items()}
