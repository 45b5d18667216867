"""The Web API methods of the emulated Slack: one function each, in one table.

Reference: https://docs.slack.dev/reference/methods.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .api import SCOPE_FAMILIES, ApiCall, Caller
from .records import (
    APP,
    BOT,
    BOT_USER,
    TEAM,
    TEAM_DOMAIN,
    TEAM_NAMES,
    Channel,
    File,
    Json,
    Message,
    SlackError,
    View,
    invalid_arguments,
)
from .workspace import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .settings import SlackSettings

TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100
"""Calls a minute that Slack promises for a method of each tier."""

POSTING = 60
"""Calls a minute and channel: `chat.postMessage` has a tier of its own, one a second."""


@dataclass(frozen=True, slots=True)
class Method:
    answer: Callable[[ApiCall], Json]
    scope: str | None
    per_minute: int
    caller: Caller = "bot"


METHODS: dict[str, Method] = {}


def method(
    name: str, *, scope: str | None = None, per_minute: int = TIER_3, caller: Caller = "bot"
) -> Callable[[Callable[[ApiCall], Json]], Callable[[ApiCall], Json]]:
    def enter(answer: Callable[[ApiCall], Json]) -> Callable[[ApiCall], Json]:
        METHODS[name] = Method(answer, scope, per_minute, caller)
        return answer

    return enter


def find_method(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    return METHODS[name]


def limit_of(name: str, args: Json, settings: SlackSettings) -> tuple[str, int] | None:
    """Which count this call belongs to, and how many a minute it allows; None for no limit."""
    per_minute = settings.rate_limits.get(name)
    if per_minute is None and settings.published_rate_limits:
        per_minute = METHODS[name].per_minute
    if per_minute is None:
        return None
    return (f"{name} {args.get('channel')}" if name == "chat.postMessage" else name), per_minute


@method("api.test")
def test_api(call: ApiCall) -> Json:
    return {"args": call.args}


@method("auth.test", per_minute=TIER_4)
def test_auth(call: ApiCall) -> Json:
    return {
        "url": f"{call.base_url}/",
        "team": TEAM_NAMES[call.workspace.team],
        "user": call.workspace.users[BOT_USER].name,
        "team_id": call.workspace.team,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


@method("auth.revoke", per_minute=TIER_3)
def revoke_token(call: ApiCall) -> Json:
    call.revoke()
    return {"revoked": True}


@method("apps.connections.open", per_minute=TIER_1, caller="app")
def open_connection(call: ApiCall) -> Json:
    return {"url": call.issue_link()}


@method("bots.info", scope="users:read")
def show_bot(call: ApiCall) -> Json:
    if call.get("bot", BOT) != BOT:
        raise SlackError("bot_not_found")
    bot = call.workspace.users[BOT_USER]
    return {
        "bot": {"id": BOT, "app_id": APP, "user_id": bot.id, "name": bot.name, "deleted": False}
    }


@method("chat.postMessage", scope="chat:write", per_minute=POSTING)
def post_message(call: ApiCall) -> Json:
    channel = call.channel_to_write_in(call.need("channel", "channel_not_found"))
    client_msg_id = call.get("client_msg_id") or None
    twin = None
    if client_msg_id and call.settings.honour_client_msg_id:
        twin = call.workspace.find_twin(channel, client_msg_id)
    message = twin or call.workspace.post(
        channel,
        BOT_USER,
        call.draft(),
        thread_ts=call.get("thread_ts") or None,
        client_msg_id=client_msg_id,
        is_broadcast=call.flag("reply_broadcast"),
    )
    shown = message.shown(call.base_url, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


@method("chat.postEphemeral", scope="chat:write", per_minute=TIER_4)
def post_ephemeral(call: ApiCall) -> Json:
    channel = call.channel_to_write_in(call.need("channel", "channel_not_found"))
    user = call.workspace.user(call.need("user", "user_not_found"))
    if user.id not in channel.members:
        raise SlackError("user_not_in_channel")
    message = call.workspace.post(
        channel,
        BOT_USER,
        call.draft(),
        thread_ts=call.get("thread_ts") or None,
        ephemeral_to=user.id,
    )
    return {"message_ts": message.ts}


@method("chat.update", scope="chat:write", per_minute=TIER_3)
def update_message(call: ApiCall) -> Json:
    message = _own_message(call, "cant_update_message")
    if call.settings.edit_window_closed:
        raise SlackError("edit_window_closed")
    call.workspace.update(message, call.draft())
    shown = message.shown(call.base_url, with_metadata=True)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": shown,
    }


@method("chat.delete", scope="chat:write", per_minute=TIER_3)
def delete_message(call: ApiCall) -> Json:
    message = _own_message(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink", per_minute=POSTING)
def show_permalink(call: ApiCall) -> Json:
    channel = _any_channel(call)
    ts = call.need("message_ts", "message_not_found")
    message = call.workspace.find_message(channel.id, ts)
    path = f"/slack/archives/{channel.id}/p{ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else ""
    return {"channel": channel.id, "permalink": f"{call.base_url}{path}{thread}"}


@method("conversations.open")
def open_conversation(call: ApiCall) -> Json:
    if call.get("channel"):
        channel = _any_channel(call)
        if channel.kind not in ("im", "mpim"):
            raise SlackError("method_not_supported_for_channel_type")
    else:
        users = [user for user in call.get("users").split(",") if user]
        if not users:
            raise SlackError("users_list_not_supplied")
        call.require("im:write" if len(users) == 1 else "mpim:write")
        channel = call.workspace.open_conversation(users)
    return {"channel": channel.shown() if call.flag("return_im") else {"id": channel.id}}


@method("conversations.info")
def show_conversation(call: ApiCall) -> Json:
    return {"channel": call.seen_channel("read").shown()}


@method("conversations.list", per_minute=TIER_2)
def list_conversations(call: ApiCall) -> Json:
    kinds = {
        {"public_channel": "public", "private_channel": "private"}.get(kind, kind)
        for kind in call.get("types", "public_channel").split(",")
    }
    if unknown := kinds - set(SCOPE_FAMILIES):
        raise SlackError("invalid_types", unknown=sorted(unknown))
    for kind in sorted(kinds):
        call.require(f"{SCOPE_FAMILIES[kind]}:read")
    visible = [
        channel.shown()
        for channel in call.workspace.channels.values()
        if channel.kind in kinds
        and channel.is_visible_to(BOT_USER)
        and not (call.flag("exclude_archived") and channel.is_archived)
    ]
    return _page(call, "channels", visible)


@method("conversations.members", per_minute=TIER_4)
def list_members(call: ApiCall) -> Json:
    return _page(call, "members", call.seen_channel("read").members)


@method("conversations.history")
def list_history(call: ApiCall) -> Json:
    channel = call.seen_channel("history")
    said = [
        message
        for message in call.workspace.in_channel(channel.id)
        if not message.ephemeral_to and (not message.is_reply or message.is_broadcast)
    ]
    newest_first = _within(call, said)[::-1]
    return _page(call, "messages", [_shown_root(call, message) for message in newest_first]) | {
        "pin_count": 0
    }


@method("conversations.replies")
def list_replies(call: ApiCall) -> Json:
    channel = call.seen_channel("history")
    try:
        message = call.workspace.find_message(channel.id, call.get("ts"))
    except SlackError:
        raise SlackError("thread_not_found") from None
    root = (
        call.workspace.find_message(channel.id, message.thread_ts) if message.thread_ts else message
    )
    replies = [reply for reply in call.workspace.replies(root) if not reply.ephemeral_to]
    shown = [_shown_root(call, root)] + [_shown(call, one) for one in _within(call, replies)]
    return _page(call, "messages", shown, default=1000)


@method("users.info", scope="users:read", per_minute=TIER_4)
def show_user(call: ApiCall) -> Json:
    return {"user": call.workspace.user(call.get("user")).shown()}


@method("users.list", scope="users:read", per_minute=TIER_2)
def list_users(call: ApiCall) -> Json:
    return _page(call, "members", [user.shown() for user in call.workspace.users.values()])


@method("usergroups.list", scope="usergroups:read", per_minute=TIER_2)
def list_usergroups(call: ApiCall) -> Json:
    return {
        "usergroups": [
            group.shown(with_users=call.flag("include_users"))
            for group in call.workspace.groups.values()
            if call.flag("include_disabled") or not group.is_disabled
        ]
    }


@method("usergroups.users.list", scope="usergroups:read", per_minute=TIER_2)
def list_usergroup_users(call: ApiCall) -> Json:
    group = call.workspace.groups.get(call.get("usergroup"))
    if group is None or (group.is_disabled and not call.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": group.users}


@method("team.info", scope="team:read")
def show_team(_: ApiCall) -> Json:
    return {"team": {"id": TEAM, "name": "Emulator", "domain": TEAM_DOMAIN}}


@method("reactions.add", scope="reactions:write")
def add_reaction(call: ApiCall) -> Json:
    name = call.need("name", "invalid_name").strip(":")
    message = call.workspace.find_message(
        _any_channel(call).id, call.need("timestamp", "bad_timestamp")
    )
    users = message.reactions.setdefault(name, [])
    if BOT_USER in users:
        raise SlackError("already_reacted")
    users.append(BOT_USER)
    return {}


@method("files.getUploadURLExternal", scope="files:write", per_minute=TIER_4)
def announce_file(call: ApiCall) -> Json:
    name = call.need("filename", "invalid_arguments")
    length = call.get("length")
    if not length.isdigit() or int(length) == 0:
        raise SlackError("invalid_arguments", response_metadata={"messages": ["length"]})
    file = call.workspace.expect_file(name, int(length))
    return {"file_id": file.id, "upload_url": f"{call.base_url}/slack/upload/{file.id}"}


@method("files.completeUploadExternal", scope="files:write", per_minute=TIER_4)
def complete_upload(call: ApiCall) -> Json:
    listed = call.structure("files", "invalid_arguments")
    if (
        not listed
        or not isinstance(listed, list)
        or not all(isinstance(entry, dict) for entry in listed)
    ):
        raise SlackError("invalid_arguments")
    channels = [
        call.channel_to_write_in(channel)
        for channel in (call.get("channel_id") or call.get("channels")).split(",")
        if channel
    ]
    files = []
    for entry in listed:
        file = _expected_file(call, str(entry.get("id")))
        call.workspace.complete_file(file, entry.get("title"))
        files.append(file)
    for channel in channels:
        draft = Draft(
            text=call.get("initial_comment"),
            blocks=call.structure("blocks", "invalid_blocks_format"),
            files=files,
        )
        call.workspace.post(channel, BOT_USER, draft, thread_ts=call.get("thread_ts") or None)
    return {"files": [file.shown(call.base_url) for file in files]}


@method("files.info", scope="files:read", per_minute=TIER_4)
def show_file(call: ApiCall) -> Json:
    file = call.workspace.readable_file(call.get("file"))
    return {"file": file.shown(call.base_url), "comments": []}


@method("views.open", per_minute=TIER_4)
def open_view(call: ApiCall) -> Json:
    return _shown_view(call, call.views.open(_trigger(call), _view(call)))


@method("views.push", per_minute=TIER_4)
def push_view(call: ApiCall) -> Json:
    return _shown_view(call, call.views.push(_trigger(call), _view(call)))


@method("views.update", per_minute=TIER_4)
def update_view(call: ApiCall) -> Json:
    view_id, external_id = call.get("view_id"), call.get("external_id")
    if bool(view_id) == bool(external_id):
        raise invalid_arguments("either `view_id` or `external_id` is required")
    sent = _view(call)
    view = call.views.find_to_change(view_id, external_id)
    return _shown_view(call, call.views.change(view, sent, known_hash=call.get("hash")))


@method("views.publish", per_minute=TIER_4)
def publish_view(call: ApiCall) -> Json:
    user = call.workspace.users.get(call.get("user_id"))
    if user is None or user.is_bot:
        raise invalid_arguments("invalid `user_id`")
    view = call.views.publish(user.id, _view(call), known_hash=call.get("hash"))
    return _shown_view(call, view)


def _trigger(call: ApiCall) -> str:
    if not call.get("trigger_id"):
        raise invalid_arguments("missing required field: trigger_id [json-pointer:/trigger_id]")
    return call.get("trigger_id")


def _view(call: ApiCall) -> Any:
    return call.structure("view", "invalid_arguments")


def _shown_view(call: ApiCall, view: View) -> Json:
    return {"view": call.views.show(view)}


def _any_channel(call: ApiCall) -> Channel:
    return call.workspace.find_channel(call.need("channel", "channel_not_found"), seen_by=BOT_USER)


def _own_message(call: ApiCall, refusal: str) -> Message:
    channel = _any_channel(call)
    message = call.workspace.find_message(channel.id, call.need("ts", "message_not_found"))
    if message.ephemeral_to or message.is_tombstone:
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(refusal)
    return message


def _expected_file(call: ApiCall, identifier: str) -> File:
    if identifier not in call.workspace.files:
        raise SlackError("file_not_found")
    return call.workspace.files[identifier]


def _shown(call: ApiCall, message: Message) -> Json:
    return message.shown(call.base_url, with_metadata=call.flag("include_all_metadata"))


def _shown_root(call: ApiCall, message: Message) -> Json:
    replies = [reply for reply in call.workspace.replies(message) if not reply.ephemeral_to]
    thread: Json = {}
    if replies:
        users = list(dict.fromkeys(reply.user for reply in replies))
        thread = {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": users,
            "reply_users_count": len(users),
            "latest_reply": replies[-1].ts,
        }
    return _shown(call, message) | thread


def _within(call: ApiCall, messages: list[Message]) -> list[Message]:
    try:
        oldest, latest = float(call.get("oldest", "0")), float(call.get("latest") or "inf")
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None
    edges = {oldest, latest} if call.flag("inclusive") else set()
    return [
        message
        for message in messages
        if oldest < float(message.ts) < latest or float(message.ts) in edges
    ]


def _page(call: ApiCall, key: str, items: Sequence[Any], *, default: int = 100) -> Json:
    """One page of a list with Slack's cursor to the next one."""
    try:
        limit = min(int(call.get("limit") or default), 1000)
        start = int(base64.b64decode(call.get("cursor"), validate=True) or 0)
    except ValueError:
        raise SlackError("invalid_cursor") from None
    if limit < 1:
        raise SlackError("invalid_limit")
    end = start + limit
    cursor = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
    return {
        key: list(items[start:end]),
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }
