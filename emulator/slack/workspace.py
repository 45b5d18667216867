"""The emulated Slack workspace: the rules about who may say, change and see what.

How a request arrives (`methods`), how the app is told (`delivery`) and how it looks
(`mrkdwn`) are other files.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .blocks import find_block_problem, name_blocks
from .records import (
    BOT_USER,
    SLACKBOT,
    TEAM,
    Channel,
    File,
    Group,
    Json,
    Kind,
    Message,
    User,
)
from .records import SlackError as SlackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

MAX_POSTED_TEXT = 40_000
"""Characters. Slack cuts what is longer; here it is refused, so that a test sees the loss."""

MAX_UPDATED_TEXT = 4_000
"""Characters, the limit `chat.update` documents."""

MAX_METADATA = 16_384
MAX_MARKDOWN = 12_000
"""Characters of all `markdown` blocks of one message together."""


def first_users() -> list[User]:
    return [
        User("U0RECRUIT", "recruiter", "Robin Recruiter"),
        User("U0LEAD", "lead", "Lee Lead"),
        User("U0ENGINEER", "engineer", "Eli Engineer"),
        User("U0APPROVE", "approver", "Avery Approver"),
        User("U0GUEST", "guest", "Gale Guest", is_restricted=True),
        User(BOT_USER, "talent", "Talent", is_bot=True),
        User(SLACKBOT, "slackbot", "Slackbot", is_bot=True),
    ]


def first_channels(created: int) -> list[Channel]:
    everyone = ["U0RECRUIT", "U0LEAD", "U0ENGINEER", "U0APPROVE", "U0GUEST", BOT_USER]
    hiring = ["U0RECRUIT", "U0LEAD", "U0APPROVE", BOT_USER]
    return [
        Channel("C0GENERAL", "general", "public", everyone, created),
        Channel("C0HIRING", "hiring", "private", hiring, created),
        Channel("C0RANDOM", "random", "public", ["U0RECRUIT", "U0LEAD"], created),
    ]


def first_groups() -> list[Group]:
    return [
        Group("S0RECRUITERS", "Recruiters", "recruiters", ["U0RECRUIT", "U0LEAD"]),
        Group("S0APPROVERS", "Approvers", "approvers", ["U0LEAD", "U0APPROVE"]),
    ]


def other_users(team: str) -> list[User]:
    """Two people of another workspace, and the app's user there."""
    short = team.removeprefix("T0")
    return [
        User(f"U0{short}RECRUIT", "recruiter", "Sam Second", team=team),
        User(f"U0{short}LEAD", "lead", "Toni Second", team=team),
        User(BOT_USER, "talent", "Talent", is_bot=True, team=team),
    ]


def other_channels(team: str, created: int) -> list[Channel]:
    short = team.removeprefix("T0")
    members = [f"U0{short}RECRUIT", f"U0{short}LEAD", BOT_USER]
    return [Channel(f"C0{short}HIRING", "hiring", "private", members, created)]


def direct_id(user: str) -> str:
    """The id of the direct message between a user and the app."""
    return f"D{user[1:]}"


@dataclass(slots=True)
class Draft:
    """What somebody wants to say, as it came in; checked before it becomes a message."""

    text: str = ""
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    metadata: Json | None = None
    files: list[File] = field(default_factory=list)
    is_mrkdwn: bool = True

    @classmethod
    def read(cls, sent: Json) -> Draft:
        """The message in an acknowledgement or in a post to a `response_url`."""
        return cls(
            text=str(sent.get("text") or ""),
            blocks=sent.get("blocks"),
            attachments=sent.get("attachments"),
            metadata=sent.get("metadata"),
        )

    def check(self, *, max_text: int = MAX_POSTED_TEXT) -> None:
        """Raise `SlackError` for what Slack refuses: too long, not valid, or nothing at all."""
        if len(self.text) > max_text:
            raise SlackError("msg_too_long")
        if problem := find_block_problem(self.blocks or []):
            raise SlackError(
                "invalid_blocks",
                errors=[problem],
                response_metadata={"messages": [f"[ERROR] {problem}"]},
            )
        markdown = (block["text"] for block in self.blocks or [] if block["type"] == "markdown")
        if sum(map(len, markdown)) > MAX_MARKDOWN:
            raise SlackError("msg_blocks_too_long")
        if not all(map(_is_attachment, self._list_attachments())):
            raise SlackError("invalid_attachments")
        if self.metadata:
            self._check_metadata(self.metadata)
        if not (self.text.strip() or self.blocks or self.attachments or self.files):
            raise SlackError("no_text")

    def _list_attachments(self) -> list[Json]:
        if not isinstance(self.attachments, list | None):
            raise SlackError("invalid_attachments")
        return self.attachments or []

    @staticmethod
    def _check_metadata(metadata: object) -> None:
        if not isinstance(metadata, dict):
            raise SlackError("invalid_metadata_format")
        if set(metadata) - {"entities"} != {"event_type", "event_payload"}:
            raise SlackError("invalid_metadata_schema")
        if not isinstance(metadata["event_payload"], dict):
            raise SlackError("invalid_metadata_schema")
        if len(json.dumps(metadata)) > MAX_METADATA:
            raise SlackError("metadata_too_large")


