"""The `response_url` that comes with every act: 5 posts in 30 minutes, to one conversation.

Source: https://docs.slack.dev/interactivity/handling-user-interaction.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .records import BOT_USER, Channel, Json, Message, SlackError
from .workspace import Draft

if TYPE_CHECKING:
    from .workspace import Workspace

MAX_POSTS = 5
MAX_SECONDS = 30 * 60


@dataclass(slots=True)
class ResponseUrl:
    place: Channel
    user: str
    opened: float
    message: Message | None
    posts: int = 0


@dataclass(slots=True)
class ResponseUrls:
    workspace: Workspace
    given: dict[str, ResponseUrl] = field(default_factory=dict)

    def give(self, place: Channel, user: str, message: Message | None = None) -> str:
        """A ticket for answers to what `user` did in `place`, to `message` when it was one."""
        ticket = secrets.token_urlsafe(12)
        self.given[ticket] = ResponseUrl(place, user, self.workspace.clock(), message)
        return ticket

    def take(self, ticket: str, sent: Json) -> None:
        """Do what an app posted: replace or delete the original, or say something."""
        target = self._use(ticket)
        original = target.message if target.message in self.workspace.messages else None
        draft = Draft.read(sent)
        if sent.get("delete_original"):
            if original:
                self.workspace.delete(original)
        elif sent.get("replace_original") and original:
            self.workspace.update(original, draft)
        else:
            self._say(target, draft, sent)

    def _use(self, ticket: str) -> ResponseUrl:
        target = self.given.get(ticket)
        if target is None or self.workspace.clock() - target.opened > MAX_SECONDS:
            raise SlackError("expired_url")
        if target.posts >= MAX_POSTS:
            raise SlackError("used_url")
        target.posts += 1
        return target

    def _say(self, target: ResponseUrl, draft: Draft, sent: Json) -> None:
        is_public = sent.get("response_type") == "in_channel"
        self.workspace.post(
            target.place,
            BOT_USER,
            draft,
            thread_ts=sent.get("thread_ts"),
            ephemeral_to=None if is_public else target.user,
        )
