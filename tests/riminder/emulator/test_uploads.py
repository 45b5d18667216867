"""Files and structured profiles that come in, and what does not."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
    MAIL_SOURCE_ID,
)
from airflow_talent.tests.riminder.emulator.callers import (
    DOCX,
    Caller,
    list_query,
    make_docx,
    make_pdf,
    told,
    until,
)

TRAINING = {
    "filter_reference": ENGINEER_REFERENCE,
    "stage": "LATER",
    "stage_timestamp": 1530607434,
    "rating": 2,
    "rating_timestamp": 1530607434,
}
BROKEN_TRAINING = [
    "not json",
    "{}",
    "[5]",
    json.dumps([{**TRAINING, "filter_reference": None}]),
    json.dumps([{**TRAINING, "filter_reference": ""}]),
    json.dumps([{**TRAINING, "stage": "MAYBE"}]),
    json.dumps([{**TRAINING, "stage_timestamp": "yesterday"}]),
    json.dumps([{**TRAINING, "rating": 9}]),
    json.dumps([{**TRAINING, "rating": 2.5}]),
    *(
        json.dumps([{key: value for key, value in TRAINING.items() if key != missing}])
        for missing in TRAINING
    ),
]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"source_id": ""}, "source_id"),
        ({"source_id": "x"}, "source_id"),
        ({"source_id": MAIL_SOURCE_ID}, "source_id"),
        ({"timestamp_reception": "yesterday"}, "timestamp_reception"),
        ({"timestamp_reception": "1e30"}, "timestamp_reception"),
        ({"timestamp_reception": "253402300799000"}, "timestamp_reception"),
        ({"timestamp_reception": "nan"}, "timestamp_reception"),
        ({"timestamp_reception": "-1e20"}, "timestamp_reception"),
        ({"profile_tags": "[{}]"}, "profile_tags"),
        ({"profile_metadata": "[5]"}, "profile_metadata"),
        *(
            ({"training_metadata": each}, "training_metadata|stage|rating|filter_reference")
            for each in BROKEN_TRAINING
        ),
    ],
)
def test_a_part_that_is_wrong_is_named_and_nothing_is_kept(
    caller: Caller, parts: dict[str, Any], field: str
) -> None:
    status, message = told(caller.try_upload(**parts))

    assert status == 400
    assert message.split(":")[0].startswith("Bad Request. Invalid ")
    assert any(name in message for name in field.split("|"))
    assert caller.list()["count_profiles"] == 0


def test_a_file_is_needed(caller: Caller) -> None:
    answer = caller.http.post("/profile", data={"source_id": API_SOURCE_ID})
    assert told(answer) == (400, "Bad Request. Invalid file: missing")


def test_a_body_that_is_no_form_is_refused(caller: Caller) -> None:
    assert caller.http.post("/profile", json={"source_id": API_SOURCE_ID}).status_code == 400
    broken = {"Content-Type": "multipart/form-data"}
    assert told(caller.http.post("/profile", content=b"x", headers=broken))[0] == 400


def test_an_archived_source_takes_nothing(caller: Caller, talent_emulator: Emulator) -> None:
    old = talent_emulator.act("riminder/sources", name="Old", archive=True)["source_id"]
    assert caller.try_upload(source_id=old).status_code == 400


def test_an_upload_is_answered_with_what_was_sent_and_no_profile_id(caller: Caller) -> None:
    resume = make_pdf()

    uploaded = caller.upload(
        "49583",
        resume,
        timestamp_reception="1495727300",
        training_metadata=json.dumps([TRAINING]),
        profile_tags='[{"name": "tag_name", "value": "tag_value"}]',
        profile_metadatas='[{"name": "metadata_name", "value": "metadata_value"}]',
    )

    file_id = uploaded.pop("file_id")
    assert len(file_id) == 40
    assert uploaded == {
        "profile_reference": "49583",
        "file_name": "cv.pdf",
        "file_size": len(resume),
        "extension": "pdf",
        "date_reception": {
            "date": "2017-05-25 17:48:20.000000",
            "timezone_type": 3,
            "timezone": "Europe/Paris",
        },
        "training_metadata": [TRAINING],
        "profile_tags": [{"name": "tag_name", "value": "tag_value"}],
        "profile_metadata": [{"name": "metadata_name", "value": "metadata_value"}],
    }


def test_a_profile_can_be_found_by_its_reference_at_once(
    caller: Caller, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"auto": False})
    caller.upload()

    profile = caller.about("/profile")

    assert len(profile["profile_id"]) == 40
    assert (profile["name"], profile["email"]) == (None, None)
    assert caller.list()["profiles"][0]["seniority"] is None


def test_an_empty_reference_is_none(caller: Caller) -> None:
    assert caller.upload("")["profile_reference"] is None
    assert caller.upload("")["profile_reference"] is None


def test_a_reference_is_good_once_per_source(caller: Caller, talent_emulator: Emulator) -> None:
    caller.upload()
    other = talent_emulator.act("riminder/sources", name="Other")["source_id"]

    assert told(caller.try_upload(profile_reference="r1")) == (
        400,
        "Bad Request. Invalid profile_reference: r1",
    )
    assert caller.try_upload(profile_reference="r1", source_id=other).status_code == 201


def test_a_reference_means_the_newest_where_it_may_be_used_again(
    caller: Caller, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"reference_reuse": "allow"})
    first, second = caller.add(), caller.add()
    assert first != second
    assert caller.about("/profile")["profile_id"] == second


def test_a_reference_is_free_again_after_a_deletion(caller: Caller) -> None:
    caller.upload()
    query = {"source_id": API_SOURCE_ID, "profile_reference": "r1"}
    assert caller.http.delete("/profile/delete", params=query).status_code == 200
    caller.upload()


@pytest.mark.parametrize(
    ("name", "media_type", "extension"),
    [
        ("cv.pdf", "application/pdf", "pdf"),
        ("cv.pdfr1", "application/pdf", "pdf"),
        ("cv.pdfr1", "application/octet-stream", "pdf"),
        ("CV.PDF", "", "pdf"),
        ("cv", "image/png", "png"),
        ("cv.exe", "application/pdf; charset=binary", "pdf"),
        ("cv.msg", "application/octet-stream", "msg"),
    ],
)
def test_the_extension_is_that_of_the_media_type_else_of_the_name(
    caller: Caller, name: str, media_type: str, extension: str
) -> None:
    assert caller.upload(name=name, media_type=media_type)["extension"] == extension


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("cv.exe", "application/octet-stream"), ("cv.pdf", "text/plain"), ("cv", "")],
)
def test_files_that_are_no_resumes_are_refused_by_switch(
    caller: Caller, talent_emulator: Emulator, name: str, media_type: str
) -> None:
    assert caller.try_upload(name=name, media_type=media_type).status_code == 400

    talent_emulator.settings(riminder={"refuse_extensions": False})
    assert caller.try_upload(name=name, media_type=media_type).status_code == 201


def test_training_comes_back_in_capitals_and_numbers_and_counts(caller: Caller) -> None:
    given = {**TRAINING, "stage": "no", "rating": "3", "rating_timestamp": "1530607434.25"}
    unknown = {**TRAINING, "filter_reference": "nobody's"}

    uploaded = caller.upload(training_metadata=json.dumps([given, unknown]))

    assert uploaded["training_metadata"] == [{**TRAINING, "stage": "NO", "rating": 3}, unknown]
    standing = {each["filter_id"]: each for each in caller.about("/profile/scoring")}
    assert standing[ENGINEER_FILTER_ID]["stage"] == "NO"
    assert standing[ENGINEER_FILTER_ID]["rating"] == 3


def test_training_may_know_nothing_yet(caller: Caller) -> None:
    nothing = dict.fromkeys(TRAINING) | {"filter_reference": ENGINEER_REFERENCE}
    assert caller.upload(training_metadata=json.dumps([nothing]))["training_metadata"] == [nothing]


# structured profiles

STRUCTURED: dict[str, Any] = {
    "name": "Bo Lee",
    "email": "bo@candidates.test",
    "location_details": {"text": "Lyon"},
    "experiences": [
        {
            "start": "15/02/2010",
            "end": "2018",
            "title": "Analyst",
            "company": "Acme",
            "location": None,
            "location_details": [],
            "description": "SQL",
        }
    ],
    "skills": ["Python", "Leadership"],
    "languages": ["english"],
    "urls": {"from_resume": ["https://x.example"], "github": None},
    "shoe_size": 43,
}


def body(**changes: Any) -> dict[str, Any]:
    return {"source_id": API_SOURCE_ID, "profile_json": STRUCTURED, **changes}


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("path", ["/profile/json", "/profile/json/check"])
@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"email": 5}, "email"),
        ({"skills": "python"}, "skills"),
        ({"skills": [5]}, "skills"),
        ({"experiences": {}}, None),
        ({"experiences": "none"}, "experiences"),
        ({"experiences": [5]}, "experiences.0"),
        ({"experiences": [{}, {"title": 5}]}, "experiences.1.title"),
        ({"educations": [{"school": []}]}, "educations.0.school"),
        ({"location_details": "Lyon"}, "location_details"),
        ({"educations": [{"location_details": {"text": 5}}]}, "educations.0.location_details.text"),
        ({"urls": "https://x.example"}, "urls"),
        ({"urls": {"from_resume": "x"}}, "urls.from_resume"),
        ({"urls": []}, None),
    ],
)
def test_a_structured_profile_is_checked_by_type(
    caller: Caller,
    talent_emulator: Emulator,
    status: int,
    path: str,
    changes: dict[str, Any],
    where: str | None,
) -> None:
    talent_emulator.settings(riminder={"invalid_profile_status": status})
    answer = caller.http.post(path, json=body(profile_json={**STRUCTURED, **changes}))
    if where is None:
        assert answer.is_success
    else:
        assert told(answer) == (status, f"Bad Request. Invalid profile_json: {where}")


@pytest.mark.parametrize("wrong", [None, [], "x"])
def test_a_structured_profile_is_an_object(caller: Caller, wrong: object) -> None:
    answer = caller.http.post("/profile/json/check", json={"profile_json": wrong})
    assert answer.status_code == 400


def test_a_body_that_is_no_json_is_refused(caller: Caller) -> None:
    assert told(caller.http.post("/profile/json", content=b"{"))[0] == 400


def test_a_check_echoes_and_keeps_nothing(caller: Caller) -> None:
    checked = caller.send("POST", "/profile/json/check", **body(training_metadata=[TRAINING]))

    assert checked["training_metadata"] == [TRAINING]
    assert checked["profile_json"] == {
        **STRUCTURED,
        "experiences": [{**STRUCTURED["experiences"][0], "location_details": []}],
        "educations": [],
        "interests": [],
    }
    assert caller.list()["count_profiles"] == 0


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""]
)
def test_json_is_read_whatever_its_content_type(caller: Caller, content_type: str) -> None:
    answer = caller.http.post(
        "/profile/json", content=json.dumps(body()), headers={"Content-Type": content_type}
    )
    assert answer.status_code == 201


def test_a_structured_profile_is_parsed_as_it_stands(caller: Caller) -> None:
    caller.send("POST", "/profile/json", **body(profile_reference="r1"))

    parsed = caller.parsing()

    assert (parsed["hard_skills"], parsed["soft_skills"]) == (["Python"], ["Leadership"])
    assert parsed["seniority"] == "senior"
    assert parsed["experiences"] == [
        {
            "title": "Analyst",
            "description": "SQL",
            "company": "Acme",
            "location": None,
            "start_date": "15/02/2010",
            "end_date": "2018",
        }
    ]
    profile = caller.about("/profile")
    assert (profile["name"], profile["address"]) == ("Bo Lee", "Lyon")
    assert caller.about("/profile/documents") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp_reception": 1530607434},
        {"timestamp_reception": "1530607434.25"},
        {"timestamp_reception": 1530607434000},
        {"profile_json": {**STRUCTURED, "timestamp_reception": 1530607434}},
        {
            "timestamp_reception": 1530607434,
            "profile_json": {**STRUCTURED, "timestamp_reception": 5},
        },
    ],
)
def test_the_reception_stands_at_the_top_or_inside(caller: Caller, changes: dict[str, Any]) -> None:
    caller.send("POST", "/profile/json", **body(profile_reference="r1", **changes))
    assert caller.about("/profile")["date_reception"]["date"].startswith("2018-07-03 10:43:54")


@pytest.mark.parametrize("changes", [{"source_id": 5}, {"profile_reference": 5}])
def test_ids_are_texts(caller: Caller, changes: dict[str, Any]) -> None:
    assert caller.http.post("/profile/json", json=body(**changes)).status_code == 400


def test_many_uploads_at_speed_are_all_parsed(caller: Caller) -> None:
    resume = make_pdf()
    for number in range(50):
        caller.upload(f"r{number}", resume)
    until(lambda: _count_parsed(caller) == 50)


def test_a_burst_of_old_profiles_is_there_at_once(
    caller: Caller, talent_emulator: Emulator
) -> None:
    assert talent_emulator.act("riminder/seed", count=5000) == {"profiles": 5000}
    listed = caller.list(limit=1000, page=5)
    assert (listed["count_profiles"], listed["maxPage"]) == (5000, 5)
    assert len({profile["profile_reference"] for profile in listed["profiles"]}) == 1000


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"", "cv.pdf", "application/pdf"),
        (b"", "cv.png", "image/png"),
        (b"not a PDF at all", "cv.pdf", "application/pdf"),
        (b"PK not a document", "cv.docx", DOCX),
        (make_pdf()[:300], "cv.pdf", "application/pdf"),
    ],
)
def test_a_file_that_cannot_be_read_stays_unparsed(
    caller: Caller, talent_emulator: Emulator, content: bytes, name: str, media_type: str
) -> None:
    caller.upload(content=content, name=name, media_type=media_type)
    until(lambda: _state(talent_emulator) == "unreadable")
    query = {"source_id": API_SOURCE_ID, "profile_reference": "r1"}
    assert caller.http.get("/profile/parsing", params=query).status_code == 404


@pytest.mark.parametrize("extension", ["png", "rtf"])
def test_a_file_of_another_kind_is_parsed_as_empty(caller: Caller, extension: str) -> None:
    caller.upload(content=b"whatever", name=f"cv.{extension}", media_type="")
    parsed = caller.parsing()
    assert (parsed["hard_skills"], parsed["experiences"]) == ([], [])


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [(make_pdf(), "cv.pdf", "application/pdf"), (make_docx(), "cv.docx", DOCX)],
)
def test_a_resume_is_understood(
    caller: Caller, talent_emulator: Emulator, content: bytes, name: str, media_type: str
) -> None:
    talent_emulator.settings(riminder={"parsing_shape": "both"})
    caller.upload(content=content, name=name, media_type=media_type)

    parsed = caller.parsing()

    assert {name: parsed[name] for name in ("name", "email", "phone", "location_text")} == {
        "name": "Jane Q. Doe",
        "email": "jane.doe@candidates.test",
        "phone": "+33 6 12 34 56 78",
        "location_text": "10 rue de la Paix, Paris",
    }
    assert parsed["summary"] == "Builds pipelines that run."
    assert parsed["hard_skills"] == ["airflow", "docker", "java", "python", "sql"]
    assert parsed["skills"] == {"parsed": {"all": [*parsed["hard_skills"], "teamwork"]}}
    assert parsed["languages"] == ["english", "french"]
    assert parsed["seniority"] == "senior"
    first, second = parsed["experiences"]
    assert first == {
        "title": "Data engineer",
        "description": "Built Airflow pipelines in Python.",
        "company": "Acme",
        "location": None,
        "start_date": "Jan 2018",
        "end_date": "2021",
    }
    assert (second["title"], second["company"]) == ("Developer", "Initech")
    assert [each["school"] for each in parsed["educations"]] == ["ETH Zurich"]


def test_the_parser_waits_for_the_delay_and_can_be_told_not_to(
    caller: Caller, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"delay": 3600})
    caller.upload()
    profile_id = caller.about("/profile")["profile_id"]
    assert _state(talent_emulator) == "waiting"

    assert talent_emulator.act(f"riminder/profiles/{profile_id}/parse")["state"] == "parsed"
    caller.upload("r2")
    talent_emulator.advance(3600)
    caller.parsing("r2")


def test_those_who_waited_are_parsed_when_parsing_is_on_again(
    caller: Caller, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(riminder={"auto": False})
    caller.upload()
    talent_emulator.settings(riminder={"auto": True})
    caller.parsing()


def test_a_lost_answer_leaves_the_profile(caller: Caller, talent_emulator: Emulator) -> None:
    talent_emulator.fault("riminder", "POST", "^/profile$", "drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        caller.upload()
    assert caller.about("/profile")["profile_reference"] == "r1"


def test_a_profile_received_in_the_past_is_listed_there(caller: Caller) -> None:
    caller.upload(timestamp_reception="1000")
    assert caller.list(date_start=1001)["count_profiles"] == 0
    assert caller.http.get("/profiles", params=list_query(date_end=1000)).json()["data"][
        "count_profiles"
    ]


def _count_parsed(caller: Caller) -> int:
    profiles = caller.list(limit=1000)["profiles"]
    return sum(profile["seniority"] is not None for profile in profiles)


def _state(emulator: Emulator) -> object:
    [profile] = emulator.records()["riminder"]["Profiles"]
    return profile["state"]
