"""HTTP for strangers: nothing is waited for longer or kept in larger pieces than need be."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator

import h11
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from .settings import SettingsError

log = logging.getLogger(__name__)

FINISH_WITHIN = 10.0
"""Seconds at the end for requests that are being answered."""

HEADERS_WITHIN = 5.0
BODY_WITHIN = 3.0
"""Seconds in which a request must have arrived."""

MAX_BODY = 1024 * 1024
MAX_CONNECTIONS = 1000


class BodyRefused(Exception):
    """A body that did not arrive as it must."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


async def read_body(request: Request) -> bytes:
    """The body of a request.

    :raises BodyRefused: it is larger than :data:`MAX_BODY`, or not there in time.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY:
                    raise BodyRefused(413, "too large")
    except TimeoutError:
        raise BodyRefused(408, "too slow") from None
    except ClientDisconnect:
        raise BodyRefused(400, "gone") from None
    return bytes(body)


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int, *, names: str) -> AsyncIterator[None]:
    """Serve HTTP while the block lasts.

    :param port: 0 takes a free one.
    :param names: The settings that say where.
    :raises SettingsError: the address cannot be used.
    """
    try:
        listener = _listen(host, port)
    except OSError:
        raise SettingsError(f"{names} name an address that cannot be used.") from None
    server = _Server(
        uvicorn.Config(
            app,
            http=_Impatient,
            log_config=None,
            access_log=False,
            lifespan="off",
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=int(FINISH_WITHIN),
            # Else whoever is on this machine may say that a request came from somewhere else.
            proxy_headers=False,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    log.info("serving on port %d", listener.getsockname()[1])
    try:
        yield
    finally:
        server.should_exit = True
        await task


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
    """Leaves signals to the service, which has more to end than the server."""

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
