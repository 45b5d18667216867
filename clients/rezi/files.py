"""A resume as PDF, in whichever way Rezi hands it over: as it is, as base64, or at an address."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx

from ..errors import UnexpectedAnswer, VendorError, VendorUnavailable
from .places import is_loopback

FILE_TYPES = ("application/pdf", "application/octet-stream")

LARGEST = 20 * 1024 * 1024
"""Bytes of a file at another address."""

MOST_REDIRECTS = 5
TIMEOUT = 60.0

CALL = "download_resume"


class FileElsewhere(UnexpectedAnswer):
    """The file is at another address; :func:`fetch_file` gets it, as does the hook.

    :param url: may let whoever has it read the file, so no text shows it.
    """

    def __init__(self, url: str) -> None:
        super().__init__("the file is at another address", vendor="rezi", call=CALL)
        self.url = url


def is_file(response: httpx.Response) -> bool:
    """Whether an answer is the file itself."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in FILE_TYPES


def read_file(answer: Any) -> bytes:
    """The PDF in an answer.

    :param answer: its bytes, or its JSON.
    :raises FileElsewhere: the answer says where it is.
    :raises ValueError: it is none.
    """
    if isinstance(answer, bytes):
        return _pdf(answer)
    data = answer.get("data")
    inside = data if isinstance(data, Mapping) else {}
    for url in (answer.get("url"), inside.get("url"), data):
        if isinstance(url, str) and url.lower().startswith(("http://", "https://")):
            raise FileElsewhere(url)
    for text in (data, inside.get("file")):
        if isinstance(text, str):
            return _pdf(_from_base64(text))
    raise ValueError("expected a file")


def fetch_file(url: str, *, base_url: str) -> bytes:
    """Get a file from the address that Rezi named, **without** the connection's key.

    Only over https; over plain http only on this very machine, and only when the
    API is here too. At most 5 redirects and 20 MiB.

    :param base_url: of the API.
    :raises VendorUnavailable: it could not be got now.
    :raises UnexpectedAnswer: it is no such file, or not to be got so.
    """
    is_local = is_loopback(httpx.URL(base_url))
    where = httpx.URL()
    with httpx.Client(timeout=httpx.Timeout(TIMEOUT, connect=5)) as client:
        for _ in range(MOST_REDIRECTS + 1):
            where = _go(where, url, is_local=is_local)
            request = client.build_request("GET", where)
            request.url = _Unlogged(request.url)
            try:
                response = client.send(request, stream=True)
                with closing(response):
                    if not response.has_redirect_location:
                        return _read(response)
            except httpx.HTTPError as error:
                raise _error(
                    VendorUnavailable, f"the file could not be fetched ({type(error).__name__})"
                ) from None
            url = response.headers["Location"]
    raise _error(UnexpectedAnswer, "the file's address leads from one redirect to the next")


class _Unlogged(httpx.URL):
    """Is logged, by httpx too, by its host alone: the rest may open the file, or name its owner."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}/..."


def _go(here: httpx.URL, url: str, *, is_local: bool) -> httpx.URL:
    """Where ``url`` leads from ``here``, if one may go there."""
    try:
        where = here.join(url)
    except httpx.InvalidURL:
        where = httpx.URL()
    if where.host and where.scheme == "https":
        return where
    if is_local and where.scheme == "http" and is_loopback(where):
        return where
    raise _error(UnexpectedAnswer, "the file's address is not an https one, so it is not fetched")


def _read(response: httpx.Response) -> bytes:
    if response.status_code >= 500 or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise _error(VendorUnavailable, "the file could not be fetched", response.status_code)
    if not response.is_success:
        raise _error(UnexpectedAnswer, "the file's address gives no file", response.status_code)
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > LARGEST:
            raise _error(UnexpectedAnswer, "the file is larger than 20 MiB")
    try:
        return _pdf(bytes(content))
    except ValueError:
        raise _error(UnexpectedAnswer, "the file is not a PDF") from None


def _error(kind: type[VendorError], reason: str, status: int | None = None) -> VendorError:
    return kind(reason, vendor="rezi", call=CALL, status=status)


def _from_base64(text: str) -> bytes:
    text = "".join(text.partition("base64,")[2].split() or text.split())
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("expected base64") from None


def _pdf(content: bytes) -> bytes:
    if not content.startswith(b"%PDF-"):
        raise ValueError("expected a PDF")
    return content
