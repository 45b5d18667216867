"""The events the emulated Vitay posts to an address."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator


class Receiver(ThreadingHTTPServer):
    """A web server that keeps what is posted to it."""

    status = 200

    def __init__(self) -> None:
        self.events: list[tuple[dict[str, str], dict[str, Any]]] = []
        super().__init__(("127.0.0.1", 0), Receiving)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/events"


class Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.events.append((headers, json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def until(claim: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 5
    while not claim():
        assert time.monotonic() < deadline, "it did not become true in 5 seconds"
        time.sleep(0.01)


def test_each_step_of_a_check_is_posted_once(
    recruiter: Any, talent_emulator: Emulator, receiver: Receiver
) -> None:
    talent_emulator.webhook("vitay", receiver.url)
    candidate = recruiter.create_candidate()
    request = recruiter.request_references(candidate, 2)
    listed = talent_emulator.act(f"vitay/reference_requests/{request}/submit")["references"]
    first, second = (reference["id"] for reference in listed)
    talent_emulator.act(f"vitay/references/{first}/fill")
    talent_emulator.act(f"vitay/references/{second}/decline", comment="No time")
    added = recruiter.create_reference(candidate)

    until(lambda: len(receiver.events) == 4)

    by_event = {(body["event"], body["type"]): body for _headers, body in receiver.events}
    assert by_event["completed", "ReferenceRequest"]["id"] == request
    assert by_event["completed", "Reference"]["id"] == first
    assert by_event["completed", "Reference"]["data"]["filled_at"] is not None
    assert by_event["created", "Reference"]["id"] == added
    declined = by_event["declined", "Decline"]["data"]
    assert (declined["identifiable_id"], declined["comment"]) == (second, "No time")
    until(lambda: len(talent_emulator.deliveries("vitay")) == 4)
    assert {delivery["status"] for delivery in talent_emulator.deliveries()} == {200}


def test_an_event_is_plain_json_with_stored_fields_and_no_answers(
    recruiter: Any, talent_emulator: Emulator, receiver: Receiver
) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())
    talent_emulator.webhook("vitay", receiver.url)
    talent_emulator.act(f"vitay/references/{reference}/fill", answers=["a secret opinion"])
    until(lambda: receiver.events)

    [(headers, body)] = receiver.events

    assert headers["content-type"] == headers["accept"] == "application/json"
    assert body.keys() == {"event", "type", "id", "data"}
    assert {"work_phone", "status", "candidate_id", "internal_id"} <= body["data"].keys()
    assert "a secret opinion" not in json.dumps(body)


def test_a_receiver_that_fails_is_not_asked_again(
    recruiter: Any, talent_emulator: Emulator, receiver: Receiver
) -> None:
    receiver.status = 500
    talent_emulator.webhook("vitay", receiver.url)
    recruiter.create_reference(recruiter.create_candidate())

    until(lambda: talent_emulator.deliveries("vitay"))

    assert [delivery["status"] for delivery in talent_emulator.deliveries()] == [500]
    assert len(receiver.events) == 1


def test_nobody_listening_hurts_nobody(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.webhook("vitay", "http://127.0.0.1:9/events")
    recruiter.create_reference(recruiter.create_candidate())

    until(lambda: talent_emulator.deliveries("vitay"))

    assert talent_emulator.deliveries()[0]["status"] is None


def test_a_webhook_can_be_taken_back(
    recruiter: Any, talent_emulator: Emulator, receiver: Receiver
) -> None:
    talent_emulator.webhook("vitay", receiver.url)
    talent_emulator.webhook("vitay", None)
    recruiter.create_reference(recruiter.create_candidate())

    assert talent_emulator.deliveries() == []
