"""A proxy before the emulated Vitay, which spoils answers after they were given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

Spoil = Callable[[httpx.Response], tuple[int, bytes]]


def fail(_: httpx.Response) -> tuple[int, bytes]:
    """The effect has happened, and then something broke."""
    return 500, b"<h1>Something went wrong</h1>"


@dataclass
class Intermediary:
    """Passes everything on; the next answer to ``method`` and ``path`` is spoilt once."""

    url: str
    spoilt: tuple[str, str, Spoil] | None = None

    def spoil(self, method: str, path: str, spoil: Spoil) -> None:
        self.spoilt = (method, path, spoil)

    def answer(self, method: str, path: str, response: httpx.Response) -> tuple[int, bytes]:
        if self.spoilt is None or (method, path) != self.spoilt[:2]:
            return response.status_code, response.content
        (_, _, spoil), self.spoilt = self.spoilt, None
        return spoil(response)


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
            given = client.request(self.command, self.path, content=body, headers=kept)
            status, content = intermediary.answer(self.command, self.path, given)
            self.send_response(status)
            self.send_header("Content-Type", given.headers.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = pass_on

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        intermediary = Intermediary(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield intermediary
        server.shutdown()
    client.close()
