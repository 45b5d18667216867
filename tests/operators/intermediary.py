"""A proxy before the emulated Vitay, which spoils answers after they were given."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

Spoil = Callable[[bytes], tuple[int, bytes]]


def fail(_: bytes) -> tuple[int, bytes]:
    """The effect has happened, and then something broke."""
    return 500, b"<h1>Something went wrong</h1>"


@dataclass
class Intermediary:
    """Passes everything on, spoils what it is told to, and counts."""

    url: str
    busiest: int = 0
    """Most requests that change something, at one moment."""
    _spoils: list[tuple[re.Pattern[str], Spoil]] = field(default_factory=list)
    _busy: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spoil(self, request: str, spoil: Spoil) -> None:
        """Spoil the answers to requests such as ``POST /v2/references``, a regular expression."""
        self._spoils.append((re.compile(request), spoil))

    def spoilt(self, request: str, content: bytes) -> tuple[int, bytes] | None:
        """The spoilt answer to a request, None when it is not to be spoilt."""
        spoils = [spoil for pattern, spoil in self._spoils if pattern.search(request)]
        return spoils[0](content) if spoils else None

    @contextmanager
    def counting(self, method: str) -> Iterator[None]:
        change = int(method != "GET")
        with self._lock:
            self._busy += change
            self.busiest = max(self.busiest, self._busy)
        try:
            yield
        finally:
            with self._lock:
                self._busy -= change


@contextmanager
def intermediary_before(upstream: str) -> Iterator[Intermediary]:
    """A running one; ``upstream`` is the base URL that its own stands for."""
    client = httpx.Client(base_url=upstream, trust_env=False)

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {
                name: self.headers[name]
                for name in ("Authorization", "Content-Type")
                if name in self.headers
            }
            with intermediary.counting(self.command):
                given = client.request(self.command, self.path, content=body, headers=kept)
            spoilt = intermediary.spoilt(f"{self.command} {self.path}", given.content)
            status, content = spoilt or (given.status_code, given.content)
            self.send_response(status)
            self.send_header("Content-Type", given.headers.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = pass_on  # noqa: N815  # the standard library's names

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        intermediary = Intermediary(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield intermediary
        server.shutdown()
    client.close()
