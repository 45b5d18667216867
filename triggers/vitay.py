"""Waiting for Vitay."""

from __future__ import annotations

from ..clients.vitay.waits import ReferenceCheckCompleted, ReferenceFilled, ReferenceRequestFilled
from ..hooks.vitay import VitayHook
from .base import WaitTrigger


class VitayReferenceFilledTrigger(WaitTrigger):
    """Fires when a referee has answered."""

    hook_type = VitayHook
    wait_type = ReferenceFilled


class VitayReferenceRequestFilledTrigger(WaitTrigger):
    """Fires when a candidate has submitted the list of references."""

    hook_type = VitayHook
    wait_type = ReferenceRequestFilled


class VitayReferenceCheckCompletedTrigger(WaitTrigger):
    """Fires when enough of a candidate's referees have answered."""

    hook_type = VitayHook
    wait_type = ReferenceCheckCompleted
