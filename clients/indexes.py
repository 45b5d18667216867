"""Reading many records of an index with few requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Generic, TypeVar

from .calls import Call
from .errors import NotFound, NotListed, UnexpectedAnswer, VendorError
from .flows import Flow
from .waits import See

R = TypeVar("R")

KEPT = 2_000
"""Records at most that a look gives besides those that were asked for."""


def _everything(record: Any) -> Any:
    return record


class IndexReader(Generic[R]):
    """Finds records by id the cheaper way: by asking for each, or by pages of the index.

    Remembers on which page a record stood, so what was created together is read
    together, however long the index is. Records on no known page are looked for
    on the first and the last page, where new ones stand, then beside the pages
    that held some, as long as that finds more, and then on all pages or one by
    one, whichever is fewer requests.
    Absence from the index proves nothing; only asking for the record does.

    :param page: makes the call for the n-th page, from 1.
    :param total: reads the number of pages from a page.
    :param entries: reads the number of records in the whole index from a page, None where
        the vendor does not say.
    :param show: makes the call for one record, None where the vendor has none.
    :param keep: makes of a record what is given and kept of it, everything when left out.
    :param concurrency: pages asked for at a time.
    """

    def __init__(
        self,
        *,
        page: Callable[[int], Call[Any]],
        total: Callable[[Any], int],
        entries: Callable[[Any], int | None] = lambda page: None,
        show: Callable[[str], Call[Any]] | None,
        keep: Callable[[Any], R] = _everything,
        concurrency: int = 4,
    ) -> None:
        self._page = page
        self._total = total
        self._entries = entries
        self._show = show
        self._keep = keep
        self._concurrency = concurrency
        self._pages = 1
        self._page_of: dict[str, int] = {}
        self._seen: set[int] = set()
        self._asked = 0
        self._ids: set[str] = set()
        self._said: int | None = None
        self.others: dict[str, R] = {}
        """What else stood on the pages of the last read, as far as it is not too much."""

    @property
    def way(self) -> str:
        """How the last read found its records."""
        pages = f"{len(self._seen)} of the {self._pages} pages of the index" if self._seen else ""
        asked = f"{self._asked} by themselves" if self._asked else ""
        return " and ".join(filter(None, (pages, asked)))

    def read(self, ids: Collection[str]) -> Flow[dict[str, R | VendorError]]:
        """Every one of ``ids`` as a record or as the error that came for it."""
        missing = self._begin(ids)
        found: dict[str, R | VendorError] = {}
        for pages in (self._known_pages(missing), [1], [-1]):
            if len(missing) > 1 or self._show is None:
                yield from self._read_pages(pages, missing, found)
        while 0 < len(beside := self._pages_beside(found)) < len(missing):
            yield from self._read_pages(beside, missing, found)
        rest = self._pages - len(self._seen)
        if self._show is None or rest < len(missing):
            yield from self._read_all(missing, found)
        yield from self._ask(missing, found)
        return found

    def sweep(self, ids: Collection[str], see: See) -> Flow[dict[str, R | VendorError]]:
        """As :meth:`read`, over all pages, each of which is shown to ``see``."""
        missing = self._begin(ids)
        found: dict[str, R | VendorError] = {}
        for numbers in self._unseen_pages():
            for number, page in (yield from self._fetch(numbers)):
                see(page.items)
                self._take(number, page, missing, found)
        yield from self._ask(missing, found)
        return found

    def _begin(self, ids: Collection[str]) -> set[str]:
        missing = set(ids)
        self._page_of = {key: page for key, page in self._page_of.items() if key in missing}
        self._seen, self._asked, self.others = set(), 0, {}
        self._ids, self._said = set(), None
        return missing

    def _known_pages(self, missing: set[str]) -> list[int]:
        pages = {self._page_of[key] for key in missing if key in self._page_of}
        return sorted(pages) if len(pages) < len(missing) or self._show is None else []

    def _pages_beside(self, found: Collection[str]) -> list[int]:
        held = {self._page_of[key] for key in found}
        beside = {number + step for number in held for step in (-1, 1)}
        return sorted(n for n in beside - self._seen if 1 <= n <= self._pages)

    def _read_pages(
        self, pages: Iterable[int], missing: set[str], found: dict[str, R | VendorError]
    ) -> Flow[None]:
        wanted = [self._pages if number < 0 else number for number in pages]
        wanted = [number for number in wanted if number not in self._seen]
        while missing and wanted:
            now, wanted = wanted[: self._concurrency], wanted[self._concurrency :]
            for number, page in (yield from self._fetch(now)):
                self._take(number, page, missing, found)

    def _read_all(self, missing: set[str], found: dict[str, R | VendorError]) -> Flow[None]:
        for pages in self._unseen_pages():
            if not missing:
                return
            for number, page in (yield from self._fetch(pages)):
                self._take(number, page, missing, found)

    def _unseen_pages(self) -> Iterator[list[int]]:
        """Numbers of pages, a few at a time, until all have been seen that there are by then."""
        while True:
            unseen = (n for n in range(1, self._pages + 1) if n not in self._seen)
            numbers = [number for number, _ in zip(unseen, range(self._concurrency), strict=False)]
            if not numbers:
                return
            yield numbers

    def _fetch(self, numbers: list[int]) -> Flow[list[tuple[int, Any]]]:
        self._seen.update(numbers)
        pages = yield [self._page(number) for number in numbers]
        for page in pages:
            if isinstance(page, NotFound):
                # Nobody may take this for the absence of a record.
                raise UnexpectedAnswer(
                    "there is no such index", vendor=page.vendor, call=page.call, status=404
                )
            if isinstance(page, VendorError):
                raise page
        return list(zip(numbers, pages, strict=True))

    def _take(
        self, number: int, page: Any, missing: set[str], found: dict[str, R | VendorError]
    ) -> None:
        self._pages = max(1, self._total(page))
        self._said = self._entries(page)
        for record in page.items:
            self._ids.add(record.id)
            if record.id in missing:
                missing.discard(record.id)
                found[record.id] = self._keep(record)
                self._page_of[record.id] = number
            elif len(self.others) < KEPT and record.id not in found:
                self.others[record.id] = self._keep(record)

    def _ask(self, missing: set[str], found: dict[str, R | VendorError]) -> Flow[None]:
        ids = sorted(missing)
        if self._show is None:
            found.update({key: self._omission() for key in ids})
        elif ids:
            self._asked = len(ids)
            answers = yield [self._show(key) for key in ids]
            for key, answer in zip(ids, answers, strict=True):
                found[key] = answer if isinstance(answer, VendorError) else self._keep(answer)

    def _omission(self) -> VendorError:
        """Why a record was not found that only the index could have shown."""
        if self._said is not None and len(self._ids) < self._said:
            return UnexpectedAnswer("the index changed while it was read")
        return NotListed("not in the index")
