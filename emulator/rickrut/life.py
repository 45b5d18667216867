"""The life of an applicant: invited, perhaps reminded, answering step by step, scored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from statistics import mean
from typing import TYPE_CHECKING

from ..world import Refused
from .records import LAST_STEP, Applicant, CaseAnswer, Opening, PollAnswer, QuizzAnswer

if TYPE_CHECKING:
    from ..world import SentKind
    from . import RickRut

QUIZZ_STEPS = 3
"""The first steps are quizzes, the others up to the last one are cases."""

WORDS = re.compile(r"[^a-z0-9]+")


class Life:
    """What happens to applicants, whoever causes it."""

    def __init__(self, rickrut: RickRut) -> None:
        self.rickrut = rickrut
        self.store = rickrut.store
        self.world = rickrut.world

    def invite(
        self, opening: Opening, email: str, first_name: str | None, last_name: str | None
    ) -> Applicant:
        """Register somebody and write to them."""
        applicant = self.register(opening, email, first_name, last_name)
        self._write(applicant, "invitation", f"You are invited to the test {opening.name}")
        self.notice(applicant)
        return applicant

    def register(
        self, opening: Opening, email: str, first_name: str | None, last_name: str | None
    ) -> Applicant:
        """Register somebody who hears nothing of it."""
        return self.store.add_applicant(
            opening,
            email=email,
            first_name=first_name,
            last_name=last_name,
            slug=self._slug(last_name, first_name),
            at=self.world.now(),
        )

    def remind(self, applicant: Applicant) -> None:
        """Write again to somebody who has answered nothing."""
        if applicant.status != "INVITED" or applicant.step:
            raise Refused(409, "only who was invited and has answered nothing is reminded")
        applicant.status = "REMINDED"
        self._write(applicant, "mail", f"The test {applicant.opening.name} waits for you")
        self._touch(applicant)

    def progress(self, applicant: Applicant) -> None:
        """Answer one more quizz or case."""
        if applicant.status == "SCORED" or applicant.step >= LAST_STEP - 1:
            raise Refused(409, "this test has no step left but to be scored")
        applicant.step += 1
        applicant.last_ip = "127.0.0.1"
        if applicant.step <= QUIZZ_STEPS:
            self._answer_quizz(applicant, Decimal(100))
        else:
            self._answer_case(applicant, Decimal(60 + applicant.step))
        self._touch(applicant)

    def answer_poll(self, applicant: Applicant) -> None:
        """Say something that does not count."""
        number = len(applicant.poll_answers) + 1
        applicant.poll_answers.append(
            PollAnswer(next(self.store.answer_ids), number, 10 + number, "Oui", self.world.now())
        )
        self._touch(applicant)

    def score(
        self, applicant: Applicant, skill: Decimal | None, adequation: Decimal | None
    ) -> None:
        """End the test with these scores; None leaves a score open, as long as one likes."""
        applicant.status = "SCORED"
        applicant.step = LAST_STEP
        applicant.last_ip = "127.0.0.1"
        applicant.skill_score, applicant.adequation_score = skill, adequation
        if adequation is not None:
            if not applicant.quizz_answers:
                self._answer_quizz(applicant, adequation)
            _average(applicant.quizz_answers, adequation)
        if skill is not None:
            if not applicant.case_answers:
                self._answer_case(applicant, skill)
            _average(applicant.case_answers, skill)
        if self.rickrut.settings.finished_at:
            applicant.finished_at = self.world.now()
        self._touch(applicant)

    def deserved(self, applicant: Applicant) -> tuple[Decimal, Decimal]:
        """Skill and adequation by the answers given so far."""
        skill = [answer.final_score for answer in applicant.case_answers]
        adequation = [answer.final_score for answer in applicant.quizz_answers]
        return mean(skill or [Decimal(15)]), mean(adequation or [Decimal(100)])

    def notice(self, applicant: Applicant) -> None:
        """Somebody looks at the invitation, and takes the next step after a while."""
        if self.rickrut.settings.auto and applicant.status != "SCORED":
            self.world.plan_after(self.rickrut.settings.delay, lambda: self._go_on(applicant))

    def wake_up(self) -> None:
        """Whoever was invited while nobody acted by themselves hears of it now."""
        for applicant in self.store.applicants.values():
            self.notice(applicant)

    def _go_on(self, applicant: Applicant) -> None:
        if not self.rickrut.settings.auto or applicant.status == "SCORED":
            return
        if applicant.step < LAST_STEP - 1:
            self.progress(applicant)
            self.notice(applicant)
        else:
            self.score(applicant, *self.deserved(applicant))

    def _answer_quizz(self, applicant: Applicant, score: Decimal) -> None:
        number = 28 + len(applicant.quizz_answers)
        applicant.quizz_answers.append(
            QuizzAnswer(
                next(self.store.answer_ids), number, 2 * number, "Oui", self.world.now(), score
            )
        )

    def _answer_case(self, applicant: Applicant, score: Decimal) -> None:
        number = 25 + len(applicant.case_answers)
        applicant.case_answers.append(
            CaseAnswer(next(self.store.answer_ids), number, self.world.now(), score)
        )

    def _write(self, applicant: Applicant, kind: SentKind, subject: str) -> None:
        number = str(applicant.id)
        self.rickrut.send(kind, to=applicant.email, subject=subject, record_id=number)

    def _touch(self, applicant: Applicant) -> None:
        applicant.updated_at = self.world.now()

    def _slug(self, *names: str | None) -> str:
        if self.rickrut.settings.slug == "time":
            last = f"{self.world.now():%Y-%m-%d-%H-%M-%S}-utc"
        else:
            last = self.world.new_id()
        words = [WORDS.sub("-", name.lower()).strip("-") for name in names if name]
        return "-".join([*filter(None, words), last])


def _average(answers: Sequence[QuizzAnswer | CaseAnswer], score: Decimal) -> None:
    """Make a score the mean of the answers' own."""
    if mean(answer.final_score for answer in answers) != score:
        for answer in answers:
            answer.final_score = score
