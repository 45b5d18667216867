"""Starts and stops the receiver."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys

from starlette.applications import Starlette

from ..services.care import care_routes
from ..services.running import first_of, keep_what_is_loaded, stopping_on_signals, write_log
from ..services.serving import serving
from ..services.settings import SettingsError
from .asgi import vendors_app
from .receiver import receiving
from .settings import Settings, read_settings

log = logging.getLogger(__name__)


def main() -> int:
    """Run the receiver as the environment says, until SIGINT or SIGTERM; the exit code."""
    write_log()
    keep_what_is_loaded()
    try:
        asyncio.run(run_receiver(read_settings()))
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return 2
    return 0


async def run_receiver(settings: Settings, *, is_ready: asyncio.Event | None = None) -> None:
    """Run the receiver until SIGINT, SIGTERM, or until this coroutine is cancelled.

    At the end deliveries that are being answered still are; what Airflow does not have yet is told
    by the next process.

    :param is_ready: Set as soon as deliveries are taken.
    :raises SettingsError: an address to serve is taken, or the folder of the queue cannot be used.
    """
    async with contextlib.AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving(settings))
        stop = stack.enter_context(stopping_on_signals())
        host, care = settings.talent_webhook_host, care_routes(receiver.look)
        own_port = settings.talent_webhook_metrics_port
        if own_port is not None:
            names = "TALENT_WEBHOOK_HOST and TALENT_WEBHOOK_METRICS_PORT"
            pages = Starlette(routes=care)
            await stack.enter_async_context(serving(pages, host, own_port, names=names))
        names = "TALENT_WEBHOOK_HOST and TALENT_WEBHOOK_PORT"
        app = vendors_app(receiver, settings, *([] if own_port is not None else care))
        await stack.enter_async_context(
            serving(app, host, settings.talent_webhook_port, names=names)
        )
        vendors = ", ".join(door.vendor for door in receiver.doors)
        log.info("the receiver is ready for %s, %d events wait", vendors, len(receiver.events))
        if is_ready:
            is_ready.set()
        await first_of(asyncio.create_task(stop.wait()), receiver.running)


if __name__ == "__main__":
    sys.exit(main())
