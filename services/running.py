"""How a service runs in a process of its own: what it logs, and what ends it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import re
import signal
from collections.abc import Iterator

ADDRESS = re.compile(r"\b((?:https?|wss?)://)(?:[^\s/?#'\"@]*@)?([^\s/?#'\"<>]+)[^\s'\"<>)]*")
"""An address: what may be read of it, and the rest, which often lets in whoever has it."""


def keep_what_is_loaded() -> None:
    """Never look through what is loaded now for garbage: it stays, and looking through all of it
    again and again would hold up answers for longer than anything else here."""
    gc.collect()
    gc.freeze()


def write_log() -> None:
    """Have all logs written to the standard error, without what must not be read there.

    Of addresses only the host is written: the rest may be a run's and a person's id, or the key to
    a conversation, as in Slack's response URLs and those of Socket Mode.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_WithoutPaths("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # They log each request.
    for name in ("httpx", "slack_sdk"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _WithoutPaths(logging.Formatter):
    """Cuts what addresses say besides the host, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return ADDRESS.sub(r"\1\2", super().format(record))


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set while the block lasts."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    # Outside the main thread, as in tests and notebooks, whoever started the service cancels it.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        for number in numbers:
            loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def first_of(*tasks: asyncio.Task[object] | asyncio.Task[None]) -> None:
    """Wait until one of the tasks ends.

    :raises Exception: What ended it, if it failed.
    """
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
