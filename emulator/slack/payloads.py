"""What Slack sends an app for each thing a person does, as pure functions.

Sources: https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload and
https://docs.slack.dev/apis/events-api.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from .records import APP, BOT_USER, TEAM, TEAM_DOMAIN, Channel, Json, Message, User
from .workspace import SlackError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERIFICATION_TOKEN = "emulator-verification-token"  # noqa: S105 - deprecated by Slack, still sent

COMMAND_CHANNEL_NAMES = {"im": "directmessage", "mpim": "mpdm", "private": "privategroup"}
"""What a command calls the conversations whose names are nobody else's business."""

EVENT_CHANNEL_TYPES = {"public": "channel", "private": "group"}
EVENT_SUFFIXES = {"public": "channels", "private": "groups"}

CHOSEN_VALUE: Mapping[str, str] = {
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


def describe_command(
    person: User, place: Channel, command: str, text: str, *, trigger_id: str, response_url: str
) -> Json:
    """The form of a slash command; every value is a string."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": person.team,
        "team_domain": TEAM_DOMAIN,
        "channel_id": place.id,
        "channel_name": COMMAND_CHANNEL_NAMES.get(place.kind, place.name),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def describe_press(
    person: User,
    place: Channel,
    message: Message,
    action: Json,
    *,
    trigger_id: str,
    response_url: str,
    base_url: str,
) -> Json:
    """The `block_actions` payload of an element used in a message."""
    payload: Json = {
        "type": "block_actions",
        "token": VERIFICATION_TOKEN,
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team,
        },
        "channel": {"id": place.id, "name": place.name or "directmessage"},
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": place.id,
            "is_ephemeral": message.ephemeral_to is not None,
        },
        "trigger_id": trigger_id,
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    # Slack leaves the message out when only one person can see it.
    if message.ephemeral_to is None:
        payload["message"] = message.shown(base_url)
    return payload


def describe_action(block: Json, element: Json, value: Any, stamp: str) -> Json:
    """What was done to one element: the button as it is, or what was chosen."""
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


def describe_event(name: str, place: Channel, message: Json) -> Json:
    """The `event_callback` of a message, under the subscription `name` (`message.im`, …)."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM,
        "api_app_id": APP,
        "type": "event_callback",
        "event": {
            **message,
            "type": name.partition(".")[0],
            "channel": place.id,
            "channel_type": EVENT_CHANNEL_TYPES.get(place.kind, place.kind),
            "event_ts": message["ts"],
        },
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


def events_of(place: Channel, text: str) -> list[str]:
    """The subscriptions that a message with this text belongs to."""
    names = [f"message.{EVENT_SUFFIXES.get(place.kind, place.kind)}"]
    return [*names, "app_mention"] if f"<@{BOT_USER}>" in text else names


def _find_options(element: Json, values: list[Any]) -> list[Json]:
    groups = element.get("option_groups", [])
    options = [*element.get("options", []), *(one for group in groups for one in group["options"])]
    found = [option for option in options if option.get("value") in values]
    if len(found) != len(values):
        raise SlackError("option_not_found")
    return found
