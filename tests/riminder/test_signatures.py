"""Whether a webhook is Riminder's. Vectors: fact sheet section 7.3."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_talent.clients.riminder.signatures import (
    EventInvalid,
    SignatureInvalid,
    SignatureMode,
    WebhookRefused,
    read_events,
)
from airflow_talent.emulator.riminder.records import WEBHOOK_SECRET
from airflow_talent.tests.riminder.emulator.callers import Receiver, until
from airflow_talent.tests.riminder.world import RiminderWorld

SECRET = "wsk_test_secret"
HEADER = "HTTP-RIMINDER-SIGNATURE"

PAYLOAD = (
    b'{"type":"profile.parse.success","message":"ok",'
    b'"profile":{"profile_id":"p1","profile_reference":"r1"}}'
)
ENCODED = (
    "eyJ0eXBlIjoicHJvZmlsZS5wYXJzZS5zdWNjZXNzIiwibWVzc2FnZSI6Im9rIiwicHJvZmlsZSI6eyJwcm9maWxl"
    "X2lkIjoicDEiLCJwcm9maWxlX3JlZmVyZW5jZSI6InIxIn19"
)
PUBLISHED: dict[SignatureMode, str] = {
    "hex-json": (
        "YzRjODgzYzY1MTViYWY1ZmY0YTM3NWZmOGQwZmU2N2ExMGFiZThmY2VkOGMxOTdmYmNjYjM3MzA4MGYwMzE3Mw=="
    ),
    "raw-json": "xMiDxlFbr1_0o3X_jQ_mehCr6PztjBl_vMs3MIDwMXM=",
    "raw-encoded": "mThWG8NXlJIL5vKo3O-u9J38uF9N9CvEA1gOrQK48Ow=",
}

Encode = Callable[[bytes], str]

ALPHABETS: dict[str, Encode] = {
    "for URLs": lambda raw: base64.urlsafe_b64encode(raw).decode(),
    "standard": lambda raw: base64.b64encode(raw).decode(),
    "without padding": lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
}


def digest(message: bytes, secret: str = SECRET) -> hmac.HMAC:
    return hmac.new(secret.encode(), message, hashlib.sha256)


def sign(payload: bytes, mode: SignatureMode, encode: Encode, secret: str = SECRET) -> str:
    """The header as a sender of this mode writes it."""
    if mode == "hex-body":
        return digest(payload, secret).hexdigest()
    encoded = encode(payload)
    signed = {
        "raw-json": lambda: digest(payload, secret).digest(),
        "raw-encoded": lambda: digest(encoded.encode(), secret).digest(),
        "hex-json": lambda: digest(payload, secret).hexdigest().encode(),
    }[mode]()
    return f"{encode(signed)}.{encoded}"


MODES: tuple[SignatureMode, ...] = ("raw-json", "raw-encoded", "hex-json", "hex-body")
modes = st.sampled_from(MODES)
encodings = st.sampled_from(list(ALPHABETS.values()))
events = st.fixed_dictionaries(
    {"type": st.text(min_size=1), "message": st.text()},
    optional={"score": st.floats(0, 1), "later": st.dictionaries(st.text(), st.integers())},
).map(lambda event: json.dumps(event).encode())


@pytest.mark.parametrize("mode", PUBLISHED)
@pytest.mark.parametrize("setting", ["auto", "the mode"])
def test_the_published_vectors_are_accepted(mode: SignatureMode, setting: str) -> None:
    headers = {HEADER: f"{PUBLISHED[mode]}.{ENCODED}"}
    (event,) = read_events(headers, secret=SECRET, mode="auto" if setting == "auto" else mode)
    assert event.type == "profile.parse.success"
    assert event.profile
    assert (event.profile.profile_id, event.profile.profile_reference) == ("p1", "r1")
    assert event.is_documented


def test_the_published_digest_of_a_body_is_accepted() -> None:
    signature = "9d101d2bf630748679226b767d2031634c520390ff0e926afc09bc65a05bfdb2"
    with pytest.raises(EventInvalid):  # the body is 4567, which is no event
        read_events({HEADER: signature}, b"4567", secret="1234")
    with pytest.raises(SignatureInvalid):
        read_events({HEADER: signature}, b"4568", secret="1234")


@pytest.mark.parametrize("mode", PUBLISHED)
@pytest.mark.parametrize("other", MODES)
def test_a_pinned_mode_accepts_no_other(mode: SignatureMode, other: SignatureMode) -> None:
    headers = {HEADER: f"{PUBLISHED[mode]}.{ENCODED}"}
    if mode == other:
        assert read_events(headers, PAYLOAD, secret=SECRET, mode=other)
        return
    with pytest.raises(SignatureInvalid):
        read_events(headers, PAYLOAD, secret=SECRET, mode=other)


@given(payload=events, mode=modes, encode=encodings)
def test_every_way_of_signing_is_accepted_in_each_alphabet(
    payload: bytes, mode: SignatureMode, encode: Encode
) -> None:
    headers = {HEADER: sign(payload, mode, encode)}
    for setting in ("auto", mode):
        (event,) = read_events(headers, payload, secret=SECRET, mode=setting)
        assert event.type == json.loads(payload)["type"]


@given(payload=events, mode=modes, encode=encodings, secret=st.text(min_size=1))
def test_a_signature_with_another_secret_is_refused(
    payload: bytes, mode: SignatureMode, encode: Encode, secret: str
) -> None:
    assume(secret.encode(errors="ignore").rstrip(b"\0") != SECRET.encode())
    assume(secret.isprintable())
    headers = {HEADER: sign(payload, mode, encode, secret)}
    with pytest.raises(SignatureInvalid):
        read_events(headers, payload, secret=SECRET)


@given(payload=events, other=events, mode=modes, encode=encodings)
def test_a_payload_that_was_exchanged_is_refused(
    payload: bytes, other: bytes, mode: SignatureMode, encode: Encode
) -> None:
    assume(payload != other)
    signature = sign(payload, mode, encode)
    if mode != "hex-body":
        signature = f"{signature.partition('.')[0]}.{encode(other)}"
    with pytest.raises(SignatureInvalid):
        read_events({HEADER: signature}, other, secret=SECRET)


@given(signature=st.text(), body=st.binary())
def test_whatever_comes_is_refused_in_our_own_words(signature: str, body: bytes) -> None:
    with pytest.raises(WebhookRefused) as refusal:
        read_events({HEADER: signature}, body, secret=SECRET)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    "name",
    [
        "http-riminder-signature",
        "Riminder-Signature",
        "HTTP_RIMINDER_SIGNATURE",
        "HTTP_HTTP_RIMINDER_SIGNATURE",
    ],
)
def test_the_header_is_found_by_each_of_its_names(name: str) -> None:
    assert read_events({name: f"{PUBLISHED['raw-json']}.{ENCODED}"}, secret=SECRET)


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({}, SECRET),
        ({HEADER: ""}, SECRET),
        ({HEADER: "."}, SECRET),
        ({HEADER: f".{ENCODED}"}, SECRET),
        ({HEADER: f"{PUBLISHED['raw-json']}."}, SECRET),
        ({HEADER: PUBLISHED["raw-json"] + ENCODED}, SECRET),
        ({HEADER: f"{PUBLISHED['raw-json']}.{ENCODED}.{ENCODED}"}, SECRET),
        ({HEADER: f"{PUBLISHED['raw-json']}. {ENCODED}"}, SECRET),
        ({HEADER: f"{PUBLISHED['raw-json']}.{ENCODED}"}, ""),
        ({HEADER: digest(b"[]", "").hexdigest()}, ""),
    ],
)
def test_what_is_not_whole_is_refused(headers: dict[str, str], secret: str) -> None:
    with pytest.raises(SignatureInvalid):
        read_events(headers, b"[]", secret=secret)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"null", b"[[]]", b"{}", b'{"type":""}', b'{"type":7}', b"\xff", b"[" * 100_000],
)
def test_a_signed_payload_that_is_no_event_is_told_apart(payload: bytes) -> None:
    with pytest.raises(WebhookRefused) as refusal:
        read_events({HEADER: sign(payload, "hex-body", str)}, payload, secret=SECRET)
    assert isinstance(refusal.value, EventInvalid)


def test_a_body_may_hold_several_events() -> None:
    body = b'[{"type":"filter.train.start"},{"type":"filter.train.success"}]'
    events = read_events({HEADER: sign(body, "hex-body", str)}, body, secret=SECRET)
    assert [event.type for event in events] == ["filter.train.start", "filter.train.success"]


def event_of(**fields: Any) -> Any:
    payload = json.dumps(fields).encode()
    headers = {HEADER: sign(payload, "raw-json", ALPHABETS["for URLs"])}
    (event,) = read_events(headers, secret=SECRET)
    return event


@pytest.mark.parametrize("rating", [3, "3"])
def test_a_rating_is_a_number_however_it_is_written(rating: int | str) -> None:
    assert event_of(type="action.rating.success", rating=rating).rating == 3


def test_an_event_of_an_unknown_type_is_kept_with_all_it_says() -> None:
    event = event_of(type="profile.vanished", profile=[], why={"who": "knows"})
    assert (event.type, event.is_documented, event.profile) == ("profile.vanished", False, None)
    assert event.model_extra == {"why": {"who": "knows"}}


def test_two_deliveries_of_one_event_have_one_identity() -> None:
    about = {"profile": {"profile_id": "p1"}, "filter": {"filter_id": "f1"}}
    first = event_of(type="profile.score.success", score=0.5, message="a", **about)
    again = event_of(type="profile.score.success", score=0.5, message="b", **about)
    other = event_of(type="profile.score.success", score=0.5, profile={"profile_id": "p2"})
    assert first.identity == again.identity != other.identity


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = server.listen()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("alphabet", ["url", "standard"])
def test_what_the_emulated_vendor_sends_is_read(
    world: RiminderWorld, receiver: Receiver, mode: SignatureMode, alphabet: str
) -> None:
    world.set(webhook_alphabet=alphabet)
    world.emulator.webhook("riminder", receiver.url, mode)
    profile_id = world.profile("r-1", name="Zoë Ré")
    until(lambda: len(receiver.posted) >= 3)
    world.emulator.webhook("riminder", None)

    events = [
        event
        for headers, body in receiver.posted
        for setting in ("auto", mode)
        for event in read_events(headers, body, secret=WEBHOOK_SECRET, mode=setting)
    ]

    assert {event.type for event in events} == {"profile.parse.success", "profile.score.success"}
    assert {event.profile.profile_id for event in events if event.profile} == {profile_id}
    for headers, body in receiver.posted:
        with pytest.raises(SignatureInvalid):
            read_events(headers, body, secret=f"{WEBHOOK_SECRET}0")
