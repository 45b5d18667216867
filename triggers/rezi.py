"""Waiting for Rezi."""

from __future__ import annotations

from ..clients.rezi.waits import ResumeScored
from ..hooks.rezi import ReziHook
from .base import WaitTrigger


class ReziResumeScoredTrigger(WaitTrigger):
    """Fires when a resume has a score that is good enough."""

    hook_type = ReziHook
    wait_type = ResumeScored
