"""The emulator as one ASGI application: every vendor, the control surface, the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Mount

from .control import control_routes
from .faults import Exchange, serve_badly, take_fault
from .page import page_routes
from .rezi import Rezi
from .rezora import Rezora
from .rickrut import RickRut
from .riminder import Riminder
from .slack import Slack
from .vitay import Vitay
from .world import RecordedRequest, Refused, Vendor, World

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

VENDORS: tuple[type[Vendor], ...] = (Vitay, Riminder, RickRut, Rezi, Rezora, Slack)


def build_world() -> World:
    """A fresh world with every vendor in it."""
    return World(VENDORS)


def create_app(world: World | None = None) -> Starlette:
    """The application that serves a world; a fresh one when none is given."""
    world = world or build_world()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        life = asyncio.create_task(world.live())
        yield
        life.cancel()
        with suppress(asyncio.CancelledError):
            await life

    mounts = [
        Mount(vendor.prefix, _Watched(vendor, _vendor_app(vendor)))
        for vendor in world.vendors.values()
    ]
    pages = [page for vendor in world.vendors.values() for page in vendor.pages()]
    return Starlette(
        routes=[*mounts, *pages, *control_routes(world), *page_routes(world)],
        middleware=[Middleware(_Punctual, world)],
        exception_handlers={HTTPException: _tell_error},
        lifespan=lifespan,
    )


def _tell_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - nothing else is registered
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


class _Punctual:
    """Carries out what is due before a request is looked at, so no answer is behind the clock."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self.world.catch_up()
        await self.app(scope, receive, send)


def _vendor_app(vendor: Vendor) -> Starlette:
    def refuse(_request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            error = Refused(error.status_code, error.detail, headers=error.headers)
        assert isinstance(error, Refused)  # noqa: S101 - these two are all that is registered
        return vendor.answer_error(error)

    app = Starlette(
        routes=vendor.routes(), exception_handlers={HTTPException: refuse, Refused: refuse}
    )
    app.router.redirect_slashes = False
    return app


class _Watched:
    """A vendor's application with its requests recorded, delayed, and spoilt when asked for."""

    def __init__(self, vendor: Vendor, app: ASGIApp) -> None:
        self.vendor = vendor
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        vendor, world = self.vendor, self.vendor.world
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        path = scope["path"].removeprefix(scope["root_path"]) or "/"
        recorded = RecordedRequest(world.now(), vendor.name, scope["method"], path)
        world.requests.append(recorded)

        async def send_and_record(message: Message) -> None:
            if message["type"] == "http.response.start":
                recorded.status = message["status"]
            await send(message)

        exchange = await Exchange.read(scope, receive, send_and_record)
        if vendor.settings.latency:
            await asyncio.sleep(vendor.settings.latency)
            world.catch_up()
        if fault := take_fault(world, vendor.name, scope["method"], path):
            await serve_badly(fault, vendor, self.app, exchange)
        else:
            await exchange.serve(self.app)
