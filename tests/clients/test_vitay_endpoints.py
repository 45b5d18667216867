"""Each of Vitay's 55 endpoints through its call, both runners and both shapes of answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from airflow_talent.clients import vitay
from airflow_talent.clients.calls import Call
from airflow_talent.clients.registry import endpoints_of
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
    ROOT_USER_ID,
    VERIFICATION_ID,
)
from airflow_talent.tests.clients.adapters import Records

DOCUMENTED = """
GET /v3/ping
GET /v3/api/postman
GET /v1/public/reference_requests
POST /v1/public/reference_requests
POST /v1/reminders/reference_request/{id}
GET /activities
GET /v1/users
GET /v1/users/{id}
GET /v1/users/me
GET /v1/answers/{id}
PATCH /v1/answers/{id}
GET /v1/hiring_firms
GET /v1/hiring_firms/{id}
PATCH /v1/hiring_firms/{id}
DELETE /v1/hiring_firms/{id}
PATCH /v1/hiring_firms/{id}/logo
GET /v1/hiring_firms/{id}/analytics
GET /v1/profiles/{id}
GET /v1/questions
POST /v1/questions
GET /v1/questions/{id}
PATCH /v1/questions/{id}
DELETE /v1/questions/{id}
POST /v1/reminders/verification/{id}
GET /v2/recruiters
GET /v1/recruiters/{id}
PATCH /v1/recruiters/{id}
DELETE /v1/recruiters/{id}
GET /v1/recruiters/{id}/analytics
POST /v1/recruiters_with_user
GET /v3/candidates
POST /v3/candidates
GET /v3/candidates/{id}
PATCH /v3/candidates/{id}
DELETE /v3/candidates/{id}
GET /v1/question_sets
POST /v1/question_sets
GET /v1/question_sets/{id}
POST /v1/question_sets/{id}
DELETE /v1/question_sets/{id}
POST /v2/references
GET /v2/references
PATCH /v1/references/{id}
GET /v1/references/{id}
DELETE /v1/references/{id}
GET /v1/public/references/{id}
POST /v1/public/references
POST /v1/reminders/reference/{id}
GET /documents
GET /v3/metadata
POST /v3/metadata
POST /v3/oauth/login
GET /v3/oauth/reset
POST /v3/oauth/reset
PATCH /v3/oauth/reset
"""
"""Method and path of every row of the vendor's reference, in its order."""

QUESTION_ID = "a0000000-0000-4000-8000-000001000002"
"""The first rating of the first question set."""

Values = dict[str, Any]
"""Dotted paths into a result, and what must be there."""


def call_of(name: str, /, *args: Any, **kwargs: Any) -> Callable[[Records], Call[Any]]:
    """Arguments that are names of :class:`Records` stand for those records' ids."""

    def make(records: Records) -> Call[Any]:
        def known(value: Any) -> Any:
            is_name = isinstance(value, str) and value in Records.__slots__
            return getattr(records, value) if is_name else value

        endpoint = endpoints_of("vitay")[name]
        return endpoint(*map(known, args), **{key: known(v) for key, v in kwargs.items()})

    return make


Case = tuple[Callable[[Records], Call[Any]], Values]

ADA: Values = {
    "email": "ada@x.test",
    "first_name": "Ada",
    "last_name": "Ray",
    "internal_id": "ATS-7",
    "notes": "private",
    "country_code": "1",
    "phone": "5145550100",
    "score": 90.0,
    "added_by.id": ROOT_ID,
    "references.0.id": "open_reference",
    "references.1.id": "filled_reference",
    "reference_requests.0.id": "request",
    "reference_requests.0.filled": False,
}
OPEN_REFERENCE: Values = {
    "id": "open_reference",
    "email": "bo@y.test",
    "filled": False,
    "is_filled": False,
    "filled_at": None,
    "is_active": True,
    "answer_set": None,
    "question_set.0.id": QUESTION_SET_ID,
    "candidate.id": "candidate",
    "reminder.count": 0,
    "reminder.count_exceeded": False,
    "reminder.next_scheduled_at.tzname": "UTC",
}
FILLED_REFERENCE: Values = {
    "id": "filled_reference",
    "last_name": "Moe",
    "filled": True,
    "is_filled": True,
    "filled_at.tzname": "UTC",
    "score": 90.0,
    "answer_set.type": "AnswerSet",
    "metadatum.type": "Metadatum",
}
REQUEST: Values = {
    "id": "request",
    "notes": "Two, please",
    "min_manager_references": 2,
    "filled": False,
    "created_at.tzname": "UTC",
    "question_set.id": QUESTION_SET_ID,
    "candidate.id": "candidate",
    "reminder.rate_exceeded": False,
}


