"""How a request reaches a method of the emulated Web API: its token, its arguments, its rate.

Source: https://docs.slack.dev/apis/web-api.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..world import Refused
from .records import BOT_USER, Channel, Json, SlackError, require_scope
from .workspace import Draft, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from .settings import SlackSettings
    from .views import Views

BOT_TOKEN = "xoxb-emulator"  # noqa: S105 - the emulator's published credential
APP_TOKEN = "xapp-emulator"  # noqa: S105 - the emulator's published credential

Caller = Literal["bot", "app"]

SCOPE_FAMILIES = {"public": "channels", "private": "groups", "im": "im", "mpim": "mpim"}
TRUE_WORDS = ("1", "true", "True", True)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request to a method: its arguments and what the function may touch."""

    args: Json
    workspace: Workspace
    views: Views
    settings: SlackSettings
    base_url: str
    issue_link: Callable[[], str]
    revoke: Callable[[], None]
    """Take back the token of this call."""

    def get(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def need(self, name: str, error: str) -> str:
        if not (value := self.get(name)):
            raise SlackError(error)
        return value

    def flag(self, name: str) -> bool:
        return self.args.get(name) in TRUE_WORDS

    def structure(self, name: str, error: str) -> Any:
        """A list or an object, which forms carry as JSON text; None when it was not given."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(error) from None

    def require(self, scope: str) -> None:
        require_scope(scope, self.settings.scopes)

    def draft(self) -> Draft:
        return Draft(
            text=self.get("text"),
            blocks=self.structure("blocks", "invalid_blocks_format"),
            attachments=self.structure("attachments", "invalid_attachments"),
            metadata=self.structure("metadata", "invalid_metadata_format"),
            is_mrkdwn="mrkdwn" not in self.args or self.flag("mrkdwn"),
        )

    def channel_to_write_in(self, channel: str) -> Channel:
        found = self.workspace.channel_to_write_in(channel, BOT_USER)
        if found.kind == "im" and not self.settings.messages_tab:
            raise SlackError("messages_tab_disabled")
        return found

    def seen_channel(self, action: Literal["read", "history"]) -> Channel:
        channel = self.workspace.find_channel(
            self.need("channel", "channel_not_found"), seen_by=BOT_USER
        )
        self.require(f"{SCOPE_FAMILIES[channel.kind]}:{action}")
        if action == "history" and BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel


@dataclass(slots=True)
class RateLimiter:
    """Counts calls in a sliding minute, per method and, for posting, per channel."""

    calls: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def admit(self, key: str, per_minute: int, now: float) -> None:
        """Count a call, or refuse it with 429 and the seconds to wait."""
        calls = self.calls[key]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= per_minute:
            wait = math.ceil(calls[0] + 60 - now)
            headers = {"Retry-After": str(max(1, wait))}
            raise Refused(429, "too many calls", code="ratelimited", headers=headers)
        calls.append(now)


async def read_arguments(request: Request) -> Json:
    """The arguments of a Web API request, wherever they are; raises `SlackError` for a body that
    is neither a form nor JSON."""
    args: Json = dict(request.query_params)
    content_type = request.headers.get("content-type", "").partition(";")[0]
    body = await request.body()
    if content_type == "application/json":
        try:
            sent = json.loads(body or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(sent, dict):
            raise SlackError("json_not_object")
        args |= sent
    elif content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        args |= dict(await request.form())
    elif body:
        raise SlackError("invalid_post_type")
    return args


def take_token(request: Request, args: Json) -> str:
    """The token of a call, taken out of the header or the arguments."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    in_arguments = args.pop("token", "")
    token = bearer.strip() if scheme.lower() == "bearer" else in_arguments
    if not token:
        raise SlackError("not_authed")
    return str(token)
