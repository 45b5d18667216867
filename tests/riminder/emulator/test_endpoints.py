"""Each of Riminder's 19 endpoints answers in its documented shape.

The keys stand here once more, copied from the vendor's reference, so that a slip in the
emulator's own tables shows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
    MAIL_SOURCE_ID,
    SALES_FILTER_ID,
)
from airflow_talent.tests.riminder.emulator.callers import Caller, list_query, make_pdf

PROFILE = {"source_id": API_SOURCE_ID, "profile_reference": "r1"}
FILTER = {"filter_reference": ENGINEER_REFERENCE}

SOURCE_KEYS = "source_id name type archive date_creation"
FILTER_KEYS = "filter_id filter_reference name archive date_creation"
FILTER_DETAIL = f"{FILTER_KEYS} description score_threshold seniority skills countries stages"
IDENTITY = "profile_id profile_reference"
LISTED = f"{IDENTITY} name email seniority date_reception date_creation source"
PARSED = "languages seniority experiences educations date_reception date_creation source_id"
OF_2018 = "hard_skills soft_skills"
OF_2019 = "name email phone location_text summary skills"
STATION = "title description location start_date end_date"
UPLOADED = (
    "profile_reference file_id file_name file_size extension date_reception training_metadata "
    "profile_tags"
)


@dataclass(frozen=True)
class Row:
    """One line of the vendor's table: what is asked, and the keys of ``data`` (of each item)."""

    number: int
    method: str
    path: str
    keys: str
    values: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    is_list: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        told = ",".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{self.number} {self.method} {self.path} {told}".strip()


ROWS = [
    Row(1, "GET", "/sources", SOURCE_KEYS, is_list=True),
    Row(
        1,
        "GET",
        "/sources",
        SOURCE_KEYS.replace("source_id", "_id"),
        is_list=True,
        settings={"source_id_key": "_id"},
    ),
    Row(2, "GET", "/source", f"{SOURCE_KEYS} count_source", {"source_id": MAIL_SOURCE_ID}),
    Row(3, "GET", "/filters", FILTER_KEYS, is_list=True),
    Row(4, "GET", "/filter", f"{FILTER_DETAIL} template", FILTER),
    Row(4, "GET", "/filter", f"{FILTER_DETAIL} template", {"filter_id": SALES_FILTER_ID}),
    Row(
        4,
        "GET",
        "/filter",
        f"{FILTER_DETAIL} filter",
        FILTER,
        settings={"filter_detail_key": "filter"},
    ),
    Row(5, "POST", "/profile", f"{UPLOADED} profile_metadata", status=201),
    Row(
        5,
        "POST",
        "/profile",
        f"{UPLOADED} profile_metadata",
        status=202,
        settings={"upload_status": 202},
    ),
    Row(
        5,
        "POST",
        "/profile",
        f"{UPLOADED} profile_metadatas",
        status=201,
        settings={"metadata_key": "profile_metadatas"},
    ),
    Row(
        6,
        "POST",
        "/profile/json/check",
        "profile_json training_metadata",
        {"profile_json": {"name": "Bo Lee"}},
    ),
    Row(
        7,
        "POST",
        "/profile/json",
        "profile_json training_metadata source_id profile_id",
        {"source_id": API_SOURCE_ID, "profile_json": {"name": "Bo Lee"}},
        status=201,
    ),
    Row(8, "GET", "/profiles", "page maxPage count_profiles profiles", list_query()),
    Row(
        9,
        "GET",
        "/profiles/reference",
        "page maxPage count_profiles profiles",
        {"profile_reference": "r1"},
        settings={"experimental": True},
    ),
    Row(
        10,
        "GET",
        "/profile",
        f"{IDENTITY} name email phone address source_id date_reception date_creation",
        PROFILE,
    ),
    Row(
        11,
        "GET",
        "/profile/documents",
        "type file_name original_file_name file_size extension url timestamp source_id",
        PROFILE,
        is_list=True,
    ),
    Row(12, "GET", "/profile/parsing", f"{PARSED} {OF_2018}", PROFILE),
    Row(
        12,
        "GET",
        "/profile/parsing",
        f"{PARSED} {OF_2019}",
        PROFILE,
        settings={"parsing_shape": "2019"},
    ),
    Row(
        12,
        "GET",
        "/profile/parsing",
        f"{PARSED} {OF_2018} {OF_2019}",
        PROFILE,
        settings={"parsing_shape": "both"},
    ),
    Row(
        14,
        "GET",
        "/profile/scoring",
        "filter_id filter_reference template score stage rating",
        PROFILE,
        is_list=True,
    ),
    Row(15, "GET", "/profile/revealing", "profile skills", {**PROFILE, **FILTER}),
    Row(
        16,
        "PATCH",
        "/profile/stage",
        f"{IDENTITY} filter_id filter_reference stage",
        {**PROFILE, **FILTER, "stage": "yes"},
    ),
    Row(
        16,
        "PATCH",
        "/profile/stage",
        f"{IDENTITY} filter_id filter_reference stage",
        {**PROFILE, **FILTER, "stage": None},
        status=201,
        settings={"patch_status": 201},
    ),
    Row(
        17,
        "PATCH",
        "/profile/rating",
        f"{IDENTITY} filter_id filter_reference rating",
        {**PROFILE, **FILTER, "rating": 3},
    ),
    Row(18, "DELETE", "/profile/delete", IDENTITY, PROFILE),
    Row(19, "POST", "/webhook/check", "team_name webhook_id webhook_url"),
    Row(
        19,
        "POST",
        "/webhook/check",
        "team_name webhook_id url type",
        settings={"webhook_check_shape": "successor"},
    ),
]


