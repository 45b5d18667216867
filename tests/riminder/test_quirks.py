"""What Riminder's answers may be like besides what is documented best, and what then comes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_talent.clients import riminder
from airflow_talent.clients.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
    VendorUnavailable,
)
from airflow_talent.clients.riminder import lookups
from airflow_talent.clients.riminder.api import RiminderApi
from airflow_talent.clients.riminder.models import Explanation, Filter, Parsing, Profile, Source
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
    READ_KEY,
    SALES_FILTER_ID,
    WRITE_KEY,
)
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.riminder.world import SOURCE, RiminderWorld, resume
from airflow_talent.tests.vendors import NewRunner

UNKNOWN = "0" * 40

LOOKUPS = [
    riminder.show_source(UNKNOWN),
    riminder.show_filter(filter_id=UNKNOWN),
    riminder.show_filter(filter_reference="nobody's"),
    riminder.show_profile(API_SOURCE_ID, profile_id=UNKNOWN),
    riminder.show_profile(UNKNOWN, profile_reference="r-1"),
    riminder.list_documents(API_SOURCE_ID, profile_id=UNKNOWN),
    riminder.show_parsing(API_SOURCE_ID, profile_reference="nobody's"),
    riminder.list_scores(API_SOURCE_ID, profile_id=UNKNOWN),
    riminder.explain_score(API_SOURCE_ID, profile_id=UNKNOWN, filter_id=ENGINEER_FILTER_ID),
]


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("call", LOOKUPS, ids=str)
def test_an_unknown_id_is_not_found_whichever_status_says_so(
    runner: Any, world: RiminderWorld, status: int, call: Any
) -> None:
    world.set(unknown_id_status=status)
    with pytest.raises(NotFound):
        runner.run(call)


def test_a_profile_that_is_not_parsed_yet_is_not_found(runner: Any, world: RiminderWorld) -> None:
    world.set(auto=False)
    profile_id = world.profile()
    with pytest.raises(NotFound):
        runner.run(riminder.show_parsing(API_SOURCE_ID, profile_id=profile_id))


def test_a_change_that_is_refused_says_which_field_is_wrong(
    runner: Any, world: RiminderWorld
) -> None:
    world.profile("r-1")
    job = {"filter_reference": ENGINEER_REFERENCE}
    with pytest.raises(InvalidRequest, match="refused: profile_reference"):
        runner.run(riminder.set_stage(API_SOURCE_ID, "NO", profile_reference="r-2", **job))
    with pytest.raises(InvalidRequest, match="refused: rating"):
        runner.run(riminder.set_rating(API_SOURCE_ID, 9, profile_reference="r-1", **job))


@pytest.mark.parametrize("status", [400, 422])
def test_a_profile_that_is_not_accepted_is_an_invalid_request(
    runner: Any, world: RiminderWorld, status: int
) -> None:
    world.set(invalid_profile_status=status)
    with pytest.raises(InvalidRequest, match="profile_json"):
        runner.run(riminder.check_profile({"skills": "python"}))


@pytest.mark.parametrize(
    ("key", "call", "kind"),
    [
        ("ask_wrong", riminder.list_sources(), AuthenticationFailed),
        ("", riminder.list_sources(), AuthenticationFailed),
        (WRITE_KEY, riminder.list_sources(), PermissionDenied),
        (READ_KEY, riminder.check_profile({"name": "x"}), PermissionDenied),
    ],
)
def test_a_key_that_may_not_is_told_apart_from_one_that_is_unknown(
    new_runner: NewRunner,
    world: RiminderWorld,
    key: str,
    call: Any,
    kind: type[VendorError],
) -> None:
    runner = new_runner(**dict(world.settings_with(key)))
    with pytest.raises(kind) as refusal:
        runner.run(call)
    assert "ask" not in str(refusal.value)


def test_a_write_key_that_is_limited_to_domains_works_with_an_origin(
    new_runner: NewRunner, world: RiminderWorld
) -> None:
    world.set(approved_domains=["careers.example"])
    call = riminder.check_profile({"name": "Ada"})
    with pytest.raises(PermissionDenied):
        new_runner(**dict(world.settings_with(WRITE_KEY))).run(call)
    settings = world.settings_with(WRITE_KEY, origin="https://careers.example")
    assert new_runner(**dict(settings)).run(call).profile_json["name"] == "Ada"


def test_a_used_up_quota_is_told(runner: Any, world: RiminderWorld) -> None:
    world.set(quota=1)
    runner.run(riminder.list_sources())
    with pytest.raises(QuotaExceeded):
        runner.run(riminder.list_sources())


def test_an_upload_that_is_only_accepted_counts_as_done(runner: Any, world: RiminderWorld) -> None:
    world.set(upload_status=202)
    call = riminder.upload_profile(
        source_id=API_SOURCE_ID, file_name="a.pdf", content=resume(), profile_reference="r-1"
    )
    assert runner.run(call).profile_reference == "r-1"


@pytest.mark.parametrize("fault", ["drop_after", "cut_body", "html", "wrong_shape", "stall"])
def test_an_upload_without_a_clear_answer_has_an_unknown_outcome_and_is_sent_once(
    runner: Any, world: RiminderWorld, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RiminderApi, "timeout_of", lambda *_: 0.5)
    world.spoil("POST", "^/profile$", fault)
    call = riminder.upload_profile(source_id=API_SOURCE_ID, file_name="a.pdf", content=resume())
    with pytest.raises(OutcomeUnknown):
        runner.run(call)
    assert len(world.asked("POST", "/profile")) == 1


@pytest.mark.parametrize("fault", ["drop_before", "cut_body", "status"])
def test_a_read_is_repeated_after_a_passing_fault(
    runner: Any, world: RiminderWorld, fault: str
) -> None:
    world.spoil("GET", "^/sources$", fault, times=2)
    assert len(runner.run(riminder.list_sources())) == 2


def canned(runner_of: NewRunner, status: int, body: Any, call: Any) -> Any:
    with CannedVendor(lambda *_: (status, {}, body)) as vendor:
        return runner_of(base_url=f"{vendor.url}/v1.0/").run(call)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, NotFound),
        (401, AuthenticationFailed),
        (402, QuotaExceeded),
        (403, PermissionDenied),
        (404, NotFound),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, VendorUnavailable),
    ],
)
def test_an_error_inside_a_200_is_an_error(
    new_runner: NewRunner, code: int, kind: type[VendorError]
) -> None:
    with pytest.raises(kind) as refusal:
        canned(new_runner, 200, {"code": code, "message": "planted"}, riminder.show_source("s"))
    assert (refusal.value.status, "planted" in str(refusal.value)) == (
        404 if kind is NotFound else code,
        False,
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<h1>Welcome</h1>",
        b"\xff",
        [],
        {},
        {"data": []},
        {"code": 200},
        {"code": 200, "data": "text"},
        {"code": 200, "data": [{"name": "without an id"}]},
        {"code": 202, "data": []},
    ],
    ids=str,
)
def test_an_answer_in_no_known_form_is_unexpected(new_runner: NewRunner, body: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        canned(new_runner, 200, body, riminder.list_sources())


def test_an_accepted_question_is_not_an_answer(new_runner: NewRunner) -> None:
    """C16: 202 means "not ready", and a resume without anything in it would be taken for parsed."""
    call = riminder.show_parsing("s", profile_id="p")
    for status, body in ((202, {"code": 202, "data": []}), (200, {"code": 202, "message": "ok"})):
        with pytest.raises(UnexpectedAnswer):
            canned(new_runner, status, body, call)


@pytest.mark.parametrize("pages", [0, 1, None])
def test_a_search_without_a_match_has_no_page_or_one(new_runner: NewRunner, pages: Any) -> None:
    data = {"page": 1, "maxPage": pages, "count_profiles": 0, "profiles": []}
    page = canned(new_runner, 200, {"code": 200, "data": data}, riminder.list_profiles(["s"]))
    assert page.items == []


def test_a_vendor_that_is_wrong_about_its_last_page_is_not_followed_for_ever(
    new_runner: NewRunner,
) -> None:
    def answer(_method: str, path: str, _body: bytes) -> tuple[int, dict[str, str], Any]:
        profiles = [{"profile_id": path}] if "page=1&" in path else []
        return 200, {}, {"code": 200, "data": {"maxPage": 10**9, "profiles": profiles}}

    with CannedVendor(answer) as vendor:
        runner = new_runner(base_url=vendor.url, max_connections=2)
        assert len(list(runner.iterate(riminder.list_profiles(["s"])))) == 1
        assert len(vendor.requests) < 10


PARIS = {"timezone_type": 3, "timezone": "Europe/Paris"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"date": "2017-05-25 17:48:20.000000", **PARIS}, datetime(2017, 5, 25, 15, 48, 20)),  # noqa: DTZ001  # UTC is added below
        ({"date": "2017-12-25 17:48:20.5", **PARIS}, datetime(2017, 12, 25, 16, 48, 20, 500000)),  # noqa: DTZ001
        (
            {"date": "2017-05-25 17:48:20", "timezone_type": 1, "timezone": "+05:30"},
            datetime(2017, 5, 25, 12, 18, 20),  # noqa: DTZ001
        ),
        ({"date": "2017-05-25 17:48:20"}, datetime(2017, 5, 25, 17, 48, 20)),  # noqa: DTZ001
        (1495727300, datetime(2017, 5, 25, 15, 48, 20)),  # noqa: DTZ001
        ([], None),
        ({}, None),
        (None, None),
        ("", None),
    ],
    ids=str,
)
def test_every_way_to_write_an_instant_means_the_same(written: Any, meant: Any) -> None:
    read = Profile.model_validate({"profile_id": "p", "date_reception": written}).date_reception
    assert read == (meant and meant.replace(tzinfo=UTC))


def test_a_wall_time_that_happens_twice_is_read() -> None:
    written = {"date": "2017-10-29 02:30:00.000000", **PARIS}
    read = Profile.model_validate({"profile_id": "p", "date_reception": written}).date_reception
    assert read in {
        datetime(2017, 10, 29, 0, 30, tzinfo=UTC) + timedelta(hours=hour) for hour in (0, 1)
    }


def test_both_shapes_of_each_contradiction_are_read() -> None:
    assert Source.model_validate({"_id": "s"}) == Source.model_validate({"source_id": "s"})
    for template in ({"template": {"name": "T"}}, {"filter": {"name": "T"}}):
        job = Filter.model_validate({"filter_id": "f", **template, "score_threshold": "0.5"})
        assert job.template
        assert (job.template.name, job.score_threshold) == ("T", 0.5)
    assert Filter.model_validate({"filter_id": "f", "template": [], "stages": []}).template is None
    old = Parsing.model_validate({"hard_skills": ["a"]})
    new = Parsing.model_validate({"skills": {"parsed": {"all": ["a"]}}})
    assert old.hard_skills == new.hard_skills == ["a"]
    assert Parsing.model_validate({"skills": [], "experiences": None}).hard_skills == []


def test_an_explanation_in_arrays_says_the_same_as_one_in_objects() -> None:
    words = [{"word": "python", "score": "0.9"}]
    as_objects = {
        "profile": {"experiences": [{"startDate": 1483228800, "endDate": 0, "title": words}]},
        "skills": {"hardSkills": words, "softSkills": []},
    }
    start = {"date": "2017-01-01 01:00:00.000000", **PARIS}
    as_arrays = {
        "profile": [{"experiences": [{"start_date": start, "end_date": [], "title": words}]}],
        "skills": [{"hard_skills": words}, {"soft_skills": []}],
    }
    assert Explanation.model_validate(as_objects) == Explanation.model_validate(as_arrays)
    assert Explanation.model_validate({"profile": [], "skills": []}) == Explanation()


def test_fields_that_nobody_documented_are_kept() -> None:
    source = Source.model_validate({"source_id": "s", "colour": "red"})
    assert source.model_extra == {"colour": "red"}


@pytest.mark.parametrize("wanted", [SOURCE, API_SOURCE_ID])
def test_a_source_is_found_by_id_or_name(runner: Any, wanted: str) -> None:
    assert runner.follow(lookups.find_source(wanted)) == API_SOURCE_ID


@pytest.mark.parametrize("wanted", ["Data engineer", ENGINEER_REFERENCE, ENGINEER_FILTER_ID])
def test_a_filter_is_found_by_id_reference_or_name(runner: Any, wanted: str) -> None:
    assert runner.follow(lookups.find_filter(wanted)) == {"filter_id": ENGINEER_FILTER_ID}


def test_an_unknown_name_lists_what_there_is(runner: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"no sources are called 'Nowhere'; there are ") as e:
        runner.follow(lookups.find_source("Nowhere"))
    assert f"'Careers website' ({API_SOURCE_ID})" in str(e.value)
    with pytest.raises(InvalidRequest, match=r"no filters are called 'None of ours'") as e:
        runner.follow(lookups.find_filter("None of ours"))
    assert f"'Sales manager' ({SALES_FILTER_ID})" in str(e.value)


def test_an_ambiguous_name_lists_the_choices(runner: Any, world: RiminderWorld) -> None:
    twin = world.emulator.act("riminder/sources", name=SOURCE)["source_id"]
    with pytest.raises(InvalidRequest, match="2 sources are called") as error:
        runner.follow(lookups.find_source(SOURCE))
    assert twin in str(error.value)
    assert API_SOURCE_ID in str(error.value)


def test_a_reference_outweighs_a_name(runner: Any, world: RiminderWorld) -> None:
    world.emulator.act("riminder/filters", name=ENGINEER_REFERENCE)
    found = runner.follow(lookups.find_filter(ENGINEER_REFERENCE))
    assert found == {"filter_id": ENGINEER_FILTER_ID}


def test_with_a_key_that_may_only_write_nothing_is_looked_up(
    new_runner: NewRunner, world: RiminderWorld
) -> None:
    runner = new_runner(**dict(world.settings_with(WRITE_KEY)))
    assert runner.follow(lookups.find_source("short-id")) == "short-id"
    assert runner.follow(lookups.find_filter("their-ref")) == {"filter_reference": "their-ref"}
    before = len(world.asked())
    assert runner.follow(lookups.find_source(API_SOURCE_ID)) == API_SOURCE_ID
    assert runner.follow(lookups.find_filter(SALES_FILTER_ID)) == {"filter_id": SALES_FILTER_ID}
    assert len(world.asked()) == before


def test_a_code_may_be_written_as_text(new_runner: NewRunner) -> None:
    with pytest.raises(PermissionDenied):
        canned(new_runner, 200, {"code": "403", "data": []}, riminder.show_source("s"))


def test_a_page_that_does_not_count_the_pages_is_not_taken_for_all(new_runner: NewRunner) -> None:
    def answer(_method: str, path: str, _body: bytes) -> tuple[int, dict[str, str], Any]:
        return 200, {}, {"code": 200, "data": {"profiles": [{"profile_id": path}], **counts}}

    counts: dict[str, int] = {}
    with CannedVendor(answer) as vendor:
        runner = new_runner(base_url=vendor.url)
        with pytest.raises(UnexpectedAnswer):
            list(runner.iterate(riminder.list_profiles(["s"], limit=1)))
        counts["count_profiles"] = 3
        assert len(list(runner.iterate(riminder.list_profiles(["s"], limit=1)))) == 3
