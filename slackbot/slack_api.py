"""The part of Slack's Web API that the bot uses: posting once, editing, and looking people up.

https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from .access import Account, Refused
from .blocks import Message
from .identity import RunKey, Step, step_of
from .settings import Settings

NOT_THERE = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "restricted_action",
        "restricted_action_thread_locked",
        "restricted_action_read_only_channel",
        "team_access_not_granted",
    }
)
"""Errors that say: the bot will never be able to write in this conversation as things are."""

UNREACHABLE_PEOPLE = frozenset(
    {"cannot_dm_bot", "user_disabled", "user_not_found", "user_not_visible", "users_not_found"}
)
NO_THREAD = frozenset({"thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"})
TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})
NO_MORE_EDITS = frozenset({"edit_window_closed", "cant_update_message", "message_not_found"})

MAX_HISTORY_PAGES = 10
REMEMBER = 60.0
"""Seconds for which people, groups and conversations are not asked for again."""

Found = TypeVar("Found")

View = dict[str, Any]
"""A modal or an App Home: https://docs.slack.dev/reference/views."""


class SlackError(Exception):
    """Slack did not do what it was asked; `code` is Slack's own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack: {code}")
        self.code = code


class CannotWrite(SlackError):
    """The bot may not write in that conversation."""


class NoThread(CannotWrite):
    """Somebody deleted the message that a thread hung on."""


class TooLate(SlackError):
    """A form can no longer be opened: Slack takes a `trigger_id` once and for three seconds."""


class CannotEdit(SlackError):
    """The message can no longer be changed."""


@dataclass(slots=True)
class Remembered(Generic[Found]):
    """Answers kept for a minute, so that nobody is asked for with every command."""

    ask: Callable[[str], Awaitable[Found]]
    answers: dict[str, tuple[float, Found]] = field(default_factory=dict)

    async def __call__(self, identifier: str) -> Found:
        now = time.monotonic()
        asked_at, answer = self.answers.get(identifier, (float("-inf"), None))
        if answer is not None and now < asked_at + REMEMBER:
            return answer
        answer = await self.ask(identifier)
        self.answers = {k: v for k, v in self.answers.items() if now < v[0] + REMEMBER}
        self.answers[identifier] = (now, answer)
        return answer


def connect(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that waits when Slack says so, tries again on 5xx, and shares one session."""
    client = AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=f"{settings.slack_api_url}/",
        session=session,
        retry_handlers=[
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
            AsyncRateLimitErrorRetryHandler(max_retry_count=3),
            AsyncServerErrorRetryHandler(max_retry_count=2),
        ],
    )
    if _is_loopback(settings.slack_api_url):
        # slack_sdk takes HTTPS_PROXY for every host, NO_PROXY or not.
        client.proxy = None
    return client


