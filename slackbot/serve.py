"""How the bot hears of things and is looked after: Slack's requests or Socket Mode, and the pages
`/health` (the process lives), `/ready` (it can do its work) and `/metrics`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ..services.airflow_api import AirflowApi
from ..services.care import READY, AirflowWatch, care_routes
from ..services.serving import BodyRefused, read_body, serving
from . import metrics
from .settings import Settings

if TYPE_CHECKING:
    from .workspaces import Workspaces


END_WITHIN = 3.0
"""Seconds at the end for what Socket Mode has sent and nobody has acknowledged yet."""


@contextlib.asynccontextmanager
async def listening(
    settings: Settings, bolt: AsyncApp | Workspaces, airflow: AirflowApi
) -> AsyncIterator[None]:
    """Hear what Slack sends, and answer whatever keeps the bot running, while the block lasts.

    :param bolt: What answers; several workspaces are served over HTTP only.
    :raises SettingsError: an address to serve is taken.
    """
    async with contextlib.AsyncExitStack() as stack:
        readiness = Readiness(AirflowWatch(airflow))
        care = care_routes(readiness.look)
        routes: list[BaseRoute] = []
        if settings.slack_app_token and isinstance(bolt, AsyncApp):
            handler = _SocketMode(bolt, settings.slack_app_token.get_secret_value())
            readiness.is_connected = handler.client.is_connected
            await stack.enter_async_context(_connected(handler))
        else:
            routes.append(Route("/slack/events", slack_endpoint(bolt), methods=["POST"]))
        if not isinstance(bolt, AsyncApp):
            routes += bolt.routes()
        if settings.talent_metrics_port is not None:
            port = settings.talent_metrics_port
            names = "TALENT_BOT_HOST and TALENT_METRICS_PORT"
            await stack.enter_async_context(
                serving(Starlette(routes=care), settings.talent_bot_host, port, names=names)
            )
        elif routes:
            routes += care
        if routes:
            port = settings.talent_bot_port
            names = "TALENT_BOT_HOST and TALENT_BOT_PORT"
            await stack.enter_async_context(
                serving(Starlette(routes=routes), settings.talent_bot_host, port, names=names)
            )
        yield


def slack_endpoint(bolt: AsyncApp | Workspaces) -> Callable[[Request], Awaitable[Response]]:
    """What answers Slack's requests. Whoever sends them may be anybody until Bolt has checked the
    signature, so nothing is read for longer or kept in larger pieces than Slack needs."""

    async def take(request: Request) -> Response:
        began = time.perf_counter()
        try:
            body = await read_body(request)
        except BodyRefused as refusal:
            return PlainTextResponse(refusal.reason, refusal.status, {"Connection": "close"})
        try:
            asked = AsyncBoltRequest(body=body.decode(), headers=dict(request.headers))
        except Exception:  # Bolt fails in many ways over what is not from Slack.
            return PlainTextResponse("unreadable", 400)
        answer = await bolt.async_dispatch(asked)
        if answer.status == 200:
            metrics.ack(
                metrics.kind_of(asked.body),
                time.perf_counter() - began,
                is_repeated="x-slack-retry-num" in request.headers,
            )
        headers = answer.first_headers_without_set_cookie()
        return Response(answer.body, answer.status, headers)

    return take


@dataclass(slots=True)
class Readiness:
    """Whether the bot can do its work.

    :param is_connected: Whether Socket Mode is; always, where Slack comes to the bot.
    """

    airflow: AirflowWatch
    is_connected: Callable[[], Awaitable[bool]] | None = None

    async def look(self) -> Mapping[str, str]:
        """What `/ready` says."""
        if self.is_connected and not await self.is_connected():
            reason: str | None = "Slack is not connected."
        else:
            reason = await self.airflow.missing()
        return {"status": "waiting", "reason": reason} if reason else {"status": READY}


class _SocketMode(AsyncSocketModeHandler):
    """Counts what it takes, and knows what it has not acknowledged yet."""

    def __init__(self, bolt: AsyncApp, app_token: str) -> None:
        super().__init__(bolt, app_token)
        self.client.proxy = bolt.client.proxy
        self._open = 0

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as Bolt's own
        began = time.perf_counter()
        self._open += 1
        try:
            await super().handle(client, req)
        finally:
            self._open -= 1
        is_repeated = bool(req.retry_attempt)
        metrics.ack(
            metrics.kind_of(req.payload), time.perf_counter() - began, is_repeated=is_repeated
        )

    @property
    def is_idle(self) -> bool:
        """Everything that arrived has been acknowledged."""
        return self._open == 0 and self.client.message_queue.empty()


@contextlib.asynccontextmanager
async def _connected(handler: _SocketMode) -> AsyncIterator[None]:
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's
        yield
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_WITHIN):
                while not handler.is_idle:  # noqa: ASYNC110 - half of it is Bolt's queue
                    await asyncio.sleep(0.02)
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's
