"""What people do at Vitay besides its API: the routes below ``/_emulator/vitay``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..control import act_route
from ..world import Refused
from .endpoints import REFERENCE, read_person
from .records import (
    RECRUITER_ID,
    Candidate,
    Listing,
    Reference,
    ReferenceRequest,
    Store,
)

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from . import Vitay

JSON = dict[str, Any]

LIKELY_ANSWER_HOURS = 30


def act_routes(vitay: Vitay) -> list[BaseRoute]:
    """Submit a list, answer, decline, approve, stop reminders, unlock, and old records in bulk."""

    def submit(path: dict[str, str], body: JSON) -> JSON:
        """The candidate lists people; without a list, as many invented ones as asked for."""
        request: ReferenceRequest = _find(vitay.store.requests, path)
        people = body.get("references")
        if people is None:
            people = vitay.people.invent(max(1, request.min_manager_references))
        if not isinstance(people, list) or not all(isinstance(each, dict) for each in people):
            raise ValueError("the references are a list of objects")
        required = ("first_name", "last_name", "email")
        listed = [read_person(person, REFERENCE, required=required) for person in people]
        vitay.checks.submit(request, listed)
        candidate = vitay.store.candidates[request.candidate_id]
        return {
            **_show(request),
            "references": [_resource(r) for r in vitay.store.references_of(candidate)],
        }

    def fill(path: dict[str, str], body: JSON) -> JSON:
        """The referee answers; without answers, with invented ones. Tells the answers' ids."""
        reference: Reference = _find(vitay.store.references, path)
        answers = body.get("answers")
        if answers is None:
            answers = vitay.people.invent_answers(reference)
        kept = vitay.checks.fill(reference, [str(answer) for answer in answers])
        return {**_show(reference), "answers": [_resource(answer) for answer in kept]}

    def decline(path: dict[str, str], body: JSON) -> JSON:
        reference: Reference = _find(vitay.store.references, path)
        vitay.checks.decline(reference, str(body.get("comment", "")))
        return _show(reference)

    def approve(path: dict[str, str], _body: JSON) -> JSON:
        reference: Reference = _find(vitay.store.references, path)
        vitay.checks.approve(reference)
        return _show(reference)

    def stop_reminders_of_reference(path: dict[str, str], _body: JSON) -> JSON:
        reference: Reference = _find(vitay.store.references, path)
        vitay.checks.stop_reminders(reference)
        return _show(reference)

    def stop_reminders_of_request(path: dict[str, str], _body: JSON) -> JSON:
        request: ReferenceRequest = _find(vitay.store.requests, path)
        vitay.checks.stop_reminders(request)
        return _show(request)

    def unlock(path: dict[str, str], _body: JSON) -> JSON:
        user = _find(vitay.store.users, path)
        user.failed_logins = 0
        return _show(user)

    def seed(_path: dict[str, str], body: JSON) -> JSON:
        match body:
            case {"references": int(how_many)} if how_many >= 0:
                return add_old_references(vitay, how_many, is_filled=body.get("filled", False))
        raise ValueError('seed takes {"references": how many, "filled": true or false}')

    def _resource(record: object) -> JSON:
        return vitay.shapes.resource(record)

    def _show(record: object) -> JSON:
        return {"data": _resource(record)}

    return [
        act_route("/reference_requests/{id}/submit", submit),
        act_route("/reference_requests/{id}/stop_reminders", stop_reminders_of_request),
        act_route("/references/{id}/fill", fill),
        act_route("/references/{id}/decline", decline),
        act_route("/references/{id}/approve", approve),
        act_route("/references/{id}/stop_reminders", stop_reminders_of_reference),
        act_route("/users/{id}/unlock", unlock),
        act_route("/seed", seed),
    ]


def add_old_references(vitay: Vitay, how_many: int, *, is_filled: bool) -> JSON:
    """Records of long ago, two references to a candidate, that nobody was mailed about.

    They are the plain recruiter's, were made a minute apart, the last one a day ago, and have no
    answers to read and no reminders to come.
    """
    store, world = vitay.store, vitay.world
    newest = world.now() - timedelta(days=1)
    took = timedelta(hours=LIKELY_ANSWER_HOURS)
    candidates = 0
    candidate: Candidate | None = None
    made_before = len(store.references)
    for place in range(how_many):
        number = made_before + place
        at = newest - timedelta(minutes=how_many - place - 1)
        asked_at = at - took if is_filled else at
        if candidate is None or place % 2 == 0:
            candidate = _add_old_candidate(store, world.new_id(), number, asked_at)
            candidates += 1
            _add_old_request(store, world.new_id(), candidate, vitay.settings.default_question_set)
        score = number % 101 if is_filled else 0
        reference = Reference(
            id=world.new_id(),
            candidate_id=candidate.id,
            question_set_id=vitay.settings.default_question_set,
            requested_by_id=RECRUITER_ID,
            created_at=asked_at,
            email=f"referee.{number}@referees.test",
            first_name="Old",
            last_name=f"Referee {number}",
            filled_at=at if is_filled else None,
            answer_set_id=world.new_id() if is_filled else None,
            score=score,
        )
        store.references.add(reference)
        candidate.reference_ids.append(reference.id)
        candidate.score = score
    return {"candidates": candidates, "references": how_many}


def _add_old_candidate(store: Store, new_id: str, number: int, at: datetime) -> Candidate:
    return store.candidates.add(
        Candidate(
            id=new_id,
            added_by=RECRUITER_ID,
            created_at=at,
            internal_id=f"OLD-{number}",
            first_name="Old",
            last_name=f"Candidate {number}",
            email=f"candidate.{number}@candidates.test",
        )
    )


def _add_old_request(store: Store, new_id: str, candidate: Candidate, question_set: str) -> None:
    request = store.requests.add(
        ReferenceRequest(
            id=new_id,
            candidate_id=candidate.id,
            question_set_id=question_set,
            requested_by_id=RECRUITER_ID,
            created_at=candidate.created_at,
            min_manager_references=2,
            filled_at=candidate.created_at,
        )
    )
    candidate.request_ids.append(request.id)


def _find(listing: Listing[Any], path: dict[str, str]) -> Any:
    record = listing.get(path["id"])
    if record is None:
        raise Refused(404, f"there is no record with the id {path['id']}")
    return record
