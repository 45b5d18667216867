"""Stands between the bot and a server, and holds the requests that a test names."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "date"}


@dataclass(slots=True)
class Hold:
    """A request to hold for ever: before it gets through, or before its answer comes back.

    :param skip: How many such requests pass first.
    """

    method: str
    path: str
    when: Literal["before", "after"]
    skip: int = 0
    happened: threading.Event = field(default_factory=threading.Event)

    def fits(self, method: str, path: str) -> bool:
        if method != self.method or not re.search(self.path, path):
            return False
        self.skip -= 1
        return self.skip < 0


class Gate:
    """:param upstream: Where requests go, without a slash at the end.
    :param port: Where to listen; 0 takes a free one.
    """

    def __init__(self, upstream: str, port: int = 0) -> None:
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.hold: Hold | None = None
        self.lose: Hold | None = None
        """A request whose answer is dropped."""
        self.delay: tuple[str, str, float] | None = None
        """Method, path and seconds by which such requests are late."""
        self.answers: dict[str, tuple[int, dict[str, object]]] = {}
        """Method and path of requests that are answered here, with status and JSON."""
        self.errors: list[tuple[str, str, str]] = []
        """Path, a part of the body, and the error that Slack then answers with."""
        self.errors_once: dict[str, str] = {}
        """Path and the error that Slack answers with, the first time only."""
        self.is_broken = False
        """Everything is answered with 503."""
        self.seen: list[str] = []

    async def pass_on(self, request: Request) -> Response:
        path = request.url.path
        self.seen.append(f"{request.method} {path}")
        if self.is_broken:
            return Response(status_code=503)
        if self.delay and request.method == self.delay[0] and re.search(self.delay[1], path):
            await asyncio.sleep(self.delay[2])
        if said := self.answers.get(f"{request.method} {path}"):
            return JSONResponse(said[1], said[0])
        if error := await self._find_error(request):
            return JSONResponse({"ok": False, "error": error}, headers={"Retry-After": "1"})
        held = self.hold if self.hold and self.hold.fits(request.method, path) else None
        if held and held.when == "before":
            await self._keep(held)
        answer = await self._forward(request)
        if held:
            await self._keep(held)
        if self.lose and self.lose.fits(request.method, path):
            self.lose.happened.set()
            # Only this one: the same request must get through when it is sent again.
            self.lose.path = "^$"
            return Response(status_code=504)
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
        return Response(answer.content, answer.status_code, headers)

    async def _find_error(self, request: Request) -> str | None:
        for path in list(self.errors_once):
            if re.search(path, request.url.path):
                return self.errors_once.pop(path)
        body = (await request.body()).decode(errors="replace")
        return next(
            (
                error
                for path, part, error in self.errors
                if re.search(path, request.url.path) and part in body
            ),
            None,
        )

    async def _keep(self, hold: Hold) -> None:
        hold.happened.set()
        await asyncio.sleep(3600)

    async def _forward(self, request: Request) -> httpx.Response:
        headers = {k: v for k, v in request.headers.items() if k.lower() != "host"}
        async with httpx.AsyncClient(timeout=60) as http:
            return await http.request(
                request.method,
                f"{self._upstream}{request.url.path}",
                params=str(request.query_params),
                headers=headers,
                content=await request.body(),
            )

    def run(self, server: uvicorn.Server) -> None:
        server.run(sockets=[self._listener])


@contextmanager
def open_gate(upstream: str, port: int = 0) -> Iterator[Gate]:
    gate = Gate(upstream, port)
    app = Starlette(routes=[Route("/{path:path}", gate.pass_on, methods=METHODS)])
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=gate.run, args=[server], daemon=True)
    thread.start()
    try:
        yield gate
    finally:
        server.should_exit = True
        thread.join()
