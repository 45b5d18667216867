"""The receiver is killed: whatever it has answered with 200 starts its runs, once."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from .conftest import (
    REZI_PATH,
    SECRET,
    VITAY_PATH,
    client_of,
    deliver,
    eventually,
    is_done,
    receiver_process,
    riminder_event,
    signed,
    vitay_event,
)
from .standin import TOKEN, StandIn

SENDERS = 20
TAKEN_BEFORE_THE_KILL = 150


async def burst(port: str, events: list[int], answered: list[int]) -> None:
    """One sender of several: delivers one event after the other until nobody answers."""
    async with client_of(port) as http:
        while events:
            number = events.pop()
            try:
                answer = await deliver(http, vitay_event(number))
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                answered.append(number)


def contents_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("is_airflow_away", [False, True])
async def test_whatever_was_answered_before_a_kill_starts_its_run_exactly_once(
    environment: dict[str, str], stand_in: StandIn, tmp_path: Path, *, is_airflow_away: bool
) -> None:
    port, log = environment["TALENT_WEBHOOK_PORT"], tmp_path / "receiver.log"
    if is_airflow_away:
        stand_in.fails["*"] = 503, "away"
    events, answered = list(range(1000)), list[int]()
    with receiver_process(environment, log) as process:
        await process.ready()
        senders = [asyncio.create_task(burst(port, events, answered)) for _ in range(SENDERS)]
        await eventually(lambda: len(answered) >= TAKEN_BEFORE_THE_KILL)
        process.kill()
        await asyncio.gather(*senders)
    assert events, "it was killed in the middle"
    stand_in.fails.clear()

    with receiver_process(environment, log) as process:
        await process.ready()
        async with client_of(port) as http:
            await eventually(lambda: is_done(http))

    told = [event["records"][0]["reference_id"] for event in stand_in.started("follow_up")]
    assert len(told) == len(set(told))
    assert {f"r-{number}" for number in answered} <= set(told)


async def test_it_is_killed_again_and_again_while_it_tells(
    environment: dict[str, str], stand_in: StandIn, tmp_path: Path
) -> None:
    log = tmp_path / "receiver.log"
    stand_in.fails["*"] = 503, "away"
    with receiver_process(environment, log) as process:
        await process.ready()
        async with client_of(environment["TALENT_WEBHOOK_PORT"]) as http:
            await asyncio.gather(*(deliver(http, vitay_event(number)) for number in range(300)))
        process.kill()
    stand_in.fails.clear()

    for at_least in (50, 150, 300):
        with receiver_process(environment, log) as process:
            await process.ready()
            await eventually(lambda least=at_least: len(stand_in.runs) >= least)  # type: ignore[misc]
            process.kill()

    assert len(stand_in.started("follow_up")) == 300


async def test_nothing_personal_and_no_secret_is_in_its_files_logs_runs_or_metrics(
    environment: dict[str, str], stand_in: StandIn, folder: Path, tmp_path: Path
) -> None:
    stand_in.dags["other"] = ["on:riminder:profile.parse.success", "on:rezi:resume.section.saved"]
    log = tmp_path / "receiver.log"
    with receiver_process(environment, log) as process:
        await process.ready()
        async with client_of(environment["TALENT_WEBHOOK_PORT"]) as http:
            await deliver(http)
            await http.post("/riminder", **signed(riminder_event()))
            rezi = {
                "event": "Resume Section Saved",
                "data": {
                    "userID": "u1",
                    "resumeID": "r1",
                    "section": "Renate's hobbies",
                    "email": "renate@referee.example",
                },
            }
            await http.post(f"/rezi/{REZI_PATH}", json=rezi)
            await http.post(f"/rezi/{REZI_PATH}", content=b"{renate@referee.example")
            await http.post("/vitay/renate@referee.example", json=vitay_event())
            await http.post("/riminder", **signed(riminder_event(), secret="wsk_wrong"))
            await eventually(lambda: is_done(http))
            metrics = (await http.get("/metrics")).text
        files = await asyncio.to_thread(contents_of, folder)
        assert await asyncio.to_thread(process.stop) == 0
        files += await asyncio.to_thread(contents_of, folder)

    assert len(stand_in.runs) == 3
    written = files.decode(errors="replace") + process.said() + repr(stand_in.runs) + metrics
    private = ("enate", "example", "4915112345678", "Refereeson", "hobbies", "carla")
    secrets = (VITAY_PATH, REZI_PATH, SECRET, TOKEN)
    assert not [word for word in (*private, *secrets) if word in written]


async def test_it_ends_on_sigterm_after_answering_whoever_is_there(
    environment: dict[str, str], stand_in: StandIn, tmp_path: Path
) -> None:
    with receiver_process(environment, tmp_path / "receiver.log") as process:
        await process.ready()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", int(environment["TALENT_WEBHOOK_PORT"])
        )
        body = b'{"event":"completed","type":"Reference","id":"r-7"}'
        head = (
            f"POST /vitay/{VITAY_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body[:5])
        await writer.drain()
        ending = asyncio.create_task(asyncio.to_thread(process.stop))
        await eventually(lambda: "Shutting down" in process.said())
        writer.write(body[5:])
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert await ending == 0

    assert answer.startswith(b"HTTP/1.1 200")
    if not stand_in.runs:
        with receiver_process(environment, tmp_path / "receiver.log") as process:
            await process.ready()
            await eventually(lambda: stand_in.runs)
    assert stand_in.started("follow_up")[0]["records"] == [{"reference_id": "r-7"}]


async def test_what_is_wrong_at_the_start_is_one_sentence(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment["TALENT_WEBHOOK_VITAY_PATH"] = "hooks"
    with receiver_process(environment, tmp_path / "receiver.log") as process:
        assert await asyncio.to_thread(process.wait) == 2

    assert re.fullmatch(
        r"TALENT_WEBHOOK_VITAY_PATH must be made of 128 bits of chance or more: make one with"
        r" `talent webhooks --new-path`\.\n",
        process.said(),
    )
