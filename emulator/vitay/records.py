"""What Vitay keeps: its records, the lists that show them page by page, and the first ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

Role = Literal["root", "supervisor", "recruiter"]

PASSWORD = "emulator-password"  # noqa: S105 - nothing is protected by it
ROOT_EMAIL = "root@emulator.test"
RECRUITER_EMAIL = "recruiter@emulator.test"

HIRING_FIRM_ID = "f1000000-0000-4000-8000-000000000001"
ROOT_ID = "ec000000-0000-4000-8000-000000000001"
RECRUITER_ID = "ec000000-0000-4000-8000-000000000002"
ROOT_USER_ID = "05000000-0000-4000-8000-000000000001"
RECRUITER_USER_ID = "05000000-0000-4000-8000-000000000002"
VERIFICATION_ID = "de000000-0000-4000-8000-000000000001"
QUESTION_SET_ID = "a5000000-0000-4000-8000-000000000001"
"""The question set for managers, taken where a reference names none."""
COLLEAGUE_QUESTION_SET_ID = "a5000000-0000-4000-8000-000000000002"

QUESTION_TYPES = {
    "O": "Radio",
    "T": "Text",
    "R": "Rating",
    "D": "Dropdown",
    "C": "Checkbox",
    "M": "Matrix",
    "S": "Slider",
    "K": "Ranking",
    "A": "Date",
    "E": "DateRange",
}
"""The stored letter of each type of question, and the kind of its answers."""

FIRST_QUESTION_SETS = (
    (
        QUESTION_SET_ID,
        "Direct manager",
        (
            ("T", "How do you know the candidate, and for how long?"),
            ("R", "How would you rate the quality of their work?"),
            ("R", "How well did they work with others?"),
            ("O", "Would you hire them again?"),
            ("T", "What should their next manager know?"),
        ),
    ),
    (
        COLLEAGUE_QUESTION_SET_ID,
        "Colleague",
        (
            ("T", "What did you work on together?"),
            ("R", "How dependable were they?"),
            ("T", "When did they help you most?"),
        ),
    ),
)


class Record(Protocol):
    @property
    def id(self) -> str: ...


RecordT = TypeVar("RecordT", bound=Record)


@dataclass(slots=True, kw_only=True)
class Reminder:
    """The reminders of one request, reference or verification."""

    queue: list[datetime] = field(default_factory=list)
    """Moments of the automatic ones that are still to come."""
    latest_sent_at: datetime | None = None
    count: int = 0
    sent_by_hand: int = 0
    is_off: bool = False


@dataclass(slots=True, kw_only=True)
class HiringFirm:
    id: str
    name: str
    logo_url: str | None = None


@dataclass(slots=True, kw_only=True)
class User:
    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    country_code: str = ""
    is_active: bool = True
    recruiter_id: str
    password: str
    failed_logins: int = 0
    reset_key: str = ""
    resets: list[datetime] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


@dataclass(slots=True, kw_only=True)
class Recruiter:
    id: str
    hiring_firm_id: str
    user_id: str
    created_at: datetime
    role: Role = "recruiter"
    is_active: bool = True
    notifications: str = "email"


@dataclass(slots=True, kw_only=True)
class Candidate:
    id: str
    added_by: str
    created_at: datetime
    internal_id: str = ""
    notes: str = ""
    first_name: str
    last_name: str
    email: str
    country_code: str = ""
    phone: str = ""
    score: float = 0
    is_active: bool = True
    reference_ids: list[str] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    metadatum_id: str | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(slots=True, kw_only=True)
class ReferenceRequest:
    id: str
    candidate_id: str
    question_set_id: str
    requested_by_id: str
    created_at: datetime
    notes: str = ""
    min_manager_references: int = 1
    filled_at: datetime | None = None
    reminder: Reminder = field(default_factory=Reminder)

    @property
    def filled(self) -> bool:
        return self.filled_at is not None


@dataclass(slots=True, kw_only=True)
class Reference:
    id: str
    candidate_id: str
    question_set_id: str
    requested_by_id: str
    created_at: datetime
    internal_id: str = ""
    email: str
    first_name: str
    last_name: str
    phone: str = ""
    country_code: str = ""
    is_active: bool = True
    relationship: str = ""
    permission_share_clients: bool = False
    permission_share_candidate: bool = False
    contact_type: str = ""
    language: str = "en"
    company_name: str = ""
    is_pending: bool = False
    filled_at: datetime | None = None
    declined_at: datetime | None = None
    score: float = 0
    answer_set_id: str | None = None
    answer_ids: list[str] = field(default_factory=list)
    metadatum_id: str | None = None
    waits_for_reminder: bool = False
    """Answers only after a reminder that somebody sent (setting ``answers_after_reminder``)."""
    reminder: Reminder = field(default_factory=Reminder)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def filled(self) -> bool:
        return self.filled_at is not None


@dataclass(slots=True, kw_only=True)
class QuestionSet:
    id: str
    title: str
    language: str = "en"


@dataclass(slots=True, kw_only=True)
class Question:
    id: str
    question_set_id: str
    type: str = "T"
    text: str = ""
    category: str = ""
    order: int = 1
    language: str = "en"


@dataclass(slots=True, kw_only=True)
class Answer:
    id: str
    answer_set_id: str
    reference_id: str
    question: str
    value: str
    scale: int | None = None
    language: str = "en"
    category: str = ""
    type: str = "Text"
    comment: str = ""


@dataclass(slots=True, kw_only=True)
class Verification:
    id: str
    verifier_email: str
    reminder: Reminder = field(default_factory=Reminder)
    filled: bool = False


@dataclass(slots=True, kw_only=True)
class Metadatum:
    """Where a public form was submitted from."""

    id: str
    identifiable_type: str
    identifiable_id: str
    created_at: datetime
    ip_address: str = "127.0.0.1"
    browser: str = "Firefox"
    browser_version: str = "115.0"
    os: str = "Linux"
    os_version: str = "6.1"
    user_agent: str = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Firefox/115.0"


@dataclass(slots=True, kw_only=True)
class Activity:
    id: str
    key: str
    trackable_type: str
    trackable_id: str
    owner_id: str
    recipient_type: str | None
    recipient_id: str | None
    created_at: datetime


class Listing(Generic[RecordT]):
    """Records of one kind: all of them by id, and the active ones in order, page by page.

    :param owner_of: the recruiter a record belongs to, None where all belong to the firm.
    """

    def __init__(self, owner_of: Callable[[RecordT], str | None] | None = None) -> None:
        self._owner_of = owner_of or (lambda _record: None)
        self._is_the_firms = owner_of is None
        self._by_id: dict[str, RecordT] = {}
        self._hidden: set[str] = set()
        self._active: dict[str | None, list[RecordT]] = {None: []}

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._by_id

    def __getitem__(self, record_id: str) -> RecordT:
        """The record, hidden or not."""
        return self._by_id[record_id]

    def __iter__(self) -> Iterator[RecordT]:
        return iter(self._active[None])

    def __len__(self) -> int:
        return len(self._active[None])

    def get(self, record_id: str) -> RecordT | None:
        """The record, unless it is hidden."""
        return None if record_id in self._hidden else self._by_id.get(record_id)

    def add(self, record: RecordT) -> RecordT:
        self._by_id[record.id] = record
        self._active[None].append(record)
        if owner := self._owner_of(record):
            self._active.setdefault(owner, []).append(record)
        return record

    def hide(self, record: RecordT) -> None:
        """Take a record out of the index; whoever refers to it still finds it."""
        self._hidden.add(record.id)
        self._active[None].remove(record)
        if owner := self._owner_of(record):
            self._active[owner].remove(record)

    def newest(self, how_many: int) -> list[RecordT]:
        """The records added last, the latest first."""
        return take_page(self._active[None], 1, how_many, newest_first=True)

    def seen_by(self, owner: str | None) -> Sequence[RecordT]:
        """The active records of one recruiter or of the firm; of everybody when None. No copy."""
        return self._active.get(None if self._is_the_firms else owner, ())

    def is_seen_by(self, record: RecordT, owner: str | None) -> bool:
        return owner is None or self._owner_of(record) in (None, owner)


def take_page(
    records: Sequence[RecordT], page: int, size: int, *, newest_first: bool
) -> list[RecordT]:
    """One page, touching no other record: an index of 20,000 costs what one of 20 costs."""
    first = (page - 1) * size
    places = range(first, min(first + size, len(records)))
    if newest_first:
        return [records[-1 - place] for place in places]
    return [records[place] for place in places]


class Store:
    """Everything Vitay keeps."""

    def __init__(self) -> None:
        self.firms: Listing[HiringFirm] = Listing()
        self.users: Listing[User] = Listing()
        self.recruiters: Listing[Recruiter] = Listing()
        self.candidates: Listing[Candidate] = Listing(lambda candidate: candidate.added_by)
        self.requests: Listing[ReferenceRequest] = Listing(self._owner_of_candidate_of)
        self.references: Listing[Reference] = Listing(self._owner_of_candidate_of)
        self.question_sets: Listing[QuestionSet] = Listing()
        self.questions: Listing[Question] = Listing()
        self.answers: Listing[Answer] = Listing(
            lambda answer: self._owner_of_candidate_of(self.references[answer.reference_id])
        )
        self.metadata: Listing[Metadatum] = Listing()
        self.activities: Listing[Activity] = Listing(lambda activity: activity.owner_id)
        self.verifications: Listing[Verification] = Listing()

    def _owner_of_candidate_of(self, record: ReferenceRequest | Reference) -> str:
        return self.candidates[record.candidate_id].added_by

    def references_of(self, candidate: Candidate) -> list[Reference]:
        """The active references of a candidate."""
        mine = (self.references[reference_id] for reference_id in candidate.reference_ids)
        return [reference for reference in mine if reference.is_active]

    def requests_of(self, candidate: Candidate) -> list[ReferenceRequest]:
        return [self.requests[request_id] for request_id in candidate.request_ids]

    def questions_of(self, question_set_id: str) -> list[Question]:
        """The active questions of a set, in the order they are asked."""
        mine = (q for q in self.questions if q.question_set_id == question_set_id)
        return sorted(mine, key=lambda question: question.order)

    def user_of(self, recruiter_id: str) -> User:
        return self.users[self.recruiters[recruiter_id].user_id]

    def user_with(self, email: str) -> User | None:
        return next((user for user in self.users if user.email.lower() == email.lower()), None)


def make_first_records(store: Store, now: datetime) -> None:
    """A hiring firm, a root recruiter, a recruiter, and two question sets, with fixed ids."""
    store.firms.add(HiringFirm(id=HIRING_FIRM_ID, name="Emulated Hiring"))
    people: tuple[tuple[str, str, str, str, Role], ...] = (
        (ROOT_ID, ROOT_USER_ID, ROOT_EMAIL, "Rosa", "root"),
        (RECRUITER_ID, RECRUITER_USER_ID, RECRUITER_EMAIL, "Remy", "recruiter"),
    )
    for recruiter_id, user_id, email, first_name, role in people:
        store.users.add(
            User(
                id=user_id,
                email=email,
                first_name=first_name,
                last_name="Emulated",
                recruiter_id=recruiter_id,
                password=PASSWORD,
            )
        )
        store.recruiters.add(
            Recruiter(
                id=recruiter_id,
                hiring_firm_id=HIRING_FIRM_ID,
                user_id=user_id,
                created_at=now,
                role=role,
            )
        )
    for number, (set_id, title, questions) in enumerate(FIRST_QUESTION_SETS, start=1):
        store.question_sets.add(QuestionSet(id=set_id, title=title))
        for order, (letter, text) in enumerate(questions, start=1):
            store.questions.add(
                Question(
                    id=f"a0000000-0000-4000-8000-{number:06d}{order:06d}",
                    question_set_id=set_id,
                    type=letter,
                    text=text,
                    order=order,
                )
            )
    store.verifications.add(
        Verification(id=VERIFICATION_ID, verifier_email="verifier@emulator.test")
    )