def ask(caller: Caller, row: Row) -> httpx.Response:
    if row.number == 5:
        return caller.try_upload()
    if row.method in ("GET", "DELETE"):
        return caller.http.request(row.method, row.path, params=row.values)
    return caller.http.request(row.method, row.path, json=row.values)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_answer_has_the_documented_keys(
    caller: Caller, talent_emulator: Emulator, row: Row
) -> None:
    caller.upload()
    caller.parsing()
    talent_emulator.settings(riminder=row.settings)

    answer = ask(caller, row)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (row.status, row.status)
    items = body["data"] if row.is_list else [body["data"]]
    assert items
    for item in items:
        assert item.keys() == set(row.keys.split())


def test_the_table_is_complete() -> None:
    assert {row.number for row in ROWS} | {13} == set(range(1, 20))


def test_enrichment_is_an_empty_object_as_php_prints_it(
    caller: Caller, talent_emulator: Emulator
) -> None:
    caller.upload()
    talent_emulator.settings(riminder={"experimental": True})
    assert caller.about("/profile/enrichment") == []

    talent_emulator.settings(riminder={"empty_objects": "object"})
    assert caller.about("/profile/enrichment") == {}


def test_a_filter_without_a_template_has_an_empty_one(
    caller: Caller, talent_emulator: Emulator
) -> None:
    made = talent_emulator.act("riminder/filters", name="Plain", template=None)["filter_id"]
    assert caller.get("/filter", filter_id=made)["template"] == []


def test_times_are_the_wall_clock_of_paris(caller: Caller) -> None:
    caller.upload(timestamp_reception="1495727300.25")

    printed = caller.about("/profile")["date_reception"]

    assert printed == {
        "date": "2017-05-25 17:48:20.250000",
        "timezone_type": 3,
        "timezone": "Europe/Paris",
    }
    created = datetime.fromisoformat(caller.about("/profile")["date_creation"]["date"])
    assert abs(created.replace(tzinfo=ZoneInfo("Europe/Paris")).timestamp() - time.time()) < 60


def test_only_the_list_of_profiles_says_ok_in_capitals(caller: Caller) -> None:
    assert caller.http.get("/profiles", params=list_query()).json()["message"] == "OK"
    assert caller.http.get("/sources").json()["message"] == "ok"


def test_the_first_records_are_there(caller: Caller) -> None:
    sources = {each["source_id"]: each["type"] for each in caller.get("/sources")}
    filters = {each["filter_id"]: each["filter_reference"] for each in caller.get("/filters")}

    assert sources == {API_SOURCE_ID: "api", MAIL_SOURCE_ID: "mail"}
    assert filters == {ENGINEER_FILTER_ID: ENGINEER_REFERENCE, SALES_FILTER_ID: None}


def test_a_source_counts_its_profiles(caller: Caller) -> None:
    caller.add("r1")
    caller.add("r2")
    assert caller.get("/source", source_id=API_SOURCE_ID)["count_source"] == 2


def test_a_filter_counts_its_stages(caller: Caller) -> None:
    for reference, stage in (("r1", "YES"), ("r2", "YES"), ("r3", "NO"), ("r4", "NEW")):
        caller.add(reference)
        named = {**PROFILE, "profile_reference": reference, **FILTER}
        caller.send("PATCH", "/profile/stage", **named, stage=stage)

    counted = caller.get("/filter", **FILTER)["stages"]

    assert counted == {"count_yes": 2, "count_later": 0, "count_no": 1}


@pytest.mark.parametrize(("numbers", "kind"), [("number", (int, float)), ("text", str)])
def test_numbers_may_be_texts(
    caller: Caller, talent_emulator: Emulator, numbers: str, kind: Any
) -> None:
    talent_emulator.settings(riminder={"numbers": numbers})
    assert isinstance(caller.upload()["file_size"], kind)
    assert isinstance(caller.get("/filter", **FILTER)["score_threshold"], kind)


