"""Who asks, and telling that person, and nobody else, how it went."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from .. import messages
from ..access import Person
from ..blocks import Message
from ..explain import EXPLAINED, explain
from ..slack_api import SlackApi, SlackError

log = logging.getLogger(__name__)

SLOW = 2.2
"""Seconds after which a person is told that Airflow has not answered yet."""

Body = Mapping[str, Any]
Tell = Callable[[Message], Awaitable[None]]


def who_types(body: Body) -> Person:
    """Who typed a command, from its verified payload."""
    return Person(str(body["team_id"]), str(body["user_id"]), str(body["channel_id"]))


def who_acts(body: Body, channel: str | None = None) -> Person:
    """Who pressed, chose or submitted something, from its verified payload.

    :param channel: Where a modal was asked for; a payload from a modal names no conversation.
    """
    user, team, place = (body.get(part) or {} for part in ("user", "team", "channel"))
    where = channel or place.get("id") or (body.get("container") or {}).get("channel_id") or ""
    return Person(str(user.get("team_id") or team.get("id")), str(user["id"]), str(where))


def telling(slack: SlackApi, body: Body) -> Tell:
    """How to tell who did something in a conversation: below it, visible to that person alone.

    A message that only this person sees, such as a question of the bot, becomes the answer.
    """
    in_place = bool((body.get("container") or {}).get("is_ephemeral"))

    async def tell(message: Message) -> None:
        try:
            await slack.answer(str(body["response_url"]), message, in_place=in_place)
        except SlackError as error:
            log.warning("an answer did not reach its person: %s", error)

    return tell


@asynccontextmanager
async def explaining(tell: Tell, workflow: str = "It") -> AsyncIterator[None]:
    """Do something that may be slow or fail, and tell the person within three seconds when it is,
    and in plain words when it does."""
    try:
        async with saying_when_slow(tell):
            yield
    except EXPLAINED as error:
        await tell(explain(error, workflow))


@asynccontextmanager
async def saying_when_slow(tell: Tell, message: Message | None = None) -> AsyncIterator[None]:
    """Tell the person within three seconds that something is still being tried.

    :param message: What to say instead of that Airflow has not answered.
    """

    async def say() -> None:
        await asyncio.sleep(SLOW)
        await tell(message or messages.still_trying())

    waiting = asyncio.create_task(say())
    try:
        yield
    finally:
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
