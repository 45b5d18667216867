"""What can be waited for at RickRut. Source: fact sheet section 5."""

from __future__ import annotations

from dataclasses import dataclass

from ..calls import Call
from ..singles import OneByOne
from ..waits import Done, Verdict, Wait, Waiting
from .calls import show_applicant
from .models import Applicant


class Applicants(OneByOne):
    """Applicants, of whom there is no index."""

    def show(self, key: str) -> Call[Applicant]:
        return show_applicant(key)


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
