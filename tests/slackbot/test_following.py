"""Runs that are followed while Airflow and Slack fail in between."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from airflow_talent.emulator.client import Emulator
from airflow_talent.services.airflow_api import AirflowApi, DagRun
from airflow_talent.slackbot.access import read_rules
from airflow_talent.slackbot.background import Background
from airflow_talent.slackbot.budget import Budget
from airflow_talent.slackbot.directory import SlackDirectory
from airflow_talent.slackbot.files import FileRoots
from airflow_talent.slackbot.follow import Follower
from airflow_talent.slackbot.links import Links
from airflow_talent.slackbot.reports import Reporter, Watch, owe_reports
from airflow_talent.slackbot.results import Results
from airflow_talent.slackbot.settings import read_settings
from airflow_talent.slackbot.slack_api import SlackApi
from airflow_talent.slackbot.slack_calls import connect_impatiently

from .conftest import Slack

FIRST, SECOND = "screen", "hire"


class Airflow:
    """Two DAGs with a run each, which has one task."""

    def __init__(self) -> None:
        self.runs = {dag_id: _run(dag_id) for dag_id in (FIRST, SECOND)}
        self.tasks = {dag_id: _task(dag_id) for dag_id in (FIRST, SECOND)}
        self.faults_of_whole_looks = 0
        self.app = Starlette(
            routes=[
                Route("/api/v2/dags/~/dagRuns/list", self._list_runs, methods=["POST"]),
                Route("/api/v2/dags/~/dagRuns/~/taskInstances", self._list_tasks),
                Route("/api/v2/dags/{dag}/dagRuns/r1", self._show_run, methods=["GET", "PATCH"]),
            ]
        )

    def change_task(self, dag_id: str, state: str) -> None:
        self.tasks[dag_id] |= {"state": state, "updated_at": datetime.now(UTC).isoformat()}

    async def _list_runs(self, _: Request) -> Response:
        return JSONResponse({"dag_runs": list(self.runs.values())})

    async def _show_run(self, request: Request) -> Response:
        run = self.runs.get(request.path_params["dag"])
        if run is None:
            return JSONResponse({"detail": "no such run"}, 404)
        if request.method == "PATCH":
            run |= await request.json()
        return JSONResponse(run)

    async def _list_tasks(self, request: Request) -> Response:
        since = request.query_params.get("updated_at_gte", "")
        if not since and self.faults_of_whole_looks:
            self.faults_of_whole_looks -= 1
            return Response(status_code=503)
        found = [task for task in self.tasks.values() if task["updated_at"] >= since]
        return JSONResponse({"task_instances": found, "total_entries": len(found)})


def _run(dag_id: str) -> dict[str, Any]:
    return {
        "dag_id": dag_id,
        "dag_run_id": "r1",
        "dag_display_name": dag_id,
        "state": "running",
        "start_date": datetime.now(UTC).isoformat(),
        "note": None,
    }


def _task(dag_id: str) -> dict[str, Any]:
    return {
        "dag_id": dag_id,
        "dag_run_id": "r1",
        "task_id": "ask",
        "task_display_name": "Ask",
        "state": "running",
        "try_number": 1,
        "updated_at": datetime.now(UTC).isoformat(),
    }


def watch(airflow: Airflow, dag_id: str, *channels: str) -> Watch:
    rules = read_rules([f"slack-report:{channel}" for channel in channels])
    return owe_reports(DagRun.model_validate(airflow.runs[dag_id]), rules, b"key")


@pytest.fixture
def airflow() -> Airflow:
    return Airflow()


@pytest.fixture
async def airflow_url(airflow: Airflow) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    # Its own clock, which counts whole seconds, would blur which changes are new.
    config = uvicorn.Config(airflow.app, log_config=None, lifespan="off", date_header=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def follower(
    airflow_url: str, talent_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Follower]:
    monkeypatch.setattr("airflow_talent.slackbot.follow.SHORTEST_POLL", 0.05)
    monkeypatch.setattr("airflow_talent.slackbot.follow.LONGEST_PAUSE", 0.1)
    monkeypatch.setattr("airflow_talent.slackbot.changes.OVERLAP", timedelta())
    settings = read_settings(
        slack_bot_token="xoxb-emulator",
        slack_signing_secret="emulator-signing-secret",
        slack_api_url=f"{talent_emulator.url}/slack/api/",
        talent_airflow_url=airflow_url,
        talent_airflow_token="unused",
    )
    async with aiohttp.ClientSession() as session:
        client = connect_impatiently(settings, session)
        api, slack = AirflowApi.connect(settings), SlackApi(client, SlackDirectory(client, client))
        links, budget, background = Links(airflow_url), Budget(600), Background()
        results = Results(api, slack, FileRoots([]), links)
        reporter = Reporter(api, slack, results, links, budget, me="me")
        follower = Follower(api, reporter, budget, background)
        following = asyncio.create_task(follower.run())
        yield follower
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await background.finish(within=0)
        await api.close()


async def test_no_fault_ends_the_looking(
    follower: Follower, airflow: Airflow, slack: Slack
) -> None:
    faults = [ValueError("of a kind that nobody thought of")]

    async def fail_once() -> None:
        if faults:
            raise faults.pop()

    follower.after_each_look(fail_once)
    follower.watch(watch(airflow, FIRST, "C0HIRING"))
    await slack.root("C0HIRING", FIRST, saying="running")

    airflow.change_task(FIRST, "deferred")

    await slack.root("C0HIRING", FIRST, saying="waiting for")
    assert not faults


async def test_what_changed_is_seen_also_when_the_request_after_it_failed(
    follower: Follower, airflow: Airflow, slack: Slack
) -> None:
    follower.watch(watch(airflow, FIRST, "C0HIRING"))
    await slack.root("C0HIRING", FIRST, saying="Ask")

    # A run that is new is asked for whole, in another request than what changed.
    airflow.faults_of_whole_looks = 3
    airflow.change_task(FIRST, "success")
    follower.watch(watch(airflow, SECOND, "C0HIRING"))

    await slack.root("C0HIRING", SECOND, saying="Ask")
    await slack.root("C0HIRING", FIRST, saying=":white_check_mark:")


async def test_every_conversation_reads_that_a_run_was_deleted_also_when_slack_failed(
    follower: Follower, airflow: Airflow, slack: Slack, talent_emulator: Emulator
) -> None:
    follower.watch(watch(airflow, FIRST, "C0HIRING", "C0GENERAL"))
    for channel in ("C0HIRING", "C0GENERAL"):
        await slack.root(channel, FIRST, saying="Ask")

    talent_emulator.fault("slack", None, "chat.update", "html")
    del airflow.runs[FIRST]

    for channel in ("C0HIRING", "C0GENERAL"):
        await slack.root(channel, FIRST, saying="deleted from Airflow")
