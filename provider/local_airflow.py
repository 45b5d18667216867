"""A real Airflow on this machine, for the demo, the tests and the benchmarks.

It runs the four components as ``airflow standalone`` does, but on a free port
of loopback only, with known accounts, without touching the Airflow that the
shell is set up for, and so that it can be stopped without leftovers.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import httpx

from .airflow_api import AirflowApi, AirflowApiError
from .processes import ChildProcess, Usage, UsageMeter, neutral_environment, stop_all

Component = Literal["api-server", "scheduler", "dag-processor", "triggerer"]

COMMANDS: Mapping[Component, tuple[str, ...]] = {
    "api-server": ("api-server",),
    # The log servers listen on every interface; the API server reads the same files.
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}

SETTINGS: Mapping[str, str] = {
    "AIRFLOW__CORE__AUTH_MANAGER": (
        "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
    ),
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,bot:user",
    "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
    # A file that changes is read at once all the same.
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "1",
    # How soon what stood in a deleted file is gone.
    "AIRFLOW__SCHEDULER__PARSING_CLEANUP_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "1",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
    # A worker may look so many seconds late whether its task's process has ended. When a deferred
    # task is back before that, the scheduler takes the old end for that of the new process.
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}

DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
PATIENT, IMPATIENT = "?timeout=30", "?timeout=0.5"
"""How many seconds SQLite waits for the locks of others."""


class LocalAirflowError(Exception):
    """Airflow did not start; the text names the component at fault and its log."""


def _say_nothing(_: str) -> None:
    pass


class LocalAirflow:
    """One Airflow with scheduler, triggerer, DAG processor and API server.

    ``with LocalAirflow() as airflow:`` starts it and stops it; nothing is left
    behind, however the process that started it ends.

    :param home: Folder for its DAGs, database and logs; may hold those of an
        earlier start. None takes a temporary one, removed at the end.
    :param environment: What the DAGs need besides: ``AIRFLOW_CONN_…`` and settings.
        Nothing of Airflow is taken over from this process's own environment.
    :param parallelism: Tasks that may run on workers at once.
    :param on_progress: Called with one short sentence per step of the start.
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        parallelism: int = 4,
        on_progress: Callable[[str], None] = _say_nothing,
    ) -> None:
        self._is_temporary = home is None
        self.home = home.resolve() if home else Path(tempfile.mkdtemp(prefix="talent-airflow-"))
        self.dags_folder = self.home / "dags"
        self.log_folder = self.home / "logs"
        for folder in (self.dags_folder, self.log_folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{_free_port()}"
        self.username, self.password = "bot", secrets.token_urlsafe(16)
        self.admin_username, self.admin_password = "admin", secrets.token_urlsafe(16)
        self._say = on_progress
        self._added: set[str] = set()
        self.environment = self._whole_environment(environment or {}, parallelism)
        self._components = {name: self._component(name) for name in COMMANDS}
        self._meter = UsageMeter(self._components.values())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @cached_property
    def api(self) -> AirflowApi:
        """Its REST API as the account ``bot`` of role ``user``, as the Slack app has it."""
        return AirflowApi(self.url, username=self.username, password=self.password)

    @cached_property
    def admin_api(self) -> AirflowApi:
        """Its REST API as an administrator."""
        return AirflowApi(self.url, username=self.admin_username, password=self.admin_password)

    @property
    def bot_environment(self) -> dict[str, str]:
        """What tells the Slack app where this Airflow is and who it is there."""
        return {
            "TALENT_AIRFLOW_URL": self.url,
            "TALENT_AIRFLOW_USERNAME": self.username,
            "TALENT_AIRFLOW_PASSWORD": self.password,
        }

    @property
    def processes(self) -> list[ChildProcess]:
        """Its components, to see whether they run and what they cost."""
        return [*self._components.values()]

    @property
    def usage(self) -> Usage:
        """Peak memory and CPU seconds of all its processes until now, or until it stopped."""
        return self._meter.measure()

    def start(self, *, timeout: float = 180) -> None:
        """Start all components and wait until each says that it is healthy.

        :param timeout: Seconds for all of it.
        :raises LocalAirflowError: one of them ended or was not healthy in time.
        """
        since, deadline = datetime.now(UTC), time.monotonic() + timeout
        self._write_passwords()
        try:
            self._meter.start()
            # Most of the start is the API server's imports: they go on beside the migration.
            self._say("Starting Airflow's API server and preparing its database")
            self._components["api-server"].start()
            self._migrate()
            self._say("Starting scheduler, DAG processor and triggerer")
            for name in COMMANDS:
                if name != "api-server":
                    self._components[name].start()
            self._wait_until_healthy(self._components, since=since, deadline=deadline)
        except BaseException:
            self.stop()
            raise

    def stop(self, *, grace: float = 3) -> None:
        """Stop all components and remove a temporary home.

        :param grace: Seconds that running tasks and components get to end by themselves. A
            triggerer often takes ten without need: it overlooks that its child has ended.
        """
        self._meter.stop()
        for name in ("api", "admin_api"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
        stop_all(self._components.values(), grace=grace)
        if self._is_temporary:
            shutil.rmtree(self.home, ignore_errors=True)

    def kill(self, component: Component) -> None:
        """End a component as a crash would, without warning."""
        self._components[component].kill()

    def restart(self, component: Component, *, timeout: float = 60) -> None:
        """Stop a component if it runs, start it again and wait until it is healthy."""
        self._components[component].stop()
        since, deadline = datetime.now(UTC), time.monotonic() + timeout
        self._components[component].start()
        self._wait_until_healthy([component], since=since, deadline=deadline)

    @contextmanager
    def another(self, component: Component) -> Iterator[ChildProcess]:
        """A second process of a component, while the block lasts."""
        process = self._process(f"second {component}", *COMMANDS[component])
        process.start()
        try:
            yield process
        finally:
            process.stop()

    def log(self, component: Component) -> Path:
        """What a component printed. It may hold secrets: look into it, do not show it."""
        return self._components[component].log

    def add_dags(self, *paths: Path) -> None:
        """Copy DAG files, or the DAG files of folders, into the DAGs folder."""
        self._added.clear()
        for path in paths:
            files = sorted(path.glob("*.py")) if path.is_dir() else [path]
            for file in files:
                if file.name == "__init__.py":
                    continue
                half_written = self.dags_folder / f".{file.name}.part"
                shutil.copyfile(file, half_written)
                half_written.replace(self.dags_folder / file.name)
                self._added.add(file.name)

    def wait_for_dag(self, dag_id: str, *, timeout: float = 60) -> None:
        """Wait until the DAG processor has found a DAG.

        :raises LocalAirflowError: it has not, or a file added last cannot be imported.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.api.dag(dag_id)
            except AirflowApiError as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
            else:
                return
            for file, reason in self.api.import_errors().items():
                if Path(file).name in self._added:
                    raise LocalAirflowError(f"Airflow cannot import {Path(file).name}: {reason}")
            if time.monotonic() > deadline:
                raise LocalAirflowError(
                    f"Airflow found no DAG {dag_id} within {timeout:.0f} s; the log of its DAG "
                    f"processor is {self.log('dag-processor')}"
                )
            time.sleep(0.2)

    def _whole_environment(self, extra: Mapping[str, str], parallelism: int) -> dict[str, str]:
        return {
            **neutral_environment(),
            **SETTINGS,
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": self.url.rpartition(":")[2],
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(48),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags_folder),
            "AIRFLOW__CORE__FERNET_KEY": self._fernet_key(),
            "AIRFLOW__CORE__PARALLELISM": str(parallelism),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._passwords_file),
            DATABASE: f"sqlite:///{self.home / 'airflow.db'}{PATIENT}",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.log_folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            **extra,
        }

    @property
    def _passwords_file(self) -> Path:
        return self.home / "passwords.json"

    def _fernet_key(self) -> str:
        """One key for all components and starts; each would make up its own when none is set."""
        file = self.home / "fernet.key"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(32)))
        return file.read_text()

    def _write_passwords(self) -> None:
        self._passwords_file.touch(mode=0o600)
        self._passwords_file.write_text(
            json.dumps({self.username: self.password, self.admin_username: self.admin_password})
        )

    def _component(self, name: Component) -> ChildProcess:
        if name != "api-server":
            return self._process(name, *COMMANDS[name])
        return self._process(
            name,
            *COMMANDS[name],
            # It starts while the migration makes the tables.
            AIRFLOW__DATABASE__CHECK_MIGRATIONS="False",
            # Its audit log writes on the event loop, where it can wait for a lock whose holder
            # needs that very loop to commit: giving up soon, with a 500, is the way out.
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=self.environment[DATABASE].replace(
                PATIENT, IMPATIENT
            ),
        )

    def _process(self, name: str, *command: str, **environment: str) -> ChildProcess:
        return ChildProcess(
            name,
            # Safe path: a folder named like a module, where this is run, must not get in its way.
            [sys.executable, "-P", "-m", "airflow", *command],
            environment={**self.environment, **environment},
            log=self.log_folder / f"{name}.log",
        )

    def _migrate(self) -> None:
        migration = self._process("database migration", "db", "migrate")
        migration.start()
        if exit_code := migration.wait():
            raise LocalAirflowError(
                f"Airflow's database migration ended with exit code {exit_code}; "
                f"its log is {migration.log}"
            )

    def _wait_until_healthy(
        self, names: Iterable[Component], *, since: datetime, deadline: float
    ) -> None:
        waiting = [*names]
        while waiting:
            self._check_that_all_run(waiting)
            healthy = self._healthy_since(since)
            for name in [*waiting]:
                if name in healthy:
                    waiting.remove(name)
                    self._say(f"Airflow's {name} is up")
            if waiting and time.monotonic() > deadline:
                raise LocalAirflowError(
                    f"Airflow's {waiting[0]} is not healthy in time; "
                    f"its log is {self.log(waiting[0])}"
                )
            time.sleep(0.1)

    def _check_that_all_run(self, names: list[Component]) -> None:
        for name in names:
            component = self._components[name]
            if not component.is_running():
                raise LocalAirflowError(
                    f"Airflow's {name} ended with exit code {component.exit_code}; "
                    f"its log is {component.log}"
                )

    def _healthy_since(self, moment: datetime) -> set[str]:
        try:
            self.api.check_tasks_are_heard()
            health = self.api.health()
        except httpx.HTTPError:
            return set()
        healthy = {"api-server"}
        for name in ("scheduler", "dag-processor", "triggerer"):
            key = name.replace("-", "_")
            component = health.get(key) or {}
            heartbeat = component.get(f"latest_{key}_heartbeat")
            # The last heartbeat of a component that was killed looks healthy for a while.
            is_new = heartbeat is not None and datetime.fromisoformat(heartbeat) >= moment
            if component.get("status") == "healthy" and is_new:
                healthy.add(name)
        return healthy


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
