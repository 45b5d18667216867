"""Connections that all loops of a triggerer share, so that each vendor sees one caller."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from ..clients.flows import Flow
    from ..hooks.base import VendorHook

T = TypeVar("T")

log = logging.getLogger(__name__)

REREAD_AFTER = 60.0
"""Seconds after which an edited connection is noticed."""


class SharedConnection:
    """One Airflow connection to a vendor: one client, one login and one pace for many loops.

    Read again from time to time; while that fails, what it said before goes on.
    """

    def __init__(self, hook: VendorHook[Any]) -> None:
        self._hook = hook
        self._read_at = time.monotonic()
        self.users = 0

    async def follow(self, flow: Flow[T]) -> T:
        """Run a flow of calls.

        :raises VendorError: see :mod:`airflow_talent.clients.errors`.
        """
        if time.monotonic() - self._read_at > REREAD_AFTER:
            self._read_at = time.monotonic()
            await self._read_again()
        return await self._hook.afollow(flow)

    async def close(self) -> None:
        """Close the client."""
        await self._hook.aclose()

    async def _read_again(self) -> None:
        try:
            await self._hook.arefresh()
        except Exception as error:  # also a wrong edit, which somebody will notice and correct
            log.warning(
                "Connection %s cannot be used as it is now (%s); going on with what it said before",
                self._hook.conn_id,
                type(error).__name__,
            )


Name = tuple[type["VendorHook[Any]"], str]

_open: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Name, SharedConnection]] = (
    WeakKeyDictionary()
)
"""By event loop, to which a client is bound: ``dag.test()`` makes a new one for each trigger."""


@asynccontextmanager
async def shared_connection(
    hook_type: type[VendorHook[Any]], conn_id: str
) -> AsyncIterator[SharedConnection]:
    """The connection ``conn_id``, made for the first that needs it and closed after the last."""
    connections = _open.setdefault(asyncio.get_running_loop(), {})
    name = (hook_type, conn_id)
    connection = connections.setdefault(name, SharedConnection(hook_type(conn_id)))
    connection.users += 1
    try:
        yield connection
    finally:
        connection.users -= 1
        if not connection.users:
            del connections[name]
            await connection.close()
