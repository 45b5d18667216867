"""Reads resumes by rules simple enough to know beforehand what they will find.

- **Kinds**: ``pdf`` and ``docx`` are read. Other kinds (images, old or foreign formats) give an
  empty resume, as an image without legible text would. An empty file, and a ``pdf`` or ``docx``
  that cannot be opened, is unreadable.
- **Name**: what follows ``Name:``, else the first of the first five lines with two to four words
  and nothing but letters.
- **E-mail, phone**: the first that looks like one, anywhere.
- **Location**: what follows ``Address:`` or ``Location:``, else nothing.
- **Skills, languages**: the words of :mod:`.skills` that stand in the text.
- **Sections** begin with a heading on a line of its own (``Experience``, ``Education``…). In
  those two, each line with years (``2019 - 2022``, ``Mar 2020 to present``) begins a station:
  the years, and before or after them ``title, place`` or ``title at place``; the lines up to
  the next one describe it. Years alone on their line belong to the line above.
- **Seniority**: ``senior`` with a title that says so or five years of experience in all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from io import BytesIO

from .records import JSON, Resume, Seniority, Station
from .scoring import whole_word
from .skills import (
    HARD_SKILLS,
    LANGUAGES,
    LETTER_SKILLS,
    SECTIONS,
    SENIOR_TITLES,
    SOFT_SKILLS,
)

PDF_MARK = b"%PDF-"
MOST_PAGES = 20
LONGEST_TEXT = 50_000
SENIOR_FROM_YEARS = 5

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
PHONE = re.compile(r"(?<![\w.-])\+?\(?\d[\d ().-]{7,18}\d(?![\w-])")
FEWEST_PHONE_DIGITS = 9
NAME = re.compile(r"^(?:name|nom)\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
IN_NAMES = str.maketrans("", "", ".'-\u2019")
NOT_NAMES = ("curriculum vitae",)
PLACE = re.compile(r"^(?:address|location|adresse)\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)

MOMENT = r"(?:(?:[^\W\d_]{3,9}\.? |\d\d/)?(?:19|20)\d\d)"
DASHES = "-\u2013\u2014"
PERIOD = re.compile(
    rf"\(?({MOMENT})\s*(?:[{DASHES}]|to|until|à)\s*({MOMENT}|present|today|now|current)\)?",
    re.IGNORECASE,
)
YEAR = re.compile(r"(?:19|20)\d\d")
EDGES = f" \t,;:|·•(){DASHES}"

PARTING = re.compile(rf"\s+(?:at|chez|[|@{DASHES}])\s+", re.IGNORECASE)
"""Stands between a title and a place where no comma does."""

HEADINGS = {heading: section for section, headings in SECTIONS.items() for heading in headings}


class Unreadable(Exception):
    """A file that its reader cannot open."""


def read_file(content: bytes, extension: str, *, this_year: int) -> Resume:
    """What is found in an uploaded file.

    :param this_year: when what goes on at present has come to.

    :raises Unreadable: it is empty, or not of the kind it says.
    """
    if not content:
        raise Unreadable
    read_text = READERS.get(extension)
    if read_text is None:
        return Resume()
    try:
        text = read_text(content)
    except Exception as error:  # the readers raise anything over a broken file
        raise Unreadable from error
    return read_resume(text, this_year=this_year)


def _read_pdf(content: bytes) -> str:
    from pypdf import PdfReader  # here, so that an emulator that reads none starts fast

    if PDF_MARK not in content[:1024]:  # pypdf would log how it begins instead
        raise Unreadable
    pages = PdfReader(BytesIO(content)).pages[:MOST_PAGES]
    return "\n".join(page.extract_text() for page in pages)


def _read_docx(content: bytes) -> str:
    from docx import Document  # as above

    document = Document(BytesIO(content))
    rows = [row.cells for table in document.tables for row in table.rows]
    tables = ["\t".join(cell.text for cell in cells) for cells in rows]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *tables])


READERS: dict[str, Callable[[bytes], str]] = {"pdf": _read_pdf, "docx": _read_docx}


def read_resume(text: str, *, this_year: int) -> Resume:
    """What is found in the text of a resume."""
    text = text[:LONGEST_TEXT]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    sections = _split(lines)
    experiences = _read_stations(sections.get("experiences", []))
    return Resume(
        name=_first(NAME.findall(text)) or _first(line for line in lines[:5] if _is_name(line)),
        email=_first(EMAIL.findall(text)),
        phone=_first(found for found in PHONE.findall(text) if _is_phone(found)),
        location=_first(PLACE.findall(text)),
        summary=" ".join(sections.get("summary", [])) or None,
        hard_skills=_find_words(text, HARD_SKILLS),
        soft_skills=_find_words(text, SOFT_SKILLS),
        languages=_find_words(text, LANGUAGES),
        seniority=_judge_seniority(experiences, this_year),
        experiences=experiences,
        educations=_read_stations(sections.get("educations", [])),
    )


def read_structured_resume(profile: JSON, *, this_year: int) -> Resume:
    """A resume that came structured; nothing has to be found."""
    details = profile.get("location_details") or {}
    skills = tuple(profile.get("skills") or ())
    experiences = tuple(_station_of(each, "company") for each in profile.get("experiences") or ())
    return Resume(
        name=profile.get("name"),
        email=profile.get("email"),
        phone=profile.get("phone"),
        location=details.get("text") or profile.get("location") or profile.get("address"),
        summary=profile.get("summary"),
        hard_skills=tuple(skill for skill in skills if skill.lower() not in SOFT_SKILLS),
        soft_skills=tuple(skill for skill in skills if skill.lower() in SOFT_SKILLS),
        languages=tuple(profile.get("languages") or ()),
        seniority=_judge_seniority(experiences, this_year),
        experiences=experiences,
        educations=tuple(_station_of(each, "school") for each in profile.get("educations") or ()),
    )


def _station_of(entry: JSON, place: str) -> Station:
    details = entry.get("location_details") or {}
    return Station(
        title=entry.get("title"),
        place=entry.get(place),
        location=details.get("text") or entry.get("location"),
        start=entry.get("start"),
        end=entry.get("end"),
        description=entry.get("description"),
    )


def _split(lines: list[str]) -> dict[str, list[str]]:
    """The lines below each known heading."""
    sections: dict[str, list[str]] = {}
    current = None
    for line in lines:
        if heading := HEADINGS.get(line.strip(EDGES).lower()):
            current = sections.setdefault(heading, [])
        elif current is not None:
            current.append(line)
    return sections


def _read_stations(lines: list[str]) -> tuple[Station, ...]:
    """The stations of a section; what was told since the last years describes the last one."""
    stations: list[Station] = []
    told: list[str] = []
    for line in lines:
        period = PERIOD.search(line)
        if period is None:
            told.append(line)
            continue
        about = line[: period.start()].strip(EDGES) or line[period.end() :].strip(EDGES)
        if not about and told:
            about = told.pop()
        _describe_last(stations, told)
        stations.append(_begin_station(about, period))
        told = []
    _describe_last(stations, told)
    return tuple(stations)


def _begin_station(about: str, period: re.Match[str]) -> Station:
    title, _, place = PARTING.sub(", ", about).partition(", ")
    return Station(
        title=title.strip(EDGES) or None,
        place=place.strip(EDGES) or None,
        start=period[1],
        end=period[2],
    )


def _describe_last(stations: list[Station], told: list[str]) -> None:
    if stations and told:
        stations[-1] = replace(stations[-1], description=" ".join(told))


def _judge_seniority(experiences: Sequence[Station], this_year: int) -> Seniority:
    titles = " ".join(each.title or "" for each in experiences)
    has_title = any(whole_word(title).search(titles) for title in SENIOR_TITLES)
    years = sum(_count_years(each, this_year) for each in experiences)
    return "senior" if has_title or years >= SENIOR_FROM_YEARS else "junior"


def _count_years(station: Station, this_year: int) -> int:
    start, end = YEAR.search(station.start or ""), YEAR.search(station.end or "")
    if start is None:
        return 0
    last = int(end[0]) if end else this_year
    return max(0, last - int(start[0]))


def _find_words(text: str, words: tuple[str, ...]) -> tuple[str, ...]:
    lowered = text.lower()  # most words are not there at all, which is quickly seen
    return tuple(word for word in words if word in lowered and _names(text, word))


def _names(text: str, word: str) -> bool:
    found = whole_word(word).finditer(text)
    return any(word not in LETTER_SKILLS or each[0][0].isupper() for each in found)


def _is_name(line: str) -> bool:
    words = line.split()
    is_heading = line.strip(EDGES).lower() in (*HEADINGS, *NOT_NAMES)
    is_worded = 2 <= len(words) <= 4 and all(word.translate(IN_NAMES).isalpha() for word in words)
    return is_worded and not is_heading


def _is_phone(found: str) -> bool:
    is_period = PERIOD.search(found) is not None
    return not is_period and sum(map(str.isdigit, found)) >= FEWEST_PHONE_DIGITS


def _first(found: Iterable[str]) -> str | None:
    return next((each.strip() for each in found), None)
