"""What Slack's words mean for whoever asked."""

from __future__ import annotations

import aiohttp
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.slackbot.settings import read_settings
from airflow_talent.slackbot.slack_calls import CannotWrite, call, connect

from .gate import open_gate


@pytest.mark.parametrize(
    "code",
    [
        "not_in_channel",
        "is_archived",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_only_channel",
    ],
)
async def test_where_the_bot_will_never_be_able_to_write_it_cannot_write(
    talent_emulator: Emulator, code: str
) -> None:
    with open_gate(talent_emulator.url) as gate:
        gate.errors.append(("chat.postMessage", "", code))
        settings = read_settings(
            slack_bot_token="xoxb-emulator",
            slack_signing_secret="emulator-signing-secret",
            slack_api_url=f"{gate.url}/slack/api/",
            talent_airflow_url="http://127.0.0.1:9",
            talent_airflow_token="unused",
        )
        async with aiohttp.ClientSession() as session:
            slack = connect(settings, session)
            with pytest.raises(CannotWrite, match=code):
                await call(slack.chat_postMessage(channel="C0HIRING", text="Done"))
