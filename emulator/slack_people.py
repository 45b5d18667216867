"""What people do in the emulated Slack, and what they then see.

A command typed or a button pressed becomes the payload Slack would send; the acknowledgement
that comes back becomes what the person is shown. The `response_url` of a payload lives here too,
because it stands for the same person in the same conversation.
Source: https://docs.slack.dev/interactivity.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .slack_blocks import interactive_elements
from .slack_delivery import Answer
from .slack_records import APP, BOT_USER, SLACKBOT, TEAM, TEAM_DOMAIN, Channel, Json, Message
from .slack_workspace import Draft, SlackError, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .slack_delivery import Delivery, EnvelopeKind
    from .slack_settings import SlackSettings

RESPONSE_POSTS = 5
RESPONSE_SECONDS = 30 * 60

VERIFICATION_TOKEN = "emulator-verification-token"  # noqa: S105 - deprecated by Slack, still sent

CHOSEN_VALUE: Mapping[str, str] = {
    "button": "value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}
"""Under which key an action carries the bare value that was chosen, by type of element."""

CHOSEN_OPTION = frozenset({"static_select", "radio_buttons", "overflow"})
CHOSEN_OPTIONS = frozenset({"multi_static_select", "checkboxes"})


@dataclass(slots=True)
class ResponseUrl:
    """Where an app may answer one person's act: 5 posts in 30 minutes."""

    channel: str
    user: str
    opened: float
    message_ts: str | None = None
    thread_ts: str | None = None
    posts: int = 0


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


