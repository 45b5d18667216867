"""What Slack sends an app for each thing a person does, as pure functions.

Sources: https://docs.slack.dev/interactivity/implementing-slash-commands and
https://docs.slack.dev/reference/interaction-payloads (block_actions, shortcuts, views,
block_suggestion).
"""

from __future__ import annotations

from .records import APP, TEAM, TEAM_DOMAIN, Channel, Json, Message, User

VERIFICATION_TOKEN = "emulator-verification-token"  # noqa: S105 - deprecated by Slack, still sent

CHANNEL_NAMES = {"im": "directmessage", "mpim": "mpdm", "private": "privategroup"}
"""What an app is told of the conversations whose names are nobody else's business."""


def name_channel(place: Channel) -> str:
    return CHANNEL_NAMES.get(place.kind, place.name)


def describe_command(
    person: User, place: Channel, command: str, text: str, *, trigger_id: str, response_url: str
) -> Json:
    """The form of a slash command; every value is a string."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": person.team,
        "team_domain": TEAM_DOMAIN,
        "channel_id": place.id,
        "channel_name": name_channel(place),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def describe_shortcut(person: User, callback_id: str, *, trigger_id: str, stamp: str) -> Json:
    """A global shortcut, which knows of no conversation."""
    return _describe("shortcut", person) | {
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": stamp,
    }


def describe_message_shortcut(
    person: User,
    callback_id: str,
    place: Channel,
    message: Json,
    *,
    trigger_id: str,
    response_url: str,
    stamp: str,
) -> Json:
    """A shortcut on a message, which is sent along whether the app can see it or not."""
    return _describe("message_action", person) | {
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": stamp,
        "message_ts": message["ts"],
        "message": message,
        "channel": {"id": place.id, "name": name_channel(place)},
        "response_url": response_url,
    }


def describe_press(
    person: User,
    place: Channel,
    message: Message,
    action: Json,
    *,
    state: Json,
    trigger_id: str,
    response_url: str,
    base_url: str,
) -> Json:
    """The `block_actions` payload of an element used in a message."""
    payload = _describe("block_actions", person) | {
        "channel": {"id": place.id, "name": name_channel(place)},
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": place.id,
            "is_ephemeral": message.ephemeral_to is not None,
            **({"thread_ts": message.thread_ts} if message.is_reply else {}),
        },
        "trigger_id": trigger_id,
        "state": {"values": state},
        "response_url": response_url,
        "actions": [action],
    }
    # Slack leaves the message out when only one person can see it.
    if message.ephemeral_to is None:
        payload["message"] = message.shown(base_url)
    return payload


def describe_view_press(person: User, view: Json, action: Json, *, trigger_id: str) -> Json:
    """The `block_actions` payload of an element used in a modal or the App Home."""
    return _describe("block_actions", person) | {
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": trigger_id,
        "view": view,
        "actions": [action],
    }


def describe_submission(
    person: User, view: Json, *, trigger_id: str, response_urls: list[Json]
) -> Json:
    return _describe("view_submission", person) | {
        "trigger_id": trigger_id,
        "view": view,
        "response_urls": response_urls,
    }


def describe_closing(person: User, view: Json, *, is_cleared: bool) -> Json:
    return _describe("view_closed", person) | {"view": view, "is_cleared": is_cleared}


def describe_suggestion(
    person: User, block: Json, element: Json, typed: str, *, container: Json, where: Json
) -> Json:
    """What an external menu asks the app for; `where` holds the view, or message and channel."""
    return _describe("block_suggestion", person) | {
        "container": container,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "value": typed,
        **where,
    }


def describe_action(block: Json, element: Json, done: Json, stamp: str) -> Json:
    """One entry of `actions`; `done` is what `Filling.use` says was done."""
    return {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": stamp,
        **done,
    }


def _describe(kind: str, person: User) -> Json:
    return {
        "type": kind,
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
    }
