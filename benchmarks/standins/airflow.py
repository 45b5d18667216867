"""A small HTTP server that answers the bot as Airflow's REST API would, at once.

A real Airflow cannot carry five hundred runs on the machines this is measured on; here they cost
nothing, so what is seen is the bot's own work. Each run has ten tasks in a row, and every
:data:`TASK_SECONDS` one ends and the next begins.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DAG = "measured"
TASKS = 10
TASK_SECONDS = 60.0

Json = dict[str, Any]


@dataclass(slots=True)
class ShapedRun:
    """A run that goes on for ever: after its last task the first begins again."""

    run_id: str
    conf: Json
    note: str | None
    began: datetime

    def shown(self) -> Json:
        return {
            "dag_id": DAG,
            "dag_run_id": self.run_id,
            "dag_display_name": "Measured",
            "state": "running",
            "run_type": "manual",
            "conf": self.conf,
            "note": self.note,
            "run_after": _iso(self.began),
            "queued_at": _iso(self.began),
            "start_date": _iso(self.began),
            "end_date": None,
            # More than the bot reads, as in Airflow.
            "logical_date": None,
            "data_interval_start": None,
            "data_interval_end": None,
            "last_scheduling_decision": _iso(self.began),
            "triggered_by": "rest_api",
            "triggering_user_name": "bot",
            "dag_versions": [{"id": "0" * 36, "version_number": 1, "dag_id": DAG}],
            "bundle_version": None,
            "partition_key": None,
        }

    def tasks(self, since: datetime, now: datetime) -> Iterator[Json]:
        """Its tasks that changed since a moment."""
        step, into = divmod((now - self.began).total_seconds(), TASK_SECONDS)
        changed_at = now - timedelta(seconds=into)
        current = int(step) % TASKS
        for index in range(TASKS):
            has_changed = changed_at >= since and index in (current, (current - 1) % TASKS)
            if has_changed or self.began >= since:
                yield self._task(index, current, changed_at)

    def _task(self, index: int, current: int, changed_at: datetime) -> Json:
        state = "success" if index < current else "running" if index == current else None
        return {
            "id": "0" * 36,
            "task_id": f"step_{index}",
            "dag_id": DAG,
            "dag_run_id": self.run_id,
            "map_index": -1,
            "task_display_name": f"step_{index}",
            "state": state,
            "try_number": 1 if state else 0,
            "max_tries": 2,
            "start_date": _iso(changed_at) if state else None,
            "end_date": _iso(changed_at) if state == "success" else None,
            "duration": 1.0 if state == "success" else None,
            "operator": "PythonOperator",
            "pool": "default_pool",
            "queue": "default",
            "hostname": "worker-1",
            "rendered_fields": {"op_args": "[]", "op_kwargs": "{}"},
        }


@dataclass(slots=True)
class ShapedAirflow:
    """What it holds, and which requests came."""

    runs: dict[str, ShapedRun] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def add(self, run_id: str, conf: Json, note: str | None, *, age: float = 0.0) -> ShapedRun:
        """:param age: seconds since it began."""
        began = datetime.now(UTC) - timedelta(seconds=age)
        run = self.runs[run_id] = ShapedRun(run_id, conf, note, began)
        return run

    def app(self) -> Starlette:
        runs = "/api/v2/dags/{dag_id}/dagRuns"
        routes: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/api/v2/dags", self._list_dags),
            ("GET", "/api/v2/dagTags", self._list_tags),
            ("GET", "/api/v2/dags/{dag_id}/details", self._show_dag),
            ("POST", f"{runs}/list", self._list_runs),
            ("GET", runs, self._list_runs),
            ("POST", runs, self._start),
            ("GET", f"{runs}/~/taskInstances", self._list_tasks),
            ("GET", f"{runs}/{{run_id}}/hitlDetails", self._list_questions),
            ("GET", f"{runs}/{{run_id}}", self._show_run),
            ("PATCH", f"{runs}/{{run_id}}", self._note),
        ]
        return Starlette(
            routes=[Route(path, answer, methods=[method]) for method, path, answer in routes],
            middleware=[Middleware(BaseHTTPMiddleware, dispatch=self._count)],
        )

    async def _count(self, request: Request, answer: RequestResponseEndpoint) -> Response:
        self.requests[f"{request.method} {request.url.path.removeprefix('/api/v2')}"] += 1
        return await answer(request)

    async def _list_dags(self, _: Request) -> Response:
        return JSONResponse({"dags": [_dag()], "total_entries": 1})

    async def _list_tags(self, _: Request) -> Response:
        return JSONResponse({"tags": [], "total_entries": 0})

    async def _list_questions(self, _: Request) -> Response:
        return JSONResponse({"hitl_details": [], "total_entries": 0})

    async def _show_dag(self, _: Request) -> Response:
        number = {"value": None, "schema": {"type": "integer"}, "description": None}
        return JSONResponse({**_dag(), "params": {"number": number}, "timezone": "UTC"})

    async def _list_runs(self, request: Request) -> Response:
        if request.method == "POST":
            body = await request.json()
            return _page("dag_runs", [run.shown() for run in self.runs.values()], body, "page_")
        query = request.query_params
        since = _since(query.get("updated_at_gte"))
        wanted = [run.shown() for run in self.runs.values() if run.began >= since]
        return _page("dag_runs", wanted, query)

    async def _list_tasks(self, request: Request) -> Response:
        query = request.query_params
        prefixes = tuple(query["run_id_prefix_pattern"].split("|"))
        since, now = _since(query.get("updated_at_gte")), datetime.now(UTC)
        wanted = [
            task
            for run_id, run in self.runs.items()
            if run_id.startswith(prefixes)
            for task in run.tasks(since, now)
        ]
        return _page("task_instances", wanted, query)

    async def _start(self, request: Request) -> Response:
        body = await request.json()
        if body["dag_run_id"] in self.runs:
            return JSONResponse({"detail": "exists"}, 409)
        return JSONResponse(self.add(body["dag_run_id"], body["conf"], body["note"]).shown())

    async def _show_run(self, request: Request) -> Response:
        run = self.runs.get(request.path_params["run_id"])
        return JSONResponse(run.shown()) if run else JSONResponse({"detail": "not found"}, 404)

    async def _note(self, request: Request) -> Response:
        run = self.runs[request.path_params["run_id"]]
        run.note = (await request.json())["note"]
        return JSONResponse(run.shown())


@contextmanager
def serving(airflow: ShapedAirflow) -> Iterator[str]:
    """Where it answers while the block lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(airflow.app(), log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def _dag() -> Json:
    return {
        "dag_id": DAG,
        "dag_display_name": "Measured",
        "description": None,
        "tags": [{"name": "slack", "dag_id": DAG}],
        "is_paused": False,
        "is_stale": False,
        "has_import_errors": False,
        "max_active_runs": 1000,
    }


def _page(key: str, items: list[Json], query: Any, prefix: str = "") -> Response:
    offset, limit = int(query.get(f"{prefix}offset", 0)), int(query.get(f"{prefix}limit", 50))
    shown = items[offset : offset + (limit if prefix else min(limit, 100))]
    return JSONResponse({key: shown, "total_entries": len(items)})


def _since(moment: str | None) -> datetime:
    return datetime.fromisoformat(moment) if moment else datetime.min.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.isoformat()
