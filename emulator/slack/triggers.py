"""Trigger ids: what an app shows to open a modal for the person who has just acted.

Each is good once and for three seconds.
Source: https://docs.slack.dev/interactivity/handling-user-interaction and
https://docs.slack.dev/reference/methods/views.open.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .records import SlackError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Trigger:
    user: str
    issued: float
    root_id: str | None
    """The first view of the modal that was acted in; None for everywhere else."""
    is_exchanged: bool = False


@dataclass(slots=True)
class Triggers:
    """`clock` tells the seconds, `lifetime` for how many of them a trigger is good."""

    clock: Callable[[], float]
    lifetime: Callable[[], float]
    issued: dict[str, Trigger] = field(default_factory=dict)

    def issue(self, user: str, *, wanted: str | None = None, root_id: str | None = None) -> str:
        """A trigger for what `user` just did; `wanted` makes it the one of an earlier act, which
        then stays as old and as used as it is."""
        trigger_id = wanted or ".".join(
            (str(len(self.issued) + 1), str(secrets.randbelow(10**12)), secrets.token_hex(16))
        )
        self.issued.setdefault(trigger_id, Trigger(user, self.clock(), root_id))
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Use a trigger up, or say why it cannot be."""
        trigger = self.issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.is_exchanged:
            raise SlackError("exchanged_trigger_id")
        if self.clock() - trigger.issued > self.lifetime():
            raise SlackError("expired_trigger_id")
        trigger.is_exchanged = True
        return trigger
