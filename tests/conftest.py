"""What all tests share: one emulator, one Airflow, and a look through its logs at the end."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.provider.processes import REAL_ACCOUNTS
from airflow_talent.services.running import keep_what_is_loaded
from airflow_talent.tests.offline import OfflineAirflow

for name in [name for name in os.environ if name.startswith(REAL_ACCOUNTS)]:
    del os.environ[name]

# Airflow reads these when it is imported, which any test may do first.
OFFLINE_HOME = Path(tempfile.mkdtemp(prefix="talent-offline-"))
os.environ |= {
    "AIRFLOW_HOME": str(OFFLINE_HOME),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
}

# How long an example takes says something about the machine only.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


SPARING = {
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
}
"""What keeps the processor for the tests: each process of theirs has an Airflow, which is mostly
idle, and most of whose DAG files never change."""

PERSONAL = re.compile(rb"[\w.+-]+@[\w.-]+\.(?:test|example)\b")
"""All people of the tests and of the emulator have such addresses."""


def pytest_collection_finish() -> None:
    # Looking through all of Airflow for garbage takes a tenth of what the tests take.
    keep_what_is_loaded()


def pytest_sessionfinish() -> None:
    shutil.rmtree(OFFLINE_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the Airflow variable ``talent_reports`` names."""
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """Where an emulated AWS is, with its S3 and its Secrets Manager."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def vendor_environment(talent_emulator_server: EmulatorServer, reports: Path) -> dict[str, str]:
    """What points an Airflow at the emulator of this test run."""
    return {
        **talent_emulator_server.environment(),
        "AIRFLOW_VAR_TALENT_REPORTS": reports.as_uri(),
        "AIRFLOW__TALENT__VITAY_POKE_INTERVAL": "1",
    }


@pytest.fixture(scope="session")
def planted() -> set[str]:
    """Texts that must not stand in any log at the end; tests add their own.

    The passwords and tokens of the emulator are looked for in any case, and so
    are all e-mail addresses.
    """
    return {
        "demo-secret",
        "emulator-password",
        "emulator-signing-secret",
        "rezi-emulator-key",
        "rezi-emulator-uid-secret",
        "rickrut-emulator-key",
        *(f"{kind}_{'0' * 32}" for kind in ("ask", "askr", "askw", "wsk")),
        "xoxb-emulator",
        "xapp-emulator",
    }


@pytest.fixture(scope="session")
def airflow(
    tmp_path_factory: pytest.TempPathFactory,
    vendor_environment: dict[str, str],
    planted: set[str],
) -> Iterator[LocalAirflow]:
    """The Airflow of this test run, with the emulator as its vendors and Slack."""
    home = tmp_path_factory.mktemp("airflow")
    with LocalAirflow(home, environment={**vendor_environment, **SPARING}) as airflow:
        yield airflow
    found = find_leaks(airflow.log_folder, planted | {airflow.password, airflow.admin_password})
    assert not found, "secrets or personal data in logs:\n" + "\n".join(found)


@pytest.fixture(scope="session")
def find_leaks_in(planted: set[str]) -> Callable[[Path], list[str]]:
    """Looks through a folder of logs as is done with Airflow's at the end."""
    return lambda folder: find_leaks(folder, planted)


@pytest.fixture(scope="session")
def _offline_database() -> Path:
    from airflow.utils.db import initdb

    initdb()
    folder = OFFLINE_HOME / "dags"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def offline_airflow(
    _offline_database: Path,
    vendor_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OfflineAirflow]:
    """For ``dag.test()`` and DagBags in this process; its DAGs folder is empty at first."""
    for name, value in vendor_environment.items():
        monkeypatch.setenv(name, value)
    yield OfflineAirflow(_offline_database)
    for file in _offline_database.glob("*.py"):
        file.unlink()


def find_leaks(folder: Path, planted: set[str]) -> list[str]:
    """Where in a folder of logs something stands that must not; what it is stays untold."""
    secrets = re.compile("|".join(map(re.escape, sorted(planted))).encode())
    return [
        f"{log.relative_to(folder)}:{number}: {kind}"
        for log in sorted(folder.rglob("*.log*"))
        for number, line in enumerate(log.read_bytes().splitlines(), 1)
        for kind, pattern in (("a secret", secrets), ("an e-mail address", PERSONAL))
        if pattern.search(line)
    ]
