"""Reading many records of an index with few requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Generic, Protocol, TypeVar

from .calls import Call
from .errors import NotFound, UnexpectedAnswer, VendorError
from .flows import Flow

R = TypeVar("R", bound="Identified")


class Identified(Protocol):
    """A record with an id."""

    @property
    def id(self) -> str: ...


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
    :param show: makes the call for one record, None where the vendor has none.
    :param concurrency: pages asked for at a time.
    """

    def __init__(
        self,
        *,
        page: Callable[[int], Call[Any]],
        total: Callable[[Any], int],
        show: Callable[[str], Call[R]] | None,
        concurrency: int = 4,
    ) -> None:
        self._page = page
        self._total = total
        self._show = show
        self._concurrency = concurrency
        self._pages = 1
        self._page_of: dict[str, int] = {}

    def read(self, ids: Collection[str]) -> Flow[dict[str, R | VendorError]]:
        """Every one of ``ids`` as a record or as the error that came for it."""
        missing = set(ids)
        found: dict[str, R | VendorError] = {}
        self._forget_all_but(missing)
        seen: set[int] = set()
        for pages in (self._known_pages(missing), [1], [-1]):
            if len(missing) > 1 or self._show is None:
                yield from self._read_pages(pages, missing, found, seen)
        while 0 < len(beside := self._pages_beside(found, seen)) < len(missing):
            yield from self._read_pages(beside, missing, found, seen)
        rest = self._pages - len(seen)
        if self._show is None or rest < len(missing):
            yield from self._read_pages(range(1, self._pages + 1), missing, found, seen)
        yield from self._ask(missing, found)
        return found

    def _known_pages(self, missing: set[str]) -> list[int]:
        pages = {self._page_of[key] for key in missing if key in self._page_of}
        return sorted(pages) if len(pages) < len(missing) or self._show is None else []

    def _pages_beside(self, found: Collection[str], seen: set[int]) -> list[int]:
        held = {self._page_of[key] for key in found}
        beside = {number + step for number in held for step in (-1, 1)}
        return sorted(n for n in beside - seen if 1 <= n <= self._pages)

    def _read_pages(
        self,
        pages: Iterable[int],
        missing: set[str],
        found: dict[str, R | VendorError],
        seen: set[int],
    ) -> Flow[None]:
        wanted = [n for n in (self._pages if n < 0 else n for n in pages) if n not in seen]
        while missing and wanted:
            now, wanted = wanted[: self._concurrency], wanted[self._concurrency :]
            seen.update(now)
            for number, page in zip(now, (yield [self._page(n) for n in now]), strict=True):
                if isinstance(page, NotFound):
                    # Nobody may take this for the absence of a record.
                    raise UnexpectedAnswer(
                        "there is no such index", vendor=page.vendor, call=page.call, status=404
                    )
                if isinstance(page, VendorError):
                    raise page
                self._pages = max(1, self._total(page))
                for record in page.items:
                    if record.id in missing:
                        missing.discard(record.id)
                        found[record.id] = record
                        self._page_of[record.id] = number

    def _ask(self, missing: set[str], found: dict[str, R | VendorError]) -> Flow[None]:
        ids = sorted(missing)
        if self._show is None:
            found.update({key: NotFound("not in the index") for key in ids})
        elif ids:
            found.update(zip(ids, (yield [self._show(key) for key in ids]), strict=True))

    def _forget_all_but(self, ids: set[str]) -> None:
        self._page_of = {key: page for key, page in self._page_of.items() if key in ids}
