"""Finding records in an index that changes while it is read: never wrong, never dear."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.clients.errors import (
    NotFound,
    NotListed,
    RateLimited,
    UnexpectedAnswer,
    VendorUnavailable,
)
from airflow_talent.clients.flows import Flow
from airflow_talent.clients.indexes import IndexReader

Asked = tuple[str, Any]
Change = tuple[str, int]


@dataclass
class Index:
    """Records in an order, shown in pages; a change of ``changes`` happens before each request."""

    ids: list[str]
    page_size: int
    changes: Iterator[Change] = field(default_factory=lambda: iter(()))
    asked: list[Asked] = field(default_factory=list)
    ever: set[str] = field(default_factory=set)
    always: set[str] = field(default_factory=set)

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.ids) // self.page_size))

    def reader(self, *, shows: bool = True) -> IndexReader[Any]:
        return IndexReader(
            page=lambda n: ("page", n),  # type: ignore[arg-type,return-value]  # calls are opaque
            total=lambda page: int(page.total),
            show=(lambda key: ("show", key)) if shows else None,  # type: ignore[arg-type,return-value]  # as above
        )

    def read(self, reader: IndexReader[Any], ids: Collection[str]) -> dict[str, Any]:
        """Read ``ids``; a request that came to nothing is given as its error."""
        return self.run(reader.read(ids))

    def run(self, flow: Flow[dict[str, Any]]) -> dict[str, Any]:
        self.asked.clear()
        self.ever, self.always = set(self.ids), set(self.ids)
        answers: Any = None
        try:
            while True:
                step = flow.send(answers)
                answers = [self.answer(call) for call in step]
        except StopIteration as end:
            found: dict[str, Any] = end.value
            return found

    def answer(self, call: Asked) -> Any:
        self.change()
        self.asked.append(call)
        kind, what = call
        if kind == "page":
            shown = self.ids[(what - 1) * self.page_size : what * self.page_size]
            return SimpleNamespace(
                items=[SimpleNamespace(id=key) for key in shown], total=self.pages
            )
        return SimpleNamespace(id=what) if what in self.ids else NotFound("no such record")

    def change(self) -> None:
        kind, place = next(self.changes, ("none", 0))
        if kind == "insert":
            key = f"new-{len(self.ever)}"
            self.ids.insert(0 if place % 2 else len(self.ids), key)
            self.ever.add(key)
        if kind == "delete" and self.ids:
            self.always.discard(self.ids.pop(place % len(self.ids)))

    def counted(self, kind: str) -> list[Any]:
        return [what for asked, what in self.asked if asked == kind]


numbers = st.integers(0, 70)
known_ids = numbers.map(lambda count: [f"r-{n}" for n in range(count)])
page_sizes = st.integers(1, 9)
wanted_ids = st.sets(st.integers(0, 90).map(lambda n: f"r-{n}"), max_size=30)
changes = st.lists(st.tuples(st.sampled_from(["none", "insert", "delete"]), numbers), max_size=40)


@given(known_ids, page_sizes, st.lists(wanted_ids, min_size=1, max_size=3), changes)
def test_a_record_that_is_there_is_found_however_the_pages_shift(
    ids: list[str], page_size: int, reads: list[set[str]], happening: list[Change]
) -> None:
    index = Index(ids, page_size, iter(happening))
    reader = index.reader()
    for wanted in reads:
        found = index.read(reader, wanted)
        assert found.keys() == wanted
        for key, seen in found.items():
            if isinstance(seen, NotFound):
                assert key not in index.always
                assert key in index.counted("show")
            else:
                assert seen.id == key
                assert key in index.ever


@given(known_ids, page_sizes, st.lists(wanted_ids, min_size=1, max_size=3))
def test_without_a_way_to_show_one_record_a_quiet_index_is_read_right(
    ids: list[str], page_size: int, reads: list[set[str]]
) -> None:
    index = Index(ids, page_size)
    reader = index.reader(shows=False)
    for wanted in reads:
        found = index.read(reader, wanted)
        assert {key for key, seen in found.items() if isinstance(seen, NotFound)} == wanted - set(
            ids
        )
        assert len(index.asked) <= index.pages


@given(known_ids, page_sizes, wanted_ids, changes)
def test_a_sweep_shows_every_record_that_stays_where_it_is_and_finds_as_a_read_does(
    ids: list[str], page_size: int, wanted: set[str], happening: list[Change]
) -> None:
    shown: list[str] = []
    index = Index(ids, page_size, iter(happening))
    reader = index.reader()
    found = index.run(reader.sweep(wanted, lambda records: shown.extend(r.id for r in records)))
    assert found.keys() == wanted
    assert set(index.counted("show")) <= wanted
    for key, seen in found.items():
        if isinstance(seen, NotFound):
            assert key not in index.always
    if not [kind for kind, _ in happening if kind != "none"]:
        assert shown == ids
        assert len(index.counted("page")) == index.pages


@given(known_ids, page_sizes, st.lists(wanted_ids, min_size=1, max_size=3), changes)
def test_nothing_is_asked_for_twice_in_one_read(
    ids: list[str], page_size: int, reads: list[set[str]], happening: list[Change]
) -> None:
    index = Index(ids, page_size, iter(happening))
    reader = index.reader()
    for wanted in reads:
        index.read(reader, wanted)
        assert len(set(index.asked)) == len(index.asked)
        assert set(index.counted("show")) <= wanted


@given(known_ids, page_sizes, wanted_ids)
def test_a_first_read_costs_no_more_than_the_cheaper_way_and_a_few_pages_to_find_out(
    ids: list[str], page_size: int, wanted: set[str]
) -> None:
    index = Index(ids, page_size)
    found = index.read(index.reader(), wanted)
    beside = 2 * (len(wanted) - len(index.counted("show")))
    confirmed = len(wanted - set(ids))
    assert len(index.asked) <= min(len(wanted), index.pages) + 2 + beside + confirmed
    assert len(found) == len(wanted)


@given(known_ids.filter(bool), page_sizes, st.data())
def test_what_was_read_once_is_read_again_by_its_pages_alone(
    ids: list[str], page_size: int, data: st.DataObject
) -> None:
    index = Index(ids, page_size)
    wanted = data.draw(st.sets(st.sampled_from(ids)))
    reader = index.reader(shows=False)
    index.read(reader, wanted)
    index.read(reader, wanted)
    assert len(index.asked) == len({ids.index(key) // page_size for key in wanted})


@given(known_ids.filter(bool), page_sizes, st.data())
def test_each_later_read_costs_no_more_than_the_cheaper_way_and_two_pages_where_new_ones_stand(
    ids: list[str], page_size: int, data: st.DataObject
) -> None:
    index = Index(ids, page_size)
    wanted = data.draw(st.sets(st.sampled_from(ids)))
    reader = index.reader()
    index.read(reader, wanted)
    index.read(reader, wanted)
    assert len(index.asked) <= min(len(wanted), index.pages) + 2


@pytest.mark.parametrize("order", [1, -1])
def test_a_thousand_new_records_in_an_index_of_two_hundred_pages_cost_ten_pages(order: int) -> None:
    ids = [f"r-{n}" for n in range(20_000)]
    index = Index(ids[::order], page_size=100)
    wanted = set(ids[-1000:])
    found = index.read(index.reader(), wanted)
    assert not any(isinstance(seen, NotFound) for seen in found.values())
    assert len(index.asked) <= 10 + 3
    assert not index.counted("show")


def test_one_record_is_asked_for_by_its_id() -> None:
    index = Index([f"r-{n}" for n in range(50)], page_size=5)
    index.read(index.reader(), {"r-30"})
    assert index.asked == [("show", "r-30")]


def test_nothing_wanted_costs_nothing() -> None:
    for shows in (True, False):
        index = Index(["r-0"], page_size=5)
        assert index.read(index.reader(shows=shows), set()) == {}
        assert index.asked == []


class FailingIndex(Index):
    """Answers every page with an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__(["r-0", "r-1"], page_size=1)
        self.error = error

    def answer(self, call: Asked) -> Any:
        return self.error if call[0] == "page" else super().answer(call)


