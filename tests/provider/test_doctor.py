"""What the doctor finds wrong with the Slack app, and that it changes nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.commands.doctor import look_at_airflow
from airflow_talent.provider.commands.doctor_slack import (
    Slack,
    connect,
    look_at_clock,
    look_at_slack,
    look_at_users_file,
)
from airflow_talent.provider.commands.doctor_workflows import (
    RIGHTS,
    look_at_permissions,
    look_at_workflow,
)
from airflow_talent.provider.commands.findings import Finding
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.slackbot.manifest import SCOPES


@pytest.fixture
def environment(talent_emulator: Emulator) -> dict[str, str]:
    talent_emulator.settings(slack={"scopes": list(SCOPES)})
    return talent_emulator.environment()


@pytest.fixture
def slack(environment: dict[str, str]) -> Slack:
    slack = connect(environment)
    assert slack
    return slack


def dag(*tags: str, **params: Any) -> dict[str, Any]:
    """A DAG as Airflow tells of it."""
    return {"dag_id": "hire", "tags": [{"name": tag} for tag in tags], "params": params}


def said(findings: Iterator[Finding]) -> list[str]:
    return [f"{found.state}: {found.text}" for found in findings]


def test_a_workflow_with_tags_that_match_is_not_spoken_of(slack: Slack) -> None:
    tags = ("slack", "slack-channel:C0HIRING", "slack-group:S0RECRUITERS", "slack-user:U0LEAD")

    assert said(look_at_workflow(slack, dag(*tags, name={"value": "", "schema": {}}))) == []


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("slack-chanel:C0HIRING", "broken: its tag slack-chanel:C0HIRING is unknown"),
        ("slack-channel:C0GONE", "broken: its tag slack-channel:C0GONE names no channel that the"),
        (
            "slack-channel:#hiring",
            "broken: its tag slack-channel:#hiring holds no id such as C01",
        ),
        ("slack-report:C0RANDOM", "warning: its tag slack-report:C0RANDOM names a channel where"),
        ("slack-group:S0GONE", "broken: its tag slack-group:S0GONE names no user group, or a"),
        ("slack-approver-group:S0EMPTY", "broken: its tag slack-approver-group:S0EMPTY names a"),
        ("slack-user:U0GONE", "broken: its tag slack-user:U0GONE names nobody"),
        ("slack-user:U0GUEST", "warning: its tag slack-user:U0GUEST names a guest"),
        ("slack-channel:C0OLD", "broken: its tag slack-channel:C0OLD names an archived channel"),
    ],
)
def test_a_tag_that_matches_nothing_is_found(
    slack: Slack, talent_emulator: Emulator, tag: str, found: str
) -> None:
    talent_emulator.act("slack/groups", id="S0EMPTY", users=[])
    talent_emulator.act("slack/channels", id="C0OLD", is_archived=True)

    (line,) = said(look_at_workflow(slack, dag("slack", tag)))

    assert line.startswith(found)


def test_tags_without_the_one_that_makes_a_workflow_are_found() -> None:
    (line,) = said(look_at_workflow(None, dag("slack-user:U0LEAD")))

    assert line == "warning: its tags do nothing without slack; add that one"


def test_what_slack_does_not_answer_is_not_called_wrong(
    slack: Slack, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("slack", None, "users.info", "status", code=500, times=None)

    (line,) = said(look_at_workflow(slack, dag("slack", "slack-user:U0LEAD")))

    assert line.startswith("warning: its tag slack-user:U0LEAD could not be checked")


@pytest.mark.parametrize(
    ("param", "found"),
    [
        (
            {"value": None, "schema": {"type": "string", "format": "password"}},
            ["broken: its param key is a secret, which nobody should type in Slack, so no form"],
        ),
        (
            {"value": "abc", "schema": {"type": "string", "format": "password"}},
            ["warning: its param key is a secret, which nobody should type in Slack; its default"],
        ),
        ({"value": 1, "schema": {"const": 1}}, []),
        ({"value": None, "schema": {"type": "string"}}, []),
    ],
)
def test_a_param_that_no_form_can_show_is_found(param: dict[str, Any], found: list[str]) -> None:
    lines = said(look_at_workflow(None, dag("slack", key=param)))

    assert len(lines) == len(found)
    assert all(line.startswith(start) for line, start in zip(lines, found, strict=True))


def test_scopes_that_lack_and_scopes_that_nobody_needs_are_found(
    environment: dict[str, str], talent_emulator: Emulator
) -> None:
    scopes = [*(scope for scope in SCOPES if scope != "chat:write"), "reactions:write"]
    talent_emulator.settings(slack={"scopes": scopes})

    lines = said(look_at_slack(environment))

    assert any(line.startswith("broken: lacks chat:write; bring the app up to") for line in lines)
    assert any(line.startswith("warning: has reactions:write, which the bot") for line in lines)


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, None), (-20, None), (60, "warning"), (-400, "broken")]
)
def test_a_clock_that_differs_from_slacks_is_found(seconds: int, state: str | None) -> None:
    now = time.time()

    found = [finding.state for finding in look_at_clock(formatdate(now - seconds), now)]

    assert found == ([state] if state else [])


@pytest.mark.parametrize("header", [None, "", "yesterday"])
def test_an_answer_without_a_date_says_nothing_of_the_clock(header: str | None) -> None:
    assert list(look_at_clock(header, time.time())) == []


@pytest.fixture
def strict_airflow() -> Iterator[str]:
    """Lets everybody read and nobody write; only `lead` may log in."""

    async def answer(request: Request) -> JSONResponse:
        if request.url.path == "/auth/token":
            known = (await request.json())["username"] == "lead"
            return JSONResponse({"access_token": "t"}, 201 if known else 401)
        return JSONResponse({"dags": []}, 200 if request.method == "GET" else 403)

    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PATCH"])])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_what_the_login_may_not_is_found(strict_airflow: str) -> None:
    api = AirflowApi(strict_airflow, username="lead")

    lines = said(look_at_permissions(api, "hire"))

    assert lines[0] == (
        "broken: the bot's login may not start runs, so nobody can start anything;"
        " give it the role User"
    )
    assert len(lines) == len(RIGHTS)


def test_wrong_entries_of_the_users_file_are_found(
    environment: dict[str, str], strict_airflow: str, tmp_path: Path
) -> None:
    file = tmp_path / "users.toml"
    file.write_text(
        '[U0LEAD]\nusername = "lead"\npassword = "secret-1"\n'
        '[U0GONE]\nusername = "gone"\npassword = "secret-2"\n'
    )
    file.chmod(0o600)

    lines = said(
        look_at_users_file(
            {
                **environment,
                "TALENT_AIRFLOW_URL": strict_airflow,
                "TALENT_AIRFLOW_USERS_FILE": str(file),
            }
        )
    )

    assert lines[0] == "works: has 2 people with a login of their own"
    assert "[U0GONE]: Airflow at" in lines[1]
    assert lines[2].startswith("broken: [U0GONE] names nobody")
    assert len(lines) == 3
    assert "secret-" not in "".join(lines)


def test_a_users_file_that_others_can_read_is_found(
    environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "users.toml"
    file.write_text("")
    file.chmod(0o644)

    (line,) = said(
        look_at_users_file(
            {
                **environment,
                "TALENT_AIRFLOW_URL": "http://127.0.0.1:9",
                "TALENT_AIRFLOW_USERS_FILE": str(file),
            }
        )
    )

    assert line.startswith("broken: TALENT_AIRFLOW_USERS_FILE can be read or changed by others")


@pytest.mark.parametrize(
    "url",
    [
        "https://ops:planted@airflow.example",
        "https://:planted@airflow.example",
        "https://planted@airflow.example",
        "https://airflow.example/?key=planted",
        "planted.example",
        "http://[planted",
    ],
)
def test_an_address_that_the_app_would_not_take_is_not_repeated(url: str, tmp_path: Path) -> None:
    file = tmp_path / "users.toml"
    file.write_text('[U0LEAD]\nusername = "lead"\npassword = "secret"\n')
    file.chmod(0o600)
    environment = {"TALENT_AIRFLOW_URL": url, "TALENT_AIRFLOW_USERS_FILE": str(file)}

    findings = [*look_at_airflow(environment), *look_at_users_file(environment)]

    assert [(found.state, found.subject) for found in findings] == [
        ("broken", "TALENT_AIRFLOW_URL")
    ]
    assert "planted" not in findings[0].text


def test_a_token_file_that_cannot_be_read_is_told_from_an_airflow_that_is_away(
    tmp_path: Path,
) -> None:
    file = tmp_path / "token"
    environment = {
        "TALENT_AIRFLOW_URL": "http://127.0.0.1:9",
        "TALENT_AIRFLOW_TOKEN_FILE": str(file),
    }

    (missing,) = look_at_airflow(environment)
    file.write_text("token")
    (away,) = look_at_airflow(environment)

    assert missing.subject == "TALENT_AIRFLOW_TOKEN_FILE"
    assert "cannot be read (FileNotFoundError)" in missing.text
    assert (away.subject, away.text) == (
        "Airflow",
        "http://127.0.0.1:9 does not answer (ConnectError)",
    )


def test_asking_a_real_airflow_what_the_bot_may_starts_nothing(
    airflow: LocalAirflow, tmp_path: Path
) -> None:
    file = tmp_path / "doctored.py"
    file.write_text("from airflow.sdk import DAG\nd = DAG('doctored', tags=['slack'])\n")
    airflow.add_dags(file)
    airflow.wait_for_dag("doctored")

    assert said(look_at_permissions(airflow.api, "doctored")) == []

    assert airflow.api.get("/dags/doctored/dagRuns")["dag_runs"] == []
    (airflow.dags_folder / file.name).unlink()
