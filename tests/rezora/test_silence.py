"""No person and no password is seen in a log or an error, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from airflow_talent.clients import rezora
from airflow_talent.clients.errors import VendorError
from airflow_talent.clients.rezora.models import WRITABLE
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.rezora.world import NOBODY, PROSPECTS, RezoraWorld
from airflow_talent.tests.vendors import NewRunner

EMAIL = "planted.person@people.test"
PERSON = {"contact_name": "Planted Person", "contact_email": EMAIL}

FAULTS: list[dict[str, Any]] = [
    *({"fault": fault} for fault in ("refuse", "drop_after", "cut_body", "html")),
    *({"fault": "status", "code": code} for code in (400, 401, 404, 429, 500)),
]


def calls(contact_id: str) -> list[Any]:
    return [
        rezora.create_contact(PERSON),
        rezora.find_contacts_by_email([EMAIL]),
        rezora.show_contact(contact_id),
        rezora.update_contact(contact_id, dict.fromkeys(WRITABLE, EMAIL) | {"contact_type": ""}),
        rezora.add_contact_to_list(PROSPECTS, NOBODY),
    ]


@pytest.mark.parametrize("form", ["json", "xml", "csv"])
def test_failing_calls_say_nothing(
    form: str, new_runner: NewRunner, world: RezoraWorld, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "airflow_talent", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    said: list[str] = []
    contact_id = world.add_contact("Planted Person", EMAIL)
    runner = new_runner(format=form, allowed_recipients=("allowed.test",))

    def attempt(call: Any, runner: Any = runner) -> None:
        said.append(repr(call))
        try:
            runner.run(call)
        except VendorError as error:
            said.extend([str(error), repr(error), *traceback.format_exception(error)])

    for fault in FAULTS:
        world.emulator.clear_faults()
        world.emulator.fault("rezora", None, "", times=None, **fault)
        for call in calls(contact_id):
            attempt(call)
    world.emulator.clear_faults()
    for call in calls(contact_id):
        attempt(call)
    shown = f'[{{"contact_id":"", "contact_email":"{EMAIL}"}}]'.encode()
    with CannedVendor(lambda *_: (200, {}, shown)) as vendor:
        for call in calls(contact_id):
            attempt(call, new_runner(base_url=vendor.url, format=form))

    text = "\n".join([*said, caplog.text])
    assert "HTTP Request: " in text
    for planted in ("planted.person", "Planted Person", "demo-secret"):
        assert planted not in text
