"""A resume's PDF: as it is, as base64, or at an address that gets no key and is not trusted."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from airflow_talent.clients import rezi
from airflow_talent.clients.errors import (
    UnexpectedAnswer,
    VendorError,
    VendorUnavailable,
)
from airflow_talent.clients.rezi.api import ReziApi
from airflow_talent.clients.rezi.files import FileElsewhere, fetch_file
from airflow_talent.clients.rezi.settings import ReziSettings
from airflow_talent.hooks.rezi import ReziHook
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.rezi.conftest import CONN_ID
from airflow_talent.tests.rezi.world import RESUME, ReziWorld
from airflow_talent.tests.vendors import Connect

PDF = b"%PDF-1.7 small"
AS_PDF = {"Content-Type": "application/pdf"}
HERE = "http://127.0.0.1:1/v1"
THERE = "https://open-api.rezi.ai/v1"
DOWNLOAD = rezi.download_resume("r-1")


def decode(body: Any, **headers: str) -> Any:
    api = ReziApi(ReziSettings())
    if isinstance(body, bytes):
        return api.decode(DOWNLOAD, httpx.Response(200, content=body, headers=headers))
    return api.decode(DOWNLOAD, httpx.Response(200, json=body, headers=headers))


@pytest.mark.parametrize("mode", ["pdf", "url", "base64"])
async def test_a_hook_gets_the_file_in_every_mode(
    mode: str, connect: Connect, world: ReziWorld
) -> None:
    world.set(download_mode=mode)
    hook = ReziHook(CONN_ID)
    try:
        assert hook.run(rezi.download_resume(RESUME)).startswith(b"%PDF-")
        assert (await hook.arun(rezi.download_resume(RESUME))).startswith(b"%PDF-")
    finally:
        hook.close()
        await hook.aclose()


@pytest.mark.parametrize("kind", ["application/pdf", "Application/Octet-Stream; charset=x"])
def test_the_file_itself_is_known_by_its_type(kind: str) -> None:
    assert decode(PDF, **{"Content-Type": kind}) == PDF
    with pytest.raises(UnexpectedAnswer):
        decode(b"<html>", **{"Content-Type": kind})


@pytest.mark.parametrize("put", [lambda d: d, lambda d: {"file": d}], ids=["data", "data.file"])
def test_base64_is_decoded(put: Any) -> None:
    text = base64.b64encode(PDF).decode()
    for written in (text, f"data:application/pdf;base64,{text}", f"{text[:4]}\n{text[4:]}"):
        assert decode({"status": "success", "data": put(written)}) == PDF
    for wrong in ("not base64!", base64.b64encode(b"<html>").decode(), ""):
        with pytest.raises(UnexpectedAnswer):
            decode({"status": "success", "data": put(wrong)})


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://files.test/a?sig=planted"},
        {"data": {"url": "https://files.test/a?sig=planted"}},
        {"data": "HTTPS://files.test/a?sig=planted"},
    ],
)
def test_an_address_is_told_apart_and_shown_to_nobody(body: dict[str, Any]) -> None:
    with pytest.raises(FileElsewhere) as caught:
        decode({"status": "success", **body})
    assert caught.value.url.lower() == "https://files.test/a?sig=planted"
    assert "planted" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": [1]}, {"data": {"file": 7}}])
def test_what_is_none_of_these_is_unexpected(body: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer):
        decode({"status": "success", **body})


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("http://files.test/a.pdf", THERE),
        ("http://files.test/a.pdf", HERE),
        ("http://127.0.0.1:1/a.pdf", THERE),
        ("http://169.254.169.254/latest", HERE),
        ("ftp://files.test/a.pdf", HERE),
        ("file:///etc/passwd", HERE),
        ("https://", THERE),
        ("https://files.test:port/", THERE),
        ("/a.pdf", HERE),
    ],
)
def test_only_https_is_fetched_unless_all_is_on_this_machine(url: str, base_url: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="not an https one"):
        fetch_file(url, base_url=base_url)


def fetch_answer(*answers: tuple[int, dict[str, str], Any]) -> tuple[bytes, list[str]]:
    """Fetch from a server that answers these in turn, the last one for ever."""
    left = list(answers)
    with CannedVendor(lambda *_: left.pop(0) if len(left) > 1 else left[0]) as vendor:
        try:
            content = fetch_file(f"{vendor.url}/a.pdf?sig=planted", base_url=HERE)
        finally:
            paths = [path for _, path, _ in vendor.requests]
    return content, paths


def test_a_file_is_fetched_through_redirects() -> None:
    hop = (302, {"Location": "/b.pdf?sig=other"}, b"")
    content, paths = fetch_answer(hop, hop, (200, AS_PDF, PDF))
    assert content == PDF
    assert paths == ["/a.pdf?sig=planted", "/b.pdf?sig=other", "/b.pdf?sig=other"]


def test_redirects_without_end_are_not_followed() -> None:
    with pytest.raises(UnexpectedAnswer, match="one redirect to the next"):
        fetch_answer((302, {"Location": "/b.pdf"}, b""))


def test_a_redirect_is_no_way_out_of_https() -> None:
    with pytest.raises(UnexpectedAnswer, match="not an https one"):
        fetch_answer((302, {"Location": "http://files.test/a.pdf"}, b""))


def test_a_redirect_to_nowhere_is_a_fault() -> None:
    with pytest.raises(VendorUnavailable):
        fetch_answer((302, {"Location": "https://files.test:port/"}, b""))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, UnexpectedAnswer),
        (403, UnexpectedAnswer),
        (500, VendorUnavailable),
        (429, VendorUnavailable),
    ],
)
def test_an_address_without_a_file_is_told(status: int, kind: type[VendorError]) -> None:
    with pytest.raises(kind, match=f"HTTP {status}"):
        fetch_answer((status, AS_PDF, PDF))


def test_what_is_fetched_must_be_a_pdf() -> None:
    with pytest.raises(UnexpectedAnswer, match="not a PDF"):
        fetch_answer((200, AS_PDF, b"<html>"))


def test_an_address_that_nobody_serves_may_be_tried_again() -> None:
    with pytest.raises(VendorUnavailable, match="ConnectError"):
        fetch_file("http://127.0.0.1:1/a.pdf?sig=planted", base_url=HERE)


@pytest.fixture
def endless() -> Iterator[str]:
    """An address that sends a PDF for as long as somebody reads, and never says how long it is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            chunk = b"%PDF-" + bytes(1 << 20)
            try:
                while True:
                    self.wfile.write(chunk)
            except OSError:
                pass

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as in the base
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_without_end_is_left(endless: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="larger than 20 MiB"):
        fetch_file(endless, base_url=HERE)


def test_an_address_is_logged_by_its_host_alone(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    hop = (302, {"Location": "/planted.pdf?sig=planted"}, b"")
    fetch_answer(hop, (200, AS_PDF, PDF))
    assert "HTTP Request: GET http://127.0.0.1/..." in caplog.text
    lines = [line for line in caplog.text.splitlines() if "planted" in line]
    # The address of a redirect is a header of its answer, which httpcore shows when it debugs.
    assert all("receive_response_headers" in line for line in lines)