@dataclass(slots=True)
class People:
    """The people of one workspace; `settings` gives the settings of the moment, `start` runs
    work beside the requests."""

    workspace: Workspace
    delivery: Delivery
    settings: Callable[[], SlackSettings]
    start: Callable[[Coroutine[Any, Any, None]], None]
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)

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
        place = self.workspace.find_channel(channel, seen_by=user)
        trigger_id = trigger_id or self._new_trigger()
        names = {"im": "directmessage", "mpim": "mpdm", "private": "privategroup"}
        payload = {
            "token": VERIFICATION_TOKEN,
            "team_id": person.team,
            "team_domain": TEAM_DOMAIN,
            "channel_id": place.id,
            "channel_name": names.get(place.kind, place.name),
            "user_id": user,
            "user_name": person.name,
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._open_response_url(base_url, place, user),
            "trigger_id": trigger_id,
        }
        answers = await self._deliver("slash_commands", payload, deliveries)
        for answer in answers:
            self._show_answer(answer, place, user, f"{command} {text}".strip())
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
        place = self.workspace.find_channel(channel, seen_by=user)
        message = self.workspace.find_message(place.id, message_ts)
        if message.ephemeral_to not in (None, user):
            raise SlackError("message_not_found")
        block, element = _find_element(message, action_id, block_id)
        trigger_id = trigger_id or self._new_trigger()
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": place.id,
            "is_ephemeral": message.ephemeral_to is not None,
        }
        payload: Json = {
            "type": "block_actions",
            "token": VERIFICATION_TOKEN,
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {
                "id": user,
                "username": person.name,
                "name": person.name,
                "team_id": person.team,
            },
            "channel": {"id": place.id, "name": place.name or "directmessage"},
            "container": container,
            "trigger_id": trigger_id,
            "state": {"values": {}},
            "response_url": self._open_response_url(base_url, place, user, message),
            "actions": [_describe_action(block, element, value, self.workspace.stamp())],
        }
        # Slack leaves the message out when only one person can see it.
        if message.ephemeral_to is None:
            payload["message"] = message.shown(base_url)
        answers = await self._deliver("interactive", payload, deliveries)
        for answer in answers:
            if answer.error:
                self._show_failure(answer, place, user, "This action")
        return Act(trigger_id, answers)

    async def say(
        self, user: str, channel: str, text: str, *, base_url: str, thread_ts: str | None = None
    ) -> Json:
        """A person writes a message; the app hears of it when it is subscribed and a member."""
        self.workspace.user(user)
        place = self.workspace.channel_to_write_in(channel, user)
        message = self.workspace.post(place, user, Draft(text=text), thread_ts=thread_ts)
        told = []
        if BOT_USER in place.members:
            for name in self._events_of(place, text):
                shown = message.shown(base_url)
                answer = await self._tell_event(name, place, shown)
                told.append({"event": name, "ack": answer.ack, "error": answer.error})
        return {"ts": message.ts, "channel": place.id, "events": told}

    def respond(self, ticket: str, sent: Json, now: float) -> Message | None:
        """Do what an app posted to a `response_url`; None when it only deleted."""
        place = self.response_urls.get(ticket)
        if place is None or now - place.opened > RESPONSE_SECONDS:
            raise SlackError("expired_url")
        if place.posts >= RESPONSE_POSTS:
            raise SlackError("used_url")
        place.posts += 1
        original = self._find_original(place)
        if sent.get("delete_original"):
            if original:
                self.workspace.delete(original)
            return None
        draft = Draft(
            text=sent.get("text") or "", blocks=sent.get("blocks"), metadata=sent.get("metadata")
        )
        if sent.get("replace_original") and original:
            # Replacing is not editing: nothing of the old message is kept.
            draft.blocks = draft.blocks or []
            self.workspace.update(original, draft)
            return original
        is_public = sent.get("response_type") == "in_channel"
        return self.workspace.post(
            self.workspace.channels[place.channel],
            BOT_USER,
            draft,
            thread_ts=sent.get("thread_ts") or place.thread_ts,
            ephemeral_to=None if is_public else place.user,
        )

    async def _deliver(
        self, kind: EnvelopeKind, payload: Json, deliveries: int | None
    ) -> list[Answer]:
        times = deliveries or self.settings().deliveries
        each = (self.delivery.deliver(kind, payload, self.settings()) for _ in range(times))
        return list(await asyncio.gather(*each))

    async def _tell_event(self, name: str, place: Channel, message: Json) -> Answer:
        channel_types = {"public": "channel", "private": "group"}
        event = {
            **message,
            "type": name.partition(".")[0],
            "channel": place.id,
            "channel_type": channel_types.get(place.kind, place.kind),
            "event_ts": message["ts"],
        }
        payload = {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event": event,
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(float(message["ts"])),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }
        answer = await self.delivery.deliver("events_api", payload, self.settings())
        if answer.error and answer.error != "no_connection" and self.settings().event_retries:
            self.start(self._retry_event(payload))
        return answer

    async def _retry_event(self, payload: Json) -> None:
        settings = self.settings()
        for attempt in range(1, settings.event_retries + 1):
            answer = await self.delivery.deliver(
                "events_api", payload, settings, retry_attempt=attempt
            )
            if not answer.error:
                return

    def _events_of(self, place: Channel, text: str) -> list[str]:
        suffixes = {"public": "channels", "private": "groups"}
        names = [f"message.{suffixes.get(place.kind, place.kind)}"]
        if f"<@{BOT_USER}>" in text:
            names.append("app_mention")
        return [name for name in names if name in self.settings().events]

    def _new_trigger(self) -> str:
        return f"{self.workspace.number()}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"

    def _open_response_url(
        self, base_url: str, place: Channel, user: str, message: Message | None = None
    ) -> str:
        ticket = secrets.token_urlsafe(12)
        opened = self.workspace.clock()
        self.response_urls[ticket] = ResponseUrl(
            place.id,
            user,
            opened,
            message_ts=message.ts if message else None,
            thread_ts=message.thread_ts if message and message.is_reply else None,
        )
        return f"{base_url}/slack/response/{ticket}"

    def _find_original(self, place: ResponseUrl) -> Message | None:
        if place.message_ts is None:
            return None
        try:
            return self.workspace.find_message(place.channel, place.message_ts)
        except SlackError:
            return None

    def _show_answer(self, answer: Answer, place: Channel, user: str, typed: str) -> None:
        if answer.error:
            self._show_failure(answer, place, user, typed.split()[0])
            return
        ack = answer.ack or {}
        draft = Draft(text=ack.get("text") or "", blocks=ack.get("blocks"))
        if not (draft.text or draft.blocks):
            return
        is_public = ack.get("response_type") == "in_channel"
        if is_public:
            self.workspace.post(place, user, Draft(text=typed, is_mrkdwn=False))
        try:
            self.workspace.post(place, BOT_USER, draft, ephemeral_to=None if is_public else user)
        except SlackError as problem:
            self._show_failure(Answer(None), place, user, typed.split()[0], problem.code)

    def _show_failure(
        self, answer: Answer, place: Channel, user: str, what: str, code: str | None = None
    ) -> None:
        text = f'{what} failed with the error "{code or answer.error}"'
        self.workspace.post(place, SLACKBOT, Draft(text=text), ephemeral_to=user)


def _find_element(message: Message, action_id: str, block_id: str | None) -> tuple[Json, Json]:
    for block, element in interactive_elements(message.blocks):
        if element["action_id"] == action_id and block_id in (None, block["block_id"]):
            return block, element
    raise SlackError("action_not_found")


def _describe_action(block: Json, element: Json, value: Any, stamp: str) -> Json:
    kind = element["type"]
    action = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": stamp,
    }
    if kind == "button":
        kept = ("text", "value", "style", "url")
        return action | {key: element[key] for key in kept if key in element}
    if kind in CHOSEN_OPTION:
        return action | {"selected_option": _find_options(element, [value])[0]}
    if kind in CHOSEN_OPTIONS:
        return action | {"selected_options": _find_options(element, value or [])}
    return action | {CHOSEN_VALUE[kind]: value}


def _find_options(element: Json, values: list[Any]) -> list[Json]:
    groups = element.get("option_groups", [])
    options = [*element.get("options", []), *(one for group in groups for one in group["options"])]
    found = [option for option in options if option.get("value") in values]
    if len(found) != len(values):
        raise SlackError("option_not_found")
    return found
