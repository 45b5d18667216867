"""The emulated Rezi over plain HTTP: its documents, and what nobody has documented."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest

from airflow_talent.emulator.client import Emulator, EmulatorError
from airflow_talent.emulator.rezi.tokens import signing_key
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.operators.steps import eventually
from airflow_talent.tests.rezi.world import LIFETIME, MONTHLY, RESUME, USER, ReziWorld

KEY = "rezi-emulator-key"
BO = {"email": "Bo@People.test ", "uid": "hash-of-bo"}

UNKNOWN = [
    ("GET", "/user/nobody", "user-01"),
    ("GET", "/user/nobody/resumes", "user-01"),
    ("POST", "/user/nobody/resume", "user-01"),
    ("GET", "/resume/none", "resume-01"),
    ("GET", "/resume/none/download", "resume-01"),
    ("GET", "/resume/none/score", "resume-01"),
]

INCOMPLETE: list[tuple[str, dict[str, Any], str]] = [
    ("/user/token", {}, "request-01"),
    ("/user/token", {"email": "a@b.test"}, "request-01"),
    ("/user/token", {"email": "  ", "uid": "u"}, "request-01"),
    ("/user/token", {"email": 7, "uid": "u"}, "request-01"),
    ("/plan/upgrade", {"planId": MONTHLY}, "request-01"),
    ("/plan/upgrade", {"email": "demo.writer@people.test"}, "request-01"),
    ("/plan/upgrade", {"email": "demo.writer@people.test", "planId": "plan_free"}, "plan-01"),
    ("/plan/upgrade", {"email": "nobody@people.test", "planId": MONTHLY}, "plan-01"),
    (
        "/plan/upgrade",
        {"email": "demo.writer@people.test", "planId": MONTHLY, "aiTokenId": "none"},
        "plan-01",
    ),
    (f"/user/{USER}/resume", {"name": 7}, "request-01"),
    (f"/user/{USER}/resume", {"data": "text"}, "request-01"),
]


def told(answer: httpx.Response) -> tuple[int, str]:
    """HTTP status and the code inside the sentence, or the sentence where it has none."""
    body = answer.json()
    assert body["status"] == "error"
    sentence: str = body["errorCode"]
    _, has_code, rest = sentence.partition("error code: ")
    return answer.status_code, rest.partition(",")[0] if has_code else sentence


def payload(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body.pop("status") == "success"
    return body.get("data", body)


@pytest.mark.parametrize(("method", "path", "code"), UNKNOWN)
def test_an_unknown_id_is_told_as_the_mode_says(
    method: str, path: str, code: str, error_mode: str, http: httpx.Client
) -> None:
    body: Any = {} if method == "POST" else None
    status = 404 if error_mode == "endpoint" else 200
    assert told(http.request(method, path, json=body)) == (status, code)


@pytest.mark.parametrize(("path", "body", "code"), INCOMPLETE)
def test_what_is_missing_or_unknown_is_refused(
    path: str,
    body: dict[str, Any],
    code: str,
    error_mode: str,
    http: httpx.Client,
    world: ReziWorld,
) -> None:
    status = 400 if error_mode == "endpoint" else 200
    assert told(http.post(path, json=body)) == (status, code)
    assert world.charges() == []
    assert len(world.users()) == 1


def test_what_is_wrong_below_the_api_keeps_its_status(error_mode: str, http: httpx.Client) -> None:
    as_json = {"Content-Type": "application/json"}
    assert told(http.get("/plans"))[0] == 404
    refused = http.delete("/users")
    assert told(refused)[0] == 405
    assert "GET" in refused.headers["Allow"]
    assert told(http.post("/user/token", content=b"{", headers=as_json))[0] == 400
    assert told(http.post("/user/token", content=b"[]", headers=as_json))[0] == 400
    assert told(http.post("/user/token", content=b"x" * (1 << 20) + b"x"))[0] == 413
    assert told(http.post("/user/nobody/upgrade", json={"planId": MONTHLY}))[0] == 404


def test_a_body_that_is_not_called_json_is_refused(http: httpx.Client) -> None:
    assert told(http.post("/user/token", content=json.dumps(BO))) == (400, "request-01")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": f"Bearer {KEY}"}, 401),
        ({"Authentication": KEY}, 401),
        ({"Authentication": "Bearer wrong"}, 401),
        ({"Authentication": f"bEARER {KEY}"}, 200),
        ({"Authentication": f"Bearer {KEY}", "Authorization": "Bearer wrong"}, 200),
    ],
)
def test_only_the_printed_header_counts(
    headers: dict[str, str], status: int, http: httpx.Client
) -> None:
    del http.headers["Authentication"]
    assert http.get("/users", headers=headers).status_code == status


def test_other_headers_count_when_the_setting_says_so(http: httpx.Client, world: ReziWorld) -> None:
    world.set(accept_auth_headers=["authorization"])
    assert http.get("/users").status_code == 401
    assert http.get("/users", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200


def test_test_keys_have_records_of_their_own_and_cost_nothing(
    http: httpx.Client, world: ReziWorld
) -> None:
    http.headers["Authentication"] = "Bearer rezi-emulator-test-key"
    assert payload(http.get("/users")) == []
    payload(http.post("/user/token", json=BO))
    payload(http.post("/plan/upgrade", json={"email": BO["email"], "planId": MONTHLY}))
    assert world.charges() == []
    assert {user["keys"] for user in world.users()} == {"live", "test"}


def test_a_user_is_made_on_first_use_and_signed_in_ever_after(http: httpx.Client) -> None:
    first = payload(http.post("/user/token", json=BO))
    again = payload(http.post("/user/token", json={**BO, "email": "bo@people.test"}))

    assert first["userID"] == again["userID"]
    claims = jwt.decode(
        first["token"],
        signing_key().public_key(),
        algorithms=["RS256"],
        audience=jwt.decode(first["token"], options={"verify_signature": False})["aud"],
    )
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["uid"] == first["userID"]
    assert len(claims["uid"]) == 20
    assert claims["iss"] == claims["sub"]
    (user,) = (u for u in payload(http.get("/users")) if u["userID"] == first["userID"])
    assert user["email"] == "bo@people.test"
    assert "hash-of-bo" not in json.dumps(user)


def test_another_uid_is_refused_and_changes_nothing(http: httpx.Client) -> None:
    payload(http.post("/user/token", json=BO))
    assert told(http.post("/user/token", json={**BO, "uid": "other"})) == (401, "uid-01")
    payload(http.post("/user/token", json=BO))


def test_the_answer_may_leave_the_user_out(http: httpx.Client, world: ReziWorld) -> None:
    world.set(sends_user_id=False)
    assert payload(http.post("/user/token", json=BO)).keys() == {"token"}


def test_the_first_sign_in_may_take_long_and_makes_one_user(
    http: httpx.Client, world: ReziWorld
) -> None:
    world.set(first_sign_in_delay=0.2)
    began = time.monotonic()
    payload(http.post("/user/token", json=BO))
    assert time.monotonic() - began >= 0.2
    began = time.monotonic()
    payload(http.post("/user/token", json=BO))
    assert time.monotonic() - began < 0.2


def exchange(http: httpx.Client) -> str:
    return str(payload(http.get("/accessToken"))["access_token"])


def test_a_short_lived_token_works_until_it_is_over(http: httpx.Client, world: ReziWorld) -> None:
    token = exchange(http)
    http.headers["Authentication"] = f"Bearer {token}"
    assert http.get("/users").status_code == 200
    world.emulator.advance(899)
    assert http.get("/users").status_code == 200
    world.emulator.advance(2)
    assert told(http.get("/users")) == (401, "Jwt verification fails")


def test_a_short_lived_token_does_not_get_another(http: httpx.Client) -> None:
    http.headers["Authentication"] = f"Bearer {exchange(http)}"
    assert told(http.get("/accessToken")) == (401, "Jwt verification fails")


@pytest.mark.parametrize(
    ("unit", "read"),
    [
        ("duration", lambda value: value == 900),
        ("seconds", lambda value: abs(value - time.time() - 900) < 60),
        ("milliseconds", lambda value: abs(value / 1000 - time.time() - 900) < 60),
        ("iso", lambda value: datetime.fromisoformat(value) > datetime.now(UTC)),
    ],
)
def test_the_end_of_a_token_is_told_in_the_chosen_way(
    unit: str, read: Callable[[Any], bool], http: httpx.Client, world: ReziWorld
) -> None:
    world.set(expiry_field="expirationTime", expiry_unit=unit)
    assert read(payload(http.get("/accessToken"))["expirationTime"])
    world.set(expiry_field="none")
    assert payload(http.get("/accessToken")).keys() == {"access_token"}


def test_a_resume_is_made_shown_and_listed_newest_first(
    http: httpx.Client, world: ReziWorld
) -> None:
    world.emulator.advance(60)
    made = payload(http.post(f"/user/{USER}/resume", json={"name": "Second", "x": 1}))
    shown = payload(http.get(f"/resume/{made['resumeID']}"))
    listed = payload(http.get(f"/user/{USER}/resumes"))

    assert shown == made
    assert "x" not in made
    assert [resume["resumeID"] for resume in listed] == [made["resumeID"], RESUME]
    assert listed[0].keys() == {"resumeID", "name", "jobTitle", "updatedAt"}


def test_a_resume_is_downloaded_as_pdf_at_an_address_or_as_base64(
    http: httpx.Client, world: ReziWorld
) -> None:
    as_file = http.get(f"/resume/{RESUME}/download")
    assert as_file.headers["Content-Type"] == "application/pdf"
    assert as_file.headers["Content-Disposition"].startswith("attachment")
    assert as_file.content.startswith(b"%PDF-")

    world.set(download_mode="base64")
    encoded = payload(http.get(f"/resume/{RESUME}/download"))["file"]
    assert base64.b64decode(encoded).startswith(b"%PDF-")

    world.set(download_mode="url")
    url = payload(http.get(f"/resume/{RESUME}/download"))["url"]
    assert http.get(url).status_code == 400
    del http.headers["Authentication"]
    assert http.get(url).content.startswith(b"%PDF-")
    assert http.get(url.replace("/files/", "/files/x")).status_code == 404


def test_a_resume_of_any_shape_can_be_printed(http: httpx.Client) -> None:
    sections: dict[str, Any] = {
        "contact": "none",
        "summary": ["not", "text"],
        "skills": {"a": {"index": "last", "keywords": "SQL"}, "b": {"hide": True}, "c": 7},
    }
    made = payload(http.post(f"/user/{USER}/resume", json={"data": sections}))
    assert http.get(f"/resume/{made['resumeID']}/download").content.startswith(b"%PDF-")


def test_a_plan_is_bought_once_however_often_it_is_asked_for(
    http: httpx.Client, world: ReziWorld
) -> None:
    order = {"email": "Demo.Writer@people.test", "planId": MONTHLY, "aiTokenId": "ai_credits_100"}
    bought = payload(http.post("/plan/upgrade", json=order))
    again = payload(http.post("/plan/upgrade", json=order))

    assert again == bought
    assert bought["status"] == "active"
    assert bought["plan_id"] == MONTHLY
    days = (bought["current_period_end"] - bought["current_period_start"]) / 86400
    assert 28 <= days <= 31
    (charge,) = world.charges()
    assert (charge["record_id"], charge["subject"]) == (USER, "Pro, monthly with AI credits")

    for_life = payload(http.post("/plan/upgrade", json={**order, "planId": LIFETIME}))
    assert "current_period_end" not in for_life
    assert len(world.charges()) == 2
    assert payload(http.get(f"/user/{USER}"))["planId"] == LIFETIME


def test_a_plan_that_is_over_is_bought_anew(http: httpx.Client, world: ReziWorld) -> None:
    order = {"email": "demo.writer@people.test", "planId": MONTHLY}
    payload(http.post("/plan/upgrade", json=order))
    world.emulator.advance(32 * 86400)
    payload(http.post("/plan/upgrade", json=order))
    assert len(world.charges()) == 2


def test_the_other_path_of_upgrades_is_served_when_it_is_wanted(
    http: httpx.Client, world: ReziWorld
) -> None:
    world.set(upgrade_alias=True)
    bought = payload(http.post(f"/user/{USER}/upgrade", json={"planId": LIFETIME}))
    assert bought["plan_id"] == LIFETIME


def test_too_many_requests_are_told_to_wait(http: httpx.Client, world: ReziWorld) -> None:
    world.set(requests_per_second=2)
    answers = [http.get("/users") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    world.emulator.advance(1)
    assert http.get("/users").status_code == 200


def test_a_resume_has_no_score_until_somebody_scores_it(
    http: httpx.Client, world: ReziWorld
) -> None:
    assert payload(http.get(f"/resume/{RESUME}/score")) == {"score": None}
    world.score(81)
    assert payload(http.get(f"/resume/{RESUME}/score")) == {"score": 81}
    for wrong in (-1, 101, "high", True):
        with pytest.raises(EmulatorError, match="0 to 100"):
            world.emulator.act(f"rezi/resumes/{RESUME}/score", score=wrong)
    with pytest.raises(EmulatorError, match="no resume"):
        world.score(81, "none")


def test_people_write_and_get_scores_by_themselves(http: httpx.Client, world: ReziWorld) -> None:
    made = payload(http.post(f"/user/{USER}/resume", json={}))["resumeID"]
    world.set(auto=True)
    world.emulator.advance(1)
    for resume in (RESUME, made):
        assert payload(http.get(f"/resume/{resume}/score"))["score"] > 60
    assert "summary" in payload(http.get(f"/resume/{made}"))["data"]


def test_many_users_are_there_at_once(http: httpx.Client, world: ReziWorld) -> None:
    seeded = world.emulator.act("rezi/seed", users=300, resumes=2)
    assert seeded == {"users": 300, "resumes": 600}
    users = payload(http.get("/users"))
    assert len({user["userID"] for user in users}) == 301
    with pytest.raises(EmulatorError, match="seed takes"):
        world.emulator.act("rezi/seed", users="many")


def test_a_reset_brings_back_the_first_records(http: httpx.Client, world: ReziWorld) -> None:
    world.set(error_mode="overview")
    payload(http.post("/user/token", json=BO))
    world.emulator.reset()
    assert [user["userID"] for user in payload(http.get("/users"))] == [USER]
    assert told(http.get("/user/none"))[0] == 404


def test_the_page_shows_plans_users_and_resumes(talent_emulator: Emulator) -> None:
    page = httpx.get(f"{talent_emulator.url}/?tab=rezi", trust_env=False, verify=False).text
    for text in (MONTHLY, "demo.writer@people.test", "Ada&#39;s resume"):
        assert text in page


class Receiver:
    """Where events go; answers with the next of ``statuses``, then 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.vendor = CannedVendor(
            lambda *_: (self.statuses.pop(0) if self.statuses else 200, {}, {})
        )

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, _, body in self.vendor.requests]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]


