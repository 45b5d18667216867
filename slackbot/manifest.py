"""The Slack app's manifest: what to paste at https://api.slack.com/apps to make the app.

https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCOPES: Mapping[str, str] = {
    "channels:history": "find again what was posted in a public channel before a crash",
    "channels:read": "know whether a conversation is public",
    "chat:write": "post and edit",
    "commands": "/talent",
    "files:write": "attach files to results",
    "groups:history": "find again what was posted in a private channel before a crash",
    "groups:read": "know that a conversation is a private channel",
    "im:history": "find again what was posted in a direct message before a crash",
    "im:read": "know that a conversation is a direct message",
    "im:write": "open a direct message with the starter",
    "mpim:history": "find again what was posted in a group message before a crash",
    "mpim:read": "know that a conversation is a group message",
    "usergroups:read": "see who belongs to the groups that a DAG's tags name",
    "users:read": "tell members from guests and strangers",
}
"""Every scope the bot uses, and what for."""


def manifest(request_url: str | None = None) -> dict[str, Any]:
    """The manifest as JSON.

    :param request_url: Public address of the bot's `/slack/events`; None for Socket Mode.
    """
    command: dict[str, Any] = {
        "command": "/talent",
        "description": "Start a workflow and follow it here",
        "usage_hint": "help | list | <workflow> name=value …",
        "should_escape": True,
    }
    if request_url:
        command["url"] = request_url
    return {
        "display_information": {
            "name": "Talent",
            "description": "Starts recruiting workflows in Airflow and posts what became of them",
        },
        "features": {
            "bot_user": {"display_name": "talent", "always_online": True},
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }
