"""Waiting for Rezora."""

from __future__ import annotations

from ..clients.rezora.waits import ContactExists
from ..hooks.rezora import RezoraHook
from .base import WaitTrigger


class RezoraContactExistsTrigger(WaitTrigger):
    """Fires when somebody has become a contact."""

    hook_type = RezoraHook
    wait_type = ContactExists