class SlackApi:
    """Slack as the bot sees it.

    Whoever posts names the :class:`~.identity.Step`. Its id goes along as `client_msg_id`, by
    which Slack drops a second copy that follows soon after the first, and as metadata, by which
    `find_steps` finds the first one later.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self.account = Remembered(self._ask_account)
        self.group_members = Remembered(self._ask_group)
        self.is_private = Remembered(self._ask_privacy)
        self.open_dm = Remembered(self._ask_dm)

    async def post(
        self, step: Step, message: Message, *, channel: str, thread_ts: str | None = None
    ) -> str:
        """Post a message and return its `ts`.

        :raises CannotWrite: the bot is not in the conversation, or nobody may write there.
        """
        answer = await _call(
            self.client.chat_postMessage(
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
        await _call(
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
        await _call(
            self.client.files_upload_v2(
                content=content, filename=name, title=title, channel=channel, thread_ts=thread_ts
            )
        )

    async def answer(self, response_url: str, message: Message) -> None:
        """Tell the person who typed a command, and nobody else.

        :param response_url: From the command's payload; good for half an hour and five answers.
        """
        webhook = AsyncWebhookClient(
            response_url,
            session=self.client.session,
            retry_handlers=self.client.retry_handlers,
        )
        webhook.proxy = self.client.proxy
        response = await webhook.send(
            text=message.text,
            blocks=message.blocks,
            response_type="ephemeral",
            replace_original=False,
            unfurl_links=False,
            unfurl_media=False,
        )
        if response.status_code != 200:
            raise SlackError(f"response_url answered {response.status_code}")

    async def tell(self, message: Message, *, user: str, channel: str) -> None:
        """Tell one person, and nobody else, in a conversation where the bot is too; in a direct
        message where it is not.

        :raises CannotWrite: this person cannot be reached.
        """
        try:
            await _call(
                self.client.chat_postEphemeral(
                    channel=channel, user=user, text=message.text, blocks=message.blocks
                )
            )
        except CannotWrite:
            channel = await self.open_dm(user)
            await _call(
                self.client.chat_postMessage(
                    channel=channel,
                    text=message.text,
                    blocks=message.blocks,
                    unfurl_links=False,
                    unfurl_media=False,
                )
            )

    async def permalink(self, *, channel: str, ts: str) -> str:
        """The address at which people open a message."""
        answer = await _call(self.client.chat_getPermalink(channel=channel, message_ts=ts))
        return str(answer["permalink"])

    async def open_view(self, trigger_id: str, view: View) -> str:
        """Open a modal, on top of one that this person has open here, and return its id.

        :raises TooLate: three seconds have passed since the person acted.
        """
        answer = await _call(self.client.views_open(trigger_id=trigger_id, view=view))
        return str(answer["view"]["id"])

    async def push_view(self, trigger_id: str, view: View) -> str:
        """Put a modal on top of the one in which the person acted, and return its id.

        :raises TooLate: three seconds have passed since the person acted.
        """
        answer = await _call(self.client.views_push(trigger_id=trigger_id, view=view))
        return str(answer["view"]["id"])

    async def update_view(self, view_id: str, view: View) -> None:
        """Change a modal that is open; nothing happens when the person has closed it."""
        try:
            await _call(self.client.views_update(view_id=view_id, view=view))
        except SlackError as error:
            if error.code != "not_found":
                raise

    async def publish_home(self, user: str, view: View) -> None:
        """Draw the App Home of a person."""
        await _call(self.client.views_publish(user_id=user, view=view))

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
                answer = await _call(self.client.conversations_replies(ts=thread_ts, **page))
            else:
                answer = await _call(self.client.conversations_history(**page))
            for message in answer["messages"]:
                yield message
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    async def _ask_account(self, user: str) -> Account:
        try:
            found = (await _call(self.client.users_info(user=user)))["user"]
        except SlackError:
            raise Refused("Slack does not tell me who you are") from None
        enterprise = found.get("enterprise_user") or {}
        return Account(
            teams=frozenset({str(found.get("team_id")), *enterprise.get("teams", ())}),
            is_guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
            is_stranger=bool(found.get("is_stranger")),
            is_person=not (found.get("is_bot") or found.get("deleted")),
        )

    async def _ask_group(self, group: str) -> frozenset[str]:
        try:
            answer = await _call(self.client.usergroups_users_list(usergroup=group))
        except SlackError:
            return frozenset()
        return frozenset(answer["users"])

    async def _ask_privacy(self, channel: str) -> bool:
        """Whether only chosen people read a conversation; what cannot be seen counts as public."""
        try:
            found = (await _call(self.client.conversations_info(channel=channel)))["channel"]
        except SlackError:
            return False
        is_shared = found.get("is_ext_shared") or found.get("is_pending_ext_shared")
        return not is_shared and any(
            found.get(mark) for mark in ("is_private", "is_im", "is_mpim", "is_group")
        )

    async def _ask_dm(self, user: str) -> str:
        answer = await _call(self.client.conversations_open(users=user))
        return str(answer["channel"]["id"])


async def _call(request: Awaitable[Any]) -> Mapping[str, Any]:
    """The answer to a call, or an error that holds nothing but Slack's word for it."""
    try:
        answer = (await request).data
    except SlackApiError as error:
        code = _code(error)
        if code in NO_THREAD:
            raise NoThread(code) from None
        if code in NOT_THERE or code in UNREACHABLE_PEOPLE:
            raise CannotWrite(code) from None
        if code in TOO_LATE:
            raise TooLate(code) from None
        if code in NO_MORE_EDITS:
            raise CannotEdit(code) from None
        raise SlackError(code) from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
        raise SlackError(type(error).__name__) from None
    return answer if isinstance(answer, Mapping) else {}


def _code(error: SlackApiError) -> str:
    response = error.response
    return str(response.get("error", "unknown_error")) if hasattr(response, "get") else "no_json"


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
