"""What the client adds to a call: one read through it beside bare httpx, sync and async.

Both ask the same emulator, in a process of its own, for the same candidate with the same
headers and a token; bare httpx only parses the JSON. They take turns, so that whatever else
the machine does hits both. Compare the ratios; the times depend on the machine. The aim is
1.25 at most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Annotated

import httpx
import typer

from airflow_talent.benchmarks.common.contenders import emulator, in_turn
from airflow_talent.benchmarks.common.figures import timings
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report
from airflow_talent.clients import vitay
from airflow_talent.clients.api import Api
from airflow_talent.clients.runners import AsyncRunner, Runner
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.models import Session
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.emulator.vitay.records import PASSWORD, RECRUITER_EMAIL

WARM_UP = 50


KINDS = ("sync", "async")


def main(
    *,
    calls: Annotated[int, typer.Option(help="Measured calls of each contender.")] = 1000,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
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
    names = {kind: (f"bare httpx, {kind}", f"client, {kind}") for kind in KINDS}
    comparisons = [
        timings(
            f"Reading one candidate, {kind}",
            {bare: times[bare], ours: times[ours]},
            others=[bare],
            standard=bare,
        )
        for kind, (bare, ours) in names.items()
    ]
    ratios = {
        f"{ours} / {bare}": median(times[ours]) / median(times[bare])
        for bare, ours in names.values()
    }
    report = Report("client_overhead", "What the client adds to a call", comparisons, ratios)
    report.publish(json_path, plot_path)


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


if __name__ == "__main__":
    typer.run(main)
