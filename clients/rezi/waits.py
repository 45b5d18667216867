"""What can be waited for at Rezi. Source: fact sheet section 5."""

from __future__ import annotations

from dataclasses import dataclass

from ..calls import Call
from ..singles import OneByOne
from ..waits import Done, Verdict, Wait, Waiting
from .calls import show_score
from .models import Score


class Scores(OneByOne):
    """Scores of resumes."""

    def show(self, key: str) -> Call[Score]:
        return show_score(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeScored(Wait):
    """A resume has a score that is good enough.

    :param min_score: the score that is, None for any.
    """

    name = "resume"
    resource = Scores

    resume_id: str
    min_score: float | None = None

    def __post_init__(self) -> None:
        if "/" in self.resume_id:
            raise ValueError("resume_id must be an id, without slashes")
        if self.min_score is not None:
            object.__setattr__(self, "min_score", _number(self.min_score))

    @property
    def key(self) -> str:
        return self.resume_id

    def judge(self, state: Score) -> Verdict:
        if state.score is None or (self.min_score is not None and state.score < self.min_score):
            return Waiting()
        return Done({"resume_id": self.resume_id, "score": state.score})


def _number(value: object) -> float:
    """A score, also from the text that a template gives."""
    try:
        number = float(str(value))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise ValueError(f"min_score must be a number from 0 to 100, got {str(value)!r}")
    return number
