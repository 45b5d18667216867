"""Airflow's REST API as the bot reads it, whatever stands in for Airflow."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from airflow_talent.services.airflow_api import AirflowApi, AirflowUnreachable, RunKey
from airflow_talent.slackbot.settings import read_settings

RUN = RunKey("hire", "r1")


class Airflow:
    """Knows runs by their ids, gives few on a page, and may not be there."""

    def __init__(self) -> None:
        self.page_limit = 100
        self.run_ids: list[str] = []
        self.login: Callable[[], Response] = _give_token
        self.answer: Callable[[], Response] | None = None
        self.asked: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/auth/token", self._log_in, methods=["POST"]),
                Route("/api/v2/dags/~/dagRuns", self._list_runs),
                Route("/api/v2/dags/hire/dagRuns", self._start_run, methods=["POST"]),
            ]
        )

    async def _log_in(self, _: Request) -> Response:
        return self.login()

    async def _start_run(self, _: Request) -> Response:
        return self.answer() if self.answer else JSONResponse(_run(RUN.run_id))

    async def _list_runs(self, request: Request) -> Response:
        self.asked.append(str(request.query_params))
        query = request.query_params
        found = [
            run_id
            for run_id in self.run_ids
            if run_id.startswith(query.get("run_id_prefix_pattern", ""))
        ]
        if query.get("order_by") == "run_id":
            found.sort()
        offset = int(query["offset"])
        page = found[offset : offset + min(int(query["limit"]), self.page_limit)]
        runs = [_run(run_id) for run_id in page]
        return JSONResponse({"dag_runs": runs, "total_entries": len(found)})


def _give_token() -> Response:
    return JSONResponse({"access_token": "token"}, status_code=201)


def _run(run_id: str) -> dict[str, Any]:
    names = {"dag_id": "hire", "dag_display_name": "Hire"}
    return {**names, "dag_run_id": run_id, "state": "success"}


def _show_page() -> Response:
    return HTMLResponse("<h1>We are back soon</h1>")


def _break_gzip() -> Response:
    return Response(b"not gzip", headers={"Content-Encoding": "gzip"})


@asynccontextmanager
async def _serve(app: Starlette) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
def airflow() -> Airflow:
    return Airflow()


@pytest.fixture
async def api(airflow: Airflow) -> AsyncIterator[AirflowApi]:
    async with _serve(airflow.app) as url:
        settings = read_settings(
            slack_bot_token="xoxb-emulator",
            slack_signing_secret="emulator-signing-secret",
            talent_airflow_url=url,
            talent_airflow_username="bot",
            talent_airflow_password="right",
        )
        api = AirflowApi.connect(settings)
        yield api
        await api.close()


@pytest.mark.parametrize(
    "login",
    [
        _show_page,
        lambda: JSONResponse({"detail": "soon"}),
        lambda: JSONResponse(["soon"]),
        lambda: JSONResponse({"access_token": None}),
        lambda: Response(status_code=302, headers={"Location": "/maintenance"}),
    ],
)
async def test_what_answers_a_login_without_a_token_is_no_airflow_and_started_nothing(
    api: AirflowApi, airflow: Airflow, login: Callable[[], Response]
) -> None:
    airflow.login = login

    with pytest.raises(AirflowUnreachable) as caught:
        await api.start_run(RUN, {})
    assert not caught.value.may_have_happened

    airflow.login = _give_token
    assert (await api.start_run(RUN, {})).key == RUN


async def test_a_login_that_cannot_be_unpacked_is_no_airflow(
    api: AirflowApi, airflow: Airflow
) -> None:
    airflow.login = _break_gzip

    with pytest.raises(AirflowUnreachable):
        await api.start_run(RUN, {})


@pytest.mark.parametrize("answer", [_show_page, _break_gzip])
async def test_a_start_whose_answer_cannot_be_read_may_have_happened(
    api: AirflowApi, airflow: Airflow, answer: Callable[[], Response]
) -> None:
    airflow.answer = answer

    with pytest.raises(AirflowUnreachable) as caught:
        await api.start_run(RUN, {})
    assert caught.value.may_have_happened


async def test_a_list_is_read_whole_however_few_entries_airflow_gives_on_a_page(
    api: AirflowApi, airflow: Airflow
) -> None:
    airflow.page_limit = 2
    airflow.run_ids = [f"slack__{number}" for number in range(5)]

    found = await api.active_runs("slack__")

    assert [run.dag_run_id for run in found] == airflow.run_ids
    assert len(airflow.asked) == 3


async def test_a_run_is_found_by_its_id_without_reading_all_whose_ids_begin_with_it(
    api: AirflowApi, airflow: Airflow
) -> None:
    airflow.run_ids = [*(f"manual__{number}" for number in range(1000)), "manual"]

    assert [run.dag_run_id for run in await api.find_run("manual")] == ["manual"]
    assert await api.find_run("man") == []
    assert len(airflow.asked) == 4


@pytest.mark.parametrize("name", ["", "manual|scheduled", "what is this", "manual\n", "ä"])
async def test_what_is_no_run_id_is_not_looked_for(
    api: AirflowApi, airflow: Airflow, name: str
) -> None:
    assert await api.find_run(name) == []
    assert airflow.asked == []
