"""Resumes of people who do not exist, to try DAGs on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...emulator.pdf import Report


@dataclass(frozen=True, slots=True)
class Somebody:
    """What stands in a resume."""

    name: str
    title: str
    company: str
    years: str
    skills: str

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@people.test"


PEOPLE = (
    Somebody(
        "Noor Haddad",
        "Senior data engineer",
        "Riverbank",
        "2017 - 2026",
        "Python, SQL, Airflow, Docker, AWS",
    ),
    Somebody("Tomas Lind", "Engineer", "Northmill", "2021 - 2026", "Python, SQL, Airflow, Docker"),
    Somebody("Grace Mbeki", "Analyst", "Quarry & Sons", "2019 - 2025", "SQL, Python, Docker"),
    Somebody("Elif Demir", "Web developer", "Studio Kranz", "2022 - 2026", "Java, Python, SQL"),
    Somebody("Peter Okoro", "Sales manager", "Fairwind", "2014 - 2026", "Sales, CRM, Negotiation"),
)


def write_resumes(folder: Path) -> None:
    """Put a PDF of each into ``folder``."""
    for person in PEOPLE:
        name = f"{person.email.partition('@')[0]}.pdf"
        (folder / name).write_bytes(write_resume(person))


def write_resume(person: Somebody) -> bytes:
    """A page about one of them."""
    page = Report(person.name, source="A sample resume", made_at=datetime.now(UTC))
    page.write_lead(person.email)
    page.write_heading("Experience")
    page.write_answer(f"{person.title}, {person.company}, {person.years}", "")
    page.write_heading("Skills")
    page.write_answer(person.skills, "English")
    return page.finish()
