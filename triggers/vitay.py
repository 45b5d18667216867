"""Waiting for Vitay."""

from __future__ import annotations

from ..clients.vitay.news import ReferenceCompleted
from ..clients.vitay.waits import (
    ReferenceCheckCompleted,
    ReferenceFilled,
    ReferenceRequestFilled,
    ReferencesFilled,
)
from ..hooks.vitay import VitayHook
from .base import WaitTrigger
from .events import EventTrigger


class VitayReferenceFilledTrigger(WaitTrigger):
    """Fires when a referee has answered."""

    hook_type = VitayHook
    wait_type = ReferenceFilled


class VitayReferencesFilledTrigger(WaitTrigger):
    """Fires when enough of several referees have answered."""

    hook_type = VitayHook
    wait_type = ReferencesFilled


class VitayReferenceRequestFilledTrigger(WaitTrigger):
    """Fires when a candidate has submitted the list of references."""

    hook_type = VitayHook
    wait_type = ReferenceRequestFilled


class VitayReferenceCheckCompletedTrigger(WaitTrigger):
    """Fires when enough of a candidate's referees have answered."""

    hook_type = VitayHook
    wait_type = ReferenceCheckCompleted


class VitayReferencesFilledEventTrigger(EventTrigger):
    """Fires whenever referees have answered; reads the whole index of references each time.

    Source: fact sheet section 5.2; the index can be neither filtered nor sorted.
    """

    hook_type = VitayHook
    news = ReferenceCompleted
