"""Vitay's 55 documented endpoints, API reference 3.7.3.

Each function makes the call and sends nothing. An update sends only the
arguments that are not None. Index calls return one page; a hook's ``iterate``
walks all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..calls import Call, Endpoints, sends
from ..errors import NotFound, VendorError
from ..flows import Flow
from .models import (
    Activity,
    Answer,
    Candidate,
    HiringFirm,
    HiringFirmAnalytics,
    Metadatum,
    Page,
    PasswordReset,
    Profile,
    Question,
    QuestionSet,
    Recruiter,
    RecruiterAnalytics,
    Reference,
    ReferenceRequest,
    Sent,
    Session,
    User,
)

endpoint = Endpoints("vitay")

PAGE_SIZE = 100
"""Records to a page; the vendor names no maximum and 100 is known to be safe."""

DocumentKind = Literal["candidates", "invoices", "resumes", "references"]


def _paged(page: int, page_size: int) -> Call[Any]:
    return sends(query={"page[page]": page, "page[page_size]": page_size})


def _resource(
    kind: str,
    attributes: Mapping[str, Any],
    *,
    id: str | None = None,  # noqa: A002  # JSON:API's own name
    **relationships: Mapping[str, Any] | None,
) -> dict[str, Any]:
    data: dict[str, Any] = {"type": kind}
    if id is not None:
        data["id"] = id
    data["attributes"] = {name: value for name, value in attributes.items() if value is not None}
    links = {name: value for name, value in relationships.items() if value is not None}
    if links:
        data["relationships"] = links
    return {"data": data}


def _link(kind: str, id: str | None) -> dict[str, str] | None:  # noqa: A002
    return None if id is None else {"type": kind, "id": id}


@endpoint("GET", "/v3/ping", effect="read", is_public=True)
def ping() -> Call[str]:
    """Ask whether the API is alive; answers ``Pong``."""
    return sends()


@endpoint("GET", "/v3/api/postman", effect="credential")
def show_postman_environment() -> Call[dict[str, Any]]:
    """Read the variables of a Postman environment, which may hold secrets."""
    return sends()


@endpoint("GET", "/v1/public/reference_requests", effect="read")
def list_reference_requests(
    page: int = 1, page_size: int = PAGE_SIZE
) -> Call[Page[ReferenceRequest]]:
    """List what candidates were asked for."""
    return _paged(page, page_size)


@endpoint("POST", "/v1/public/reference_requests", effect="message")
def create_reference_request(
    *,
    candidate_id: str,
    question_set_id: str,
    min_manager_references: int = 1,
    notes: str | None = None,
) -> Call[ReferenceRequest]:
    """Ask a candidate for references: sends the candidate an e-mail and a text.

    If references are saved already, they may be written to as well.

    :param min_manager_references: how many references are asked for (managers or
        not, whatever the vendor's name says), 0 to 6.
    :param notes: **shown to the candidate**.
    """
    if not 0 <= min_manager_references <= 6:
        raise ValueError(f"min_manager_references must be 0 to 6, got {min_manager_references}")
    return sends(
        json=_resource(
            "ReferenceRequest",
            {"notes": notes, "min_manager_references": str(min_manager_references)},
            question_set=_link("QuestionSet", question_set_id),
            candidate=_link("Candidate", candidate_id),
        ),
        recipients=lambda: _addresses_of_candidate_and_references(candidate_id),
    )


@endpoint("POST", "/v1/reminders/reference_request/{request_id}", effect="message")
def remind_reference_request(request_id: str) -> Call[Sent]:
    """Remind a candidate of a request: sends the candidate an e-mail and a text.

    Refused when the list is in, after 10 reminders, or within 12 hours of the last.
    """
    return sends(recipients=lambda: _addresses_of_request(request_id))


@endpoint("GET", "/activities", effect="read")
def list_activities(page: int = 1, page_size: int = PAGE_SIZE) -> Call[Page[Activity]]:
    """List the audit log."""
    return _paged(page, page_size)


@endpoint("GET", "/v1/users", effect="read")
def list_users(page: int = 1, page_size: int = PAGE_SIZE) -> Call[Page[User]]:
    """List the logins."""
    return _paged(page, page_size)


@endpoint("GET", "/v1/users/{user_id}", effect="read")
def show_user(user_id: str) -> Call[User]:
    """Read one login."""
    return sends()


@endpoint("GET", "/v1/users/me", effect="read")
def show_me() -> Call[User]:
    """Read the login that the connection uses."""
    return sends()


@endpoint("GET", "/v1/answers/{answer_id}", effect="read")
def show_answer(answer_id: str) -> Call[Answer]:
    """Read one answer; no documented call yields the id of one."""
    return sends()


@endpoint("PATCH", "/v1/answers/{answer_id}", effect="write")
def update_answer(
    answer_id: str, *, value: str | None = None, comment: str | None = None
) -> Call[Answer]:
    """Change one answer."""
    return sends(json=_resource("Answer", {"value": value, "comment": comment}, id=answer_id))


@endpoint("GET", "/v1/hiring_firms", effect="read")
def list_hiring_firms(page: int = 1, page_size: int = PAGE_SIZE) -> Call[Page[HiringFirm]]:
    """List the hiring firms."""
    return _paged(page, page_size)


@endpoint("GET", "/v1/hiring_firms/{hiring_firm_id}", effect="read")
def show_hiring_firm(hiring_firm_id: str) -> Call[HiringFirm]:
    """Read one hiring firm."""
    return sends()


@endpoint("PATCH", "/v1/hiring_firms/{hiring_firm_id}", effect="write")
def update_hiring_firm(hiring_firm_id: str, *, name: str) -> Call[HiringFirm]:
    """Rename a hiring firm."""
    return sends(json=_resource("HiringFirm", {"name": name}, id=hiring_firm_id))


@endpoint("DELETE", "/v1/hiring_firms/{hiring_firm_id}", effect="delete")
def delete_hiring_firm(hiring_firm_id: str) -> Call[dict[str, Any]]:
    """Delete a hiring firm."""
    return sends(json={"data": {"id": hiring_firm_id, "type": "HiringFirm"}})


@endpoint("PATCH", "/v1/hiring_firms/{hiring_firm_id}/logo", effect="write")
def replace_hiring_firm_logo(
    hiring_firm_id: str, *, file_name: str, content: bytes, media_type: str = "image/png"
) -> Call[HiringFirm]:
    """Replace a firm's logo; sent as multipart, since JSON cannot carry a file."""
    return sends(files={"logo_file": (file_name, content, media_type)})


@endpoint("GET", "/v1/hiring_firms/{hiring_firm_id}/analytics", effect="read")
def show_hiring_firm_analytics(hiring_firm_id: str) -> Call[HiringFirmAnalytics]:
    """Read a firm's figures."""
    return sends()


@endpoint("GET", "/v1/profiles/{profile_id}", effect="read")
def show_profile(profile_id: str) -> Call[Profile]:
    """Read a candidate's profile."""
    return sends()


@endpoint("GET", "/v1/questions", effect="read")
def list_questions(page: int = 1, page_size: int = PAGE_SIZE) -> Call[Page[Question]]:
    """List the questions of all sets."""
    return _paged(page, page_size)


@endpoint("POST", "/v1/questions", effect="write")
def create_question(
    *,
    question_set_id: str,
    type: str,  # noqa: A002  # the vendor's name
    category: str | None = None,
    order: int | None = None,
    language: str | None = None,
) -> Call[Question]:
    """Add a question to a set. The documents give no way to send its text.

    :param type: letter of the kind of answer, such as ``T`` for text, ``R`` for rating.
    """
    attributes = {"type": type, "category": category, "order": order, "language": language}
    return sends(
        json=_resource("Question", attributes, question_set=_link("QuestionSet", question_set_id))
    )


@endpoint("GET", "/v1/questions/{question_id}", effect="read")
def show_question(question_id: str) -> Call[Question]:
    """Read one question."""
    return sends()


@endpoint("PATCH", "/v1/questions/{question_id}", effect="write")
def update_question(
    question_id: str,
    *,
    type: str | None = None,  # noqa: A002  # the vendor's name
    category: str | None = None,
    order: int | None = None,
    language: str | None = None,
) -> Call[Question]:
    """Change a question."""
    attributes = {"type": type, "category": category, "order": order, "language": language}
    return sends(json=_resource("Question", attributes, id=question_id))


@endpoint("DELETE", "/v1/questions/{question_id}", effect="delete")
def delete_question(question_id: str) -> Call[Question]:
    """Delete a question."""
    return sends()


@endpoint("POST", "/v1/reminders/verification/{verification_id}", effect="message")
def remind_verification(verification_id: str) -> Call[Sent]:
    """Remind a verifier: sends an e-mail and a text. Nothing tells later that it was sent."""
    return sends()


@endpoint("GET", "/v2/recruiters", effect="read")
def list_recruiters(page: int = 1, page_size: int = PAGE_SIZE) -> Call[Page[Recruiter]]:
    """List the recruiters."""
    return _paged(page, page_size)


@endpoint("GET", "/v1/recruiters/{recruiter_id}", effect="read")
def show_recruiter(recruiter_id: str) -> Call[Recruiter]:
    """Read one recruiter."""
    return sends()


@endpoint("PATCH", "/v1/recruiters/{recruiter_id}", effect="write")
def update_recruiter(
    recruiter_id: str, *, notifications: str | None = None, is_active: bool | None = None
) -> Call[Recruiter]:
    """Change a recruiter."""
    attributes = {"notifications": notifications, "is_active": is_active}
    return sends(json=_resource("Recruiter", attributes, id=recruiter_id))


@endpoint("DELETE", "/v1/recruiters/{recruiter_id}", effect="delete")
def delete_recruiter(recruiter_id: str) -> Call[Recruiter]:
    """Delete a recruiter."""
    return sends()


@endpoint("GET", "/v1/recruiters/{recruiter_id}/analytics", effect="read")
def show_recruiter_analytics(recruiter_id: str) -> Call[RecruiterAnalytics]:
    """Read a recruiter's figures."""
    return sends()


@endpoint("POST", "/v1/recruiters_with_user", effect="message")
def create_recruiter(*, hiring_firm_id: str, email: str) -> Call[Recruiter]:
    """Add a recruiter and their login, who is likely to get an invitation. Root recruiters only."""
    body = _resource(
        "Recruiter",
        {"hiring_firm_id": hiring_firm_id},
        # The documents spell it "emai"; both are sent until the vendor says which is read.
        user={"attributes": {"emai": email, "email": email}},
    )
    return sends(json=body, recipients=lambda: _known(email))


@endpoint("GET", "/v3/candidates", effect="read")
def list_candidates(page: int = 1, page_size: int = PAGE_SIZE) -> Call[Page[Candidate]]:
    """List the candidates, with the ids of their requests and references."""
    return _paged(page, page_size)


@endpoint("POST", "/v3/candidates", effect="write")
def create_candidate(
    *,
    email: str,
    first_name: str,
    last_name: str,
    internal_id: str | None = None,
    notes: str | None = None,
    country_code: str | None = None,
    phone: str | None = None,
    score: float | None = None,
) -> Call[Candidate]:
    """Add a candidate; nobody is contacted.

    :param internal_id: the caller's own id, such as that of an applicant tracking system.
    :param notes: private, for recruiters.
    :param country_code: digits only, without ``+``.
    :param phone: digits only.
    """
    attributes = {
        "internal_id": internal_id,
        "notes": notes,
        "first_name": first_name,
        "last_name": last_name,
        "email": email,
        "country_code": country_code,
        "phone": phone,
        "score": score,
    }
    return sends(json=_resource("Candidate", attributes))


@endpoint("GET", "/v3/candidates/{candidate_id}", effect="read")
def show_candidate(candidate_id: str) -> Call[Candidate]:
    """Read one candidate, with the ids of their requests and references."""
    return sends()


@endpoint("PATCH", "/v3/candidates/{candidate_id}", effect="write")
def update_candidate(
    candidate_id: str,
    *,
    internal_id: str | None = None,
    notes: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None = None,
    country_code: str | None = None,
    phone: str | None = None,
    score: float | None = None,
) -> Call[Candidate]:
    """Change a candidate. A new e-mail or phone cancels the reminders that were queued."""
    attributes = {
        "internal_id": internal_id,
        "notes": notes,
        "first_name": first_name,
        "last_name": last_name,
        "email": email,
        "country_code": country_code,
        "phone": phone,
        "score": score,
    }
    return sends(json=_resource("Candidate", attributes, id=candidate_id))


@endpoint("DELETE", "/v3/candidates/{candidate_id}", effect="delete")
def delete_candidate(candidate_id: str) -> Call[Candidate]:
    """Deactivate a candidate: hidden with their references, which a root recruiter can undo."""
    return sends()


@endpoint("GET", "/v1/question_sets", effect="read")
def list_question_sets() -> Call[Page[QuestionSet]]:
    """List the question sets, all on one page."""
    return sends()


@endpoint("POST", "/v1/question_sets", effect="write")
def create_question_set(*, title: str, language: str = "en") -> Call[QuestionSet]:
    """Add a question set."""
    return sends(json=_resource("QuestionSet", {"title": title, "language": language}))


@endpoint("GET", "/v1/question_sets/{question_set_id}", effect="read")
def show_question_set(question_set_id: str) -> Call[QuestionSet]:
    """Read one question set."""
    return sends()


@endpoint("POST", "/v1/question_sets/{question_set_id}", effect="write")
def update_question_set(
    question_set_id: str, *, title: str | None = None, language: str | None = None
) -> Call[QuestionSet]:
    """Change a question set; answers that were given do not change."""
    attributes = {"title": title, "language": language}
    return sends(json=_resource("QuestionSet", attributes, id=question_set_id))


@endpoint("DELETE", "/v1/question_sets/{question_set_id}", effect="delete")
def delete_question_set(question_set_id: str) -> Call[QuestionSet]:
    """Delete a question set."""
    return sends()


@endpoint("POST", "/v2/references", effect="message")
def create_reference(
    *,
    candidate_id: str,
    question_set_id: str,
    email: str,
    first_name: str,
    last_name: str,
    internal_id: str | None = None,
    phone: str | None = None,
    country_code: str | None = None,
) -> Call[Reference]:
    """Add a referee to a candidate: sends the referee an e-mail at once.

    The documents have no field for the candidate or the question set, so they
    are sent as relationships; check that the answer names the right candidate.
    """
    attributes = {
        "internal_id": internal_id,
        "email": email,
        "first_name": first_name,
        "last_name": last_name,
        "phone": phone,
        "country_code": country_code,
    }
    return sends(
        json=_resource(
            "Reference",
            attributes,
            candidate=_link("Candidate", candidate_id),
            question_set=_link("QuestionSet", question_set_id),
        ),
        recipients=lambda: _known(email),
    )


@endpoint("GET", "/v2/references", effect="read")
def list_references(page: int = 1, page_size: int = PAGE_SIZE) -> Call[Page[Reference]]:
    """List the references."""
    return _paged(page, page_size)


@endpoint("PATCH", "/v1/references/{reference_id}", effect="write")
def update_reference(
    reference_id: str,
    *,
    email: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    phone: str | None = None,
    country_code: str | None = None,
    relationship: str | None = None,
    is_active: bool | None = None,
) -> Call[Reference]:
    """Change a reference. A new e-mail or phone cancels the reminders that were queued."""
    attributes = {
        "email": email,
        "first_name": first_name,
        "last_name": last_name,
        "phone": phone,
        "country_code": country_code,
        "relationship": relationship,
        "is_active": is_active,
    }
    return sends(json=_resource("Reference", attributes, id=reference_id))


@endpoint("GET", "/v1/references/{reference_id}", effect="read")
def show_reference_by_number(reference_id: str) -> Call[Reference]:
    """Read a reference on the path of which only a 404 is documented; prefer show_reference."""
    return sends()


@endpoint("DELETE", "/v1/references/{reference_id}", effect="delete")
def delete_reference(reference_id: str) -> Call[Reference]:
    """Delete a reference."""
    return sends()


@endpoint("GET", "/v1/public/references/{reference_id}", effect="read")
def show_reference(reference_id: str) -> Call[Reference]:
    """Read one reference."""
    return sends()


@endpoint("POST", "/v1/public/references", effect="impersonate")
def submit_answers(reference_id: str, *, answers: Sequence[str]) -> Call[Reference]:
    """Hand in a referee's answers in the referee's place, once.

    :param answers: the n-th answers the n-th question.
    """
    return sends(json=_resource("Reference", {"answers": list(answers)}, id=reference_id))


@endpoint("POST", "/v1/reminders/reference/{reference_id}", effect="message")
def remind_reference(reference_id: str) -> Call[Sent]:
    """Remind a referee: sends the referee an e-mail and a text.

    Refused when they have answered, after 10 reminders, or within 12 hours of the last.
    """
    return sends(recipients=lambda: _addresses_of_reference(reference_id))


@endpoint("GET", "/documents", effect="read", timeout=120)
def download_document(type: DocumentKind, id: str) -> Call[bytes]:  # noqa: A002  # the vendor's
    """Download a report as PDF: of one reference, or of a candidate with all of theirs."""
    return sends(query={"type": type, "id": id})


@endpoint("GET", "/v3/metadata", effect="read")
def list_metadata(page: int = 1, page_size: int = PAGE_SIZE) -> Call[Page[Metadatum]]:
    """List from which browsers and addresses public forms were submitted."""
    return _paged(page, page_size)


@endpoint("POST", "/v3/metadata", effect="write")
def create_metadatum(*, identifiable_type: str, identifiable_id: str) -> Call[Metadatum]:
    """Record from where a form was submitted."""
    identifiable = {"type": identifiable_type, "id": identifiable_id}
    return sends(json=_resource("Metadatum", {"identifiable": identifiable}))


@endpoint("POST", "/v3/oauth/login", effect="credential", is_public=True)
def login(email: str, password: str) -> Call[Session]:
    """Exchange e-mail and password for a token; ten wrong passwords lock the account."""
    return sends(json={"email": email, "password": password})


@endpoint("GET", "/v3/oauth/reset", effect="credential", is_public=True)
def find_password_reset(email: str) -> Call[PasswordReset]:
    """Send the password reset e-mail; use request_password_reset instead of this GET."""
    return sends(query={"email": email}, recipients=lambda: _known(email))


@endpoint("POST", "/v3/oauth/reset", effect="credential", is_public=True)
def request_password_reset(email: str) -> Call[PasswordReset]:
    """Send the password reset e-mail, at most 2 in 3 hours."""
    return sends(json={"email": email}, recipients=lambda: _known(email))


@endpoint("PATCH", "/v3/oauth/reset", effect="credential", is_public=True)
def reset_password(email: str, password: str, reset_key: str) -> Call[PasswordReset]:
    """Set a new password with the key from the e-mail."""
    return sends(json={"email": email, "password": password, "reset_key": reset_key})


def _known(email: str) -> Flow[list[str]]:
    yield from ()
    return [email]


def _addresses_of_candidate(candidate_id: str) -> Flow[list[str]]:
    candidate: Candidate = yield show_candidate(candidate_id)
    return [candidate.email] if candidate.email else []


def _addresses_of_candidate_and_references(candidate_id: str) -> Flow[list[str]]:
    """Whom a request may be sent to: the documents say "all references saved" as well."""
    candidate: Candidate = yield show_candidate(candidate_id)
    people: list[Candidate | Reference] = [candidate]
    for seen in (yield [show_reference(link.id) for link in candidate.references if link.id]):
        if isinstance(seen, NotFound):
            continue
        if isinstance(seen, VendorError):
            raise seen
        people.append(seen)
    return [person.email or "" for person in people]


def _addresses_of_reference(reference_id: str) -> Flow[list[str]]:
    reference: Reference = yield show_reference(reference_id)
    return [reference.email] if reference.email else []


def _addresses_of_request(request_id: str) -> Flow[list[str]]:
    request = yield from find_reference_request(request_id)
    if request is None or request.candidate is None or request.candidate.id is None:
        return []
    return (yield from _addresses_of_candidate(request.candidate.id))


def find_reference_request(request_id: str) -> Flow[ReferenceRequest | None]:
    """Look for a request in the index, since no endpoint shows a single one."""
    page_number = 1
    while True:
        page: Page[ReferenceRequest] = yield list_reference_requests(page=page_number)
        for request in page.items:
            if request.id == request_id:
                return request
        if not page.items or page_number >= page.pagination.total_pages:
            return None
        page_number += 1
