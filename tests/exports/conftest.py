"""Clients, blocking and awaiting, of vendors that the tests here hold in their hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tenacity

from airflow_talent.clients import runners
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.tests.clients.adapters import RUNNERS

NewRunner = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_login_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed logins of one test are no concern of another."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_none())


def vitay_settings(url: str, **changes: Any) -> VitaySettings:
    """Settings without a rate, over three connections unless something else is said."""
    return VitaySettings(
        base_url=url,
        login="bot@firm.test",
        password="a-password",
        **{"max_requests_per_second": None, "max_connections": 3, **changes},
    )


@pytest.fixture(params=RUNNERS)
def new_runner(request: pytest.FixtureRequest) -> Iterator[NewRunner]:
    """Makes runners for Vitay at an address, once blocking ones, once awaiting ones."""
    made: list[Any] = []

    def make(url: str, **changes: Any) -> Any:
        made.append(RUNNERS[request.param](VitayApi(vitay_settings(url, **changes))))
        return made[-1]

    yield make
    for runner in made:
        runner.close()
