"""A server that replays an index recorded from the emulator, fast enough never to be measured.

The first segment of a path says how many records the index has, so one server serves indexes
of any length: what was recorded comes again and again, under the page numbers asked for.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import API_SOURCE_ID, READ_KEY
from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.emulator.vitay.records import PASSWORD, ROOT_EMAIL

PAGE_SIZE = 100
RECORDED_PAGES = 20
CHUNK_ROWS = 1_000

FIRST_CONTACTS = 4
"""Contacts that the emulated Rezora has in any case."""

Envelope = Callable[[bytes, int, int, int], bytes]


@dataclass(frozen=True)
class Pages:
    """A numbered index: the records of its pages as bytes, and what stands around them."""

    parameter: str
    records: list[bytes]
    wrap: Envelope

    def answer(self, query: dict[str, list[str]], rows: int) -> bytes:
        number = int(query[self.parameter][0])
        records = self.records[(number - 1) % len(self.records)]
        return self.wrap(records, number, -(-rows // PAGE_SIZE), rows)


@dataclass(frozen=True)
class Whole:
    """An index in one answer: its begin, some records, what stands between two, its end."""

    media_type: bytes
    begin: bytes
    records: bytes
    between: bytes
    end: bytes

    def chunks(self, rows: int) -> Iterator[bytes]:
        yield self.begin
        times = rows // CHUNK_ROWS
        for time in range(times):
            yield self.records + (self.between if time + 1 < times else b"")
        yield self.end


@dataclass(frozen=True)
class Recorded:
    """What the server has to replay, by path."""

    pages: dict[str, Pages]
    wholes: dict[str, Whole]
    others: dict[str, bytes]


def record() -> Recorded:
    """Record candidates of Vitay, profiles of Riminder, contacts of Rezora."""
    many = RECORDED_PAGES * PAGE_SIZE
    with EmulatorServer() as server, httpx.Client(base_url=server.url, timeout=60) as http:
        emulator = Emulator(server.url)
        emulator.act("vitay/seed", references=2 * many)
        emulator.act("riminder/seed", count=many)
        emulator.act("rezora/seed", contacts=CHUNK_ROWS - FIRST_CONTACTS)
        emulator.close()
        return Recorded(
            {"/v3/candidates": _record_candidates(http), "/profiles": _record_profiles(http)},
            {f"/contacts.{form}": _record_contacts(http, form) for form in ("json", "xml", "csv")},
            {
                "/v3/oauth/login": _login(http).content,
                "/sources": _ask_riminder(http, "sources").content,
            },
        )


def _login(http: httpx.Client) -> httpx.Response:
    login = {"email": ROOT_EMAIL, "password": PASSWORD}
    return http.post("/vitay/api/v3/oauth/login", json=login).raise_for_status()


def _record_candidates(http: httpx.Client) -> Pages:
    token = _login(http).json()["data"]["attributes"]["token"]
    headers = {"Authorization": f"Bearer {token}"}

    def page(number: int) -> list[Any]:
        query = {"page[page]": number, "page[page_size]": PAGE_SIZE}
        answer = http.get("/vitay/api/v3/candidates", params=query, headers=headers)
        return answer.raise_for_status().json()["data"]  # type: ignore[no-any-return]  # JSON

    return Pages("page[page]", _packed(page), _as_vitay)


def _ask_riminder(http: httpx.Client, path: str, **query: Any) -> httpx.Response:
    address = f"/riminder/sf/public/api/v1.0/{path}"
    return http.get(address, params=query, headers={"X-API-Key": READ_KEY}).raise_for_status()


def _record_profiles(http: httpx.Client) -> Pages:
    query = {
        "source_ids": json.dumps([API_SOURCE_ID]),
        "date_start": 0,
        "date_end": 9_999_999_999,
        "limit": PAGE_SIZE,
        "sort_by": "reception",
    }

    def page(number: int) -> list[Any]:
        answer = _ask_riminder(http, "profiles", **query, page=number)
        return answer.json()["data"]["profiles"]  # type: ignore[no-any-return]  # JSON

    return Pages("page", _packed(page), _as_riminder)


def _record_contacts(http: httpx.Client, form: str) -> Whole:
    answer = http.get(
        f"/rezora/v1/contacts.{form}",
        auth=httpx.DigestAuth("demo-agent", "demo-secret"),
        headers={"Accept": "*/*", "Content-Type": "text/plain"},
    ).raise_for_status()
    begin, between, end = AROUND_CONTACTS[form]
    body = answer.content.rstrip(b"\r\n")
    assert answer.text.count("contact.") == CHUNK_ROWS - FIRST_CONTACTS
    start = body.index(begin) + (0 if form == "xml" else len(begin))
    stop = len(body) - len(end)
    return Whole(
        media_type=answer.headers["Content-Type"].encode(),
        begin=body[:start],
        records=body[start:stop],
        between=between,
        end=end,
    )


AROUND_CONTACTS = {
    "json": (b"[", b",", b"]"),
    "xml": (b"<contact>", b"", b"</contacts>"),
    "csv": (b"\r\n", b"\r\n", b""),
}
"""Where the records of an answer begin, what stands between two, what after the last."""


def _packed(page: Callable[[int], list[Any]]) -> list[bytes]:
    pages = [page(number) for number in range(1, RECORDED_PAGES + 1)]
    assert all(len(records) == PAGE_SIZE for records in pages)
    return [json.dumps(records, separators=(",", ":")).encode() for records in pages]


def _as_vitay(records: bytes, number: int, pages: int, rows: int) -> bytes:
    place = {"current_page": number, "total_pages": pages, "total_entries": rows}
    return b'{"data":%b,"pagination":%b}' % (records, json.dumps(place).encode())


def _as_riminder(records: bytes, number: int, pages: int, rows: int) -> bytes:
    return b'{"code":200,"message":"OK","data":{"page":%d,"maxPage":%d,"count_profiles":%d,%b' % (
        number,
        pages,
        rows,
        b'"profiles":%b}}' % records,
    )


def make_app(recorded: Recorded, latency: float) -> Any:
    """The ASGI application; without a framework, which would cost more than it does."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        _, rows, *rest = scope["path"].split("/")
        path = "/" + "/".join(rest)
        await asyncio.sleep(latency)
        if whole := recorded.wholes.get(path):
            await _start(send, whole.media_type)
            for chunk in whole.chunks(int(rows)):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        await _start(send, b"application/json")
        if pages := recorded.pages.get(path):
            body = pages.answer(parse_qs(scope["query_string"].decode()), int(rows))
        else:
            body = recorded.others[path]
        await send({"type": "http.response.body", "body": body})

    return app


async def _start(send: Any, media_type: bytes) -> None:
    headers = [(b"content-type", media_type)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


def main(latency: str) -> None:
    """Record, listen on a free port, print the address, serve until the input ends."""
    app = make_app(record(), float(latency))
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_level="warning")
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
