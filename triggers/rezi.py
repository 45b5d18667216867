"""Waiting for Rezi."""

from __future__ import annotations

from ..clients.rezi.news import ResumeSaved
from ..clients.rezi.waits import ResumeScored
from ..hooks.rezi import ReziHook
from .base import WaitTrigger
from .events import EventTrigger


class ReziResumeScoredTrigger(WaitTrigger):
    """Fires when a resume has a score that is good enough."""

    hook_type = ReziHook
    wait_type = ResumeScored


class ReziResumesSavedEventTrigger(EventTrigger):
    """Fires whenever resumes are new or were saved again; lists those of every user each time.

    Source: fact sheet section 5.
    """

    hook_type = ReziHook
    news = ResumeSaved
