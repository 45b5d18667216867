"""Vendors whose answers a test holds in its hand: when each begins, and when it goes on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = {"data": {"type": "User", "id": "u-1", "attributes": {"token": "opaque"}}}
PATIENCE = 10
"""Seconds that a test waits for what must happen."""

Body = list[bytes] | Callable[[], Iterator[bytes]]
Answer = tuple[int, Body]


class Hung(Exception):
    """The connection ends in the middle of an answer."""


@dataclass
class Vendor:
    """A real HTTP server that answers what ``answer`` returns, a chunk at a time.

    ``answer`` gets the number of the page asked for, 0 where there are no pages.
    """

    answer: Callable[[int], Answer]
    asked: list[int] = field(default_factory=list)
    busiest: int = 0
    """Most requests under way at one moment."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set when a caller was gone before an answer was."""
    _busy: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Vendor:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                with suppress(ConnectionError):
                    super().handle()

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path.endswith("/v3/oauth/login"):
                    self.send(200, [json.dumps(TOKEN).encode()])
                    return
                query = parse_qs(urlsplit(self.path).query)
                page = int(query.get("page[page]", query.get("page", ["0"]))[0])
                with vendor.counting(page):
                    status, body = vendor.answer(page)
                self.send(status, body)

            def send(self, status: int, body: Body) -> None:
                self.send_response(status)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for chunk in body() if callable(body) else body:
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                    self.wfile.write(b"0\r\n\r\n")
                except Hung:
                    self.close_connection = True
                except OSError:
                    vendor.left.set()
                    self.close_connection = True

            do_GET = do_POST = answer  # noqa: N815  # the base class's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as above
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def counting(self, page: int) -> _Counting:
        return _Counting(self, page)

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class _Counting:
    vendor: Vendor
    page: int

    def __enter__(self) -> None:
        with self.vendor._lock:
            self.vendor.asked.append(self.page)
            self.vendor._busy += 1
            self.vendor.busiest = max(self.vendor.busiest, self.vendor._busy)

    def __exit__(self, *_: object) -> None:
        with self.vendor._lock:
            self.vendor._busy -= 1


def page_of(number: int, *, pages: int, per_page: int = 2) -> Answer:
    """A page of candidates at Vitay, named after it: ``2a``, ``2b``."""
    records = [
        {"type": "Candidate", "id": f"{number}{chr(97 + place)}", "attributes": {}}
        for place in range(per_page)
    ]
    place = {"current_page": number, "total_pages": pages}
    return 200, [json.dumps({"data": records, "pagination": place}).encode()]


def wait_for(event: threading.Event | threading.Barrier) -> None:
    """Wait for something that the test is about; it is an error that it does not happen."""
    if isinstance(event, threading.Barrier):
        event.wait(PATIENCE)
    elif not event.wait(PATIENCE):
        raise TimeoutError("it did not happen in time")
