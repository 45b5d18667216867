"""An app installed from its manifest has what the manifest asks for, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople
from airflow_talent.slackbot.manifest import manifest
from airflow_talent.tests.emulator.slack.views import Ack, Json, error_of, home

MANIFEST: Json = {
    "display_information": {"name": "Talent"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "talent"},
        "shortcuts": [
            {"name": "Start", "type": "global", "callback_id": "start", "description": "Start"},
        ],
        "slash_commands": [
            {"command": "/talent", "description": "Start a workflow", "should_escape": True},
        ],
    },
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write", "im:write"]}},
    "settings": {
        "event_subscriptions": {"bot_events": ["app_home_opened"]},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


def changed(path: str, value: Any) -> Json:
    """The manifest with one entry, named by dots, set to something else."""
    copied = copy.deepcopy(MANIFEST)
    *parents, last = path.split(".")
    place: Json = copied
    for parent in parents:
        place = place[parent]
    place[last] = value
    return copied


async def test_only_the_scopes_of_the_manifest_are_given(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    settings = await people.install(MANIFEST)
    assert settings["scopes"] == ["commands", "chat:write", "im:write"]
    assert await error_of(client.users_info(user="U0LEAD")) == "missing_scope"


async def test_only_the_commands_and_shortcuts_of_the_manifest_are_there(
    people: SlackPeople,
) -> None:
    await people.install(MANIFEST)
    with pytest.raises(SlackActRefused, match="unknown_command"):
        await people.command("/other")
    with pytest.raises(SlackActRefused, match="unknown_shortcut"):
        await people.shortcut("other")
    assert (await people.shortcut("start"))["error"] == "no_connection"


async def test_tabs_that_are_not_enabled_are_not_there(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    await people.install(changed("features.app_home", {"messages_tab_enabled": False}))
    assert await error_of(client.views_publish(user_id="U0LEAD", view=home())) == "not_enabled"
    whisper = client.chat_postMessage(channel="U0LEAD", text="psst")
    assert await error_of(whisper) == "messages_tab_disabled"


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("for @lead in #hiring", "for <@U0LEAD|lead> in <#C0HIRING|hiring>"),
        ("for @nobody in #nowhere", "for @nobody in #nowhere"),
        ("to=ada@x.test", "to=<mailto:ada@x.test|ada@x.test>"),
        ("see https://x.test/a?b=1&c", "see <https://x.test/a?b=1&amp;c>"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
    ],
)
async def test_a_command_that_should_be_escaped_comes_marked(
    people: SlackPeople, app: AsyncApp, connect: Any, typed: str, heard: str
) -> None:
    texts: list[str] = []

    @app.command("/talent")
    async def hear(ack: Ack, command: Json) -> None:
        texts.append(command["text"])
        await ack()

    await connect(app)
    await people.install(MANIFEST)
    await people.command(text=typed)
    assert texts == [heard]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (changed("display_information.name", "x" * 36), "display_information.name"),
        (changed("oauth_config.scopes.bot", ["chat:write"]), "needs the scopes commands"),
        (
            changed("settings.event_subscriptions.bot_events", ["message.im", "file_shared"]),
            "needs the scopes files:read, im:history",
        ),
        (changed("settings.interactivity.is_enabled", False), "interactivity"),
        (changed("settings.socket_mode_enabled", False), "need their URL"),
        (changed("settings.sokcet_mode_enabled", True), "sokcet_mode_enabled"),
        (changed("features.shortcuts", MANIFEST["features"]["shortcuts"] * 11), "shortcuts"),
    ],
    ids=["name", "command scope", "event scopes", "interactivity", "urls", "typo", "too many"],
)
async def test_a_manifest_slack_would_not_take_is_refused(
    people: SlackPeople, wrong: Json, told: str
) -> None:
    with pytest.raises(SlackActRefused, match=told):
        await people.install(wrong)


async def test_without_socket_mode_everything_goes_to_the_address(people: SlackPeople) -> None:
    url = "https://bot.test/slack/events"
    served = changed("settings.socket_mode_enabled", False)
    served["features"]["slash_commands"][0]["url"] = url
    served["settings"]["interactivity"]["request_url"] = url
    served["settings"]["event_subscriptions"]["request_url"] = url
    assert (await people.install(served))["request_url"] == url


@pytest.mark.parametrize("request_url", [None, "https://bot.test/slack/events"])
async def test_the_apps_own_manifest_is_taken(people: SlackPeople, request_url: str | None) -> None:
    settings = await people.install(manifest(request_url))
    assert (settings["commands"], settings["request_url"]) == (["/talent"], request_url)
