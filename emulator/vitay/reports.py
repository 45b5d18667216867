"""Vitay's PDF reports: one reference, or a candidate with all of them."""

from __future__ import annotations

from datetime import datetime

from ..pdf import Report
from .records import Answer, Candidate, Reference, Store
from .shapes import percent


def report_reference(store: Store, reference: Reference, now: datetime) -> bytes:
    """What one referee answered, as PDF."""
    candidate = store.candidates[reference.candidate_id]
    report = Report(
        f"Reference for {candidate.name}", source=f"Reference {reference.id}", made_at=now
    )
    report.write_lead(f"Given by {reference.name}")
    _write_reference(report, store, reference)
    return report.finish()


def report_candidate(store: Store, candidate: Candidate, now: datetime) -> bytes:
    """A candidate and every reference, answered or not, as PDF."""
    references = store.references_of(candidate)
    filled = sum(reference.filled for reference in references)
    report = Report(candidate.name, source=f"Candidate {candidate.id}", made_at=now)
    report.write_lead(f"{filled} of {len(references)} references have answered")
    report.write_facts([("Your id", candidate.internal_id), ("E-mail", candidate.email)])
    report.write_share("Score", f"{percent(candidate.score)} %", candidate.score / 100)
    for reference in references:
        report.write_heading(reference.name)
        _write_reference(report, store, reference)
    return report.finish()


def _write_reference(report: Report, store: Store, reference: Reference) -> None:
    report.write_facts(
        [
            ("Relationship", reference.relationship),
            ("Company", reference.company_name),
            ("Question set", store.question_sets[reference.question_set_id].title),
            ("Asked on", _day(reference.created_at)),
            ("Answered on", _day(reference.filled_at) if reference.filled_at else "not yet"),
            ("Record", reference.id),
        ]
    )
    if not reference.filled:
        return
    report.write_share("Score", f"{percent(reference.score)} %", reference.score / 100)
    for answer_id in reference.answer_ids:
        answer = store.answers[answer_id]
        report.write_answer(answer.question, _value(answer), answer.comment)


def _value(answer: Answer) -> str:
    return f"{answer.value} of {answer.scale}" if answer.scale else answer.value


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
