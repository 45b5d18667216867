"""What a bot that fails writes into its log."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from aiohttp import web

from .conftest import free_port

TELLING = """
import asyncio
import sys

import aiohttp

from airflow_talent.services.running import write_log
from airflow_talent.slackbot.settings import read_settings
from airflow_talent.slackbot.slack_calls import SlackError, connect, send_to


async def tell():
    settings = read_settings(
        slack_bot_token="xoxb-1",
        slack_app_token="xapp-1",
        slack_api_url="http://127.0.0.1:9/api",
        talent_airflow_url="http://127.0.0.1:9",
        talent_airflow_token="t",
    )
    async with aiohttp.ClientSession() as session:
        try:
            await send_to(sys.argv[1], connect(settings, session), text="Hello")
        except SlackError as error:
            print(error)


write_log()
asyncio.run(tell())
"""

CONNECTING = """
import asyncio
import sys

from slack_bolt.async_app import AsyncApp
from slack_bolt.logger import get_bolt_logger
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from airflow_talent.services.running import write_log


async def connect():
    log = get_bolt_logger(AsyncApp)
    client = SocketModeClient("xapp-1", logger=log, ping_interval=0.01)
    client.wss_uri = sys.argv[1]
    await client.connect()


write_log()
asyncio.run(connect())
"""


async def run(program: str, address: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, address, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


async def test_the_address_at_which_people_are_answered_is_not_logged() -> None:
    address = f"http://127.0.0.1:{free_port()}/actions/T0/planted-key"

    said, _ = await (await run(TELLING, address)).communicate()

    assert b"Slack: Client" in said
    assert b"planted" not in said
    assert b"T0" not in said


async def test_the_ticket_of_socket_mode_is_not_logged() -> None:
    asked = asyncio.Queue[str]()

    async def refuse(request: web.Request) -> web.Response:
        asked.put_nowait(request.query["ticket"])
        return web.Response(status=403)

    app = web.Application()
    app.router.add_get("/link/", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    bot = await run(CONNECTING, f"ws://127.0.0.1:{port}/link/?ticket=planted-ticket&app_id=A0")
    async with asyncio.timeout(20):
        # Before it asks again it has said why.
        assert [await asked.get(), await asked.get()] == ["planted-ticket"] * 2
    bot.kill()
    said, _ = await bot.communicate()
    await runner.cleanup()

    assert b"Failed to connect" in said
    assert f"ws://127.0.0.1:{port}'".encode() in said
    assert b"planted" not in said
