"""How the bot hears of things and is looked after: Slack's requests or Socket Mode, and the pages
`/health` (the process lives), `/ready` (it can do its work) and `/metrics`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import h11
import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from . import metrics
from .airflow_api import AirflowApi, AirflowError
from .settings import Settings, SettingsError

if TYPE_CHECKING:
    from .workspaces import Workspaces

log = logging.getLogger(__name__)

FINISH_WITHIN = 10.0
"""Seconds at the end for requests that are being answered."""

HEADERS_WITHIN = 5.0
BODY_WITHIN = 3.0
"""Seconds in which a request must have arrived; Slack would have given up by then."""

MAX_BODY = 1024 * 1024
MAX_CONNECTIONS = 1000

READY_FOR = 2.0
"""Seconds for which it is not looked again whether Airflow answers, however many ask."""


@contextlib.asynccontextmanager
async def listening(
    settings: Settings, bolt: AsyncApp | Workspaces, airflow: AirflowApi
) -> AsyncIterator[None]:
    """Hear what Slack sends, and answer whatever keeps the bot running, while the block lasts.

    :param bolt: What answers; several workspaces are served over HTTP only.
    :raises SettingsError: an address to serve is taken.
    """
    async with contextlib.AsyncExitStack() as stack:
        readiness = Readiness(airflow)
        care = care_routes(readiness)
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
            await stack.enter_async_context(_serving(settings.talent_bot_host, port, care, names))
        elif routes:
            routes += care
        if routes:
            port = settings.talent_bot_port
            names = "TALENT_BOT_HOST and TALENT_BOT_PORT"
            await stack.enter_async_context(_serving(settings.talent_bot_host, port, routes, names))
        yield


def slack_endpoint(bolt: AsyncApp | Workspaces) -> Callable[[Request], Awaitable[Response]]:
    """What answers Slack's requests. Whoever sends them may be anybody until Bolt has checked the
    signature, so nothing is read for longer or kept in larger pieces than Slack needs."""

    async def take(request: Request) -> Response:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(BODY_WITHIN):
                body = await _read_body(request)
        except TimeoutError:
            return PlainTextResponse("too slow", 408, {"Connection": "close"})
        except ClientDisconnect:
            return PlainTextResponse("gone", 400)
        if body is None:
            return PlainTextResponse("too large", 413, {"Connection": "close"})
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


async def _read_body(request: Request) -> bytes | None:
    """The body of a request; None when it is larger than any of Slack's."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


@dataclass(slots=True)
class Readiness:
    """Whether the bot can do its work.

    :param is_connected: Whether Socket Mode is; always, where Slack comes to the bot.
    """

    airflow: AirflowApi
    is_connected: Callable[[], Awaitable[bool]] | None = None
    _known_until: float = float("-inf")
    _reason: str | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def missing(self) -> str | None:
        """What it waits for, as a sentence; None when it is ready."""
        if self.is_connected and not await self.is_connected():
            return "Slack is not connected."
        async with self._one_at_a_time:
            if time.monotonic() > self._known_until:
                self._reason = await self._ask_airflow()
                self._known_until = time.monotonic() + READY_FOR
        return self._reason

    async def _ask_airflow(self) -> str | None:
        try:
            await self.airflow.check()
        except AirflowError as error:
            return str(error)
        return None


def care_routes(readiness: Readiness) -> list[BaseRoute]:
    """The pages for whatever keeps the bot running."""

    async def say_alive(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def say_ready(_: Request) -> Response:
        if reason := await readiness.missing():
            return JSONResponse({"status": "waiting", "reason": reason}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def show_metrics(_: Request) -> Response:
        return Response(metrics.write_metrics(), headers={"Content-Type": metrics.CONTENT_TYPE})

    return [
        Route("/health", say_alive),
        Route("/ready", say_ready),
        Route("/metrics", show_metrics),
    ]


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
            async with asyncio.timeout(BODY_WITHIN):
                while not handler.is_idle:  # noqa: ASYNC110 - half of it is Bolt's queue
                    await asyncio.sleep(0.02)
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's


@contextlib.asynccontextmanager
async def _serving(
    host: str, port: int, routes: list[BaseRoute], names: str
) -> AsyncIterator[None]:
    """Serve HTTP while the block lasts.

    :param names: The settings that say where.
    """
    try:
        listener = _listen(host, port)
    except OSError:
        raise SettingsError(f"{names} name an address that cannot be used.") from None
    server = _Server(
        uvicorn.Config(
            Starlette(routes=routes),
            http=_Impatient,
            log_config=None,
            access_log=False,
            lifespan="off",
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=int(FINISH_WITHIN),
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    log.info("serving on port %d", listener.getsockname()[1])
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio would not switch off the delay of small answers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """Leaves signals to the bot, which has more to end than the server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Impatient(H11Protocol):
    """Closes connections that do not get their headers said, which uvicorn itself keeps."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._late = self.loop.call_later(HEADERS_WITHIN, transport.abort)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._late is None:
            self._late = self.loop.call_later(HEADERS_WITHIN, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None
