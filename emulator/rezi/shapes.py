"""Rezi's records as JSON, and a resume as PDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..pdf import Report
from ..world import format_time
from .records import Resume, Subscription, User

JSON = dict[str, Any]

NOT_PRINTED = ("index", "hide", "isCurrent", "isGraduate")


def show_user(user: User) -> JSON:
    return {
        "userID": user.id,
        "email": user.email,
        "createdAt": format_time(user.created_at),
        "planId": user.plan_id,
    }


def summarise_resume(resume: Resume) -> JSON:
    return {
        "resumeID": resume.id,
        "name": resume.name,
        "jobTitle": resume.job_title,
        "updatedAt": format_time(resume.updated_at),
    }


def show_resume(resume: Resume) -> JSON:
    return {
        **summarise_resume(resume),
        "jobDescription": resume.job_description,
        "jobCompany": resume.job_company,
        "template": resume.template,
        "data": resume.data,
    }


def show_subscription(subscription: Subscription) -> JSON:
    times = {
        "created": subscription.created,
        "current_period_start": subscription.begins,
        "current_period_end": subscription.ends,
    }
    return {
        **{name: int(at.timestamp()) for name, at in times.items() if at is not None},
        "status": "active",
        "plan_id": subscription.plan_id,
    }


def print_resume(resume: Resume, now: datetime) -> bytes:
    """The resume as PDF: contact and summary, then the sections with what is not hidden."""
    contact = resume.data.get("contact")
    contact = contact if isinstance(contact, Mapping) else {}
    title = str(contact.get("fullName") or resume.name or "Resume")
    report = Report(title, source=f"Resume {resume.id}", made_at=now)
    report.write_lead(resume.job_title)
    report.write_facts((_label(name), str(value)) for name, value in contact.items())
    for name, section in resume.data.items():
        if name == "contact":
            continue
        report.write_heading(_label(name))
        for item in _shown(section):
            report.write_facts(item)
    return report.finish()


def _shown(section: Any) -> Iterator[list[tuple[str, str]]]:
    """The items of a section in their order, as labels and values."""
    if not isinstance(section, Mapping):
        yield [("", str(section))]
        return
    items = [item for item in section.values() if isinstance(item, Mapping)]
    for item in sorted(items, key=_place):
        if not item.get("hide"):
            yield [(_label(n), str(value)) for n, value in item.items() if n not in NOT_PRINTED]


def _place(item: Mapping[str, Any]) -> float:
    index = item.get("index")
    return index if isinstance(index, (int, float)) else 0


def _label(name: str) -> str:
    """``dateBegin`` as a person would write it."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words[:1].upper() + words[1:]
