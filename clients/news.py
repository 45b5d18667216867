"""What a watcher announces, as pure data and pure verdicts.

A :class:`News` says whether something has happened to a record of an index. A
:class:`Gazette` collects what has happened newly, whatever the order of the index
and whatever the vendor's clock says: it goes by what was announced before alone.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Mapping
from itertools import islice
from typing import Any, ClassVar

from .waits import Resource

Ids = Mapping[str, str]
"""The ids of a record, by what they are ids of; nothing personal."""


class News(ABC):
    """Something that happens to records of an index."""

    vendor: ClassVar[str]
    event: ClassVar[str]
    """Its name, such as ``reference.completed``."""
    resource: ClassVar[type[Resource]]

    @classmethod
    @abstractmethod
    def mark(cls, record: Any) -> str | None:
        """What tells this happening from all others, None if it has not happened."""

    @classmethod
    @abstractmethod
    def ids(cls, record: Any) -> Ids:
        """The ids of the record."""


class Gazette:
    """Collects what is news among the records that it is shown.

    :param news: what to look for.
    :param known: digests of what was announced before.
    """

    def __init__(self, news: type[News], known: Container[bytes]) -> None:
        self._news = news
        self._known = known
        self._fresh: dict[bytes, Ids] = {}

    def see(self, records: Iterable[Any]) -> None:
        """Look through some records; one that is shown again counts once."""
        for record in records:
            mark = self._news.mark(record)
            if mark is None:
                continue
            key = digest(mark)
            if key not in self._known and key not in self._fresh:
                self._fresh[key] = self._news.ids(record)

    def take(self, most: int) -> dict[bytes, Ids]:
        """Take out what was collected, the oldest first, ``most`` at a time."""
        taken = dict(islice(self._fresh.items(), most))
        for key in taken:
            del self._fresh[key]
        return taken

    def take_all(self) -> dict[bytes, Ids]:
        """Take out everything that was collected."""
        return self.take(len(self._fresh))

    def __len__(self) -> int:
        return len(self._fresh)


def digest(mark: str) -> bytes:
    """Eight bytes that stand for ``mark``: of a million, two are the same once in 37 million."""
    return hashlib.blake2b(mark.encode(), digest_size=8).digest()
