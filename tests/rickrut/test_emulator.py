"""The emulated RickRut over plain HTTP: every row of its facts, and its switches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.client import Emulator, EmulatorError
from airflow_talent.emulator.rickrut.records import KEY
from airflow_talent.tests.rickrut.world import OPENING, RickRutWorld

JOHN = {
    "email": "john.smith@people.test",
    "opening": OPENING,
    "first_name": "John",
    "last_name": "Smith",
}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture
def http(talent_emulator: Emulator) -> Iterator[httpx.Client]:
    """A client with the key in every query."""
    url = f"{talent_emulator.url}/rickrut/api/v1"
    with httpx.Client(base_url=url, params={"api_key": KEY}, trust_env=False) as http:
        yield http


@pytest.fixture
def stranger(talent_emulator: Emulator) -> Iterator[httpx.Client]:
    """A client without a key."""
    url = f"{talent_emulator.url}/rickrut/api/v1"
    with httpx.Client(base_url=url, trust_env=False) as http:
        yield http


def create(http: httpx.Client, **changes: Any) -> httpx.Response:
    fields = {name: value for name, value in {**JOHN, **changes}.items() if value is not None}
    return http.post("/applicants", json=fields)


def created(http: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = create(http, **changes)
    assert answer.status_code == 201, answer.text
    applicant: dict[str, Any] = answer.json()["data"]["applicant"]
    return applicant


def read(http: httpx.Client, applicant_id: object) -> dict[str, Any]:
    applicant: dict[str, Any] = http.get(f"/applicants/{applicant_id}").json()["data"]["applicant"]
    return applicant


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and machine word; the error repeats the status as its code."""
    (error,) = answer.json()["errors"]
    assert error.keys() == {"id", "code", "details"}
    assert error["code"] == answer.status_code
    return answer.status_code, error["id"]


def test_a_new_applicant_is_as_documented(http: httpx.Client) -> None:
    applicant = created(http)

    assert {name: applicant[name] for name in JOHN if name != "opening"} == {
        name: value for name, value in JOHN.items() if name != "opening"
    }
    assert applicant | {
        "id": 31415,
        "code": "",
        "slug": "",
        "created_at": "",
        "updated_at": "",
    } == {
        "id": 31415,
        "email": "john.smith@people.test",
        "opening_id": 1,
        "status": "INVITED",
        "skill_score": None,
        "adequation_score": None,
        "first_name": "John",
        "last_name": "Smith",
        "code": "",
        "recruiter_score": 0,
        "source": "API",
        "step": 0,
        "cv": "/cvs/original/missing.png",
        "video_uuid": None,
        "audio_introduction": "/audio_introductions/original/missing.png",
        "text_introduction": None,
        "slug": "",
        "created_at": "",
        "updated_at": "",
        "finished_at": None,
        "quizz_answers": [],
        "poll_answers": [],
        "case_answers": [],
    }
    assert re.fullmatch(r"[A-Z]{8}", applicant["code"])
    assert re.fullmatch(f"smith-john-{UUID}", applicant["slug"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", applicant["created_at"])
    assert read(http, applicant["id"]) == applicant


def test_a_new_applicant_gets_an_invitation(http: httpx.Client, world: RickRutWorld) -> None:
    applicant = created(http, first_name=None, last_name=None)

    (invitation,) = world.invitations()
    assert invitation["to"] == JOHN["email"]
    assert invitation["record_id"] == str(applicant["id"])
    assert (applicant["first_name"], applicant["last_name"]) == (None, None)


def test_codes_are_unique(http: httpx.Client, world: RickRutWorld) -> None:
    ids = world.applicants(30)
    assert len({read(http, applicant_id)["code"] for applicant_id in ids}) == 30


def test_a_body_may_be_a_form(http: httpx.Client) -> None:
    assert http.post("/applicants", data=JOHN).status_code == 201
    files = {"unused": b""}
    again = http.post("/applicants", data={**JOHN, "opening": "sales"}, files=files)
    assert again.status_code == 201


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"email": None}, (400, "wrong_params")),
        ({"email": ""}, (400, "wrong_params")),
        ({"email": 7}, (400, "wrong_params")),
        ({"opening": None}, (400, "wrong_params")),
        ({"email": "john"}, (422, "unprocessable_entity")),
        ({"email": "john@people"}, (422, "unprocessable_entity")),
        ({"opening": "astronaut"}, (404, "not_found")),
    ],
)
def test_what_cannot_be_registered_is_refused_and_nobody_is_written_to(
    changes: dict[str, Any], expected: tuple[int, str], http: httpx.Client, world: RickRutWorld
) -> None:
    assert refusal(create(http, **changes)) == expected
    assert world.invitations() == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes, http: httpx.Client) -> None:
    assert refusal(http.post("/applicants", content=body)) == (400, "wrong_params")