def _is_attachment(attachment: object) -> bool:
    return (
        isinstance(attachment, dict) and find_block_problem(attachment.get("blocks") or []) is None
    )


class Workspace:
    """A team with its users, conversations, messages and files.

    `now` gives the emulator's clock; message timestamps come from it and always grow.
    """

    def __init__(self, now: Callable[[], datetime], team: str = TEAM) -> None:
        self._now = now
        self.team = team
        self._last_stamp = 0
        self._numbers = itertools.count(1)
        created = int(now().timestamp())
        is_home = team == TEAM
        users = first_users() if is_home else other_users(team)
        channels = first_channels(created) if is_home else other_channels(team, created)
        self.users = {user.id: user for user in users}
        self.channels = {channel.id: channel for channel in channels}
        self.groups = {group.id: group for group in first_groups()} if is_home else {}
        self.messages: list[Message] = []
        self.files: dict[str, File] = {}

    def number(self) -> int:
        return next(self._numbers)

    def clock(self) -> float:
        """Seconds since 1970, by the emulator's clock."""
        return self._now().timestamp()

    def stamp(self) -> str:
        moment = int(self.clock() * 1_000_000)
        self._last_stamp = max(moment, self._last_stamp + 1)
        return f"{self._last_stamp // 1_000_000}.{self._last_stamp % 1_000_000:06d}"

    def user(self, user: str) -> User:
        if user not in self.users:
            raise SlackError("user_not_found")
        return self.users[user]

    def find_channel(self, channel: str, *, seen_by: str) -> Channel:
        """The conversation of this id or name, or `channel_not_found` when `seen_by` may not
        know that it exists."""
        found = self.channels.get(channel) or next(
            (one for one in self.channels.values() if one.name and one.name == channel.lstrip("#")),
            None,
        )
        if found is None or not found.is_visible_to(seen_by):
            raise SlackError("channel_not_found")
        return found

    def find_place(self, channel: str, *, seen_by: str) -> Channel:
        """As `find_channel`, and a person's own direct message with the app always exists."""
        if channel == direct_id(seen_by) and channel not in self.channels:
            return self.open_conversation([seen_by])
        return self.find_channel(channel, seen_by=seen_by)

    def channel_to_write_in(self, channel: str, user: str) -> Channel:
        """Where a message addressed to `channel` goes; a user's id means the direct message."""
        if channel in self.users:
            # Who left is not told so: a message into the conversation there was is taken.
            return self.channels.get(direct_id(channel)) or self.open_conversation([channel])
        found = self.find_channel(channel, seen_by=user)
        if user not in found.members:
            raise SlackError("not_in_channel")
        if found.is_archived:
            raise SlackError("is_archived")
        return found

    def open_conversation(self, users: list[str]) -> Channel:
        """The direct message of the bot with one user, or the group message with several."""
        others = [self.user(user).id for user in dict.fromkeys(users) if user != BOT_USER]
        if not others or any(self.users[user].is_bot for user in others):
            raise SlackError("cannot_dm_bot")
        if any(self.users[user].is_deleted for user in others):
            raise SlackError("user_disabled")
        if len(others) > 8:
            raise SlackError("too_many_users")
        kind: Kind = "im" if len(others) == 1 else "mpim"
        members = [*others, BOT_USER]
        for channel in self.channels.values():
            if channel.kind == kind and set(channel.members) == set(members):
                return channel
        identifier = direct_id(others[0]) if kind == "im" else f"G0GROUP{self.number()}"
        name = "" if kind == "im" else f"mpdm-{'--'.join(self.users[u].name for u in members)}-1"
        opened = Channel(identifier, name, kind, members, int(self.clock()))
        self.channels[identifier] = opened
        return opened

    def in_channel(self, channel: str) -> Iterator[Message]:
        return (message for message in self.messages if message.channel == channel)

    def find_message(self, channel: str, ts: str, *, seen_by: str | None = None) -> Message:
        """A message; with `seen_by` only one that this person sees."""
        for message in self.in_channel(channel):
            if message.ts == ts and (seen_by is None or message.ephemeral_to in (None, seen_by)):
                return message
        raise SlackError("message_not_found")

    def find_twin(self, channel: Channel, client_msg_id: str) -> Message | None:
        """The message already posted in this channel under this `client_msg_id`."""
        same = (m for m in self.in_channel(channel.id) if m.client_msg_id == client_msg_id)
        return next(same, None)

    def replies(self, message: Message) -> list[Message]:
        return [
            reply
            for reply in self.in_channel(message.channel)
            if reply.is_reply and reply.thread_ts == message.ts
        ]

    def post(
        self,
        channel: Channel,
        user: str,
        draft: Draft,
        *,
        thread_ts: str | None = None,
        client_msg_id: str | None = None,
        ephemeral_to: str | None = None,
        is_broadcast: bool = False,
    ) -> Message:
        draft.check()
        root = self._find_root(channel, thread_ts) if thread_ts else None
        message = Message(
            channel=channel.id,
            ts=self.stamp(),
            user=user,
            text=draft.text,
            blocks=name_blocks(draft.blocks or [], self.number),
            attachments=draft.attachments or [],
            thread_ts=root.ts if root else None,
            metadata=draft.metadata or None,
            client_msg_id=client_msg_id,
            ephemeral_to=ephemeral_to,
            files=draft.files,
            is_mrkdwn=draft.is_mrkdwn,
            is_broadcast=is_broadcast,
        )
        if root and not ephemeral_to:
            root.thread_ts = root.ts
        for file in draft.files:
            file.shares.append((channel.id, message.ts, message.thread_ts))
        self.messages.append(message)
        return message

    def _find_root(self, channel: Channel, thread_ts: str) -> Message:
        try:
            message = self.find_message(channel.id, thread_ts)
        except SlackError:
            raise SlackError("invalid_thread_ts") from None
        if message.ephemeral_to:
            raise SlackError("cannot_reply_to_message")
        return self.find_message(channel.id, message.thread_ts) if message.thread_ts else message

    def update(self, message: Message, draft: Draft) -> None:
        """Change a message. A new text without blocks takes the old blocks away; attachments and
        metadata that the draft leaves out (None) are kept.

        Source: https://docs.slack.dev/reference/methods/chat.update.
        """
        draft.check(max_text=MAX_UPDATED_TEXT)
        if draft.text or draft.blocks is not None:
            message.blocks = name_blocks(draft.blocks or [], self.number)
        message.text = draft.text
        if draft.attachments is not None:
            message.attachments = draft.attachments
        if draft.metadata is not None:
            message.metadata = draft.metadata or None
        message.edits += 1
        message.edited_ts = self.stamp()

    def delete(self, message: Message) -> None:
        """Take a message away; the root of a thread stays as a tombstone."""
        if self.replies(message):
            message.text, message.is_tombstone = "This message was deleted.", True
            message.blocks, message.files, message.attachments = [], [], []
        else:
            self.messages.remove(message)

    def expect_file(self, name: str, length: int, user: str = BOT_USER) -> File:
        """Announce an upload; its content comes later."""
        created = int(self.clock())
        file = File(f"F0{self.number():06d}", name, name, length, user, created)
        self.files[file.id] = file
        return file

    def readable_file(self, file: str) -> File:
        """A file the app may read: its own, one given to it in a form, or one shared where it
        is; anything else is not there for it."""
        found = self.files.get(file)
        if found is None or not found.is_complete:
            raise SlackError("file_not_found")
        is_shared_here = any(
            BOT_USER in self.channels[channel].members for channel, *_ in found.shares
        )
        if not (found.user == BOT_USER or found.is_given_to_app or is_shared_here):
            raise SlackError("file_not_found")
        return found

    def complete_file(self, file: File, title: str | None) -> None:
        if file.content is None or file.is_complete:
            raise SlackError("file_not_found")
        file.title = title or file.name
        file.is_complete = True

    def change_channel(self, identifier: str, wanted: Json) -> Channel:
        """Make a channel or change one; `wanted` names fields of `Channel`."""
        channel = self.channels.get(identifier)
        if channel is None:
            channel = Channel(identifier, identifier.lower(), "public", [], int(self.clock()))
            self.channels[identifier] = channel
        for field_name, value in wanted.items():
            setattr(channel, field_name, value)
        return channel

    def change_user(self, identifier: str, wanted: Json) -> User:
        """Make a user or change one; `wanted` names fields of `User`."""
        user = self.users.get(identifier) or User(identifier, identifier.lower(), identifier)
        for field_name, value in wanted.items():
            setattr(user, field_name, value)
        self.users[identifier] = user
        return user

    def change_group(self, identifier: str, wanted: Json) -> Group:
        """Make a user group or change one; `wanted` names fields of `Group`."""
        for user in wanted.get("users", ()):
            self.user(user)
        group = self.groups.get(identifier)
        if group is None:
            handle = str(wanted.get("handle") or identifier.lower())
            group = Group(identifier, str(wanted.get("name") or handle), handle, [])
            self.groups[identifier] = group
        for field_name, value in wanted.items():
            setattr(group, field_name, value)
        return group

    def actor(self, user: str) -> User:
        """The person who acts; deactivated people cannot."""
        person = self.user(user)
        if person.is_deleted:
            raise SlackError("account_inactive")
        return person

    def find_name(self, identifier: str) -> str:
        """What a user, a channel or a group is called; the id itself when nobody knows it."""
        if identifier in self.users:
            return self.users[identifier].name
        if identifier in self.channels:
            return self.channels[identifier].name or identifier
        return self.groups[identifier].handle if identifier in self.groups else identifier
