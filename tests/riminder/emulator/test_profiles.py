"""Lists of profiles, scores, feedback and deletion."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
    MAIL_SOURCE_ID,
    READ_WRITE_KEY,
    SALES_FILTER_ID,
)
from airflow_talent.tests.riminder.emulator.callers import API, Caller, list_query, told, until

ENGINEER = {"filter_id": ENGINEER_FILTER_ID}
NAMED = {"source_id": API_SOURCE_ID, "profile_reference": "r1", **ENGINEER}


def references(listed: dict[str, Any]) -> list[str]:
    return [profile["profile_reference"] for profile in listed["profiles"]]


@pytest.fixture
def ranked(caller: Caller, talent_emulator: Emulator) -> Caller:
    """Three parsed profiles, received one after the other, that fit the engineer 0.4, 0.8, 0."""
    skills = {"a": ["python", "sql"], "b": ["python", "sql", "aws", "docker"], "c": ["cooking"]}
    for number, (reference, known) in enumerate(skills.items()):
        body = {"name": "Bo Lee", "skills": known, "timestamp_reception": 1000 + number}
        caller.add(reference, **body)
        caller.parsing(reference)
    return caller


@pytest.mark.parametrize(
    "changes",
    [
        {"source_ids": None},
        {"source_ids": "[]"},
        {"source_ids": "[5]"},
        {"source_ids": "x"},
        {"source_ids": API_SOURCE_ID},
        {"source_ids": '{"a": 1}'},
        {"source_ids": '["x"]'},
        {"date_start": None},
        {"date_end": None},
        {"date_end": "tomorrow"},
        {"date_start": "inf"},
        {"page": "0"},
        {"page": "-1"},
        {"page": "one"},
        {"page": "1.5"},
        {"page": "9" * 5000},
        {"limit": "0"},
        {"limit": "1001"},
        {"seniority": "medium"},
        {"stage": "MAYBE"},
        {"rating": "5"},
        {"sort_by": "DESC"},
        {"order_by": "down"},
        {"filter_id": "x"},
        {"filter_reference": "x"},
    ],
)
def test_a_list_asked_for_wrongly_is_refused(caller: Caller, changes: dict[str, Any]) -> None:
    answer = caller.http.get("/profiles", params=list_query(**changes))
    assert told(answer)[0] == 400


def test_an_empty_list_has_no_pages(caller: Caller) -> None:
    assert caller.list() == {"page": 1, "maxPage": 0, "count_profiles": 0, "profiles": []}


def test_a_line_of_the_list_is_complete(ranked: Caller) -> None:
    listed = ranked.list(limit=1)["profiles"]
    [line] = listed
    assert line["source"] == {"source_id": API_SOURCE_ID, "name": "Careers website", "type": "api"}
    assert line["seniority"] == "junior"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "cba"),
        ({"order_by": "asc"}, "abc"),
        ({"sort_by": "ranking"}, "cba"),
        ({"sort_by": "ranking", **ENGINEER}, "bac"),
        ({"sort_by": "ranking", "order_by": "asc", **ENGINEER}, "cab"),
        ({"date_start": "1001"}, "cb"),
        ({"date_end": "1001"}, "ba"),
        ({"date_start": "1000.5", "date_end": "1001.5"}, "b"),
        ({"date_start": 1500, "date_end": 1000}, ""),
        ({"limit": 2}, "cb"),
        ({"limit": 2, "page": 2}, "a"),
        ({"limit": 2, "page": 3}, ""),
        ({"page": "9" * 18}, ""),
        ({"seniority": "senior"}, ""),
        ({"seniority": "junior"}, "cba"),
        ({"stage": "", "seniority": "", "page": ""}, "cba"),
        ({"source_ids": json.dumps([MAIL_SOURCE_ID])}, ""),
        ({"source_ids": json.dumps([MAIL_SOURCE_ID, API_SOURCE_ID])}, "cba"),
        ({"stage": "new", **ENGINEER}, "cba"),
        ({"stage": "YES", **ENGINEER}, ""),
        ({"stage": "YES"}, "cba"),
        ({"rating": "3", **ENGINEER}, ""),
    ],
)
def test_a_list_holds_what_was_asked_for_in_order(
    ranked: Caller, changes: dict[str, Any], expected: str
) -> None:
    assert references(ranked.list(**changes)) == list(expected)


def test_the_count_is_of_all_pages(ranked: Caller) -> None:
    listed = ranked.list(limit=2, page=2)
    assert (listed["page"], listed["maxPage"], listed["count_profiles"]) == (2, 2, 3)


def test_score_stage_and_rating_come_only_with_a_filter(ranked: Caller) -> None:
    [plain] = ranked.list(limit=1)["profiles"]
    by_reference = ranked.list(limit=1, filter_reference=ENGINEER_REFERENCE)["profiles"]

    assert not {"score", "stage", "rating"} & plain.keys()
    assert {"score": 0.0, "stage": "NEW", "rating": None}.items() <= by_reference[0].items()


def test_brackets_and_quotes_need_no_escape(caller: Caller, talent_emulator: Emulator) -> None:
    caller.add()
    place = urlsplit(talent_emulator.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=5)
    query = f'source_ids=["{API_SOURCE_ID}"]&date_start=0&date_end=99999999999'
    connection.request("GET", f"{API}/profiles?{query}", headers={"X-API-Key": READ_WRITE_KEY})
    assert json.loads(connection.getresponse().read())["data"]["count_profiles"] == 1
    connection.close()


# scores


def test_a_score_is_the_share_of_the_wanted_skills(caller: Caller) -> None:
    caller.add(skills=["Python", "SQL", "cooking"], languages=["English"])
    assert caller.scores() == {ENGINEER_FILTER_ID: 0.4, SALES_FILTER_ID: 0.25}


def test_scores_may_be_percentages(caller: Caller, talent_emulator: Emulator) -> None:
    talent_emulator.settings(riminder={"score_scale": 100})
    caller.add(skills=["python"])
    assert caller.scores()[ENGINEER_FILTER_ID] == 20


def test_a_new_filter_scores_those_who_are_there(caller: Caller, talent_emulator: Emulator) -> None:
    caller.add(skills=["cobol"])
    caller.parsing()

    wanted = talent_emulator.act("riminder/filters", name="Old", skills=["cobol", "fortran"])
    anybody = talent_emulator.act("riminder/filters", name="Anybody")

    scores = caller.scores()
    assert (scores[wanted["filter_id"]], scores[anybody["filter_id"]]) == (0.5, 0.5)


def test_archived_filters_score_nobody(caller: Caller, talent_emulator: Emulator) -> None:
    talent_emulator.act(f"riminder/filters/{SALES_FILTER_ID}/archive")
    caller.add()
    assert caller.scores().keys() == {ENGINEER_FILTER_ID}
    assert caller.get("/filter", filter_id=SALES_FILTER_ID)["archive"] is True


def test_a_score_can_be_made_up_and_comes_back_by_training(
    caller: Caller, talent_emulator: Emulator
) -> None:
    profile = caller.add(skills=["python"])
    caller.parsing()

    told = talent_emulator.act(f"riminder/profiles/{profile}/score", **ENGINEER, score=0.77)
    assert told["scores"][ENGINEER_FILTER_ID] == caller.scores()[ENGINEER_FILTER_ID] == 0.77

    talent_emulator.act(f"riminder/filters/{ENGINEER_FILTER_ID}/train")
    assert caller.scores()[ENGINEER_FILTER_ID] == 0.2


def test_a_profile_the_parser_gave_up_has_no_scores(
    caller: Caller, talent_emulator: Emulator
) -> None:
    profile = caller.add(skills=["python"])
    caller.parsing()
    talent_emulator.act(f"riminder/profiles/{profile}/fail")
    assert {each["score"] for each in caller.about("/profile/scoring")} == {None}


# feedback


@pytest.mark.parametrize(
    "body",
    [
        {**NAMED, "stage": "MAYBE"},
        {**NAMED, "stage": 5},
        NAMED,
        {**NAMED, "filter_id": None},
        {**NAMED, "filter_id": "x"},
        {**NAMED, "source_id": None},
        {**NAMED, "profile_reference": "x"},
        {},
    ],
)
def test_a_stage_set_wrongly_is_refused(caller: Caller, body: dict[str, Any]) -> None:
    caller.add()
    assert told(caller.http.patch("/profile/stage", json=body))[0] == 400


@pytest.mark.parametrize("rating", [0, 5, -1, 2.5, "two", True, [1]])
def test_a_rating_outside_its_range_is_refused(caller: Caller, rating: object) -> None:
    caller.add()
    answer = caller.http.patch("/profile/rating", json={**NAMED, "rating": rating})
    assert told(answer)[0] == 400


def test_a_rating_is_cleared_by_null_and_not_by_leaving_it_out(caller: Caller) -> None:
    caller.add()
    caller.send("PATCH", "/profile/rating", **NAMED, rating=3)
    assert told(caller.http.patch("/profile/rating", json=NAMED))[0] == 400
    assert caller.send("PATCH", "/profile/rating", **NAMED, rating=None)["rating"] is None


def test_the_range_of_ratings_can_be_another(caller: Caller, talent_emulator: Emulator) -> None:
    talent_emulator.settings(riminder={"rating_range": [0, 5]})
    caller.add()
    for rating in (0, 5, "3", None):
        set_to = caller.send("PATCH", "/profile/rating", **NAMED, rating=rating)["rating"]
        assert set_to == (3 if rating == "3" else rating)


def test_both_ids_and_both_references_come_back_whichever_were_sent(caller: Caller) -> None:
    profile_id = caller.add()
    both = {
        "profile_id": profile_id,
        "profile_reference": "r1",
        "filter_id": ENGINEER_FILTER_ID,
        "filter_reference": ENGINEER_REFERENCE,
    }
    by_id = {"profile_id": profile_id, "filter_id": ENGINEER_FILTER_ID}
    by_reference = {"profile_reference": "r1", "filter_reference": ENGINEER_REFERENCE}

    for named in (by_id, by_reference):
        body = {"source_id": API_SOURCE_ID, **named}
        assert caller.send("PATCH", "/profile/stage", **body, stage="yes") == {
            **both,
            "stage": "YES",
        }
        assert caller.send("PATCH", "/profile/rating", **body, rating=4) == {**both, "rating": 4}


def test_a_reference_counts_more_than_an_id(caller: Caller) -> None:
    first, second = caller.add("r1"), caller.add("r2")
    query = {"source_id": API_SOURCE_ID, "profile_id": first, "profile_reference": "r2"}
    assert caller.get("/profile", **query)["profile_id"] == second


def test_a_profile_of_another_source_is_unknown(caller: Caller) -> None:
    query = {"source_id": MAIL_SOURCE_ID, "profile_id": caller.add()}
    assert caller.http.get("/profile", params=query).status_code == 400


def test_feedback_shows_wherever_the_profile_does(caller: Caller) -> None:
    caller.add(skills=["python"])
    caller.send("PATCH", "/profile/stage", **NAMED, stage="LATER")
    caller.send("PATCH", "/profile/rating", **NAMED, rating=3)

    [listed] = caller.list(stage="LATER", rating=3, **ENGINEER)["profiles"]
    [scored, other] = caller.about("/profile/scoring")

    for shown in (listed, scored):
        assert (shown["stage"], shown["rating"]) == ("LATER", 3)
    assert (other["stage"], other["rating"]) == ("NEW", None)


def test_feedback_moves_the_score(caller: Caller) -> None:
    caller.add(skills=["python", "sql"])
    caller.parsing()

    def score_after(what: str, value: object) -> float | None:
        caller.send("PATCH", f"/profile/{what}", **NAMED, **{what: value})
        return caller.scores()[ENGINEER_FILTER_ID]

    assert score_after("stage", "YES") == 0.6
    assert score_after("rating", 4) == 0.8
    assert score_after("stage", None) == 0.6
    assert score_after("rating", None) == 0.4


# deletion


@pytest.mark.parametrize("place", ["params", "json"])
def test_a_deleted_profile_is_gone(caller: Caller, place: str) -> None:
    profile_id = caller.add()
    named = {"source_id": API_SOURCE_ID, "profile_id": profile_id}

    first = caller.http.request("DELETE", "/profile/delete", **{place: named})  # type: ignore[arg-type]
    again = caller.http.request("DELETE", "/profile/delete", **{place: named})  # type: ignore[arg-type]

    assert first.json()["data"] == {"profile_id": profile_id, "profile_reference": "r1"}
    assert told(again) == (400, f"Bad Request. Invalid profile_id: {profile_id}")
    assert caller.list()["count_profiles"] == 0


def test_a_profile_may_be_deleted_before_it_is_parsed(
    caller: Caller, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"auto": False})
    caller.upload()
    talent_emulator.settings(riminder={"auto": True, "delay": 3600})
    query = {"source_id": API_SOURCE_ID, "profile_reference": "r1"}
    assert caller.http.delete("/profile/delete", params=query).status_code == 200
    caller.upload("r2")
    talent_emulator.advance(3600)
    until(lambda: caller.parsing("r2"))
