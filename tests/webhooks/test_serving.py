"""What answers over HTTP besides the vendors' paths, and how long it waits for strangers."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from airflow_talent.services import serving
from airflow_talent.services.settings import SettingsError
from airflow_talent.webhooks import lanes, receiver
from airflow_talent.webhooks.asgi import make_app
from airflow_talent.webhooks.waiting import WaitingEvents

from .conftest import (
    VITAY_PATH,
    client_of,
    deliver,
    eventually,
    free_port,
    is_done,
    refusals,
    running_receiver,
    settings_from,
    vitay_event,
)
from .standin import StandIn


async def test_without_a_port_of_their_own_the_care_pages_are_beside_the_vendors_paths(
    http: httpx.AsyncClient,
) -> None:
    assert (await http.get("/health")).json() == {"status": "alive"}
    assert (await http.get("/ready")).json() == {"status": "ready", "airflow": "Airflow answers."}
    assert "talent_webhook_waiting" in (await http.get("/metrics")).text


async def test_with_a_port_of_their_own_the_public_one_has_only_the_vendors_paths(
    environment: dict[str, str],
) -> None:
    port = str(free_port())
    async with (
        running_receiver({**environment, "TALENT_WEBHOOK_METRICS_PORT": port}) as public,
        client_of(port) as own,
    ):
        assert (await own.get("/ready")).status_code == 200
        assert (await own.post(f"/vitay/{VITAY_PATH}", json=vitay_event())).status_code == 404
        for page in ("/health", "/ready", "/metrics"):
            assert (await public.get(page)).status_code == 404


async def test_a_queue_that_is_full_is_answered_with_later_and_loses_nothing(
    environment: dict[str, str], stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "SHORTEST_PAUSE", 0.02)
    monkeypatch.setattr(lanes, "LONGEST_PAUSE", 0.1)
    stand_in.fails["*"] = 503, "away"
    async with running_receiver({**environment, "TALENT_WEBHOOK_QUEUE_LIMIT": "3"}) as http:
        answers = [await deliver(http, vitay_event(number)) for number in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 503, 503]
        assert answers[-1].headers["Retry-After"] == "30"
        assert (await http.get("/ready")).json() == {
            "status": "waiting",
            "reason": "The queue is full.",
        }
        stand_in.fails.clear()
        await eventually(lambda: is_done(http))
        assert (await deliver(http, vitay_event(3))).status_code == 200
        await eventually(lambda: is_done(http))

    told = [event["records"][0]["reference_id"] for event in stand_in.started("follow_up")]
    assert told == ["r-0", "r-1", "r-2", "r-3"]


async def test_a_disk_that_takes_too_long_is_answered_in_time(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(self: WaitingEvents, told: object) -> int:
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(receiver, "STORED_WITHIN", 0.05)
    monkeypatch.setattr(WaitingEvents, "put", never)

    answer = await deliver(http)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.parametrize("address", [f"/vitay/{VITAY_PATH}", "/riminder"])
async def test_who_does_not_finish_the_body_is_disconnected(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(serving, "BODY_WITHIN", 0.2)
    head = f"POST {address} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"
    async with running_receiver(environment) as http:
        vendor = address.split("/")[1]
        before = await refusals(http, vendor, "too_slow")
        answer = await knock(environment["TALENT_WEBHOOK_PORT"], head.encode())
        assert await refusals(http, vendor, "too_slow") == before + 1

    assert answer.startswith(b"HTTP/1.1 408")


async def test_who_does_not_finish_the_headers_is_disconnected(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEADERS_WITHIN", 0.2)
    async with running_receiver(environment):
        assert await knock(environment["TALENT_WEBHOOK_PORT"], b"POST /vitay") == b""


async def test_who_goes_away_in_the_middle_of_a_body_leaves_nothing(
    environment: dict[str, str],
) -> None:
    async with running_receiver(environment) as http:
        before = await refusals(http, "vitay", "gone")
        _, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
        head = f"POST /vitay/{VITAY_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{"
        writer.write(head.encode())
        await writer.drain()
        writer.close()

        async def is_counted() -> bool:
            return await refusals(http, "vitay", "gone") == before + 1

        await eventually(is_counted)
        assert await is_done(http)


async def knock(port: str, sent: bytes) -> bytes:
    """What comes back until the receiver closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    try:
        writer.write(sent)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("name", ["TALENT_WEBHOOK_PORT", "TALENT_WEBHOOK_METRICS_PORT"])
async def test_a_port_that_is_taken_is_one_sentence(environment: dict[str, str], name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment[name] = str(taken.getsockname()[1])
        with pytest.raises(SettingsError) as refusal:
            async with running_receiver(environment):
                pass

    assert str(refusal.value) == (
        f"TALENT_WEBHOOK_HOST and {name} name an address that cannot be used."
    )


@asynccontextmanager
async def mounted(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """The app below a path of another one, without a server."""
    outer = Starlette(routes=[Mount("/hooks", app)])
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(outer), base_url="http://outer/hooks"
        ) as http,
    ):
        yield http


async def test_it_can_be_mounted_in_another_app(
    environment: dict[str, str], stand_in: StandIn
) -> None:
    async with mounted(make_app(settings_from(environment))) as http:
        answer = await http.post(f"/vitay/{VITAY_PATH}", content=json.dumps(vitay_event()))
        assert answer.status_code == 200
        assert (await http.post("/vitay/wrong", json={})).status_code == 404
        assert (await http.get("/ready")).json()["status"] == "ready"
        await eventually(lambda: is_done(http))

    assert len(stand_in.started("follow_up")) == 1


async def test_a_folder_in_use_is_one_sentence_and_serves_nothing(
    environment: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_talent.webhooks.waiting.LOCKED_FOR", 0.1)
    async with running_receiver(environment):
        second = {**environment, "TALENT_WEBHOOK_PORT": str(free_port())}
        with pytest.raises(SettingsError, match=r"^TALENT_WEBHOOK_FOLDER is in use"):
            async with running_receiver(second):
                pass
