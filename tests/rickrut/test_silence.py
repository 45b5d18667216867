"""The key, which travels in the query, is seen nowhere; nor is anything about an applicant."""

from __future__ import annotations

import gc
import logging
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from airflow_talent.clients import rickrut
from airflow_talent.clients.errors import VendorError
from airflow_talent.emulator.rickrut.records import KEY
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.rickrut.world import OPENING, RickRutWorld
from airflow_talent.tests.vendors import NewRunner

EMAIL = "planted.person@people.test"
WRONG_KEY = "planted/wrong key"
PLANTED = (KEY, WRONG_KEY, "planted%2Fwrong", "planted/wrong", "planted.person", "Plantedname")

FAULTS: list[dict[str, Any]] = [
    *({"fault": fault} for fault in ("refuse", "stall", "drop_before", "drop_after", "cut_body")),
    *({"fault": fault} for fault in ("html", "wrong_shape")),
    *({"fault": "status", "code": code} for code in (302, 400, 401, 404, 422, 429, 500)),
]


def calls(applicant_id: str) -> list[Any]:
    person = {"first_name": "Plantedname", "last_name": "Plantedname"}
    return [
        rickrut.show_applicant(applicant_id),
        rickrut.show_applicant("404"),
        rickrut.create_applicant(EMAIL, OPENING, **person),
        rickrut.create_applicant("planted.person", OPENING, **person),
    ]


class Said(logging.Handler):
    """Everything that was logged, and whatever else is added."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def add(self, *texts: object) -> None:
        self.lines += map(str, texts)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[Said]:
    """At the end, nothing that was logged and no error that was shown holds anything planted."""
    for name in ("", "airflow_talent", "httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    said = Said()
    logging.getLogger().addHandler(said)
    yield said
    logging.getLogger().removeHandler(said)
    assert "receive_response" in said.text or "connect_tcp" in said.text
    assert [secret for secret in PLANTED if secret in said.text] == []


def attempt(runner: Any, call: Any, said: Said) -> None:
    said.add(repr(call))
    try:
        runner.run(call)
    except VendorError as error:
        context = error.__context__
        said.add(error, repr(error), *traceback.format_exception(error), repr(context), context)
        if isinstance(context, httpx.RequestError):
            said.add(context.request.url, repr(context.request))


def test_failing_calls_say_nothing(
    new_runner: NewRunner,
    world: RickRutWorld,
    said: Said,
) -> None:
    runner, applicant_id = new_runner(timeout=0.1), world.applicant()
    for call in calls(applicant_id):
        attempt(runner, call, said)
    for fault in FAULTS:
        world.emulator.clear_faults()
        world.spoil(None, times=None, **fault)
        for call in calls(applicant_id):
            attempt(runner, call, said)

    assert "HTTP Request: GET" in said.text
    assert "send_request_headers" in said.text
    assert "receive_response_headers" in said.text


@pytest.mark.parametrize("structure", ["flat", "jsonapi"])
def test_an_answer_in_the_wrong_structure_says_nothing(
    structure: str, new_runner: NewRunner, world: RickRutWorld, said: Said
) -> None:
    world.set(structure=structure)
    other = "flat" if structure == "jsonapi" else "jsonapi"
    for call in calls(world.applicant()):
        attempt(new_runner(structure=other), call, said)


def test_a_refused_key_is_not_repeated(
    new_runner: NewRunner, world: RickRutWorld, said: Said
) -> None:
    runner = new_runner(password=SecretStr(WRONG_KEY))
    for call in calls(world.applicant()):
        attempt(runner, call, said)


@pytest.mark.parametrize("errors_hold_the_key", [False, True])
def test_an_answer_that_repeats_the_key_is_not_repeated(
    errors_hold_the_key: bool, new_runner: NewRunner, said: Said
) -> None:
    error = {"id": KEY, "details": f"{KEY} {EMAIL}"} if errors_hold_the_key else {}

    def redirect(_method: str, path: str, _body: bytes) -> Any:
        assert KEY in path
        return 302 if not error else 422, {"Location": f"https://v.test{path}"}, {"errors": [error]}

    with CannedVendor(redirect) as vendor:
        runner = new_runner(base_url=vendor.url)
        for call in calls("1"):
            attempt(runner, call, said)


def test_a_proxy_and_a_dead_host_are_told_without_the_key(
    new_runner: NewRunner, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt(new_runner(base_url="http://127.0.0.1:1"), rickrut.show_applicant("1"), said)
    attempt(new_runner(base_url="http://no.such.host.test"), rickrut.show_applicant("1"), said)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    attempt(new_runner(base_url="http://v.test"), rickrut.show_applicant("1"), said)


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n"]
)
def test_an_answer_that_is_no_http_says_nothing(
    answer: bytes, new_runner: NewRunner, said: Said
) -> None:
    with raw_server(answer) as url:
        for call in calls("1"):
            attempt(new_runner(base_url=url), call, said)


def test_what_holds_the_key_does_not_show_it(
    new_runner: NewRunner, world: RickRutWorld, said: Said
) -> None:
    runner = new_runner()
    runner.run(rickrut.show_applicant(world.applicant()))
    holders = [world.settings, runner, runner.__dict__, rickrut.show_applicant("1")]
    # Not isinstance(), which some lazy objects answer by an import that fails.
    responses = [each for each in gc.get_objects() if issubclass(type(each), httpx.Response)]
    said.add(*map(repr, holders))
    for each in responses:
        # Those of other tests may have none.
        request = vars(each).get("_request")
        said.add(repr(each), repr(request), getattr(request, "url", None))


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """Answers every connection with these bytes and closes it."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    # Closing alone would leave the thread in accept().
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()
