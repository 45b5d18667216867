"""Waiting for Riminder."""

from __future__ import annotations

from ..clients.riminder.waits import ProfileParsed, ProfileScored
from ..hooks.riminder import RiminderHook
from .base import WaitTrigger


class RiminderProfileParsedTrigger(WaitTrigger):
    """Fires when a resume was read."""

    hook_type = RiminderHook
    wait_type = ProfileParsed


class RiminderProfileScoredTrigger(WaitTrigger):
    """Fires when a profile has a score for a filter."""

    hook_type = RiminderHook
    wait_type = ProfileScored
