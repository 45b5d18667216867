"""How the workspace reaches the app: what people did is handed over, events are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .delivery import Answer
from .records import Json, SlackError

if TYPE_CHECKING:
    from .delivery import Delivery, EnvelopeKind
    from .settings import SlackSettings


@dataclass(frozen=True, slots=True)
class Replay:
    """How often the app gets to hear of one act.

    `trigger_id` makes it the same act as an earlier one; `deliveries` is how often it comes at
    once, `redeliveries` how often again after that, one after another and marked as retries (None:
    as the settings say).
    """

    trigger_id: str | None = None
    deliveries: int | None = None
    redeliveries: int | None = None


ONCE = Replay()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did, with its answers: one for each time the app got it, none when the
    app does not hear of it."""

    trigger_id: str | None
    answers: list[Answer]
    error: str | None = None
    """Why Slack itself did not let the act through, or could not do what the app answered."""
    more: Json = field(default_factory=dict)

    @property
    def first(self) -> Answer:
        return self.answers[0] if self.answers else Answer(None)

    def shown(self) -> Json:
        return {
            "ack": self.first.ack,
            "error": self.first.error or self.error,
            "trigger_id": self.trigger_id,
            "deliveries": [{"ack": each.ack, "error": each.error} for each in self.answers],
            **self.more,
        }


@dataclass(frozen=True, slots=True)
class AppLink:
    """`settings` gives the settings of the moment, `start` runs work beside the requests."""

    delivery: Delivery
    settings: Callable[[], SlackSettings]
    start: Callable[[Coroutine[Any, Any, None]], None]

    async def hand_over(
        self, kind: EnvelopeKind, payload: Json, replay: Replay = ONCE
    ) -> list[Answer]:
        """Give the app a command or an interaction and wait for its answers, in order."""
        settings = self.settings()
        if kind == "interactive" and not settings.interactivity:
            raise SlackError("interactivity_disabled")
        times = replay.deliveries or settings.deliveries
        again = settings.redeliveries if replay.redeliveries is None else replay.redeliveries
        each = (self.delivery.deliver(kind, payload, settings) for _ in range(times))
        at_once = await asyncio.gather(*each)
        later = [
            await self.delivery.deliver(kind, payload, settings, retry_attempt=attempt)
            for attempt in range(1, again + 1)
        ]
        return [*at_once, *later]

    async def tell(self, name: str, payload: Json) -> Json | None:
        """Tell the app of an event if it is subscribed to `name`; answers what came of it."""
        if name not in self.settings().events:
            return None
        settings = self.settings()
        each = (
            self.delivery.deliver("events_api", payload, settings)
            for _ in range(settings.event_deliveries)
        )
        answer, *_ = await asyncio.gather(*each)
        if answer.error and answer.error != "no_connection" and answer.may_retry:
            self.start(self._tell_again(payload, answer))
        return {"event": name, "ack": answer.ack, "error": answer.error}

    async def _tell_again(self, payload: Json, answer: Answer) -> None:
        settings = self.settings()
        for attempt in range(1, settings.event_retries + 1):
            answer = await self.delivery.deliver(
                "events_api",
                payload,
                settings,
                retry_attempt=attempt,
                retry_reason=answer.retry_reason,
            )
            if not (answer.error and answer.may_retry):
                return