@pytest.mark.parametrize("error", [RateLimited("x"), VendorUnavailable("x")])
def test_a_page_that_fails_concerns_all(error: Exception) -> None:
    index = FailingIndex(error)
    with pytest.raises(type(error)):
        index.read(index.reader(), {"r-0", "r-1"})


def test_a_missing_index_is_not_taken_for_missing_records() -> None:
    index = FailingIndex(NotFound("no such page", vendor="vitay", call="list_references"))
    with pytest.raises(UnexpectedAnswer, match="there is no such index"):
        index.read(index.reader(), {"r-0", "r-1"})


@pytest.mark.parametrize(
    ("entries", "expected"), [(3, NotListed), (4, UnexpectedAnswer), (None, NotListed)]
)
def test_what_an_index_omits_is_missing_only_if_it_was_read_whole(
    entries: int | None, expected: type
) -> None:
    index = Index(["r-0", "r-1", "r-2"], page_size=2)
    reader: IndexReader[Any] = IndexReader(
        page=lambda n: ("page", n),  # type: ignore[arg-type,return-value]  # calls are opaque
        total=lambda page: int(page.total),
        entries=lambda page: entries,
        show=None,
    )
    assert type(index.read(reader, {"r-9"})["r-9"]) is expected


def test_a_record_that_cannot_be_shown_does_not_stop_the_others() -> None:
    class Sulking(Index):
        def answer(self, call: Asked) -> Any:
            return RateLimited("x") if call == ("show", "r-9") else super().answer(call)

    index = Sulking([f"r-{n}" for n in range(4)], page_size=1)
    found = index.read(index.reader(), {"r-1", "r-9"})
    assert found["r-1"].id == "r-1"
    assert isinstance(found["r-9"], RateLimited)
