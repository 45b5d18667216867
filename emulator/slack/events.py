"""The events an app may be subscribed to, as pure functions.

Source: https://docs.slack.dev/apis/events-api and https://docs.slack.dev/reference/events.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from .payloads import VERIFICATION_TOKEN
from .records import APP, BOT_USER, TEAM, Channel, Json

if TYPE_CHECKING:
    from .records import File

CHANNEL_TYPES = {"public": "channel", "private": "group"}
SUFFIXES = {"public": "channels", "private": "groups"}


def subscriptions_of(place: Channel, text: str) -> list[str]:
    """The subscriptions that a message with this text belongs to."""
    names = [f"message.{SUFFIXES.get(place.kind, place.kind)}"]
    return [*names, "app_mention"] if f"<@{BOT_USER}>" in text else names


def describe_message(subscription: str, place: Channel, message: Json) -> Json:
    """The event of a message, under the subscription it is told by (`message.im`, …)."""
    return _describe(
        {
            **message,
            "type": subscription.partition(".")[0],
            "channel": place.id,
            "channel_type": CHANNEL_TYPES.get(place.kind, place.kind),
            **({"subtype": "file_share"} if message.get("files") else {}),
        },
        stamp=message["ts"],
    )


def describe_shared_file(file: File, place: Channel, *, stamp: str) -> Json:
    return _describe(
        {
            "type": "file_shared",
            "channel_id": place.id,
            "file_id": file.id,
            "user_id": file.user,
            "file": {"id": file.id},
        },
        stamp=stamp,
    )


def describe_opened_home(
    user: str, direct: str, tab: str, view: Json | None, *, stamp: str
) -> Json:
    """`app_home_opened`; the view is there once one was published."""
    event: Json = {"type": "app_home_opened", "user": user, "channel": direct, "tab": tab}
    return _describe(event | ({"view": view} if view else {}), stamp=stamp)


def describe_revocation(*, stamp: str, team: str) -> Json:
    """`tokens_revoked`, of which the bot's is one."""
    tokens = {"oauth": [], "bot": [BOT_USER]}
    return _describe({"type": "tokens_revoked", "tokens": tokens}, stamp=stamp, team=team)


def describe_uninstalling(*, stamp: str, team: str) -> Json:
    return _describe({"type": "app_uninstalled"}, stamp=stamp, team=team)


def _describe(event: Json, *, stamp: str, team: str = TEAM) -> Json:
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": team,
        "api_app_id": APP,
        "type": "event_callback",
        "event": {**event, "event_ts": stamp},
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(float(stamp)),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }
