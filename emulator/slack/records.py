"""What Slack keeps: users, conversations, messages and files, and how its API shows each.

`shown` gives the JSON object of the Web API; who may see or change what is decided in
`workspace`.
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Collection

TEAM = "T0EMULATOR"
TEAM_DOMAIN = "emulator"
TEAM_NAMES = {TEAM: "Emulator", "T0SECOND": "Second", "T0THIRD": "Third"}
"""The workspaces that may install the app by OAuth; the first one has it from the beginning."""
APP = "A0TALENT"
BOT = "B0BOT"
BOT_USER = "U0BOT"
SLACKBOT = "USLACKBOT"

Kind = Literal["public", "private", "im", "mpim"]
Json = dict[str, Any]


class SlackError(Exception):
    """What Slack answers instead of a result: `{"ok": false, "error": code, …details}`."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details

    def answer(self) -> Json:
        return {"ok": False, "error": self.code, **self.details}


def invalid_arguments(*problems: str) -> SlackError:
    """The refusal of arguments, with what is wrong about them."""
    messages = [f"[ERROR] {problem}" for problem in problems]
    return SlackError("invalid_arguments", response_metadata={"messages": messages})


def require_scope(scope: str, provided: Collection[str]) -> None:
    """Refuse what the bot token may not do."""
    if scope not in provided:
        raise SlackError("missing_scope", needed=scope, provided=",".join(provided))


@dataclass(slots=True)
class User:
    id: str
    name: str
    real_name: str
    is_bot: bool = False
    is_restricted: bool = False
    """A guest, of either kind."""
    is_ultra_restricted: bool = False
    """A guest in one channel only; Slack calls such a guest restricted too."""
    is_stranger: bool = False
    """Somebody of another workspace, met in a shared channel."""
    is_deleted: bool = False
    """Deactivated: shown, but not let in."""
    team: str = TEAM

    @property
    def is_guest(self) -> bool:
        return self.is_restricted or self.is_ultra_restricted

    def shown(self) -> Json:
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.is_deleted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_stranger": self.is_stranger,
            "tz": "Etc/UTC",
            "tz_offset": 0,
            "locale": "en-US",
            "profile": {
                "team": self.team,
                "real_name": self.real_name,
                "display_name": self.name,
                **({"api_app_id": APP, "bot_id": BOT} if self.id == BOT_USER else {}),
            },
        }


@dataclass(slots=True)
class Group:
    """A user group: people who can be mentioned together."""

    id: str
    name: str
    handle: str
    users: list[str]
    is_disabled: bool = False

    def shown(self, *, with_users: bool) -> Json:
        return {
            "id": self.id,
            "team_id": TEAM,
            "is_usergroup": True,
            "is_subteam": True,
            "name": self.name,
            "handle": self.handle,
            "description": "",
            "is_external": False,
            "date_delete": int(self.is_disabled),
            "user_count": len(self.users),
            **({"users": self.users} if with_users else {}),
        }


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    kind: Kind
    members: list[str]
    created: int = 0
    is_archived: bool = False
    is_ext_shared: bool = False
    """Shared with another workspace, so that strangers are met there."""

    @property
    def is_private(self) -> bool:
        return self.kind != "public"

    def is_visible_to(self, user: str) -> bool:
        return self.kind == "public" or user in self.members

    def partner_of(self, user: str) -> str:
        return next((member for member in self.members if member != user), user)

    def shown(self) -> Json:
        """The conversation as the bot is shown it."""
        common = {
            "id": self.id,
            "created": self.created,
            "is_archived": self.is_archived,
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_channel": self.kind in ("public", "private"),
            "is_group": self.kind == "private",
            "is_private": self.is_private,
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": False,
            "context_team_id": TEAM,
        }
        if self.kind == "im":
            return common | {"user": self.partner_of(BOT_USER), "is_open": True}
        return common | {
            "name": self.name,
            "name_normalized": self.name,
            "is_general": self.id == "C0GENERAL",
            "is_member": BOT_USER in self.members,
            "creator": self.members[0] if self.members else BOT_USER,
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }


