"""The events the emulated Riminder posts, and their signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
    SALES_FILTER_ID,
    WEBHOOK_SECRET,
)
from airflow_talent.emulator.riminder.webhooks import MESSAGES, Mode, sign
from airflow_talent.tests.riminder.emulator.callers import Caller, Receiver, until

PAYLOAD = (
    b'{"type":"profile.parse.success","message":"ok",'
    b'"profile":{"profile_id":"p1","profile_reference":"r1"}}'
)
ENCODED = (
    "eyJ0eXBlIjoicHJvZmlsZS5wYXJzZS5zdWNjZXNzIiwibWVzc2FnZSI6Im9rIiwicHJvZmlsZSI6eyJwcm9maWxlX2lk"
    "IjoicDEiLCJwcm9maWxlX3JlZmVyZW5jZSI6InIxIn19"
)
NAMED = {"source_id": API_SOURCE_ID, "profile_reference": "r1", "filter_id": ENGINEER_FILTER_ID}
FILTER = {"filter_id": ENGINEER_FILTER_ID, "filter_reference": ENGINEER_REFERENCE}


@pytest.mark.parametrize(
    ("mode", "signature"),
    [
        (
            "hex-json",
            "YzRjODgzYzY1MTViYWY1ZmY0YTM3NWZmOGQwZmU2N2ExMGFiZThmY2VkOGMxOTdmYmNjYjM3MzA4MGYwMzE3Mw==",
        ),
        ("raw-json", "xMiDxlFbr1_0o3X_jQ_mehCr6PztjBl_vMs3MIDwMXM="),
        ("raw-encoded", "mThWG8NXlJIL5vKo3O-u9J38uF9N9CvEA1gOrQK48Ow="),
    ],
)
def test_signatures_are_those_of_the_reference(mode: Mode, signature: str) -> None:
    signed = sign(PAYLOAD, b"", secret="wsk_test_secret", mode=mode)
    assert signed == f"{signature}.{ENCODED}"

    standard = sign(PAYLOAD, b"", secret="wsk_test_secret", mode=mode, alphabet="standard")
    assert standard == signed.translate(str.maketrans("-_", "+/"))


def test_a_signature_of_the_body_is_bare() -> None:
    assert sign(PAYLOAD, b"4567", secret="1234", mode="hex-body") == (
        "9d101d2bf630748679226b767d2031634c520390ff0e926afc09bc65a05bfdb2"
    )


def test_a_profile_is_parsed_then_scored_for_each_filter(
    caller: Caller, receiver: Receiver
) -> None:
    profile_id = caller.add(skills=["python", "sql"])
    until(lambda: len(receiver.posted) == 3)

    profile = {"profile_id": profile_id, "profile_reference": "r1"}
    assert receiver.events == [
        {
            "type": "profile.parse.success",
            "message": MESSAGES["profile.parse.success"],
            "profile": profile,
        },
        {
            "type": "profile.score.success",
            "message": MESSAGES["profile.score.success"],
            "profile": profile,
            "filter": FILTER,
            "score": 0.4,
        },
        {
            "type": "profile.score.success",
            "message": MESSAGES["profile.score.success"],
            "profile": profile,
            "filter": {"filter_id": SALES_FILTER_ID, "filter_reference": None},
            "score": 0.0,
        },
    ]


def test_an_unreadable_file_is_told_of(caller: Caller, receiver: Receiver) -> None:
    caller.upload(content=b"not a PDF")
    until(lambda: receiver.types == ["profile.parse.error"])


def test_feedback_is_told_of(caller: Caller, receiver: Receiver, talent_emulator: Emulator) -> None:
    talent_emulator.settings(riminder={"auto": False})
    caller.add()
    caller.send("PATCH", "/profile/stage", **NAMED, stage="YES")
    caller.send("PATCH", "/profile/rating", **NAMED, rating=3)
    talent_emulator.settings(riminder={"webhook_rating": "text"})
    caller.send("PATCH", "/profile/rating", **NAMED, rating=3)
    until(lambda: len(receiver.posted) == 3)

    stage, rating, as_text = receiver.events
    assert (stage["type"], stage["stage"]) == ("action.stage.success", "YES")
    assert (rating["type"], rating["rating"]) == ("action.rating.success", 3)
    assert as_text["rating"] == "3"
    assert stage["filter"] == FILTER


def test_training_a_filter_is_told_of_in_order(
    receiver: Receiver, talent_emulator: Emulator
) -> None:
    talent_emulator.act(f"riminder/filters/{ENGINEER_FILTER_ID}/train")
    until(lambda: len(receiver.posted) == 4)

    assert receiver.types == [
        "filter.train.start",
        "filter.train.success",
        "filter.score.start",
        "filter.score.success",
    ]
    assert all(event["filter"] == FILTER for event in receiver.events)


@pytest.mark.parametrize("kind", MESSAGES)
def test_every_event_can_be_sent_at_will(
    receiver: Receiver, talent_emulator: Emulator, caller: Caller, kind: str
) -> None:
    talent_emulator.settings(riminder={"auto": False})
    profile_id = caller.add()
    about = {"profile_id": profile_id} if not kind.startswith("filter.") else {}
    talent_emulator.act("riminder/events", type=kind, filter_id=ENGINEER_FILTER_ID, **about)
    until(lambda: receiver.types == [kind])


def test_parsing_again_is_silent_unless_updates_are_wanted(
    caller: Caller, receiver: Receiver, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"auto": False})
    profile_id = caller.add()
    talent_emulator.act(f"riminder/profiles/{profile_id}/parse")
    talent_emulator.act(f"riminder/profiles/{profile_id}/parse")
    talent_emulator.settings(riminder={"parse_updates": True})
    talent_emulator.act(f"riminder/profiles/{profile_id}/parse")
    until(lambda: len(receiver.posted) == 8)

    scores = ["profile.score.success"] * 2
    assert receiver.types == [
        *("profile.parse.success", *scores),
        *scores,
        *("profile.parse.update", *scores),
    ]


@pytest.mark.parametrize("shape", ["array", "object"])
@pytest.mark.parametrize("mode", ["", "raw-json", "raw-encoded", "hex-json", "hex-body"])
def test_events_are_signed_in_the_mode_of_the_webhook(
    receiver: Receiver, talent_emulator: Emulator, mode: str, shape: str
) -> None:
    talent_emulator.settings(riminder={"webhook_body": shape})
    talent_emulator.webhook("riminder", receiver.url, mode)
    talent_emulator.act("riminder/events", type="filter.train.start")
    until(lambda: receiver.posted)

    [(headers, body)] = receiver.posted
    event = {"type": "filter.train.start", "message": MESSAGES["filter.train.start"]}
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == ([event] if shape == "array" else event)

    signature, _, payload = headers["http-riminder-signature"].partition(".")
    decoded = base64.urlsafe_b64decode(payload)
    hashed = {"raw-encoded": payload.encode(), "hex-body": body}.get(mode, decoded)
    digest = hmac.digest(WEBHOOK_SECRET.encode(), hashed, hashlib.sha256)
    if mode == "hex-body":
        assert (signature, payload) == (digest.hex(), "")
    else:
        written = digest.hex().encode() if mode == "hex-json" else digest
        assert base64.urlsafe_b64decode(signature) == written
        assert json.loads(decoded) == event


def test_references_of_all_alphabets_are_sent_as_ascii(caller: Caller, receiver: Receiver) -> None:
    caller.add("Žofie ✓ 履歴書")
    until(lambda: receiver.posted)

    _headers, body = receiver.posted[0]
    assert body.isascii()
    assert receiver.events[0]["profile"]["profile_reference"] == "Žofie ✓ 履歴書"


def test_events_of_one_profile_wait_for_each_other(
    caller: Caller, receiver: Receiver, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"auto": False})
    caller.add()
    stages = ["YES", "NO", "LATER", "NEW"] * 5
    for stage in stages:
        caller.send("PATCH", "/profile/stage", **NAMED, stage=stage)
    until(lambda: len(receiver.posted) == len(stages))
    assert [event["stage"] for event in receiver.events] == stages


def test_an_event_that_is_not_taken_is_sent_again_only_when_told(
    receiver: Receiver, talent_emulator: Emulator
) -> None:
    receiver.statuses = [500, 503, 500, 202]
    talent_emulator.act("riminder/events", type="filter.train.start")
    until(lambda: len(talent_emulator.deliveries("riminder")) == 1)

    talent_emulator.settings(riminder={"webhook_tries": 5})
    talent_emulator.act("riminder/events", type="filter.train.start")
    until(lambda: len(talent_emulator.deliveries("riminder")) == 4)

    statuses = [delivery["status"] for delivery in talent_emulator.deliveries("riminder")]
    assert statuses == [500, 503, 500, 202]


def test_the_check_names_the_address_and_delivers_only_when_told(
    caller: Caller, receiver: Receiver, talent_emulator: Emulator
) -> None:
    checked = caller.send("POST", "/webhook/check")
    assert checked["webhook_url"] == receiver.url
    talent_emulator.settings(riminder={"webhook_check_delivers": True})
    caller.send("POST", "/webhook/check", type="filter.score.error")
    until(lambda: receiver.types == ["filter.score.error"])


def test_nothing_is_sent_while_the_integration_is_off(
    caller: Caller, receiver: Receiver, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"webhook_integration": False})
    caller.add()
    caller.parsing()
    assert talent_emulator.deliveries("riminder") == []
