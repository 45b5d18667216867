"""Who may call the emulated Riminder, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from airflow_talent.emulator.client import Emulator, EmulatorError
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    READ_KEY,
    READ_WRITE_KEY,
    WRITE_KEY,
)
from airflow_talent.tests.riminder.emulator.callers import Caller, list_query, told

NewCaller = Callable[[str], Caller]

CHECK = {"profile_json": {"name": "Bo Lee"}}


@pytest.mark.parametrize(
    ("key", "shown"), [("", "none"), ("ask_wrong", "ask_w…"), (READ_WRITE_KEY + "0", "ask_0…")]
)
def test_a_key_that_is_none_is_refused_and_not_repeated(
    new_caller: NewCaller, key: str, shown: str
) -> None:
    answer = new_caller(key).http.get("/sources")

    assert told(answer) == (401, f"Unauthorized. Invalid secret key: {shown}")


def test_a_key_in_the_query_is_no_key(caller: Caller) -> None:
    del caller.http.headers["X-API-Key"]
    assert caller.http.get("/sources", params={"X-API-Key": READ_WRITE_KEY}).status_code == 401


@pytest.mark.parametrize(
    ("key", "reads", "writes"),
    [(READ_WRITE_KEY, 200, 200), (READ_KEY, 200, 403), (WRITE_KEY, 403, 200)],
)
def test_a_key_is_good_for_what_its_kind_says(
    new_caller: NewCaller, key: str, reads: int, writes: int
) -> None:
    http = new_caller(key).http

    assert http.get("/sources").status_code == reads
    assert http.post("/profile/json/check", json=CHECK).status_code == writes
    assert http.delete("/profile/delete").status_code == (400 if writes == 200 else 403)
    assert http.post("/webhook/check").status_code == 200


def test_a_revoked_key_is_unknown(caller: Caller, talent_emulator: Emulator) -> None:
    talent_emulator.act("riminder/keys/read_write/revoke")
    assert caller.http.get("/sources").status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://careers.example", 200),
        ("careers.example", 200),
        ("https://evil.example", 403),
        ("https://careers.example.evil.example", 403),
        ("", 403),
    ],
)
def test_a_write_key_may_be_bound_to_domains(
    new_caller: NewCaller, talent_emulator: Emulator, origin: str, status: int
) -> None:
    talent_emulator.settings(riminder={"approved_domains": ["careers.example"]})
    answer = new_caller(WRITE_KEY).http.post(
        "/profile/json/check", json=CHECK, headers={"Origin": origin}
    )
    assert answer.status_code == status
    assert new_caller(READ_WRITE_KEY).http.get("/sources").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/nowhere", (404, "Not found.")),
        ("GET", "/profiles/", (404, "Not found.")),
        ("PUT", "/profile", (405, "Method not allowed.")),
        ("GET", "/profiles/reference", (404, "Not found.")),
        ("GET", "/profile/enrichment", (404, "Not found.")),
    ],
)
def test_unknown_paths_and_methods_are_refused(
    caller: Caller, method: str, path: str, refusal: tuple[int, str]
) -> None:
    assert told(caller.http.request(method, path)) == refusal


def test_each_endpoint_has_a_quota_of_its_own(caller: Caller, talent_emulator: Emulator) -> None:
    caller.get("/sources")
    talent_emulator.settings(riminder={"quota": 2})

    answers = [caller.http.get("/sources") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 402]
    assert told(answers[-1]) == (402, "Over quota.")
    assert caller.http.get("/filters").status_code == 200


def test_a_source_of_others_is_forbidden_and_not_listed(
    caller: Caller, talent_emulator: Emulator
) -> None:
    theirs = talent_emulator.act("riminder/sources", name="Theirs", shared=False)["source_id"]

    listed = caller.http.get("/profiles", params=list_query(source_ids=f'["{theirs}"]'))

    assert told(listed) == (403, "Forbidden.")
    assert caller.http.get("/source", params={"source_id": theirs}).status_code == 403
    assert theirs not in {source["source_id"] for source in caller.get("/sources")}


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/source", {"source_id": "x"}, "source_id"),
        ("/filter", {"filter_id": "x"}, "filter_id"),
        ("/filter", {"filter_reference": "x"}, "filter_reference"),
        ("/profile", {"source_id": "x", "profile_id": "x"}, "source_id"),
        ("/profile", {"source_id": API_SOURCE_ID, "profile_id": "x"}, "profile_id"),
        ("/profile", {"source_id": API_SOURCE_ID, "profile_reference": "x"}, "profile_reference"),
        ("/profiles", list_query(source_ids='["x"]'), "source_ids"),
        ("/profiles", list_query(filter_id="x"), "filter_id"),
    ],
)
def test_unknown_ids_are_refused_as_one_likes(
    caller: Caller,
    talent_emulator: Emulator,
    path: str,
    query: dict[str, str],
    field: str,
    status: int,
) -> None:
    talent_emulator.settings(riminder={"unknown_id_status": status})
    answer = caller.http.get(path, params=query)
    assert told(answer) == (status, f"Bad Request. Invalid {field}: x")


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/source", {}, "source_id"),
        ("/filter", {}, "filter_id"),
        ("/profile", {"profile_id": "x"}, "source_id"),
        ("/profile/parsing", {"source_id": API_SOURCE_ID}, "profile_id"),
    ],
)
def test_missing_ids_are_refused(
    caller: Caller, path: str, query: dict[str, str], field: str
) -> None:
    answer = caller.http.get(path, params=query)
    assert told(answer) == (400, f"Bad Request. Invalid {field}: missing")


def test_a_long_value_is_not_repeated_whole(caller: Caller) -> None:
    answer = caller.http.get("/source", params={"source_id": "x" * 5000})
    assert len(answer.content) < 200


@pytest.mark.parametrize("code", [299, 402, 429, 500, 599])
def test_faults_have_the_vendors_form(caller: Caller, talent_emulator: Emulator, code: int) -> None:
    talent_emulator.fault("riminder", "GET", "^/sources$", "status", code=code)
    assert told(caller.http.get("/sources"))[0] == code


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("riminder/sources", {"name": 5}),
        ("riminder/filters", {"name": "x", "color": "red"}),
        ("riminder/seed", {"count": -1}),
        ("riminder/seed", {"count": 1, "source_id": "x"}),
        ("riminder/events", {"type": "profile.parse.maybe"}),
        ("riminder/events", {"type": "profile.parse.error", "profile_id": "x"}),
        ("riminder/profiles/x/parse", {}),
        ("riminder/filters/x/train", {}),
        ("riminder/keys/gold/revoke", {}),
        ("settings", {"riminder": {"rating_range": [4, 1]}}),
    ],
)
def test_an_act_that_is_not_possible_says_why(
    talent_emulator: Emulator, path: str, body: dict[str, object]
) -> None:
    with pytest.raises(EmulatorError, match=r": 40[04] .*error"):
        talent_emulator.act(path, **body)


def test_the_mode_of_a_webhook_is_one_of_four(talent_emulator: Emulator) -> None:
    wanted = {"vendor": "riminder", "url": "http://127.0.0.1:9", "mode": "raw"}
    answer = httpx.post(f"{talent_emulator.url}/_emulator/webhooks", json=wanted, trust_env=False)
    assert "raw-json, raw-encoded, hex-json, hex-body" in answer.json()["error"]
