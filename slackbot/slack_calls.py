"""One call of Slack's Web API: how it is sent, counted, and what its refusals mean.

https://docs.slack.dev/apis/web-api
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from . import metrics
from .settings import Settings

NOT_THERE = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "team_access_not_granted",
    }
)
"""Errors that say: the bot will never be able to write in this conversation as things are."""

UNREACHABLE_PEOPLE = frozenset(
    {
        "cannot_dm_bot",
        "messages_tab_disabled",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
    }
)
NO_THREAD = frozenset({"thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"})
TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})
NO_MORE_EDITS = frozenset({"edit_window_closed", "cant_update_message", "message_not_found"})


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


class RateLimited(SlackError):
    """Slack wants a pause.

    :param retry_after: Of so many seconds.
    """

    def __init__(self, code: str, retry_after: float) -> None:
        super().__init__(code)
        self.retry_after = retry_after


KINDS: Mapping[str, type[SlackError]] = {
    **dict.fromkeys(NOT_THERE | UNREACHABLE_PEOPLE, CannotWrite),
    **dict.fromkeys(NO_THREAD, NoThread),
    **dict.fromkeys(TOO_LATE, TooLate),
    **dict.fromkeys(NO_MORE_EDITS, CannotEdit),
}
"""What Slack's words mean for whoever asked; all others are a plain `SlackError`."""

SOME_TIME = 30.0
"""Seconds to wait when Slack does not say how long."""


@dataclass(slots=True)
class Token:
    """A bot token that may be replaced while clients use it."""

    value: str = field(repr=False)


class CountingClient(AsyncWebClient):
    """Slack's own client, which counts its calls and takes the token as it is at each.

    :param bot: Shared with all copies of this client.
    """

    def __init__(self, bot: Token, **more: Any) -> None:
        super().__init__(token=bot.value, **more)
        self._bot = bot

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        self.token = self._bot.value
        with _counted(api_method):
            return await super().api_call(api_method, **arguments)


class CountingRateLimitHandler(AsyncRateLimitErrorRetryHandler):
    """Waits as long as Slack says, and counts it."""

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        metrics.rate_limit_wait()
        await super().prepare_for_next_attempt_async(
            state=state, request=request, response=response, error=error
        )


def connect(
    settings: Settings, session: aiohttp.ClientSession, bot: Token | None = None
) -> AsyncWebClient:
    """A client for work in the background: it waits when Slack says so, tries again on 5xx, and
    shares one session.

    :param bot: The token; None for the one of the settings.
    """
    return _client(
        settings,
        session,
        bot,
        [
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
            CountingRateLimitHandler(max_retry_count=3),
            AsyncServerErrorRetryHandler(max_retry_count=2),
        ],
    )


def connect_impatiently(
    settings: Settings, session: aiohttp.ClientSession, bot: Token | None = None
) -> AsyncWebClient:
    """A client for questions while a person waits: whatever is wrong is known at once."""
    return _client(settings, session, bot, [AsyncConnectionErrorRetryHandler(max_retry_count=1)])


def sending_once(client: AsyncWebClient) -> AsyncWebClient:
    """A client for what must not happen twice: it waits when Slack says so, for then nothing was
    done, and leaves all other faults to who can look first whether it was done."""
    careful = copy(client)
    careful.retry_handlers = [
        handler
        for handler in client.retry_handlers
        if isinstance(handler, AsyncRateLimitErrorRetryHandler)
    ]
    return careful


def _client(
    settings: Settings,
    session: aiohttp.ClientSession,
    bot: Token | None,
    handlers: list[AsyncRetryHandler],
) -> AsyncWebClient:
    if bot is None:
        assert settings.slack_bot_token  # noqa: S101 - there is one, or a token was given
        bot = Token(settings.slack_bot_token.get_secret_value())
    client = CountingClient(
        bot,
        base_url=f"{settings.slack_api_url}/",
        session=session,
        retry_handlers=handlers,
    )
    if _is_loopback(settings.slack_api_url):
        # slack_sdk takes HTTPS_PROXY for every host, NO_PROXY or not.
        client.proxy = None
    return client


async def call(request: Awaitable[Any]) -> Mapping[str, Any]:
    """The answer to a call, or an error that holds nothing but Slack's word for it."""
    try:
        answer = (await request).data
    except SlackApiError as error:
        code = code_of(error)
        if code == "ratelimited":
            raise RateLimited(code, _pause(error)) from None
        raise KINDS.get(code, SlackError)(code) from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
        raise SlackError(type(error).__name__) from None
    return answer if isinstance(answer, Mapping) else {}


async def send_to(response_url: str, client: AsyncWebClient, **body: Any) -> None:
    """Answer what a person did at the address that came with it.

    :param body: As of `AsyncWebhookClient.send`.
    :raises SlackError: nobody got it.
    """
    webhook = AsyncWebhookClient(
        response_url, session=client.session, retry_handlers=client.retry_handlers
    )
    webhook.proxy = client.proxy
    with _counted("response_url"):
        try:
            response = await webhook.send(**body)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            raise SlackError(type(error).__name__) from None
        if response.status_code != 200:
            raise SlackError(f"http_{response.status_code}")


@contextmanager
def _counted(method: str) -> Iterator[None]:
    began, outcome = time.perf_counter(), "unreachable"
    try:
        yield
        outcome = "ok"
    except SlackApiError as error:
        outcome = code_of(error)
        raise
    except SlackError as error:
        outcome = error.code
        raise
    finally:
        metrics.slack_request(method, outcome, time.perf_counter() - began)


def code_of(error: SlackApiError) -> str:
    """Slack's word for what was wrong."""
    # A proxy's error has no JSON, and may have come as text.
    data = getattr(error.response, "data", None)
    return str(data.get("error", "unknown_error")) if isinstance(data, dict) else "no_json"


def _pause(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", {})
    try:
        return float(headers["Retry-After"])
    except (KeyError, ValueError):
        return SOME_TIME


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
