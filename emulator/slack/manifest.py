"""Installing an app from its manifest: what the manifest does not ask for, the app does not get.

Source: https://docs.slack.dev/reference/app-manifest; the scope an event needs is on its page
below https://docs.slack.dev/reference/events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .settings import Shortcut

EVENT_SCOPES: Mapping[str, str] = {
    "app_mention": "app_mentions:read",
    "file_shared": "files:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
}
"""What an app must be allowed to do to be told of an event; the rest need nothing."""


TOKEN_LIFETIME = 12 * 3600
"""Seconds: https://docs.slack.dev/authentication/using-token-rotation."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DisplayInformation(Part):
    name: str = Field(min_length=1, max_length=35)
    description: str = Field("", max_length=140)
    long_description: str | None = Field(None, min_length=174, max_length=4000)
    background_color: str | None = Field(None, pattern=r"^#([0-9a-fA-F]{3}){1,2}$")


class AppHome(Part):
    home_tab_enabled: bool = False
    messages_tab_enabled: bool = True
    messages_tab_read_only_enabled: bool = False


class BotUser(Part):
    display_name: str = Field(min_length=1, max_length=80)
    always_online: bool = False


class SlashCommand(Part):
    command: str = Field(pattern=r"^/\S+$", max_length=32)
    description: str = Field(min_length=1, max_length=2000)
    should_escape: bool = False
    url: str | None = None
    usage_hint: str = Field("", max_length=1000)


class Features(Part):
    app_home: AppHome = AppHome()
    bot_user: BotUser | None = None
    shortcuts: Annotated[list[Shortcut], Field(max_length=10)] = []
    slash_commands: Annotated[list[SlashCommand], Field(max_length=50)] = []
    unfurl_domains: Annotated[list[str], Field(max_length=5)] = []


class Scopes(Part):
    bot: list[str] = []
    user: list[str] = []


class OAuthConfig(Part):
    redirect_urls: list[str] = []
    scopes: Scopes = Scopes()
    pkce_enabled: bool = False


class EventSubscriptions(Part):
    bot_events: Annotated[list[str], Field(max_length=100)] = []
    user_events: list[str] = []
    request_url: str | None = None


class Interactivity(Part):
    is_enabled: bool
    request_url: str | None = None
    message_menu_options_url: str | None = None


class Settings(Part):
    event_subscriptions: EventSubscriptions = EventSubscriptions()
    interactivity: Interactivity = Interactivity(is_enabled=False)
    org_deploy_enabled: bool = False
    socket_mode_enabled: bool = False
    token_rotation_enabled: bool = False
    is_hosted: bool = False
    function_runtime: Literal["remote", "slack"] = "remote"
    allowed_ip_address_ranges: list[str] = []


class Manifest(Part):
    metadata: dict[str, int] = Field({}, alias="_metadata")
    display_information: DisplayInformation
    features: Features = Features()
    oauth_config: OAuthConfig = OAuthConfig()
    settings: Settings = Settings()


def read_manifest(sent: object) -> dict[str, Any]:
    """The settings of the emulated Slack that make it the one this app is installed in.

    An app without Socket Mode is sent everything at its address for events, where Bolt listens
    for all of it.

    :raises ValueError: for a manifest that Slack would not take.
    """
    manifest = Manifest.model_validate(sent)
    scopes, subscribed = manifest.oauth_config.scopes.bot, manifest.settings.event_subscriptions
    needed = {EVENT_SCOPES[event] for event in subscribed.bot_events if event in EVENT_SCOPES}
    if manifest.features.slash_commands or manifest.features.shortcuts:
        needed.add("commands")
    if missing := sorted(needed - set(scopes)):
        raise ValueError(f"the manifest needs the scopes {', '.join(missing)}")
    if manifest.features.shortcuts and not manifest.settings.interactivity.is_enabled:
        raise ValueError("shortcuts need interactivity to be enabled")
    is_socket = manifest.settings.socket_mode_enabled
    request_url = None if is_socket else _find_request_url(manifest)
    return {
        "scopes": scopes,
        "events": subscribed.bot_events,
        "commands": [command.command for command in manifest.features.slash_commands],
        "shortcuts": [one.model_dump() for one in manifest.features.shortcuts],
        "escape_commands": any(one.should_escape for one in manifest.features.slash_commands),
        "home_tab": manifest.features.app_home.home_tab_enabled,
        "messages_tab": manifest.features.app_home.messages_tab_enabled,
        "interactivity": manifest.settings.interactivity.is_enabled,
        "request_url": request_url,
        "redirect_urls": manifest.oauth_config.redirect_urls,
        "token_lifetime": TOKEN_LIFETIME if manifest.settings.token_rotation_enabled else None,
    }


def _find_request_url(manifest: Manifest) -> str:
    """Without Socket Mode, every feature in use says where it is served."""
    settings = manifest.settings
    wanted = [command.url for command in manifest.features.slash_commands]
    if settings.interactivity.is_enabled:
        wanted.append(settings.interactivity.request_url)
    if settings.event_subscriptions.bot_events:
        wanted.append(settings.event_subscriptions.request_url)
    if not wanted or not all(wanted):
        raise ValueError("without Socket Mode, commands, events and interactivity need their URL")
    return str(wanted[-1])