@pytest.fixture
def receiver(talent_emulator: Emulator) -> Iterator[Receiver]:
    receiver = Receiver()
    with receiver.vendor:
        talent_emulator.webhook("rezi", receiver.vendor.url)
        yield receiver


def save(world: ReziWorld, section: str = "experience") -> None:
    world.emulator.act(f"rezi/resumes/{RESUME}/save", section=section, content="x")


def wait_for_deliveries(world: ReziWorld, how_many: int) -> None:
    eventually(lambda: len(world.emulator.deliveries("rezi")) == how_many)


def test_a_saved_section_is_told_of(world: ReziWorld, receiver: Receiver) -> None:
    save(world)
    (event,) = eventually(receiver.events)
    assert event["event"] == "resume.section.saved"
    assert event["data"] == {"userID": USER, "resumeID": RESUME, "section": "experience"}


def test_an_event_is_tried_three_times_and_dropped(world: ReziWorld, receiver: Receiver) -> None:
    receiver.statuses = [500, 404, 500, 500]
    save(world)
    for tries, pause in ((1, 10), (2, 60)):
        wait_for_deliveries(world, tries)
        world.emulator.advance(pause)
    wait_for_deliveries(world, 3)
    world.emulator.advance(3600)
    assert [d["status"] for d in world.emulator.deliveries("rezi")] == [500, 404, 500]


