"""A Vitay client, blocking or awaiting, and an emulated Vitay with a few records."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import tenacity

from airflow_talent.clients import runners
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.vitay.records import PASSWORD, QUESTION_SET_ID, ROOT_EMAIL
from airflow_talent.tests.clients.adapters import RUNNERS, Records

NewRunner = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_login_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed logins of one test are no concern of another."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_none())


@pytest.fixture
def settings(talent_emulator: Emulator) -> VitaySettings:
    """Settings of a root recruiter at the emulator."""
    return VitaySettings(
        base_url=f"{talent_emulator.url}/vitay/api",
        login=ROOT_EMAIL,
        password=PASSWORD,
        max_requests_per_second=None,
    )


@pytest.fixture(params=RUNNERS)
def new_runner(request: pytest.FixtureRequest, settings: VitaySettings) -> Iterator[NewRunner]:
    """Makes runners; keyword arguments change the settings, without their bounds."""
    made: list[Any] = []

    def make(**changes: Any) -> Any:
        made.append(RUNNERS[request.param](VitayApi(settings.model_copy(update=changes))))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def runner(new_runner: NewRunner) -> Any:
    """A root recruiter's runner: once the blocking one, once the awaiting one."""
    return new_runner()


@pytest.fixture
def records(talent_emulator: Emulator) -> Records:
    """A candidate with an open request, an open reference and a filled one; made without us."""
    url = f"{talent_emulator.url}/vitay/api"
    with httpx.Client(base_url=url, trust_env=False, verify=False) as http:

        def post(path: str, body: Any) -> Any:
            answer = http.post(path, json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()["data"]

        session = post("/v3/oauth/login", {"email": ROOT_EMAIL, "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {session['attributes']['token']}"
        ada = {
            "first_name": "Ada",
            "last_name": "Ray",
            "email": "ada@x.test",
            "internal_id": "ATS-7",
            "notes": "private",
            "country_code": "1",
            "phone": "5145550100",
        }
        candidate = post("/v3/candidates", {"data": {"attributes": ada}})["id"]
        links = {
            "candidate": {"type": "Candidate", "id": candidate},
            "question_set": {"type": "QuestionSet", "id": QUESTION_SET_ID},
        }
        asked = {"notes": "Two, please", "min_manager_references": "2"}
        request = post(
            "/v1/public/reference_requests",
            {"data": {"attributes": asked, "relationships": links}},
        )["id"]
        bo, cy = (
            post("/v2/references", {"data": {"attributes": person, "relationships": links}})["id"]
            for person in (
                {"first_name": "Bo", "last_name": "Lee", "email": "bo@y.test"},
                {"first_name": "Cy", "last_name": "Moe", "email": "cy@y.test"},
            )
        )
    answers = talent_emulator.act(
        f"vitay/references/{cy}/fill", answers=["Manager", "5", "4", "Yes", "Coffee"]
    )["answers"]
    return Records(candidate, request, bo, cy, answers[1]["id"])
