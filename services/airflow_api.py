"""The part of Airflow's REST API that our services use, typed.

https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field, ValidationError, field_validator
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from .airflow_login import LoginRefused, LoginUnclear, choose_login
from .settings import AirflowSettings

ACTIVE = ("queued", "running")
FINISHED = frozenset({"success", "failed"})

RUN_ID = re.compile(r"[A-Za-z0-9_.~:+-]+")
"""What Airflow takes as a run id, unless `[scheduler] allowed_run_id_pattern` is set."""

PAGE = 100
"""The most entries that Airflow gives on one page of a GET, unless it is set to give fewer."""
BATCH = 1000
"""Entries on one page of the POST lists, which Airflow does not cap."""
RUNS_PER_REQUEST = 40
"""Whose ids still make a URL of a moderate length."""

LOGIN_FAILED = (httpx.HTTPStatusError, LoginUnclear)
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, *LOGIN_FAILED)
"""Faults before the request itself left: no connection, or no token."""

Count = Callable[[str, str, float], None]
"""Told of each request: its method, its outcome (status as text, or `unreachable`), its seconds."""

Model = TypeVar("Model", bound=BaseModel)
Item = TypeVar("Item")


class AirflowError(Exception):
    """Airflow did not do what it was asked; the text is a sentence that a person may read."""


class AirflowUnreachable(AirflowError):
    """Airflow does not answer, or answers that it cannot; worth trying again.

    :param may_have_happened: The request may have reached Airflow and been carried out.
    """

    def __init__(self, text: str, *, may_have_happened: bool) -> None:
        super().__init__(text)
        self.may_have_happened = may_have_happened


class AirflowRefusedLogin(AirflowError):
    """The service's own login is wrong; nobody but who runs it can do anything about it."""


class AirflowForbids(AirflowError):
    """The account may not do this."""


class NotInAirflow(AirflowError):
    """There is no such DAG, run or task."""


class AlreadyInAirflow(AirflowError):
    """A run of this id exists, or a question has been answered."""


class RequestRejected(AirflowError):
    """Airflow found the request wrong; the text is Airflow's own first line."""


class RunKey(NamedTuple):
    """Which run: a run id alone is not unique, scheduled DAGs share them."""

    dag_id: str
    run_id: str


class Dag(BaseModel):
    """A DAG as lists show it."""

    dag_id: str
    dag_display_name: str
    description: str | None = None
    tags: list[str] = []
    is_paused: bool = False
    is_stale: bool = False
    has_import_errors: bool = False
    max_active_runs: int | None = None

    @field_validator("tags", mode="before")
    @classmethod
    def _take_names(cls, tags: Any) -> Any:
        return [tag["name"] if isinstance(tag, Mapping) else tag for tag in tags or ()]


class DagDetails(Dag):
    """A DAG with what it takes."""

    params: dict[str, Any] | None = None
    timezone: str | None = None
    active_runs_count: int = 0


class DagRun(BaseModel):
    """One run."""

    dag_id: str
    dag_run_id: str
    dag_display_name: str
    state: str
    run_type: str = "manual"
    conf: dict[str, Any] | None = None
    note: str | None = None
    run_after: datetime | None = None
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None

    @property
    def key(self) -> RunKey:
        return RunKey(self.dag_id, self.dag_run_id)

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def end(self) -> str | None:
        """Which end this is, None while the run goes on: a run that is cleared ends again, and one
        that somebody marks as another state has another end at the same moment."""
        if not self.is_finished:
            return None
        return f"{self.state} {self.end_date.timestamp() if self.end_date else 0:.3f}"


class TaskInstance(BaseModel):
    """One task of a run, or one of the mapped instances of a task."""

    task_id: str
    dag_id: str
    dag_run_id: str
    map_index: int = -1
    task_display_name: str
    state: str | None = None
    try_number: int = 0
    max_tries: int = 0
    start_date: datetime | None = None
    end_date: datetime | None = None
    duration: float | None = None

    @property
    def key(self) -> RunKey:
        return RunKey(self.dag_id, self.dag_run_id)


class XComEntry(BaseModel):
    """That a task pushed something; the value is asked for on its own."""

    task_id: str
    map_index: int = -1


class Asset(BaseModel):
    """Something that runs make and may be started by."""

    id: int
    uri: str


class User(BaseModel):
    """Somebody as Airflow knows them."""

    id: str
    name: str


