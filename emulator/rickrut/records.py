"""What RickRut holds: accounts with their keys and openings, applicants with their answers."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Literal

KEY = "rickrut-emulator-key"
FIRST_OPENINGS = ("software-engineer", "sales")

Status = Literal["INVITED", "REMINDED", "SCORED"]

LAST_STEP = 6


@dataclass(slots=True)
class Account:
    """A customer. ``asked_at`` holds when its latest requests came."""

    id: int
    keys: set[str]
    asked_at: deque[datetime] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Opening:
    id: int
    account_id: int
    name: str


@dataclass(slots=True)
class QuizzAnswer:
    id: int
    quizz_id: int
    quizz_option_id: int
    value: str
    created_at: datetime
    final_score: Decimal


@dataclass(slots=True)
class CaseAnswer:
    """A recording; ``duration`` is in seconds."""

    id: int
    opening_case_id: int
    created_at: datetime
    final_score: Decimal
    duration: int = 8
    gibberish: bool = False

    @property
    def file_name(self) -> str:
        return f"audio_recording_{int(self.created_at.timestamp() * 1000)}.mp3"


@dataclass(slots=True)
class PollAnswer:
    id: int
    poll_id: int
    poll_option_id: int
    value: str
    created_at: datetime


@dataclass(slots=True)
class Applicant:
    id: int
    opening: Opening
    email: str
    first_name: str | None
    last_name: str | None
    code: str
    slug: str
    created_at: datetime
    updated_at: datetime
    status: Status = "INVITED"
    step: int = 0
    skill_score: Decimal | None = None
    adequation_score: Decimal | None = None
    finished_at: datetime | None = None
    last_ip: str | None = None
    quizz_answers: list[QuizzAnswer] = field(default_factory=list)
    poll_answers: list[PollAnswer] = field(default_factory=list)
    case_answers: list[CaseAnswer] = field(default_factory=list)

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.first_name, self.last_name]))


class Store:
    """All records, and one account that has the published key."""

    def __init__(self) -> None:
        self._account_ids = count(1)
        self._opening_ids = count(1)
        self._applicant_ids = count(31415)
        self.answer_ids = count(150)
        self.accounts: dict[int, Account] = {}
        self.openings: list[Opening] = []
        self.applicants: dict[int, Applicant] = {}
        self._taken: set[tuple[int, str]] = set()
        self.add_account(KEY)

    def add_account(self, key: str) -> Account:
        """A customer with the first openings."""
        account = Account(next(self._account_ids), {key})
        self.accounts[account.id] = account
        for name in FIRST_OPENINGS:
            self.openings.append(Opening(next(self._opening_ids), account.id, name))
        return account

    def owner_of(self, key: str) -> Account | None:
        return next((each for each in self.accounts.values() if key in each.keys), None)

    def opening(self, account_id: int, name: str) -> Opening | None:
        wanted = (account_id, name)
        return next(
            (each for each in self.openings if (each.account_id, each.name) == wanted), None
        )

    def is_taken(self, opening: Opening, email: str) -> bool:
        """Whether somebody with this address is on the opening."""
        return (opening.id, email.lower()) in self._taken

    def add_applicant(
        self,
        opening: Opening,
        *,
        email: str,
        first_name: str | None,
        last_name: str | None,
        slug: str,
        at: datetime,
    ) -> Applicant:
        number = next(self._applicant_ids)
        applicant = Applicant(
            number,
            opening,
            email,
            first_name,
            last_name,
            code=_code(number),
            slug=slug,
            created_at=at,
            updated_at=at,
        )
        self.applicants[number] = applicant
        self._taken.add((opening.id, email.lower()))
        return applicant

    def newest(self, how_many: int) -> Iterator[Applicant]:
        newest = reversed(self.applicants.values())
        return (applicant for _, applicant in zip(range(how_many), newest, strict=False))


def new_key() -> str:
    """A key as RickRut makes them: 40 lower-case hex digits."""
    return secrets.token_hex(20)


def _code(number: int) -> str:
    """Eight upper-case letters that no other applicant has."""
    letters = ""
    # An odd factor, and one without 13, so that neighbours look different and none are equal.
    number = number * 7_654_321 % 26**8
    for _ in range(8):
        number, letter = divmod(number, 26)
        letters += chr(ord("A") + letter)
    return letters
