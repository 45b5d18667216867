"""A small HTTP server that answers as Airflow's REST API would, and fails as a test says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "stand-in-token"


@dataclass(slots=True)
class StandIn:
    """What it holds, what it is to do wrong, and what it was asked.

    :param dags: The tags of each DAG.
    :param fails: Status and detail of what is answered to whoever starts a run of a DAG (under its
        id) or asks anything (under `*`), for as long as it stands there.
    :param assets: Number by URI.
    """

    dags: dict[str, list[str]] = field(default_factory=dict)
    fails: dict[str, tuple[int, str]] = field(default_factory=dict)
    fails_runs: dict[str, int] = field(default_factory=dict)
    """Status by run id."""
    loses_answers: bool = False
    assets: dict[str, int] = field(default_factory=dict)
    runs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """The conf of each run by DAG and id, in the order in which they were started."""
    asset_events: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def started(self, dag_id: str) -> list[dict[str, Any]]:
        """What the runs of a DAG were told, the first first."""
        return [conf["talent_event"] for (of, _), conf in self.runs.items() if of == dag_id]

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/v2/dags", self._list_dags),
                Route("/api/v2/dagTags", self._list_tags),
                Route("/api/v2/dags/{dag_id}/dagRuns", self._start, methods=["POST"]),
                Route("/api/v2/assets", self._list_assets),
                Route("/api/v2/assets/events", self._tell_asset, methods=["POST"]),
            ]
        )

    def _refuse(self, request: Request, *names: str) -> Response | None:
        self.asked.append(f"{request.method} {request.url.path}")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"detail": "Unauthorized"}, 401)
        for name in ("*", *names):
            if name in self.fails:
                status, detail = self.fails[name]
                return JSONResponse({"detail": detail}, status)
        return None

    async def _list_dags(self, request: Request) -> Response:
        if refusal := self._refuse(request, "tags"):
            return refusal
        wanted = set(request.query_params.getlist("tags"))
        dags = [
            {
                "dag_id": dag_id,
                "dag_display_name": dag_id,
                "tags": [{"name": tag, "dag_id": dag_id} for tag in tags],
                "is_paused": True,
                "is_stale": False,
            }
            for dag_id, tags in self.dags.items()
            if not wanted or wanted & set(tags)
        ]
        return JSONResponse({"dags": dags, "total_entries": len(dags)})

    async def _list_tags(self, request: Request) -> Response:
        if refusal := self._refuse(request):
            return refusal
        tags = sorted({tag for tags in self.dags.values() for tag in tags})
        return JSONResponse({"tags": tags, "total_entries": len(tags)})

    async def _start(self, request: Request) -> Response:
        dag_id, body = request.path_params["dag_id"], await request.json()
        run_id = body["dag_run_id"]
        if refusal := self._refuse(request, dag_id):
            return refusal
        if status := self.fails_runs.get(run_id):
            return JSONResponse({"detail": "Internal Server Error"}, status)
        if (dag_id, run_id) in self.runs:
            return JSONResponse({"detail": {"reason": "Unique constraint violation"}}, 409)
        self.runs[dag_id, run_id] = body["conf"]
        if self.loses_answers:
            return Response(status_code=504)
        run = {"dag_id": dag_id, "dag_run_id": run_id, "dag_display_name": dag_id}
        return JSONResponse({**run, "state": "queued", "conf": body["conf"]})

    async def _list_assets(self, request: Request) -> Response:
        if refusal := self._refuse(request):
            return refusal
        assets = [{"id": number, "uri": uri} for uri, number in self.assets.items()]
        return JSONResponse({"assets": assets, "total_entries": len(assets)})

    async def _tell_asset(self, request: Request) -> Response:
        if refusal := self._refuse(request, "assets"):
            return refusal
        self.asset_events.append(await request.json())
        return JSONResponse({"id": len(self.asset_events)})


@contextmanager
def serving(airflow: StandIn, port: int = 0) -> Iterator[str]:
    """Where it answers while the block lasts."""
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(airflow.app(), log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
