"""Calls are values: what they are made of, what they show, and what an API refuses to be."""

from __future__ import annotations

import math
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from airflow_talent.clients import vitay
from airflow_talent.clients.api import LONGEST_RETRY_AFTER
from airflow_talent.clients.calls import Call
from airflow_talent.clients.errors import RateLimited, VendorError
from airflow_talent.clients.limits import Pace
from airflow_talent.clients.registry import VENDORS, endpoints_of
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.models import Candidate, Page
from airflow_talent.clients.vitay.settings import VitaySettings

API = VitayApi(VitaySettings())


def test_a_call_shows_its_name_and_nothing_it_holds() -> None:
    call = vitay.create_candidate(email="ada@x.test", first_name="Ada", last_name="Ray")
    assert repr(call) == "<Call vitay.create_candidate>"


def test_an_endpoint_knows_what_its_calls_return() -> None:
    assert vitay.show_candidate.result_type is Candidate
    assert vitay.list_candidates.result_type == Page[Candidate]
    assert vitay.download_document.result_type is bytes


@pytest.mark.parametrize("endpoint", endpoints_of("vitay").values(), ids=str)
def test_every_endpoint_says_what_it_does(endpoint: Any) -> None:
    assert endpoint.summary.endswith((".", "`."))
    assert endpoint.result_type is not None


def test_wrong_arguments_are_refused_when_the_call_is_made() -> None:
    with pytest.raises(TypeError):
        vitay.show_candidate()  # type: ignore[call-arg]  # the mistake under test
    with pytest.raises(TypeError):
        vitay.create_candidate(mail="ada@x.test")  # type: ignore[call-arg]  # as above


def test_an_unknown_vendor_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no vendor 'vitae'; there are vitay"):
        endpoints_of("vitae")
    assert all(endpoints_of(vendor) for vendor in VENDORS)


def test_an_error_survives_the_way_between_processes() -> None:
    error = RateLimited("too many", vendor="vitay", call="ping", status=429, retry_after=3.0)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is RateLimited
    assert str(copy) == str(error) == "vitay.ping: too many (HTTP 429)"
    assert copy.retry_after == 3.0


def retry_after(value: str) -> float | None:
    response = httpx.Response(429, headers=[(b"Retry-After", value.encode("latin-1"))])
    with pytest.raises(VendorError) as caught:
        API.decode(vitay.ping(), response)
    return caught.value.retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("2.5", 2.5),
        ("-3", 0.0),
        ("inf", LONGEST_RETRY_AFTER),
        ("1e300", LONGEST_RETRY_AFTER),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_absurd(
    value: str, seconds: float | None
) -> None:
    assert retry_after(value) == seconds


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])))
def test_whatever_retry_after_says_is_seconds_or_nothing(value: str) -> None:
    seconds = retry_after(value)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_AFTER
    assert seconds is None or math.isfinite(seconds)
    assert seconds is None or timedelta(seconds=seconds) + datetime.now(UTC)


@given(st.integers(200, 599), st.binary(max_size=80))
def test_any_answer_is_a_result_or_an_error_of_ours(status: int, content: bytes) -> None:
    calls: list[Call[Any]] = [vitay.show_candidate("c"), vitay.list_users(), vitay.ping()]
    for call in [*calls, vitay.remind_reference("r")]:
        try:
            API.decode(call, httpx.Response(status, content=content))
        except VendorError as error:
            assert error.call == call.endpoint.name  # noqa: PT017  # no error is fine too


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "id", "type", "attributes", "relationships", "errors"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_a_result_or_an_error_of_ours(body: Any) -> None:
    calls: list[Call[Any]] = [vitay.show_candidate("c"), vitay.list_references()]
    for call in [*calls, vitay.list_metadata()]:
        try:
            API.decode(call, httpx.Response(200, json=body))
        except VendorError as error:
            assert error.call == call.endpoint.name  # noqa: PT017  # no error is fine too


@pytest.mark.parametrize(
    "base_url",
    [
        *("", "api.vitay.io", "ftp://v.test", "https://", "https:///api", "v.test/api"),
        *("https://bot:secret@v.test/api", "https://v.test/api?key=1", "https://v.test/#x"),
        *("https://[::1", "http://v.test:port/"),
    ],
)
def test_a_base_url_that_cannot_be_one_is_refused_without_being_repeated(base_url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        VitaySettings(base_url=base_url)
    assert "secret" not in str(caught.value.errors(include_input=False))


@pytest.mark.parametrize("base_url", ["https://v.test/api", "https://v.test/api/"])
def test_a_base_url_may_end_in_a_slash(base_url: str) -> None:
    api = VitayApi(VitaySettings(base_url=base_url))
    assert api.render(vitay.ping()).url == "https://v.test/api/v3/ping"


def test_a_slow_call_may_take_longer_than_the_connection_says() -> None:
    api = VitayApi(VitaySettings(timeout=5))
    assert api.render(vitay.ping()).extensions["timeout"]["read"] == 5
    report = api.render(vitay.download_document("candidates", "c-1"))
    assert report.extensions["timeout"]["read"] == 120


def test_requests_are_spread_evenly() -> None:
    pace = Pace(10)
    waits = [pace.reserve() for _ in range(4)]
    assert waits == pytest.approx([0, 0.1, 0.2, 0.3], abs=0.05)


def test_without_a_limit_nobody_waits() -> None:
    pace = Pace(None)
    assert {pace.reserve() for _ in range(100)} == {0.0}
