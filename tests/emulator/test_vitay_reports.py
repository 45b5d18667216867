"""The PDF reports of the emulated Vitay say what the records say."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.pdf import printable


def read_pdf(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


def test_the_report_of_a_reference_has_questions_answers_and_score(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    candidate = recruiter.create_candidate()
    reference = recruiter.create_reference(candidate, relationship="Manager")
    answers = ["For three years", "5", "4", "Yes", "Give her room"]
    talent_emulator.act(f"vitay/references/{reference}/fill", answers=answers)

    text = read_pdf(recruiter.ask("GET", "/documents", type="references", id=reference))

    for expected in (
        "Reference for Ada Ray",
        "Given by Bo Lee",
        "Manager",
        "How do you know the candidate",
        "For three years",
        "4 of 5",
        "Give her room",
        "90 %",
        reference,
    ):
        assert expected in text


def test_the_report_of_a_candidate_has_every_reference_answered_or_not(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    candidate = recruiter.create_candidate(internal_id="ATS-7")
    filled = recruiter.create_reference(candidate, "b@y.test")
    waiting = recruiter.create_reference(candidate, "c@y.test", first_name="Cleo")
    talent_emulator.act(f"vitay/references/{filled}/fill", answers=["A peer", "3"])

    text = read_pdf(recruiter.ask("GET", "/documents", type="candidates", id=candidate))

    for expected in ("Ada Ray", "ATS-7", "1 of 2 references have answered", "Cleo Lee", "not yet"):
        assert expected in text
    assert candidate in text
    assert waiting in text


def test_a_long_report_goes_on_over_pages_with_their_numbers(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    candidate = recruiter.create_candidate()
    for number in range(6):
        reference = recruiter.create_reference(candidate, f"r{number}@y.test")
        talent_emulator.act(f"vitay/references/{reference}/fill", answers=["Well. " * 400])

    answer = recruiter.ask("GET", "/documents", type="candidates", id=candidate)

    pages = PdfReader(BytesIO(answer.content)).pages
    assert len(pages) > 2
    assert f"2 / {len(pages)}" in pages[1].extract_text()


@pytest.mark.parametrize("name", ["Łukasz Żółć", "王小明", "Zoë \U0001f600", "a" * 300])
def test_any_name_can_be_printed(recruiter: Any, name: str) -> None:
    candidate = recruiter.create_candidate(first_name=name)

    assert read_pdf(recruiter.ask("GET", "/documents", type="candidates", id=candidate))


def test_letters_outside_latin_1_come_as_near_as_they_can() -> None:
    assert printable("Łukasz Żółć, Zoë \u2013 “ok” 王") == 'Lukasz Zólc, Zoë - "ok" ?'


@pytest.mark.parametrize(
    ("kind", "status", "place"),
    [
        ("references", 404, ""),
        ("candidates", 404, ""),
        ("invoices", 404, ""),
        ("resumes", 404, ""),
        ("payslips", 422, "type"),
        ("", 422, "type"),
    ],
)
def test_a_document_that_does_not_exist_is_refused(
    recruiter: Any, told: Any, kind: str, status: int, place: str
) -> None:
    answer = recruiter.ask("GET", "/documents", type=kind, id="unknown")

    assert told(answer)[::2] == (status, place)


def test_there_is_no_report_before_the_referee_has_answered(recruiter: Any, told: Any) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())

    assert told(recruiter.ask("GET", "/documents", type="references", id=reference))[0] == 404
