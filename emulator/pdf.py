"""Reports as PDF, for every vendor that gives some: a sober page with the built-in fonts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos

INK = (32, 38, 46)
QUIET = (110, 118, 129)
ACCENT = (20, 92, 122)
RULE = (214, 220, 226)
EMPTY = (229, 234, 238)

FONT = "Helvetica"
MARGIN = 22.0
LABEL_WIDTH = 42.0
BAR_HEIGHT = 2.4

PUNCTUATION = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u0141": "L",
        "\u0142": "l",
        "\u0110": "D",
        "\u0111": "d",
        "\u20ac": "EUR",
    }
)


class Report(FPDF):
    """A4 pages with a title, facts, and questions with answers.

    The built-in fonts know Latin-1 only; other letters lose their accents or become ``?``.

    :param title: stands large on the first page and in the document's properties.
    :param source: who made it, and of what record; stands small on the foot of each page.
    :param made_at: the moment the document says it was made.
    """

    def __init__(self, title: str, *, source: str, made_at: datetime) -> None:
        super().__init__(format="A4")
        self.source = printable(source)
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=True, margin=MARGIN + 4)
        self.set_title(printable(title))
        self.set_creation_date(made_at)
        self.set_creator("Talent emulator")
        self.add_page()
        self._write(title, size=22, style="B", color=ACCENT)

    def footer(self) -> None:
        """The source and the page number; called by fpdf on each page."""
        self.set_y(-MARGIN)
        self.set_font(FONT, size=8)
        self.set_text_color(*QUIET)
        half = self.epw / 2
        self.cell(half, 5, self.source, new_x=XPos.RIGHT, new_y=YPos.TOP)
        self.cell(half, 5, f"{self.page_no()} / {{nb}}", align="R")

    def write_lead(self, text: str) -> None:
        """A line below the title."""
        self._write(text, size=11, color=QUIET)
        self.ln(4)

    def write_heading(self, text: str) -> None:
        """The start of a part, never alone at the foot of a page."""
        if self.will_page_break(45):
            self.add_page()
        self.ln(6)
        self.set_draw_color(*RULE)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(4)
        self._write(text, size=14, style="B", color=INK)
        self.ln(1)

    def write_facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Labels and values, a line each; those without a value are left out."""
        for label, value in facts:
            if not value:
                continue
            self.set_font(FONT, size=10)
            self.set_text_color(*QUIET)
            self.cell(LABEL_WIDTH, 6, printable(label), new_x=XPos.RIGHT, new_y=YPos.TOP)
            self.set_text_color(*INK)
            self.multi_cell(0, 6, printable(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def write_share(self, label: str, value: str, share: float) -> None:
        """A fact with a bar: ``share`` of it, from 0 to 1, is filled."""
        self.write_facts([(label, value)])
        top, width = self.get_y() + 1, self.epw - LABEL_WIDTH
        for color, part in ((EMPTY, 1.0), (ACCENT, min(1.0, max(0.0, share)))):
            self.set_fill_color(*color)
            self.rect(self.l_margin + LABEL_WIDTH, top, width * part, BAR_HEIGHT, style="F")
        self.ln(BAR_HEIGHT + 3)

    def write_answer(self, question: str, answer: str, comment: str = "") -> None:
        """A question, and below it what was answered."""
        if self.will_page_break(20):
            self.add_page()
        self.ln(3)
        self._write(question, size=10, style="B", color=INK)
        self._write(answer or "-", size=10, color=INK)
        if comment:
            self._write(comment, size=9, style="I", color=QUIET)

    def finish(self) -> bytes:
        """The document."""
        return bytes(self.output())

    def _write(self, text: str, *, size: int, color: tuple[int, int, int], style: str = "") -> None:
        self.set_font(FONT, style="B" if style == "B" else "I" if style == "I" else "", size=size)
        self.set_text_color(*color)
        height = size * 0.52
        self.multi_cell(0, height, printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def printable(text: str) -> str:
    """The text in Latin-1: accents it does not have are dropped, other letters become ``?``."""
    composed = unicodedata.normalize("NFC", text).translate(PUNCTUATION)
    return "".join(_print_letter(letter) for letter in composed)


def _print_letter(letter: str) -> str:
    if letter.encode("latin-1", "ignore"):
        return letter
    bare = unicodedata.normalize("NFKD", letter).encode("latin-1", "ignore").decode("latin-1")
    return bare or "?"
