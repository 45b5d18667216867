"""Digest logins: right by the documents, few requests, and one sentence about what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from airflow_talent.clients import rezora
from airflow_talent.clients.errors import (
    AuthenticationFailed,
    BlockedBySafety,
    OutcomeUnknown,
    PermissionDenied,
)
from airflow_talent.clients.rezora.auth import RezoraAuth
from airflow_talent.clients.rezora.settings import RezoraSettings
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.rezora.world import RezoraWorld
from airflow_talent.tests.vendors import NewRunner


def statuses(world: RezoraWorld) -> list[int | None]:
    return [request["status"] for request in world.emulator.requests("rezora")]


def answer_to(challenge: str, method: str, path: str, **settings: Any) -> dict[str, str]:
    """The parameters with which a challenge is answered."""
    auth = RezoraAuth(
        RezoraSettings.model_validate(
            {"login": "demo-agent", "password": "demo-secret", **settings}
        )
    )
    flow = auth.auth_flow(httpx.Request(method, f"https://api.rezora.test{path}"))
    request = next(flow)
    assert "Authorization" not in request.headers
    response = httpx.Response(401, headers={"WWW-Authenticate": challenge}, request=request)
    header = flow.send(response).headers["Authorization"]
    return dict(re.findall(r'(\w+)=("[^"]*"|[^\s,]+)', header))


@pytest.mark.parametrize(
    ("method", "path", "response"),
    [
        ("GET", "/v1/agents/1234.xml", "fe11e893168093a9478574f5d706c24b"),
        ("POST", "/v1/lists.json", "619fb8facc7fa64b2c7d78ba39bea31c"),
    ],
)
def test_a_challenge_is_answered_as_the_documents_say(
    method: str, path: str, response: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpx.DigestAuth, "_get_client_nonce", lambda *_: b"MjMxATNz")
    challenge = 'Digest realm="Rezora API",qop="auth",nonce="4c487da82df10",opaque="e243"'
    parameters = answer_to(challenge, method, path)
    assert parameters["response"] == f'"{response}"'
    assert parameters["uri"] == f'"{path}"'
    assert (parameters["nc"], parameters["qop"]) == ("00000001", "auth")
    assert parameters["opaque"] == '"e243"'


@pytest.mark.parametrize(("is_quoted", "qop"), [(False, "auth"), (True, '"auth"')])
def test_qop_is_quoted_when_the_connection_says_so(is_quoted: bool, qop: str) -> None:
    challenge = 'Digest realm="Rezora API", qop="auth,auth-int", nonce="4c487da82df10"'
    assert answer_to(challenge, "GET", "/v1/lists.json", digest_quote_qop=is_quoted)["qop"] == qop


@pytest.mark.parametrize(("look", "is_quoted"), [("quoted", True), ("bare", False)])
def test_each_look_of_qop_gets_in_where_it_is_wanted(
    look: str, is_quoted: bool, new_runner: NewRunner, world: RezoraWorld
) -> None:
    world.set(qop_look=look)
    new_runner(digest_quote_qop=is_quoted).run(rezora.list_lists())
    with pytest.raises(AuthenticationFailed):
        new_runner(digest_quote_qop=not is_quoted).run(rezora.list_lists())


def test_many_calls_take_one_request_more(runner: Any, world: RezoraWorld) -> None:
    for _ in range(5):
        runner.run(rezora.list_lists())
    runner.run(rezora.create_list("New Leads"))
    assert statuses(world) == [401, 200, 200, 200, 200, 200, 200]


def test_callers_at_once_take_no_more_challenges_than_connections(
    new_runner: NewRunner, world: RezoraWorld
) -> None:
    runner = new_runner(max_connections=3)
    for _ in range(2):
        results = runner.run_together(rezora.list_lists(), 9)
        assert [len(lists) for lists in results] == [2] * 9
    assert statuses(world).count(200) == 18
    assert 1 <= statuses(world).count(401) <= 3


def test_callers_at_once_over_one_connection_take_one_request_more(
    runner: Any, world: RezoraWorld
) -> None:
    results = runner.run_together(rezora.list_lists(), 6)
    assert [len(lists) for lists in results] == [2] * 6
    assert statuses(world) == [401, *[200] * 6]


def test_a_stale_nonce_is_replaced_once(runner: Any, world: RezoraWorld) -> None:
    runner.run(rezora.list_lists())
    world.emulator.advance(301)
    runner.run(rezora.create_list("New Leads"))
    world.emulator.fault("rezora", "GET", "lists", "expire_token")
    runner.run(rezora.list_lists())
    assert statuses(world) == [401, 200, 401, 200, 401, 200]


def test_a_challenge_without_qop_is_answered_in_the_old_way(
    runner: Any, world: RezoraWorld
) -> None:
    world.set(challenge="digest_without_qop")
    assert len(runner.run(rezora.list_lists())) == 2


@pytest.mark.parametrize("challenge", ["basic", "auth_int"])
def test_other_challenges_are_not_answered(challenge: str, runner: Any, world: RezoraWorld) -> None:
    world.set(challenge=challenge)
    with pytest.raises(AuthenticationFailed, match="check the base URL"):
        runner.run(rezora.list_lists())
    assert statuses(world) == [401]


def test_a_wrong_password_is_tried_once_per_call(new_runner: NewRunner, world: RezoraWorld) -> None:
    runner = new_runner(login="nobody@x.test")
    for _ in range(2):
        with pytest.raises(AuthenticationFailed, match="refused, or they are of the wrong level"):
            runner.run(rezora.list_lists())
    assert statuses(world) == [401] * 4


def test_what_the_other_level_is_for_is_not_even_sent(
    new_runner: NewRunner, world: RezoraWorld
) -> None:
    with pytest.raises(BlockedBySafety, match="list_agents needs company-level credentials"):
        new_runner().run(rezora.list_agents())
    with pytest.raises(BlockedBySafety, match="level of this connection is 'company'"):
        new_runner("COMPANY").run(rezora.list_contacts())
    assert statuses(world) == []


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationFailed), (403, PermissionDenied)])
def test_a_wrong_level_is_told_as_such_and_starts_no_loop(
    status: int, kind: type[Exception], new_runner: NewRunner, world: RezoraWorld
) -> None:
    world.set(wrong_level_status=status)
    with pytest.raises(
        kind,
        match="list_agents needs company-level credentials, "
        "and the level of this connection is 'company'",
    ):
        new_runner(level="company").run(rezora.list_agents())
    assert statuses(world) == [401, status]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "cut_body", "html", "refuse"])
def test_a_call_with_an_effect_is_sent_once_though_its_answer_is_lost(
    fault: str, runner: Any, world: RezoraWorld
) -> None:
    runner.run(rezora.list_lists())
    world.spoil("POST", "lists", fault)
    with pytest.raises(OutcomeUnknown):
        runner.run(rezora.create_list("New Leads"))
    assert len(world.asked("POST")) == 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "cut_body", "refuse"])
def test_a_read_is_repeated_when_its_answer_is_lost(
    fault: str, runner: Any, world: RezoraWorld
) -> None:
    world.spoil("GET", "lists", fault)
    assert len(runner.run(rezora.list_lists())) == 2


@pytest.fixture(
    params=[
        'Digest realm="Rezora API",qop="auth"',
        'Digest realm="Rezora API",nonce="1",qop="other"',
        'Digest realm="Rezora API",nonce="1",algorithm="ROT13"',
        "Digest nonsense",
    ]
)
def broken(request: pytest.FixtureRequest) -> Iterator[CannedVendor]:
    with CannedVendor(lambda *_: (401, {"WWW-Authenticate": request.param}, b"")) as vendor:
        yield vendor


def test_a_challenge_that_cannot_be_read_is_told(
    broken: CannedVendor, new_runner: NewRunner
) -> None:
    with pytest.raises(AuthenticationFailed, match="its Digest challenge is not usable"):
        new_runner(base_url=broken.url).run(rezora.list_lists())
    assert len(broken.requests) == 1


def test_a_refusal_without_a_challenge_is_a_refusal(new_runner: NewRunner) -> None:
    with (
        CannedVendor(lambda *_: (401, {}, b"")) as vendor,
        pytest.raises(AuthenticationFailed, match="the password was refused"),
    ):
        new_runner(base_url=vendor.url).run(rezora.list_lists())
