"""Waiting for RickRut."""

from __future__ import annotations

from ..clients.rickrut.waits import ApplicantScored
from ..hooks.rickrut import RickRutHook
from .base import WaitTrigger


class RickRutApplicantScoredTrigger(WaitTrigger):
    """Fires when an applicant has taken the test and both scores are there."""

    hook_type = RickRutHook
    wait_type = ApplicantScored
