"""The key and the tokens it is exchanged for: once for many, in time, and once more."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from airflow_talent.clients import rezi
from airflow_talent.clients.errors import (
    AuthenticationFailed,
    InvalidRequest,
    VendorError,
    VendorUnavailable,
)
from airflow_talent.clients.rezi.models import AccessToken, UserToken
from airflow_talent.clients.rezi.tokens import claims_of, expiry_of
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.rezi.world import MONTHLY, USER, ReziWorld
from airflow_talent.tests.vendors import NewRunner

NOW = 1_790_000_000.0
EMAIL = "demo.writer@people.test"


@pytest.fixture
def short(new_runner: NewRunner) -> Any:
    return new_runner(token_mode="short_lived")


@pytest.mark.parametrize(
    ("auth_header", "accepted"),
    [
        ("authentication", ["authentication"]),
        ("authorization", ["authorization"]),
        ("both", ["authentication"]),
        ("both", ["authorization"]),
    ],
)
@pytest.mark.parametrize("token_mode", ["long_lived", "short_lived"])
def test_the_key_goes_where_the_connection_says(
    auth_header: str, accepted: list[str], token_mode: str, new_runner: NewRunner, world: ReziWorld
) -> None:
    world.set(accept_auth_headers=accepted)
    runner = new_runner(auth_header=auth_header, token_mode=token_mode)
    assert runner.run(rezi.list_users())


def test_the_key_in_the_wrong_header_is_refused(new_runner: NewRunner, world: ReziWorld) -> None:
    with pytest.raises(AuthenticationFailed):
        new_runner(auth_header="authorization").run(rezi.list_users())


def test_many_callers_get_one_token(new_runner: NewRunner, world: ReziWorld) -> None:
    runner = new_runner(token_mode="short_lived", max_connections=10)
    assert len(runner.run_together(rezi.show_user(USER), 30)) == 30
    assert world.asked("/accessToken") == 1
    assert world.asked(USER) == 30


def test_many_refused_callers_get_one_other_token(
    error_mode: str, new_runner: NewRunner, world: ReziWorld
) -> None:
    runner = new_runner(token_mode="short_lived", max_connections=10)
    runner.run(rezi.show_user(USER))
    world.emulator.advance(901)
    results = runner.run_together(rezi.show_user(USER), 20)
    assert not [result for result in results if isinstance(result, Exception)]
    assert world.asked("/accessToken") == 2


def test_a_token_is_exchanged_a_minute_before_its_end(short: Any, world: ReziWorld) -> None:
    world.set(access_token_life=59)
    for _ in range(3):
        short.run(rezi.show_user(USER))
    assert world.asked("/accessToken") == 3
    assert 401 not in [r["status"] for r in world.emulator.requests("rezi")]


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("expires_in", "duration"),
        ("expiresIn", "duration"),
        ("expires_at", "seconds"),
        ("expiration", "milliseconds"),
        ("expirationTime", "iso"),
        ("none", "duration"),
    ],
)
def test_a_token_is_kept_however_its_end_is_told(
    field: str, unit: str, short: Any, world: ReziWorld
) -> None:
    world.set(expiry_field=field, expiry_unit=unit)
    for _ in range(3):
        short.run(rezi.show_user(USER))
    assert world.asked("/accessToken") == 1
    world.emulator.reset()
    world.set(expiry_field=field, expiry_unit=unit, access_token_life=50)
    for _ in range(3):
        short.run(rezi.show_user(USER))
    assert world.asked("/accessToken") == 3


def test_a_revoked_token_is_exchanged_once(error_mode: str, short: Any, world: ReziWorld) -> None:
    short.run(rezi.show_user(USER))
    world.spoil(USER, "expire_token")
    short.run(rezi.show_user(USER))
    assert world.asked("/accessToken") == 2
    assert world.asked(USER) == 3


def test_a_purchase_that_a_dead_token_kept_from_happening_happens_once(
    error_mode: str, short: Any, world: ReziWorld
) -> None:
    short.run(rezi.show_user(USER))
    world.spoil("upgrade", "expire_token")
    short.run(rezi.upgrade_plan(EMAIL, MONTHLY))
    assert len(world.charges()) == 1


def test_a_long_list_is_read_with_a_short_lived_token(short: Any, world: ReziWorld) -> None:
    world.emulator.act("rezi/seed", users=1000)
    assert len(list(short.iterate(rezi.list_users()))) == 1001
    assert world.asked("/users") == 1


def test_a_second_refusal_is_final(short: Any, world: ReziWorld) -> None:
    world.spoil(USER, "status", code=401, times=None)
    with pytest.raises(AuthenticationFailed):
        short.run(rezi.show_user(USER))
    assert world.asked(USER) == 2
    assert world.asked("/accessToken") == 2


def test_a_long_lived_key_that_is_refused_is_not_tried_again(
    new_runner: NewRunner, world: ReziWorld
) -> None:
    world.spoil(USER, "status", code=401, times=None)
    with pytest.raises(AuthenticationFailed):
        new_runner().run(rezi.show_user(USER))
    assert world.asked() == 1


def test_the_exchange_itself_is_signed_with_the_key(short: Any, world: ReziWorld) -> None:
    assert short.run(rezi.show_access_token()).access_token
    assert world.asked() == 1


def test_a_refused_key_is_told_without_a_second_try(
    error_mode: str, new_runner: NewRunner, world: ReziWorld
) -> None:
    runner = new_runner(token_mode="short_lived", password=SecretStr("wrong-key"))
    with pytest.raises(AuthenticationFailed, match="the private token was refused") as caught:
        runner.run(rezi.show_user(USER))
    assert "wrong-key" not in str(caught.value)
    assert world.asked() == 1


def test_a_base_url_without_an_exchange_is_told(new_runner: NewRunner, world: ReziWorld) -> None:
    runner = new_runner(token_mode="short_lived", base_url=f"{world.emulator.url}/rezi/v1/x")
    with pytest.raises(InvalidRequest, match="no token exchange below the base URL"):
        runner.run(rezi.show_user(USER))


@pytest.mark.parametrize("fault", ["drop_after", "cut_body", "html"])
def test_a_purchase_that_got_no_token_did_not_happen(
    fault: str, short: Any, world: ReziWorld
) -> None:
    world.spoil("/accessToken", fault)
    with pytest.raises(VendorUnavailable):
        short.run(rezi.upgrade_plan(EMAIL, MONTHLY))
    assert world.asked("upgrade") == 0
    short.run(rezi.upgrade_plan(EMAIL, MONTHLY))


def token(**claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ({"expires_in": 900}, NOW + 900),
        ({"expires_in": "900"}, NOW + 900),
        ({"expiresIn": 90.5}, NOW + 90.5),
        ({"expires_at": 1_800_000_000}, 1_800_000_000),
        ({"expiration": 1_800_000_000_000}, 1_800_000_000),
        ({"expiration": "1800000000000"}, 1_800_000_000),
        ({"expirationTime": "2027-01-15T08:00:00Z"}, 1_800_000_000),
        ({"expirationTime": "2027-01-15T08:00:00"}, 1_800_000_000),
        ({"expirationTime": "2027-01-15T10:00:00+02:00"}, 1_800_000_000),
        ({"expires_in": 900, "expires_at": 1_800_000_000}, NOW + 900),
        ({"expires_in": None, "expires_at": 1_800_000_000}, 1_800_000_000),
        ({}, NOW + 900),
        ({"expires_in": "soon"}, NOW + 900),
        ({"expires_in": True}, NOW + 900),
        ({"expires_in": [900]}, NOW + 900),
    ],
)
def test_the_end_of_a_token_is_read_by_its_size(said: dict[str, Any], ends: float) -> None:
    answer = AccessToken.model_validate({"access_token": "opaque", **said})
    assert expiry_of(answer, now=NOW) == ends


def test_a_token_that_is_not_told_to_end_tells_so_itself() -> None:
    answer = AccessToken(access_token=token(exp=1_800_000_000))
    assert expiry_of(answer, now=NOW) == 1_800_000_000
    answer = AccessToken.model_validate({"access_token": token(exp=1), "expires_in": 60})
    assert expiry_of(answer, now=NOW) == NOW + 60


@given(st.text() | st.builds("{0}.{1}.{2}".format, st.text(), st.text(), st.text()))
def test_anything_may_be_asked_for_its_claims(text: str) -> None:
    assert isinstance(dict(claims_of(text)), dict)


@given(st.integers(10**9 + 1, 7 * 10**9))
def test_an_instant_is_read_in_every_unit(seconds: int) -> None:
    iso = datetime.fromtimestamp(seconds, UTC).isoformat()
    for said in (seconds, str(seconds), seconds * 1000, iso):
        answer = AccessToken.model_validate({"access_token": "t", "expires_at": said})
        assert expiry_of(answer, now=NOW) == seconds


def test_what_holds_a_token_does_not_show_it() -> None:
    shown = [
        repr(AccessToken(access_token="planted-token")),
        repr(UserToken(user_id="u", token="planted-token")),
        repr(rezi.create_user_token("planted@x.test", "planted-uid")),
    ]
    assert "planted" not in "".join(shown)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (200, "error code: plan-07, payment authorization still pending"),
        (200, "error code: ai-03, the aiTokenId is used up"),
        (403, "error code: plan-09, not in your contract"),
    ],
)
def test_a_word_in_a_refusal_buys_nothing_a_second_time(
    status: int, sentence: str, new_runner: NewRunner
) -> None:
    def answer(_method: str, path: str, _body: bytes) -> tuple[int, dict[str, str], Any]:
        if "accessToken" in path:
            return 200, {}, {"status": "success", "access_token": "t", "expires_in": 900}
        return status, {}, {"status": "error", "errorCode": sentence}

    with CannedVendor(answer) as vendor:
        runner = new_runner(base_url=vendor.url, token_mode="short_lived")
        with pytest.raises(VendorError):
            runner.run(rezi.upgrade_plan(EMAIL, MONTHLY))
        assert sum("upgrade" in str(request) for request in vendor.requests) == 1
