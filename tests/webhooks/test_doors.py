"""Who is let in, and that nobody else hears of why not."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.riminder.webhooks import MODES, SIGNATURE_HEADER
from airflow_talent.services import serving
from airflow_talent.webhooks.events import read_object

from .conftest import (
    REZI_PATH,
    SECRET,
    VITAY_PATH,
    deliver,
    metric,
    refusals,
    riminder_event,
    running_receiver,
    signed,
    vitay_event,
)

OTHER_SECRET = "wsk_" + "1" * 32


@pytest.mark.parametrize(
    "path",
    [
        "",
        "x",
        VITAY_PATH[:-1],
        f"{VITAY_PATH}0",
        VITAY_PATH.upper(),
        REZI_PATH,
        f"{VITAY_PATH}/",
        f"/{VITAY_PATH}",
        f"../vitay/{VITAY_PATH}/x",
        "%00",
        "é",
    ],
)
async def test_only_the_whole_path_lets_in(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.post(f"/vitay/{path}", json=vitay_event())

    assert (answer.status_code, answer.text.lower()) == (404, "not found")
    assert await metric(http, "talent_webhook_waiting") == 0


@pytest.mark.parametrize("path", ["/", "/vitay", "/other/x", "/riminder/", "/riminder/x"])
async def test_nothing_else_is_there(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.post(path, json=vitay_event())).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_nothing_but_post_is_taken_whatever_the_path(
    http: httpx.AsyncClient, method: str
) -> None:
    answers = [
        await http.request(method, path)
        for path in (f"/vitay/{VITAY_PATH}", "/vitay/wrong", "/riminder")
    ]

    assert {answer.status_code for answer in answers} == {405}


@pytest.mark.parametrize("mode", MODES)
async def test_each_way_of_signing_is_accepted(http: httpx.AsyncClient, mode: Any) -> None:
    answer = await http.post("/riminder", **signed(riminder_event(), mode=mode))

    assert answer.status_code == 200


async def test_a_setting_pins_one_way_of_signing(environment: dict[str, str]) -> None:
    environment["TALENT_WEBHOOK_RIMINDER_SIGNATURE_MODE"] = "hex-json"
    async with running_receiver(environment) as http:
        pinned = await http.post("/riminder", **signed(riminder_event(), mode="hex-json"))
        other = await http.post("/riminder", **signed(riminder_event(), mode="raw-json"))

    assert (pinned.status_code, other.status_code) == (200, 401)


@pytest.mark.parametrize(
    "name",
    ["http-riminder-signature", "Riminder-Signature", "HTTP_RIMINDER_SIGNATURE"],
)
async def test_the_signature_is_found_however_its_header_is_written(
    http: httpx.AsyncClient, name: str
) -> None:
    delivery = signed(riminder_event())
    headers = {name: delivery["headers"][SIGNATURE_HEADER]}

    assert (await http.post("/riminder", headers=headers)).status_code == 200


def altered(delivery: dict[str, Any]) -> dict[str, Any]:
    """The same signature over another profile."""
    digest, _, _ = delivery["headers"][SIGNATURE_HEADER].partition(".")
    payload = base64.urlsafe_b64encode(json.dumps(riminder_event(number=666)).encode()).decode()
    return {**delivery, "headers": {SIGNATURE_HEADER: f"{digest}.{payload}"}}


@pytest.mark.parametrize(
    "forged",
    [
        signed(riminder_event(), secret=OTHER_SECRET),
        altered(signed(riminder_event())),
        {**signed(riminder_event()), "headers": {}},
        {**signed(riminder_event()), "headers": {SIGNATURE_HEADER: ""}},
        {**signed(riminder_event()), "headers": {SIGNATURE_HEADER: "ä.ö".encode()}},
        {**signed(riminder_event(), mode="hex-body"), "content": b"[]"},
    ],
    ids=["wrong secret", "altered", "no header", "empty header", "no base64", "other body"],
)
async def test_what_riminder_did_not_sign_is_refused_and_counted(
    http: httpx.AsyncClient, forged: dict[str, Any]
) -> None:
    before = await refusals(http, "riminder", "signature")

    answer = await http.post("/riminder", **forged)

    assert (answer.status_code, answer.text) == (401, "not signed")
    assert await refusals(http, "riminder", "signature") == before + 1
    assert await metric(http, "talent_webhook_waiting") == 0


async def test_a_signature_over_something_else_than_an_event_is_unreadable(
    http: httpx.AsyncClient,
) -> None:
    assert (await http.post("/riminder", **signed({"message": "no type"}))).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"event": "completed"}',
        b'{"event": "completed", "type": "Reference"}',
        b'{"event": "completed", "type": "Reference", "id": null}',
        b'{"event": "completed", "type": "Reference", "id": "ann@candidate.example"}',
        b'{"event": {}, "type": [], "id": "r-1"}',
        b'{"event": "completed", "type": "", "id": "r-1"}',
        b'{"event": "declined", "type": "Decline", "id": "d-1", "data": null}',
    ],
)
async def test_a_body_that_is_no_event_is_unreadable_and_counted(
    http: httpx.AsyncClient, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    before = await refusals(http, "vitay", "malformed")

    answer = await http.post(f"/vitay/{VITAY_PATH}", content=body)

    assert (answer.status_code, answer.text) == (400, "unreadable")
    assert await refusals(http, "vitay", "malformed") == before + 1
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_json_is_taken_whatever_it_is_called(
    http: httpx.AsyncClient, content_type: str
) -> None:
    answer = await http.post(
        f"/vitay/{VITAY_PATH}",
        content=json.dumps(vitay_event()),
        headers={"Content-Type": content_type},
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("address", [f"/vitay/{VITAY_PATH}", f"/rezi/{REZI_PATH}", "/riminder"])
async def test_a_body_that_is_too_large_is_not_read(http: httpx.AsyncClient, address: str) -> None:
    answer = await http.post(address, content=b" " * (serving.MAX_BODY + 1))

    assert answer.status_code == 413


async def test_a_stranger_need_not_send_the_body_to_hear_no(environment: dict[str, str]) -> None:
    async with running_receiver(environment):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", int(environment["TALENT_WEBHOOK_PORT"])
        )
        writer.write(b"POST /vitay/wrong HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 404")


@asynccontextmanager
async def receiver_with(
    environment: dict[str, str], **settings: str
) -> AsyncIterator[httpx.AsyncClient]:
    changed = {f"TALENT_WEBHOOK_VITAY_{name.upper()}": value for name, value in settings.items()}
    async with running_receiver({**environment, **changed}) as http:
        yield http


async def test_a_header_that_the_settings_ask_for_must_be_there(
    environment: dict[str, str],
) -> None:
    async with receiver_with(environment, header="X-Token: s3cret value") as http:
        address = f"/vitay/{VITAY_PATH}"
        statuses = [
            (await http.post(address, json=vitay_event(), headers=headers)).status_code
            for headers in ({}, {"X-Token": "wrong"}, {"x-token": "s3cret value"})
        ]

    assert statuses == [404, 404, 200]


@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("prefix", ["", "sha256="])
async def test_a_signature_that_the_settings_ask_for_must_be_right(
    environment: dict[str, str], encoding: str, prefix: str
) -> None:
    body = json.dumps(vitay_event()).encode()
    digest = hmac.digest(b"a secret", body, hashlib.sha256)
    right = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    settings = {
        "hmac_header": "X-Hook-Signature",
        "hmac_secret": "a secret",
        "hmac_encoding": encoding,
    }
    async with receiver_with(environment, **settings) as http:
        statuses = [
            (
                await http.post(
                    f"/vitay/{VITAY_PATH}", content=content, headers={"X-Hook-Signature": given}
                )
            ).status_code
            for content, given in (
                (body, prefix + right),
                (body + b" ", prefix + right),
                (body, ""),
                (body, "no digest"),
                (body, "sha256="),
            )
        ]

    assert statuses == [200, 404, 404, 404, 404]


async def test_deliveries_from_elsewhere_are_refused(environment: dict[str, str]) -> None:
    async with receiver_with(environment, networks="203.0.113.0/24") as http:
        assert (await deliver(http)).status_code == 404
        assert await refusals(http, "vitay", "address") >= 1
    async with receiver_with(environment, networks="203.0.113.0/24, 127.0.0.1") as http:
        assert (await deliver(http)).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded_for", "status"),
    [
        ("", "203.0.113.7", 404),
        ("10.0.0.0/8", "203.0.113.7", 404),
        ("127.0.0.1", "203.0.113.7", 200),
        ("127.0.0.1", "203.0.113.7, 198.51.100.1", 404),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", 200),
        ("127.0.0.1", "nonsense", 404),
        ("127.0.0.1", "", 404),
    ],
)
async def test_only_a_trusted_proxy_says_where_a_delivery_comes_from(
    environment: dict[str, str], proxies: str, forwarded_for: str, status: int
) -> None:
    environment["TALENT_WEBHOOK_TRUSTED_PROXIES"] = proxies
    async with receiver_with(environment, networks="203.0.113.7") as http:
        answer = await http.post(
            f"/vitay/{VITAY_PATH}",
            json=vitay_event(),
            headers={"X-Forwarded-For": forwarded_for},
        )

    assert answer.status_code == status


async def test_many_forgeries_are_one_line_that_holds_nothing_of_them(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = await refusals(http, "rezi", "path")
    for number in range(50):
        await http.post(f"/rezi/guess-{number}", json={"who": "mallory@forger.example"})

    said = [
        record.getMessage() for record in caplog.records if record.name.startswith("airflow_talent")
    ]
    assert len([line for line in said if "refused" in line]) <= 1
    assert await refusals(http, "rezi", "path") == before + 50
    assert not re.search(f"guess|mallory|{SECRET}|{VITAY_PATH}", "\n".join(said))


def test_json_without_an_end_to_its_nesting_is_no_event() -> None:
    with pytest.raises(ValueError, match=r"^it is not JSON$"):
        read_object(b'{"a":' * 50_000)
