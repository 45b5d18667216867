"""What the emulated parser finds in the text of a resume, and that nothing upsets it."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.emulator.riminder.records import Resume
from airflow_talent.emulator.riminder.resumes import Unreadable, read_file, read_resume

YEAR = 2026


def read(*lines: str) -> Resume:
    return read_resume("\n".join(lines), this_year=YEAR)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("Jane Doe",), "Jane Doe"),
        (("Curriculum Vitae", "MARIE-CLAIRE O'NEILL"), "MARIE-CLAIRE O'NEILL"),
        (("José García López",), "José García López"),
        (("Name: Jane Doe", "Work Experience"), "Jane Doe"),
        (("Work Experience", "Jane Q. Doe"), "Jane Q. Doe"),
        (("Jane",), None),
        (("Jane Doe 2",), None),
        (("jane@candidates.test",), None),
        (("1", "2", "3", "4", "5", "Jane Doe"), None),
    ],
)
def test_names(lines: tuple[str, ...], name: str | None) -> None:
    assert read(*lines).name == name


@pytest.mark.parametrize(
    ("line", "phone"),
    [
        ("+33 (0)6 12 34 56 78", "+33 (0)6 12 34 56 78"),
        ("Tel 06.12.34.56.78, at home", "06.12.34.56.78"),
        ("2014 - 2017", None),
        ("ID 12345", None),
    ],
)
def test_phones(line: str, phone: str | None) -> None:
    assert read(line).phone == phone


@pytest.mark.parametrize(
    ("text", "skills"),
    [
        ("JAVASCRIPT, not java script.", ("java", "javascript")),
        ("C++ and C#", ("c#", "c++")),
        ("Node.js/React (.NET)", (".net", "node.js", "react")),
        ("I go on and excel at a word", ()),
        ("Go, Excel, R", ("excel", "go", "r")),
    ],
)
def test_skills_stand_by_themselves(text: str, skills: tuple[str, ...]) -> None:
    assert read(text).hard_skills == skills


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("Analyst, Acme, Jan. 2019 - Present",), ("Analyst", "Acme", "Jan. 2019", "Present")),
        (("2018 à 2022 Développeur chez Renault",), ("Développeur", "Renault", "2018", "2022")),
        (("2018\u20132022: Developer | Acme",), ("Developer", "Acme", "2018", "2022")),
        (("Cook (03/2015 - 12/2018)",), ("Cook", None, "03/2015", "12/2018")),
        (("Cook at Foo", "June 2020 to May 2021"), ("Cook", "Foo", "June 2020", "May 2021")),
        (("2018 - 2022",), (None, None, "2018", "2022")),
    ],
)
def test_stations(lines: tuple[str, ...], expected: tuple[str | None, ...]) -> None:
    [station] = read("EXPERIENCE:", *lines).experiences
    assert (station.title, station.place, station.start, station.end) == expected


def test_what_stands_below_describes_a_station_until_the_next_section() -> None:
    lines = ("Experience", "Cook, 2018 - 2019", "Boiled.", "Fried.", "Hobbies", "Chess")
    [station] = read(*lines).experiences
    assert station.description == "Boiled. Fried."


@pytest.mark.parametrize(
    ("station", "seniority"),
    [
        ("Senior cook, 2025 - 2026", "senior"),
        ("Cook, 2020 - 2025", "senior"),
        (f"Cook, {YEAR - 5} - present", "senior"),
        (f"Cook, {YEAR - 4} - present", "junior"),
        ("Misleading cook, 2025 - 2020", "junior"),
    ],
)
def test_seniority(station: str, seniority: str) -> None:
    assert read("Experience", station).seniority == seniority


@given(st.text(alphabet="aA1@.+-( )/\n,:2019Experience", max_size=400))
def test_no_text_upsets_the_parser(text: str) -> None:
    read(text)


@given(st.binary(max_size=200), st.sampled_from(["pdf", "docx", "png", ""]))
def test_no_file_upsets_the_parser(content: bytes, extension: str) -> None:
    for begun in (content, b"%PDF-1.4\n" + content):
        with suppress(Unreadable):
            read_file(begun, extension, this_year=YEAR)


@pytest.mark.parametrize("bite", ["x", "a ", "2019 - 2020 ", "Jan ", "+1 (", "Aa-", "a.b@", "\n"])
def test_a_long_text_takes_no_long_time(bite: str) -> None:
    begun = time.monotonic()
    read(bite * 50_000)
    assert time.monotonic() - begun < 2
