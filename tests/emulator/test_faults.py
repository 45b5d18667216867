"""Faults happen at the socket: a client sees what it would see in earnest."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.app import create_app
from airflow_talent.emulator.client import Emulator, EmulatorError
from airflow_talent.emulator.vitay.records import RECRUITER_EMAIL

CANDIDATES = r"^/v3/candidates$"
PERSON = {"first_name": "Ada", "last_name": "Ray", "email": "ada@x.test"}
BODY = {"data": {"attributes": PERSON}}


def candidates_of(user: Any) -> int:
    return len(user.get("/v3/candidates"))


def statuses(emulator: Emulator, method: str) -> list[int | None]:
    return [
        request["status"]
        for request in emulator.requests("vitay")
        if request["path"] == "/v3/candidates" and request["method"] == method
    ]


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        ("refuse", httpx.ReadError, 0),
        ("drop_before", httpx.RemoteProtocolError, 0),
        ("drop_after", httpx.RemoteProtocolError, 1),
        ("cut_body", httpx.RemoteProtocolError, 1),
    ],
)
def test_a_broken_connection_shows_as_one_and_its_effect_is_as_told(
    recruiter: Any,
    talent_emulator: Emulator,
    fault: str,
    error: type[Exception],
    made: int,
) -> None:
    talent_emulator.fault("vitay", "POST", CANDIDATES, fault)

    with pytest.raises(error):
        recruiter.ask("POST", "/v3/candidates", BODY)

    assert candidates_of(recruiter) == made
    assert statuses(talent_emulator, "POST") == [200 if fault == "cut_body" else None]


def test_refuse_resets_the_connection(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.fault("vitay", "GET", CANDIDATES, "refuse")

    with pytest.raises(httpx.ReadError, match="reset"):
        recruiter.ask("GET", "/v3/candidates")


def test_a_cut_body_announces_more_than_it_sends(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.fault("vitay", "GET", CANDIDATES, "cut_body")

    with recruiter.http.stream("GET", "/v3/candidates") as answer:
        assert answer.status_code == 200
        announced = int(answer.headers["content-length"])
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()

    assert 0 < answer.num_bytes_downloaded < announced


def test_a_status_comes_in_the_vendors_form_with_retry_after(
    recruiter: Any, told: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", "POST", CANDIDATES, "status", code=429, retry_after=7)

    answer = recruiter.ask("POST", "/v3/candidates", BODY)

    assert told(answer)[:2] == (429, "too_many_requests")
    assert answer.headers["retry-after"] == "7"
    assert candidates_of(recruiter) == 0


def test_a_proxy_answers_with_a_page(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.fault("vitay", "POST", CANDIDATES, "html")

    answer = recruiter.ask("POST", "/v3/candidates", BODY)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!doctype html>")
    assert candidates_of(recruiter) == 0


def test_an_answer_may_have_the_wrong_shape(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.fault("vitay", "GET", CANDIDATES, "wrong_shape")

    answer = recruiter.ask("GET", "/v3/candidates")

    assert answer.status_code == 200
    assert "data" not in answer.json()


def test_an_expired_token_is_401_until_the_next_login(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", "GET", CANDIDATES, "expire_token")

    expired = recruiter.ask("GET", "/v3/candidates")
    still_expired = recruiter.ask("GET", "/v3/candidates")
    recruiter.log_in(RECRUITER_EMAIL)

    assert expired.status_code == still_expired.status_code == 401
    assert recruiter.ask("GET", "/v3/candidates").status_code == 200


def test_a_stall_ends_when_the_caller_leaves_without_any_effect(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", "POST", CANDIDATES, "stall")

    with pytest.raises(httpx.ReadTimeout):
        recruiter.http.post("/v3/candidates", json=BODY, timeout=0.1)

    assert candidates_of(recruiter) == 0


def test_whoever_waits_a_stall_out_is_served(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.fault("vitay", "POST", CANDIDATES, "stall", seconds=0.1)

    began = time.monotonic()
    answer = recruiter.ask("POST", "/v3/candidates", BODY)

    assert answer.status_code == 200
    assert time.monotonic() - began >= 0.1
    assert candidates_of(recruiter) == 1


def test_a_stalled_request_holds_up_nobody_else(
    recruiter: Any, talent_emulator: Emulator, new_vitay_user: Callable[..., Any]
) -> None:
    other = new_vitay_user()
    talent_emulator.fault("vitay", "GET", CANDIDATES, "stall")
    with ThreadPoolExecutor() as pool:
        stalled = pool.submit(recruiter.http.get, "/v3/candidates", timeout=0.5)
        while statuses(talent_emulator, "GET") != [None]:
            time.sleep(0.01)

        assert other.ask("GET", "/v3/ping").text == "Pong"
        assert not stalled.done()
        with pytest.raises(httpx.ReadTimeout):
            stalled.result()


def test_latency_delays_each_answer_but_not_the_effect(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"latency": 0.2})

    with pytest.raises(httpx.ReadTimeout):
        recruiter.http.post("/v3/candidates", json=BODY, timeout=0.05)

    talent_emulator.settings(vitay={"latency": 0})
    deadline = time.monotonic() + 5
    while candidates_of(recruiter) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_fault_happens_as_often_as_asked(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.fault("vitay", "GET", CANDIDATES, "status", times=2)

    got = [recruiter.ask("GET", "/v3/candidates").status_code for _ in range(3)]

    assert got == [503, 503, 200]


def test_a_fault_for_ever_lasts_until_it_is_cleared(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", None, "", "status", times=None, code=500)
    got = [recruiter.ask("GET", path).status_code for path in ("/v3/candidates", "/v3/ping") * 3]

    talent_emulator.clear_faults()

    assert got == [500] * 6
    assert recruiter.ask("GET", "/v3/ping").status_code == 200


def test_faults_that_fit_the_same_request_are_taken_in_the_order_they_were_set(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", "get", CANDIDATES, "status", code=500)
    talent_emulator.fault("vitay", "GET", "candidates", "status", code=502)

    got = [recruiter.ask("GET", "/v3/candidates").status_code for _ in range(3)]

    assert got == [500, 502, 200]


def test_a_fault_leaves_other_requests_alone(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.fault("vitay", "POST", CANDIDATES, "status")
    talent_emulator.fault("slack", None, "", "status")

    assert recruiter.ask("GET", "/v3/candidates").status_code == 200
    assert recruiter.ask("GET", "/v3/candidates/1").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"fault": "explode"}, "fault: "),
        ({"path": "("}, "not a regular expression"),
        ({"times": 0}, "times: "),
        ({"code": 99}, "between 200 and 599"),
        ({"vendor": "linkedin"}, "no vendor 'linkedin'"),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    talent_emulator: Emulator, wrong: dict[str, Any], why: str
) -> None:
    fault = {"vendor": "vitay", "method": "GET", "path": CANDIDATES, "fault": "status", **wrong}

    with pytest.raises(EmulatorError, match="400") as raised:
        talent_emulator.fault(**fault)

    assert why in str(raised.value)


async def test_a_fault_at_the_socket_says_that_it_needs_a_socket() -> None:
    transport = httpx.ASGITransport(create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://emulator") as client:
        fault = {"vendor": "vitay", "path": "ping", "fault": "drop_after"}
        await client.post("/_emulator/faults", json=fault)

        with pytest.raises(RuntimeError, match="needs a real EmulatorServer"):
            await client.get("/vitay/api/v3/ping")
