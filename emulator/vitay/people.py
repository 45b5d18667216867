"""Candidates and referees who act by themselves when the setting ``auto`` is on."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from .records import Question, Reference, ReferenceRequest

if TYPE_CHECKING:
    from . import Vitay

FIRST_NAMES = ("Ada", "Bao", "Chidi", "Dalia", "Emil", "Farah", "Goran", "Hana", "Ines", "Jonas")
LAST_NAMES = ("Okafor", "Lindqvist", "Moreau", "Tanaka", "Novak", "Silva", "Weber")
RELATIONSHIPS = ("Direct manager", "Manager", "Colleague")

ACQUAINTANCES = (
    "We worked together for three years.",
    "I led the team they joined, for two years.",
    "We shared a project, and a desk, for a year.",
)
"""Answers to the first question of a set, which asks how people know each other."""
PROSE = (
    "I would gladly work with them again.",
    "Careful with details, and quick to say so when something was not right.",
    "The others came for advice, and left with an answer.",
    "Give room and a clear aim; the rest comes by itself.",
    "Deadlines were kept, also the uncomfortable ones.",
)
ANSWERS = {
    "O": "Yes",
    "D": "Yes",
    "C": "Yes",
    "S": "8",
    "A": "2021-03-01",
    "E": "2019-05-01 - 2021-03-01",
}


class People:
    """Plans what people do, ``delay`` seconds after they hear of something."""

    def __init__(self, vitay: Vitay) -> None:
        self.vitay = vitay
        self._numbers = count()

    def notice_request(self, request: ReferenceRequest) -> None:
        """A candidate was asked for references."""
        self._later(lambda: self._list_references(request))

    def notice_invitation(self, reference: Reference) -> None:
        """A referee was asked for answers; every second one may wait to be reminded."""
        candidate = self.vitay.store.candidates[reference.candidate_id]
        is_second = candidate.reference_ids.index(reference.id) % 2 == 1
        reference.waits_for_reminder = self.vitay.settings.answers_after_reminder and is_second
        if not reference.waits_for_reminder:
            self._later(lambda: self._answer(reference))

    def notice_reminder(self, reference: Reference) -> None:
        """A referee got a reminder that somebody sent."""
        if reference.waits_for_reminder:
            reference.waits_for_reminder = False
            self._later(lambda: self._answer(reference))

    def wake_up(self) -> None:
        """Whoever was asked while nobody acted by themselves hears of it now."""
        for request in self.vitay.store.requests:
            if not request.filled:
                self.notice_request(request)
        for reference in self.vitay.store.references:
            if not reference.filled and not reference.is_pending:
                self.notice_invitation(reference)

    def invent(self, how_many: int) -> list[dict[str, Any]]:
        """The attributes of so many people who do not exist."""
        return [self._invent_person(next(self._numbers)) for _ in range(how_many)]

    def invent_answers(self, reference: Reference) -> list[str]:
        """What a referee who is pleased would answer."""
        candidate = self.vitay.store.candidates[reference.candidate_id]
        place = candidate.reference_ids.index(reference.id)
        questions = self.vitay.store.questions_of(reference.question_set_id)
        return [self._invent_answer(question, place) for question in questions]

    def _later(self, act: Any) -> None:
        if self.vitay.settings.auto:
            self.vitay.world.plan_after(self.vitay.settings.delay, act)

    def _list_references(self, request: ReferenceRequest) -> None:
        is_open = not request.filled and request.id in self.vitay.store.requests
        if self.vitay.settings.auto and is_open:
            people = self.invent(max(1, request.min_manager_references))
            self.vitay.checks.submit(request, people)

    def _answer(self, reference: Reference) -> None:
        is_open = reference.is_active and not reference.filled and not reference.declined_at
        if self.vitay.settings.auto and is_open:
            self.vitay.checks.fill(reference, self.invent_answers(reference))

    def _invent_person(self, number: int) -> dict[str, Any]:
        first_name = FIRST_NAMES[number % len(FIRST_NAMES)]
        last_name = LAST_NAMES[number % len(LAST_NAMES)]
        return {
            "first_name": first_name,
            "last_name": last_name,
            "email": f"{first_name}.{last_name}.{number}@referees.test".lower(),
            "relationship": RELATIONSHIPS[number % len(RELATIONSHIPS)],
            "company_name": "Example Works",
        }

    def _invent_answer(self, question: Question, place: int) -> str:
        number = question.order + place
        if question.type == "R":
            return str(self.vitay.settings.rating_scale - number % 2)
        if question.type == "T" and question.order == 1:
            return ACQUAINTANCES[place % len(ACQUAINTANCES)]
        if question.type == "T":
            return PROSE[number % len(PROSE)]
        return ANSWERS.get(question.type, "Yes")
