"""Waiting for Rezora."""

from __future__ import annotations

from ..clients.rezora.news import ContactAdded, ContactUnsubscribed
from ..clients.rezora.waits import ContactExists
from ..hooks.rezora import RezoraHook
from .base import WaitTrigger
from .events import EventTrigger


class RezoraContactExistsTrigger(WaitTrigger):
    """Fires when somebody has become a contact."""

    hook_type = RezoraHook
    wait_type = ContactExists


class RezoraContactsAddedEventTrigger(EventTrigger):
    """Fires whenever people have become contacts; lists all contacts each time.

    Source: fact sheet section 7.4.
    """

    hook_type = RezoraHook
    news = ContactAdded


class RezoraContactsUnsubscribedEventTrigger(EventTrigger):
    """Fires whenever contacts want no more mail; lists all contacts each time.

    Source: fact sheet section 7.4.
    """

    hook_type = RezoraHook
    news = ContactUnsubscribed
