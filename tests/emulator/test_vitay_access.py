"""Who gets into the emulated Vitay, for how long, and what each role may see and do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.vitay.records import (
    HIRING_FIRM_ID,
    PASSWORD,
    QUESTION_SET_ID,
    RECRUITER_EMAIL,
    RECRUITER_ID,
    RECRUITER_USER_ID,
    ROOT_EMAIL,
    ROOT_ID,
)

HOUR = 3600


@pytest.fixture
def stranger(new_vitay_user: Callable[..., Any]) -> Any:
    return new_vitay_user()


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic eA==", "Bearer"])
def test_without_a_valid_token_nothing_is_shown(
    stranger: Any, told: Any, header: str | None
) -> None:
    if header:
        stranger.http.headers["Authorization"] = header

    assert told(stranger.ask("GET", "/v3/candidates"))[0] == 401


def test_public_paths_and_ping_need_no_token(recruiter: Any, stranger: Any) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())

    assert stranger.ask("GET", "/v3/ping").text == "Pong"
    assert stranger.reference(reference)["email"] == "bo@y.test"
    assert stranger.get("/v1/public/reference_requests") == []


def test_a_request_without_a_token_is_asked_in_the_name_of_who_added_the_candidate(
    recruiter: Any, stranger: Any
) -> None:
    candidate = recruiter.create_candidate()
    stranger.request_references(candidate)

    [activity] = [
        activity["attributes"]
        for activity in recruiter.get("/activities")
        if activity["attributes"]["key"] == "recruiter_request.create"
    ]
    assert activity["owner_id"] == RECRUITER_ID


def test_a_wrong_password_and_an_unknown_address_look_the_same(stranger: Any, told: Any) -> None:
    wrong = stranger.log_in(RECRUITER_EMAIL, "wrong")
    unknown = stranger.log_in("nobody@emulator.test")

    assert told(wrong) == told(unknown) == (401, "invalid_credentials", "")
    assert wrong.text == unknown.text


@pytest.mark.parametrize("missing", ["email", "password"])
def test_a_login_names_what_is_missing(stranger: Any, told: Any, missing: str) -> None:
    body = {"email": RECRUITER_EMAIL, "password": PASSWORD}
    del body[missing]

    assert told(stranger.ask("POST", "/v3/oauth/login", body)) == (422, "missing", f"/{missing}")


def test_ten_wrong_passwords_in_a_row_lock_the_account_until_it_is_unlocked(
    stranger: Any, told: Any, talent_emulator: Emulator
) -> None:
    for _ in range(10):
        assert stranger.log_in(RECRUITER_EMAIL, "wrong").status_code == 401

    assert told(stranger.log_in(RECRUITER_EMAIL))[:2] == (403, "locked")
    talent_emulator.advance(30 * 24 * HOUR)
    assert told(stranger.log_in(RECRUITER_EMAIL))[:2] == (403, "locked")
    talent_emulator.act(f"vitay/users/{RECRUITER_USER_ID}/unlock")
    assert stranger.log_in(RECRUITER_EMAIL).status_code == 200


def test_the_right_password_starts_the_count_again(stranger: Any) -> None:
    for _ in range(3):
        for _ in range(9):
            stranger.log_in(RECRUITER_EMAIL, "wrong")
        assert stranger.log_in(RECRUITER_EMAIL).status_code == 200


def test_a_lock_leaves_tokens_given_out_before_alone(recruiter: Any, stranger: Any) -> None:
    for _ in range(10):
        stranger.log_in(RECRUITER_EMAIL, "wrong")

    assert recruiter.ask("GET", "/v1/users/me").status_code == 200


def test_a_token_lives_as_long_as_the_settings_say(
    talent_emulator: Emulator, recruiter: Any, told: Any
) -> None:
    talent_emulator.settings(vitay={"token_lifetime": 900})

    talent_emulator.advance(890)
    assert recruiter.ask("GET", "/v1/users/me").status_code == 200
    talent_emulator.advance(10)
    assert told(recruiter.ask("GET", "/v1/users/me"))[0] == 401
    recruiter.log_in(RECRUITER_EMAIL)
    assert recruiter.ask("GET", "/v1/users/me").status_code == 200


def test_a_recruiter_sees_own_records_and_a_root_sees_all(recruiter: Any, root: Any) -> None:
    candidate = root.create_candidate("ruth@x.test")
    reference = root.create_reference(candidate)
    request = root.request_references(candidate)
    own = recruiter.create_candidate()

    assert [c["id"] for c in recruiter.get("/v3/candidates")] == [own]
    assert [c["id"] for c in root.get("/v3/candidates")] == [candidate, own]
    assert recruiter.get("/v2/references") == []
    assert recruiter.get("/v1/public/reference_requests") == []
    for path in (
        f"/v3/candidates/{candidate}",
        f"/v1/references/{reference}",
        f"/documents?type=candidates&id={candidate}",
    ):
        assert recruiter.ask("GET", path).status_code == 404
    for path in (f"reference/{reference}", f"reference_request/{request}"):
        assert recruiter.ask("POST", f"/v1/reminders/{path}").status_code == 404


def test_the_firm_may_open_the_view(recruiter: Any, root: Any, talent_emulator: Emulator) -> None:
    candidate = root.create_candidate()
    talent_emulator.settings(vitay={"recruiters_see": "firm"})

    assert [c["id"] for c in recruiter.get("/v3/candidates")] == [candidate]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/question_sets"),
        ("POST", f"/v1/question_sets/{QUESTION_SET_ID}"),
        ("DELETE", f"/v1/question_sets/{QUESTION_SET_ID}"),
        ("POST", "/v1/questions"),
        ("PATCH", f"/v1/hiring_firms/{HIRING_FIRM_ID}"),
        ("DELETE", f"/v1/hiring_firms/{HIRING_FIRM_ID}"),
        ("POST", "/v1/recruiters_with_user"),
        ("PATCH", f"/v1/recruiters/{RECRUITER_ID}"),
        ("DELETE", f"/v1/recruiters/{RECRUITER_ID}"),
    ],
)
def test_a_plain_recruiter_may_not_change_the_firm(
    recruiter: Any, told: Any, method: str, path: str
) -> None:
    assert told(recruiter.ask(method, path, {}))[0] == 403


def test_a_recruiter_made_root_may_do_what_roots_do(recruiter: Any, root: Any) -> None:
    body = {"data": {"attributes": {"is_root": "true"}}}
    root.ask("PATCH", f"/v1/recruiters/{RECRUITER_ID}", body)

    answer = recruiter.ask(
        "PATCH", f"/v1/hiring_firms/{HIRING_FIRM_ID}", {"data": {"attributes": {"name": "New"}}}
    )

    assert answer.json()["data"]["attributes"]["name"] == "New"


def test_a_deleted_recruiter_is_out_at_once_and_for_good(recruiter: Any, root: Any) -> None:
    root.ask("DELETE", f"/v1/recruiters/{RECRUITER_ID}")

    assert recruiter.ask("GET", "/v1/users/me").status_code == 401
    assert recruiter.log_in(RECRUITER_EMAIL).status_code == 401
    assert [r["id"] for r in root.get("/v2/recruiters")] == [ROOT_ID]


def test_nobody_deletes_their_own_account(root: Any) -> None:
    assert root.ask("DELETE", f"/v1/recruiters/{ROOT_ID}").status_code == 422


def test_a_password_is_reset_with_the_mailed_key(
    stranger: Any, told: Any, talent_emulator: Emulator
) -> None:
    key = stranger.post("/v3/oauth/reset", {"email": ROOT_EMAIL})["key"]
    body = {"email": ROOT_EMAIL, "password": "Better-pass-1", "reset_key": key}

    assert told(stranger.ask("PATCH", "/v3/oauth/reset", {**body, "reset_key": "guess"}))[0] == 422
    assert stranger.ask("PATCH", "/v3/oauth/reset", body).status_code == 200
    assert stranger.log_in(ROOT_EMAIL).status_code == 401
    assert stranger.log_in(ROOT_EMAIL, "Better-pass-1").status_code == 200
    assert told(stranger.ask("PATCH", "/v3/oauth/reset", body))[0] == 422
    [mail] = talent_emulator.outbox("vitay")
    assert (mail["kind"], mail["to"]) == ("mail", ROOT_EMAIL)


@pytest.mark.parametrize("weak", ["Sh0rt!", "nocapital-1", "NOSMALL-1", "No-digits", "NoSpecial1"])
def test_a_weak_password_is_refused(stranger: Any, told: Any, weak: str) -> None:
    key = stranger.post("/v3/oauth/reset", {"email": ROOT_EMAIL})["key"]
    body = {"email": ROOT_EMAIL, "password": weak, "reset_key": key}

    assert told(stranger.ask("PATCH", "/v3/oauth/reset", body))[::2] == (422, "/password")


def test_at_most_two_reset_mails_go_out_in_three_hours(
    stranger: Any, told: Any, talent_emulator: Emulator
) -> None:
    stranger.get("/v3/oauth/reset", email=ROOT_EMAIL)
    stranger.post("/v3/oauth/reset", {"email": ROOT_EMAIL})

    refused = stranger.ask("POST", "/v3/oauth/reset", {"email": ROOT_EMAIL})
    talent_emulator.advance(3 * HOUR)

    assert told(refused)[:2] == (422, "too_many_resets")
    assert stranger.ask("POST", "/v3/oauth/reset", {"email": ROOT_EMAIL}).status_code == 200
    assert told(stranger.ask("POST", "/v3/oauth/reset", {"email": "no@x.test"}))[0] == 404
