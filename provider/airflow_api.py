"""A small client of Airflow's REST API, for the demo, the tests and the benchmarks."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

PAUSES = (0.2, 0.5, 1.0, 0.0)
"""Seconds before a request is repeated after a 500: with SQLite, Airflow gives up on a lock now
and then. All requests made here may be repeated."""

FINISHED = frozenset({"success", "failed"})


class AirflowApiError(Exception):
    """Airflow refused a request.

    :ivar status: HTTP status of the answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class AirflowApi:
    """Talks to one Airflow as one of its users.

    :param url: Where the API server is, without a path.
    :param username: Account of SimpleAuthManager or FAB.
    :param password: Its password.
    :param token: A token to use in their stead.
    """

    def __init__(
        self, url: str, *, username: str = "", password: str = "", token: str | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._credentials = {"username": username, "password": password}
        # A proxy of the environment must not get between this process and loopback.
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=not _is_loopback(url))
        if token:
            self._http.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Close its connections; the next request opens new ones."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at ``path`` below ``/api/v2``."""
        return self.request("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send ``body`` as JSON to ``path`` below ``/api/v2``."""
        return self.request("POST", path, json=dict(body))

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change what is at ``path`` below ``/api/v2``."""
        return self.request("PATCH", path, json=dict(body))

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Send one request, logging in when that is needed.

        :raises AirflowApiError: Airflow answered with another status than 2xx.
        """
        for pause in PAUSES:
            response = self._send(method, path, **arguments)
            if response.status_code != httpx.codes.INTERNAL_SERVER_ERROR:
                break
            time.sleep(pause)
        if not response.is_success:
            raise AirflowApiError(
                response.status_code,
                f"Airflow answered {response.status_code} to {method} {path}: {_detail(response)}",
            )
        return response.json() if response.content else None

    def health(self) -> dict[str, dict[str, Any]]:
        """Status and latest heartbeat of each component; needs no account."""
        response = self._http.get("/api/v2/monitor/health", timeout=5)
        response.raise_for_status()
        health: dict[str, dict[str, Any]] = response.json()
        return health

    def check_tasks_are_heard(self) -> None:
        """Make sure that running tasks can report; the first answer takes some seconds.

        Airflow builds that part of its API when it is first asked, which better is not the first
        task of a run that somebody looks at.
        """
        self._http.get("/execution/health", timeout=60).raise_for_status()

    def dag(self, dag_id: str) -> dict[str, Any]:
        """One DAG, its params with their schema included."""
        return _object(self.get(f"/dags/{dag_id}/details"))

    def import_errors(self) -> dict[str, str]:
        """Last line of what went wrong, by DAG file."""
        errors = self.get("/importErrors")["import_errors"]
        return {
            error["filename"]: error["stack_trace"].strip().splitlines()[-1] for error in errors
        }

    def trigger(
        self, dag_id: str, conf: Mapping[str, Any] | None = None, *, run_id: str | None = None
    ) -> str:
        """Start a run now and return its id.

        :raises AirflowApiError: status 409 when ``run_id`` exists, 400 when
            ``conf`` does not fit the DAG's params, 404 when there is no such DAG.
        """
        own_id = run_id or f"api__{uuid.uuid4()}"
        body = {"dag_run_id": own_id, "logical_date": None, "conf": dict(conf or {})}
        try:
            self.post(f"/dags/{dag_id}/dagRuns", body)
        except AirflowApiError as error:
            # Nobody else has this id, so the run was started by a request whose answer was lost.
            if run_id is not None or error.status != httpx.codes.CONFLICT:
                raise
        return own_id

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """One run: its state, conf, note and times."""
        return _object(self.get(f"/dags/{dag_id}/dagRuns/{run_id}"))

    def wait_for_run(self, dag_id: str, run_id: str, *, timeout: float = 120) -> str:
        """Wait until a run has ended and return ``success`` or ``failed``.

        :param timeout: Seconds to wait.
        :raises TimeoutError: it still runs; the text names the state of its tasks.
        """
        deadline = time.monotonic() + timeout
        while (state := self.run(dag_id, run_id)["state"]) not in FINISHED:
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"run {run_id} of {dag_id} is still {state} after {timeout:.0f} s: "
                    f"{self.task_states(dag_id, run_id)}"
                )
            time.sleep(0.25)
        return str(state)

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """All task instances of a run, mapped ones one by one."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(
                f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=100, offset=len(found)
            )
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """State by task id, by ``task_id[map_index]`` for mapped tasks."""
        return {_label(task): task["state"] for task in self.task_instances(dag_id, run_id)}

    def xcom(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        *,
        key: str = "return_value",
        map_index: int = -1,
    ) -> Any:
        """What a task pushed under ``key``.

        :raises AirflowApiError: status 404 when it pushed nothing.
        """
        path = f"{_task(dag_id, run_id, task_id)}/xcomEntries/{key}"
        return self.get(path, map_index=map_index)["value"]

    def task_log(
        self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1, map_index: int = -1
    ) -> str:
        """Log of one try of a task, one event a line."""
        path = f"{_task(dag_id, run_id, task_id)}/logs/{try_number}"
        content = self.get(path, map_index=map_index, full_content=True)["content"]
        if isinstance(content, str):
            return content
        return "\n".join(
            line if isinstance(line, str) else f"{line.get('event')} {line.get('error_detail', '')}"
            for line in content
        )

    def state_store(
        self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1
    ) -> dict[str, Any]:
        """What a task keeps across tries and clears, by key."""
        path = f"{_task(dag_id, run_id, task_id)}/state-store"
        entries = self.get(path, map_index=map_index)["task_state_store"]
        return {entry["key"]: entry["value"] for entry in entries}

    def patch_run(self, dag_id: str, run_id: str, **changes: Any) -> None:
        """Change a run's ``state`` (``failed`` cancels it) or ``note``."""
        self.patch(f"/dags/{dag_id}/dagRuns/{run_id}", changes)

    def patch_task(
        self, dag_id: str, run_id: str, task_id: str, *, new_state: str, map_index: int = -1
    ) -> None:
        """Set a task's state as a person would, ``failed`` kills it."""
        path = _task(dag_id, run_id, task_id)
        self.patch(path if map_index < 0 else f"{path}/{map_index}", {"new_state": new_state})

    def clear(self, dag_id: str, run_id: str, *task_ids: str) -> None:
        """Have tasks run again, all of the run when none is named."""
        self.post(
            f"/dags/{dag_id}/clearTaskInstances",
            {
                "dag_run_id": run_id,
                "task_ids": [*task_ids] or None,
                "dry_run": False,
                "only_failed": False,
                "reset_dag_runs": True,
            },
        )

    def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        if "Authorization" not in self._http.headers:
            self._log_in()
        response = self._http.request(method, f"/api/v2{path}", **arguments)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._log_in()
            response = self._http.request(method, f"/api/v2{path}", **arguments)
        return response

    def _log_in(self) -> None:
        if not self._credentials["username"]:
            raise AirflowApiError(
                httpx.codes.UNAUTHORIZED, f"Airflow at {self.url} refuses the token"
            )
        response = self._http.post("/auth/token", json=self._credentials)
        if not response.is_success:
            raise AirflowApiError(
                response.status_code,
                f"Airflow at {self.url} refused the account "
                f"{self._credentials['username']} with status {response.status_code}",
            )
        self._http.headers["Authorization"] = f"Bearer {response.json()['access_token']}"


def _is_loopback(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")


def _task(dag_id: str, run_id: str, task_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"


def _label(task: Mapping[str, Any]) -> str:
    task_id, map_index = task["task_id"], task["map_index"]
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise AirflowApiError(200, f"expected an object from Airflow, got {type(answer).__name__}")
    return answer


def _detail(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return "no reason given"
    # Other shapes of detail repeat the request, which may hold a person's data.
    if isinstance(detail, str):
        return detail
    reason = detail.get("reason") if isinstance(detail, dict) else None
    return str(reason or "the request does not fit")
