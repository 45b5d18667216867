"""The receiver as an app for other servers, alone or below a path of another app.

    uvicorn --no-access-log --factory airflow_talent.webhooks.asgi:make_app

One process of it only: each needs a queue of its own. The server is then responsible for clients
that never finish their headers, and for its access log, which must be off: addresses are secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ..services.care import care_routes
from .receiver import Receiver, receiving
from .settings import Settings, read_settings

log = logging.getLogger(__name__)


def make_app(settings: Settings | None = None) -> Starlette:
    """The vendors' paths and the care pages, with a lifespan that runs what is behind them.

    Mounted in another app, that one's lifespan must enter this one's:
    `async with app.router.lifespan_context(app): …`.

    :param settings: None reads the environment.
    :raises SettingsError: a setting is missing or wrong.
    """
    settings = settings or read_settings()

    @contextlib.asynccontextmanager
    async def run(app: Starlette) -> AsyncIterator[None]:
        async with receiving(settings) as receiver:
            receiver.running.add_done_callback(_say_why)
            app.router.routes += [*receiver.routes(), *care_routes(receiver.look)]
            yield

    return _app_of([], settings, run)


def vendors_app(receiver: Receiver, settings: Settings, *others: BaseRoute) -> Starlette:
    """The vendors' paths of a receiver that runs, and other routes beside them."""
    return _app_of([*receiver.routes(), *others], settings)


def _app_of(routes: list[BaseRoute], settings: Settings, lifespan: object = None) -> Starlette:
    proxies = [str(network) for network in settings.talent_webhook_trusted_proxies]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,  # type: ignore[arg-type]  # its type names the app's own class
        middleware=[Middleware(ProxyHeadersMiddleware, trusted_hosts=proxies)] if proxies else [],
    )
    # What is not exactly a door's path is none.
    app.router.redirect_slashes = False
    return app


def _say_why(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and (error := running.exception()):
        log.critical("the receiver has ended: start it again", exc_info=error)
