"""The least that a Bolt app can be: synchronous, and all it does with a command is acknowledge it.
Served as Bolt's documentation shows for Starlette.

https://docs.slack.dev/tools/bolt-python/concepts/adapters
"""

from __future__ import annotations

import sys

import uvicorn
from slack_bolt import Ack, App
from slack_bolt.adapter.starlette import SlackRequestHandler
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def make_app(slack_url: str, secret: str) -> Starlette:
    bolt = App(client=WebClient("xoxb-bench", base_url=slack_url), signing_secret=secret)

    @bolt.command("/talent")
    def take(ack: Ack) -> None:
        ack()

    handler = SlackRequestHandler(bolt)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    return Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])


if __name__ == "__main__":
    address, key, port = sys.argv[1:]
    app = make_app(address, key)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_config=None, access_log=False)
