"""Answers without pages: read while they arrive, whatever form they have."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from airflow_talent.clients import rezi, rezora
from airflow_talent.clients.errors import AuthenticationFailed, UnexpectedAnswer, VendorUnavailable
from airflow_talent.clients.rezi.api import ReziApi
from airflow_talent.clients.rezi.settings import ReziSettings
from airflow_talent.clients.rezora.api import RezoraApi
from airflow_talent.clients.rezora.settings import RezoraSettings
from airflow_talent.clients.runners import AsyncRunner, Runner
from airflow_talent.tests.clients.adapters import RUNNERS
from airflow_talent.tests.exports.vendors import Hung, Vendor, wait_for

CHUNK = 300
MANY = 40


def contact(number: int) -> dict[str, str]:
    return {"contact_id": str(number), "contact_name": f"Ada {number}"}


def as_json(numbers: range) -> bytes:
    return json.dumps([contact(number) for number in numbers]).encode()


def as_xml(numbers: range) -> bytes:
    rows = "".join(
        "<contact>" + "".join(f"<{k}>{v}</{k}>" for k, v in contact(n).items()) + "</contact>"
        for n in numbers
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><contacts version="1.0">{rows}</contacts>'.encode()
    )


def as_csv(numbers: range) -> bytes:
    rows = [["contact_id", "contact_name"], *(list(contact(n).values()) for n in numbers)]
    return "".join("|".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows).encode()


def as_users(numbers: range) -> bytes:
    users = [{"userID": str(number), "email": "a@people.test"} for number in numbers]
    return json.dumps({"status": "success", "data": {"users": users}}).encode()


def as_bare_users(numbers: range) -> bytes:
    return json.dumps([{"userID": str(number)} for number in numbers]).encode()


FORMS: dict[str, Callable[[range], bytes]] = {
    "json": as_json,
    "xml": as_xml,
    "csv": as_csv,
    "users": as_users,
    "bare users": as_bare_users,
}

Index = Callable[..., tuple[Any, Any]]


@pytest.fixture(params=RUNNERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def walk(kind: str, form: str) -> Iterator[Callable[[Vendor], Iterator[Any]]]:
    """Iterates the one index of a vendor that answers in this form."""
    made: list[Any] = []

    def walk(vendor: Vendor) -> Iterator[Any]:
        fields = {"base_url": vendor.url, "password": "a-password", "max_requests_per_second": None}
        if form in ("json", "xml", "csv"):
            settings = RezoraSettings(**fields, login="agent", format=form, max_connections=1)
            made.append(RUNNERS[kind](RezoraApi(settings)))
            return made[-1].iterate(rezora.list_contacts())  # type: ignore[no-any-return]  # so it does
        made.append(RUNNERS[kind](ReziApi(ReziSettings(**fields, max_connections=1))))
        return made[-1].iterate(rezi.list_users())  # type: ignore[no-any-return]  # as above

    yield walk
    for runner in made:
        runner.close()


def number_of(record: Any) -> int:
    return int(record.id if hasattr(record, "id") else record.contact_id)


def chunks(body: bytes) -> list[bytes]:
    return [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]


Walk = Callable[[Vendor], Iterator[Any]]


def test_every_record_comes_once_in_order(walk: Walk, form: str) -> None:
    with Vendor(lambda _: (200, chunks(FORMS[form](range(MANY))))) as vendor:
        assert [number_of(record) for record in walk(vendor)] == list(range(MANY))
        assert len(vendor.asked) == 1


def test_records_come_before_the_answer_has_ended(walk: Walk, form: str) -> None:
    first_came = threading.Event()

    def body() -> Iterator[bytes]:
        first, second, *others = chunks(FORMS[form](range(MANY)))
        yield from (first, second)
        wait_for(first_came)
        yield from others

    with Vendor(lambda _: (200, body)) as vendor:
        records = walk(vendor)
        assert number_of(next(records)) == 0
        first_came.set()
        assert [number_of(record) for record in records] == list(range(1, MANY))


def test_an_answer_cut_before_its_first_record_is_asked_for_again(walk: Walk, form: str) -> None:
    def cut() -> Iterator[bytes]:
        yield FORMS[form](range(MANY))[:12]
        raise Hung

    whole = chunks(FORMS[form](range(MANY)))
    with Vendor(lambda _: (200, cut if len(vendor.asked) < 3 else whole)) as vendor:
        assert len(list(walk(vendor))) == MANY
        assert len(vendor.asked) == 3


@pytest.mark.parametrize("ends", ["by hanging up", "as if it were whole"])
def test_an_answer_cut_later_is_an_error_after_what_came(ends: str, walk: Walk, form: str) -> None:
    def cut() -> Iterator[bytes]:
        body = FORMS[form](range(MANY))
        # In CSV, only an open quote tells that something is missing.
        yield body[: body.rindex(b'"')] if form == "csv" else body[:-60]
        if ends == "by hanging up":
            raise Hung

    def take(records: Iterator[Any]) -> None:
        for record in records:
            seen.append(number_of(record))  # noqa: PERF401  # what came before the error counts

    seen: list[int] = []
    with Vendor(lambda _: (200, cut)) as vendor:
        expected = VendorUnavailable if ends == "by hanging up" else UnexpectedAnswer
        with pytest.raises(expected):
            take(walk(vendor))
    assert len(seen) > 10
    assert seen == list(range(len(seen)))


def test_an_index_without_records_is_empty(walk: Walk, form: str) -> None:
    with Vendor(lambda _: (200, [FORMS[form](range(0))])) as vendor:
        assert list(walk(vendor)) == []


def test_a_refusal_is_told_as_for_any_call(walk: Walk) -> None:
    with (
        Vendor(lambda _: (401, [b"no"])) as vendor,
        pytest.raises(AuthenticationFailed),
    ):
        list(walk(vendor))


def test_a_passing_fault_is_survived(walk: Walk, form: str) -> None:
    whole = [FORMS[form](range(MANY))]
    with Vendor(lambda _: (503, [b"wait"]) if len(vendor.asked) < 2 else (200, whole)) as vendor:
        assert len(list(walk(vendor))) == MANY


def test_another_form_is_no_empty_index(walk: Walk) -> None:
    page = [b"<!doctype html><title>Maintenance</title>" + b"<p>Soon</p>" * 100]
    with (
        Vendor(lambda _: (200, page)) as vendor,
        pytest.raises((UnexpectedAnswer, VendorUnavailable)),
    ):
        list(walk(vendor))


def agent(vendor: Vendor) -> RezoraApi:
    """An agent at Rezora, whose connection allows one request at a time."""
    settings = RezoraSettings(
        base_url=vendor.url, login="agent", password="a-password", max_requests_per_second=None
    )
    return RezoraApi(settings)


def test_who_stops_early_hangs_up(kind: str) -> None:
    def endless() -> Iterator[bytes]:
        yield as_json(range(MANY))[:-1]
        while True:
            yield b" " * 100_000

    with Vendor(lambda _: (200, endless)) as vendor:
        if kind == "sync":
            with Runner(agent(vendor)) as runner:
                records = runner.iterate(rezora.list_contacts())
                assert number_of(next(records)) == 0
                records.close()  # type: ignore[attr-defined]  # it is a generator
        else:
            asyncio.run(take_one(agent(vendor)))
        wait_for(vendor.left)


async def take_one(api: RezoraApi) -> None:
    runner = AsyncRunner(api)
    async with aclosing(runner.iterate(rezora.list_contacts())) as records:
        assert number_of(await anext(records)) == 0
    await runner.close()


def test_calls_can_be_made_while_an_answer_arrives_also_over_one_connection(kind: str) -> None:
    body = as_json(range(MANY))
    with Vendor(lambda _: (200, chunks(body))) as vendor:
        runner = RUNNERS[kind](agent(vendor))
        records = runner.iterate(rezora.list_contacts())
        assert number_of(next(records)) == 0
        assert len(runner.run(rezora.list_contacts())) == MANY
        assert len(list(records)) == MANY - 1
        runner.close()
