"""The connection form as an administrator fills it in Airflow's own pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect

from airflow_talent.provider.airflow_api import AirflowApiError
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.browser import open_page

CONNECTION_ID = "vitay_from_the_form"


@pytest.fixture
def signed_in(airflow: LocalAirflow) -> Iterator[Page]:
    with open_page() as page:
        page.set_default_timeout(30_000)
        page.goto(f"{airflow.url}/auth/login/")
        page.fill("input[name=username]", airflow.admin_username)
        page.fill("input[name=password]", airflow.admin_password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{airflow.url}/")
        yield page
    with suppress(AirflowApiError):
        airflow.admin_api.request("DELETE", f"/connections/{CONNECTION_ID}")


def test_an_administrator_makes_a_vitay_connection_in_airflow(
    airflow: LocalAirflow, signed_in: Page
) -> None:
    page = signed_in
    page.goto(f"{airflow.url}/connections")
    page.get_by_role("button", name="Add Connection").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[name=connection_id]").fill(CONNECTION_ID)
    dialog.get_by_role("combobox").first.click()
    page.keyboard.type("Vitay")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Base URL")).to_be_visible()
    dialog.locator("input[name=login]").fill("bot@firm.example")
    dialog.get_by_text("Extra Fields", exact=True).click()
    expect(dialog.get_by_text("Allowed recipients")).to_be_visible()
    dialog.locator("[name=element_allowed_recipients]").fill("firm.example")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()

    connection = airflow.admin_api.get(f"/connections/{CONNECTION_ID}")

    assert connection["conn_type"] == "vitay"
    assert connection["login"] == "bot@firm.example"
    extra = json.loads(connection["extra"])
    assert extra["allowed_recipients"] == "firm.example"
    assert extra["mode"] == "live"