def test_somebody_is_on_an_opening_once(http: httpx.Client, world: RickRutWorld) -> None:
    created(http)

    assert refusal(create(http, email="John.Smith@People.Test")) == (422, "unprocessable_entity")
    created(http, opening="sales")
    world.set(same_again="create")
    created(http)

    assert len(world.invitations()) == 3


def test_an_unknown_opening_may_be_a_422(http: httpx.Client, world: RickRutWorld) -> None:
    world.set(unknown_opening_status=422)
    assert refusal(create(http, opening="astronaut")) == (422, "unprocessable_entity")


@pytest.mark.parametrize("applicant_id", ["404", "abc", "-1", "1.5", "٣"])
def test_an_applicant_who_is_not_there_is_not_found(applicant_id: str, http: httpx.Client) -> None:
    assert refusal(http.get(f"/applicants/{applicant_id}")) == (404, "not_found")


def test_a_path_or_method_that_is_not_there_is_refused_in_the_same_form(http: httpx.Client) -> None:
    assert refusal(http.get("/openings")) == (404, "not_found")
    assert refusal(http.get("/")) == (404, "not_found")
    assert refusal(http.get("/applicants")) == (405, "method_not_allowed")
    assert refusal(http.delete("/applicants/1")) == (405, "method_not_allowed")


def test_a_missing_key_is_a_400_or_by_switch_a_401(
    stranger: httpx.Client, world: RickRutWorld
) -> None:
    missing = stranger.get("/applicants/1")
    assert refusal(missing) == (400, "wrong_params")
    assert missing.json()["errors"][0]["details"] == "You are missing the API key"
    world.set(missing_key_status=401)
    assert refusal(create(stranger)) == (401, "wrong_params")
    assert world.invitations() == []


def test_a_wrong_key_is_a_401(stranger: httpx.Client) -> None:
    answer = stranger.get("/applicants/1", params={"api_key": "wrong"})
    assert refusal(answer) == (401, "unauthorized")


def test_a_key_in_the_body_counts_only_by_switch(
    stranger: httpx.Client, world: RickRutWorld
) -> None:
    assert refusal(create(stranger, api_key=KEY)) == (400, "wrong_params")
    world.set(key_in_body=True)
    assert create(stranger, api_key=KEY).status_code == 201


def test_accounts_have_several_keys_and_see_their_own_applicants_only(
    http: httpx.Client, stranger: httpx.Client, world: RickRutWorld
) -> None:
    mine = created(http)["id"]
    other = world.emulator.act("rickrut/accounts")
    more = world.emulator.act(f"rickrut/accounts/{other['account']}/keys")["key"]
    assert re.fullmatch(r"[0-9a-f]{40}", more)

    for key in (other["key"], more):
        answer = stranger.get(f"/applicants/{mine}", params={"api_key": key})
        assert refusal(answer) == (404, "not_found")
    invited = stranger.post("/applicants", params={"api_key": more}, json=JOHN)
    assert invited.json()["data"]["applicant"]["opening_id"] == 3
    world.emulator.act(f"rickrut/accounts/{other['account']}/keys/delete", key=more)
    answer = stranger.get(f"/applicants/{mine}", params={"api_key": more})
    assert refusal(answer) == (401, "unauthorized")


def test_the_usage_limit_holds_for_a_window(http: httpx.Client, world: RickRutWorld) -> None:
    (applicant_id,) = world.applicants(1)
    world.set(usage_limit=2, usage_window=60)

    statuses = [http.get(f"/applicants/{applicant_id}").status_code for _ in range(3)]
    limited = http.get(f"/applicants/{applicant_id}")
    assert statuses == [200, 200, 429]
    assert refusal(limited) == (429, "too_many_requests")
    assert "retry-after" not in limited.headers
    world.set(retry_after=True)
    seconds = int(http.get(f"/applicants/{applicant_id}").headers["retry-after"])
    assert 50 <= seconds <= 60
    world.emulator.advance(seconds + 1)
    assert http.get(f"/applicants/{applicant_id}").status_code == 200


