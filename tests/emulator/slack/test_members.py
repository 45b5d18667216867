"""Who there is: guests, strangers, people who left, and the groups they belong to."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople
from airflow_talent.tests.emulator.slack.views import Heard, error_of


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({"is_restricted": True}, {"is_restricted": True, "is_ultra_restricted": False}),
        ({"is_ultra_restricted": True}, {"is_restricted": True, "is_ultra_restricted": True}),
        ({"is_stranger": True, "team": "T0ELSE"}, {"is_stranger": True, "team_id": "T0ELSE"}),
        ({"is_deleted": True}, {"deleted": True}),
    ],
    ids=["guest", "guest of one channel", "stranger", "gone"],
)
async def test_the_app_can_tell_people_apart(
    people: SlackPeople, client: AsyncWebClient, wanted: dict[str, Any], shown: dict[str, Any]
) -> None:
    await people.user_is("U0SOMEBODY", **wanted)
    user = (await client.users_info(user="U0SOMEBODY"))["user"]
    assert {key: user[key] for key in shown} == shown


async def test_who_left_does_nothing_any_more(people: SlackPeople, client: AsyncWebClient) -> None:
    await people.user_is("U0LEAD", is_deleted=True)
    for act in (people.command(user="U0LEAD"), people.home("U0LEAD")):
        with pytest.raises(SlackActRefused, match="account_inactive"):
            await act
    assert await error_of(client.conversations_open(users="U0LEAD")) == "user_disabled"
    assert await error_of(client.chat_postMessage(channel="U0LEAD", text="x")) == "user_disabled"


async def test_a_stranger_acts_in_the_name_of_another_workspace(
    people: SlackPeople, heard: Heard, client: AsyncWebClient
) -> None:
    await people.user_is("U0ELSE", is_stranger=True, team="T0ELSE")
    await people.channel_is(
        "C0SHARED", members=["U0ELSE", "U0RECRUIT", "U0BOT"], is_ext_shared=True
    )
    await people.shortcut("start", user="U0ELSE")

    shared = await client.conversations_info(channel="C0SHARED")
    assert shared["channel"]["is_ext_shared"] is True
    assert heard.bodies[0]["user"]["team_id"] == "T0ELSE"


async def test_a_group_has_the_people_it_is_given(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    await people.group_is("S0NEW", name="New ones", handle="new", users=["U0GUEST"])
    await people.group_is("S0NEW", users=["U0LEAD", "U0GUEST"])

    listed = await client.usergroups_list(include_users=True)
    groups = {group["id"]: group for group in listed["usergroups"]}
    assert groups["S0NEW"]["users"] == ["U0LEAD", "U0GUEST"]
    assert (groups["S0NEW"]["handle"], groups["S0NEW"]["name"]) == ("new", "New ones")
    with pytest.raises(SlackActRefused, match="user_not_found"):
        await people.group_is("S0OTHER", users=["U0NOBODY"])


async def test_a_disabled_group_is_shown_only_to_who_asks(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    await people.group_is("S0RECRUITERS", is_disabled=True)
    asked = client.usergroups_users_list(usergroup="S0RECRUITERS")
    assert await error_of(asked) == "no_such_subteam"
    shown = await client.usergroups_users_list(usergroup="S0RECRUITERS", include_disabled=True)
    assert shown["users"] == ["U0RECRUIT", "U0LEAD"]


async def test_everybody_sees_their_own_conversations(talent_emulator: Emulator) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        seen = await http.get(f"{talent_emulator.url}/_emulator/slack/people/U0ENGINEER")
        nobody = await http.get(f"{talent_emulator.url}/_emulator/slack/people/U0NOBODY")
    assert seen.json() == {"modal": [], "home": None, "conversations": ["C0GENERAL", "C0RANDOM"]}
    assert (nobody.status_code, nobody.json()) == (404, {"error": "user_not_found"})
