"""A receiver between vendors and an Airflow."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from airflow_talent.emulator.riminder.webhooks import SIGNATURE_HEADER, Mode, sign, write_json
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.webhooks.standin import TOKEN, StandIn, serving
from airflow_talent.webhooks.main import run_receiver
from airflow_talent.webhooks.settings import Settings, read_settings

DAGS = Path(__file__).parent / "dags"
PATIENCE = 30.0

VITAY_PATH = hashlib.sha256(b"vitay").hexdigest()
REZI_PATH = hashlib.sha256(b"rezi").hexdigest()
SECRET = "wsk_" + "0" * 32
"""The emulator's own."""

FILLED = "on:vitay:reference.completed"


async def eventually(look: Callable[[], Any], *, within: float = PATIENCE) -> Any:
    """The first true thing that `look` sees, which may be a coroutine function."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        value = await seen if isinstance(seen, Awaitable) else seen
        if value:
            return value
        assert time.monotonic() < deadline, f"saw only {value!r} within {within:.0f} s"
        await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def vitay_event(number: int | str = 1, **changes: Any) -> dict[str, Any]:
    """A referee has submitted the form, as Vitay writes it, with all that it says of people."""
    data = {
        "id": f"r-{number}",
        "first_name": "Renate",
        "last_name": "Refereeson",
        "email": "renate@referee.example",
        "phone": "+4915112345678",
        "candidate_id": f"c-{number}",
        "status": "completed",
    }
    return {
        "event": "completed",
        "type": "Reference",
        "id": f"r-{number}",
        "data": data,
        **changes,
    }


def riminder_event(kind: str = "profile.parse.success", number: int = 1, **more: Any) -> Any:
    profile = {"profile_id": f"p{number}", "profile_reference": "carla@candidate.example"}
    return {"type": kind, "message": "ok", "profile": profile, **more}


def signed(event: Any, *, secret: str = SECRET, mode: Mode = "raw-json") -> dict[str, Any]:
    """The arguments of a post that delivers an event of Riminder."""
    payload, body = write_json(event), write_json([event])
    return {
        "content": body,
        "headers": {SIGNATURE_HEADER: sign(payload, body, secret=secret, mode=mode)},
    }


@pytest.fixture(scope="session")
def listening(airflow: LocalAirflow) -> LocalAirflow:
    """The Airflow of this test run with the DAGs of `dags/`."""
    airflow.add_dags(DAGS)
    for dag_id in ("hears_filled", "hears_created", "takes_no_events", "hears_asset"):
        airflow.wait_for_dag(dag_id)
    return airflow


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn(dags={"follow_up": [FILLED], "other": ["on:riminder:profile.parse.success"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the receiver keeps its events."""
    return tmp_path / "queue"


@pytest.fixture
def environment(stand_in: StandIn, folder: Path) -> Iterator[dict[str, str]]:
    """A receiver of all vendors, before an Airflow that fails as the test says."""
    with serving(stand_in) as url:
        yield {**receiver_environment(folder), "TALENT_AIRFLOW_URL": url}


def receiver_environment(folder: Path) -> dict[str, str]:
    return {
        "TALENT_AIRFLOW_TOKEN": TOKEN,
        "TALENT_WEBHOOK_FOLDER": str(folder),
        "TALENT_WEBHOOK_PORT": str(free_port()),
        "TALENT_WEBHOOK_VITAY_PATH": VITAY_PATH,
        "TALENT_WEBHOOK_REZI_PATH": REZI_PATH,
        "TALENT_WEBHOOK_RIMINDER_SECRET": SECRET,
    }


def settings_from(environment: dict[str, str]) -> Settings:
    with mock.patch.dict(os.environ, environment):
        return read_settings()


@asynccontextmanager
async def running_receiver(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A receiver in this process, and who delivers to it."""
    is_ready = asyncio.Event()
    receiver = asyncio.create_task(run_receiver(settings_from(environment), is_ready=is_ready))
    ready = asyncio.create_task(is_ready.wait())
    await asyncio.wait({receiver, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if receiver.done():
            receiver.result()
        async with client_of(environment["TALENT_WEBHOOK_PORT"]) as http:
            yield http
    finally:
        ready.cancel()
        receiver.cancel()
        with suppress(asyncio.CancelledError):
            await receiver


@asynccontextmanager
async def client_of(port: str) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        yield http


@pytest.fixture
async def http(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with running_receiver(environment) as http:
        yield http


async def deliver(http: httpx.AsyncClient, event: Any = None) -> httpx.Response:
    """As Vitay does."""
    return await http.post(f"/vitay/{VITAY_PATH}", json=event or vitay_event())


async def metric(http: httpx.AsyncClient, sample: str) -> float:
    """The value of one sample, as `name{label="value"}`; 0 when there is none."""
    answer = await http.get("/metrics")
    found = re.search(rf"^{re.escape(sample)} (\S+)$", answer.text, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def refusals(http: httpx.AsyncClient, vendor: str, reason: str) -> float:
    return await metric(
        http, f'talent_webhook_refused_total{{reason="{reason}",vendor="{vendor}"}}'
    )


async def is_done(http: httpx.AsyncClient) -> bool:
    """Airflow has everything."""
    return await metric(http, "talent_webhook_waiting") == 0


class ReceiverProcess:
    """A receiver in a process of its own, which can be killed."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        self._port = environment["TALENT_WEBHOOK_PORT"]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "airflow_talent.webhooks.main"],
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    async def ready(self) -> None:
        async def is_alive() -> bool:
            assert self._process.poll() is None, self.said()
            async with client_of(self._port) as http:
                with suppress(httpx.TransportError):
                    return (await http.get("/health")).status_code == 200
            return False

        await eventually(is_alive)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    def wait(self) -> int:
        return self._process.wait(timeout=30)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None


@contextmanager
def receiver_process(environment: dict[str, str], log: Path) -> Iterator[ReceiverProcess]:
    process = ReceiverProcess(environment, log)
    try:
        yield process
    finally:
        if process.is_running:
            process.kill()
