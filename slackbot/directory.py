"""Who somebody in Slack is, who belongs to a group, and who reads a conversation.

Slack is asked seldom: many who want to know the same at once share one question, and an answer
holds for a minute. So whoever is deactivated, made a guest or taken out of a group loses what
that gave within a minute; within five while Slack does not answer, and where so many groups are
in use that asking for each every minute would be more than Slack allows. After that the answer
is no.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from .access import Account, Refused
from .slack_calls import CannotWrite, RateLimited, SlackError, call

FRESH_FOR = 60.0
USABLE_FOR = 300.0
"""Seconds for which an answer is not asked for again, and is used when Slack does not answer."""

DM_FRESH_FOR = 3600.0

ANSWER_WITHIN = 2.2
"""Seconds that a person is kept waiting for Slack's answer."""

GROUPS_PER_MINUTE = 15
"""`usergroups.users.list` is a Tier 2 method: 20 a minute for all groups together.
https://docs.slack.dev/apis/web-api/rate-limits"""

SILENT = "Slack does not answer me just now, so I cannot see who you are; please try again"

Found = TypeVar("Found")


@dataclass(slots=True)
class Remembered(Generic[Found]):
    """Answers that are kept for a while.

    :param ask: Finds an answer; raises `SlackError` when Slack gave none.
    :param fresh_for: Seconds for which nobody asks again.
    :param usable_for: Seconds for which an answer still serves when there is no newer one.
    :param per_minute: How many questions there may be in a minute; with more different ones than
        that, answers stay fresh for longer. None means any number.
    """

    ask: Callable[[str], Awaitable[Found]]
    fresh_for: float = FRESH_FOR
    usable_for: float = USABLE_FOR
    per_minute: int | None = None
    clock: Callable[[], float] = time.monotonic
    _answers: dict[str, tuple[float, Found]] = field(default_factory=dict)
    _questions: dict[str, asyncio.Task[Found]] = field(default_factory=dict)
    _silent_until: float = float("-inf")

    async def __call__(self, identifier: str) -> Found:
        now = self.clock()
        kept = self._answers.get(identifier)
        if kept and now < kept[0] + self._freshness():
            return kept[1]
        try:
            if now < self._silent_until:
                raise RateLimited("ratelimited", self._silent_until - now)
            # Shielded: when one of those who wait gives up, the others still want to know.
            return await asyncio.shield(self._question(identifier))
        except SlackError:
            if kept and now < kept[0] + self.usable_for:
                return kept[1]
            raise

    def _freshness(self) -> float:
        if self.per_minute is None:
            return self.fresh_for
        needed = 60 * len(self._answers) / self.per_minute
        return min(max(self.fresh_for, needed), self.usable_for)

    def _question(self, identifier: str) -> asyncio.Task[Found]:
        if identifier not in self._questions:
            question = asyncio.create_task(self._find(identifier))
            self._questions[identifier] = question
            question.add_done_callback(lambda done: self._end(identifier, done))
        return self._questions[identifier]

    async def _find(self, identifier: str) -> Found:
        asked_at = self.clock()
        try:
            answer = await self.ask(identifier)
        except RateLimited as error:
            self._silent_until = asked_at + error.retry_after
            raise
        self._answers = {k: v for k, v in self._answers.items() if asked_at < v[0] + self._kept()}
        self._answers[identifier] = (asked_at, answer)
        return answer

    def _kept(self) -> float:
        return max(self.fresh_for, self.usable_for)

    def _end(self, identifier: str, question: asyncio.Task[Found]) -> None:
        del self._questions[identifier]
        if not question.cancelled():
            # Looked at, or asyncio complains when all who waited had left.
            question.exception()


class SlackDirectory:
    """:param patient: Slack for questions of work in the background.
    :param impatient: Slack for questions while a person waits, without pauses.
    """

    def __init__(self, patient: AsyncWebClient, impatient: AsyncWebClient) -> None:
        self._patient = patient
        self._impatient = impatient
        self._accounts = Remembered(self._ask_account)
        self._groups = Remembered(self._ask_group, per_minute=GROUPS_PER_MINUTE)
        self._privacy = Remembered(self._ask_privacy)
        self._dms = Remembered(self._ask_dm, fresh_for=DM_FRESH_FOR)

    async def account(self, user: str) -> Account:
        """:raises Refused: Slack does not know the user, or does not answer."""
        try:
            found = await self._accounts(user)
        except SlackError:
            raise Refused(SILENT) from None
        if found is None:
            raise Refused("Slack does not tell me who you are")
        return found

    async def group_members(self, group: str) -> frozenset[str]:
        """The members of a user group; nobody when there is no such group, or it is disabled.

        :raises Refused: Slack does not answer.
        """
        try:
            return await self._groups(group)
        except SlackError:
            raise Refused(SILENT) from None

    async def is_private(self, channel: str) -> bool:
        """Whether only chosen people of one workspace read a conversation; what the bot cannot
        see counts as public.

        :raises SlackError: Slack does not answer.
        """
        return await self._privacy(channel)

    async def open_dm(self, user: str) -> str:
        """The id of the direct message with a user.

        :raises CannotWrite: this person cannot be written to.
        """
        return await self._dms(user)

    async def _ask_account(self, user: str) -> Account | None:
        try:
            answer = await call(self._soon(self._impatient.users_info(user=user)))
        except SlackError as error:
            if error.code in ("user_not_found", "user_not_visible"):
                return None
            raise
        found = answer["user"]
        enterprise = found.get("enterprise_user") or {}
        return Account(
            teams=frozenset({str(found.get("team_id")), *enterprise.get("teams", ())}),
            is_guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
            is_stranger=bool(found.get("is_stranger")),
            is_person=not (found.get("is_bot") or found.get("deleted")),
        )

    async def _ask_group(self, group: str) -> frozenset[str]:
        request = self._impatient.usergroups_users_list(usergroup=group)
        try:
            return frozenset((await call(self._soon(request)))["users"])
        except SlackError as error:
            if error.code in ("no_such_subteam", "subteam_not_found"):
                return frozenset()
            raise

    async def _ask_privacy(self, channel: str) -> bool:
        try:
            answer = await call(self._patient.conversations_info(channel=channel))
        except CannotWrite:
            return False
        found = answer["channel"]
        is_shared = found.get("is_ext_shared") or found.get("is_pending_ext_shared")
        return not is_shared and any(
            found.get(mark) for mark in ("is_private", "is_im", "is_mpim", "is_group")
        )

    async def _ask_dm(self, user: str) -> str:
        answer = await call(self._patient.conversations_open(users=user))
        return str(answer["channel"]["id"])

    @staticmethod
    def _soon(request: Awaitable[Found]) -> Awaitable[Found]:
        return asyncio.wait_for(request, ANSWER_WITHIN)
