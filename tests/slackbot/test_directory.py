"""Looking people and groups up: seldom, once for many, and never yes without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.slackbot.access import Refused
from airflow_talent.slackbot.directory import Remembered, SlackDirectory
from airflow_talent.slackbot.settings import read_settings
from airflow_talent.slackbot.slack_calls import (
    RateLimited,
    SlackError,
    connect,
    connect_impatiently,
)

GROUP = "S0RECRUITERS"
SILENT = "Slack does not answer me just now"


@pytest.fixture
async def directory(talent_emulator: Emulator) -> AsyncIterator[SlackDirectory]:
    settings = read_settings(
        slack_bot_token="xoxb-emulator",
        slack_signing_secret="emulator-signing-secret",
        slack_api_url=f"{talent_emulator.url}/slack/api/",
        talent_airflow_url="http://127.0.0.1:9",
        talent_airflow_token="unused",
    )
    async with aiohttp.ClientSession() as session:
        yield SlackDirectory(connect(settings, session), connect_impatiently(settings, session))


def asked(emulator: Emulator, method: str) -> int:
    return sum(request["path"].endswith(method) for request in emulator.requests("slack"))


async def test_fifty_people_at_once_are_one_question_about_their_group(
    directory: SlackDirectory, talent_emulator: Emulator
) -> None:
    found = await asyncio.gather(*(directory.group_members(GROUP) for _ in range(50)))

    assert set(found) == {frozenset({"U0RECRUIT", "U0LEAD"})}
    assert asked(talent_emulator, "usergroups.users.list") == 1


async def test_someone_who_gives_up_waiting_does_not_end_the_question_of_others(
    directory: SlackDirectory, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("slack", None, "usergroups.users.list", "stall", seconds=0.3)
    first = asyncio.create_task(directory.group_members(GROUP))
    second = asyncio.create_task(directory.group_members(GROUP))
    await asyncio.sleep(0)
    first.cancel()

    assert await second == {"U0RECRUIT", "U0LEAD"}
    assert asked(talent_emulator, "usergroups.users.list") == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "code": 429, "retry_after": 30},
        {"fault": "status", "code": 500},
        {"fault": "refuse"},
        {"fault": "html"},
    ],
)
async def test_when_slack_does_not_answer_nobody_passes(
    directory: SlackDirectory, talent_emulator: Emulator, fault: dict[str, object]
) -> None:
    talent_emulator.fault("slack", None, "users", times=None, **fault)  # type: ignore[arg-type]

    with pytest.raises(Refused, match=SILENT):
        await directory.group_members(GROUP)
    with pytest.raises(Refused, match=SILENT):
        await directory.account("U0LEAD")


async def test_a_stalling_slack_keeps_nobody_waiting_for_three_seconds(
    directory: SlackDirectory, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("slack", None, "users.info", "stall")

    async with asyncio.timeout(3):
        with pytest.raises(Refused, match=SILENT):
            await directory.account("U0LEAD")


async def test_a_group_that_does_not_exist_has_no_members(directory: SlackDirectory) -> None:
    assert await directory.group_members("S0NOBODY") == frozenset()


async def test_a_disabled_group_has_no_members(
    directory: SlackDirectory, talent_emulator: Emulator
) -> None:
    talent_emulator.act("slack/groups", id=GROUP, is_disabled=True)

    assert await directory.group_members(GROUP) == frozenset()


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"is_restricted": True}, {"is_guest": True}),
        ({"is_restricted": True, "is_ultra_restricted": True}, {"is_guest": True}),
        ({"is_stranger": True}, {"is_stranger": True}),
        ({"team": "T0OTHER"}, {"teams": frozenset({"T0OTHER"})}),
        ({"is_deleted": True}, {"is_person": False}),
    ],
)
async def test_who_is_no_full_member_is_recognised(
    directory: SlackDirectory,
    talent_emulator: Emulator,
    change: dict[str, object],
    claim: dict[str, object],
) -> None:
    talent_emulator.act("slack/users", id="U0SOMEBODY", **change)

    account = await directory.account("U0SOMEBODY")

    assert {name: getattr(account, name) for name in claim} == claim


async def test_a_bot_is_no_person(directory: SlackDirectory) -> None:
    assert not (await directory.account("U0BOT")).is_person


async def test_whom_slack_does_not_know_is_refused(directory: SlackDirectory) -> None:
    with pytest.raises(Refused, match="does not tell me who you are"):
        await directory.account("U0NOBODY")


@pytest.mark.parametrize("channel", ["C0SECRET", "C0RANDOM", "C0GENERAL"])
async def test_what_the_bot_cannot_see_and_what_everyone_reads_is_public(
    directory: SlackDirectory, channel: str
) -> None:
    assert not await directory.is_private(channel)


async def test_a_private_channel_is_private(directory: SlackDirectory) -> None:
    assert await directory.is_private("C0HIRING")


async def test_while_slack_is_silent_a_channel_is_neither_private_nor_public(
    directory: SlackDirectory, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("slack", None, "conversations.info", "html")
    with pytest.raises(SlackError):
        await directory.is_private("C0HIRING")

    assert await directory.is_private("C0HIRING")


@dataclass
class Clock:
    """A time that a test lets pass, and a Slack that answers with it."""

    now: float = 0.0
    questions: list[str] = field(default_factory=list)
    trouble: SlackError | None = None

    async def ask(self, identifier: str) -> float:
        self.questions.append(identifier)
        if self.trouble:
            raise self.trouble
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_an_answer_holds_for_a_minute(clock: Clock) -> None:
    remembered = Remembered(clock.ask, clock=lambda: clock.now)
    await remembered("S1")

    clock.now = 59
    assert await remembered("S1") == 0
    clock.now = 61
    assert await remembered("S1") == 61


async def test_while_slack_is_silent_an_answer_holds_for_five_minutes(clock: Clock) -> None:
    remembered = Remembered(clock.ask, clock=lambda: clock.now)
    await remembered("S1")
    clock.trouble = SlackError("http_500")

    clock.now = 299
    assert await remembered("S1") == 0
    clock.now = 301
    with pytest.raises(SlackError):
        await remembered("S1")


async def test_slack_is_left_alone_for_as_long_as_it_says(clock: Clock) -> None:
    remembered = Remembered(clock.ask, clock=lambda: clock.now)
    clock.trouble = RateLimited("ratelimited", 20)
    for moment in (0, 5, 19):
        clock.now = moment
        with pytest.raises(RateLimited):
            await remembered(f"S{moment}")
    assert clock.questions == ["S0"]

    clock.now, clock.trouble = 21, None
    assert await remembered("S1") == 21


async def test_many_groups_are_asked_for_less_often_than_slack_allows(clock: Clock) -> None:
    remembered = Remembered(clock.ask, per_minute=15, clock=lambda: clock.now)
    groups = [f"S{number}" for number in range(60)]

    for second in range(0, 600, 5):
        clock.now = second
        for group in groups:
            await remembered(group)

    assert len(clock.questions) <= 60 + 15 * 10
