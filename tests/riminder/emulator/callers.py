"""Somebody who calls the emulated Riminder over plain HTTP, and a web server that it calls."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import httpx
from docx import Document
from fpdf import FPDF

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import API_SOURCE_ID

API = "/riminder/sf/public/api/v1.0"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

RESUME = (
    "Jane Q. Doe",
    "jane.doe@candidates.test    +33 6 12 34 56 78",
    "Address: 10 rue de la Paix, Paris",
    "Profile",
    "Builds pipelines that run.",
    "Experience",
    "Data engineer at Acme, Jan 2018 - 2021",
    "Built Airflow pipelines in Python.",
    "Developer, Initech (2016 - 2018)",
    "Java and SQL.",
    "Education",
    "MSc Computer Science, ETH Zurich, 2009 - 2014",
    "Skills",
    "Python, SQL, Docker, teamwork, French, English",
)


def make_pdf(lines: Sequence[str] = RESUME) -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    for line in lines:
        pdf.cell(0, 7, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def make_docx(lines: Sequence[str] = RESUME) -> bytes:
    document, written = Document(), BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.save(written)
    return written.getvalue()


class Caller:
    """Holds one key; ``get`` and ``post`` expect success and answer ``data``."""

    def __init__(self, emulator: Emulator, key: str) -> None:
        # Without `verify=False` each client would load the certificates of the world for nothing.
        self.http = httpx.Client(
            base_url=f"{emulator.url}{API}",
            headers={"X-API-Key": key},
            timeout=5,
            trust_env=False,
            verify=False,
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return _data(answer)

    def send(self, method: str, path: str, **body: Any) -> Any:
        answer = self.http.request(method, path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return _data(answer)

    def try_upload(
        self,
        content: bytes | None = None,
        *,
        name: str = "cv.pdf",
        media_type: str = PDF,
        **parts: str,
    ) -> httpx.Response:
        return self.http.post(
            "/profile",
            data={"source_id": API_SOURCE_ID, **parts},
            files={"file": (name, make_pdf() if content is None else content, media_type)},
        )

    def upload(self, reference: str = "r1", content: bytes | None = None, **more: Any) -> Any:
        answer = self.try_upload(content, profile_reference=reference, **more)
        assert answer.status_code == 201, answer.text
        return _data(answer)

    def add(self, reference: str = "r1", **profile: Any) -> str:
        """Add a structured profile; its id."""
        body = {"profile_reference": reference, "profile_json": {"name": "Bo Lee", **profile}}
        added = self.send("POST", "/profile/json", source_id=API_SOURCE_ID, **body)
        return str(added["profile_id"])

    def about(self, path: str, reference: str = "r1", **query: Any) -> Any:
        return self.get(path, source_id=API_SOURCE_ID, profile_reference=reference, **query)

    def list(self, **query: Any) -> Any:
        return self.get("/profiles", **list_query(**query))

    def parsing(self, reference: str = "r1") -> Any:
        """The parsing result, as soon as there is one."""
        query = {"source_id": API_SOURCE_ID, "profile_reference": reference}
        until(lambda: self.http.get("/profile/parsing", params=query).status_code == 200)
        return self.about("/profile/parsing", reference)

    def scores(self, reference: str = "r1") -> dict[str, float | None]:
        """By name of the filter's id."""
        self.parsing(reference)
        return {each["filter_id"]: each["score"] for each in self.about("/profile/scoring")}


def list_query(**changes: Any) -> dict[str, Any]:
    query = {
        "source_ids": json.dumps([API_SOURCE_ID]),
        "date_start": 0,
        "date_end": int(time.time()) + 60,
        **changes,
    }
    return {name: value for name, value in query.items() if value is not None}


class Receiver(ThreadingHTTPServer):
    """A web server that keeps what is posted to it, and answers with the statuses it was given."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.posted: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Receiving)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/events"

    @property
    def signatures(self) -> list[str]:
        return [headers["http-riminder-signature"] for headers, _body in self.posted]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the headers say, which is all that official clients look at."""
        return [
            json.loads(base64.urlsafe_b64decode(each.partition(".")[2])) for each in self.signatures
        ]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def listen(self) -> threading.Thread:
        thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        return thread


class _Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.posted.append((headers, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


def until(claim: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 5
    while not claim():
        assert time.monotonic() < deadline, "it did not become true in 5 seconds"
        time.sleep(0.01)


def told(answer: httpx.Response) -> tuple[int, str]:
    """The status and the message of a refusal, which holds nothing else."""
    body = answer.json()
    assert body.keys() == {"code", "message"}
    assert body["code"] == answer.status_code
    return answer.status_code, body["message"]


def _data(answer: httpx.Response) -> Any:
    body = answer.json()
    assert body.keys() == {"code", "message", "data"}
    assert body["code"] == answer.status_code
    assert body["message"].lower() == "ok"
    return body["data"]