def page(total: int, **first: Any) -> Values:
    """The second page with one record on each, which the literal shape prints as one object."""
    values = {f"items.0.{path.replace('__', '.')}": value for path, value in first.items()}
    return values | {
        "items.length": 1,
        "pagination.current_page": 2,
        "pagination.total_pages": total,
        "pagination.total_entries": total,
        "pagination.page_size": 1,
    }


def second(name: str) -> Callable[[Records], Call[Any]]:
    return call_of(name, page=2, page_size=1)


CASES: dict[str, Case] = {
    "ping": (call_of("ping"), {"": "Pong"}),
    "show_postman_environment": (call_of("show_postman_environment"), {"": {}}),
    "list_reference_requests": (
        call_of("list_reference_requests"),
        {f"items.0.{path}": value for path, value in REQUEST.items()}
        | {"items.length": 1, "pagination.total_pages": 1, "pagination.page_size": 100},
    ),
    "create_reference_request": (
        call_of(
            "create_reference_request",
            candidate_id="candidate",
            question_set_id=QUESTION_SET_ID,
            min_manager_references=3,
            notes="Three, please",
        ),
        {
            "notes": "Three, please",
            "min_manager_references": 3,
            "filled": False,
            "candidate.id": "candidate",
            "question_set.id": QUESTION_SET_ID,
        },
    ),
    "remind_reference_request": (
        call_of("remind_reference_request", "request"),
        {"detail": "Reminder sent"},
    ),
    "list_activities": (
        second("list_activities"),
        page(
            5,
            key="recruiter_request.create",
            trackable__type="ReferenceRequest",
            trackable__id="request",
            owner__id=ROOT_ID,
            recipient=None,
        ),
    ),
    "list_users": (
        second("list_users"),
        page(
            2,
            id=RECRUITER_USER_ID,
            email=RECRUITER_EMAIL,
            is_active=True,
            identifiable__id=RECRUITER_ID,
        ),
    ),
    "show_user": (
        call_of("show_user", RECRUITER_USER_ID),
        {"id": RECRUITER_USER_ID, "first_name": "Remy", "is_active": True},
    ),
    "show_me": (
        call_of("show_me"),
        {"id": ROOT_USER_ID, "email": ROOT_EMAIL, "identifiable.id": ROOT_ID},
    ),
    "show_answer": (
        call_of("show_answer", "answer"),
        {
            "id": "answer",
            "value": "5",
            "scale": 5.0,
            "type": "Rating",
            "language": "en",
            "comment": "",
            "answer_set.type": "AnswerSet",
            "resource_type": "Answer",
        },
    ),
    "update_answer": (
        call_of("update_answer", "answer", value="3", comment="On reflection"),
        {"id": "answer", "value": "3", "comment": "On reflection"},
    ),
    "list_hiring_firms": (
        call_of("list_hiring_firms"),
        {"items.length": 1, "items.0.id": HIRING_FIRM_ID, "pagination.total_pages": 1},
    ),
    "show_hiring_firm": (
        call_of("show_hiring_firm", HIRING_FIRM_ID),
        {"id": HIRING_FIRM_ID, "name": "Emulated Hiring", "logo_url": None},
    ),
    "update_hiring_firm": (
        call_of("update_hiring_firm", HIRING_FIRM_ID, name="Renamed"),
        {"id": HIRING_FIRM_ID, "name": "Renamed"},
    ),
    "delete_hiring_firm": (call_of("delete_hiring_firm", HIRING_FIRM_ID), {"": {"data": {}}}),
    "replace_hiring_firm_logo": (
        call_of(
            "replace_hiring_firm_logo", HIRING_FIRM_ID, file_name="logo.png", content=b"\x89PNG"
        ),
        {"logo_url": f"https://files.emulator.test/{HIRING_FIRM_ID}/logo.png"},
    ),
    "show_hiring_firm_analytics": (
        call_of("show_hiring_firm_analytics", HIRING_FIRM_ID),
        {
            "total_candidates": 1.0,
            "total_references": 2.0,
            "completed_references": 1.0,
            "avg_candidates_score": 90.0,
            "candidate_count_by_date.length": 1,
            "reference_count_by_date.length": 1,
            "top_recruiters.0.completed_references": 1,
        },
    ),
    "show_profile": (
        call_of("show_profile", "candidate"),
        {"id": "candidate", "is_active": True, "has_user": False, "user": None, "experiences": []},
    ),
    "list_questions": (
        second("list_questions"),
        page(
            8, id=QUESTION_ID, type="R", order=2.0, language="en", question_set__id=QUESTION_SET_ID
        ),
    ),
    "create_question": (
        call_of("create_question", question_set_id=QUESTION_SET_ID, type="R", category="team"),
        {
            "type": "R",
            "category": "team",
            "order": 6.0,
            "question_set.id": QUESTION_SET_ID,
            "resource_type": "Question",
        },
    ),
    "show_question": (
        call_of("show_question", QUESTION_ID),
        {"id": QUESTION_ID, "type": "R", "order": 2.0, "candidate": None},
    ),
    "update_question": (
        call_of("update_question", QUESTION_ID, type="T", order=9, language="fr"),
        {"id": QUESTION_ID, "type": "T", "order": 9.0, "language": "fr"},
    ),
    "delete_question": (call_of("delete_question", QUESTION_ID), {"id": QUESTION_ID, "type": "R"}),
    "remind_verification": (
        call_of("remind_verification", VERIFICATION_ID),
        {"detail": "Reminder sent"},
    ),
    "list_recruiters": (
        second("list_recruiters"),
        page(
            2,
            id=RECRUITER_ID,
            is_active=True,
            is_root=False,
            hiring_firm__id=HIRING_FIRM_ID,
            user__id=RECRUITER_USER_ID,
            candidates=[],
        ),
    ),
    "show_recruiter": (
        call_of("show_recruiter", ROOT_ID),
        {"id": ROOT_ID, "is_root": True, "hiring_firm_id": HIRING_FIRM_ID, "candidates.length": 1},
    ),
    "update_recruiter": (
        call_of("update_recruiter", RECRUITER_ID, notifications="none", is_active=False),
        {"id": RECRUITER_ID, "notifications": "none", "is_active": False},
    ),
    "delete_recruiter": (
        call_of("delete_recruiter", RECRUITER_ID),
        {"id": RECRUITER_ID, "is_active": False},
    ),
    "show_recruiter_analytics": (
        call_of("show_recruiter_analytics", ROOT_ID),
        {
            "id": ROOT_ID,
            "is_root": True,
            "total_references": 2.0,
            "completed_references": 1.0,
            "avg_candidates_score": 90.0,
        },
    ),
    "create_recruiter": (
        call_of("create_recruiter", hiring_firm_id=HIRING_FIRM_ID, email="new@firm.test"),
        {"hiring_firm_id": HIRING_FIRM_ID, "is_root": False, "user.type": "User"},
    ),
    "list_candidates": (
        call_of("list_candidates"),
        {f"items.0.{path}": value for path, value in ADA.items()}
        | {"items.length": 1, "items.0.id": "candidate", "pagination.total_entries": 1},
    ),
    "create_candidate": (
        call_of(
            "create_candidate",
            email="new@x.test",
            first_name="Di",
            last_name="Fox",
            internal_id="ATS-8",
            notes="quiet",
            country_code="44",
            phone="2079460000",
            score=12.5,
        ),
        {
            "email": "new@x.test",
            "first_name": "Di",
            "internal_id": "ATS-8",
            "country_code": "44",
            "score": 12.5,
            "references": [],
            "reference_requests": [],
            "metadatum": None,
        },
    ),
    "show_candidate": (call_of("show_candidate", "candidate"), ADA | {"id": "candidate"}),
    "update_candidate": (
        call_of("update_candidate", "candidate", notes="changed", phone="5145550199", score=1),
        {
            "id": "candidate",
            "notes": "changed",
            "phone": "5145550199",
            "score": 1.0,
            "first_name": "Ada",
        },
    ),
    "delete_candidate": (
        call_of("delete_candidate", "candidate"),
        {"id": "candidate", "email": "ada@x.test"},
    ),
    "list_question_sets": (
        call_of("list_question_sets"),
        {
            "items.length": 2,
            "items.0.id": QUESTION_SET_ID,
            "items.0.title": "Direct manager",
            "items.0.language": "en",
            "items.0.questions.length": 5,
            "pagination.total_pages": 1,
        },
    ),
    "create_question_set": (
        call_of("create_question_set", title="Friends", language="fr"),
        {"title": "Friends", "language": "fr", "resource_type": "QuestionSet"},
    ),
    "show_question_set": (
        call_of("show_question_set", QUESTION_SET_ID),
        {"id": QUESTION_SET_ID, "title": "Direct manager", "candidate": None},
    ),
    "update_question_set": (
        call_of("update_question_set", QUESTION_SET_ID, title="Any manager"),
        {"id": QUESTION_SET_ID, "title": "Any manager", "language": "en"},
    ),
    "delete_question_set": (
        call_of("delete_question_set", QUESTION_SET_ID),
        {"id": QUESTION_SET_ID, "title": "Direct manager"},
    ),
    "create_reference": (
        call_of(
            "create_reference",
            candidate_id="candidate",
            question_set_id=QUESTION_SET_ID,
            email="eve@y.test",
            first_name="Eve",
            last_name="Ng",
            phone="5145550111",
            country_code="1",
        ),
        {
            "email": "eve@y.test",
            "candidate.id": "candidate",
            "question_set.0.id": QUESTION_SET_ID,
            "answer_set": None,
            "filled": False,
        },
    ),
    "list_references": (
        second("list_references"),
        page(2, **{path.replace(".", "__"): value for path, value in FILLED_REFERENCE.items()}),
    ),
    "update_reference": (
        call_of("update_reference", "open_reference", relationship="Colleague", phone="5145550112"),
        {
            "id": "open_reference",
            "relationship": "Colleague",
            "phone": "5145550112",
            "candidate": None,
            "question_set": [],
        },
    ),
    "show_reference_by_number": (
        call_of("show_reference_by_number", "filled_reference"),
        FILLED_REFERENCE,
    ),
    "delete_reference": (
        call_of("delete_reference", "open_reference"),
        {"id": "open_reference", "is_active": False, "candidate.id": "candidate"},
    ),
    "show_reference": (call_of("show_reference", "open_reference"), OPEN_REFERENCE),
    "submit_answers": (
        call_of("submit_answers", "open_reference", answers=["Peer", "3", "3", "Yes", "Tea"]),
        {"id": "open_reference", "filled": True, "score": 60.0, "answer_set.type": "AnswerSet"},
    ),
    "remind_reference": (
        call_of("remind_reference", "open_reference"),
        {"detail": "Reminder sent"},
    ),
    "download_document": (
        call_of("download_document", "references", "filled_reference"),
        {"start": b"%PDF-"},
    ),
    "list_metadata": (
        call_of("list_metadata"),
        {
            "items.length": 1,
            "items.0.identifiable.type": "Reference",
            "items.0.identifiable.id": "filled_reference",
            "items.0.browser": "Firefox",
            "items.0.created_at.tzname": "UTC",
            "pagination.total_entries": 1,
        },
    ),
    "create_metadatum": (
        call_of(
            "create_metadatum", identifiable_type="Reference", identifiable_id="filled_reference"
        ),
        {"identifiable.type": "Reference", "identifiable.id": "filled_reference"},
    ),
    "login": (call_of("login", RECRUITER_EMAIL, PASSWORD), {"token.length": 32}),
    "find_password_reset": (
        call_of("find_password_reset", RECRUITER_EMAIL),
        {"token.length": 36, "key": None},
    ),
    "request_password_reset": (
        call_of("request_password_reset", RECRUITER_EMAIL),
        {"email": RECRUITER_EMAIL, "key.length": 36},
    ),
}
"""Every call but the one that needs another's answer first."""


