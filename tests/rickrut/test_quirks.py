"""What the documents contradict themselves about, sent by a server that says whatever is wanted."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.clients import rickrut
from airflow_talent.clients.errors import (
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    OutcomeUnknown,
    UnexpectedAnswer,
    VendorError,
)
from airflow_talent.clients.rickrut.models import CaseAnswer, read_applicant, read_errors
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.vendors import NewRunner

FLAT: dict[str, Any] = {
    "id": 31415,
    "email": "john.smith@people.test",
    "opening_id": 45,
    "status": "SCORED",
    "skill_score": "15.0",
    "adequation_score": "100.0",
    "step": 6,
    "finished_at": None,
    "quizz_answers": [
        {
            "applicant_id": 329,
            "id": 150,
            "quizz_option_id": 56,
            "final_score": "100.0",
            "created_at": "2016-10-27T09:03:06.345Z",
            "updated_at": "2016-10-27T09:03:06.345Z",
            "quizz_id": 28,
        }
    ],
    "poll_answers": [],
    "case_answers": [
        {
            "applicant_id": 329,
            "id": 212,
            "value": None,
            "final_score": "15.0",
            "opening_case_id": 25,
            "duration": 8,
            "audio_file_file_name": "audio_recording_1477558998009.mp3",
            "audio_file_content_type": "audio/mp3",
            "audio_file_file_size": 7313,
            "audio_file_updated_at": "2016-10-27T09:03:18.233Z",
            "gibberish": True,
        }
    ],
}
AUDIO = (
    "/system/case_answers/audio_files/000/000/212/original/"
    "audio_recording_1477558998009.mp3?1477558998"
)
JSONAPI: dict[str, Any] = {
    "data": {
        "id": "329",
        "type": "applicants",
        "attributes": {
            "email": "john.smith@people.test",
            "opening-id": 45,
            "status": "SCORED",
            "skill-score": "15.0",
            "adequation-score": "100.0",
            "step": 6,
            "last_ip": "127.0.0.1",
        },
        "relationships": {
            "quizz-answers": {"data": [{"id": "150", "type": "quizz-answers"}]},
            "poll-answers": {"data": []},
            "case-answers": {"data": [{"id": "212", "type": "case-answers"}]},
        },
    },
    "included": [
        {"id": "150", "type": "quizz-answers", "attributes": {"quizz": 28, "value": "Oui"}},
        {
            "id": "212",
            "type": "case-answers",
            "attributes": {
                "value": None,
                "audio-file": AUDIO,
                "duration": 8,
                "gibberish": True,
            },
        },
    ],
}


def flat(**changes: Any) -> dict[str, Any]:
    return {"data": {"applicant": {**FLAT, **changes}}}


def test_the_published_flat_example_is_read() -> None:
    applicant = read_applicant(flat())
    assert (applicant.id, applicant.quizz_answers[0].applicant_id) == ("31415", "329")
    assert applicant.quizz_answers[0].final_score == Decimal(100)
    assert applicant.case_answers[0].audio_path == AUDIO
    assert applicant.is_scored


def test_the_published_jsonapi_example_is_read() -> None:
    applicant = read_applicant(JSONAPI)
    assert (applicant.id, applicant.opening_id, applicant.last_ip) == ("329", "45", "127.0.0.1")
    (quizz,), (case,) = applicant.quizz_answers, applicant.case_answers
    assert (quizz.quizz_id, quizz.value, quizz.final_score) == ("28", "Oui", None)
    assert (case.audio_path, case.gibberish) == (AUDIO, True)
    assert applicant.is_scored


def test_the_first_version_is_read() -> None:
    applicant = read_applicant({"applicant": {"id": 31415, "email": "john.smith@people.test"}})
    assert (applicant.id, applicant.status) == ("31415", None)
    assert not applicant.is_scored


@pytest.mark.parametrize("structure", ["auto", "flat"])
def test_meta_and_unknown_fields_do_no_harm(structure: str) -> None:
    body = {**flat(new_field="x", status="REFUSED"), "meta": {"took": 1}, "errors": []}
    applicant = read_applicant(body, structure)
    assert applicant.model_extra == {"new_field": "x"}
    assert (applicant.status, applicant.raw) == ("REFUSED", body)


def test_an_answer_that_is_not_included_is_known_by_its_id() -> None:
    body = {"data": JSONAPI["data"]}
    assert [a.id for a in read_applicant(body).case_answers] == ["212"]
    assert read_applicant(body).case_answers[0].audio_path is None


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"data": None},
        {"data": {}},
        {"data": {"applicant": None}},
        {"data": {"type": "openings", "id": "1"}},
        {"data": {"type": "applicants"}},
        flat(id=None),
        flat(id=""),
        flat(skill_score="much"),
        flat(skill_score="NaN"),
        flat(quizz_answers=[{"value": "x"}]),
        {**flat(), "errors": [{"id": "wrong_params"}]},
    ],
    ids=lambda body: json.dumps(body)[:30],
)
def test_what_is_no_applicant_is_an_unexpected_answer(body: Any, new_runner: NewRunner) -> None:
    with CannedVendor(lambda *_: (200, {}, body)) as vendor:
        runner = new_runner(base_url=vendor.url)
        with pytest.raises(UnexpectedAnswer):
            runner.run(rickrut.show_applicant("1"))
        with pytest.raises(OutcomeUnknown):
            runner.run(rickrut.create_applicant("a@people.test", "sales"))
        assert len(vendor.requests) == 2


@pytest.mark.parametrize("status", [200, 201])
def test_a_creation_may_be_told_by_either_status(status: int, new_runner: NewRunner) -> None:
    with CannedVendor(lambda *_: (status, {}, flat(status="REMINDED"))) as vendor:
        call = rickrut.create_applicant("a@people.test", "sales")
        assert new_runner(base_url=vendor.url).run(call).status == "REMINDED"
    (method, path, body) = vendor.requests[0]
    assert (method, path) == ("POST", "/applicants?api_key=rickrut-emulator-key")
    assert json.loads(body) == {"email": "a@people.test", "opening": "sales"}


def test_a_creation_without_a_body_is_unknown(new_runner: NewRunner) -> None:
    with CannedVendor(lambda *_: (204, {}, b"")) as vendor, pytest.raises(OutcomeUnknown):
        new_runner(base_url=vendor.url).run(rickrut.create_applicant("a@people.test", "sales"))


ABOUT_KEY = {"id": "wrong_params", "code": 400, "details": "You are missing the API key"}
OTHER = {"id": "wrong_params", "code": 400, "details": "You are missing the email"}


@pytest.mark.parametrize(
    ("status", "errors", "kind", "code"),
    [
        (400, [ABOUT_KEY], AuthenticationFailed, "wrong_params"),
        (400, ABOUT_KEY, AuthenticationFailed, "wrong_params"),
        (400, [OTHER, ABOUT_KEY], AuthenticationFailed, "wrong_params"),
        (400, [OTHER], InvalidRequest, "wrong_params"),
        (400, [{**ABOUT_KEY, "id": "else"}], InvalidRequest, "else"),
        (401, [], AuthenticationFailed, None),
        (422, [{"id": "a"}, {"id": "b"}, {"id": "a"}], InvalidRequest, "a/b"),
        (422, [{"id": "x", "details": "email is already taken"}], Conflict, "x"),
        (422, "broken", InvalidRequest, None),
        (422, [None, 3, {"details": None}], InvalidRequest, None),
        (400, [{"id": "a person's name", "details": "key"}], InvalidRequest, None),
    ],
)
def test_every_form_of_errors_is_understood(
    status: int, errors: Any, kind: Any, code: str | None, new_runner: NewRunner
) -> None:
    with CannedVendor(lambda *_: (status, {}, {"errors": errors})) as vendor:
        runner = new_runner(base_url=vendor.url)
        with pytest.raises(VendorError) as caught:
            runner.run(rickrut.create_applicant("a@people.test", "sales"))
    assert (type(caught.value), caught.value.code) == (kind, code)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_reading_errors_never_fails(body: Any) -> None:
    for given_body in (body, {"errors": body}, {"errors": [body]}):
        assert all(isinstance(error, dict) for error in read_errors(given_body))


@given(st.decimals(0, 100, places=1))
def test_a_score_stays_the_decimal_it_is(score: Decimal) -> None:
    applicant = read_applicant(flat(skill_score=str(score)))
    assert applicant.skill_score == score
    assert str(applicant.skill_score) == str(score)
    assert applicant.model_dump(mode="json")["skill_score"] == str(score)


@pytest.mark.parametrize(
    ("changes", "is_scored"),
    [
        ({}, True),
        ({"skill_score": "0.0"}, True),
        ({"skill_score": None}, False),
        ({"skill_score": ""}, False),
        ({"adequation_score": None}, False),
        ({"status": "REMINDED"}, False),
        ({"status": "FINISHED", "finished_at": "2016-10-27T09:03:35Z"}, False),
        ({"status": None}, False),
    ],
)
def test_scored_means_the_status_and_both_scores(changes: dict[str, Any], is_scored: bool) -> None:
    assert read_applicant(flat(**changes)).is_scored is is_scored


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": "1"}, None),
        ({"id": "1", "audio_file": "/a.mp3?1"}, "/a.mp3?1"),
        (
            {"id": 1234567890, "audio_file_file_name": "a.mp3"},
            "/system/case_answers/audio_files/1234/567/890/original/a.mp3",
        ),
        ({"id": "x-1", "audio_file_file_name": "a.mp3"}, None),
    ],
)
def test_the_path_of_a_recording_is_put_together(fields: Any, path: str | None) -> None:
    assert CaseAnswer.model_validate(fields).audio_path == path
