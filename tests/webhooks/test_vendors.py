"""What each vendor writes, as events: ids only, and the same identity whenever it is told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.provider.contracts import VendorEvent
from airflow_talent.webhooks import rezi, riminder, vitay
from airflow_talent.webhooks.events import Malformed, Told, identify, safe_type
from airflow_talent.webhooks.vendors import asset_uri

from .conftest import SECRET, riminder_event, signed, vitay_event

AIRFLOWS_RUN_ID = re.compile(r"^[A-Za-z0-9_.~:+-]+$")
LONGEST_TAG = 100


def from_vitay(event: Any) -> Told:
    (told,) = vitay.read(json.dumps(event).encode(), "vitay_default")
    return told


def from_rezi(event: Any) -> Told:
    (told,) = rezi.read(json.dumps(event).encode(), "rezi_default")
    return told


def from_riminder(event: Any, *, secret: str = SECRET) -> Told:
    delivery = signed(event, secret=secret)
    (told,) = riminder.read(
        delivery["headers"], delivery["content"], "riminder_default", secret=secret, mode="auto"
    )
    return told


@pytest.mark.parametrize(
    ("event", "tag", "record"),
    [
        (
            vitay_event(event="created"),
            "on:vitay:reference.created",
            {"reference_id": "r-1", "candidate_id": "c-1"},
        ),
        (
            vitay_event(),
            "on:vitay:reference.completed",
            {"reference_id": "r-1", "candidate_id": "c-1"},
        ),
        (
            vitay_event(type="ReferenceRequest", id="q-1"),
            "on:vitay:reference_request.completed",
            {"request_id": "q-1", "candidate_id": "c-1"},
        ),
        (
            {
                "event": "declined",
                "type": "Decline",
                "id": "d-1",
                "data": {"identifiable_type": "Reference", "identifiable_id": 17, "comment": "No"},
            },
            "on:vitay:reference.declined",
            {"reference_id": "17"},
        ),
        (
            {
                "event": "declined",
                "type": "Decline",
                "id": "d-1",
                "data": {"identifiable_type": "ReferenceRequest", "identifiable_id": "q-1"},
            },
            "on:vitay:reference_request.declined",
            {"request_id": "q-1"},
        ),
        (
            {"event": "put on hold", "type": "VideoInterview", "id": "v-1"},
            "on:vitay:video_interview.put_on_hold",
            {"video_interview_id": "v-1"},
        ),
    ],
)
def test_vitays_events_name_the_record_and_its_candidate(
    event: Any, tag: str, record: dict[str, str]
) -> None:
    told = from_vitay(event).event

    assert (told.tag, told.records) == (tag, [record])
    assert told.conn_id == "vitay_default"


@pytest.mark.parametrize(
    ("event", "tag", "record"),
    [
        (riminder_event(), "on:riminder:profile.parse.success", {"profile_id": "p1"}),
        (
            riminder_event("profile.score.success", filter={"filter_id": "f1"}, score=0.87),
            "on:riminder:profile.score.success",
            {"profile_id": "p1", "filter_id": "f1"},
        ),
        (
            {"type": "filter.train.start", "profile": [], "filter": {"filter_id": "f1"}},
            "on:riminder:filter.train.start",
            {"filter_id": "f1"},
        ),
        (
            riminder_event("action.rating.success", rating="3"),
            "on:riminder:action.rating.success",
            {"profile_id": "p1"},
        ),
        (
            riminder_event("profile/moved away"),
            "on:riminder:profile_moved_away",
            {"profile_id": "p1"},
        ),
    ],
)
def test_riminders_events_name_profile_and_filter(
    event: Any, tag: str, record: dict[str, str]
) -> None:
    told = from_riminder(event).event

    assert (told.tag, told.records) == (tag, [record])


def test_a_profile_that_is_only_known_by_its_reference_is_told_apart_and_not_named() -> None:
    carla, dora = (
        from_riminder({"type": "profile.parse.success", "profile": {"profile_reference": name}})
        for name in ("carla@candidate.example", "dora@candidate.example")
    )

    assert carla.event.records == dora.event.records == []
    assert carla.identity != dora.identity
    plain = identify(carla.event, "profile.parse.success", {}, None, None, None)
    assert carla.identity != plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (riminder_event(), riminder_event(number=2)),
        (riminder_event(), riminder_event("profile.parse.error")),
        (
            riminder_event("profile.score.success", score=0.1),
            riminder_event("profile.score.success", score=0.2),
        ),
        (
            riminder_event("action.stage.success", stage="YES"),
            riminder_event("action.stage.success", stage="NO"),
        ),
        (
            riminder_event("action.rating.success", rating=1),
            riminder_event("action.rating.success", rating="2"),
        ),
        (riminder_event("profile.moved", to="a"), riminder_event("profile.moved", to="b")),
    ],
)
def test_what_differs_in_what_counts_is_another_event(one: Any, other: Any) -> None:
    assert from_riminder(one).identity != from_riminder(other).identity


def test_equal_events_of_riminder_are_one_whatever_the_message_says() -> None:
    one = from_riminder(riminder_event())
    other = from_riminder({**riminder_event(), "message": "again"})

    assert one.identity == other.identity
    assert one.run_id(1) == other.run_id(10**9)


def test_an_event_of_vitay_is_one_whatever_else_its_record_says_by_then() -> None:
    changed = vitay_event()
    changed["data"]["status"] = "changed"

    assert from_vitay(vitay_event()).run_id(1) == from_vitay(changed).run_id(2)


def test_two_declines_of_one_record_are_two_events() -> None:
    data = {"identifiable_type": "Reference", "identifiable_id": "r-1"}
    one, other = (
        from_vitay({"event": "declined", "type": "Decline", "id": decline, "data": data})
        for decline in ("d-1", "d-2")
    )

    assert one.event == other.event
    assert one.identity != other.identity


@pytest.mark.parametrize(
    "event",
    [
        {"event": "resume.section.saved", "data": {"userID": "u1", "resumeID": "r1"}},
        {"type": "resume_section_saved", "resumeId": "r1", "userId": "u1"},
        {"eventType": "Resume Section Saved", "data": {"resumeId": "r1"}, "userID": "u1"},
        {"event": "resumeSectionSaved", "resumeID": "r1", "data": {"userId": "u1"}},
    ],
)
def test_rezis_event_is_read_in_every_spelling(event: Any) -> None:
    told = from_rezi(event)

    assert told.event.tag == "on:rezi:resume.section.saved"
    assert told.event.records == [{"resume_id": "r1", "user_id": "u1"}]
    assert told.counts_again


def test_rezis_event_with_an_id_counts_once_and_without_one_again_later() -> None:
    with_id = from_rezi({"event": "saved", "id": "evt_1", "data": {"resumeID": "r1"}})
    without = from_rezi({"event": "saved", "data": {"id": "r1", "resumeID": "r1"}})

    assert with_id.run_id(1) == with_id.run_id(2)
    assert without.run_id(1) != without.run_id(2)


def test_what_is_no_id_is_left_behind() -> None:
    told = from_rezi({"event": "saved", "resumeID": "ann@candidate.example", "userID": {"a": 1}})

    assert told.event.records == []


@given(st.text(min_size=1, max_size=300), st.floats(min_value=0, max_value=1e12))
def test_whatever_a_vendor_calls_an_event_its_tag_and_run_id_are_ones_of_airflow(
    text: str, moment: float
) -> None:
    try:
        kind = safe_type(text)
    except Malformed:
        return
    event = VendorEvent(vendor="riminder", type=kind, conn_id="c", records=[])
    run_id = Told(event, identify(event), counts_again=True).run_id(moment)

    assert AIRFLOWS_RUN_ID.fullmatch(run_id)
    assert len(run_id) <= 200
    assert len(event.tag) <= LONGEST_TAG


def test_events_have_the_assets_that_stand_for_them() -> None:
    assert asset_uri(from_vitay(vitay_event()).event) == "vitay://vitay_default/references/filled"
    assert asset_uri(from_riminder(riminder_event()).event) == (
        "riminder://riminder_default/profiles/parsed"
    )
    assert asset_uri(from_riminder(riminder_event("profile.parse.error")).event) is None
    assert asset_uri(from_vitay({"event": "seen", "type": "Offer", "id": "1"}).event) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["event", "type", "id", "data", "resumeID", "userID"]), inner
            )
        ),
        max_leaves=8,
    )
)
def test_no_body_is_more_than_malformed(body: Any) -> None:
    for read in (from_vitay, from_rezi):
        try:
            told = read(body)
        except Malformed:
            continue
        assert VendorEvent.from_json(told.event.as_json()) == told.event
