"""The manifest: what Slack takes, what the bot listens to, and no scope too many or too few."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]  # has no types
import pytest

import airflow_talent.clients.slack
import airflow_talent.slackbot
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.api import BOT_TOKEN
from airflow_talent.emulator.slack.methods import METHODS
from airflow_talent.slackbot.listeners import commands, shortcuts
from airflow_talent.slackbot.manifest import EVENTS, INSTALLED_EVENTS, SCOPES, manifest

URL = "https://bot.example/slack/events"
REDIRECT_URL = "https://bot.example/slack/oauth_redirect"


def text(longest: int, shortest: int = 1, pattern: str = "") -> dict[str, Any]:
    return {"type": "string", "minLength": shortest, "maxLength": longest, "pattern": pattern}


def listed(items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most, "uniqueItems": True}


def table(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


YES_OR_NO = {"type": "boolean"}
ADDRESS = text(3000, pattern="^https?://")

PUBLISHED = table(
    "display_information",
    _metadata=table(major_version={"const": 1}, minor_version={"type": "integer"}),
    display_information=table(
        "name",
        name=text(35),
        description=text(140),
        background_color=text(7, 4, "^#([0-9a-fA-F]{3}){1,2}$"),
    ),
    features=table(
        app_home=table(
            home_tab_enabled=YES_OR_NO,
            messages_tab_enabled=YES_OR_NO,
            messages_tab_read_only_enabled=YES_OR_NO,
        ),
        bot_user=table("display_name", display_name=text(80), always_online=YES_OR_NO),
        shortcuts=listed(
            table(
                *("name", "type", "callback_id", "description"),
                name=text(24),
                type={"enum": ["message", "global"]},
                callback_id=text(255),
                description=text(150),
            ),
            most=10,
        ),
        slash_commands=listed(
            table(
                *("command", "description"),
                command=text(32, 2, "^/"),
                url=ADDRESS,
                description=text(2000),
                usage_hint=text(1000),
                should_escape=YES_OR_NO,
            ),
            most=50,
        ),
    ),
    oauth_config=table(
        redirect_urls=listed(ADDRESS, most=1000), scopes=table(bot=listed(text(50), most=255))
    ),
    settings=table(
        event_subscriptions=table(request_url=ADDRESS, bot_events=listed(text(50), most=100)),
        interactivity=table(
            "is_enabled",
            is_enabled=YES_OR_NO,
            request_url=ADDRESS,
            message_menu_options_url=ADDRESS,
        ),
        org_deploy_enabled=YES_OR_NO,
        socket_mode_enabled=YES_OR_NO,
        token_rotation_enabled=YES_OR_NO,
    ),
)
"""What https://github.com/slackapi/manifest-schema (version 1) says of what the manifest has."""


@pytest.mark.parametrize("addresses", [(), (URL,), (URL, REDIRECT_URL)])
def test_slack_takes_the_manifest(addresses: tuple[str, ...]) -> None:
    jsonschema.validate(json.loads(json.dumps(manifest(*addresses))), PUBLISHED)


def test_only_an_app_that_several_workspaces_install_has_tokens_that_end() -> None:
    settings = manifest(URL, REDIRECT_URL)["settings"]

    assert settings["token_rotation_enabled"]
    assert {*INSTALLED_EVENTS} <= {*settings["event_subscriptions"]["bot_events"]}
    assert not manifest(URL)["settings"]["token_rotation_enabled"]
    assert {*manifest(URL)["settings"]["event_subscriptions"]["bot_events"]} == {*EVENTS}


def test_in_socket_mode_nobody_can_install_it() -> None:
    with pytest.raises(ValueError, match="request URL"):
        manifest(None, REDIRECT_URL)


def test_over_http_everything_has_the_address() -> None:
    made = manifest(URL)

    assert made["features"]["slash_commands"][0]["url"] == URL
    assert made["settings"]["event_subscriptions"]["request_url"] == URL
    assert made["settings"]["interactivity"]["request_url"] == URL
    assert made["settings"]["interactivity"]["message_menu_options_url"] == URL
    assert made["settings"]["socket_mode_enabled"] is False


def test_in_socket_mode_nothing_has_an_address() -> None:
    made = manifest()

    assert "https://" not in json.dumps(made)
    assert made["settings"]["socket_mode_enabled"] is True


def test_the_bot_listens_to_what_the_manifest_announces() -> None:
    features = manifest()["features"]

    assert [command["command"] for command in features["slash_commands"]] == [commands.COMMAND]
    assert {shortcut["callback_id"]: shortcut["type"] for shortcut in features["shortcuts"]} == {
        shortcuts.OPEN: "global",
        shortcuts.SCREEN: "message",
    }
    listeners = Path(airflow_talent.slackbot.__path__[0], "listeners")
    sources = "".join(file.read_text(encoding="utf-8") for file in listeners.glob("*.py"))
    assert all(f'bolt.event("{event}")' in sources for event in EVENTS)
    assert sources.count("bolt.event(") == len(EVENTS)


IN_PYTHON = {name.replace(".", "_"): name for name in METHODS}
"""Slack's methods under the names that its own client gives them."""

BEHIND = {"files_upload_v2": ("files.getUploadURLExternal", "files.completeUploadExternal")}


def called_methods() -> set[str]:
    """Every method of the Web API that stands in the bot's source, and in the file client's."""
    called: set[str] = set()
    for file in Path(airflow_talent.slackbot.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.func.attr
                called |= {*BEHIND.get(name, ())} or {IN_PYTHON.get(name, "")}
    client = Path(str(airflow_talent.clients.slack.__file__)).read_text(encoding="utf-8")
    return (called | {name for name in METHODS if f"/{name}" in client}) - {""}


@pytest.fixture
def http(talent_emulator: Emulator) -> Iterator[httpx.Client]:
    """The emulated Web API, as the bot calls it."""
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    base_url = f"{talent_emulator.url}/slack/api/"
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False) as http:
        yield http


def open_conversations(http: httpx.Client) -> list[str]:
    """One conversation of each kind."""
    people = ("U0RECRUIT", "U0RECRUIT,U0LEAD")
    opened = [http.post("conversations.open", data={"users": users}).json() for users in people]
    return ["C0GENERAL", "C0HIRING", *(answer["channel"]["id"] for answer in opened)]


def needed_scopes(http: httpx.Client, method: str, places: list[str]) -> Iterator[str]:
    """What Slack says that the method lacks, in any of the conversations."""
    for place in places:
        about = {"channel": place, "ts": "1.0"}
        arguments = {"users": "U0RECRUIT"} if method == "conversations.open" else about
        answer = http.post(method, data=arguments).json()
        if answer.get("error") == "missing_scope":
            yield answer["needed"]


def test_the_manifest_has_every_scope_that_is_used_and_no_other(
    talent_emulator: Emulator, http: httpx.Client
) -> None:
    methods = called_methods()
    assert {"chat.postMessage", "views.open", "files.info", "usergroups.users.list"} <= methods

    places = open_conversations(http)
    talent_emulator.settings(slack={"scopes": []})
    needed = {
        scope
        for method in methods
        # It needs none, and would end the token of this test.
        if METHODS[method].caller == "bot" and method != "auth.revoke"
        for scope in needed_scopes(http, method, places)
    }

    # Slash commands and shortcuts need theirs without any method being called.
    assert needed | {"commands"} == set(SCOPES)