@pytest.mark.parametrize("kind", ["object", "absent"])
def test_errors_may_be_an_object_or_absent(
    kind: str, http: httpx.Client, world: RickRutWorld
) -> None:
    world.set(errors=kind)
    errors = http.get("/applicants/404").json().get("errors")
    assert errors == (
        None
        if kind == "absent"
        else {"id": "not_found", "code": 404, "details": "The applicant does not exist"}
    )


def test_the_first_version_invites_by_get_only_by_switch(
    http: httpx.Client, world: RickRutWorld
) -> None:
    assert refusal(http.get("/invite", params=JOHN)) == (404, "not_found")
    world.set(invite_by_get=True)

    answer = http.get("/invite", params=JOHN)

    assert (answer.status_code, answer.json()) == (
        200,
        {"applicant": {"id": 31415, "email": JOHN["email"]}},
    )
    assert len(world.invitations()) == 1


def test_slugs_may_hold_a_time(http: httpx.Client, world: RickRutWorld) -> None:
    world.set(slug="time")
    world.emulator.set_clock("2016-10-27T09:02:49")
    assert created(http)["slug"] == "smith-john-2016-10-27-09-02-49-utc"


def test_an_applicant_lives_from_invitation_to_scores(
    http: httpx.Client, world: RickRutWorld
) -> None:
    world.emulator.set_clock("2016-10-27T09:00:00")
    applicant_id = created(http)["id"]
    at = f"rickrut/applicants/{applicant_id}"

    def after(act: str, **body: Any) -> dict[str, Any]:
        world.emulator.advance(60)
        world.emulator.act(f"{at}/{act}", **body)
        return read(http, applicant_id)

    reminded = after("remind")
    assert (reminded["status"], reminded["step"]) == ("REMINDED", 0)
    assert world.emulator.outbox("rickrut")[-1]["kind"] == "mail"
    steps = [after("progress") for _ in range(5)]
    assert [s["step"] for s in steps] == [1, 2, 3, 4, 5]
    assert [len(s["quizz_answers"]) + len(s["case_answers"]) for s in steps] == [1, 2, 3, 4, 5]
    assert {s["skill_score"] for s in steps} == {None}
    assert {s["status"] for s in steps} == {"REMINDED"}
    assert [s["updated_at"] for s in steps] == sorted({s["updated_at"] for s in steps})
    assert len(after("poll")["poll_answers"]) == 1
    scored = after("score")
    assert (scored["status"], scored["step"], scored["finished_at"]) == ("SCORED", 6, None)
    assert (scored["skill_score"], scored["adequation_score"]) == ("64.5", "100.0")
    assert [c["final_score"] for c in scored["case_answers"]] == ["64.0", "65.0"]


@pytest.mark.parametrize("act", ["remind", "progress"])
def test_a_test_that_is_over_has_no_more_steps(act: str, world: RickRutWorld) -> None:
    (applicant_id,) = world.applicants(1, are_scored=True)
    with pytest.raises(EmulatorError, match="409"):
        world.emulator.act(f"rickrut/applicants/{applicant_id}/{act}")


def test_scores_are_the_means_of_the_answers(http: httpx.Client, world: RickRutWorld) -> None:
    applicant_id = world.applicant()
    world.score(applicant_id, skill=15, adequation="99.95")
    applicant = read(http, applicant_id)

    assert (applicant["skill_score"], applicant["adequation_score"]) == ("15.0", "100.0")
    (case,), (quizz,) = applicant["case_answers"], applicant["quizz_answers"]
    assert (case["final_score"], quizz["final_score"]) == ("15.0", "100.0")
    assert case["applicant_id"] == quizz["applicant_id"] == applicant["id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", case["created_at"])


def test_scored_need_not_mean_that_there_are_scores(
    http: httpx.Client, world: RickRutWorld
) -> None:
    applicant_id = world.applicant()
    world.score(applicant_id, skill=None, adequation=0)
    applicant = read(http, applicant_id)

    assert (applicant["status"], applicant["skill_score"]) == ("SCORED", None)
    assert applicant["adequation_score"] == "0.0"


@pytest.mark.parametrize("body", [{"skill": 101}, {"skill": "much"}, {"skill": "NaN"}, {"s": 1}])
def test_a_score_that_cannot_be_is_refused(body: dict[str, Any], world: RickRutWorld) -> None:
    with pytest.raises(EmulatorError, match="400"):
        world.score(world.applicant(), **body)


def test_finished_at_is_set_by_switch(http: httpx.Client, world: RickRutWorld) -> None:
    world.set(finished_at=True)
    applicant_id = world.applicant()
    world.score(applicant_id)
    assert read(http, applicant_id)["finished_at"]


