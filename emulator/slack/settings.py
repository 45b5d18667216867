"""What can be changed about the emulated Slack while it runs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..world import VendorSettings

FIRST_SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
)


class Shortcut(BaseModel):
    """An entry of the menu of shortcuts, as the app's manifest names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=24)
    type: Literal["global", "message"]
    callback_id: str = Field(min_length=1, max_length=255)
    description: str = Field(min_length=1, max_length=150)


class SlackSettings(VendorSettings):
    """Patched by `POST /_emulator/settings {"slack": {…}}`, or by `POST /_emulator/slack/install
    {"manifest": {…}}` so that they are exactly what an app's manifest asks for."""

    ack_timeout: float = Field(3.0, gt=0, le=60)
    """Seconds the app has to acknowledge before the person sees `operation_timeout`."""

    deliveries: int = Field(1, ge=1, le=10)
    """How often each command and interaction is handed to the app, at once and with the same
    `trigger_id`; more than 1 plays a doubled delivery."""

    redeliveries: int = Field(0, ge=0, le=10)
    """How often each command and interaction is handed over again after that, one after another,
    marked as a retry; Slack does so with events only."""

    trigger_lifetime: float = Field(3.0, gt=0, le=3600)
    """Seconds a `trigger_id` is good."""

    home_tab: bool = True
    """Whether the app has a Home tab; without it `views.publish` is `not_enabled`."""

    messages_tab: bool = True
    """Whether people can open a direct message with the app and be written to there; without it,
    posting to one is `messages_tab_disabled`."""

    interactivity: bool = True
    """Whether buttons, menus, shortcuts and modals reach the app."""

    commands: tuple[str, ...] | None = None
    """The app's slash commands; None for any."""

    shortcuts: tuple[Shortcut, ...] | None = None
    """The app's shortcuts; None for any."""

    escape_commands: bool = False
    """Whether mentions, links and addresses in commands come as `<@U…|name>`, `<https://…>` and
    `<mailto:…|…>`, which is `should_escape` in a manifest."""

    event_deliveries: int = Field(1, ge=1, le=10)
    """How often each event is handed to the app, at once and with the same `event_id`."""

    event_retries: int = Field(3, ge=0, le=3)
    """How often an event that nobody acknowledged is sent again."""

    events: tuple[str, ...] = ("app_home_opened", "app_mention", "message.im")
    """The events the app is subscribed to."""

    redirect_urls: tuple[str, ...] = ()
    """Where people are sent who installed the app; the first one when the app names none."""

    token_lifetime: int | None = Field(None, gt=0)
    """Seconds that tokens last which the app gets by OAuth; None means for ever. A manifest with
    `token_rotation_enabled` makes it twelve hours."""

    request_url: str | None = None
    """Where commands, interactions and events are sent, signed, by HTTP; None means Socket Mode."""

    scopes: tuple[str, ...] = FIRST_SCOPES
    """What the bot token may do; anything else is `missing_scope`."""

    honour_client_msg_id: bool = True
    """Whether a second message with a known `client_msg_id` is answered with the first one."""

    edit_window_closed: bool = False
    """Whether every `chat.update` is refused, as a workspace's edit setting can do."""

    published_rate_limits: bool = False
    """Whether each method has the number of calls a minute that Slack publishes for its tier."""

    rate_limits: dict[str, int] = Field(default_factory=dict)
    """Calls a minute of single methods, over the published ones: `{"chat.update": 5}`."""
