"""Vitay's 55 endpoints: what each is asked, does and answers, in the order of its reference.

Paths, shapes and oddities (two ways to show a reference, question sets updated by POST, an
address called ``emai``) are the vendor's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from starlette.datastructures import UploadFile
from starlette.responses import PlainTextResponse, Response

from ..world import Refused
from .analytics import firm_figures, recruiter_figures
from .records import (
    HIRING_FIRM_ID,
    PASSWORD,
    QUESTION_TYPES,
    Answer,
    Candidate,
    HiringFirm,
    Listing,
    Metadatum,
    Question,
    QuestionSet,
    Record,
    Recruiter,
    Reference,
    Store,
    User,
    take_page,
)
from .shapes import profile_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from . import Vitay

JSON = dict[str, Any]
Answered = JSON | Response
Access = Literal["everybody", "any", "author", "root"]

DEFAULT_PAGE_SIZE = 15
MOST_REFERENCES = 6
RESETS_ALLOWED = 2
RESETS_WITHIN = timedelta(hours=3)
PASSWORD_RULE = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{8,}")

INVALID_REFERENCE = "Invalid Reference"

PERSON = ("email", "first_name", "last_name", "phone", "country_code")
CANDIDATE = ("internal_id", "notes", *PERSON)
REFERENCE = (
    "internal_id",
    *PERSON,
    "relationship",
    "permission_share_clients",
    "permission_share_candidate",
    "contact_type",
    "language",
    "company_name",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to an endpoint, with what is read out of it again and again."""

    vitay: Vitay
    request: Request
    user: User | None
    """Who asks; None where no valid token came."""
    body: JSON
    form: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.request.path_params["id"])

    @property
    def store(self) -> Store:
        return self.vitay.store

    @property
    def attributes(self) -> JSON:
        return self._object("attributes")

    @property
    def relationships(self) -> JSON:
        return self._object("relationships")

    @property
    def recruiter_id(self) -> str:
        """The recruiter who asks; on public paths without a token, nobody."""
        return self.user.recruiter_id if self.user else ""

    @property
    def sees(self) -> str | None:
        """The recruiter whose records may be seen; None means those of everybody."""
        if self.user is None or self.vitay.settings.recruiters_see == "firm":
            return None
        recruiter = self.store.recruiters[self.user.recruiter_id]
        return recruiter.id if recruiter.role == "recruiter" else None

    def resource(self) -> JSON:
        """The ``data`` object of the body."""
        match self.body.get("data", {}):
            case dict() as resource:
                return resource
        raise Refused(422, "`data` is an object", source={"pointer": "/data"})

    def related(self, name: str) -> str:
        """The id in one of the relationships, or in an attribute called ``<name>_id``."""
        match self.relationships.get(name), self.attributes.get(f"{name}_id"):
            case {"id": str(found)}, _:
                return found
            case {"data": {"id": str(found)}}, _:
                return found
            case [{"id": str(found)}, *_], _:
                return found
            case _, str(found):
                return found
        return ""

    def _object(self, name: str) -> JSON:
        match self.resource().get(name, {}):
            case dict() as found:
                return found
        raise Refused(422, f"`{name}` is an object", source={"pointer": f"/data/{name}"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    answer: Callable[[Asked], Answered]
    may: Access
    is_form: bool


ENDPOINTS: list[Endpoint] = []


def endpoint(
    method: str, path: str, *, may: Access = "any", is_form: bool = False
) -> Callable[[Callable[[Asked], Answered]], Callable[[Asked], Answered]]:
    """Serve a method and path with a function, for those who ``may``."""

    def register(answer: Callable[[Asked], Answered]) -> Callable[[Asked], Answered]:
        ENDPOINTS.append(Endpoint(method, path, answer, may, is_form))
        return answer

    return register


# api


@endpoint("GET", "/v3/ping", may="everybody")
def ping(_asked: Asked) -> Answered:
    return PlainTextResponse("Pong")


@endpoint("GET", "/v3/api/postman")
def show_postman_variables(_asked: Asked) -> Answered:
    return {}


# reference_requests


@endpoint("GET", "/v1/public/reference_requests", may="everybody")
def list_reference_requests(asked: Asked) -> Answered:
    return _index(asked, asked.store.requests)


@endpoint("POST", "/v1/public/reference_requests", may="everybody")
def create_reference_request(asked: Asked) -> Answered:
    attributes = asked.attributes
    candidate = _related_record(asked, "candidate", asked.store.candidates)
    question_set = _related_record(asked, "question_set", asked.store.question_sets)
    request = asked.vitay.checks.request(
        candidate,
        question_set_id=question_set.id,
        notes=_read_text(attributes, "notes"),
        min_manager_references=_read_count(attributes),
        requested_by_id=asked.recruiter_id or candidate.added_by,
    )
    return _single(asked, request)


@endpoint("POST", "/v1/reminders/reference_request/{id}")
def remind_candidate(asked: Asked) -> Answered:
    return _remind(asked, _find(asked, asked.store.requests))


# activities


@endpoint("GET", "/activities")
def list_activities(asked: Asked) -> Answered:
    return _index(asked, asked.store.activities)


# users


@endpoint("GET", "/v1/users")
def list_users(asked: Asked) -> Answered:
    return _index(asked, asked.store.users)


@endpoint("GET", "/v1/users/me")
def show_me(asked: Asked) -> Answered:
    return _single(asked, asked.user)


@endpoint("GET", "/v1/users/{id}")
def show_user(asked: Asked) -> Answered:
    return _single(asked, _find(asked, asked.store.users))


# answers


@endpoint("GET", "/v1/answers/{id}")
def show_answer(asked: Asked) -> Answered:
    return _single(asked, _find(asked, asked.store.answers))


@endpoint("PATCH", "/v1/answers/{id}")
def update_answer(asked: Asked) -> Answered:
    answer: Answer = _find(asked, asked.store.answers)
    changes = _read_texts(asked.attributes, "value", "comment")
    if answer.scale and not _is_rating(changes.get("value", answer.value), answer.scale):
        raise Refused(
            422,
            f"A rating is a number from 1 to {answer.scale}",
            source={"pointer": "/data/attributes/value"},
        )
    _change(answer, changes)
    asked.vitay.checks.rate(asked.store.references[answer.reference_id])
    return _single(asked, answer)


# hiring_firms


@endpoint("GET", "/v1/hiring_firms")
def list_hiring_firms(asked: Asked) -> Answered:
    return _index(asked, asked.store.firms, is_shown_as_list=True)


@endpoint("GET", "/v1/hiring_firms/{id}")
def show_hiring_firm(asked: Asked) -> Answered:
    return _single(asked, _find(asked, asked.store.firms))


@endpoint("PATCH", "/v1/hiring_firms/{id}", may="root")
def update_hiring_firm(asked: Asked) -> Answered:
    firm: HiringFirm = _find(asked, asked.store.firms)
    _change(firm, _read_texts(asked.attributes, "name"))
    return _single(asked, firm)


@endpoint("DELETE", "/v1/hiring_firms/{id}", may="root")
def delete_hiring_firm(asked: Asked) -> Answered:
    firm: HiringFirm = _find(asked, asked.store.firms)
    if asked.resource().get("id") != firm.id:
        raise Refused(
            422, "The body names the firm to delete once more", source={"pointer": "/data/id"}
        )
    asked.store.firms.hide(firm)
    return {"data": {}}


@endpoint("PATCH", "/v1/hiring_firms/{id}/logo", may="root", is_form=True)
def update_hiring_firm_logo(asked: Asked) -> Answered:
    firm: HiringFirm = _find(asked, asked.store.firms)
    logo = asked.form.get("logo_file")
    if not isinstance(logo, UploadFile):
        raise Refused(422, "A file is missing", source={"parameter": "logo_file"})
    firm.logo_url = f"https://files.emulator.test/{firm.id}/{logo.filename}"
    return _single(asked, firm)


@endpoint("GET", "/v1/hiring_firms/{id}/analytics")
def show_hiring_firm_analytics(asked: Asked) -> Answered:
    firm: HiringFirm = _find(asked, asked.store.firms)
    literal = asked.vitay.settings.shape == "literal"
    figures = firm_figures(asked.store, date_key="date" if literal else None)
    return {"data": {"type": "HiringFirm", "id": firm.id, "attributes": figures}}


# profiles


@endpoint("GET", "/v1/profiles/{id}")
def show_profile(asked: Asked) -> Answered:
    return {"data": [profile_of(_find(asked, asked.store.candidates))]}


# questions


@endpoint("GET", "/v1/questions")
def list_questions(asked: Asked) -> Answered:
    return _index(asked, asked.store.questions)


@endpoint("POST", "/v1/questions", may="author")
def create_question(asked: Asked) -> Answered:
    question_set = _related_record(asked, "question_set", asked.store.question_sets)
    changes = _read_question(asked)
    order = len(asked.store.questions_of(question_set.id)) + 1
    question = Question(
        id=asked.vitay.world.new_id(),
        question_set_id=question_set.id,
        **{"order": order, "language": question_set.language, **changes},
    )
    return _single(asked, asked.store.questions.add(question))


@endpoint("GET", "/v1/questions/{id}")
def show_question(asked: Asked) -> Answered:
    return _single(asked, _find(asked, asked.store.questions))


@endpoint("PATCH", "/v1/questions/{id}", may="author")
def update_question(asked: Asked) -> Answered:
    question: Question = _find(asked, asked.store.questions)
    _change(question, _read_question(asked))
    return _single(asked, question)


@endpoint("DELETE", "/v1/questions/{id}", may="author")
def delete_question(asked: Asked) -> Answered:
    question: Question = _find(asked, asked.store.questions)
    asked.store.questions.hide(question)
    return _single(asked, question)


# verifications


@endpoint("POST", "/v1/reminders/verification/{id}")
def remind_verifier(asked: Asked) -> Answered:
    return _remind(asked, _find(asked, asked.store.verifications))


# recruiters


@endpoint("GET", "/v2/recruiters")
def list_recruiters(asked: Asked) -> Answered:
    return _index(asked, asked.store.recruiters, is_shown_as_list=True)


@endpoint("GET", "/v1/recruiters/{id}")
def show_recruiter(asked: Asked) -> Answered:
    return _single(asked, _find(asked, asked.store.recruiters))


@endpoint("PATCH", "/v1/recruiters/{id}", may="root")
def update_recruiter(asked: Asked) -> Answered:
    recruiter: Recruiter = _find(asked, asked.store.recruiters)
    attributes = asked.attributes
    _change(recruiter, _read_texts(attributes, "notifications"))
    if (is_active := _read_truth(attributes, "is_active")) is not None:
        recruiter.is_active = asked.store.user_of(recruiter.id).is_active = is_active
    if (is_root := _read_truth(attributes, "is_root")) is not None:
        recruiter.role = "root" if is_root else "recruiter"
    return _single(asked, recruiter)


@endpoint("DELETE", "/v1/recruiters/{id}", may="root")
def delete_recruiter(asked: Asked) -> Answered:
    recruiter: Recruiter = _find(asked, asked.store.recruiters)
    if recruiter.id == asked.recruiter_id:
        raise Refused(422, "Nobody may delete the account they are logged in with")
    user = asked.store.user_of(recruiter.id)
    recruiter.is_active = user.is_active = False
    asked.store.recruiters.hide(recruiter)
    asked.store.users.hide(user)
    return _single(asked, recruiter)


@endpoint("GET", "/v1/recruiters/{id}/analytics")
def show_recruiter_analytics(asked: Asked) -> Answered:
    recruiter: Recruiter = _find(asked, asked.store.recruiters)
    resource = asked.vitay.shapes.resource(recruiter)
    figures = recruiter_figures(asked.store, recruiter)
    return {"data": {**resource, "attributes": {**resource["attributes"], **figures}}}


@endpoint("POST", "/v1/recruiters_with_user", may="root")
def create_recruiter(asked: Asked) -> Answered:
    """The address may stand under ``email`` or, as documented, under ``emai``."""
    match asked.relationships.get("user"):
        case {"attributes": {"email": str(email)}} | {"attributes": {"emai": str(email)}}:
            _check_email(email, "/data/relationships/user/attributes/emai")
        case _:
            raise _missing("/data/relationships/user/attributes/emai")
    firm_id = asked.attributes.get("hiring_firm_id", HIRING_FIRM_ID)
    if asked.store.firms.get(str(firm_id)) is None:
        raise Refused(404, "There is no hiring firm with this id")
    if asked.store.user_with(email):
        raise _taken("/data/relationships/user/attributes/emai")
    world = asked.vitay.world
    user_id, recruiter_id = world.new_id(), world.new_id()
    asked.store.users.add(
        User(id=user_id, email=email, recruiter_id=recruiter_id, password=PASSWORD)
    )
    recruiter = asked.store.recruiters.add(
        Recruiter(id=recruiter_id, hiring_firm_id=firm_id, user_id=user_id, created_at=world.now())
    )
    asked.vitay.send("invitation", to=email, subject="Your account", record_id=recruiter_id)
    return _single(asked, recruiter)


# candidates


@endpoint("GET", "/v3/candidates")
def list_candidates(asked: Asked) -> Answered:
    return _index(asked, asked.store.candidates, is_shown_as_list=True)


@endpoint("POST", "/v3/candidates")
def create_candidate(asked: Asked) -> Answered:
    attributes = asked.attributes
    person = read_person(attributes, CANDIDATE, required=("first_name", "last_name", "email"))
    _check_candidate_email(asked, person["email"])
    candidate = asked.store.candidates.add(
        Candidate(
            id=asked.vitay.world.new_id(),
            added_by=asked.recruiter_id,
            created_at=asked.vitay.world.now(),
            **person,
            **_read_score(attributes),
        )
    )
    asked.vitay.checks.note("candidate.create", candidate, asked.recruiter_id)
    return _single(asked, candidate)


@endpoint("GET", "/v3/candidates/{id}")
def show_candidate(asked: Asked) -> Answered:
    return _single(asked, _find(asked, asked.store.candidates))


@endpoint("PATCH", "/v3/candidates/{id}")
def update_candidate(asked: Asked) -> Answered:
    candidate: Candidate = _find(asked, asked.store.candidates)
    changes = read_person(asked.attributes, CANDIDATE)
    if "email" in changes:
        _check_candidate_email(asked, changes["email"], candidate)
    if _moves(candidate, changes):
        for request in asked.store.requests_of(candidate):
            request.reminder.queue.clear()
    _change(candidate, {**changes, **_read_score(asked.attributes)})
    return _single(asked, candidate)


@endpoint("DELETE", "/v3/candidates/{id}")
def delete_candidate(asked: Asked) -> Answered:
    candidate: Candidate = _find(asked, asked.store.candidates)
    shown = _single(asked, candidate)
    asked.vitay.checks.delete_candidate(candidate)
    return shown


# question_sets


@endpoint("GET", "/v1/question_sets")
def list_question_sets(asked: Asked) -> Answered:
    """All at once: of the indexes, this one alone has no pages."""
    return {"data": _listed(asked, list(asked.store.question_sets))}


@endpoint("POST", "/v1/question_sets", may="author")
def create_question_set(asked: Asked) -> Answered:
    texts = _read_texts(asked.attributes, "title", "language")
    if not texts.get("title"):
        raise _missing("/data/attributes/title")
    question_set = QuestionSet(id=asked.vitay.world.new_id(), **texts)
    return _single(asked, asked.store.question_sets.add(question_set))


@endpoint("GET", "/v1/question_sets/{id}")
def show_question_set(asked: Asked) -> Answered:
    return _single(asked, _find(asked, asked.store.question_sets))


@endpoint("POST", "/v1/question_sets/{id}", may="author")
def update_question_set(asked: Asked) -> Answered:
    question_set: QuestionSet = _find(asked, asked.store.question_sets)
    _change(question_set, _read_texts(asked.attributes, "title", "language"))
    return _single(asked, question_set)


@endpoint("DELETE", "/v1/question_sets/{id}", may="author")
def delete_question_set(asked: Asked) -> Answered:
    question_set: QuestionSet = _find(asked, asked.store.question_sets)
    asked.store.question_sets.hide(question_set)
    return _single(asked, question_set)


# references


@endpoint("POST", "/v2/references")
def create_reference(asked: Asked) -> Answered:
    """The documented body has no place for the candidate; relationships and ids are read."""
    candidate = _related_record(asked, "candidate", asked.store.candidates)
    person = read_person(asked.attributes, REFERENCE, required=("first_name", "last_name", "email"))
    question_set_id = asked.related("question_set") or asked.vitay.settings.default_question_set
    if asked.store.question_sets.get(question_set_id) is None:
        raise Refused(404, "There is no question set with this id")
    reference_id = _read_text(asked.resource(), "id") or None
    if reference_id in asked.store.references:
        raise _taken("/data/id")
    reference = asked.vitay.checks.add_reference(
        candidate,
        person,
        question_set_id=question_set_id,
        requested_by_id=asked.recruiter_id,
        reference_id=reference_id,
    )
    return _single(asked, reference, "question_set", "candidate")


@endpoint("GET", "/v2/references")
def list_references(asked: Asked) -> Answered:
    return _index(asked, asked.store.references)


@endpoint("PATCH", "/v1/references/{id}")
def update_reference(asked: Asked) -> Answered:
    reference: Reference = _find(asked, asked.store.references)
    changes = read_person(asked.attributes, REFERENCE)
    if _moves(reference, changes):
        reference.reminder.queue.clear()
    _change(reference, changes)
    shown = asked.vitay.shapes.resource(reference)
    del shown["relationships"]
    return {"data": shown}


@endpoint("GET", "/v1/references/{id}")
def show_reference_by_number(asked: Asked) -> Answered:
    """Documented with a 404 only; known ids are answered as on the public path."""
    return _single(asked, _find(asked, asked.store.references))


@endpoint("DELETE", "/v1/references/{id}")
def delete_reference(asked: Asked) -> Answered:
    reference: Reference = _find(asked, asked.store.references)
    asked.vitay.checks.delete_reference(reference)
    return _single(asked, reference)


@endpoint("GET", "/v1/public/references/{id}", may="everybody")
def show_reference(asked: Asked) -> Answered:
    return _single(asked, _find_reference(asked, asked.id))


@endpoint("POST", "/v1/public/references", may="everybody")
def submit_answers(asked: Asked) -> Answered:
    reference = _find_reference(asked, str(asked.resource().get("id")))
    answers = asked.attributes.get("answers")
    if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
        raise Refused(
            422, "Answers are a list of strings", source={"pointer": "/data/attributes/answers"}
        )
    asked.vitay.checks.fill(reference, answers)
    return _single(asked, reference)


@endpoint("POST", "/v1/reminders/reference/{id}")
def remind_referee(asked: Asked) -> Answered:
    return _remind(asked, _find(asked, asked.store.references))


# docx


@endpoint("GET", "/documents")
def download_document(asked: Asked) -> Answered:
    from . import reports  # here, because its fonts take long to import

    now = asked.vitay.world.now()
    kind, record_id = (asked.request.query_params.get(name, "") for name in ("type", "id"))
    match kind:
        case "references":
            reference = _find(asked, asked.store.references, record_id)
            if not reference.filled:
                raise Refused(404, "There is no report before the referee has answered")
            report = reports.report_reference(asked.store, reference, now)
        case "candidates":
            candidate = _find(asked, asked.store.candidates, record_id)
            report = reports.report_candidate(asked.store, candidate, now)
        case "invoices" | "resumes":
            raise Refused(404, f"There are no {kind} in the emulator")
        case _:
            raise Refused(
                422,
                "The type is one of candidates, invoices, resumes, references",
                source={"parameter": "type"},
            )
    name = f'attachment; filename="{kind}-{record_id}.pdf"'
    return Response(report, media_type="application/pdf", headers={"Content-Disposition": name})


# metadata


@endpoint("GET", "/v3/metadata")
def list_metadata(asked: Asked) -> Answered:
    return _index(asked, asked.store.metadata)


@endpoint("POST", "/v3/metadata")
def create_metadatum(asked: Asked) -> Answered:
    match asked.attributes.get("identifiable"), asked.relationships.get("identifiable"):
        case ({"type": str(kind), "id": str(record_id)}, _) | (
            _,
            {"type": str(kind), "id": str(record_id)},
        ):
            identifiable = {"type": kind, "id": record_id}
        case _:
            raise _missing("/data/attributes/identifiable")
    if not any(record_id in kept for kept in (asked.store.references, asked.store.candidates)):
        raise Refused(404, "There is no candidate or reference with this id")
    metadatum = asked.store.metadata.add(
        Metadatum(
            id=asked.vitay.world.new_id(),
            identifiable_type=kind,
            identifiable_id=record_id,
            created_at=asked.vitay.world.now(),
        )
    )
    resource = asked.vitay.shapes.resource(metadatum)
    return {"data": {**resource, "attributes": {"identifiable": identifiable}}}


# oauth


@endpoint("POST", "/v3/oauth/login", may="everybody")
def log_in(asked: Asked) -> Answered:
    email, password = _read_text(asked.body, "email"), _read_text(asked.body, "password")
    for name, text in (("email", email), ("password", password)):
        if not text:
            raise _missing(f"/{name}")
    user = asked.store.user_with(email)
    if user and user.failed_logins >= asked.vitay.settings.lockout_after:
        raise Refused(403, "This account is locked, a root recruiter unlocks it", code="locked")
    if user is None or not user.is_active:
        raise Refused(401, "The e-mail or the password is wrong", code="invalid_credentials")
    if user.password != password:
        user.failed_logins += 1
        raise Refused(401, "The e-mail or the password is wrong", code="invalid_credentials")
    user.failed_logins = 0
    token = asked.vitay.give_token(user)
    return {"data": {"type": "User", "id": user.id, "attributes": {"token": token}}}


@endpoint("GET", "/v3/oauth/reset", may="everybody")
def find_reset(asked: Asked) -> Answered:
    """A GET that changes something: it mails a key, as the documentation describes it."""
    user = _start_reset(asked, asked.request.query_params.get("email", ""))
    return {"data": {"attributes": {"token": user.reset_key}}}


@endpoint("POST", "/v3/oauth/reset", may="everybody")
def request_reset(asked: Asked) -> Answered:
    user = _start_reset(asked, _read_text(asked.body, "email"))
    return {
        "data": {
            "key": user.reset_key,
            "type": "User",
            "id": user.id,
            "attributes": {"email": user.email},
        }
    }


@endpoint("PATCH", "/v3/oauth/reset", may="everybody")
def update_password(asked: Asked) -> Answered:
    texts = {name: _read_text(asked.body, name) for name in ("email", "password", "reset_key")}
    for name, text in texts.items():
        if not text:
            raise _missing(f"/{name}")
    user = asked.store.user_with(texts["email"])
    if user is None or user.reset_key != texts["reset_key"]:
        raise Refused(422, "The reset key is not known", source={"pointer": "/reset_key"})
    if not PASSWORD_RULE.fullmatch(texts["password"]):
        raise Refused(
            422,
            "A password has 8 characters or more, with upper and lower case, digit and special",
            source={"pointer": "/password"},
        )
    user.password, user.reset_key, user.failed_logins = texts["password"], "", 0
    return {"data": {"type": "User", "id": user.id, "attributes": {"email": user.email}}}


def _start_reset(asked: Asked, email: str) -> User:
    user = asked.store.user_with(email)
    if user is None:
        raise Refused(404, "There is no user with this e-mail")
    now = asked.vitay.world.now()
    user.resets = [at for at in user.resets if now - at < RESETS_WITHIN]
    if len(user.resets) >= RESETS_ALLOWED:
        raise Refused(422, "At most 2 reset mails are sent in 3 hours", code="too_many_resets")
    user.resets.append(now)
    user.reset_key = asked.vitay.world.new_id()
    asked.vitay.send("mail", to=user.email, subject="Reset your password", record_id=user.id)
    return user


def _index(asked: Asked, listing: Listing[Any], *, is_shown_as_list: bool = False) -> Answered:
    settings = asked.vitay.settings
    page = _read_page_number(asked, "page[page]", 1)
    size = _read_page_number(asked, "page[page_size]", DEFAULT_PAGE_SIZE)
    size = min(size, settings.max_page_size)
    seen = [r for r in listing.seen_by(asked.sees) if r.id not in settings.index_omits]
    records = take_page(seen, page, size, newest_first=settings.index_order == "newest_first")
    return {
        "data": _listed(asked, records, is_shown_as_list=is_shown_as_list),
        "pagination": {
            "current_page": page,
            "total_pages": -(-len(seen) // size),
            "total_entries": len(seen),
            "page_size": size,
        },
    }


def _listed(
    asked: Asked, records: Sequence[Any], *, is_shown_as_list: bool = False
) -> JSON | list[JSON]:
    shown = [asked.vitay.shapes.resource(record) for record in records]
    is_literal = asked.vitay.settings.shape == "literal"
    if is_literal and len(shown) == 1 and not is_shown_as_list:
        return shown[0]
    return shown


def _single(asked: Asked, record: object, *relationships: str) -> JSON:
    return {"data": asked.vitay.shapes.resource(record, *relationships)}


def _remind(asked: Asked, record: Any) -> JSON:
    asked.vitay.checks.remind(record, asked.recruiter_id)
    return {"data": {"detail": "Reminder sent"}}


def _find(asked: Asked, listing: Listing[Any], record_id: str | None = None) -> Any:
    """The record of this id, if whoever asks may see it."""
    record = listing.get(asked.id if record_id is None else record_id)
    if record is None or not listing.is_seen_by(record, asked.sees):
        is_reference = listing is asked.store.references
        raise Refused(
            404,
            INVALID_REFERENCE if is_reference else "There is no record with this id",
            title=INVALID_REFERENCE if is_reference else "",
        )
    return record


def _find_reference(asked: Asked, reference_id: str) -> Reference:
    """A reference by its public link: whoever has the id may see it."""
    reference = asked.store.references.get(reference_id)
    if reference is None:
        raise Refused(404, INVALID_REFERENCE, title=INVALID_REFERENCE)
    return reference


def _related_record(asked: Asked, name: str, listing: Listing[Any]) -> Any:
    record_id = asked.related(name)
    if not record_id:
        raise _missing(f"/data/relationships/{name}")
    record = listing.get(record_id)
    if record is None or not listing.is_seen_by(record, asked.sees):
        kind = name.replace("_", " ")
        raise Refused(
            404,
            f"There is no {kind} with this id",
            source={"pointer": f"/data/relationships/{name}/id"},
        )
    return record


def _read_page_number(asked: Asked, name: str, default: int) -> int:
    text = asked.request.query_params.get(name, str(default))
    if not (text.isdecimal() and int(text) > 0):
        raise Refused(422, "A page number is a whole number from 1", source={"parameter": name})
    return int(text)


def _read_text(source: JSON, name: str) -> str:
    match source.get(name):
        case None:
            return ""
        case str(text):
            return text
    raise Refused(422, f"`{name}` is a string", source={"pointer": f"/data/attributes/{name}"})


def _read_texts(source: JSON, *names: str) -> dict[str, str]:
    """Those of the named attributes that were sent; others are ignored."""
    return {name: _read_text(source, name) for name in names if name in source}


def _read_truth(source: JSON, name: str) -> bool | None:
    match source.get(name):
        case None:
            return None
        case bool(truth):
            return truth
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise Refused(422, f"`{name}` is true or false", source={"pointer": f"/data/attributes/{name}"})


def read_person(
    source: JSON, names: Sequence[str], *, required: Sequence[str] = ()
) -> dict[str, Any]:
    """The attributes of a candidate or referee, checked as the vendor's forms check them."""
    truths = [name for name in names if name.startswith("permission_")]
    person: dict[str, Any] = _read_texts(source, *(name for name in names if name not in truths))
    for name in truths:
        if (truth := _read_truth(source, name)) is not None:
            person[name] = truth
    for name in ("first_name", "last_name", "email"):
        is_wanted = name in required or name in person
        if is_wanted and not person.get(name, "").strip():
            raise _missing(f"/data/attributes/{name}")
    if "email" in person:
        _check_email(person["email"], "/data/attributes/email")
    for name in ("country_code", "phone"):
        if person.get(name) and not person[name].isdecimal():
            raise Refused(
                422,
                f"`{name}` has digits only, no + and no blanks",
                source={"pointer": f"/data/attributes/{name}"},
            )
    if person.get("phone") and not person.get("country_code"):
        person["country_code"] = "1"
    return person


def _read_score(source: JSON) -> JSON:
    match source.get("score"):
        case None:
            return {}
        case int() | float() as score if not isinstance(score, bool):
            return {"score": score}
    raise Refused(422, "`score` is a number", source={"pointer": "/data/attributes/score"})


def _read_count(source: JSON) -> int:
    sent = source.get("min_manager_references")
    text = "1" if sent in (None, "") else str(sent)
    if not (text.isdecimal() and int(text) <= MOST_REFERENCES):
        raise Refused(
            422,
            f"The number of references is from 0 to {MOST_REFERENCES}",
            source={"pointer": "/data/attributes/min_manager_references"},
        )
    return int(text)


def _read_question(asked: Asked) -> dict[str, Any]:
    """The documented attributes of a question, and its text, which the vendor does not document."""
    attributes = asked.attributes
    changes: dict[str, Any] = _read_texts(attributes, "type", "category", "language", "text")
    if changes.get("type", "T") not in QUESTION_TYPES:
        raise Refused(
            422,
            f"The type of a question is one of {', '.join(QUESTION_TYPES)}",
            source={"pointer": "/data/attributes/type"},
        )
    match attributes.get("order"):
        case None:
            return changes
        case int(order) if not isinstance(order, bool):
            return {**changes, "order": order}
    raise Refused(422, "`order` is a number", source={"pointer": "/data/attributes/order"})


def _check_email(email: str, pointer: str) -> None:
    name, at, host = email.partition("@")
    if not (name and at and host) or " " in email:
        raise Refused(422, "This is not an e-mail address", source={"pointer": pointer})


def _check_candidate_email(asked: Asked, email: str, owner: Candidate | None = None) -> None:
    wanted = email.lower()
    for candidate in asked.store.candidates:
        if candidate.email.lower() == wanted and candidate is not owner:
            raise _taken("/data/attributes/email")


def _is_rating(value: str, scale: int) -> bool:
    return value.isdecimal() and 1 <= int(value) <= scale


def _moves(person: Candidate | Reference, changes: Mapping[str, Any]) -> bool:
    """Whether the changes take queued reminders away from somebody."""
    return any(
        name in changes and changes[name] != getattr(person, name) for name in ("email", "phone")
    )


def _change(record: Record, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(record, name, value)


def _missing(pointer: str) -> Refused:
    name = pointer.rpartition("/")[2]
    return Refused(422, f"`{name}` is missing", code="missing", source={"pointer": pointer})


def _taken(pointer: str) -> Refused:
    name = pointer.rpartition("/")[2]
    return Refused(409, f"This `{name}` is taken", code="taken", source={"pointer": pointer})
