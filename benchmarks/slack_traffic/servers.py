"""Stands in for Airflow and for Slack's Web API, both answering at once: runs end as soon as they
are started. Run as a program, it prints its address.
"""

from __future__ import annotations

import itertools
import socket
import time
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

WORKFLOW = "say_hello"
TEAM = "T0EMULATOR"
USER = "U0RECRUIT"
CHANNEL = "C0HIRING"

TIMES = dict.fromkeys(("queued_at", "start_date", "end_date"), "2026-01-01T00:00:00Z")
DAG = {
    "dag_id": WORKFLOW,
    "dag_display_name": "Say hello",
    "description": "Says hello",
    "tags": [{"name": "slack"}],
    "timezone": "UTC",
    "params": {"name": {"value": None, "schema": {"type": "string"}}},
}
EMPTY: dict[str, list[Any]] = {
    "dags": [],
    "tags": [],
    "dag_runs": [],
    "task_instances": [],
    "xcom_entries": [],
    "hitl_details": [],
}
SLACK: dict[str, dict[str, Any]] = {
    "auth.test": {"team_id": TEAM, "user_id": "U0BOT", "bot_id": "B0BOT", "team": "Bench"},
    "users.info": {"user": {"id": USER, "team_id": TEAM}},
    "conversations.open": {"channel": {"id": "D0RECRUIT"}},
    "conversations.info": {"channel": {"id": CHANNEL, "is_private": True}},
    "conversations.history": {"messages": []},
    "conversations.replies": {"messages": []},
}

numbers = itertools.count(1)


async def give_token(_: Request) -> JSONResponse:
    return JSONResponse({"access_token": "token"}, 201)


async def show_dag(_: Request) -> JSONResponse:
    return JSONResponse(DAG)


async def start_run(request: Request) -> JSONResponse:
    sent = await request.json()
    return JSONResponse(_run(sent["dag_run_id"]) | {"conf": sent["conf"], "note": sent["note"]})


async def show_run(request: Request) -> JSONResponse:
    return JSONResponse(_run(request.path_params["run"]))


async def show_nothing(_: Request) -> JSONResponse:
    return JSONResponse({**EMPTY, "dags": [DAG], "total_entries": 0})


async def answer_slack(request: Request) -> JSONResponse:
    stamp = f"{time.time():.0f}.{next(numbers):06d}"
    posted = {"ts": stamp, "channel": CHANNEL, "view": {"id": f"V{stamp}"}}
    return JSONResponse({"ok": True, **posted, **SLACK.get(request.path_params["method"], {})})


async def take_answer(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


def _run(run_id: str) -> dict[str, Any]:
    names = {"dag_id": WORKFLOW, "dag_run_id": run_id, "dag_display_name": DAG["dag_display_name"]}
    return {**names, **TIMES, "state": "success"}


ANY = ["GET", "POST", "PATCH"]
app = Starlette(
    routes=[
        Route("/auth/token", give_token, methods=["POST"]),
        Route("/api/v2/dags/{dag}/details", show_dag),
        Route(f"/api/v2/dags/{WORKFLOW}/dagRuns", start_run, methods=["POST"]),
        Route(f"/api/v2/dags/{WORKFLOW}/dagRuns/{{run}}", show_run, methods=ANY),
        Route("/api/v2/{path:path}", show_nothing, methods=ANY),
        Route("/slack/api/{method}", answer_slack, methods=ANY),
        Route("/response", take_answer, methods=["POST"]),
    ]
)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