@pytest.mark.parametrize("fault", ["duplicate", "reordered", "late", "malformed"])
def test_events_go_wrong_as_asked(fault: str, world: ReziWorld, receiver: Receiver) -> None:
    world.set(webhook_fault=fault)
    save(world, "summary")
    match fault:
        case "duplicate":
            eventually(lambda: len(receiver.bodies) == 2)
            assert receiver.bodies[0] == receiver.bodies[1]
        case "reordered":
            save(world, "skills")
            eventually(lambda: len(receiver.bodies) == 2)
            assert [e["data"]["section"] for e in receiver.events()] == ["skills", "summary"]
        case "late":
            world.emulator.advance(59)
            assert receiver.bodies == []
            world.emulator.advance(1)
            eventually(lambda: len(receiver.bodies) == 1)
        case _:
            eventually(lambda: len(receiver.bodies) == 1)
            with pytest.raises(json.JSONDecodeError):
                receiver.events()


def test_the_form_of_an_event_can_be_chosen(world: ReziWorld, receiver: Receiver) -> None:
    world.set(webhook_template='{"type": "$event", "resumeId": "$resumeID"}')
    save(world)
    assert eventually(receiver.events) == [{"type": "resume.section.saved", "resumeId": RESUME}]
    for wrong in ('{"a": $b', '{"a": "$unknown"}'):
        with pytest.raises(EmulatorError, match="webhook_template"):
            world.set(webhook_template=wrong)


def test_events_do_not_leave_this_machine(world: ReziWorld) -> None:
    world.emulator.webhook("rezi", "http://192.0.2.1/hook")
    save(world)
    assert world.emulator.deliveries("rezi") == []