class Question(BaseModel):
    """What a human-in-the-loop task asks.

    :param options: What may be chosen; several at once when `multiple`.
    :param params: Further values to give, as `params` of a DAG: name to value and schema.
    :param assigned_users: The only ones whom Airflow lets answer; empty means anyone.
    :param responded_by_user: Nobody when a timeout answered with the defaults.
    :param params_input: The values that were given with the answer.
    """

    task_instance: TaskInstance
    subject: str
    body: str | None = None
    options: list[str]
    defaults: list[str] | None = None
    multiple: bool = False
    params: dict[str, Any] = {}
    assigned_users: list[User] = []
    created_at: datetime
    response_received: bool = False
    responded_by_user: User | None = None
    responded_at: datetime | None = None
    chosen_options: list[str] | None = None
    params_input: dict[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """An answer would still do something: Airflow also takes one after the task was ended."""
        return not self.response_received and self.task_instance.state == "awaiting_input"


class LogLine(BaseModel):
    """One event of a task's log."""

    event: str = ""
    level: str = ""
    error_detail: list[dict[str, Any]] = Field(default_factory=list)


class AirflowApi:
    """Airflow as one account sees it.

    Reads and notes are tried three times within a second or two when the connection fails or
    Airflow answers with 5xx; starting a run never is, its caller decides.

    :param http: A client whose base URL is Airflow's; closed with this object.
    :param count: Told of each request.
    """

    def __init__(self, http: httpx.AsyncClient, count: Count | None = None) -> None:
        self._http = http
        self._count = count
        self._clock_ahead = timedelta()
        # On SQLite, two writes that meet in Airflow's API server wait for each other until one
        # times out (seen in 3.3.2: its audit log is written on the event loop).
        self._one_write = asyncio.Lock()

    @classmethod
    def connect(cls, settings: AirflowSettings, count: Count | None = None) -> Self:
        """A client for the Airflow of the settings.

        :param count: Told of each request.
        """
        http = httpx.AsyncClient(
            base_url=settings.talent_airflow_url,
            timeout=httpx.Timeout(20, connect=2),
            # Every idle connection is looked at with every request, so few are kept.
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=6),
        )
        http.auth = choose_login(settings, http)
        return cls(http, count)

    async def close(self) -> None:
        await self._http.aclose()

    async def check(self) -> None:
        """:raises AirflowError: Airflow does not answer, or does not accept the login."""
        await self._send("GET", "/dags", params={"limit": 1})

    async def dag(self, dag_id: str) -> DagDetails:
        """:raises NotInAirflow: there is no such DAG."""
        return _read(DagDetails, await self._repeat("GET", f"/dags/{_part(dag_id)}/details"))

    async def dags_tagged(self, tags: Sequence[str]) -> list[Dag]:
        """Every DAG with at least one of these tags."""
        if not tags:
            return []
        query = {"tags": list(tags), "tags_match_mode": "any"}
        return [_read(Dag, item) async for item in self._pages("/dags", "dags", query)]

    async def tags(self, beginning: str) -> list[str]:
        """The tags in use that begin so."""
        query = {"tag_name_pattern": f"{beginning}%"}
        return [
            str(tag)
            async for tag in self._pages("/dagTags", "tags", query)
            if str(tag).startswith(beginning)
        ]

    async def start_run(
        self, run: RunKey, conf: Mapping[str, Any], *, note: str | None = None
    ) -> DagRun:
        """Start a run.

        :raises AlreadyInAirflow: it exists; nothing was changed.
        :raises RequestRejected: the conf does not fit, or the DAG may not be started.
        :raises AirflowUnreachable: the run may exist now.
        """
        body = {
            "dag_run_id": run.run_id,
            "logical_date": None,
            "conf": dict(conf),
            "note": note,
        }
        path = f"/dags/{_part(run.dag_id)}/dagRuns"
        async with self._one_write:
            return _read(DagRun, await self._send("POST", path, json=body))

    async def run(self, run: RunKey) -> DagRun:
        """:raises NotInAirflow: it was deleted, or never was."""
        return _read(DagRun, await self._repeat("GET", _run_path(run)))

    async def set_note(self, run: RunKey, note: str) -> None:
        """Replace the whole note of a run."""
        async with self._one_write:
            await self._repeat("PATCH", _run_path(run), json={"note": note})

    async def runs_in_state(self, dag_ids: Iterable[str], states: Sequence[str]) -> list[DagRun]:
        """All runs of some DAGs that are in one of the states, in one request."""
        if not (dag_ids := set(dag_ids)):
            return []
        body = {"dag_ids": sorted(dag_ids), "states": list(states)}
        path = "/dags/~/dagRuns/list"
        return [_read(DagRun, item) async for item in self._batches(path, "dag_runs", body)]

    async def runs_changed_since(
        self, moment: datetime, *, dag_ids: Collection[str] = (), prefix: str = ""
    ) -> list[DagRun]:
        """Runs whose state changed since then.

        :param dag_ids: Of these DAGs; of all when there are none.
        :param prefix: What their run ids begin with.
        """
        query = {
            "updated_at_gte": moment.isoformat(),
            "run_id_prefix_pattern": prefix or None,
            "dag_id_prefix_pattern": "|".join(dag_ids) or None,
        }
        pages = self._pages("/dags/~/dagRuns", "dag_runs", query)
        found = [_read(DagRun, item) async for item in pages]
        # Airflow compares the prefix only up to its last letter or digit.
        return [
            run
            for run in found
            if run.dag_run_id.startswith(prefix) and (not dag_ids or run.dag_id in dag_ids)
        ]

    async def latest_runs(self, prefix: str, *, dag_id: str = "~", count: int = 10) -> list[DagRun]:
        """The newest runs whose run ids begin so, the newest first.

        :param count: How many at most; seldom fewer although there are more, when many run ids
            are alike, since Airflow compares the prefix only up to its last letter or digit.
        """
        query = {"run_id_prefix_pattern": prefix, "order_by": "-run_after", "limit": PAGE}
        answer = await self._repeat("GET", f"/dags/{_part(dag_id)}/dagRuns", params=query)
        found = [_read(DagRun, item) for item in _list(answer, "dag_runs")]
        return [run for run in found if run.dag_run_id.startswith(prefix)][:count]

    async def runs_named(self, prefix: str, part: str) -> list[DagRun]:
        """Runs whose ids begin with the one and hold the other."""
        query = {"run_id_prefix_pattern": prefix, "run_id_pattern": part}
        pages = self._pages("/dags/~/dagRuns", "dag_runs", query)
        found = [_read(DagRun, item) async for item in pages]
        return [
            run for run in found if run.dag_run_id.startswith(prefix) and part in run.dag_run_id
        ]

    async def find_run(self, run_id: str) -> list[DagRun]:
        """The runs of exactly this id, whichever DAG they belong to; nobody shares one with
        hundreds."""
        if not RUN_ID.fullmatch(run_id):
            return []
        # The id itself comes before the longer ones that begin with it, which may be all there are.
        query = {"run_id_prefix_pattern": run_id, "order_by": "run_id"}
        pages = self._pages("/dags/~/dagRuns", "dag_runs", query, at_most=2 * PAGE)
        found = [_read(DagRun, item) async for item in pages]
        return [run for run in found if run.dag_run_id == run_id]

    async def end_run(self, run: RunKey) -> None:
        """Mark a run as failed, which stops what goes on in it."""
        async with self._one_write:
            await self._repeat("PATCH", _run_path(run), json={"state": "failed"})

    async def clear_failed(self, run: RunKey) -> None:
        """Let every task run again that failed or could not run because of one that did.

        :raises AirflowUnreachable: they may run already.
        """
        body = {"dry_run": False, "only_failed": True}
        async with self._one_write:
            await self._send("POST", f"{_run_path(run)}/clear", json=body)

    async def open_questions(self) -> list[Question]:
        """Whatever waits for a person, in all runs that the account may see."""
        query = {"response_received": False, "state": "awaiting_input"}
        pages = self._pages("/dags/~/dagRuns/~/hitlDetails", "hitl_details", query)
        return [_read(Question, item) async for item in pages]

    async def questions(self, run: RunKey) -> list[Question]:
        """What one run has asked, answered or not."""
        pages = self._pages(f"{_run_path(run)}/hitlDetails", "hitl_details", {})
        return [_read(Question, item) async for item in pages]

    async def question(self, run: RunKey, task_id: str, map_index: int = -1) -> Question:
        """:raises NotInAirflow: the task asks nothing."""
        path = f"{_run_path(run)}/taskInstances/{_part(task_id)}/{map_index}/hitlDetails"
        return _read(Question, await self._repeat("GET", path))

    async def answer_question(
        self,
        question: Question,
        *,
        chosen: Sequence[str],
        values: Mapping[str, Any],
    ) -> None:
        """Give an answer, in the name of whose login this is.

        :param values: Every param of the question, checked by the caller: Airflow takes whatever
            comes, and a wrong or missing one fails the task for good.
        :raises AlreadyInAirflow: somebody answered before.
        :raises AirflowForbids: the question is assigned to others.
        :raises AirflowUnreachable: it may have been taken.
        """
        task = question.task_instance
        path = (
            f"{_run_path(task.key)}/taskInstances/{_part(task.task_id)}/{task.map_index}"
            "/hitlDetails"
        )
        body = {"chosen_options": list(chosen), "params_input": dict(values)}
        async with self._one_write:
            await self._send("PATCH", path, json=body)

    async def active_runs(self, prefix: str) -> list[DagRun]:
        """Queued and running runs of any DAG whose run ids begin so."""
        query = {"state": list(ACTIVE), "run_id_prefix_pattern": prefix}
        path = "/dags/~/dagRuns"
        found = [_read(DagRun, item) async for item in self._pages(path, "dag_runs", query)]
        return [run for run in found if run.dag_run_id.startswith(prefix)]

    async def task_instances(self, runs: Iterable[RunKey]) -> list[TaskInstance]:
        """The tasks of many runs, a few requests for all.

        The POST list would take exact ids, but Airflow writes a row to its audit log for each.
        """
        path = "/dags/~/dagRuns/~/taskInstances"
        found: list[TaskInstance] = []
        for part in batched(sorted(set(runs)), RUNS_PER_REQUEST):
            run_ids = sorted({run.run_id for run in part})
            query = {"run_id_prefix_pattern": "|".join(run_ids), "order_by": "id"}
            tasks = [
                _read(TaskInstance, item)
                async for item in self._pages(path, "task_instances", query)
            ]
            found += [task for task in tasks if task.key in part]
        return found

    async def tasks_changed_since(
        self, moment: datetime, *, prefixes: Collection[str], dag_ids: Collection[str]
    ) -> list[TaskInstance]:
        """The tasks that were changed since then, of runs whose ids begin in one of these ways.

        :param moment: By Airflow's clock (:meth:`now`).
        :param dag_ids: Their DAGs, by which Airflow's database finds them sooner; more may come.
        """
        query = {
            "updated_at_gte": moment.isoformat(),
            "run_id_prefix_pattern": "|".join(prefixes),
            "dag_id_prefix_pattern": "|".join(sorted(dag_ids)) if len(dag_ids) <= 20 else None,
            "order_by": "id",
        }
        path = "/dags/~/dagRuns/~/taskInstances"
        pages = self._pages(path, "task_instances", query)
        return [_read(TaskInstance, item) async for item in pages]

    def now(self) -> datetime:
        """This moment by the clock of Airflow's API server, as far as its answers tell."""
        return datetime.now(UTC) + self._clock_ahead

    async def xcoms(self, run: RunKey, key: str) -> list[XComEntry]:
        """Which tasks of a run pushed this key."""
        path = f"{_run_path(run)}/taskInstances/~/xcomEntries"
        pages = self._pages(path, "xcom_entries", {"xcom_key": key})
        return [_read(XComEntry, item) async for item in pages]

    async def xcom(self, run: RunKey, entry: XComEntry, key: str) -> Any:
        """The value that one task pushed."""
        path = f"{_run_path(run)}/taskInstances/{_part(entry.task_id)}/xcomEntries/{_part(key)}"
        answer = await self._repeat("GET", path, params={"map_index": entry.map_index})
        return answer.get("value") if isinstance(answer, Mapping) else None

    async def log(self, task: TaskInstance) -> list[LogLine]:
        """What a task wrote in its latest try."""
        path = f"{_run_path(task.key)}/taskInstances/{_part(task.task_id)}/logs/{task.try_number}"
        answer = await self._repeat(
            "GET",
            path,
            params={"map_index": task.map_index},
            headers={"Accept": "application/json"},
        )
        return [
            LogLine(event=line) if isinstance(line, str) else _read(LogLine, line)
            for line in _list(answer, "content")
        ]

    async def asset_id(self, uri: str) -> int | None:
        """The number of an asset; None when no DAG mentions it."""
        pages = self._pages("/assets", "assets", {"uri_pattern": uri})
        # Airflow takes the text for a pattern, in which some letters mean others.
        found = [asset async for item in pages if (asset := _read(Asset, item)).uri == uri]
        return found[0].id if found else None

    async def tell_asset(self, asset_id: int, extra: Mapping[str, Any]) -> None:
        """Say that an asset was updated, which may start DAGs.

        :raises AirflowUnreachable: it may have been said.
        """
        body = {"asset_id": asset_id, "extra": dict(extra)}
        async with self._one_write:
            await self._send("POST", "/assets/events", json=body)

    async def _pages(
        self, path: str, key: str, query: Mapping[str, Any], *, at_most: int = sys.maxsize
    ) -> AsyncIterator[Any]:
        """:param at_most: Entries, by whole pages, after which no more are asked for."""
        offset = 0
        while offset < at_most:
            params = {name: value for name, value in query.items() if value is not None}
            answer = await self._repeat(
                "GET", path, params={**params, "limit": PAGE, "offset": offset}
            )
            items = _list(answer, key)
            for item in items:
                yield item
            offset += len(items)
            if not items or offset >= answer.get("total_entries", 0):
                return

    async def _batches(self, path: str, key: str, body: Mapping[str, Any]) -> AsyncIterator[Any]:
        offset = 0
        while True:
            page = {**body, "page_limit": BATCH, "page_offset": offset}
            answer = await self._repeat("POST", path, json=page)
            items = _list(answer, key)
            for item in items:
                yield item
            offset += BATCH
            if len(items) < BATCH:
                return

    async def _repeat(self, method: str, path: str, **arguments: Any) -> Any:
        """Send what may be sent again."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(AirflowUnreachable),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.2, max=1),
            reraise=True,
        ):
            with attempt:
                return await self._send(method, path, **arguments)
        raise AssertionError  # pragma: no cover - tenacity returns or raises

    async def _send(self, method: str, path: str, **arguments: Any) -> Any:
        began, outcome = time.perf_counter(), "unreachable"
        try:
            response = await self._http.request(method, f"/api/v2{path}", **arguments)
            outcome = str(response.status_code)
        except LoginRefused as error:
            raise AirflowRefusedLogin(f"{error}.") from None
        except (httpx.RequestError, *LOGIN_FAILED) as error:
            # The texts of httpx hold whole addresses, so they go no further.
            raise AirflowUnreachable(
                "Airflow does not answer.", may_have_happened=not isinstance(error, NEVER_SENT)
            ) from None
        finally:
            if self._count:
                self._count(method, outcome, time.perf_counter() - began)
        self._take_time(response)
        return _answer(response)

    def _take_time(self, response: httpx.Response) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return
        self._clock_ahead = theirs - datetime.now(UTC)


def batched(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in parts of at most this size."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _answer(response: httpx.Response) -> Any:
    status = response.status_code
    if response.is_success:
        try:
            return response.json()
        except ValueError:
            raise AirflowUnreachable(
                "What answers at Airflow's address is not its REST API.", may_have_happened=True
            ) from None
    detail = _detail(response)
    match status:
        case 403:
            raise AirflowForbids("Airflow does not allow this account to do it.")
        case 404:
            raise NotInAirflow(detail or "Airflow does not know it.")
        case 409:
            raise AlreadyInAirflow("Airflow has it already.")
        case 400 | 422:
            raise RequestRejected(detail or "Airflow found the request wrong.")
        case _:
            raise AirflowUnreachable(
                f"Airflow answers with an error (HTTP {status}).", may_have_happened=True
            )


def _detail(response: httpx.Response) -> str:
    """The first line of Airflow's reason, when it is a sentence."""
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return ""
    return detail.strip().split("\n", 1)[0] if isinstance(detail, str) else ""


def _read(model: type[Model], value: Any) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError:
        # Its text repeats what came, values of runs included.
        raise AirflowError(f"Airflow answers with a {model.__name__} I cannot read.") from None


def _list(answer: Any, key: str) -> list[Any]:
    items = answer.get(key) if isinstance(answer, Mapping) else None
    if not isinstance(items, list):
        raise AirflowError(f"Airflow answers without {key}.")
    return items


def _run_path(run: RunKey) -> str:
    return f"/dags/{_part(run.dag_id)}/dagRuns/{_part(run.run_id)}"


def _part(text: str) -> str:
    return quote(text, safe="~")
