"""What the tests here share: both runners behind one face, and vendors to send them to."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from airflow_talent.clients.api import Api
from airflow_talent.clients.runners import AsyncRunner, Runner
from airflow_talent.emulator.client import Emulator


class BlockingAsyncRunner:
    """An :class:`AsyncRunner` with an event loop of its own, used as a :class:`Runner` is."""

    def __init__(self, api: Api[Any]) -> None:
        self._loop = asyncio.Runner()
        self._runner = AsyncRunner(api)

    def run(self, call: Any) -> Any:
        return self._loop.run(self._runner.run(call))

    def follow(self, flow: Any) -> Any:
        return self._loop.run(self._runner.follow(flow))

    def iterate(self, call: Any) -> Iterator[Any]:
        items = self._runner.iterate(call)

        async def take() -> Any:
            return await anext(items, None)

        while (item := self._loop.run(take())) is not None:
            yield item

    def run_together(self, call: Any, times: int) -> list[Any]:
        """Many at once; an error takes the place of its result."""

        async def gather() -> list[Any]:
            runs = (self._runner.run(call) for _ in range(times))
            return await asyncio.gather(*runs, return_exceptions=True)

        return self._loop.run(gather())

    def close(self) -> None:
        self._loop.run(self._runner.close())
        self._loop.close()


class BlockingRunner(Runner):
    """A :class:`Runner` that can be used from many threads with one call."""

    def run_together(self, call: Any, times: int) -> list[Any]:
        """Many at once; an error takes the place of its result."""
        results: list[Any] = []

        def run() -> None:
            try:
                results.append(self.run(call))
            except Exception as error:
                results.append(error)

        threads = [threading.Thread(target=run) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results


RUNNERS: dict[str, Callable[[Api[Any]], Any]] = {
    "sync": BlockingRunner,
    "async": BlockingAsyncRunner,
}


@dataclass
class CannedVendor:
    """A real HTTP server that answers whatever ``answer`` returns and remembers what came.

    ``answer`` gets (method, path with query, body) and returns (status, headers, body); a body
    that is not bytes is sent as JSON. Logins succeed by themselves.
    """

    answer: Callable[[str, str, bytes], tuple[int, dict[str, str], Any]]
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)

    def __enter__(self) -> CannedVendor:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                self.connection.settimeout(5)
                super().handle()

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, content = vendor.respond(self.command, self.path, body)
                sent = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(sent)

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815  # the base class's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as above
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def respond(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        if path.endswith("/v3/oauth/login"):
            return 200, {}, TOKEN
        self.requests.append((method, path, body))
        return self.answer(method, path, body)

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


TOKEN = {"data": {"type": "User", "id": "u-1", "attributes": {"token": "opaque"}}}


@dataclass(frozen=True, slots=True)
class Records:
    """Ids of what the fixture ``records`` made: a candidate, an open request, two references."""

    candidate: str
    request: str
    open_reference: str
    filled_reference: str
    answer: str


def sent(emulator: Emulator, method: str, path: str) -> int:
    """How many requests with this method and this end of the path the vendor got."""
    return sum(
        request["method"] == method and request["path"].endswith(path)
        for request in emulator.requests("vitay")
    )
