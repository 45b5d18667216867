"""Airflow connections to the emulated Vitay, in the environment as Airflow reads them first."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tenacity

from airflow_talent.clients import runners
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.vitay.records import PASSWORD, RECRUITER_EMAIL

CONN_ID = "vitay_test"

Connect = Callable[..., None]


@pytest.fixture(autouse=True)
def _own_login_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed logins of one test are no concern of another."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_none())


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Sets the connection ``vitay_test``; without a host it goes nowhere."""

    def connect(**fields: Any) -> None:
        connection = {"conn_type": "vitay", "host": "http://127.0.0.1:1", **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", json.dumps(connection))

    return connect


@pytest.fixture
def connect_to_emulator(connect: Connect, talent_emulator: Emulator) -> Connect:
    """Sets the connection ``vitay_test`` to the emulator; keyword arguments change its fields."""

    def connect_to(**fields: Any) -> None:
        account = {"login": RECRUITER_EMAIL, "password": PASSWORD}
        connect(**{"host": f"{talent_emulator.url}/vitay/api", **account, **fields})

    connect_to()
    return connect_to
