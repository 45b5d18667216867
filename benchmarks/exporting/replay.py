"""A server that replays an index recorded from the emulator, fast enough never to be measured.

The first segment of a path says how many records the index has, so one server serves indexes
of any length: what was recorded comes again and again, under the page numbers asked for.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
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
CHUNK_ROWS = 200

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
    """An index in one answer: its begin, a record, what stands between two, its end."""

    media_type: bytes
    begin: bytes
    record: bytes
    between: bytes
    end: bytes

    async def chunks(self, rows: int) -> AsyncIterator[bytes]:
        yield self.begin
        for first in range(0, rows, CHUNK_ROWS):
            many = min(CHUNK_ROWS, rows - first)
            is_last = first + many >= rows
            yield self.between.join([self.record] * many) + (b"" if is_last else self.between)
        yield self.end


def record_pages() -> dict[str, Pages]:
    """Record candidates of Vitay and profiles of Riminder."""
    many = RECORDED_PAGES * PAGE_SIZE
    with EmulatorServer() as server, httpx.Client(base_url=server.url, timeout=60) as http:
        emulator = Emulator(server.url)
        emulator.act("vitay/seed", references=2 * many)
        emulator.act("riminder/seed", count=many)
        emulator.close()
        login = {"email": ROOT_EMAIL, "password": PASSWORD}
        answer = http.post("/vitay/api/v3/oauth/login", json=login).json()
        token = answer["data"]["attributes"]["token"]

        def candidates(number: int) -> Any:
            query = {"page[page]": number, "page[page_size]": PAGE_SIZE}
            headers = {"Authorization": f"Bearer {token}"}
            return http.get("/vitay/api/v3/candidates", params=query, headers=headers).json()

        def profiles(number: int) -> Any:
            query = {
                "source_ids": json.dumps([API_SOURCE_ID]),
                "date_start": 0,
                "date_end": 9_999_999_999,
                "page": number,
                "limit": PAGE_SIZE,
                "sort_by": "reception",
            }
            key = {"X-API-Key": READ_KEY}
            path = "/riminder/sf/public/api/v1.0/profiles"
            return http.get(path, params=query, headers=key).json()["data"]

        numbers = range(1, RECORDED_PAGES + 1)
        return {
            "/v3/candidates": Pages(
                "page[page]", [_packed(candidates(n)["data"]) for n in numbers], _as_vitay
            ),
            "/profiles": Pages(
                "page", [_packed(profiles(n)["profiles"]) for n in numbers], _as_riminder
            ),
        }


def _packed(records: list[Any]) -> bytes:
    assert len(records) == PAGE_SIZE
    return json.dumps(records, separators=(",", ":")).encode()


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


TOKEN = b'{"data":{"type":"User","id":"u-1","attributes":{"token":"opaque"}}}'


def make_app(pages: dict[str, Pages], wholes: dict[str, Whole], latency: float) -> Any:
    """The ASGI application; without a framework, which would cost more than it does."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        _, rows, *rest = scope["path"].split("/")
        path = "/" + "/".join(rest)
        await asyncio.sleep(latency)
        if whole := wholes.get(path):
            await _start(send, whole.media_type)
            async for chunk in whole.chunks(int(rows)):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        await _start(send, b"application/json")
        body = TOKEN
        if path in pages:
            body = pages[path].answer(parse_qs(scope["query_string"].decode()), int(rows))
        await send({"type": "http.response.body", "body": body})

    return app


async def _start(send: Any, media_type: bytes) -> None:
    headers = [(b"content-type", media_type)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


def main(latency: str) -> None:
    """Record, listen on a free port, print the address, serve until the input ends."""
    app = make_app(record_pages(), {}, float(latency))
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_level="warning")
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
