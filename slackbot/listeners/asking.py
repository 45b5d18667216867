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
from ..slack_api import CannotWrite, SlackApi, SlackError

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


def telling(slack: SlackApi, body: Body, response_url: str | None = None) -> Tell:
    """How to tell who did something: below it, visible to that person alone; in a direct message
    when it was done in a modal or in the App Home.

    A message that only this person sees, such as a question of the bot, becomes the answer.

    :param response_url: Of what led to a modal.
    """
    container, pressed = body.get("container") or {}, body.get("message") or {}
    thread_ts = pressed.get("thread_ts") if container else None
    is_in_thread = thread_ts not in (None, pressed.get("ts"))
    url = body.get("response_url") or response_url
    user = str(body.get("user_id") or body["user"]["id"])

    async def tell(message: Message) -> None:
        try:
            if container.get("is_ephemeral"):
                await slack.answer(str(url), message, in_place=True)
            elif is_in_thread:
                # What goes to a response_url stands outside of the thread.
                where, ts = str(container["channel_id"]), str(thread_ts)
                try:
                    await slack.tell_in_thread(message, user=user, channel=where, thread_ts=ts)
                except CannotWrite:
                    await slack.tell_directly(message, user=user)
            elif url:
                await slack.answer(str(url), message)
            else:
                await slack.tell_directly(message, user=user)
        except SlackError as error:
            log.warning("an answer did not reach its person: %s", error)

    return tell


@asynccontextmanager
async def explaining(tell: Tell, workflow: str = "It") -> AsyncIterator[None]:
    """Do something that may fail, and tell the person in plain words when it does."""
    try:
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


@asynccontextmanager
async def answering(tell: Tell, workflow: str = "It") -> AsyncIterator[None]:
    """Do something that may be slow or fail, and tell the person when it is and when it does."""
    async with explaining(tell, workflow), saying_when_slow(tell):
        yield
