"""The control surface of the emulator, and the ways to run it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.client import Emulator, EmulatorError
from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.emulator.vitay.records import PASSWORD, RECRUITER_EMAIL, RECRUITER_ID
from airflow_talent.emulator.world import Refused, Vendor, World

DAY = 24 * 3600


def raw(emulator: Emulator, method: str, path: str, **more: Any) -> httpx.Response:
    return httpx.request(method, f"{emulator.url}/_emulator/{path}", trust_env=False, **more)


def test_a_reset_brings_back_the_first_records_settings_and_clock(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"shape": "literal"}, world={"ids": "counted"})
    talent_emulator.advance(DAY)
    talent_emulator.fault("vitay", None, "", "status", times=None)
    talent_emulator.webhook("vitay", "http://127.0.0.1:9/")
    before = raw(talent_emulator, "GET", "settings").json()

    assert raw(talent_emulator, "POST", "reset", json={}).json() == {}

    after = raw(talent_emulator, "GET", "settings").json()
    assert before["vitay"]["shape"] == "literal"
    assert after["vitay"]["shape"] == "plain"
    assert after["world"] == {"ids": "random"}
    assert raw(talent_emulator, "GET", "faults").json() == {"faults": []}
    assert talent_emulator.requests() == talent_emulator.outbox() == []
    assert talent_emulator.records()["vitay"]["Candidates"] == []
    now = datetime.fromisoformat(raw(talent_emulator, "GET", "clock").json()["now"])
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_reset_ends_what_people_had_in_mind(recruiter: Any, talent_emulator: Emulator) -> None:
    recruiter.request_references(recruiter.create_candidate())
    talent_emulator.reset()

    talent_emulator.advance(30 * DAY)

    assert talent_emulator.outbox() == []


def test_a_reset_ends_old_tokens(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.reset()

    assert recruiter.ask("GET", "/v1/users/me").status_code == 401


def test_settings_are_patched_and_all_of_them_answered(talent_emulator: Emulator) -> None:
    first = talent_emulator.settings(vitay={"delay": 1.5})
    second = talent_emulator.settings(vitay={"auto": False}, slack={})

    assert first["vitay"]["delay"] == second["vitay"]["delay"] == 1.5
    assert {"world", "vitay", "slack"} <= second.keys()


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"vitay": {"shpae": "literal"}}, "vitay has no setting 'shpae'; it has auto, delay"),
        ({"vitay": {"shape": "round"}}, "setting 'shape' of vitay"),
        ({"vitay": {"delay": -1}}, "setting 'delay' of vitay"),
        ({"vitae": {}}, "no vendor 'vitae'; there are world, vitay"),
        ({"vitay": True}, "the settings of vitay are not a JSON object"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_changed(
    talent_emulator: Emulator, patch: dict[str, Any], why: str
) -> None:
    answer = raw(talent_emulator, "POST", "settings", json={"world": {"ids": "counted"}, **patch})

    assert answer.status_code == 400
    assert why in answer.json()["error"]
    assert talent_emulator.settings()["world"]["ids"] == "random"


def test_the_clock_runs_on_from_where_it_was_set(talent_emulator: Emulator) -> None:
    talent_emulator.set_clock("2031-05-04T12:00:00+02:00")

    first = raw(talent_emulator, "GET", "clock").json()["now"]
    time.sleep(0.01)
    second = raw(talent_emulator, "GET", "clock").json()["now"]
    third = talent_emulator.advance(3600)

    assert first.startswith("2031-05-04T10:00:0")
    assert first < second
    assert third.startswith("2031-05-04T11:00:0")


def test_the_clock_goes_back_too(talent_emulator: Emulator) -> None:
    assert talent_emulator.set_clock("2001-01-01").startswith("2001-01-01T00:00:0")


@pytest.mark.parametrize(
    "body",
    [{}, {"advance": "1"}, {"advance": -1}, {"now": "soon"}, {"now": 5}, [1], "text", None],
)
def test_a_clock_that_cannot_be_set_so_is_400(talent_emulator: Emulator, body: object) -> None:
    answer = raw(talent_emulator, "POST", "clock", content=json.dumps(body))

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_requests_are_kept_without_anything_secret_or_personal(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    recruiter.ask("GET", "/v3/oauth/reset", email=RECRUITER_EMAIL)

    answer = raw(talent_emulator, "GET", "requests", params={"vendor": "vitay"}).json()

    assert answer["count"] == len(answer["requests"]) == 2
    login, reset = answer["requests"]
    assert login.keys() == {"at", "vendor", "method", "path", "status"}
    assert (login["method"], login["path"], login["status"]) == ("POST", "/v3/oauth/login", 200)
    assert (reset["method"], reset["path"], reset["status"]) == ("GET", "/v3/oauth/reset", 200)
    assert RECRUITER_EMAIL not in json.dumps(answer)
    assert PASSWORD not in json.dumps(answer)


def test_requests_and_outbox_are_told_by_vendor(recruiter: Any, talent_emulator: Emulator) -> None:
    recruiter.create_reference(recruiter.create_candidate())

    assert len(talent_emulator.requests()) == len(talent_emulator.requests("vitay")) == 3
    assert talent_emulator.requests("slack") == talent_emulator.outbox("slack") == []
    [mail] = talent_emulator.outbox("vitay")
    assert mail.keys() == {"at", "vendor", "kind", "to", "subject", "record_id"}


def test_control_requests_are_not_counted(talent_emulator: Emulator) -> None:
    talent_emulator.settings(vitay={})
    raw(talent_emulator, "GET", "nonsense")

    assert talent_emulator.requests() == []


def test_an_unknown_control_path_is_404_in_json(talent_emulator: Emulator) -> None:
    answer = raw(talent_emulator, "GET", "nonsense")

    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


def test_an_act_on_an_unknown_record_says_so(talent_emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match=r"404.*no record with the id nobody"):
        talent_emulator.act("vitay/references/nobody/fill")


def test_an_act_with_a_body_that_is_not_json_is_400(talent_emulator: Emulator) -> None:
    assert raw(talent_emulator, "POST", "vitay/seed", content=b"{").status_code == 400
    assert raw(talent_emulator, "POST", "vitay/seed", json={"references": "x"}).status_code == 400


@pytest.mark.parametrize(
    "people",
    [
        "Bo",
        [{"first_name": "Bo"}],
        [{"first_name": "Bo", "last_name": "Lee", "email": "nowhere"}],
        ["Bo"],
    ],
)
def test_a_list_of_people_is_checked_as_the_form_does(
    recruiter: Any, talent_emulator: Emulator, people: object
) -> None:
    request = recruiter.request_references(recruiter.create_candidate())
    path = f"vitay/reference_requests/{request}/submit"

    answer = raw(talent_emulator, "POST", path, json={"references": people})

    assert answer.status_code in (400, 422)
    assert answer.json()["error"]
    assert recruiter.request(request)["filled"] is False


@pytest.mark.parametrize(
    "body",
    [{}, {"vendor": "vitay"}, {"vendor": "x", "url": None}, {"vendor": "vitay", "url": "ftp://x"}],
)
def test_a_webhook_that_cannot_be_posted_to_is_400(talent_emulator: Emulator, body: Any) -> None:
    assert raw(talent_emulator, "POST", "webhooks", json=body).status_code == 400


def test_records_are_tables_of_rows(recruiter: Any, talent_emulator: Emulator) -> None:
    candidate = recruiter.create_candidate()
    reference = recruiter.create_reference(candidate)

    tables = talent_emulator.records()["vitay"]

    assert [row["id"] for row in tables["Candidates"]] == [candidate]
    [row] = tables["References"]
    assert (row["id"], row["state"]) == (reference, "waiting")


def test_counted_ids_can_be_known_beforehand(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.settings(world={"ids": "counted"})

    assert recruiter.create_candidate() == "00000000-0000-4000-8000-000000000001"


def test_the_environment_points_airflow_and_the_bot_at_the_emulator(
    talent_emulator: Emulator,
) -> None:
    environment = talent_emulator.environment()

    connection = json.loads(environment["AIRFLOW_CONN_VITAY_DEFAULT"])
    assert connection == {
        "conn_type": "vitay",
        "host": f"{talent_emulator.url}/vitay/api",
        "login": RECRUITER_EMAIL,
        "password": PASSWORD,
        "extra": {"max_requests_per_second": 50},
    }
    assert environment["SLACK_API_URL"] == f"{talent_emulator.url}/slack/api/"
    assert environment["TALENT_SLACK_TEAMS"] == "T0EMULATOR"
    assert {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"} <= environment.keys()
    assert all(isinstance(value, str) for value in environment.values())


def test_a_server_serves_while_its_block_lasts_and_frees_its_port() -> None:
    with EmulatorServer() as first:
        port = int(first.url.rpartition(":")[2])
        assert httpx.get(f"{first.url}/vitay/api/v3/ping").text == "Pong"
        assert [request.path for request in first.world.requests] == ["/v3/ping"]
        assert first.environment() == Emulator(first.url).environment()

    with EmulatorServer(port) as second:
        assert second.url == first.url


def test_two_servers_do_not_know_each_other() -> None:
    with EmulatorServer() as first, EmulatorServer() as second:
        Emulator(first.url).act("vitay/seed", references=2)

        assert Emulator(second.url).records()["vitay"]["Candidates"] == []


def test_a_taken_port_is_said_at_once() -> None:
    with EmulatorServer() as first, pytest.raises(OSError, match="in use"):
        EmulatorServer(int(first.url.rpartition(":")[2]))


def test_the_plugin_costs_other_peoples_test_runs_nothing() -> None:
    heavy = ["starlette", "uvicorn", "httpx", "pydantic", "airflow", "fpdf", "jinja2"]
    program = (
        "import sys, airflow_talent.emulator.pytest_plugin;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout.decode().strip() == "[]"


def test_plans_happen_in_order_each_at_its_moment_and_may_make_plans() -> None:
    world = World()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    world.move_to(start)
    happened: list[tuple[str, int]] = []

    def note(name: str) -> None:
        happened.append((name, round((world.now() - start).total_seconds())))

    def later() -> None:
        note("first")
        world.plan_after(60, lambda: note("made by the first"))

    world.plan(start + timedelta(seconds=200), lambda: note("last"))
    world.plan(start + timedelta(seconds=100), later)
    world.advance(300)

    assert happened == [("first", 100), ("made by the first", 160), ("last", 200)]


def test_a_person_who_is_refused_lets_it_be() -> None:
    world = World()
    happened: list[str] = []

    def ask_too_much() -> None:
        raise Refused(422, "No")

    world.plan_after(1, ask_too_much)
    world.plan_after(2, lambda: happened.append("the next"))
    world.advance(3)

    assert happened == ["the next"]


def test_a_new_vendor_needs_a_name_a_prefix_and_its_routes() -> None:
    class Quiet(Vendor):
        name = "quiet"
        prefix = "/quiet"

    world = World([Quiet])

    assert world.vendors["quiet"].records() == {}
    with pytest.raises(NotImplementedError):
        world.vendors["quiet"].routes()


def test_old_records_belong_to_the_plain_recruiter(root: Any, talent_emulator: Emulator) -> None:
    talent_emulator.act("vitay/seed", references=2)

    reference = root.get("/v2/references")[0]["attributes"]

    assert reference["requested_by_id"] == RECRUITER_ID
    assert reference["filled"] is False


def test_in_the_foreground_it_serves_until_somebody_interrupts_it() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = f"from airflow_talent.emulator.server import serve; serve({port})"
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/vitay/api/v3/ping").text == "Pong"
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _out, complaints = process.communicate(timeout=10)
    finally:
        process.kill()

    assert (process.returncode, complaints) == (0, b"")
