"""Tokens, scopes, rates, and the ways arguments may come."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackPeople

MESSAGE: dict[str, Any] = {"channel": "C0HIRING", "text": "hi"}


async def ask(emulator: Emulator, method: str, **request: Any) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{emulator.url}/slack/api/{method}", **request)
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "not_authed"),
        ({"Authorization": "Bearer xoxb-somebody-else"}, "invalid_auth"),
        ({"Authorization": "Bearer xapp-emulator"}, "not_allowed_token_type"),
    ],
)
async def test_a_wrong_token_gets_nowhere(
    talent_emulator: Emulator, headers: dict[str, str], error: str
) -> None:
    answer = await ask(talent_emulator, "auth.test", headers=headers)
    assert answer == {"ok": False, "error": error}


@pytest.mark.parametrize("name", ["dialog.open", "no.such.method"])
async def test_an_unknown_method_is_called_so(client: AsyncWebClient, name: str) -> None:
    with pytest.raises(SlackApiError, match="unknown_method"):
        await client.api_call(name)


@pytest.mark.parametrize(
    "request_",
    [
        {"data": {**MESSAGE, "token": "xoxb-emulator"}},
        {"json": MESSAGE, "headers": {"Authorization": "Bearer xoxb-emulator"}},
        {"data": MESSAGE, "headers": {"authorization": "bearer xoxb-emulator"}},
        {"params": MESSAGE, "headers": {"Authorization": "Bearer xoxb-emulator"}},
        {
            "data": MESSAGE,
            "files": {"x": b""},
            "headers": {"Authorization": "Bearer xoxb-emulator"},
        },
    ],
    ids=["token in the form", "json", "form", "query", "multipart"],
)
async def test_arguments_come_in_any_form_slack_takes(
    talent_emulator: Emulator, request_: dict[str, Any]
) -> None:
    assert (await ask(talent_emulator, "chat.postMessage", **request_))["ok"]


@pytest.mark.parametrize(
    ("content", "kind", "error"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"[]", "application/json", "json_not_object"),
        (b"text=hi", "text/plain", "invalid_post_type"),
    ],
)
async def test_a_body_slack_cannot_read_is_named(
    talent_emulator: Emulator, content: bytes, kind: str, error: str
) -> None:
    headers = {"Authorization": "Bearer xoxb-emulator", "Content-Type": kind}
    answer = await ask(talent_emulator, "auth.test", content=content, headers=headers)
    assert answer["error"] == error


async def test_a_missing_scope_is_named(client: AsyncWebClient, talent_emulator: Emulator) -> None:
    talent_emulator.settings(slack={"scopes": ["chat:write", "channels:read"]})

    async def refusal_of(call: Any) -> dict[str, Any]:
        with pytest.raises(SlackApiError) as refused:
            await call
        answer = refused.value.response
        return {key: answer[key] for key in ("error", "needed", "provided")}

    provided = {"error": "missing_scope", "provided": "chat:write,channels:read"}
    calls = {
        "users:read": client.users_info(user="U0LEAD"),
        "groups:read": client.conversations_info(channel="C0HIRING"),
        "channels:history": client.conversations_history(channel="C0GENERAL"),
        "im:write": client.conversations_open(users="U0LEAD"),
        "files:write": client.files_getUploadURLExternal(filename="a", length=1),
    }
    for scope, call in calls.items():
        assert await refusal_of(call) == {**provided, "needed": scope}
    await client.chat_postMessage(**MESSAGE)


async def test_too_many_calls_a_minute_are_turned_away_until_it_is_over(
    client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"rate_limits": {"auth.test": 2}})
    for _ in range(2):
        await client.auth_test()

    with pytest.raises(SlackApiError, match="ratelimited") as refused:
        await client.auth_test()
    wait = int(refused.value.response.headers["Retry-After"])
    assert (refused.value.response.status_code, 0 < wait <= 60) == (429, True)

    talent_emulator.advance(wait)
    assert (await client.auth_test())["ok"]


async def test_published_limits_hold_for_each_channel_alone_when_posting(
    client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(
        slack={"published_rate_limits": True, "rate_limits": {"chat.postMessage": 1}}
    )
    await client.chat_postMessage(**MESSAGE)
    await client.chat_postMessage(**{**MESSAGE, "channel": "C0GENERAL"})
    with pytest.raises(SlackApiError, match="ratelimited"):
        await client.chat_postMessage(**MESSAGE)


async def test_the_sdks_own_patience_is_enough(
    people: SlackPeople, client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("slack", "POST", "chat.postMessage", "status", code=429, retry_after=0)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))

    await client.chat_postMessage(**MESSAGE)

    assert len(await people.messages()) == 1


async def test_a_lost_answer_leaves_the_message_behind(
    people: SlackPeople, client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    client.retry_handlers.clear()
    talent_emulator.fault("slack", "POST", "chat.postMessage", "drop_after")
    with pytest.raises(Exception, match="disconnected"):
        await client.chat_postMessage(**MESSAGE)
    assert [message["text"] for message in await people.messages()] == ["hi"]
