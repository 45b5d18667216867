"""The ways in which Rezi may say one thing, and what is no answer at all."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.clients import rezi
from airflow_talent.clients.calls import Call
from airflow_talent.clients.errors import (
    AuthenticationFailed,
    InvalidRequest,
    OutcomeUnknown,
    UnexpectedAnswer,
    VendorError,
    VendorUnavailable,
)
from airflow_talent.clients.rezi.api import ReziApi
from airflow_talent.clients.rezi.settings import ReziSettings

API = ReziApi(ReziSettings())
JSON_TYPE = {"Content-Type": "application/json"}

ADA = {"userID": "u-1", "email": "ada@x.test"}
CV = {"resumeID": "r-1", "name": "CV"}


def answer(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, headers=JSON_TYPE, content=json.dumps(body))


def decode(call: Call[Any], body: Any, status: int = 200) -> Any:
    return API.decode(call, answer(body, status))


@pytest.mark.parametrize("verdict", ["success", "SUCCESS", "Success"])
@pytest.mark.parametrize("name", ["status", "type"])
def test_a_success_is_told_by_either_name_in_any_case(name: str, verdict: str) -> None:
    assert decode(rezi.show_user("u-1"), {name: verdict, "data": ADA}).id == "u-1"


@pytest.mark.parametrize("verdict", ["error", "ERROR", "Error"])
@pytest.mark.parametrize("name", ["status", "type"])
def test_an_error_is_told_by_either_name_in_any_case(name: str, verdict: str) -> None:
    sentence = "error code: connect-01, please contact administrator"
    with pytest.raises(InvalidRequest, match="connect-01"):
        decode(rezi.show_user("u-1"), {name: verdict, "errorCode": sentence, "data": ADA})


@pytest.mark.parametrize("body", [{}, {"data": ADA}, {"status": "pending"}, {"status": None}, 7])
def test_what_is_neither_success_nor_error_is_unexpected(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        decode(rezi.show_user("u-1"), body)
    with pytest.raises(OutcomeUnknown):
        decode(rezi.upgrade_plan("a@x.test", "plan"), body)


@pytest.mark.parametrize(
    ("sentence", "kind", "code"),
    [
        ("error code: connect-01, please contact administrator", InvalidRequest, "connect-01"),
        ("Error Code:user-12", InvalidRequest, "user-12"),
        ("something else", InvalidRequest, None),
        ("", InvalidRequest, None),
        (None, InvalidRequest, None),
        (["a"], InvalidRequest, None),
        ("Jwt verification fails", AuthenticationFailed, None),
        ("error code: auth-02, please contact administrator", AuthenticationFailed, "auth-02"),
        ("private Token authentication error", AuthenticationFailed, None),
    ],
)
def test_an_error_inside_a_200_is_sorted_by_its_sentence(
    sentence: Any, kind: type[VendorError], code: str | None
) -> None:
    with pytest.raises(kind) as caught:
        decode(rezi.show_user("u-1"), {"status": "error", "errorCode": sentence})
    assert type(caught.value) is kind
    assert caught.value.code == code


def test_the_words_of_an_error_stay_out_of_ours() -> None:
    for status in (200, 400, 404, 500):
        body = {"status": "error", "errorCode": "ada@x.test has no plan, said Ada"}
        with pytest.raises(VendorError) as caught:
            decode(rezi.upgrade_plan("ada@x.test", "plan"), body, status)
        assert "ada" not in str(caught.value).lower()


@pytest.mark.parametrize("content", [b"<html>", b"", b"\xff\xfe", b"{"])
def test_a_success_that_is_not_json_is_a_proxys(content: bytes) -> None:
    calls: list[Call[Any]] = [rezi.list_users(), rezi.show_score("r-1")]
    for call in [*calls, rezi.download_resume("r-1")]:
        with pytest.raises(VendorUnavailable):
            API.decode(call, httpx.Response(200, content=content))
    with pytest.raises(OutcomeUnknown):
        API.decode(rezi.upgrade_plan("a@x.test", "plan"), httpx.Response(200, content=content))


@pytest.mark.parametrize(
    "body",
    [
        {"status": "success", "data": ADA},
        {"status": "success", **ADA},
        {"status": "success", "data": {"userId": "u-1", "email": "ada@x.test"}},
        {"status": "success", "data": {"id": "u-1", "email": "ada@x.test", "more": {}}},
        {"status": "success", "uid": "u-1", "email": "ada@x.test"},
    ],
)
def test_a_user_is_read_wherever_it_stands(body: Any) -> None:
    user = decode(rezi.show_user("u-1"), body)
    assert (user.id, user.email) == ("u-1", "ada@x.test")


@pytest.mark.parametrize(
    "body",
    [
        {"status": "success", "data": {**CV, "data": {"summary": "x"}}},
        {"status": "success", **CV, "data": {"summary": "x"}},
        {"status": "success", "id": "r-1", "data": {"summary": "x"}},
        {"status": "success", "data": {"resumeId": "r-1", "data": {"summary": "x"}}},
    ],
)
def test_the_sections_of_a_resume_are_not_mistaken_for_it(body: Any) -> None:
    resume = decode(rezi.show_resume("r-1"), body)
    assert (resume.id, resume.data) == ("r-1", {"summary": "x"})


@pytest.mark.parametrize(
    "body",
    [
        {"status": "success", "data": [ADA]},
        {"status": "success", "users": [ADA]},
        {"status": "success", "data": {"users": [ADA]}},
        [ADA],
        {"status": "success", "data": [ADA], "nextPageToken": None, "cursor": ""},
    ],
)
def test_a_list_is_read_wherever_it_stands(body: Any) -> None:
    assert [user.id for user in decode(rezi.list_users(), body)] == ["u-1"]


def test_resumes_are_listed_alike() -> None:
    for body in ({"status": "success", "data": {"resumes": [CV]}}, [CV]):
        assert [resume.id for resume in decode(rezi.list_resumes("u-1"), body)] == ["r-1"]
    assert decode(rezi.list_resumes("u-1"), {"status": "success", "data": []}) == []


@pytest.mark.parametrize("name", ["nextPageToken", "next", "cursor"])
def test_a_list_that_goes_on_is_not_taken_for_the_whole(name: str) -> None:
    for body in (
        {"status": "success", "data": [ADA], name: "abc"},
        {"status": "success", "data": {"users": [ADA], name: "abc"}},
    ):
        with pytest.raises(UnexpectedAnswer, match="the list is incomplete"):
            decode(rezi.list_users(), body)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "success"},
        {"status": "success", "data": None},
        {"status": "success", "data": {"persons": []}},
        {"status": "success", "data": [{"email": "ada@x.test"}]},
        ["ada"],
        {"data": [ADA]},
    ],
)
def test_what_is_no_list_of_users_is_unexpected(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        decode(rezi.list_users(), body)
    assert "ada" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "success", "data": {"status": "active", "plan_id": "p"}},
        {"status": "success", "data": {"status": "error", "plan_id": "p"}},
    ],
)
def test_the_state_of_a_plan_is_not_the_envelopes(body: Any) -> None:
    bought = decode(rezi.upgrade_plan("a@x.test", "p"), body)
    assert (bought.status, bought.plan_id) == (body["data"]["status"], "p")


def test_the_documented_answers_are_read() -> None:
    """The samples of the vendor's pages."""
    token = decode(
        rezi.create_user_token("a@x.test", "u"),
        {"status": "success", "userID": "abcdefg", "token": "a.b.c"},
    )
    assert (token.user_id, token.token) == ("abcdefg", "a.b.c")
    times = {"created": 1646034967, "current_period_start": 1646296033}
    data = {**times, "current_period_end": 1648974433, "status": "active", "plan_id": "planId"}
    bought = decode(rezi.upgrade_plan("a@x.test", "p"), {"status": "success", "data": data})
    assert bought.model_dump() == data


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "status", "type", "errorCode", "users", "id", "url", "file", "score"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)

