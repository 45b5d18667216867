"""Those who write resumes, acting by themselves while ``auto`` is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import Rezi
    from .records import Resume

POINTS_TO_BEGIN_WITH = 60
POINTS_FOR_A_SECTION = 5


class People:
    """After the usual delay, the writer of a new resume saves a section; then it is scored."""

    def __init__(self, rezi: Rezi) -> None:
        self._rezi = rezi

    def wake_up(self) -> None:
        """Take up what lies there since before ``auto`` was on."""
        for account in self._rezi.accounts:
            for resume in account.resumes.values():
                if resume.score is None:
                    self.notice_resume(resume)

    def notice_resume(self, resume: Resume) -> None:
        if self._rezi.settings.auto:
            self._later(lambda: self._write(resume))

    def _write(self, resume: Resume) -> None:
        self._rezi.save_section(resume, "summary", "Knows what matters, and says so.")
        self._later(lambda: self._score(resume))

    def _score(self, resume: Resume) -> None:
        if resume.score is None:
            points = POINTS_TO_BEGIN_WITH + POINTS_FOR_A_SECTION * len(resume.data)
            resume.score = min(100, points)

    def _later(self, act: Callable[[], None]) -> None:
        self._rezi.world.plan_after(self._rezi.settings.delay, act)
