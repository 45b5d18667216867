"""What Rezi keeps: plans, and for each kind of key its users and their resumes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

USER_ID = "demoUser000000000001"
USER_EMAIL = "demo.writer@people.test"
RESUME_ID = "demoResume0000000001"

AI_TOKEN_ID = "ai_credits_100"  # noqa: S105  # the id of a product


@dataclass(frozen=True, slots=True)
class Plan:
    id: str
    name: str
    is_for_life: bool = False


PLANS = {
    plan.id: plan
    for plan in (
        Plan("plan_pro_monthly", "Pro, monthly"),
        Plan("plan_lifetime", "Lifetime", is_for_life=True),
    )
}


@dataclass(slots=True, kw_only=True)
class Subscription:
    """A plan that was bought; one for life has no end."""

    plan_id: str
    created: datetime
    begins: datetime
    ends: datetime | None


@dataclass(slots=True, kw_only=True)
class User:
    id: str
    email: str
    uid: str | None
    """None until the person signs in for the first time."""
    created_at: datetime
    subscription: Subscription | None = None

    @property
    def plan_id(self) -> str | None:
        return self.subscription.plan_id if self.subscription else None


@dataclass(slots=True, kw_only=True)
class Resume:
    id: str
    user_id: str
    updated_at: datetime
    name: str = ""
    job_title: str = ""
    job_description: str = ""
    job_company: str = ""
    template: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    score: int | None = None
    """None until it was scored."""


@dataclass(slots=True)
class Account:
    """The records of the partner's live keys, or of the test keys."""

    is_live: bool
    users: dict[str, User] = field(default_factory=dict)
    resumes: dict[str, Resume] = field(default_factory=dict)

    def user_with(self, email: str) -> User | None:
        """Whoever has this address, however it is written."""
        wanted = as_address(email)
        return next((user for user in self.users.values() if user.email == wanted), None)

    def resumes_of(self, user: User) -> list[Resume]:
        """Newest first."""
        theirs = [resume for resume in self.resumes.values() if resume.user_id == user.id]
        return sorted(theirs, key=lambda resume: resume.updated_at, reverse=True)


def as_address(email: str) -> str:
    """An e-mail address as it is kept and compared."""
    return email.strip().lower()


def make_first_records(account: Account, now: datetime) -> None:
    """A user with a resume that has no score yet."""
    account.users[USER_ID] = User(id=USER_ID, email=USER_EMAIL, uid=None, created_at=now)
    account.resumes[RESUME_ID] = Resume(
        id=RESUME_ID,
        user_id=USER_ID,
        updated_at=now,
        name="Ada's resume",
        job_title="Data engineer",
        job_description="Pipelines that people can rely on.",
        job_company="Example Analytics",
        template="standard",
        data=FIRST_SECTIONS,
    )


FIRST_SECTIONS: dict[str, Any] = {
    "contact": {
        "fullName": "Ada Writer",
        "email": USER_EMAIL,
        "city": "Montreal",
        "country": "Canada",
        "countryCode": "CA",
    },
    "summary": "Builds pipelines, and says plainly what they do.",
    "experience": {
        "7d1f0a52-54c4-4a37-9f5c-2f0b8a3c1e01": {
            "index": 0,
            "hide": False,
            "company": "Example Analytics",
            "role": "Data engineer",
            "location": "Montreal",
            "dateBegin": "March 2021",
            "dateEnd": "Present",
            "isCurrent": True,
            "description": "Moved forty nightly jobs to one scheduler.",
        }
    },
    "education": {
        "7d1f0a52-54c4-4a37-9f5c-2f0b8a3c1e02": {
            "index": 0,
            "hide": False,
            "institution": "Example University",
            "qualification": "B.Sc. Computer Science",
            "date": "June 2018",
            "isGraduate": True,
        }
    },
    "skills": {
        "7d1f0a52-54c4-4a37-9f5c-2f0b8a3c1e03": {
            "index": 0,
            "hide": False,
            "category": "Languages",
            "keywords": "Python, SQL",
        }
    },
}