ALL = [
    rezi.list_users(),
    rezi.show_user("u"),
    rezi.show_resume("r"),
    rezi.download_resume("r"),
    rezi.show_score("r"),
    rezi.create_user_token("a@x.test", "u"),
    rezi.upgrade_plan("a@x.test", "p"),
    rezi.show_access_token(),
]


@given(st.sampled_from(ALL), st.integers(200, 599), json_values)
def test_any_answer_is_a_result_or_an_error_of_ours(
    call: Call[Any], status: int, body: Any
) -> None:
    try:
        decode(call, body, status)
    except VendorError as error:
        assert error.call == call.endpoint.name  # noqa: PT017  # no error is fine too


@given(st.emails(), st.text(min_size=1))
def test_a_uid_is_the_same_however_the_address_is_written(email: str, secret: str) -> None:
    uid = rezi.uid_of(email, secret)
    assert rezi.uid_of(f"  {email.lower()} ", secret) == uid
    assert len(uid) == 64
    assert rezi.uid_of(email, secret + "x") != uid


def test_a_uid_needs_a_secret() -> None:
    with pytest.raises(ValueError, match="uid_secret"):
        rezi.uid_of("ada@x.test", "")


@pytest.mark.parametrize("score", [{"total": 8}, "N/A"])
def test_a_score_in_another_form_is_told_and_not_waited_for(score: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        decode(rezi.show_score("r-1"), {"status": "success", "data": {"score": score}})
