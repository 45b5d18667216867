"""Types slash commands at a fixed rate, as Slack would deliver them, and prints how long each
acknowledgement took.

The times at which commands are typed are planned beforehand and kept, whether or not earlier ones
have been answered, and a latency counts from the planned time: so an app that stalls pays for
everything that piled up meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys
import time
from urllib.parse import urlencode

import aiohttp

from airflow_talent.benchmarks.slack_traffic.servers import CHANNEL, TEAM, USER, WORKFLOW

PATIENCE = aiohttp.ClientTimeout(total=3)
"""Then Slack tells the person that the command failed."""


async def type_commands(url: str, secret: str, response_url: str, rate: int, seconds: int) -> str:
    """JSON with the latencies in seconds, and the errors by kind."""
    latencies: list[float] = []
    errors: dict[str, int] = {}
    loop = asyncio.get_running_loop()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as http:

        async def type_one(number: int, planned: float) -> None:
            body = write_command(number, response_url)
            try:
                async with http.post(url, data=body, headers=sign(body, secret)) as answer:
                    await answer.read()
                problem = "" if answer.status == 200 else f"HTTP {answer.status}"
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = type(error).__name__
            latencies.append(loop.time() - planned)
            if problem:
                errors[problem] = errors.get(problem, 0) + 1

        began = loop.time() + 0.1
        async with asyncio.TaskGroup() as typing:
            for number in range(rate * seconds):
                planned = began + number / rate
                await asyncio.sleep(planned - loop.time())
                typing.create_task(type_one(number, planned))
    return json.dumps({"latencies": latencies, "errors": errors})


def write_command(number: int, response_url: str) -> bytes:
    return urlencode(
        {
            "team_id": TEAM,
            "channel_id": CHANNEL,
            "channel_name": "privategroup",
            "user_id": USER,
            "user_name": "recruiter",
            "command": "/talent",
            "text": f"{WORKFLOW} name=Ann{number}",
            "api_app_id": "A0BENCH",
            "response_url": response_url,
            "trigger_id": f"{number}.{time.time_ns()}.bench",
        }
    ).encode()


def sign(body: bytes, secret: str) -> dict[str, str]:
    now = str(int(time.time()))
    signature = hmac.new(secret.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256)
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": f"v0={signature.hexdigest()}",
    }


if __name__ == "__main__":
    target, key, answers, commands, length = sys.argv[1:]
    print(asyncio.run(type_commands(target, key, answers, int(commands), int(length))))
