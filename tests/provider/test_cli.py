"""The command ``talent``, typed as people type it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.provider.processes import neutral_environment
from airflow_talent.tests.provider.watching import started_in, wait_until

TALENT = Path(sys.executable).with_name("talent")

Talent = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow home that nobody has set up."""
    return tmp_path_factory.mktemp("cli")


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {**neutral_environment(), "AIRFLOW_HOME": str(home), "COLUMNS": "200"}


@pytest.fixture
def connected(environment: dict[str, str], talent_emulator: Emulator) -> dict[str, str]:
    return {**environment, **talent_emulator.environment()}


@pytest.fixture
def talent(environment: dict[str, str]) -> Talent:
    """Types a command; nothing it prints on failure is a traceback."""

    def talent(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [TALENT, *arguments],
            env={**environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return talent


def test_help_is_there_at_once() -> None:
    program = (
        "import sys; import airflow_talent.provider.cli; "
        "print({'airflow', 'httpx', 'pydantic', 'starlette', 'slack_sdk'} & sys.modules.keys())"
    )

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert loaded.stdout.strip() == "set()"


def test_without_a_command_help_is_shown(talent: Talent) -> None:
    done = talent()

    for command in ("demo", "emulator", "bot", "calls", "call", "manifest", "doctor"):
        assert command in done.stdout


def test_an_unknown_command_is_wrong_usage(talent: Talent) -> None:
    assert talent("dance").returncode == 2


def test_calls_lists_every_call_of_a_vendor(talent: Talent) -> None:
    listed: list[dict[str, Any]] = json.loads(talent("calls", "--vendor", "vitay", "--json").stdout)

    assert len(listed) == 55
    assert set(listed[0]) == {"vendor", "name", "method", "path", "effect", "doc"}
    assert all(call["doc"] for call in listed)


def test_calls_prints_a_table_for_people(talent: Talent) -> None:
    table = talent("calls").stdout

    assert "vitay remind_reference " in table
    assert "message" in table


def test_an_unknown_vendor_is_wrong_usage(talent: Talent) -> None:
    done = talent("calls", "--vendor", "nobody")

    assert done.returncode == 2
    assert "vitay" in done.stderr


def test_call_makes_a_call_and_prints_its_result(talent: Talent, connected: dict[str, str]) -> None:
    person = ("email=ada@people.test", "first_name=Ada", "last_name=Ray")
    made = json.loads(talent("call", "vitay", "create_candidate", *person, **connected).stdout)

    shown = json.loads(talent("call", "vitay", "show_candidate", made["id"], **connected).stdout)

    assert shown["email"] == "ada@people.test"


def test_a_dry_run_sends_nothing(talent: Talent, talent_emulator: Emulator) -> None:
    done = talent("call", "vitay", "submit_answers", "r-1", 'answers=["good", "4"]', "--dry-run")

    assert done.returncode == 0
    assert "POST /v1/public/references" in done.stdout
    assert '"good"' in done.stdout
    assert talent_emulator.requests("vitay") == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["dance"], "no call 'dance'"),
        (["show_candidate"], "candidate_id=…"),
        (["show_candidate", "c-1", "c-2"], "too many values"),
        (["show_candidate", "c-1", "candidate_id=c-1"], "too many values, or one of them twice"),
        (["list_candidates", "page=first"], "page: Input should be a valid integer"),
        (["replace_hiring_firm_logo", "content=@nowhere.png"], "cannot read the file"),
        (["delete_candidate", "c-1"], "--allow-effect delete"),
        (["delete_candidate", "c-1", "--allow-effect", "write"], "--allow-effect delete"),
    ],
)
def test_a_call_that_cannot_be_meant_is_wrong_usage(
    talent: Talent,
    connected: dict[str, str],
    talent_emulator: Emulator,
    arguments: list[str],
    told: str,
) -> None:
    done = talent("call", "vitay", *arguments, **connected)

    assert done.returncode == 2
    assert told in done.stderr
    assert talent_emulator.requests("vitay") == []


def test_a_call_that_the_vendor_refuses_fails_with_one_sentence(
    talent: Talent, connected: dict[str, str]
) -> None:
    done = talent("call", "vitay", "show_candidate", "c-404", **connected)

    assert done.returncode == 1
    assert "c-404" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_connection_that_is_not_there_is_named(talent: Talent) -> None:
    done = talent("call", "vitay", "ping", "--conn-id", "vitay_nowhere")

    assert done.returncode == 1
    assert "AIRFLOW_CONN_VITAY_NOWHERE" in done.stderr


def test_a_file_is_written_as_it_is(
    connected: dict[str, str], talent_emulator: Emulator, talent: Talent
) -> None:
    person = ("email=bo@people.test", "first_name=Bo", "last_name=Lee")
    made = json.loads(talent("call", "vitay", "create_candidate", *person, **connected).stdout)

    done = subprocess.run(
        [TALENT, "call", "vitay", "download_document", "candidates", made["id"]],
        env=connected,
        capture_output=True,
        check=True,
    )

    assert done.stdout.startswith(b"%PDF-")


def test_manifest_prints_json_for_slack(talent: Talent) -> None:
    socket_mode = json.loads(talent("manifest").stdout)
    over_http = json.loads(talent("manifest", "--request-url", "https://bot.example/slack").stdout)

    assert socket_mode["settings"]["socket_mode_enabled"] is True
    assert over_http["settings"]["socket_mode_enabled"] is False


def test_the_bot_says_which_setting_is_missing(talent: Talent) -> None:
    done = talent("bot")

    assert done.returncode == 2
    assert "SLACK_BOT_TOKEN" in done.stderr