def test_applicants_act_by_themselves_with_auto(http: httpx.Client, world: RickRutWorld) -> None:
    invited_before = created(http)["id"]
    world.set(auto=True, delay=60)
    invited_after = created(http, opening="sales")["id"]

    world.emulator.advance(130)
    assert read(http, invited_after)["step"] == 2
    world.emulator.advance(300)

    assert {read(http, each)["status"] for each in (invited_before, invited_after)} == {"SCORED"}


def test_jsonapi_answers_are_as_documented(http: httpx.Client, world: RickRutWorld) -> None:
    world.set(structure="jsonapi")
    new = create(http).json()
    assert new.keys() == {"data"}
    applicant_id = new["data"]["id"]
    assert (new["data"]["type"], applicant_id) == ("applicants", "31415")
    assert new["data"]["attributes"]["last_ip"] is None
    world.emulator.act(f"rickrut/applicants/{applicant_id}/poll")
    world.score(applicant_id)

    scored = http.get(f"/applicants/{applicant_id}").json()

    assert scored["data"]["attributes"]["skill-score"] == "15.0"
    assert scored["data"]["attributes"]["last_ip"] == "127.0.0.1"
    links = [
        (link["type"], link["id"])
        for name, relationship in scored["data"]["relationships"].items()
        for link in relationship["data"]
        if link["type"] == name
    ]
    included = {(i["type"], i["id"]): i["attributes"] for i in scored["included"]}
    assert list(included) == links
    assert {kind: attributes.keys() for (kind, _), attributes in included.items()} == {
        "quizz-answers": {"quizz", "value"},
        "poll-answers": {"poll", "value"},
        "case-answers": {"value", "audio-file", "duration", "gibberish"},
    }
    world.set(last_ip=False)
    without = http.get(f"/applicants/{applicant_id}").json()["data"]["attributes"]
    assert "last_ip" not in without
    assert [name for name in without if "_" in name] == []


def test_files_are_served_beside_the_api(http: httpx.Client, world: RickRutWorld) -> None:
    world.set(structure="jsonapi")
    applicant_id = world.applicant()
    world.score(applicant_id)
    (case,) = (
        i["attributes"]
        for i in http.get(f"/applicants/{applicant_id}").json()["included"]
        if i["type"] == "case-answers"
    )
    site = f"{world.emulator.url}/rickrut"

    recording = httpx.get(site + case["audio-file"], trust_env=False)
    assert (recording.headers["content-type"], len(recording.content)) == ("audio/mp3", 7313)
    for placeholder in ("/cvs/original/missing.png", "/audio_introductions/original/missing.png"):
        answer = httpx.get(site + placeholder, trust_env=False)
        assert answer.headers["content-type"] == "image/png"
    missing = site + case["audio-file"].replace("/original/", "/original/other_")
    assert httpx.get(missing, trust_env=False).status_code == 404


def test_neither_requests_nor_settings_nor_the_page_show_the_key(
    http: httpx.Client, world: RickRutWorld
) -> None:
    created(http)
    for path in (
        "/_emulator/requests",
        "/_emulator/settings",
        "/_emulator/records",
        "/?tab=rickrut",
    ):
        shown = httpx.get(world.emulator.url + path, trust_env=False)
        assert shown.status_code == 200
        assert KEY not in shown.text, path


def test_many_applicants_are_seeded_at_once_and_hear_nothing(
    http: httpx.Client, world: RickRutWorld
) -> None:
    ids = world.applicants(1000, are_scored=True)
    assert len(set(ids)) == 1000
    assert read(http, ids[-1])["status"] == "SCORED"
    assert world.emulator.outbox("rickrut") == []
    with pytest.raises(EmulatorError, match="no such opening"):
        world.emulator.act("rickrut/seed", applicants=1, opening="astronaut")
    with pytest.raises(EmulatorError, match="seed takes"):
        world.emulator.act("rickrut/seed")


def test_a_reset_brings_back_the_first_records(http: httpx.Client, world: RickRutWorld) -> None:
    created(http)
    other = world.emulator.act("rickrut/accounts")
    world.emulator.reset()
    assert http.get("/applicants/31415").status_code == 404
    assert http.get("/applicants/1", params={"api_key": other["key"]}).status_code == 401
    assert [o["name"] for o in world.emulator.records()["rickrut"]["Openings"]] == [
        "software-engineer",
        "sales",
    ]
