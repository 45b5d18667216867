"""How well a resume fits a filter.

The score is the share of the filter's skills that the resume names, from 0 to 1. Feedback moves
it: a stage by a fixed step, a rating by up to a fifth; the result stays between 0 and 1. A
filter without skills fits everybody by half. The vendor publishes no rule of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .records import Feedback, Filter, Profile, Resume, Stage

STAGE_STEPS: dict[Stage | None, float] = {"YES": 0.2, "LATER": 0.05, "NO": -0.3}
RATING_REACH = 0.2
NO_OPINION = 0.5

WANTED, OTHER = 0.9, 0.1


def score_profile(profile: Profile, job: Filter, rating_range: tuple[int, int]) -> float:
    """From 0 to 1; a profile that was not parsed fits nothing."""
    if profile.resume is None:
        return 0.0
    fit = score_resume(profile.resume, job)
    moved = fit + weigh_feedback(profile.feedback_on(job), rating_range)
    return round(min(1.0, max(0.0, moved)), 4)


def score_resume(resume: Resume, job: Filter) -> float:
    """The share of the filter's skills that the resume names."""
    if not job.skills:
        return NO_OPINION
    named = {each.lower() for each in (*resume.hard_skills, *resume.soft_skills, *resume.languages)}
    return sum(skill.lower() in named for skill in job.skills) / len(job.skills)


def weigh_feedback(feedback: Feedback, rating_range: tuple[int, int]) -> float:
    """What a stage and a rating add to a score."""
    step = STAGE_STEPS.get(feedback.stage, 0.0)
    lowest, highest = rating_range
    if feedback.rating is None:
        return step
    place = (feedback.rating - lowest) / (highest - lowest)
    return step + (place * 2 - 1) * RATING_REACH


def skills_in(text: str, job: Filter) -> list[str]:
    """The skills of a filter that a text names."""
    return [skill for skill in job.skills if whole_word(skill).search(text)]


def reveal_weight(word: str, job: Filter) -> float:
    return WANTED if word.lower() in {skill.lower() for skill in job.skills} else OTHER


@lru_cache(maxsize=1000)
def whole_word(skill: str) -> re.Pattern[str]:
    """Finds a skill that stands by itself: ``java`` is not in ``javascript``."""
    return re.compile(rf"(?<![\w+#]){re.escape(skill)}(?![\w+#])", re.IGNORECASE)
