"""What the client adds to a call: one read through it beside bare httpx, sync and async.

Both ask the same emulator, in a process of its own, for the same candidate with the same
headers and a token; bare httpx only parses the JSON. They take turns, so that whatever else
the machine does hits both. Compare the ratios; the times depend on the machine. The aim is
1.25 at most.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from statistics import median

import httpx
import typer

from airflow_talent.benchmarks.common import report
from airflow_talent.clients import vitay
from airflow_talent.clients.api import Api
from airflow_talent.clients.runners import AsyncRunner, Runner
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.models import Session
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.emulator.vitay.records import PASSWORD, RECRUITER_EMAIL

WARM_UP = 50

EMULATOR = """
import sys
from airflow_talent.emulator.server import EmulatorServer
with EmulatorServer() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def main(calls: int = 1000) -> None:
    """Measure so many calls of each contender."""
    with emulator() as url:
        settings = VitaySettings(
            base_url=f"{url}/vitay/api",
            login=RECRUITER_EMAIL,
            password=PASSWORD,
            max_requests_per_second=None,
        )
        with Runner(VitayApi(settings)) as runner:
            candidate_id = runner.run(
                vitay.create_candidate(email="ada@x.test", first_name="Ada", last_name="Ray")
            ).id
            headers = bare_headers(runner.api, runner.run(vitay.login(RECRUITER_EMAIL, PASSWORD)))
            address = f"{settings.base_url}/v3/candidates/{candidate_id}"
            times = measure_sync(runner, candidate_id, address, headers, calls)
        times |= asyncio.run(measure_async(settings, candidate_id, address, headers, calls))
    ratios = {
        kind: median(times[f"client, {kind}"]) / median(times[f"bare httpx, {kind}"])
        for kind in ("sync", "async")
    }
    report("Reading one candidate", times, ratios)


@contextmanager
def emulator() -> Iterator[str]:
    """An emulator in its own process, so that it does not share our interpreter's lock."""
    command = [sys.executable, "-c", EMULATOR]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.communicate()


def bare_headers(api: Api[VitaySettings], session: Session) -> dict[str, str]:
    return {**api.headers, "Authorization": f"Bearer {session.token}"}


def measure_sync(
    runner: Runner, candidate_id: str, address: str, headers: dict[str, str], calls: int
) -> dict[str, list[float]]:
    with httpx.Client() as bare:
        contenders: dict[str, Callable[[], object]] = {
            "bare httpx, sync": lambda: bare.get(address, headers=headers).json(),
            "client, sync": lambda: runner.run(vitay.show_candidate(candidate_id)),
        }
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(WARM_UP + calls):
            for name in in_turn(contenders, turn):
                started = time.perf_counter()
                contenders[name]()
                times[name].append(time.perf_counter() - started)
    return {name: seconds[WARM_UP:] for name, seconds in times.items()}


async def measure_async(
    settings: VitaySettings, candidate_id: str, address: str, headers: dict[str, str], calls: int
) -> dict[str, list[float]]:
    runner = AsyncRunner(VitayApi(settings))
    async with httpx.AsyncClient() as bare:

        async def ask_bare() -> object:
            return (await bare.get(address, headers=headers)).json()

        contenders: dict[str, Callable[[], Awaitable[object]]] = {
            "bare httpx, async": ask_bare,
            "client, async": lambda: runner.run(vitay.show_candidate(candidate_id)),
        }
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(WARM_UP + calls):
            for name in in_turn(contenders, turn):
                started = time.perf_counter()
                await contenders[name]()
                times[name].append(time.perf_counter() - started)
    await runner.close()
    return {name: seconds[WARM_UP:] for name, seconds in times.items()}


def in_turn(names: Iterable[str], turn: int) -> list[str]:
    """The contenders, another one first each time."""
    return list(names)[:: 1 if turn % 2 else -1]


if __name__ == "__main__":
    typer.run(main)
