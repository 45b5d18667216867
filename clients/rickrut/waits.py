"""What can be waited for at RickRut. Source: fact sheet section 5."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..errors import (
    AuthenticationFailed,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    VendorError,
    VendorUnavailable,
)
from ..flows import Flow
from ..waits import Done, Resource, Sightings, Verdict, Wait, Waiting
from .calls import show_applicant
from .models import Applicant

TOGETHER = 20
"""Applicants asked for at a time; when all of them are refused, no others are asked for."""

MEANT_FOR_ALL = (
    AuthenticationFailed,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    VendorUnavailable,
)
"""Errors that say nothing about one applicant."""


class Applicants(Resource):
    """Applicants, who can only be asked for one by one.

    Whoever was not asked for, since the vendor refused, comes first in the next look.
    """

    def __init__(self) -> None:
        self._left: set[str] = set()

    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        due = sorted(keys, key=lambda key: (key not in self._left, key))
        seen: dict[str, Applicant | VendorError] = {}
        self._left = set()
        for start in range(0, len(due), TOGETHER):
            now = due[start : start + TOGETHER]
            answers = yield [show_applicant(key) for key in now]
            seen.update(zip(now, answers, strict=True))
            if all(isinstance(answer, MEANT_FOR_ALL) for answer in answers):
                self._left = set(due[start + TOGETHER :])
                return {**seen, **dict.fromkeys(self._left, answers[-1])}
        return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantScored(Wait):
    """An applicant has taken the test, and both scores are there.

    ``SCORED`` alone is not enough, and neither is ``finished_at``.
    """

    name = "applicant"
    resource = Applicants

    applicant_id: str

    @property
    def key(self) -> str:
        return self.applicant_id

    def judge(self, state: Applicant) -> Verdict:
        if not state.is_scored:
            return Waiting()
        return Done(
            {
                "applicant_id": state.id,
                "status": state.status,
                "skill_score": str(state.skill_score),
                "adequation_score": str(state.adequation_score),
                "step": state.step,
            }
        )
