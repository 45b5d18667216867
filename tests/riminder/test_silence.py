"""Neither the key nor anything about a person is in a log line, an exception or a call's repr."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from airflow_talent.clients import riminder
from airflow_talent.clients.errors import AuthenticationFailed, VendorError
from airflow_talent.clients.riminder.api import RiminderApi
from airflow_talent.emulator.riminder.records import API_SOURCE_ID, READ_WRITE_KEY
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.riminder.world import RiminderWorld, resume
from airflow_talent.tests.vendors import NewRunner

WRONG_KEY = "ask_planted wrong key"
PERSON = {"name": "Plantedname", "email": "planted.person@people.test", "skills": ["planting"]}
PLANTED = (READ_WRITE_KEY, WRONG_KEY, "planted wrong", "Plantedname", "planted.person", "planting")

FAULTS: list[dict[str, Any]] = [
    *({"fault": fault} for fault in ("refuse", "stall", "drop_before", "drop_after", "cut_body")),
    *({"fault": fault} for fault in ("html", "wrong_shape")),
    *({"fault": "status", "code": code} for code in (302, 400, 401, 403, 404, 422, 429, 500)),
]

CALLS: list[Callable[[], Any]] = [
    lambda: riminder.list_profiles([API_SOURCE_ID]),
    lambda: riminder.show_profile(API_SOURCE_ID, profile_reference="r-1"),
    lambda: riminder.check_profile(PERSON),
    lambda: riminder.add_profile(PERSON, source_id=API_SOURCE_ID, profile_reference="r-2"),
    lambda: riminder.upload_profile(
        source_id=API_SOURCE_ID, file_name="Plantedname.pdf", content=resume("planting")
    ),
]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is added to everything that was logged, down to httpcore's debug lines."""
    for name in ("", "airflow_talent", "httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return []


def attempt(runner: Any, call: Any, said: list[str]) -> None:
    said.append(repr(call))
    try:
        runner.run(call)
    except VendorError as error:
        said += [str(error), repr(error), *traceback.format_exception(error)]


def check(said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    everything = "\n".join([*said, caplog.text])
    assert "send_request_headers" in everything
    assert [planted for planted in PLANTED if planted in everything] == []


@pytest.mark.parametrize("make", CALLS)
def test_no_fault_tells_the_key_or_a_person(
    make: Callable[[], Any],
    runner: Any,
    world: RiminderWorld,
    said: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RiminderApi, "timeout_of", lambda *_: 0.05)
    world.profile("r-1", **PERSON)
    for fault in FAULTS:
        world.emulator.clear_faults()
        world.spoil(None, "", **fault, times=None)
        attempt(runner, make(), said)
    world.emulator.clear_faults()
    attempt(runner, make(), said)
    check(said, caplog)


def test_a_vendor_who_echoes_the_key_is_not_quoted(
    new_runner: NewRunner, said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    message = f"Unauthorized. Invalid secret key: {WRONG_KEY}"
    with CannedVendor(lambda *_: (401, {}, {"code": 401, "message": message})) as vendor:
        runner = new_runner(base_url=vendor.url, password=SecretStr(WRONG_KEY))
        with pytest.raises(AuthenticationFailed):
            runner.run(riminder.list_sources())
        attempt(runner, riminder.list_sources(), said)
    check(said, caplog)
