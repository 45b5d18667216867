"""Walking an index: what follows a page, what is fetched ahead, and each record once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from .api import Api
from .calls import Call

Fetch = TypeVar("Fetch")

RECENT = 500
"""Ids of an index that are remembered while it is read, some pages of them."""


def items_of(page: Any) -> Iterable[Any]:
    """The records of a page; a vendor that does not page gives all of them as a list."""
    return page if isinstance(page, list) else page.items


class LookAhead(Generic[Fetch]):
    """Has the pages of an index fetched before they are asked for, in their order.

    What follows a page, and which is the last, each page says itself when it is read;
    this only guesses. A wrong guess costs a read and nothing else.

    A page that is ready stays in its place until it is taken, and only then another
    is fetched. So no more than ``api.settings.max_connections`` pages are held, and
    whoever takes them slowly slows the fetching.

    :param start: begins to fetch a page.
    :param drop: lets go of a page that is not wanted any more.
    """

    def __init__(
        self, api: Api[Any], start: Callable[[Call[Any]], Fetch], drop: Callable[[Fetch], object]
    ) -> None:
        self._api = api
        self._start = start
        self._drop = drop
        self._guesses: Iterator[Call[Any]] = iter(())
        self._fetches: deque[tuple[Call[Any], Fetch]] = deque()

    def after(self, call: Call[Any], page: Any) -> tuple[Call[Any], Fetch] | None:
        """The call for the page that follows and its fetch; None after the last page."""
        following = self._api.next_page(call, page)
        if following is None:
            return None
        if not self._fetches or self._fetches[0][0] != following:
            self.drop()
            self._fetches.append((following, self._start(following)))
            guesses = iter(self._api.numbered_pages(call, page))
            self._guesses = guesses if next(guesses, None) == following else iter(())
        while len(self._fetches) < self._api.settings.max_connections:
            guess = next(self._guesses, None)
            if guess is None:
                break
            self._fetches.append((guess, self._start(guess)))
        return self._fetches.popleft()

    def drop(self) -> None:
        """Let go of everything that was fetched in vain."""
        while self._fetches:
            self._drop(self._fetches.popleft()[1])


class Unseen:
    """Lets each record through once, since pages may shift while they are read.

    A shift brings back what stood at the end of the page before, so the ids of the
    last pages are enough, and memory does not grow with the index.
    """

    def __init__(self, key_of: Callable[[Any], str | None]) -> None:
        self._key_of = key_of
        self._recent: deque[str] = deque(maxlen=RECENT)

    def __call__(self, items: Iterable[Any]) -> Iterator[Any]:
        known = set(self._recent)
        for item in items:
            key = self._key_of(item)
            if key in known:
                continue
            if key is not None:
                known.add(key)
                self._recent.append(key)
            yield item
