"""Tokens for Airflow: one login for many, renewed in time, and once more after a refusal."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from airflow_talent.services.airflow_login import (
    FixedToken,
    Login,
    LoginRefused,
    PasswordLogin,
    TokenFile,
    TokenSource,
    renewal_time,
)


def make_token(number: int, lifetime: float) -> str:
    claims = json.dumps({"exp": time.time() + lifetime, "n": number}).encode()
    return f"h.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.s"


class Airflow:
    """Gives out tokens and takes only the latest."""

    def __init__(self, lifetime: float = 3600) -> None:
        self.lifetime = lifetime
        self.logins = 0
        self.accepted = {"good"}
        routes = [
            Route("/auth/token", self._log_in, methods=["POST"]),
            Route("/api/v2/dags", self._list),
        ]
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://airflow"
        )

    async def _log_in(self, request: Request) -> JSONResponse:
        self.logins += 1
        await asyncio.sleep(0.01)
        if (await request.json())["password"] != "right":
            return JSONResponse({"detail": "Invalid credentials"}, status_code=401)
        token = make_token(self.logins, self.lifetime)
        self.accepted = {token}
        return JSONResponse({"access_token": token}, status_code=201)

    async def _list(self, request: Request) -> JSONResponse:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return JSONResponse({}, status_code=200 if token in self.accepted else 401)

    async def ask(self, source: TokenSource) -> int:
        return (await self.http.get("/api/v2/dags", auth=Login(source))).status_code

    def password(self, password: str = "right") -> PasswordLogin:
        return PasswordLogin(self.http, "bot", password)


async def test_many_callers_log_in_once() -> None:
    airflow = Airflow()
    source = airflow.password()

    assert await asyncio.gather(*(airflow.ask(source) for _ in range(20))) == [200] * 20
    assert airflow.logins == 1


async def test_a_refused_token_is_replaced_once() -> None:
    airflow = Airflow()
    source = airflow.password()
    await airflow.ask(source)
    airflow.accepted = set()

    assert await asyncio.gather(*(airflow.ask(source) for _ in range(5))) == [200] * 5
    assert airflow.logins == 2


async def test_a_token_is_renewed_before_it_ends() -> None:
    airflow = Airflow(lifetime=0.2)
    source = airflow.password()
    await airflow.ask(source)

    while airflow.logins == 1:
        assert await airflow.ask(source) == 200


async def test_a_wrong_password_is_not_tried_again_at_once() -> None:
    airflow = Airflow()
    source = airflow.password("wrong")

    for _ in range(3):
        with pytest.raises(LoginRefused, match="TALENT_AIRFLOW_USERNAME"):
            await airflow.ask(source)
    assert airflow.logins == 1


async def test_a_fixed_token_that_is_refused_names_its_setting() -> None:
    with pytest.raises(LoginRefused, match="TALENT_AIRFLOW_TOKEN"):
        await Airflow().ask(FixedToken("bad"))


async def test_a_token_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    airflow = Airflow()
    file = tmp_path / "token"
    file.write_text("good\n")
    source = TokenFile(str(file))
    assert await airflow.ask(source) == 200

    airflow.accepted = {"newer"}
    (tmp_path / "swapped").write_text("newer")
    (tmp_path / "swapped").replace(file)

    assert await airflow.ask(source) == 200


@pytest.mark.parametrize("content", [None, "", "bad"])
async def test_a_token_file_without_a_good_token_names_its_setting(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)

    with pytest.raises(LoginRefused, match="TALENT_AIRFLOW_TOKEN_FILE"):
        await Airflow().ask(TokenFile(str(file)))


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "a.e30.c"])
def test_a_token_that_does_not_say_when_it_ends_is_kept(token: str) -> None:
    assert renewal_time(token, now=0) == float("inf")
