"""What ``talent demo --keep-running`` has for people to try, once the demo is over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .demo_resumes import PEOPLE, write_resumes

PEOPLE_AT_PLAY = {
    # A referee who waits for a reminder would wait two days for it here.
    "vitay": {"auto": True, "delay": 1.0, "answers_after_reminder": False},
    "riminder": {"auto": True, "delay": 1.0},
    "rickrut": {"auto": True, "delay": 1.0},
    "rezi": {"auto": True, "delay": 1.0},
    "rezora": {"auto": True, "delay": 1.0},
}

COMMANDS_TO_TRY = (
    "help",
    "reference_check email=kim@people.test first_name=Kim last_name=Lee",
    "reference_status",
    # The morning's run has taken the best already.
    "resume_screening min_score=0.3",
    "applicant_invite email=kim@people.test opening=sales",
    'profile_forward profile=<id> mailing_list="Current Prospects"   (ids: page, Riminder)',
    "rezi_upgrade email=kim@people.test plan=plan_pro_monthly",
    f"candidate_erasure email={PEOPLE[0].email}",
)


@dataclass(frozen=True, slots=True)
class Playground:
    """Files for the example DAGs to work on, in a folder of their own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What tells Airflow of them, and to look often."""
        return {
            "AIRFLOW_VAR_TALENT_RESUMES": self.resumes.as_uri(),
            "AIRFLOW_VAR_TALENT_HIRED": self._hired.as_uri(),
            **{
                f"AIRFLOW__TALENT__{vendor.upper()}_POKE_INTERVAL": "1" for vendor in PEOPLE_AT_PLAY
            },
        }

    def furnish(self) -> None:
        """Write resumes of people who do not exist, and the file of those who were hired."""
        self.resumes.mkdir(parents=True)
        write_resumes(self.resumes)
        rows = [f"{person.name},{person.email}" for person in PEOPLE[:2]]
        self._hired.write_text("\n".join(["name,email", *rows, ""]))

    @property
    def resumes(self) -> Path:
        """Where resumes arrive."""
        return self.folder / "resumes"

    @property
    def _hired(self) -> Path:
        return self.folder / "hired.csv"
