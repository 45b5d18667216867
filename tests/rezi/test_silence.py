"""Whatever goes wrong, nothing secret and nothing about a person is said."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from airflow_talent.clients import rezi
from airflow_talent.clients.errors import VendorError
from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.tests.rezi.world import MONTHLY, RESUME, USER, ReziWorld
from airflow_talent.tests.vendors import NewRunner

EMAIL = "planted.person@secret.test"
UID = "planted-uid"
NAME = "Planted name"

FAULTS: list[dict[str, Any]] = [
    *({"fault": fault} for fault in ("refuse", "stall", "drop_after", "cut_body", "html")),
    *({"fault": fault} for fault in ("wrong_shape", "expire_token")),
    *({"fault": "status", "code": code} for code in (302, 400, 401, 403, 404, 409, 429, 500)),
]

CALLS: list[Any] = [
    rezi.show_user(USER),
    rezi.download_resume(RESUME),
    rezi.create_user_token(EMAIL, UID),
    rezi.create_resume(USER, name=NAME, data={"contact": {"email": EMAIL}}),
    rezi.upgrade_plan(EMAIL, MONTHLY),
    rezi.show_access_token(),
]


@pytest.mark.parametrize("token_mode", ["long_lived", "short_lived"])
def test_failing_calls_say_nothing(
    token_mode: str,
    new_runner: NewRunner,
    world: ReziWorld,
    talent_emulator_server: EmulatorServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("", "airflow_talent", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    runner = new_runner(token_mode=token_mode, timeout=0.05)
    said: list[str] = []
    tokens: set[str] = set()
    for fault in FAULTS:
        world.emulator.clear_faults()
        runner.run(rezi.show_user(USER))
        tokens |= set(talent_emulator_server.world.vendors["rezi"].access_tokens)  # type: ignore[attr-defined]  # it is a Rezi
        for call in CALLS:
            # The timeout of some calls is their own, so nothing may stall those.
            path = USER if fault["fault"] == "stall" else ""
            world.emulator.clear_faults()
            world.spoil(path, times=None, **fault)
            said.append(repr(call))
            try:
                said.append(repr(runner.run(call)) if call.endpoint.effect == "money" else "")
            except VendorError as error:
                said += [str(error), repr(error), *traceback.format_exception(error)]

    text = "\n".join([*said, caplog.text])
    assert "HTTP Request: POST" in text
    assert bool(tokens) == (token_mode == "short_lived")
    secrets = {"lanted", "secret.test", "rezi-emulator-key", "Bearer", *tokens}
    assert [secret for secret in secrets if secret in text] == []