def test_a_document_is_served_to_everybody_who_has_its_address(caller: Caller) -> None:
    resume = make_pdf()
    caller.upload(content=resume, name="my résumé/2.pdf")
    [document] = caller.about("/profile/documents")

    answer = httpx.get(document["url"], trust_env=False)

    assert answer.content == resume
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert document["file_name"] == "my résumé/2.pdf"
    assert document["timestamp"] == pytest.approx(time.time(), abs=60)


def test_the_document_of_a_deleted_profile_is_gone(caller: Caller) -> None:
    caller.upload()
    [document] = caller.about("/profile/documents")
    caller.http.delete("/profile/delete", params=PROFILE)
    assert httpx.get(document["url"], trust_env=False).status_code == 404


def test_profiles_are_found_by_reference_in_the_sources_asked_for(
    caller: Caller, talent_emulator: Emulator
) -> None:
    caller.add("r1")
    talent_emulator.settings(riminder={"experimental": True})

    def count(**query: str) -> Any:
        found = caller.get("/profiles/reference", profile_reference="r1", **query)
        return found["count_profiles"]

    assert count() == 1
    assert count(source_id=API_SOURCE_ID) == 1
    assert count(source_id=MAIL_SOURCE_ID) == 0
    assert count(source_ids=f'["{MAIL_SOURCE_ID}","{API_SOURCE_ID}"]') == 1


def test_what_is_revealed_weighs_every_word(caller: Caller, talent_emulator: Emulator) -> None:
    caller.upload()
    caller.parsing()

    revealed = caller.about("/profile/revealing", **FILTER)

    first, second = revealed["profile"]["experiences"]
    assert first.keys() == {"startDate", "endDate", "score", "title", "description", "company"}
    assert (first["startDate"], first["endDate"]) == (1514764800, 1609459200)
    assert {"word": "airflow", "score": "0.9"} in first["description"]
    assert first["company"] == [{"word": "acme", "score": "0.1"}]
    assert (first["score"], second["score"]) == ("0.40", "0.20")
    [education] = revealed["profile"]["educations"]
    assert education["school"]
    skills = "hardSkills specialSkills transversalSkills softSkills"
    assert revealed["skills"].keys() == set(skills.split())
    assert {"word": "python", "score": "0.9"} in revealed["skills"]["hardSkills"]


def test_what_is_revealed_may_be_arrays_with_date_objects(
    caller: Caller, talent_emulator: Emulator
) -> None:
    caller.upload()
    caller.parsing()
    talent_emulator.settings(riminder={"revealing_shape": "arrays"})

    revealed = caller.about("/profile/revealing", **FILTER)

    [profile], [skills] = revealed["profile"], revealed["skills"]
    assert profile["experiences"][0]["start_date"]["date"] == "2018-01-01 01:00:00.000000"
    assert skills["hardSkills"]


def test_nothing_is_revealed_without_a_filter(caller: Caller) -> None:
    caller.upload()
    caller.parsing()
    assert caller.http.get("/profile/revealing", params=PROFILE).status_code == 400


@pytest.mark.parametrize("path", ["/profile/parsing", "/profile/revealing"])
def test_what_is_not_parsed_yet_is_not_found(
    caller: Caller, talent_emulator: Emulator, path: str
) -> None:
    talent_emulator.settings(riminder={"auto": False})
    caller.upload()
    assert caller.http.get(path, params={**PROFILE, **FILTER}).status_code == 404
    assert {score["score"] for score in caller.about("/profile/scoring")} == {None}


@pytest.mark.parametrize(
    "body",
    [None, b"", b"{}", b'""', b'{"url": "https://x.example", "type": "filter.train.start"}'],
)
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"]
)
def test_the_webhook_check_takes_every_body_a_client_sends(
    caller: Caller, body: bytes | None, content_type: str
) -> None:
    answer = caller.http.post(
        "/webhook/check", content=body, headers={"Content-Type": content_type}
    )
    assert answer.json()["data"]["webhook_url"] is None


@pytest.mark.parametrize("body", [{"type": "profile.parse.maybe"}, {"url": 5}])
def test_the_webhook_check_refuses_what_no_webhook_has(
    caller: Caller, body: dict[str, Any]
) -> None:
    assert caller.http.post("/webhook/check", json=body).status_code == 400


def test_the_webhook_check_fails_while_the_integration_is_off(
    caller: Caller, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"webhook_integration": False})
    assert caller.http.post("/webhook/check").status_code == 400


def test_the_page_shows_what_there_is(caller: Caller, talent_emulator: Emulator) -> None:
    caller.upload()
    caller.parsing()
    page = httpx.get(talent_emulator.url, params={"tab": "riminder"}, trust_env=False).text
    assert all(text in page for text in ("Jane Q. Doe", "Data engineer", "Careers website"))
