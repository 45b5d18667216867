"""What people do in the emulated Slack, and what they then see.

A command typed or a button pressed becomes the payload Slack would send; the acknowledgement
that comes back becomes what the person is shown.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .blocks import interactive_elements
from .delivery import Answer
from .payloads import (
    describe_action,
    describe_command,
    describe_event,
    describe_press,
    events_of,
)
from .records import BOT_USER, SLACKBOT, Channel, Json, Message
from .workspace import Draft, SlackError

if TYPE_CHECKING:
    from .delivery import Delivery, EnvelopeKind
    from .responses import ResponseUrls
    from .settings import SlackSettings
    from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did, with its answers: one for each time it was delivered."""

    trigger_id: str
    answers: list[Answer]

    def shown(self) -> Json:
        first = self.answers[0]
        return {
            "ack": first.ack,
            "error": first.error,
            "trigger_id": self.trigger_id,
            "deliveries": [{"ack": each.ack, "error": each.error} for each in self.answers],
        }


@dataclass(frozen=True, slots=True)
class People:
    """The people of one workspace.

    `settings` gives the settings of the moment, `start` runs work beside the requests.
    """

    workspace: Workspace
    delivery: Delivery
    responses: ResponseUrls
    settings: Callable[[], SlackSettings]
    start: Callable[[Coroutine[Any, Any, None]], None]

    async def type_command(
        self,
        user: str,
        channel: str,
        command: str,
        text: str,
        *,
        base_url: str,
        trigger_id: str | None = None,
        deliveries: int | None = None,
    ) -> Act:
        """A person types a slash command; works wherever that person is, with the bot or not."""
        person = self.workspace.user(user)
        place = self.workspace.find_place(channel, seen_by=user)
        trigger_id = trigger_id or self._new_trigger()
        payload = describe_command(
            person,
            place,
            command,
            text,
            trigger_id=trigger_id,
            response_url=self._response_url(base_url, place, user),
        )
        answers = await self._deliver("slash_commands", payload, deliveries)
        for answer in answers:
            self._show_answer(answer, place, user, command, text)
        return Act(trigger_id, answers)

    async def use_element(
        self,
        user: str,
        channel: str,
        message_ts: str,
        action_id: str,
        *,
        base_url: str,
        block_id: str | None = None,
        value: Any = None,
        trigger_id: str | None = None,
        deliveries: int | None = None,
    ) -> Act:
        """A person presses a button or chooses from a menu of a message.

        `value` is the chosen option's value (a list of them for a multiple choice) or the date,
        time, user or channel; a button brings its own.
        """
        person = self.workspace.user(user)
        place = self.workspace.find_place(channel, seen_by=user)
        message = self.workspace.find_message(place.id, message_ts)
        if message.ephemeral_to not in (None, user):
            raise SlackError("message_not_found")
        block, element = _find_element(message, action_id, block_id)
        trigger_id = trigger_id or self._new_trigger()
        payload = describe_press(
            person,
            place,
            message,
            describe_action(block, element, value, self.workspace.stamp()),
            trigger_id=trigger_id,
            response_url=self._response_url(base_url, place, user, message),
            base_url=base_url,
        )
        answers = await self._deliver("interactive", payload, deliveries)
        for answer in answers:
            if answer.error:
                self._show_failure(place, user, "This action", answer.error)
        return Act(trigger_id, answers)

    async def say(
        self, user: str, channel: str, text: str, *, base_url: str, thread_ts: str | None = None
    ) -> Json:
        """A person writes a message; the app hears of it when it is subscribed and a member."""
        self.workspace.user(user)
        found = self.workspace.find_place(channel, seen_by=user)
        place = self.workspace.channel_to_write_in(found.id, user)
        message = self.workspace.post(place, user, Draft(text=text), thread_ts=thread_ts)
        told = []
        hears = self.settings().events if BOT_USER in place.members else ()
        for name in events_of(place, text):
            if name in hears:
                event = describe_event(name, place, message.shown(base_url))
                answer = await self._tell(event)
                told.append({"event": name, "ack": answer.ack, "error": answer.error})
        return {"ts": message.ts, "channel": place.id, "events": told}

    async def _deliver(
        self, kind: EnvelopeKind, payload: Json, deliveries: int | None
    ) -> list[Answer]:
        settings = self.settings()
        times = deliveries or settings.deliveries
        each = (self.delivery.deliver(kind, payload, settings) for _ in range(times))
        return list(await asyncio.gather(*each))

    async def _tell(self, event: Json) -> Answer:
        answer = await self.delivery.deliver("events_api", event, self.settings())
        if answer.error and answer.error != "no_connection":
            self.start(self._tell_again(event))
        return answer

    async def _tell_again(self, event: Json) -> None:
        settings = self.settings()
        for attempt in range(1, settings.event_retries + 1):
            answer = await self.delivery.deliver(
                "events_api", event, settings, retry_attempt=attempt
            )
            if not answer.error:
                return

    def _new_trigger(self) -> str:
        return f"{self.workspace.number()}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"

    def _response_url(
        self, base_url: str, place: Channel, user: str, message: Message | None = None
    ) -> str:
        return f"{base_url}/slack/response/{self.responses.give(place, user, message)}"

    def _show_answer(
        self, answer: Answer, place: Channel, user: str, command: str, text: str
    ) -> None:
        if answer.error:
            self._show_failure(place, user, command, answer.error)
            return
        ack = answer.ack or {}
        draft = Draft.read(ack)
        if not (draft.text or draft.blocks or draft.attachments):
            return
        is_public = ack.get("response_type") == "in_channel"
        if is_public:
            typed = Draft(text=f"{command} {text}".strip(), is_mrkdwn=False)
            self.workspace.post(place, user, typed)
        try:
            self.workspace.post(place, BOT_USER, draft, ephemeral_to=None if is_public else user)
        except SlackError as refusal:
            self._show_failure(place, user, command, refusal.code)

    def _show_failure(self, place: Channel, user: str, what: str, error: str) -> None:
        draft = Draft(text=f'{what} failed with the error "{error}"')
        self.workspace.post(place, SLACKBOT, draft, ephemeral_to=user)


def _find_element(message: Message, action_id: str, block_id: str | None) -> tuple[Json, Json]:
    for block, element in interactive_elements(message.blocks):
        if element["action_id"] == action_id and block_id in (None, block["block_id"]):
            return block, element
    raise SlackError("action_not_found")
