"""The vendor's own Python client works unchanged against the emulator, every method of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
    READ_WRITE_KEY,
    SALES_FILTER_ID,
    WEBHOOK_SECRET,
)
from airflow_talent.emulator.riminder.webhooks import MESSAGES
from airflow_talent.tests.riminder.emulator.callers import (
    API,
    Caller,
    Receiver,
    make_pdf,
    until,
)
from airflow_talent.tests.riminder.emulator.official import Client

NAMED = {"source_id": API_SOURCE_ID, "profile_reference": "r1"}
TRAINING = {
    "filter_reference": ENGINEER_REFERENCE,
    "stage": "YES",
    "stage_timestamp": 1530607434,
    "rating": 4,
    "rating_timestamp": 1530607434,
}
STRUCTURED = {"name": "Bo Lee", "email": "bo@candidates.test", "skills": ["python"]}


@pytest.fixture
def client(talent_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url = f"{talent_emulator.url}{API}/"
    return Client(READ_WRITE_KEY, webhook_secret=WEBHOOK_SECRET, url=url)


@pytest.fixture
def resume(tmp_path: Path) -> Path:
    path = tmp_path / "cv.pdf"
    path.write_bytes(make_pdf())
    return path


@pytest.fixture
def profile(client: Any, caller: Caller, resume: Path) -> Any:
    """An uploaded profile with the reference r1, parsed and scored."""
    added = client.profile.add(
        source_id=API_SOURCE_ID,
        file_path=str(resume),
        profile_reference="r1",
        timestamp_reception=1530607434.25,
        training_metadata=[TRAINING],
    )
    caller.parsing()
    return data_of(added, 201)


def data_of(answer: Any, code: int = 200) -> Any:
    assert answer["code"] == code, answer
    return answer["data"]


def test_sources(client: Any) -> None:
    first, second = data_of(client.source.list())
    assert data_of(client.source.get(first["source_id"]))["count_source"] == 0
    assert data_of(client.source.get(second["source_id"]))["type"] == "mail"
    assert client.source.get()["code"] == 400


def test_filters(client: Any) -> None:
    assert len(data_of(client.filter.list())) == 2
    by_id = data_of(client.filter.get(filter_id=ENGINEER_FILTER_ID))
    by_reference = data_of(client.filter.get(filter_reference=ENGINEER_REFERENCE))
    assert by_id == by_reference
    assert client.filter.get()["code"] == 400


def test_an_upload(client: Any, profile: Any) -> None:
    assert profile["file_name"] == "cv.pdfr1"
    assert profile["extension"] == "pdf"
    assert profile["training_metadata"] == [TRAINING]
    shown = data_of(client.profile.get(**NAMED))
    assert shown["name"] == "Jane Q. Doe"
    assert data_of(client.profile.get(API_SOURCE_ID, shown["profile_id"])) == shown


def test_an_upload_with_nothing_but_a_file(client: Any, resume: Path) -> None:
    uploaded = data_of(client.profile.add(API_SOURCE_ID, str(resume)), 201)
    assert uploaded["profile_reference"] is None


def test_uploads_of_a_folder(client: Any, resume: Path) -> None:
    (resume.parent / "notes.txt").write_text("not a resume")
    (resume.parent / "more").mkdir()
    (resume.parent / "more" / "other.pdf").write_bytes(make_pdf())

    flat = client.profile.addList(API_SOURCE_ID, str(resume.parent))
    deep = client.profile.addList(API_SOURCE_ID, str(resume.parent), is_recurcive=True)

    assert (len(flat["success"]), len(deep["success"])) == (1, 2)
    assert flat["fail"] == deep["fail"] == {}


def test_an_upload_that_is_refused_is_counted_as_failed(client: Any, resume: Path) -> None:
    failed = client.profile.addList("x", str(resume.parent))["fail"]
    assert list(failed) == [str(resume)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 1),
        ({"seniority": "senior"}, 1),
        ({"seniority": "junior"}, 0),
        ({"filter_id": ENGINEER_FILTER_ID, "stage": "YES", "sort_by": "ranking"}, 1),
        ({"filter_reference": ENGINEER_REFERENCE, "stage": "NO", "order_by": "asc"}, 0),
        ({"date_start": 1530607435}, 0),
        ({"page": 2, "limit": 10, "sort_by": None}, 0),
    ],
)
def test_lists(client: Any, profile: Any, query: dict[str, Any], count: int) -> None:
    listed = client.profile.list(
        source_ids=[API_SOURCE_ID, API_SOURCE_ID], **{"date_end": int(time.time()) + 60, **query}
    )
    assert len(data_of(listed)["profiles"]) == count


def test_reads_of_a_profile(client: Any, profile: Any) -> None:
    [document] = data_of(client.profile.document.list(**NAMED))
    parsed = data_of(client.profile.parsing.get(**NAMED))
    scores = data_of(client.profile.scoring.list(**NAMED))
    revealed = client.profile.revealing.get(**NAMED, filter_id=ENGINEER_FILTER_ID).json()

    assert document["type"] == "resume"
    assert "python" in parsed["hard_skills"]
    assert {score["filter_id"] for score in scores} == {ENGINEER_FILTER_ID, SALES_FILTER_ID}
    assert data_of(revealed)["skills"]["hardSkills"]


def test_feedback(client: Any, profile: Any) -> None:
    by_id = {**NAMED, "filter_id": ENGINEER_FILTER_ID}
    by_reference = {**NAMED, "filter_reference": ENGINEER_REFERENCE}

    assert data_of(client.profile.stage.set(**by_id, stage="LATER"))["stage"] == "LATER"
    assert data_of(client.profile.stage.set(**by_reference))["stage"] is None
    assert data_of(client.profile.rating.set(**by_id, rating=1))["rating"] == 1


def test_structured_profiles(client: Any) -> None:
    checked = data_of(client.profile.json.check(STRUCTURED, [TRAINING]))
    added = client.profile.json.add(API_SOURCE_ID, STRUCTURED, [TRAINING], "r1", time.time())

    assert checked["profile_json"]["skills"] == ["python"]
    assert data_of(added, 201)["profile_id"]
    assert data_of(client.profile.json.add(API_SOURCE_ID, STRUCTURED), 201)["profile_id"]
    assert data_of(client.profile.get(**NAMED))["email"] == "bo@candidates.test"


def test_the_webhook_check(client: Any) -> None:
    assert data_of(client.webhooks.check())["team_name"] == "emulator"


def test_refusals_have_a_code(talent_emulator: Emulator, client: Any) -> None:
    client.auth_header["X-API-Key"] = "ask_wrong"
    assert client.source.list()["code"] == 401


@pytest.mark.parametrize("alphabet", ["url", "standard"])
def test_every_event_reaches_its_handler(
    client: Any, caller: Caller, talent_emulator: Emulator, receiver: Receiver, alphabet: str
) -> None:
    talent_emulator.settings(riminder={"auto": False, "webhook_alphabet": alphabet})
    talent_emulator.webhook("riminder", receiver.url, "hex-json")
    about = {"profile_id": caller.add("Žofie"), "filter_id": ENGINEER_FILTER_ID}
    kinds = [kind for kind in MESSAGES if kind != "profile.parse.update"]
    for kind in kinds:
        talent_emulator.act("riminder/events", type=kind, **about)
    until(lambda: len(receiver.posted) == len(kinds))

    handled: list[Any] = []
    for kind in kinds:
        client.webhooks.setHandler(kind, lambda payload, kind: handled.append((kind, payload)))
    for signature in receiver.signatures:
        client.webhooks.handle({"HTTP-RIMINDER-SIGNATURE": signature})

    assert [kind for kind, _payload in handled] == kinds
    assert {payload["profile"]["profile_reference"] for _kind, payload in handled} == {"Žofie"}


@pytest.mark.parametrize(
    ("spoil", "secret"),
    [(lambda signature: signature, "wsk_other"), (lambda signature: f"x{signature}", None)],
)
def test_a_forged_event_is_refused(
    client: Any,
    talent_emulator: Emulator,
    receiver: Receiver,
    spoil: Callable[[str], str],
    secret: str | None,
) -> None:
    talent_emulator.webhook("riminder", receiver.url, "hex-json")
    talent_emulator.act("riminder/events", type="filter.train.start")
    until(lambda: receiver.posted)
    client.webhook_secret = secret or client.webhook_secret

    with pytest.raises(ValueError):  # noqa: PT011 - also those of base64 and ASCII
        client.webhooks.handle(signature_header=spoil(receiver.signatures[0]))
