"""The life of a reference check: request, list, references, reminders, answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ..world import Refused
from .records import (
    QUESTION_TYPES,
    Activity,
    Answer,
    Candidate,
    Metadatum,
    Question,
    Reference,
    ReferenceRequest,
    Reminder,
    Verification,
)
from .webhooks import HEADERS, decline_event, reference_event, request_event

if TYPE_CHECKING:
    from . import Vitay

SATURDAY = 5

Reminded = ReferenceRequest | Reference | Verification


class ReferenceChecks:
    """What happens to candidates, requests and references, and who is told about it."""

    def __init__(self, vitay: Vitay) -> None:
        self.vitay = vitay
        self.world = vitay.world
        self.store = vitay.store

    def request(
        self,
        candidate: Candidate,
        *,
        question_set_id: str,
        notes: str,
        min_manager_references: int,
        requested_by_id: str,
    ) -> ReferenceRequest:
        """Ask a candidate for references: mails the candidate, queues the reminders.

        References that were saved before are mailed too, as the documentation has it.
        """
        request = self.store.requests.add(
            ReferenceRequest(
                id=self.world.new_id(),
                candidate_id=candidate.id,
                question_set_id=question_set_id,
                requested_by_id=requested_by_id,
                created_at=self.world.now(),
                notes=notes,
                min_manager_references=min_manager_references,
            )
        )
        candidate.request_ids.append(request.id)
        self.note("recruiter_request.create", request, requested_by_id)
        for reference in self.store.references_of(candidate):
            if not reference.filled and not reference.is_pending:
                self._contact(reference, "Please answer some questions about a candidate")
        if self.vitay.settings.request_means == "submit":
            self.complete(request)
        else:
            self._contact(request, "Please list your references")
            self._queue_reminders(request)
            self.vitay.people.notice_request(request)
        return request

    def submit(self, request: ReferenceRequest, people: Sequence[Mapping[str, Any]]) -> None:
        """The candidate lists people: they become references and are mailed."""
        if request.filled:
            raise Refused(422, "The list was submitted before", code="already_filled")
        if len(people) < request.min_manager_references:
            raise Refused(
                422,
                f"{request.min_manager_references} references are asked for, {len(people)} given",
                code="too_few_references",
            )
        candidate = self.store.candidates[request.candidate_id]
        for person in people:
            self.add_reference(
                candidate,
                person,
                question_set_id=request.question_set_id,
                requested_by_id=request.requested_by_id,
                listed_by_candidate=True,
            )
        candidate.metadatum_id = self._add_metadatum("Candidate", candidate.id)
        self.complete(request)

    def complete(self, request: ReferenceRequest) -> None:
        """The list is in: the request is filled, its reminders stop."""
        request.filled_at = self.world.now()
        request.reminder.queue.clear()
        self._post("completed", request_event(request))

    def add_reference(
        self,
        candidate: Candidate,
        attributes: Mapping[str, Any],
        *,
        question_set_id: str,
        requested_by_id: str,
        reference_id: str | None = None,
        listed_by_candidate: bool = False,
    ) -> Reference:
        """Add a referee and mail them, unless new references are held for approval."""
        reference = Reference(
            id=reference_id or self.world.new_id(),
            candidate_id=candidate.id,
            question_set_id=question_set_id,
            requested_by_id=requested_by_id,
            created_at=self.world.now(),
            is_pending=self.vitay.settings.hold_references,
            **attributes,
        )
        self._check_new_referee(candidate, reference)
        self.store.references.add(reference)
        candidate.reference_ids.append(reference.id)
        self.note("recruiter_reference.create", reference, requested_by_id)
        if not listed_by_candidate:
            self._post("created", reference_event("created", reference))
        if not reference.is_pending:
            self._invite(reference)
        return reference

    def approve(self, reference: Reference) -> None:
        """Let a held reference go out: the referee is mailed now."""
        if not reference.is_pending:
            raise Refused(422, "This reference is not held for approval", code="not_pending")
        reference.is_pending = False
        self._invite(reference)

    def fill(self, reference: Reference, answers: Sequence[str]) -> list[Answer]:
        """The referee answers: n-th text to the n-th question; the score follows from it."""
        if reference.filled or reference.declined_at:
            raise Refused(
                422, "This form was submitted before", code="already_filled", title="Form is closed"
            )
        questions = self.store.questions_of(reference.question_set_id)
        if len(answers) > len(questions):
            raise Refused(
                422,
                f"The question set has {len(questions)} questions, {len(answers)} answers came",
                source={"pointer": "/data/attributes/answers"},
            )
        pairs = list(zip(questions, answers, strict=False))
        for place, (question, value) in enumerate(pairs):
            self._check_answer(question, value, place)
        now = self.world.now()
        reference.answer_set_id = self.world.new_id()
        kept = [self._keep_answer(reference, question, value) for question, value in pairs]
        reference.filled_at = now
        reference.reminder.queue.clear()
        reference.metadatum_id = self._add_metadatum("Reference", reference.id)
        self.rate(reference)
        self.note("recruiter_reference.complete_reference", reference, reference.requested_by_id)
        self._post("completed", reference_event("completed", reference))
        return kept

    def rate(self, reference: Reference) -> None:
        """Score a reference by its ratings, and its candidate by the references that are in."""
        answers = [self.store.answers[answer_id] for answer_id in reference.answer_ids]
        shares = [float(answer.value) / answer.scale for answer in answers if answer.scale]
        reference.score = 100 * _mean(shares)
        candidate = self.store.candidates[reference.candidate_id]
        filled = [r.score for r in self.store.references_of(candidate) if r.filled]
        candidate.score = _mean(filled)

    def decline(self, reference: Reference, comment: str) -> None:
        """The referee does not want to answer. Nothing the API shows will ever tell."""
        if reference.filled:
            raise Refused(422, "This form was submitted before", code="already_filled")
        reference.declined_at = self.world.now()
        self.stop_reminders(reference)
        self._post("declined", decline_event(self.world.new_id(), reference, comment))

    def remind(self, record: Reminded, by: str) -> None:
        """Send a reminder by hand, within the limits."""
        reminder = record.reminder
        if record.filled:
            raise _reminder_refused("already_filled", "It is filled, there is nothing to remind of")
        if reminder.is_off or (isinstance(record, Reference) and record.is_pending):
            raise _reminder_refused("reminders_disabled", "Reminders are turned off here")
        count_exceeded, rate_exceeded = self.describe_reminder(reminder)
        if count_exceeded:
            raise _reminder_refused(
                "count_exceeded", f"{reminder.count} reminders were sent, there may be no more"
            )
        if rate_exceeded:
            hours = f"{self.vitay.settings.reminder_gap_hours:g}"
            raise _reminder_refused(
                "rate_exceeded", f"A reminder was sent less than {hours} hours ago"
            )
        self._send_reminder(record, by)
        reminder.sent_by_hand += 1
        if isinstance(record, Reference):
            self.vitay.people.notice_reminder(record)

    def describe_reminder(self, reminder: Reminder) -> tuple[bool, bool]:
        """Whether the number of reminders is used up, and whether the last one was just now."""
        settings = self.vitay.settings
        gap = timedelta(hours=settings.reminder_gap_hours)
        latest = reminder.latest_sent_at
        return (
            reminder.count >= settings.reminder_cap,
            latest is not None and self.world.now() - latest < gap,
        )

    def stop_reminders(self, record: Reminded) -> None:
        """Turn reminders off for good, automatic ones and those by hand."""
        record.reminder.queue.clear()
        record.reminder.is_off = True

    def delete_candidate(self, candidate: Candidate) -> None:
        """Hide a candidate with everything about it; nothing is lost, nobody is reminded."""
        for reference in self.store.references_of(candidate):
            self.delete_reference(reference)
        for request in self.store.requests_of(candidate):
            request.reminder.queue.clear()
            self.store.requests.hide(request)
        candidate.is_active = False
        self.store.candidates.hide(candidate)

    def delete_reference(self, reference: Reference) -> None:
        """Hide a reference; its referee is not reminded any more."""
        reference.is_active = False
        reference.reminder.queue.clear()
        self.store.references.hide(reference)

    def note(self, key: str, trackable: Any, by: str, recipient: Candidate | None = None) -> None:
        """Write a line into the log of activities."""
        self.store.activities.add(
            Activity(
                id=self.world.new_id(),
                key=key,
                trackable_type=type(trackable).__name__,
                trackable_id=trackable.id,
                owner_id=by,
                recipient_type="Candidate" if recipient else None,
                recipient_id=recipient.id if recipient else None,
                created_at=self.world.now(),
            )
        )

    def _check_new_referee(self, candidate: Candidate, new: Reference) -> None:
        for known in self.store.references_of(candidate):
            if known.question_set_id != new.question_set_id:
                continue
            same_email = known.email.lower() == new.email.lower()
            same_phone = new.phone != "" and _number(known) == _number(new)
            if same_email or same_phone:
                raise Refused(
                    409,
                    "The candidate has this referee for this question set already",
                    code="taken",
                    title="Duplicate reference",
                )

    def _check_answer(self, question: Question, value: str, place: int) -> None:
        scale = self.vitay.settings.rating_scale
        if question.type == "R" and not (value.isdecimal() and 1 <= int(value) <= scale):
            raise Refused(
                422,
                f"Question {place + 1} is a rating, its answer a number from 1 to {scale}",
                source={"pointer": f"/data/attributes/answers/{place}"},
            )

    def _keep_answer(self, reference: Reference, question: Question, value: str) -> Answer:
        answer = self.store.answers.add(
            Answer(
                id=self.world.new_id(),
                answer_set_id=reference.answer_set_id or "",
                reference_id=reference.id,
                question=question.text,
                value=value,
                scale=self.vitay.settings.rating_scale if question.type == "R" else None,
                language=reference.language,
                category=question.category,
                type=QUESTION_TYPES[question.type],
            )
        )
        reference.answer_ids.append(answer.id)
        return answer

    def _invite(self, reference: Reference) -> None:
        self._contact(reference, "Please answer some questions about a candidate")
        self._queue_reminders(reference)
        self.vitay.people.notice_invitation(reference)

    def _contact(self, record: Reminded, subject: str) -> None:
        if isinstance(record, Verification):
            self.vitay.send("mail", to=record.verifier_email, subject=subject, record_id=record.id)
            return
        person = (
            self.store.candidates[record.candidate_id]
            if isinstance(record, ReferenceRequest)
            else record
        )
        self.vitay.send("mail", to=person.email, subject=subject, record_id=record.id)
        if person.phone and self.vitay.settings.texts:
            self.vitay.send("text", to=_number(person), subject=subject, record_id=record.id)

    def _queue_reminders(self, record: ReferenceRequest | Reference) -> None:
        settings = self.vitay.settings
        if not settings.automatic_reminders:
            return
        now, spacing = self.world.now(), timedelta(days=settings.reminder_spacing_days)
        numbers = range(1, 1 + settings.automatic_reminder_count)
        moments = (now + number * spacing for number in numbers)
        record.reminder.queue = [
            _after_weekend(moment) if settings.skip_weekends else moment for moment in moments
        ]
        for moment in record.reminder.queue:
            self.world.plan(moment, partial(self._remind_by_itself, record))

    def _remind_by_itself(self, record: ReferenceRequest | Reference) -> None:
        queue = record.reminder.queue
        if not queue or queue[0] > self.world.now():
            return  # stopped since it was planned
        queue.pop(0)
        if record.reminder.count < self.vitay.settings.reminder_cap:
            self._send_reminder(record, record.requested_by_id)

    def _send_reminder(self, record: Reminded, by: str) -> None:
        record.reminder.count += 1
        record.reminder.latest_sent_at = self.world.now()
        self._contact(record, "A friendly reminder")
        self.note(f"{_snake(record)}.send_reminder", record, by)

    def _add_metadatum(self, kind: str, record_id: str) -> str:
        return self.store.metadata.add(
            Metadatum(
                id=self.world.new_id(),
                identifiable_type=kind,
                identifiable_id=record_id,
                created_at=self.world.now(),
            )
        ).id

    def _post(self, event: str, body: bytes) -> None:
        self.vitay.send_webhook(event, body, HEADERS)


def _reminder_refused(code: str, detail: str) -> Refused:
    return Refused(422, detail, code=code, title="Reminder refused")


def _after_weekend(moment: datetime) -> datetime:
    while moment.weekday() >= SATURDAY:
        moment += timedelta(days=1)
    return moment


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0


def _number(person: Candidate | Reference) -> str:
    return f"+{person.country_code or '1'}{person.phone}"


def _snake(record: Reminded) -> str:
    return {
        ReferenceRequest: "reference_request",
        Reference: "reference",
        Verification: "verification",
    }[type(record)]