def look_up(result: Any, path: str) -> Any:
    """A value inside a result; ``length``, ``start`` and ``tzname`` say something about one."""
    for step in filter(None, path.split(".")):
        if step == "length":
            result = len(result)
        elif step == "start":
            result = result[:5]
        elif step == "tzname":
            result = result.tzname()
        elif isinstance(result, list):
            result = result[int(step)]
        else:
            result = result[step] if isinstance(result, dict) else getattr(result, step)
    return result


def test_the_calls_are_the_55_documented_endpoints_and_no_others() -> None:
    ours = [
        f"{endpoint.method} {re.sub('{[a-z_]+}', '{id}', endpoint.path)}"
        for endpoint in endpoints_of("vitay").values()
    ]
    documented = DOCUMENTED.split("\n")[1:-1]
    assert len(documented) == 55
    assert sorted(ours) == sorted(documented)


def test_every_endpoint_has_its_case() -> None:
    assert {*CASES, "reset_password"} == set(endpoints_of("vitay"))


@pytest.mark.parametrize("shape", ["plain", "literal"])
@pytest.mark.parametrize("name", CASES)
def test_a_call_returns_what_the_vendor_says(
    name: str, shape: str, runner: Any, records: Records, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"shape": shape})
    make, values = CASES[name]
    call = make(records)

    result = runner.run(call)

    for path, value in values.items():
        is_name = isinstance(value, str) and value in Records.__slots__
        assert look_up(result, path) == (getattr(records, value) if is_name else value), path
    request = talent_emulator.requests("vitay")[-1]
    assert request["method"] == call.endpoint.method
    assert request["path"] == call.endpoint.path.format(**call.path)


@pytest.mark.parametrize("shape", ["plain", "literal"])
def test_a_password_is_reset_with_the_key_from_the_mail(
    shape: str, runner: Any, new_runner: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"shape": shape})
    key = runner.run(vitay.request_password_reset(RECRUITER_EMAIL)).key

    answer = runner.run(vitay.reset_password(RECRUITER_EMAIL, "New-passw0rd", key))

    assert answer.email == RECRUITER_EMAIL
    changed = new_runner(login=RECRUITER_EMAIL, password=SecretStr("New-passw0rd"))
    assert changed.run(vitay.show_me()).email == RECRUITER_EMAIL
