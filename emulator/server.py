"""The emulator on a loopback port: in a thread for tests, in the foreground for the shell."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import build_world, create_app

if TYPE_CHECKING:
    from types import TracebackType

    from .world import World

LOOPBACK = "127.0.0.1"
START_TIMEOUT = 10.0


class EmulatorServer:
    """The emulator, running in a thread while the ``with`` block lasts.

    :param port: the loopback port to listen on; 0 takes a free one.
    :param world: the world to serve; a fresh one when None. It belongs to the server's thread:
        look at it, but change it through the control surface (:class:`.client.Emulator`).

    ``url`` is the address to reach it at, without a slash at its end.
    """

    def __init__(self, port: int = 0, *, world: World | None = None) -> None:
        self.world = world or build_world()
        self._socket = _listen(port)
        self.url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        self._server = _Server(_configure(self.world))
        self._thread = threading.Thread(target=self._run, name="talent-emulator", daemon=True)

    def __enter__(self) -> EmulatorServer:
        self._thread.start()
        if not self._server.ready.wait(START_TIMEOUT):
            raise RuntimeError(f"the emulator did not start within {START_TIMEOUT:.0f} seconds")
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def environment(self) -> dict[str, str]:
        """Environment variables that point Airflow's connections and the bot at this emulator."""
        return self.world.environment(self.url)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def serve(port: int) -> None:
    """Run the emulator on a loopback port until somebody stops it (Ctrl-C)."""
    listening = _listen(port)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(_configure(build_world())).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class _OpenConnection(H11Protocol):
    """Shows the application its connection, so that a fault can close it under a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def _configure(world: World) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(world),
        http=_OpenConnection,
        loop="asyncio",
        log_config=None,
        # Queries hold keys of vendors that want them there, so no access log.
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only for sockets that say they are TCP; with it, each
    # answer would wait 40 ms for an acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((LOOPBACK, port))
    listening.listen(128)
    return listening
