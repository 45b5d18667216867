"""Vitay's oddities, by the number they have in the fact sheet: what is sent, what is understood.

Rendering and decoding are pure, so no vendor is needed here.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from airflow_talent.clients import vitay
from airflow_talent.clients.errors import (
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    UnexpectedAnswer,
)
from airflow_talent.clients.registry import endpoints_of
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.calls import find_reference_request
from airflow_talent.clients.vitay.settings import VitaySettings

API = VitayApi(VitaySettings(base_url="https://v.test/api"))


def body_of(call: Any, api: VitayApi = API) -> Any:
    return json.loads(api.render(call).content)


def read(call: Any, body: Any, status: int = 200) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return API.decode(call, httpx.Response(status, content=content))


def read_reference(**attributes: Any) -> Any:
    body = {"data": {"type": "Reference", "id": "r-1", "attributes": attributes}}
    return read(vitay.show_reference("r-1"), body)


def read_candidate(**relationships: Any) -> Any:
    data = {"type": "Candidate", "id": "c-1", "attributes": {}, "relationships": relationships}
    return read(vitay.show_candidate("c-1"), {"data": data})


REQUEST = vitay.create_reference_request(candidate_id="c-1", question_set_id="qs-1")


def test_q1_the_types_of_a_request_are_the_right_ones() -> None:
    assert body_of(REQUEST) == {
        "data": {
            "type": "ReferenceRequest",
            "attributes": {"min_manager_references": "1"},
            "relationships": {
                "question_set": {"type": "QuestionSet", "id": "qs-1"},
                "candidate": {"type": "Candidate", "id": "c-1"},
            },
        }
    }


def test_q1_the_types_of_a_request_are_misprinted_on_demand() -> None:
    api = VitayApi(VitaySettings(literal_types=True))
    assert body_of(REQUEST, api)["data"]["relationships"] == {
        "question_set": {"type": "RerefenceRequest", "id": "qs-1"},
        "candidate": {"type": "RerefenceRequest", "id": "c-1"},
    }
    reference = vitay.create_reference(
        candidate_id="c-1", question_set_id="qs-1", email="a@b.c", first_name="A", last_name="B"
    )
    assert body_of(reference, api) == body_of(reference)


def test_q2_the_address_of_a_recruiter_is_sent_under_both_names() -> None:
    call = vitay.create_recruiter(hiring_firm_id="hf-1", email="new@firm.test")
    assert body_of(call)["data"] == {
        "type": "Recruiter",
        "attributes": {"hiring_firm_id": "hf-1"},
        "relationships": {
            "user": {"attributes": {"emai": "new@firm.test", "email": "new@firm.test"}}
        },
    }


def test_q3_a_reference_is_read_from_the_public_path() -> None:
    assert API.render(vitay.show_reference("r-1")).url.path == "/api/v1/public/references/r-1"
    call = vitay.show_reference_by_number("7")
    with pytest.raises(NotFound, match="reference_id 7"):
        read(call, b"Invalid Reference", status=404)


def test_q4_a_question_set_is_updated_by_post() -> None:
    request = API.render(vitay.update_question_set("qs-1", title="New"))
    assert (request.method, request.url.path) == ("POST", "/api/v1/question_sets/qs-1")


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ([{"id": "u-1", "attributes": {}}, {"id": "u-2", "attributes": {}}], ["u-1", "u-2"]),
        ({"id": "u-1", "attributes": {}}, ["u-1"]),
        ([], []),
        ({}, []),
        (None, []),
    ],
)
def test_q5_an_index_may_be_an_array_or_an_object_or_nothing(data: Any, ids: list[str]) -> None:
    assert [user.id for user in read(vitay.list_users(), {"data": data}).items] == ids


@pytest.mark.parametrize("wrap", [lambda record: [record], lambda record: record])
def test_q6_a_profile_may_be_an_array_or_an_object(wrap: Any) -> None:
    record = {"type": "Profile", "id": "p-1", "attributes": {"has_user": "false"}}
    profile = read(vitay.show_profile("p-1"), {"data": wrap(record)})
    assert (profile.id, profile.has_user) == ("p-1", False)


def test_q6_an_empty_array_is_no_profile() -> None:
    with pytest.raises(UnexpectedAnswer):
        read(vitay.show_profile("p-1"), {"data": []})


def test_q7_pages_are_asked_for_with_encoded_brackets() -> None:
    query = API.render(vitay.list_candidates(page=3)).url.query
    assert query == b"page%5Bpage%5D=3&page%5Bpage_size%5D=100"


def test_q8_only_the_deletion_of_a_firm_has_a_body() -> None:
    deletions = [e for e in endpoints_of("vitay").values() if e.method == "DELETE"]
    assert len(deletions) == 6
    assert {e.name: API.render(e("x-1")).content for e in deletions} == {
        "delete_hiring_firm": b'{"data":{"id":"x-1","type":"HiringFirm"}}',
        "delete_question": b"",
        "delete_recruiter": b"",
        "delete_candidate": b"",
        "delete_question_set": b"",
        "delete_reference": b"",
    }


def test_q8_a_deletion_may_be_answered_with_nothing() -> None:
    assert read(vitay.delete_candidate("c-1"), b"", status=204).id == "c-1"
    assert read(vitay.delete_hiring_firm("hf-1"), b"", status=204)
    assert read(vitay.delete_reference("r-1"), b"", status=202).id == "r-1"


def test_q8_a_creation_or_a_read_that_is_answered_with_nothing_is_not_understood() -> None:
    with pytest.raises(OutcomeUnknown):
        read(REQUEST, b"", status=204)
    with pytest.raises(UnexpectedAnswer):
        read(vitay.show_candidate("c-1"), b"")


def test_q9_paths_follow_no_rule() -> None:
    calls: list[Any] = [vitay.list_activities(), vitay.download_document("references", "r-1")]
    assert [API.render(call).url.path for call in calls] == ["/api/activities", "/api/documents"]


@pytest.mark.parametrize("value", [True, "true", "1", 1, "True", " TRUE "])
def test_q10_truth_has_many_forms(value: Any) -> None:
    assert read_reference(is_active=value).is_active is True


@pytest.mark.parametrize("value", [False, "false", "0", 0, "False"])
def test_q10_untruth_has_many_forms(value: Any) -> None:
    assert read_reference(filled=value).filled is False


@pytest.mark.parametrize(
    ("value", "score"), [(85, 85.0), ("85", 85.0), ("85.5", 85.5), ("", None), (None, None)]
)
def test_q10_a_number_may_be_text_or_blank(value: Any, score: float | None) -> None:
    assert read_reference(score=value).score == score


def test_q10_what_is_text_stays_text() -> None:
    reference = read_reference(phone=5145550100, country_code="01", contact_type=True)
    assert (reference.phone, reference.country_code) == ("5145550100", "01")
    assert reference.contact_type == "true"


def test_q10_what_is_neither_true_nor_false_is_not_guessed() -> None:
    with pytest.raises(UnexpectedAnswer):
        read_reference(filled="perhaps")


LINK = {"type": "Recruiter", "id": "rec-1"}


@pytest.mark.parametrize("value", [LINK, {"data": LINK}, [LINK], {"data": [LINK]}, "rec-1"])
def test_q11_a_link_to_one_record_has_many_forms(value: Any) -> None:
    assert read_candidate(added_by=value).added_by.id == "rec-1"


@pytest.mark.parametrize("value", [None, {}, [], {"data": None}, {"data": []}, ""])
def test_q11_a_link_to_nothing_has_many_forms(value: Any) -> None:
    assert read_candidate(added_by=value).added_by is None
    assert read_candidate(references=value).references == []


@pytest.mark.parametrize("value", [[LINK, LINK], {"data": [LINK, LINK]}, [{"data": LINK}, LINK]])
def test_q11_links_to_many_records_have_many_forms(value: Any) -> None:
    assert [link.id for link in read_candidate(references=value).references] == ["rec-1"] * 2


def test_q11_a_link_may_say_whether_a_request_is_filled() -> None:
    requests = [{"type": "ReferenceRequest", "id": "rr-1", "filled": "true"}]
    assert read_candidate(reference_requests=requests).reference_requests[0].filled is True


def test_q12_the_outer_id_and_type_are_the_records() -> None:
    data = {
        "type": "Question",
        "id": "q-1",
        "attributes": {"id": "other", "type": "R", "order": "2"},
        "relationships": {"candidate": {"type": "Candidate", "id": "c-1"}},
    }
    question = read(vitay.show_question("q-1"), {"data": data})
    assert (question.id, question.resource_type) == ("q-1", "Question")
    assert (question.type, question.order) == ("R", 2.0)


def test_q12_the_type_of_a_record_is_not_the_type_of_a_question() -> None:
    question = read(
        vitay.show_question("q-1"), {"data": {"type": "Question", "id": "q-1", "attributes": {}}}
    )
    assert question.type is None


def test_q12_relationships_that_repeat_attributes_are_no_links() -> None:
    attributes = {"question": "How?", "value": "Well", "type": "Text"}
    data = {"id": "a-1", "attributes": attributes, "relationships": {"value": "stale", "type": "s"}}
    answer = read(vitay.show_answer("a-1"), {"data": data})
    assert (answer.value, answer.type, answer.answer_set) == ("Well", "Text", None)


def test_q13_a_logo_is_sent_as_a_form() -> None:
    call = vitay.replace_hiring_firm_logo("hf-1", file_name="l.png", content=b"\x89PNG")
    request = API.render(call)
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    content = request.read()
    assert b'name="logo_file"; filename="l.png"' in content
    assert b"Content-Type: image/png\r\n\r\n\x89PNG" in content


def test_q14_a_reminder_is_answered_with_a_sentence() -> None:
    sent = read(vitay.remind_reference("r-1"), {"data": {"detail": "Reminder sent"}})
    assert sent.detail == "Reminder sent"


def test_q14_a_refused_reminder_is_named_and_final() -> None:
    errors = [{"status": "422", "code": "rate_exceeded", "title": "Reminder refused"}]
    with pytest.raises(InvalidRequest, match="rate_exceeded") as caught:
        read(vitay.remind_reference("r-1"), {"errors": errors}, status=422)
    assert caught.value.code == "rate_exceeded"


def test_q15_nobodys_id_is_sent_when_asking_who_one_is() -> None:
    assert API.render(vitay.show_me()).url == "https://v.test/api/v1/users/me"


def test_q16_a_reference_names_its_candidate_and_has_no_id_yet() -> None:
    call = vitay.create_reference(
        candidate_id="c-1", question_set_id="qs-1", email="b@y.test", first_name="B", last_name="L"
    )
    data = body_of(call)["data"]
    assert "id" not in data
    assert data["relationships"] == {
        "candidate": {"type": "Candidate", "id": "c-1"},
        "question_set": {"type": "QuestionSet", "id": "qs-1"},
    }


@pytest.mark.parametrize(
    ("call", "data"),
    [
        (
            vitay.update_candidate("x-1", notes="n"),
            {"type": "Candidate", "id": "x-1", "attributes": {"notes": "n"}},
        ),
        (
            vitay.update_reference("x-1", is_active=False),
            {"type": "Reference", "id": "x-1", "attributes": {"is_active": False}},
        ),
        (
            vitay.update_recruiter("x-1", notifications=""),
            {"type": "Recruiter", "id": "x-1", "attributes": {"notifications": ""}},
        ),
        (
            vitay.update_answer("x-1", comment="c"),
            {"type": "Answer", "id": "x-1", "attributes": {"comment": "c"}},
        ),
        (
            vitay.update_question("x-1", order=0),
            {"type": "Question", "id": "x-1", "attributes": {"order": 0}},
        ),
        (
            vitay.update_question_set("x-1", language="fr"),
            {"type": "QuestionSet", "id": "x-1", "attributes": {"language": "fr"}},
        ),
    ],
    ids=lambda value: str(value) if not isinstance(value, dict) else "",
)
def test_q17_an_update_sends_what_changes(call: Any, data: Any) -> None:
    assert body_of(call) == {"data": data}


def test_q18_a_request_is_found_in_the_index() -> None:
    pages = {1: ["rr-1", "rr-2"], 2: ["rr-3"]}
    asked = []

    def page_for(call: Any) -> Any:
        number = call.query["page[page]"]
        asked.append(number)
        data = [{"id": key, "attributes": {}} for key in pages[number]]
        return read(call, {"data": data, "pagination": {"total_pages": 2}})

    for wanted, pages_read in (("rr-2", [1]), ("rr-3", [1, 2]), ("rr-9", [1, 2])):
        asked.clear()
        flow = find_reference_request(wanted)
        result, step = None, next(flow)
        try:
            while True:
                step = flow.send(page_for(step))
        except StopIteration as end:
            result = end.value
        assert (result.id if result else None) == (wanted if wanted != "rr-9" else None)
        assert asked == pages_read


def test_q19_what_writes_to_people_is_declared_so() -> None:
    declared = {e.name for e in endpoints_of("vitay").values() if e.effect == "message"}
    assert declared == {
        "create_reference_request",
        "remind_reference_request",
        "remind_reference",
        "remind_verification",
        "create_reference",
        "create_recruiter",
    }


@pytest.mark.parametrize("count", [0, 2, 6])
def test_q21_the_number_of_references_is_sent_as_text(count: int) -> None:
    call = vitay.create_reference_request(
        candidate_id="c-1", question_set_id="qs-1", min_manager_references=count
    )
    assert body_of(call)["data"]["attributes"]["min_manager_references"] == str(count)


@pytest.mark.parametrize("count", [-1, 7])
def test_q21_no_more_references_are_asked_for_than_the_product_can(count: int) -> None:
    with pytest.raises(ValueError, match="0 to 6"):
        vitay.create_reference_request(
            candidate_id="c-1", question_set_id="qs-1", min_manager_references=count
        )


def test_q22_variables_that_may_be_secrets_are_no_plain_read() -> None:
    assert vitay.show_postman_environment.effect == "credential"


def test_q23_answering_for_a_referee_is_declared_so() -> None:
    call = vitay.submit_answers("r-1", answers=("Yes", "4"))
    assert call.endpoint.effect == "impersonate"
    data = {"type": "Reference", "id": "r-1", "attributes": {"answers": ["Yes", "4"]}}
    assert body_of(call) == {"data": data}


@pytest.mark.parametrize(
    "content", [b'{"errors": []}', b"PK\x03\x04", b"<html>", b"", b" %PDF-1.4"]
)
def test_q24_what_does_not_begin_as_a_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        read(vitay.download_document("references", "r-1"), content)


def test_q24_a_report_is_its_bytes() -> None:
    call = vitay.download_document("candidates", "c-1")
    assert read(call, b"%PDF-1.7 \xff") == b"%PDF-1.7 \xff"
    request = API.render(call)
    assert request.headers["Accept"] == "*/*"
    assert request.url.query == b"type=candidates&id=c-1"


@pytest.mark.parametrize(
    ("attribute", "relationship"),
    [("r-1", LINK), ("rec-1", None), (LINK, None), (LINK, LINK), (None, LINK)],
)
def test_q25_a_metadatum_says_in_two_ways_what_it_is_of(attribute: Any, relationship: Any) -> None:
    data = {
        "id": "m-1",
        "attributes": {"identifiable": attribute},
        "relationships": {"identifiable": relationship},
    }
    (metadatum,) = read(vitay.list_metadata(), {"data": data}).items
    assert metadatum.identifiable.id == "rec-1"


def test_q26_logins_and_resets_are_flat() -> None:
    assert body_of(vitay.login("a@b.c", "p")) == {"email": "a@b.c", "password": "p"}
    assert body_of(vitay.request_password_reset("a@b.c")) == {"email": "a@b.c"}
    assert body_of(vitay.reset_password("a@b.c", "p", "k")) == {
        "email": "a@b.c",
        "password": "p",
        "reset_key": "k",
    }


def test_q26_a_get_that_mails_somebody_is_not_a_read() -> None:
    assert vitay.find_password_reset.method == "GET"
    assert vitay.find_password_reset.effect == "credential"


def test_what_the_documents_do_not_name_is_kept() -> None:
    data = {"id": "r-1", "attributes": {"answers_count": 3}, "meta": {"x": 1}}
    reference = read(vitay.show_reference("r-1"), {"data": data})
    assert (reference.answers_count, reference.meta) == (3, {"x": 1})


@pytest.mark.parametrize("reference_id", ["", " ", "None", ".", ".."])
def test_an_id_that_is_none_is_refused(reference_id: str) -> None:
    with pytest.raises(ValueError, match="reference_id must"):
        vitay.show_reference(reference_id)


@pytest.mark.parametrize("reference_id", ["a/b", "a?b", "a#b", "../x", "é", "%2e%2e", "a b"])
def test_an_id_stays_within_its_place_in_the_path(reference_id: str) -> None:
    path = API.render(vitay.delete_reference(reference_id)).url.raw_path.decode()
    assert path.startswith("/api/v1/references/")
    assert path.count("/") == 4
    assert "?" not in path
