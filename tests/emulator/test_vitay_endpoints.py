"""Each of Vitay's 55 endpoints answers in the documented shape, in both shape modes.

The attribute names stand here once more, copied from the vendor's reference, so that a slip in
the emulator's own table shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.vitay.records import (
    COLLEAGUE_QUESTION_SET_ID,
    HIRING_FIRM_ID,
    QUESTION_SET_ID,
    RECRUITER_ID,
    RECRUITER_USER_ID,
    ROOT_EMAIL,
    VERIFICATION_ID,
)

REMINDER = {"next_scheduled_at", "latest_sent_at", "count", "count_exceeded", "rate_exceeded"}
FIGURES = (
    "total_candidates total_references completed_references avg_reference_completion_time "
    "avg_candidates_score"
)
ATTRIBUTES = {
    "RR": "notes created_at min_manager_references filled reminder",
    "REF": "email created_at first_name last_name phone country_code is_active is_active_hf "
    "relationship permission_share_clients contact_type permission_share_candidate language "
    "company_name is_pending filled filled_at requested_by_id requested_by score reminder",
    "CAND": "internal_id notes first_name last_name email country_code phone score",
    "QS": "title language",
    "Q": "type category order language",
    "ANS": "question value scale language category type comment",
    "USER": "email first_name last_name phone country_code is_active",
    "REC": "id hiring_firm_id is_active is_active_hf created_at notifications is_root",
    "RECA": "id hiring_firm_id is_active is_active_hf created_at notifications is_root " + FIGURES,
    "HF": "name logo_url",
    "HFA": FIGURES + " candidate_count_by_date reference_count_by_date top_recruiters",
    "PROF": "id title bio job_title street_address city province is_active created_at updated_at "
    "public_profile_url industry picture_url has_user",
    "ACT": "id trackable_type trackable_id owner_type owner_id recipient_type recipient_id key "
    "parameters created_at updated_at",
    "META": "identifiable ip_address browser browser_version os os_version user_agent created_at "
    "updated_at",
    "NEW_META": "identifiable",
}
RELATIONSHIPS = {
    "RR": "question_set candidate",
    "REF": "answer_set question_set candidate metadatum",
    "CAND": "references added_by reference_requests metadatum",
    "QS": "question_set candidate questions",
    "Q": "question_set candidate",
    "ANS": "answer_set",
    "USER": "identifiable",
    "REC": "hiring_firm user candidates",
    "RECA": "hiring_firm user candidates",
    "HF": "",
    "HFA": "",
    "PROF": "user experiences educations",
    "ACT": "trackable owner recipient",
    "META": "identifiable",
    "NEW_META": "identifiable",
}
BOOLEANS = {
    "filled",
    "is_active",
    "is_active_hf",
    "is_root",
    "is_pending",
    "has_user",
    "count_exceeded",
    "rate_exceeded",
    "permission_share_clients",
    "permission_share_candidate",
}

Body = Callable[[dict[str, str]], Any]


@dataclass(frozen=True)
class Row:
    """One line of the vendor's endpoint table.

    ``answer`` is a container (``single``, ``list``, or ``object`` for a list that is documented
    as one object) and an attribute set; or a word for the few that have a form of their own.
    """

    number: int
    method: str
    path: str
    answer: str
    body: Body | None = None
    relationships: str | None = None
    query: str = ""


def attributes(**named: Any) -> Body:
    return lambda _ids: {"data": {"attributes": named}}


ROWS = [
    Row(1, "GET", "/v3/ping", "pong"),
    Row(2, "GET", "/v3/api/postman", "nothing"),
    Row(3, "GET", "/v1/public/reference_requests", "object RR"),
    Row(
        4,
        "POST",
        "/v1/public/reference_requests",
        "single RR",
        lambda ids: {
            "data": {
                "type": "ReferenceRequest",
                "attributes": {"notes": "Two, please", "min_manager_references": "2"},
                "relationships": {
                    "question_set": {"type": "RerefenceRequest", "id": QUESTION_SET_ID},
                    "candidate": {"type": "RerefenceRequest", "id": ids["candidate"]},
                },
            }
        },
    ),
    Row(5, "POST", "/v1/reminders/reference_request/{open_request}", "detail"),
    Row(6, "GET", "/activities", "object ACT"),
    Row(7, "GET", "/v1/users", "object USER"),
    Row(8, "GET", f"/v1/users/{RECRUITER_USER_ID}", "single USER"),
    Row(9, "GET", "/v1/users/me", "single USER"),
    Row(10, "GET", "/v1/answers/{answer}", "single ANS"),
    Row(11, "PATCH", "/v1/answers/{answer}", "single ANS", attributes(comment="Truly")),
    Row(12, "GET", "/v1/hiring_firms", "list HF"),
    Row(13, "GET", f"/v1/hiring_firms/{HIRING_FIRM_ID}", "single HF"),
    Row(14, "PATCH", f"/v1/hiring_firms/{HIRING_FIRM_ID}", "single HF", attributes(name="New")),
    Row(
        15,
        "DELETE",
        f"/v1/hiring_firms/{HIRING_FIRM_ID}",
        "untyped",
        lambda _ids: {"data": {"id": HIRING_FIRM_ID, "type": "HiringFirm"}},
    ),
    Row(16, "PATCH", f"/v1/hiring_firms/{HIRING_FIRM_ID}/logo", "logo"),
    Row(17, "GET", f"/v1/hiring_firms/{HIRING_FIRM_ID}/analytics", "single HFA"),
    Row(18, "GET", "/v1/profiles/{candidate}", "one PROF"),
    Row(19, "GET", "/v1/questions", "object Q"),
    Row(
        20,
        "POST",
        "/v1/questions",
        "single Q",
        lambda _ids: {
            "data": {
                "attributes": {"type": "T", "order": 9},
                "relationships": {"question_set": {"type": "QuestionSet", "id": QUESTION_SET_ID}},
            }
        },
    ),
    Row(21, "GET", "/v1/questions/{question}", "single Q"),
    Row(22, "PATCH", "/v1/questions/{question}", "single Q", attributes(order=7)),
    Row(23, "DELETE", "/v1/questions/{question}", "single Q"),
    Row(24, "POST", f"/v1/reminders/verification/{VERIFICATION_ID}", "detail"),
    Row(25, "GET", "/v2/recruiters", "list REC"),
    Row(26, "GET", f"/v1/recruiters/{RECRUITER_ID}", "single REC"),
    Row(27, "PATCH", f"/v1/recruiters/{RECRUITER_ID}", "single REC", attributes(is_active="true")),
    Row(28, "DELETE", f"/v1/recruiters/{RECRUITER_ID}", "single REC"),
    Row(29, "GET", f"/v1/recruiters/{RECRUITER_ID}/analytics", "single RECA"),
    Row(
        30,
        "POST",
        "/v1/recruiters_with_user",
        "single REC",
        lambda _ids: {
            "data": {
                "attributes": {"hiring_firm_id": HIRING_FIRM_ID},
                "relationships": {"user": {"attributes": {"emai": "new@firm.test"}}},
            }
        },
    ),
    Row(31, "GET", "/v3/candidates", "list CAND"),
    Row(
        32,
        "POST",
        "/v3/candidates",
        "single CAND",
        attributes(first_name="Cy", last_name="Oh", email="cy@x.test", internal_id="ATS-1"),
    ),
    Row(33, "GET", "/v3/candidates/{candidate}", "single CAND"),
    Row(34, "PATCH", "/v3/candidates/{candidate}", "single CAND", attributes(notes="Private")),
    Row(35, "DELETE", "/v3/candidates/{candidate}", "single CAND"),
    Row(36, "GET", "/v1/question_sets", "all QS"),
    Row(37, "POST", "/v1/question_sets", "single QS", attributes(title="Peers", language="fr")),
    Row(38, "GET", f"/v1/question_sets/{QUESTION_SET_ID}", "single QS"),
    Row(39, "POST", f"/v1/question_sets/{QUESTION_SET_ID}", "single QS", attributes(title="Boss")),
    Row(40, "DELETE", f"/v1/question_sets/{QUESTION_SET_ID}", "single QS"),
    Row(
        41,
        "POST",
        "/v2/references",
        "single REF",
        lambda ids: {
            "data": {
                "type": "Reference",
                "attributes": {"first_name": "Di", "last_name": "Po", "email": "di@y.test"},
                "relationships": {"candidate": {"type": "Candidate", "id": ids["candidate"]}},
            }
        },
        relationships="question_set candidate",
    ),
    Row(42, "GET", "/v2/references", "object REF"),
    Row(
        43,
        "PATCH",
        "/v1/references/{open_reference}",
        "single REF",
        attributes(relationship="Colleague", permission_share_candidate=True),
        relationships="",
    ),
    Row(44, "GET", "/v1/references/{reference}", "single REF"),
    Row(45, "DELETE", "/v1/references/{reference}", "single REF"),
    Row(46, "GET", "/v1/public/references/{reference}", "single REF"),
    Row(
        47,
        "POST",
        "/v1/public/references",
        "single REF",
        lambda ids: {
            "data": {
                "type": "Reference",
                "id": ids["open_reference"],
                "attributes": {"answers": ["Yes", "4"]},
            }
        },
    ),
    Row(48, "POST", "/v1/reminders/reference/{open_reference}", "detail"),
    Row(49, "GET", "/documents", "pdf", query="type=references&id={reference}"),
    Row(50, "GET", "/v3/metadata", "object META"),
    Row(
        51,
        "POST",
        "/v3/metadata",
        "single NEW_META",
        lambda ids: {
            "data": {"attributes": {"identifiable": {"type": "Candidate", "id": ids["candidate"]}}}
        },
    ),
    Row(
        52,
        "POST",
        "/v3/oauth/login",
        "token",
        lambda _ids: {"email": ROOT_EMAIL, "password": "emulator-password"},
    ),
    Row(53, "GET", "/v3/oauth/reset", "reset token", query=f"email={ROOT_EMAIL}"),
    Row(54, "POST", "/v3/oauth/reset", "reset key", lambda _ids: {"email": ROOT_EMAIL}),
    Row(
        55,
        "PATCH",
        "/v3/oauth/reset",
        "reset done",
        lambda ids: {"email": ROOT_EMAIL, "password": "Better-pass-1", "reset_key": ids["key"]},
    ),
]


def name_row(value: object) -> str | None:
    return f"{value.number}-{value.method}-{value.path}" if isinstance(value, Row) else None


@pytest.fixture
def ids(root: Any, talent_emulator: Emulator) -> dict[str, str]:
    """A check half way: one referee has answered, one has not, and a second request is open."""
    candidate = root.create_candidate(phone="5145550100")
    request = root.request_references(candidate, 2)
    submitted = talent_emulator.act(f"vitay/reference_requests/{request}/submit")
    reference, open_reference = (reference["id"] for reference in submitted["references"])
    filled = talent_emulator.act(f"vitay/references/{reference}/fill")
    return {
        "candidate": candidate,
        "open_request": root.request_references(root.create_candidate("second@x.test")),
        "reference": reference,
        "open_reference": open_reference,
        "answer": filled["answers"][0]["id"],
        "question": root.get("/v1/questions")[0]["id"],
        "key": root.post("/v3/oauth/reset", {"email": ROOT_EMAIL})["key"],
    }


def test_the_table_has_every_endpoint_once() -> None:
    assert [row.number for row in ROWS] == list(range(1, 56))
    assert len({(row.method, row.path) for row in ROWS}) == 55


@pytest.mark.parametrize("shape", ["plain", "literal"])
@pytest.mark.parametrize("row", ROWS, ids=name_row)
def test_an_endpoint_answers_in_its_documented_shape(
    row: Row, shape: str, ids: dict[str, str], root: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"shape": shape})
    query = dict(part.split("=") for part in row.query.format(**ids).split("&") if part)
    container, _, kind = row.answer.partition(" ")
    if container in ("list", "object"):
        query["page[page_size]"] = "1"
    path = row.path.format(**ids)

    if row.answer == "logo":
        answer = root.http.request(row.method, path, files={"logo_file": ("logo.png", b"png")})
        container, kind = "single", "HF"
    else:
        answer = root.ask(row.method, path, row.body(ids) if row.body else None, **query)

    assert answer.status_code == 200, answer.text
    if container == "pong":
        assert answer.text == "Pong"
    elif container == "nothing":
        assert answer.json() == {}
    elif container == "pdf":
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
    else:
        check_data(answer.json(), container, kind, row, shape)


def check_data(body: Any, container: str, kind: str, row: Row, shape: str) -> None:
    data = body["data"]
    if container in ("list", "object"):
        assert set(body) == {"data", "pagination"}
        assert all(type(number) is int for number in body["pagination"].values())
        is_object = container == "object" and shape == "literal"
        check_resource(data if is_object else only(data), kind, row, shape)
        return
    assert set(body) == {"data"}
    if container == "detail":
        assert data == {"detail": "Reminder sent"}
    elif container == "untyped":
        assert data == {}
    elif container == "token":
        assert data["attributes"].keys() == {"token"}
        assert data["id"]
    elif container == "reset":
        check_reset(data, kind)
    elif container == "one":
        check_resource(only(data), kind, row, shape)
    elif container == "all":
        assert [resource["id"] for resource in data] == [QUESTION_SET_ID, COLLEAGUE_QUESTION_SET_ID]
        for resource in data:
            check_resource(resource, kind, row, shape)
    else:
        check_resource(data, kind, row, shape)


def only(data: Any) -> Any:
    assert isinstance(data, list)
    [resource] = data
    return resource


def check_reset(data: Any, kind: str) -> None:
    if kind == "token":
        assert data.keys() == {"attributes"}
        assert data["attributes"]["token"]
    else:
        assert data.keys() == {"type", "id", "attributes"} | ({"key"} if kind == "key" else set())
        assert data["attributes"] == {"email": ROOT_EMAIL}


def check_resource(resource: Any, kind: str, row: Row, shape: str) -> None:
    assert resource["id"]
    assert resource["type"]
    assert resource["attributes"].keys() == set(ATTRIBUTES[kind].split())
    expected = RELATIONSHIPS[kind] if row.relationships is None else row.relationships
    assert resource.get("relationships", {}).keys() == set(expected.split())
    if "reminder" in resource["attributes"]:
        assert resource["attributes"]["reminder"].keys() == REMINDER
    kept = resource["attributes"] | resource["attributes"].get("reminder", {})
    for name in BOOLEANS & kept.keys():
        assert kept[name] in ((True, False) if shape == "plain" else ("true", "false"))
    if shape == "literal":
        assert not list(booleans_in(resource))


def booleans_in(value: Any) -> Any:
    if isinstance(value, bool):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from booleans_in(item)


def test_a_literal_index_of_one_question_set_is_an_object(
    root: Any, talent_emulator: Emulator
) -> None:
    root.ask("DELETE", f"/v1/question_sets/{COLLEAGUE_QUESTION_SET_ID}")
    talent_emulator.settings(vitay={"shape": "literal"})

    assert root.get("/v1/question_sets")["id"] == QUESTION_SET_ID


def test_a_literal_index_of_no_records_is_an_empty_list(
    root: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"shape": "literal"})

    assert root.get("/v2/references") == []


def test_pages_cover_an_index_without_gaps_and_end_empty(root: Any) -> None:
    made = [root.create_candidate(f"c{number}@x.test") for number in range(5)]

    pages = [
        [c["id"] for c in root.get("/v3/candidates", **{"page[page]": n, "page[page_size]": 2})]
        for n in (1, 2, 3, 4)
    ]

    assert pages == [made[0:2], made[2:4], made[4:5], []]


def test_a_page_has_15_records_unless_asked_otherwise_and_at_most_100(
    root: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.act("vitay/seed", references=240)

    first = root.ask("GET", "/v3/candidates").json()
    largest = root.ask("GET", "/v3/candidates?page%5Bpage_size%5D=1000").json()

    assert first["pagination"] == {
        "current_page": 1,
        "total_pages": 8,
        "total_entries": 120,
        "page_size": 15,
    }
    assert largest["pagination"]["page_size"] == len(largest["data"]) == 100


def test_an_index_may_begin_with_the_newest(root: Any, talent_emulator: Emulator) -> None:
    made = [root.create_candidate(f"c{number}@x.test") for number in range(3)]
    talent_emulator.settings(vitay={"index_order": "newest_first"})

    listed = [candidate["id"] for candidate in root.get("/v3/candidates")]

    assert listed == made[::-1]


@pytest.mark.parametrize("page", ["0", "-1", "x", ""])
def test_a_page_that_is_no_number_from_1_is_refused(root: Any, told: Any, page: str) -> None:
    answer = root.ask("GET", "/v2/references", **{"page[page]": page})

    assert told(answer) == (422, "unprocessable_entity", "page[page]")


def test_malformed_json_is_400(root: Any, told: Any) -> None:
    for body in (b"{", b"[1]", b"\xff"):
        headers = {"Content-Type": "application/json"}
        answer = root.http.post("/v3/candidates", content=body, headers=headers)
        assert told(answer)[0] == 400


def test_a_body_that_is_not_json_is_415(root: Any, told: Any) -> None:
    answer = root.http.post("/v3/candidates", data={"email": "ada@x.test"})

    assert told(answer)[0] == 415


def test_a_logo_as_json_is_415(root: Any, told: Any) -> None:
    path = f"/v1/hiring_firms/{HIRING_FIRM_ID}/logo"

    assert told(root.ask("PATCH", path, {"logo_file": "png"}))[0] == 415


def test_a_json_api_content_type_is_taken_too(root: Any) -> None:
    person = b'{"data":{"attributes":{"first_name":"A","last_name":"B","email":"a@b.test"}}}'
    headers = {"Content-Type": "application/vnd.api+json; charset=utf-8"}

    assert root.http.post("/v3/candidates", content=person, headers=headers).status_code == 200


def test_question_sets_are_not_patched(root: Any, told: Any) -> None:
    assert told(root.ask("PATCH", f"/v1/question_sets/{QUESTION_SET_ID}", {}))[0] == 405


@pytest.mark.parametrize("path", ["/v9/candidates", "/v3/candidates/", "/v1/answers", ""])
def test_an_unknown_path_is_404_in_the_vendors_form(root: Any, told: Any, path: str) -> None:
    assert told(root.ask("GET", path))[0] == 404


@pytest.mark.parametrize("path", ["/v1/references/17", "/v1/public/references/17"])
def test_an_unknown_reference_is_an_invalid_reference(root: Any, path: str) -> None:
    [error] = root.ask("GET", path).json()["errors"]

    assert error["title"] == "Invalid Reference"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"first_name": ""}, "first_name"),
        ({"last_name": None}, "last_name"),
        ({"email": "not an address"}, "email"),
        ({"email": 17}, "email"),
        ({"phone": "+1 514"}, "phone"),
        ({"score": "high"}, "score"),
    ],
)
def test_a_candidate_with_a_wrong_attribute_is_refused_by_name(
    root: Any, told: Any, wrong: dict[str, Any], pointer: str
) -> None:
    person = {"first_name": "Ada", "last_name": "Ray", "email": "ada@x.test", **wrong}
    answer = root.ask("POST", "/v3/candidates", {"data": {"attributes": person}})

    status, _code, place = told(answer)
    assert (status, place) == (422, f"/data/attributes/{pointer}")


def test_the_email_of_a_candidate_is_taken_once_until_the_candidate_is_deleted(
    root: Any, told: Any
) -> None:
    first = root.create_candidate("ada@x.test")
    person = {"first_name": "Ada", "last_name": "Two", "email": "ADA@x.test"}
    body = {"data": {"attributes": person}}

    assert told(root.ask("POST", "/v3/candidates", body)) == (
        409,
        "taken",
        "/data/attributes/email",
    )
    root.ask("DELETE", f"/v3/candidates/{first}")
    assert root.ask("POST", "/v3/candidates", body).status_code == 200


def test_a_deleted_candidate_is_gone_with_its_references(root: Any) -> None:
    candidate = root.create_candidate()
    reference = root.create_reference(candidate)

    root.ask("DELETE", f"/v3/candidates/{candidate}")

    assert root.get("/v3/candidates") == root.get("/v2/references") == []
    assert root.ask("GET", f"/v3/candidates/{candidate}").status_code == 404
    assert root.ask("GET", f"/v1/public/references/{reference}").status_code == 404


def test_deleting_a_firm_needs_its_id_in_the_body(root: Any, told: Any) -> None:
    answer = root.ask("DELETE", f"/v1/hiring_firms/{HIRING_FIRM_ID}")

    assert told(answer)[::2] == (422, "/data/id")


def test_a_reference_needs_a_candidate(root: Any, told: Any) -> None:
    person = {"first_name": "Bo", "last_name": "Lee", "email": "bo@y.test"}
    body = {"data": {"type": "Reference", "attributes": person}}

    assert told(root.ask("POST", "/v2/references", body)) == (
        422,
        "missing",
        "/data/relationships/candidate",
    )


@pytest.mark.parametrize("same", [{"email": "BO@y.test"}, {"phone": "5145550100"}])
def test_a_referee_is_taken_once_per_candidate_and_question_set(
    root: Any, told: Any, same: dict[str, str]
) -> None:
    candidate = root.create_candidate()
    root.create_reference(candidate, phone="5145550100")
    person = {"first_name": "Bo", "last_name": "Lee", "email": "other@y.test", **same}
    body = {"data": {"attributes": {**person, "candidate_id": candidate}}}

    assert told(root.ask("POST", "/v2/references", body))[:2] == (409, "taken")
    body["data"]["attributes"]["question_set_id"] = COLLEAGUE_QUESTION_SET_ID
    assert root.ask("POST", "/v2/references", body).status_code == 200


def test_a_reference_may_come_with_an_id_of_its_own_once(root: Any, told: Any) -> None:
    candidate = root.create_candidate()
    person = {"first_name": "Bo", "last_name": "Lee", "email": "bo@y.test"}
    body = {"data": {"id": "mine", "attributes": {**person, "candidate_id": candidate}}}

    assert root.post("/v2/references", body)["id"] == "mine"
    assert told(root.ask("POST", "/v2/references", body)) == (409, "taken", "/data/id")


@pytest.mark.parametrize("number", ["7", "many", "-1", 1.5])
def test_a_request_asks_for_0_to_6_references(root: Any, told: Any, number: object) -> None:
    body = {
        "data": {
            "attributes": {"min_manager_references": number},
            "relationships": {
                "question_set": {"id": QUESTION_SET_ID},
                "candidate": {"id": root.create_candidate()},
            },
        }
    }
    answer = root.ask("POST", "/v1/public/reference_requests", body)

    assert told(answer)[::2] == (422, "/data/attributes/min_manager_references")


@pytest.mark.parametrize("name", ["candidate", "question_set"])
def test_a_request_for_an_unknown_record_is_404(root: Any, told: Any, name: str) -> None:
    related = {
        "question_set": {"id": QUESTION_SET_ID},
        "candidate": {"id": root.create_candidate()},
        name: {"id": "unknown"},
    }
    answer = root.ask("POST", "/v1/public/reference_requests", {"data": {"relationships": related}})

    assert told(answer)[::2] == (404, f"/data/relationships/{name}/id")


@pytest.mark.parametrize("spelling", ["email", "emai"])
def test_a_new_recruiter_is_invited_under_either_spelling_of_email(
    root: Any, talent_emulator: Emulator, spelling: str
) -> None:
    body = {"data": {"relationships": {"user": {"attributes": {spelling: "new@firm.test"}}}}}

    created = root.post("/v1/recruiters_with_user", body)

    [invitation] = talent_emulator.outbox("vitay")
    assert (invitation["kind"], invitation["to"]) == ("invitation", "new@firm.test")
    assert invitation["record_id"] == created["id"]


def test_a_rating_is_changed_within_its_scale_and_the_score_follows(
    root: Any, told: Any, talent_emulator: Emulator
) -> None:
    candidate = root.create_candidate()
    reference = root.create_reference(candidate)
    answers = talent_emulator.act(f"vitay/references/{reference}/fill", answers=["Yes", "4", "2"])
    rating = answers["answers"][1]["id"]

    refused = root.ask("PATCH", f"/v1/answers/{rating}", {"data": {"attributes": {"value": "6"}}})
    root.ask("PATCH", f"/v1/answers/{rating}", {"data": {"attributes": {"value": "5"}}})

    assert told(refused)[0] == 422
    assert root.reference(reference)["score"] == "70"
    assert root.get(f"/v3/candidates/{candidate}")["attributes"]["score"] == 70


def test_unknown_attributes_are_ignored(root: Any) -> None:
    candidate = root.create_candidate(favourite_colour="green")
    body = {"data": {"attributes": {"id": "other", "score": 50, "is_active": False}}}

    changed = root.ask("PATCH", f"/v3/candidates/{candidate}", body).json()["data"]

    assert changed["id"] == candidate
    assert changed["attributes"]["score"] == 50


def test_the_figures_of_a_firm_are_computed(root: Any, talent_emulator: Emulator) -> None:
    talent_emulator.act("vitay/seed", references=4, filled=True)

    figures = root.get(f"/v1/hiring_firms/{HIRING_FIRM_ID}/analytics")["attributes"]

    assert (figures["total_candidates"], figures["total_references"]) == (2, 4)
    assert figures["completed_references"] == 4
    assert figures["avg_reference_completion_time"] == 30
    [series] = [sum(day.values()) for day in figures["reference_count_by_date"]]
    assert series == 4
    assert figures["top_recruiters"][0]["completed_references"] == 4