def test_the_emulator_serves_until_it_is_stopped(
    talent: Talent, environment: dict[str, str]
) -> None:
    port = free_port()
    emulator = subprocess.Popen(
        [TALENT, "emulator", "--port", str(port)], env=environment, stdout=subprocess.PIPE
    )
    exported = talent("emulator", "--port", str(port), "--print-env").stdout
    wait_until(lambda: answers(f"http://127.0.0.1:{port}/_emulator/clock"))

    pinged = subprocess.run(
        ["bash", "-c", f"{exported}\n{TALENT} call vitay ping"],
        env=environment,
        capture_output=True,
        text=True,
    )
    emulator.send_signal(signal.SIGINT)

    assert pinged.stdout == "Pong\n"
    assert emulator.wait(timeout=30) in (0, 130)


def test_an_emulator_on_a_taken_port_fails_with_one_sentence(talent: Talent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = talent("emulator", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 1
    assert "--port" in done.stderr
    assert done.stdout == ""


def test_the_doctor_finds_nothing_broken_where_nothing_is_set(
    talent: Talent, tmp_path: Path
) -> None:
    done = talent("doctor", AIRFLOW_HOME=str(tmp_path))

    assert done.returncode == 0
    assert all(line.startswith("not set") for line in done.stdout.splitlines())
    assert not (tmp_path / "airflow.db").exists()


def test_the_doctor_tries_everything_that_is_set(
    talent: Talent, connected: dict[str, str], airflow: LocalAirflow
) -> None:
    done = talent("doctor", **connected, **airflow.bot_environment)

    lines = done.stdout.splitlines()
    for subject in ("connection vitay_default", "Airflow", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        assert any(line.startswith(f"works    {subject}  ") for line in lines)
    # Workflows of other tests may be there, and some of them are wrong on purpose.
    broken = [line for line in lines if not line.startswith(("works", "warning", "not set"))]
    assert all(line.split(maxsplit=1)[1].startswith("workflow ") for line in broken if line)
    assert "warning  TALENT_FILE_ROOTS" in done.stdout
    assert airflow.password not in done.stdout


def test_the_doctor_finds_connections_in_airflows_database(
    talent: Talent, airflow: LocalAirflow, talent_emulator: Emulator
) -> None:
    fields = json.loads(talent_emulator.environment()["AIRFLOW_CONN_VITAY_DEFAULT"])
    fields["extra"] = json.dumps(fields["extra"])
    airflow.admin_api.post("/connections", {"connection_id": "vitay_stored", **fields})
    try:
        done = talent("doctor", **airflow.environment)
    finally:
        airflow.admin_api.request("DELETE", "/connections/vitay_stored")

    assert "works    connection vitay_stored" in done.stdout


@pytest.mark.parametrize(
    ("settings", "broken"),
    [
        (
            {
                "AIRFLOW_CONN_VITAY_DEFAULT": "vitay://nobody:wrong@127.0.0.1:1",
                "TALENT_AIRFLOW_URL": "http://127.0.0.1:1",
                "SLACK_BOT_TOKEN": "xoxb-wrong",
                "SLACK_APP_TOKEN": "xapp-wrong",
            },
            {"connection vitay_default", "Airflow", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"},
        ),
        (
            {
                "SLACK_API_URL": "http://127.0.0.1:1/",
                "SLACK_APP_TOKEN": "",
                "SLACK_SIGNING_SECRET": "",
            },
            {"SLACK_BOT_TOKEN", "Slack"},
        ),
    ],
    ids=["refused", "out of reach"],
)
def test_the_doctor_ends_with_1_when_something_is_broken(
    talent: Talent, connected: dict[str, str], settings: dict[str, str], broken: set[str]
) -> None:
    done = talent("doctor", **{**connected, **settings})

    assert done.returncode == 1
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    assert {line[1].strip() for line in lines if line[0].startswith("broken")} == broken


def test_the_doctor_sees_a_login_that_airflow_refuses(
    talent: Talent, airflow: LocalAirflow
) -> None:
    wrong = {**airflow.bot_environment, "TALENT_AIRFLOW_PASSWORD": "wr0ng-passw0rd"}

    done = talent("doctor", **wrong)

    assert done.returncode == 1
    assert "refused the account bot" in done.stdout
    assert "wr0ng" not in done.stdout


def test_the_doctor_warns_of_settings_that_will_hurt(
    talent: Talent, airflow: LocalAirflow, tmp_path: Path
) -> None:
    file = tmp_path / "few_at_once.py"
    file.write_text(
        "from airflow.sdk import DAG\n"
        "few = DAG('few_at_once', schedule=None, tags=['slack'], max_active_runs=16)\n"
    )
    airflow.add_dags(file)
    airflow.wait_for_dag("few_at_once")

    done = talent(
        "doctor",
        **airflow.bot_environment,
        AIRFLOW__TRIGGERER__CAPACITY="100",
        AIRFLOW__STATE_STORE__CLEAR_ON_SUCCESS="True",
    )

    (airflow.dags_folder / file.name).unlink()
    assert "warning  workflow few_at_once  max_active_runs is 16" in done.stdout
    assert "warning  [triggerer] capacity  is 100" in done.stdout
    assert "warning  [state_store] clear_on_success" in done.stdout


def test_a_stopped_demo_leaves_nothing_running(environment: dict[str, str], tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [TALENT, "demo"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout
    assert "emulated" in demo.stdout.readline()
    wait_until(lambda: started_in(tmp_path))

    demo.send_signal(signal.SIGINT)
    _, told = demo.communicate(timeout=60)

    assert demo.returncode == 130
    assert "Traceback" not in told
    wait_until(lambda: not started_in(tmp_path))


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
