"""Faults on demand: what a network, a proxy and a tired vendor do to a request.

Each fault is one function that serves a request badly. They happen at the socket, so a client
sees the very errors it would see in earnest.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveInt, field_validator
from starlette.responses import HTMLResponse, JSONResponse

from .world import Refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .world import Vendor, World

FaultName = Literal[
    "refuse",
    "stall",
    "status",
    "drop_before",
    "drop_after",
    "cut_body",
    "html",
    "wrong_shape",
    "expire_token",
]


class Fault(BaseModel):
    """A fault that waits for its request.

    ``path`` is a regular expression looked for in the vendor's own path (without its prefix and
    query); ``method`` None means any. ``times`` counts down to 0, None means for ever. When
    several faults fit a request, the one set first is taken.
    """

    model_config = ConfigDict(extra="forbid")

    vendor: str
    fault: FaultName
    method: str | None = None
    path: str = ""
    times: PositiveInt | None = 1
    code: int = 503
    """HTTP status of ``status``."""
    retry_after: int | str | None = None
    """``Retry-After`` of ``status``: seconds or an HTTP date."""
    seconds: NonNegativeFloat = 3600
    """How long ``stall`` keeps the caller waiting; it ends earlier when the caller leaves."""

    @field_validator("path")
    @classmethod
    def _compiles(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
        return path

    @field_validator("code")
    @classmethod
    def _is_status(cls, code: int) -> int:
        if not 200 <= code <= 599:
            raise ValueError("an HTTP status is between 200 and 599")
        return code

    def fits(self, vendor: str, method: str, path: str) -> bool:
        return (
            self.vendor == vendor
            and (self.method is None or self.method.upper() == method)
            and re.search(self.path, path) is not None
        )


def take_fault(world: World, vendor: str, method: str, path: str) -> Fault | None:
    """The fault to serve this request with, counted down; None when there is none."""
    fault = next((fault for fault in world.faults if fault.fits(vendor, method, path)), None)
    if fault and fault.times is not None:
        fault.times -= 1
        if fault.times == 0:
            world.faults.remove(fault)
    return fault


class Exchange:
    """One request, its body read, and the way its answer takes.

    The body is read before anything happens: a connection that is closed while its caller still
    sends would look different from one call to the next.
    """

    def __init__(self, scope: Scope, messages: list[Message], receive: Receive, send: Send) -> None:
        self.scope = scope
        self._messages = messages
        self._receive = receive
        self.send = send

    @classmethod
    async def read(cls, scope: Scope, receive: Receive, send: Send) -> Exchange:
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        return cls(scope, messages, receive, send)

    async def serve(self, app: ASGIApp, send: Send | None = None) -> None:
        """Have it answered by an application; with ``send``, the answer goes there instead."""
        messages = iter(self._messages)

        async def replay() -> Message:
            return next(messages, None) or await self._receive()

        await app(self.scope, replay, send or self.send)

    async def hang_up(self) -> None:
        """Close the connection at once, whatever was still to be sent."""
        self.transport.abort()
        await self.wait_until_caller_left()

    async def wait_until_caller_left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    @property
    def transport(self) -> Any:
        transport = self.scope.get("state", {}).get("transport")
        if transport is None:
            raise RuntimeError(
                "this fault closes the connection, which needs a real EmulatorServer"
            )
        return transport


async def serve_badly(fault: Fault, vendor: Vendor, app: ASGIApp, exchange: Exchange) -> None:
    """Serve one request as the fault says."""
    await _FAULTS[fault.fault](fault, vendor, app, exchange)


async def _refuse(_fault: Fault, _vendor: Vendor, _app: ASGIApp, exchange: Exchange) -> None:
    """Reset the connection, before any effect.

    A listening socket cannot refuse single connections: the caller gets "connection reset by
    peer" a moment after connecting, not "connection refused".
    """
    reset_on_close = struct.pack("ii", 1, 0)
    connection = exchange.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)
    await exchange.hang_up()


async def _drop_before(_fault: Fault, _vendor: Vendor, _app: ASGIApp, exchange: Exchange) -> None:
    """Close the connection without an answer, before any effect."""
    await exchange.hang_up()


async def _drop_after(_fault: Fault, _vendor: Vendor, app: ASGIApp, exchange: Exchange) -> None:
    """Let the effect happen, then close the connection without an answer."""

    async def lose(_message: Message) -> None:
        """The answer never leaves."""

    await exchange.serve(app, lose)
    await exchange.hang_up()


async def _stall(fault: Fault, _vendor: Vendor, app: ASGIApp, exchange: Exchange) -> None:
    """Keep the caller waiting; whoever is still there after that is served."""
    try:
        async with asyncio.timeout(fault.seconds):
            await exchange.wait_until_caller_left()
    except TimeoutError:
        await exchange.serve(app)


async def _status(fault: Fault, vendor: Vendor, _app: ASGIApp, exchange: Exchange) -> None:
    """Answer an error in the vendor's form, without any effect."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    refused = Refused(fault.code, "This answer was asked for as a fault.", headers=headers)
    await exchange.serve(vendor.answer_error(refused))


async def _cut_body(_fault: Fault, _vendor: Vendor, app: ASGIApp, exchange: Exchange) -> None:
    """Let the effect happen, announce the whole answer, send half of it, close."""
    transport = exchange.transport
    start: Message = {}
    body = b""

    async def keep(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
        body += message.get("body", b"")

    await exchange.serve(app, keep)
    kept = [(key, value) for key, value in start["headers"] if key.lower() != b"content-length"]
    length = (b"content-length", str(max(1, len(body))).encode())
    half = body[: len(body) // 2]
    await exchange.send({**start, "headers": [*kept, length]})
    await exchange.send({"type": "http.response.body", "body": half, "more_body": True})
    transport.close()
    await exchange.wait_until_caller_left()


async def _html(_fault: Fault, _vendor: Vendor, _app: ASGIApp, exchange: Exchange) -> None:
    """Answer as a captive proxy does: 200 and a page, without any effect."""
    page = "<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>"
    await exchange.serve(HTMLResponse(page))


async def _wrong_shape(_fault: Fault, _vendor: Vendor, _app: ASGIApp, exchange: Exchange) -> None:
    """Answer 200 with JSON of a form no vendor uses, without any effect."""
    await exchange.serve(JSONResponse(["unexpected", {"shape": None}]))


async def _expire_token(_fault: Fault, vendor: Vendor, app: ASGIApp, exchange: Exchange) -> None:
    """Forget every token given out, then serve the request."""
    vendor.expire_tokens()
    await exchange.serve(app)


_FAULTS: dict[FaultName, Callable[[Fault, Vendor, ASGIApp, Exchange], Awaitable[None]]] = {
    "refuse": _refuse,
    "stall": _stall,
    "status": _status,
    "drop_before": _drop_before,
    "drop_after": _drop_after,
    "cut_body": _cut_body,
    "html": _html,
    "wrong_shape": _wrong_shape,
    "expire_token": _expire_token,
}