@dataclass(slots=True)
class File:
    id: str
    name: str
    title: str
    length: int
    user: str
    created: int
    content: bytes | None = None
    shares: list[tuple[str, str, str | None]] = field(default_factory=list)
    is_complete: bool = False
    is_given_to_app: bool = False
    """Put into a form of the app, which may read it since."""

    @property
    def mimetype(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def shown(self, base_url: str) -> Json:
        """The file object; `base_url` is where the emulator is reached, without a slash."""
        shares: dict[str, dict[str, list[Json]]] = {}
        for channel, ts, thread_ts in self.shares:
            scope = "public" if channel.startswith("C") else "private"
            share = {"ts": ts} | ({"thread_ts": thread_ts} if thread_ts else {})
            shares.setdefault(scope, {}).setdefault(channel, []).append(share)
        link = f"{base_url}/slack/files/{self.id}/{quote(self.name)}"
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": self.mimetype,
            "filetype": PurePath(self.name).suffix.lstrip(".") or "binary",
            "user": self.user,
            "user_team": TEAM,
            "mode": "hosted",
            "editable": False,
            "is_external": False,
            "size": self.length,
            "url_private": link,
            "url_private_download": f"{link}?download=1",
            "permalink": link,
            "channels": [share[0] for share in self.shares if share[0].startswith("C")],
            "ims": [share[0] for share in self.shares if share[0].startswith("D")],
            "groups": [share[0] for share in self.shares if share[0].startswith("G")],
            "shares": shares,
        }


@dataclass(slots=True)
class Message:
    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    client_msg_id: str | None = None
    ephemeral_to: str | None = None
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edits: int = 0
    edited_ts: str | None = None
    is_tombstone: bool = False
    is_mrkdwn: bool = True
    is_broadcast: bool = False
    entered: dict[str, dict[str, dict[str, Json]]] = field(default_factory=dict)
    """What each person has entered into its elements, by user, block_id and action_id."""
    suggested: dict[str, list[Json]] = field(default_factory=dict)
    """Options the app offered for an external menu, by action_id."""

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    def shown(self, base_url: str, *, with_metadata: bool = False) -> Json:
        """The message object as the Web API returns it."""
        shown: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        if self.is_tombstone:
            return shown | {"subtype": "tombstone", "hidden": True, "thread_ts": self.thread_ts}
        shown["team"] = TEAM
        if self.user == BOT_USER:
            shown |= {
                "bot_id": BOT,
                "app_id": APP,
                "bot_profile": {
                    "id": BOT,
                    "app_id": APP,
                    "name": "talent",
                    "team_id": TEAM,
                    "deleted": False,
                },
            }
        optional: Json = {
            "blocks": self.blocks,
            "attachments": self.attachments,
            "thread_ts": self.thread_ts,
            "client_msg_id": self.client_msg_id,
            "metadata": self.metadata if with_metadata else None,
            "files": [file.shown(base_url) for file in self.files],
            "edited": self.edited_ts and {"user": self.user, "ts": self.edited_ts},
            "reactions": [
                {"name": name, "users": users, "count": len(users)}
                for name, users in self.reactions.items()
            ],
        }
        return shown | {key: value for key, value in optional.items() if value}


@dataclass(slots=True, eq=False)
class View:
    """A modal's page or somebody's App Home, with what its person has entered so far.

    `sent` is what the app said of it: title, blocks, private_metadata and so on. `entered` holds
    the values of elements by block_id and action_id, as the API shows them. `errors` stand below
    the inputs they name, `problem` above them all.
    """

    id: str
    user: str
    sent: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    entered: dict[str, dict[str, Json]] = field(default_factory=dict)
    suggested: dict[str, list[Json]] = field(default_factory=dict)
    """Options the app offered for an external menu, by action_id."""
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def blocks(self) -> list[Json]:
        return list(self.sent["blocks"])

    @property
    def is_modal(self) -> bool:
        return bool(self.sent["type"] == "modal")

    def shown(self, state: Json) -> Json:
        """The view object; `state` is the values of its elements by block_id and action_id."""
        sent = self.sent
        return {
            "id": self.id,
            "team_id": TEAM,
            "type": sent["type"],
            "title": sent.get("title"),
            "close": sent.get("close"),
            "submit": sent.get("submit"),
            "blocks": sent["blocks"],
            "private_metadata": sent.get("private_metadata") or "",
            "callback_id": sent.get("callback_id") or "",
            "external_id": sent.get("external_id") or "",
            "state": {"values": state},
            "hash": self.hash,
            "clear_on_close": bool(sent.get("clear_on_close")),
            "notify_on_close": bool(sent.get("notify_on_close")),
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
            "app_id": APP,
            "app_installed_team_id": TEAM,
            "bot_id": BOT,
        }
