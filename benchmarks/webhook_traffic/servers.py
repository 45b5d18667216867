"""What the receiver is measured between and beside: an Airflow that starts a run in 20 ms, and the
least app that answers a delivery."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

START_TAKES = 0.02
"""Seconds in which Airflow starts a run, as a quick one does with PostgreSQL."""

DAG = "measured"


def make_airflow() -> Starlette:
    """One DAG, which has every tag that is asked for. `/started` tells how often each record was
    told in a run that was new."""
    runs: dict[str, str] = {}

    async def list_dags(request: Request) -> Response:
        tags = [{"name": tag, "dag_id": DAG} for tag in request.query_params.getlist("tags")]
        dag = {"dag_id": DAG, "dag_display_name": DAG, "tags": tags}
        return JSONResponse({"dags": [dag], "total_entries": 1})

    async def start(request: Request) -> Response:
        body = await request.json()
        await asyncio.sleep(START_TAKES)
        run_id = body["dag_run_id"]
        if run_id in runs:
            return JSONResponse({"detail": "exists"}, 409)
        runs[run_id] = json.dumps(body["conf"]["talent_event"]["records"])
        run = {"dag_id": DAG, "dag_run_id": run_id, "dag_display_name": DAG, "state": "queued"}
        return JSONResponse(run)

    async def started(_: Request) -> Response:
        return JSONResponse(Counter(runs.values()))

    return Starlette(
        routes=[
            Route("/api/v2/dags", list_dags),
            Route("/api/v2/dags/{dag_id}/dagRuns", start, methods=["POST"]),
            Route("/started", started),
        ]
    )


def make_least_app() -> Starlette:
    """Reads the body and answers."""

    async def answer(request: Request) -> Response:
        await request.body()
        return JSONResponse({"status": "success"})

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


if __name__ == "__main__":
    kind, port = sys.argv[1:]
    app = make_airflow() if kind == "airflow" else make_least_app()
    uvicorn.run(
        app, host="127.0.0.1", port=int(port), log_config=None, access_log=False, http="h11"
    )
