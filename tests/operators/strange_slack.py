"""A Slack that says of its files what a test wants, and a host that is not Slack's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

PDF = b"%PDF-1.7 a resume"


@dataclass
class Host:
    """What a host answers to a download, and who asked it with which credentials."""

    url: str
    file: dict[str, Any] = field(default_factory=dict)
    """What ``files.info`` says in the place of what it would."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = PDF
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and ``Authorization`` of each request."""

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if path != "/api/files.info":
            return self.status, {"Content-Type": "application/pdf", **self.headers}, self.content
        link = f"{self.url}/files-pri/T0-F0RESUME/download/ada.pdf"
        file = {
            "id": "F0RESUME",
            "name": "ada ray.pdf",
            "mimetype": "application/pdf",
            "filetype": "pdf",
            "mode": "hosted",
            "size": len(PDF),
            "url_private_download": link,
            **self.file,
        }
        answer = {"ok": True, "file": file}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


@contextmanager
def host() -> Iterator[Host]:
    """A running one, on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # As a proxy it is asked for whole URLs.
            path = urlsplit(self.path).path
            running.asked.append((path, self.headers.get("Authorization")))
            status, headers, content = running.answer(path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = Host(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        server.shutdown()
