"""The whole app as people see it: a browser, the emulated Slack, the bot, a real Airflow."""

from __future__ import annotations

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.browser import open_slack

pytestmark = pytest.mark.usefixtures("bot", "workflows")

PATIENCE = 60.0


async def test_a_form_is_filled_in_and_its_run_followed(talent_emulator: Emulator) -> None:
    async with open_slack(talent_emulator.url) as slack:
        await slack.type_command()
        await slack.shows("Invite somebody")
        await slack.screenshot("app-menu")
        await slack.press("Open Invite somebody")
        await slack.shows("Writes an invitation")
        await slack.fill("Name", "A")
        await slack.submit()
        await slack.screenshot("app-form-refused")
        await slack.fill("Name", "Ann Lee")
        await slack.fill("Topics", "pay\nteam")
        await slack.screenshot("app-form")
        await slack.submit()
        await slack.shows("done in", within=PATIENCE)
        await slack.shows("Dear Ann Lee", within=PATIENCE)
        await slack.screenshot("app-run")
        await slack.press("Invite Bob too")
        await slack.shows("Writes an invitation")
        assert await slack.field("Name").input_value() == "Bob"
        await slack.screenshot("app-proposal")


async def test_a_purchase_is_approved_by_somebody_else(talent_emulator: Emulator) -> None:
    async with open_slack(talent_emulator.url) as slack:
        await slack.type_command("buy_plan")
        await slack.shows("Buy the plan?", within=PATIENCE)
        await slack.press("Approve", confirm="Yes")
        await slack.shows("somebody else than its starter", within=PATIENCE)
        await slack.screenshot("app-approval-refused")
        await slack.look(user="U0LEAD")
        await slack.open_home()
        await slack.shows("Buy the plan?", within=PATIENCE)
        await slack.screenshot("app-home")
        await slack.look(user="U0LEAD")
        await slack.press("Approve", confirm="Yes")
        await slack.shows("Bought", within=PATIENCE)
        await slack.screenshot("app-approved")
