"""Each of Riminder's 19 endpoints through its call, both runners and both ends of the shapes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from airflow_talent.clients import riminder
from airflow_talent.clients.errors import InvalidRequest, NotFound
from airflow_talent.clients.registry import endpoints_of
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
    MAIL_SOURCE_ID,
    SALES_FILTER_ID,
    TEAM,
)
from airflow_talent.tests.riminder.world import RiminderWorld, resume

DOCUMENTED = """
GET /sources
GET /source
GET /filters
GET /filter
POST /profile
POST /profile/json/check
POST /profile/json
GET /profiles
GET /profiles/reference
GET /profile
GET /profile/documents
GET /profile/parsing
GET /profile/enrichment
GET /profile/scoring
GET /profile/revealing
PATCH /profile/stage
PATCH /profile/rating
DELETE /profile/delete
POST /webhook/check
"""

TRAINING = [
    {
        "filter_reference": ENGINEER_REFERENCE,
        "stage": "later",
        "stage_timestamp": 1530607434,
        "rating": 2,
        "rating_timestamp": 1530607434,
    }
]


def seconds_ago(moment: datetime) -> float:
    return abs((datetime.now(UTC) - moment).total_seconds())


def test_every_documented_endpoint_has_one_call() -> None:
    calls = [f"{e.method} {e.path}" for e in endpoints_of("riminder").values()]
    assert sorted(calls) == sorted(DOCUMENTED.strip().splitlines())


def test_only_what_changes_something_has_an_effect() -> None:
    effects = {e.name: e.effect for e in endpoints_of("riminder").values() if e.effect != "read"}
    assert effects == {
        "upload_profile": "write",
        "add_profile": "write",
        "set_stage": "write",
        "set_rating": "write",
        "delete_profile": "delete",
    }


@pytest.mark.usefixtures("shape")
def test_sources_are_listed_and_shown(runner: Any, world: RiminderWorld) -> None:
    world.profile()
    listed = runner.run(riminder.list_sources())
    assert [(s.source_id, s.type) for s in listed] == [
        (API_SOURCE_ID, "api"),
        (MAIL_SOURCE_ID, "mail"),
    ]
    shown = runner.run(riminder.show_source(API_SOURCE_ID))
    assert (shown.name, shown.archive, shown.count_source) == ("Careers website", False, 1)
    assert seconds_ago(shown.date_creation) < 60


@pytest.mark.usefixtures("shape")
def test_filters_are_listed_and_shown_by_id_or_reference(runner: Any) -> None:
    listed = runner.run(riminder.list_filters())
    assert [(f.filter_id, f.filter_reference) for f in listed] == [
        (ENGINEER_FILTER_ID, ENGINEER_REFERENCE),
        (SALES_FILTER_ID, None),
    ]
    by_id = runner.run(riminder.show_filter(filter_id=ENGINEER_FILTER_ID))
    assert by_id == runner.run(riminder.show_filter(filter_reference=ENGINEER_REFERENCE))
    assert (by_id.template.name, by_id.score_threshold) == ("Neutral", 0.5)
    assert by_id.skills[:2] == ["python", "sql"]
    assert by_id.stages.count_yes == 0


@pytest.mark.usefixtures("shape")
@pytest.mark.parametrize("wrap", [bytes, io.BytesIO], ids=["bytes", "open file"])
def test_a_file_is_uploaded(
    runner: Any, world: RiminderWorld, wrap: Callable[[bytes], Any]
) -> None:
    content = resume()
    uploaded = runner.run(
        riminder.upload_profile(
            source_id=API_SOURCE_ID,
            file_name='Ada Ré "x".pdf',
            content=wrap(content),
            profile_reference="up-1",
            timestamp_reception=datetime(2024, 5, 1, tzinfo=UTC),
            training_metadata=TRAINING,
            profile_tags=[{"name": "campaign", "value": "spring"}],
            profile_metadata=[{"name": "desk", "value": "7"}],
        )
    )
    assert (uploaded.profile_reference, uploaded.file_size) == ("up-1", len(content))
    assert uploaded.extension == "pdf"
    assert uploaded.date_reception == datetime(2024, 5, 1, tzinfo=UTC)
    assert uploaded.training_metadata[0]["stage"] == "LATER"
    assert uploaded.profile_tags == [{"name": "campaign", "value": "spring"}]
    assert uploaded.profile_metadata == [{"name": "desk", "value": "7"}]
    (document,) = runner.run(riminder.list_documents(API_SOURCE_ID, profile_reference="up-1"))
    assert document.file_size == len(content)
    assert httpx.get(document.url, trust_env=False).content == content


@pytest.mark.usefixtures("shape")
def test_a_structured_profile_is_checked_and_added(runner: Any, world: RiminderWorld) -> None:
    profile = {"name": "Ada Ray", "skills": ["python"]}
    checked = runner.run(riminder.check_profile(profile, training_metadata=TRAINING))
    assert checked.profile_json["skills"] == ["python"]
    assert checked.profile_id is None
    assert world.profiles() == []
    added = runner.run(
        riminder.add_profile(
            profile,
            source_id=API_SOURCE_ID,
            profile_reference="js-1",
            timestamp_reception="1530607434.25",
        )
    )
    shown = runner.run(riminder.show_profile(API_SOURCE_ID, profile_id=added.profile_id))
    assert (shown.profile_reference, shown.name) == ("js-1", "Ada Ray")
    assert shown.date_reception == datetime.fromtimestamp(1530607434, UTC)


@pytest.mark.usefixtures("shape")
def test_profiles_are_searched(runner: Any, world: RiminderWorld) -> None:
    world.old_profiles(3)
    profile_id = world.profile()
    everything = runner.run(riminder.list_profiles([API_SOURCE_ID, MAIL_SOURCE_ID]))
    assert (everything.pages, everything.count_profiles) == (1, 4)
    newest = everything.items[-1]
    assert (newest.profile_id, newest.source_id) == (profile_id, API_SOURCE_ID)
    assert newest.score is None
    best = runner.run(
        riminder.list_profiles([API_SOURCE_ID], filter_reference=ENGINEER_REFERENCE)
    ).items
    assert [p.score for p in best] == sorted((p.score for p in best), reverse=True)
    assert {p.stage for p in best} == {"NEW"}
    since = datetime.now(UTC) - timedelta(hours=1)
    (only,) = runner.run(riminder.list_profiles([API_SOURCE_ID], date_start=since)).items
    assert only.profile_id == profile_id
    nobody = runner.run(
        riminder.list_profiles([API_SOURCE_ID], filter_id=SALES_FILTER_ID, stage="YES", rating=4)
    )
    assert (nobody.items, nobody.count_profiles) == ([], 0)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_every_page_is_walked(runner: Any, world: RiminderWorld, count: int) -> None:
    world.old_profiles(count)
    found = list(runner.iterate(riminder.list_profiles([API_SOURCE_ID], limit=2)))
    assert [p.profile_reference for p in found] == [f"old-{n}" for n in range(count)]


@pytest.mark.usefixtures("shape")
def test_a_profile_is_read_by_id_and_by_reference(runner: Any, world: RiminderWorld) -> None:
    profile_id = world.profile("r-1")
    by_id = runner.run(riminder.show_profile(API_SOURCE_ID, profile_id=profile_id))
    assert by_id == runner.run(riminder.show_profile(API_SOURCE_ID, profile_reference="r-1"))
    assert (by_id.profile_id, by_id.source_id) == (profile_id, API_SOURCE_ID)
    assert runner.run(riminder.list_documents(API_SOURCE_ID, profile_id=profile_id)) == []


@pytest.mark.usefixtures("shape")
def test_parsing_and_scores_are_read(runner: Any, world: RiminderWorld) -> None:
    station = {"title": "Developer", "company": "Acme", "start": "2000", "end": ""}
    profile_id = world.profile(experiences=[station])
    world.parse(profile_id)
    parsing = runner.run(riminder.show_parsing(API_SOURCE_ID, profile_id=profile_id))
    assert parsing.hard_skills == ["python", "sql"]
    assert [(s.title, s.company) for s in parsing.experiences] == [("Developer", "Acme")]
    scores = runner.run(riminder.list_scores(API_SOURCE_ID, profile_id=profile_id))
    assert [score.filter_id for score in scores] == [ENGINEER_FILTER_ID, SALES_FILTER_ID]
    assert scores[0].score > scores[1].score == 0
    assert scores[0].template.name == "Neutral"


@pytest.mark.usefixtures("shape")
def test_a_score_is_explained_in_one_shape(runner: Any, world: RiminderWorld) -> None:
    station = {"title": "Python developer", "company": "Acme", "start": "2010", "end": "2012"}
    profile_id = world.profile(experiences=[station])
    world.parse(profile_id)
    explanation = runner.run(
        riminder.explain_score(
            API_SOURCE_ID, profile_id=profile_id, filter_reference=ENGINEER_REFERENCE
        )
    )
    (experience,) = explanation.profile.experiences
    assert experience.start_date.year == 2010
    assert {word.word for word in experience.title} == {"python", "developer"}
    assert isinstance(experience.score, float)
    assert {word.word for word in explanation.skills.hard_skills} == {"python", "sql"}
    assert explanation.profile.educations == []


@pytest.mark.usefixtures("shape")
def test_stage_and_rating_are_set_and_cleared(runner: Any, world: RiminderWorld) -> None:
    profile_id = world.profile("r-1")
    named = {"profile_reference": "r-1", "filter_reference": ENGINEER_REFERENCE}
    set_ = runner.run(riminder.set_stage(API_SOURCE_ID, "YES", **named))
    assert (set_.profile_id, set_.filter_id, set_.stage) == (profile_id, ENGINEER_FILTER_ID, "YES")
    assert runner.run(riminder.set_rating(API_SOURCE_ID, 4, **named)).rating == 4
    score = runner.run(riminder.list_scores(API_SOURCE_ID, profile_reference="r-1"))[0]
    assert (score.stage, score.rating) == ("YES", 4)
    assert runner.run(riminder.set_stage(API_SOURCE_ID, None, **named)).stage is None
    assert runner.run(riminder.set_rating(API_SOURCE_ID, None, **named)).rating is None


@pytest.mark.usefixtures("shape")
def test_a_profile_is_deleted(runner: Any, world: RiminderWorld) -> None:
    profile_id = world.profile("r-1")
    deleted = runner.run(riminder.delete_profile(API_SOURCE_ID, profile_id=profile_id))
    assert (deleted.profile_id, deleted.profile_reference) == (profile_id, "r-1")
    # Its request is not documented, so a 400 may mean something else than an unknown id.
    with pytest.raises((NotFound, InvalidRequest)):
        runner.run(riminder.delete_profile(API_SOURCE_ID, profile_id=profile_id))


@pytest.mark.usefixtures("shape")
def test_the_webhook_integration_is_checked(runner: Any, world: RiminderWorld) -> None:
    world.emulator.webhook("riminder", "http://127.0.0.1:9/hook")
    checked = runner.run(riminder.check_webhook(url="http://127.0.0.1:9/x"))
    world.emulator.webhook("riminder", None)
    assert (checked.team_name, checked.webhook_url) == (TEAM, "http://127.0.0.1:9/hook")


def test_what_only_names_are_known_of_is_passed_on_as_it_comes(
    runner: Any, world: RiminderWorld
) -> None:
    profile_id = world.profile("r-1")
    asked = {"source_id": API_SOURCE_ID, "profile_reference": "r-1"}
    with pytest.raises(NotFound):
        runner.run(riminder.query_profiles_by_reference(asked))
    world.set(experimental=True)
    (found,) = runner.run(riminder.query_profiles_by_reference(asked))["profiles"]
    assert found["profile_id"] == profile_id
    assert runner.run(riminder.query_enrichment(asked)) == []


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: riminder.show_source(""), "source_id must not be empty"),
        (lambda: riminder.show_filter(), "filter_id or filter_reference must be given"),
        (
            lambda: riminder.show_filter(filter_id="a", filter_reference="b"),
            "exclude each other",
        ),
        (lambda: riminder.show_profile("s"), "profile_id or profile_reference must be given"),
        (
            lambda: riminder.show_profile("s", profile_id="a", profile_reference="b"),
            "exclude each other",
        ),
        (lambda: riminder.explain_score("s", profile_id="p"), "filter_id or filter_reference"),
        (
            lambda: riminder.set_stage("s", "MAYBE", profile_id="p", filter_id="f"),  # type: ignore[arg-type]  # wrong on purpose
            "stage must be one of NEW, YES, LATER, NO or None",
        ),
        (lambda: riminder.list_profiles([]), "source_ids must be a list"),
        (lambda: riminder.list_profiles("s"), "source_ids must be a list"),
        (
            lambda: riminder.list_profiles(["s"], date_start=datetime(2024, 1, 1)),  # noqa: DTZ001  # wrong on purpose
            "needs a time zone",
        ),
        (
            lambda: riminder.check_profile({}, training_metadata=[{"stage": "NO"}]),
            "needs a filter_reference",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is_sent(
    make: Callable[[], Any], text: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        make()


def test_a_search_always_says_what_the_sources_disagree_about() -> None:
    plain = riminder.list_profiles(["a", "b"]).query
    assert json.loads(str(plain["source_ids"])) == ["a", "b"]
    assert (plain["sort_by"], plain["order_by"], plain["seniority"]) == ("reception", "asc", "all")
    assert (plain["page"], plain["date_start"]) == (1, 0)
    assert int(plain["date_end"]) > datetime.now(UTC).timestamp()
    assert (
        riminder.list_profiles(["a"], date_start="2024-01-01T01:00:00+01:00").query["date_start"]
        == riminder.list_profiles(["a"], date_start="1704067200.0").query["date_start"]
    )
    scored = riminder.list_profiles(["a"], filter_id="f").query
    assert (scored["sort_by"], scored["order_by"]) == ("ranking", "desc")
