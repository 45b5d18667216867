"""The part of Slack's Web API that the bot uses: posting once, editing, and looking people up.

https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from ..services.airflow_api import RunKey
from .blocks import Message
from .directory import SlackDirectory
from .identity import Step, step_of
from .slack_calls import (
    CannotEdit,
    CannotWrite,
    NoThread,
    SlackError,
    TooLate,
    call,
    send_to,
    sending_once,
)

__all__ = ["CannotEdit", "CannotWrite", "NoThread", "SlackApi", "SlackError", "TooLate", "View"]

MAX_HISTORY_PAGES = 10

View = dict[str, Any]
"""A modal or an App Home: https://docs.slack.dev/reference/views."""


class SlackApi:
    """Slack as the bot sees it.

    Whoever posts names the :class:`~.identity.Step`. Its id goes along as `client_msg_id`, by
    which Slack drops a second copy that follows soon after the first, and as metadata, by which
    `find_steps` finds the first one later.
    """

    def __init__(self, client: AsyncWebClient, directory: SlackDirectory) -> None:
        self.client = client
        self._once = sending_once(client)
        self.account = directory.account
        self.group_members = directory.group_members
        self.is_private = directory.is_private
        self.open_dm = directory.open_dm

    async def post(
        self, step: Step, message: Message, *, channel: str, thread_ts: str | None = None
    ) -> str:
        """Post a message and return its `ts`; when Slack's answer is lost, it may be there.

        :raises CannotWrite: the bot is not in the conversation, or nobody may write there.
        """
        answer = await call(
            self._once.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=message.text,
                blocks=message.blocks,
                metadata=step.metadata,
                client_msg_id=step.message_id,
                unfurl_links=False,
                unfurl_media=False,
                parse="none",
            )
        )
        return str(answer["ts"])

    async def edit(self, step: Step, message: Message, *, channel: str, ts: str) -> None:
        """Change a message of the bot.

        :raises CannotEdit: nothing will ever change it again.
        """
        await call(
            self.client.chat_update(
                channel=channel,
                ts=ts,
                text=message.text,
                blocks=message.blocks,
                metadata=step.metadata,
                parse="none",
            )
        )

    async def find_steps(
        self, run: RunKey, *, channel: str, oldest: float, thread_ts: str | None = None
    ) -> dict[str, str]:
        """Name to `ts` of every message about a run in a conversation, or in one thread of it.

        :param oldest: Seconds since 1970; nothing before it is looked at.
        """
        return {
            step.name: str(message["ts"])
            async for message in self._messages(channel, oldest, thread_ts)
            if (step := step_of(message)) and step.run == run
        }

    async def find_files(self, *, channel: str, thread_ts: str) -> frozenset[str]:
        """The titles of all files in a thread."""
        return frozenset(
            [
                str(file.get("title"))
                async for message in self._messages(channel, 0, thread_ts)
                for file in message.get("files") or ()
            ]
        )

    async def upload(
        self, content: bytes, *, name: str, title: str, channel: str, thread_ts: str
    ) -> None:
        """Put a file into a thread."""
        await call(
            self._once.files_upload_v2(
                content=content, filename=name, title=title, channel=channel, thread_ts=thread_ts
            )
        )

    async def answer(self, response_url: str, message: Message, *, in_place: bool = False) -> None:
        """Tell the person who typed a command or pressed a button, and nobody else.

        :param response_url: From the payload; good for half an hour and five answers.
        :param in_place: The message with the button becomes this one.
        """
        await send_to(
            response_url,
            self.client,
            text=message.text,
            blocks=message.blocks,
            response_type="ephemeral",
            replace_original=in_place,
            unfurl_links=False,
            unfurl_media=False,
        )

    async def tell_in_thread(
        self, message: Message, *, user: str, channel: str, thread_ts: str
    ) -> None:
        """Tell one person, and nobody else, in a thread of a conversation where the bot is too.

        :raises CannotWrite: it is not, or the person is not.
        """
        await call(
            self.client.chat_postEphemeral(
                channel=channel,
                user=user,
                thread_ts=thread_ts,
                text=message.text,
                blocks=message.blocks,
            )
        )

    async def tell_directly(self, message: Message, *, user: str) -> None:
        """Tell one person in a direct message.

        :raises CannotWrite: this person cannot be reached.
        """
        await call(
            self.client.chat_postMessage(
                channel=await self.open_dm(user),
                text=message.text,
                blocks=message.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
        )

    async def permalink(self, *, channel: str, ts: str) -> str:
        """The address at which people open a message."""
        answer = await call(self.client.chat_getPermalink(channel=channel, message_ts=ts))
        return str(answer["permalink"])

    async def open_view(self, trigger_id: str, view: View) -> str:
        """Open a modal, on top of one that this person has open here, and return its id.

        :raises TooLate: three seconds have passed since the person acted.
        """
        answer = await call(self.client.views_open(trigger_id=trigger_id, view=view))
        return str(answer["view"]["id"])

    async def push_view(self, trigger_id: str, view: View) -> str:
        """Put a modal on top of the one in which the person acted, and return its id.

        :raises TooLate: three seconds have passed since the person acted.
        """
        answer = await call(self.client.views_push(trigger_id=trigger_id, view=view))
        return str(answer["view"]["id"])

    async def update_view(self, view_id: str, view: View) -> bool:
        """Change a modal that is open; False when the person has closed it."""
        return await self._update_view(view, view_id=view_id)

    async def update_named_view(self, external_id: str, view: View) -> bool:
        """As `update_view`, of a modal that was shown in an acknowledgement, which has no answer
        that would tell its id."""
        named = {**view, "external_id": external_id}
        return await self._update_view(named, external_id=external_id)

    async def _update_view(self, view: View, **which: str) -> bool:
        try:
            await call(self.client.views_update(view=view, **which))
        except SlackError as error:
            if error.code != "not_found":
                raise
            return False
        return True

    async def publish_home(self, user: str, view: View) -> None:
        """Draw the App Home of a person."""
        await call(self.client.views_publish(user_id=user, view=view))

    async def _messages(
        self, channel: str, oldest: float, thread_ts: str | None
    ) -> AsyncIterator[Mapping[str, Any]]:
        cursor = None
        for _ in range(MAX_HISTORY_PAGES):
            page: dict[str, Any] = {
                "channel": channel,
                "oldest": f"{oldest:.6f}",
                "limit": 200,
                "cursor": cursor,
                "include_all_metadata": True,
            }
            if thread_ts:
                answer = await call(self.client.conversations_replies(ts=thread_ts, **page))
            else:
                answer = await call(self.client.conversations_history(**page))
            for message in answer["messages"]:
                yield message
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
