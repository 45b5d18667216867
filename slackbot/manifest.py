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
    "commands": "/talent and the shortcuts",
    "files:read": "take files that people give to a form, and CVs in messages",
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

EVENTS = ("app_home_opened",)
INSTALLED_EVENTS = ("app_uninstalled", "tokens_revoked")
"""Further ones for an app that several workspaces install."""


def manifest(request_url: str | None = None, redirect_url: str | None = None) -> dict[str, Any]:
    """The manifest as JSON.

    :param request_url: Public address of the bot's `/slack/events`; None for Socket Mode.
    :param redirect_url: Public address of its `/slack/oauth_redirect`, when several workspaces
        install the app; then its tokens are replaced every twelve hours. Needs the other one.
    """
    if redirect_url and not request_url:
        raise ValueError("an app that several workspaces install needs its request URL")
    redirects = {"redirect_urls": [redirect_url]} if redirect_url else {}
    events = [*EVENTS, *(INSTALLED_EVENTS if redirect_url else ())]
    # In Socket Mode nothing has an address.
    at = {"url": request_url} if request_url else {}
    requests_at = {"request_url": request_url} if request_url else {}
    options_at = {"message_menu_options_url": request_url} if request_url else {}
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Talent",
            "description": "Starts recruiting workflows in Airflow and posts what became of them",
            "background_color": "#1d3a5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "talent", "always_online": True},
            "shortcuts": [
                {
                    "name": "Start a workflow",
                    "type": "global",
                    "callback_id": "talent_open",
                    "description": "Choose a workflow and fill in its form",
                },
                {
                    "name": "Screen this CV",
                    "type": "message",
                    "callback_id": "talent_screen",
                    "description": "Start the workflow that takes a file with the one in a message",
                },
            ],
            "slash_commands": [
                {
                    "command": "/talent",
                    "description": "Start a workflow and follow it here",
                    "usage_hint": "help | list | status | <workflow> name=value …",
                    "should_escape": True,
                    **at,
                }
            ],
        },
        "oauth_config": {**redirects, "scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": events, **requests_at},
            "interactivity": {"is_enabled": True, **requests_at, **options_at},
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": redirect_url is not None,
        },
    }
