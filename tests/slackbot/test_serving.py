"""What answers over HTTP: to Slack, to whatever keeps the bot running, and to nobody else."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn

from airflow_talent.benchmarks.slack_traffic.load import sign
from airflow_talent.benchmarks.slack_traffic.servers import CHANNEL, TEAM, USER, WORKFLOW
from airflow_talent.benchmarks.slack_traffic.servers import app as answering_servers
from airflow_talent.emulator.client import Emulator
from airflow_talent.services import serving
from airflow_talent.services.settings import SettingsError

from .conftest import BotProcess, Slack, bot_process, eventually, free_port, running_bot
from .gate import Gate, open_gate

SECRET = "emulator-signing-secret"


@pytest.fixture(scope="module")
def airflow_url() -> Iterator[str]:
    """Something shaped like Airflow, where each run succeeds at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(answering_servers, log_config=None, access_log=False, lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def gate(airflow_url: str) -> Iterator[Gate]:
    """The way to that Airflow, which a test may block."""
    with open_gate(airflow_url) as gate:
        yield gate


@pytest.fixture
def environment(talent_emulator: Emulator, gate: Gate) -> dict[str, str]:
    """A bot that serves HTTP between the emulated Slack and that Airflow."""
    given = talent_emulator.environment()
    port = free_port()
    talent_emulator.settings(slack={"request_url": f"http://127.0.0.1:{port}/slack/events"})
    return {
        **{name: given[name] for name in ("SLACK_BOT_TOKEN", "SLACK_API_URL")},
        "SLACK_SIGNING_SECRET": SECRET,
        "TALENT_AIRFLOW_URL": gate.url,
        "TALENT_AIRFLOW_TOKEN": "token",
        "TALENT_BOT_PORT": str(port),
    }


def over_socket_mode(environment: dict[str, str], emulator: Emulator) -> dict[str, str]:
    emulator.settings(slack={"request_url": None})
    return {**environment, "SLACK_APP_TOKEN": "xapp-emulator"}


@asynccontextmanager
async def client_of(port: str) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        yield http


@pytest.fixture
async def http(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with running_bot(environment), client_of(environment["TALENT_BOT_PORT"]) as http:
        yield http


def command(text: str = "help", **more: str) -> bytes:
    return urlencode(
        {
            "command": "/talent",
            "text": text,
            "team_id": TEAM,
            "user_id": USER,
            "channel_id": CHANNEL,
            "trigger_id": f"1.2.{time.time_ns()}",
            "response_url": "http://127.0.0.1:9",
            **more,
        }
    ).encode()


async def metric(http: httpx.AsyncClient, sample: str) -> float:
    """The value of one sample, as `name{label="value"}`; 0 when there is none."""
    answer = await http.get("/metrics")
    found = re.search(rf"^{re.escape(sample)} (\S+)$", answer.text, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def test_without_a_port_of_their_own_the_pages_are_beside_slacks(
    http: httpx.AsyncClient,
) -> None:
    assert (await http.get("/health")).json() == {"status": "alive"}
    assert (await http.get("/ready")).json() == {"status": "ready"}
    assert "talent_bot_runs_followed" in (await http.get("/metrics")).text


async def test_with_a_port_of_their_own_the_public_one_has_only_slacks(
    environment: dict[str, str],
) -> None:
    port = str(free_port())
    async with (
        running_bot({**environment, "TALENT_METRICS_PORT": port}),
        client_of(port) as own,
        client_of(environment["TALENT_BOT_PORT"]) as public,
    ):
        assert (await own.get("/ready")).json() == {"status": "ready"}
        assert (await own.post("/slack/events")).status_code == 404
        for page in ("/health", "/ready", "/metrics"):
            assert (await public.get(page)).status_code == 404


async def test_a_bot_in_socket_mode_can_be_probed_and_scraped(
    environment: dict[str, str], talent_emulator: Emulator, slack: Slack
) -> None:
    port = str(free_port())
    changed = over_socket_mode(environment, talent_emulator) | {"TALENT_METRICS_PORT": port}
    async with running_bot(changed), client_of(port) as http:
        before = await metric(http, 'talent_bot_ack_seconds_count{kind="command"}')
        await slack.type("help")

        assert (await http.get("/ready")).json() == {"status": "ready"}
        after = await metric(http, 'talent_bot_ack_seconds_count{kind="command"}')
        assert after == before + 1


async def test_a_bot_in_socket_mode_is_not_ready_while_it_is_disconnected(
    environment: dict[str, str], talent_emulator: Emulator
) -> None:
    port = str(free_port())
    changed = over_socket_mode(environment, talent_emulator) | {"TALENT_METRICS_PORT": port}
    async with running_bot(changed), client_of(port) as http:
        talent_emulator.fault("slack", None, "apps.connections.open", "stall", times=None)
        talent_emulator.act("slack/disconnect", reason="close")

        async def is_waiting() -> bool:
            answer = await http.get("/ready")
            return answer.status_code == 503 and "Slack" in answer.json()["reason"]

        await eventually(is_waiting, within=20)
        assert (await http.get("/health")).status_code == 200


async def test_a_bot_whose_connection_slack_renews_goes_on(
    environment: dict[str, str], talent_emulator: Emulator, slack: Slack
) -> None:
    async with running_bot(over_socket_mode(environment, talent_emulator)):
        talent_emulator.act("slack/disconnect", reason="refresh_requested")

        async def is_answered() -> bool:
            return (await slack.type("help"))["error"] is None

        await eventually(is_answered, within=20)


async def test_without_airflow_the_bot_lives_and_is_not_ready(
    http: httpx.AsyncClient, gate: Gate
) -> None:
    gate.is_broken = True

    answer = await http.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["reason"] == "Airflow answers with an error (HTTP 503)."
    assert (await http.get("/health")).status_code == 200


async def test_however_many_ask_whether_it_is_ready_airflow_is_asked_once(
    http: httpx.AsyncClient, gate: Gate
) -> None:
    gate.seen.clear()

    await asyncio.gather(*(http.get("/ready") for _ in range(20)))

    assert gate.seen.count("GET /api/v2/dags") <= 2


async def test_what_is_counted_names_nobody_and_no_run(
    http: httpx.AsyncClient, slack: Slack
) -> None:
    await slack.type(f"{WORKFLOW} name=Ann")

    async def has_answered_airflow() -> float:
        return await metric(
            http, 'talent_bot_airflow_request_seconds_count{method="POST",outcome="200"}'
        )

    await eventually(has_answered_airflow)
    text = (await http.get("/metrics")).text
    assert 'talent_bot_slack_request_seconds_count{method="auth.test",outcome="ok"}' in text
    assert not re.search(r'"(?:[UCDGT]0|slack__)', text)
    assert "Ann" not in text


async def test_an_idle_bot_needs_less_than_90_mib(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with bot_process(environment, tmp_path / "bot.log") as process:
        await process.ready()
        async with client_of(environment["TALENT_BOT_PORT"]) as http:
            assert await metric(http, "process_resident_memory_bytes") < 90 * 2**20


async def test_a_request_that_nobody_signed_is_not_counted_as_acknowledged(
    http: httpx.AsyncClient,
) -> None:
    sample = 'talent_bot_ack_seconds_count{kind="command"}'
    before = await metric(http, sample)

    assert (await http.post("/slack/events", content=command())).status_code == 401

    assert await metric(http, sample) == before


async def test_what_slack_sends_again_is_counted(http: httpx.AsyncClient) -> None:
    body = command()
    headers = {**sign(body, SECRET), "X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "timeout"}
    sample = 'talent_bot_redeliveries_total{kind="command"}'
    before = await metric(http, sample)

    assert (await http.post("/slack/events", content=body, headers=headers)).status_code == 200

    assert await metric(http, sample) == before + 1


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"["),
        ("application/json", b"[]"),
        ("application/json", b'"text"'),
        ("application/json", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"payload=%7B"),
        ("application/x-www-form-urlencoded", b"payload=%5B%5D"),
        ("text/plain", b""),
    ],
)
async def test_what_is_not_from_slack_is_refused_without_a_word_in_the_log(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, content_type: str, body: bytes
) -> None:
    headers = {"Content-Type": content_type}

    answer = await http.post("/slack/events", content=body, headers=headers)

    assert answer.status_code in (400, 401)
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_body_that_is_too_large_is_not_read(http: httpx.AsyncClient) -> None:
    answer = await http.post("/slack/events", content=b"x" * (serving.MAX_BODY + 1))

    assert answer.status_code == 413


async def knock(port: str, sent: bytes) -> bytes:
    """What comes back until the bot closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    try:
        writer.write(sent)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("sent", [b"", b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nX-Slow:"])
async def test_who_does_not_finish_the_headers_is_disconnected(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(serving, "HEADERS_WITHIN", 0.2)
    async with running_bot(environment):
        assert await knock(environment["TALENT_BOT_PORT"], sent) == b""


async def test_who_does_not_finish_the_body_is_disconnected(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "BODY_WITHIN", 0.2)
    head = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\nhalf"
    async with running_bot(environment):
        answer = await knock(environment["TALENT_BOT_PORT"], head)

    assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("name", ["TALENT_BOT_PORT", "TALENT_METRICS_PORT"])
async def test_a_port_that_is_taken_is_one_sentence(environment: dict[str, str], name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        changed = {**environment, name: str(taken.getsockname()[1])}
        with pytest.raises(SettingsError) as refusal:
            async with running_bot(changed):
                pass

    assert str(refusal.value) == f"TALENT_BOT_HOST and {name} name an address that cannot be used."


async def start_in(process: BotProcess, slack: Slack) -> None:
    await process.ready()
    typed = await slack.type(f"{WORKFLOW} name=Ann")
    assert typed["error"] is None


@pytest.mark.parametrize("is_socket_mode", [False, True])
async def test_a_command_that_was_acknowledged_is_carried_out_after_sigterm(
    environment: dict[str, str],
    talent_emulator: Emulator,
    slack: Slack,
    gate: Gate,
    tmp_path: Path,
    *,
    is_socket_mode: bool,
) -> None:
    if is_socket_mode:
        environment = over_socket_mode(environment, talent_emulator)
    gate.delay = ("GET", "/details$", 1.0)
    with bot_process(environment, tmp_path / "bot.log") as process:
        await start_in(process, slack)
        gate.seen.clear()

        assert await asyncio.to_thread(process.stop) == 0

    started = [seen for seen in gate.seen if seen == f"POST /api/v2/dags/{WORKFLOW}/dagRuns"]
    assert len(started) == 1, process.said()


async def test_the_users_file_is_checked_before_anything_starts(
    environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "users.toml"
    file.write_text("[U0LEAD]\n")
    file.chmod(0o600)

    with pytest.raises(SettingsError, match=r"^\[U0LEAD\] in TALENT_AIRFLOW_USERS_FILE has no way"):
        async with running_bot({**environment, "TALENT_AIRFLOW_USERS_FILE": str(file)}):
            pass
