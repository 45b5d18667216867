"""Who reads a question and who may answer it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.slackbot.approvals.conftest import Asking, button, buttons
from airflow_talent.tests.slackbot.conftest import Slack, eventually, shown_text

pytestmark = pytest.mark.usefixtures("bot")

FORGED = {
    "slack": {
        "team": "T0EMULATOR",
        "channel": "C0HIRING",
        "user": "U0RECRUIT",
        "signature": "0" * 64,
    }
}


async def open_question(
    asking: Asking, message: dict[str, Any], label: str, *, saying: str = "", **more: Any
) -> dict[str, Any]:
    """The modal behind a button, once it says something."""
    await asking.press(message, label, **more)

    async def look() -> dict[str, Any] | None:
        view = await asking.people.modal(more.get("user"))
        return view if view and saying in shown_text(view) else None

    view = await eventually(look, within=15)
    assert view
    return view


async def test_a_public_channel_learns_only_that_a_task_waits(
    slack: Slack, asking: Asking, people: SlackPeople
) -> None:
    await slack.type("ask_approval what=horses", channel="C0GENERAL")
    message = await asking.message("ask_approval", channel="C0GENERAL")

    assert "*approve* has a question. <@U0RECRUIT>: it waits" in shown_text(message)
    assert [one["text"]["text"] for one in buttons(message)] == ["See and answer"]
    view = await open_question(
        asking, message, "See and answer", saying="horses", channel="C0GENERAL", user="U0LEAD"
    )
    assert "It is for **all** of us." in shown_text(view)
    await people.choose(view["id"], button(view, "Approve")["action_id"], user="U0LEAD")

    ended = await asking.message("ask_approval", channel="C0GENERAL", saying="<@U0LEAD>")
    assert "Answered by <@U0LEAD>" in shown_text(ended)
    told = json.dumps(await slack.messages("C0GENERAL"))
    assert "horses" not in told
    assert "Approve" not in told
    await modal_of(people, "U0LEAD", saying="*Approve* by <@U0LEAD>")
    await asking.ends(message, "go_on", "success")


async def modal_of(people: SlackPeople, user: str, *, saying: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        view = await people.modal(user)
        return view if view and saying in shown_text(view) else None

    view = await eventually(look, within=15)
    assert view
    return view


@pytest.mark.parametrize("label", ["See and answer"])
async def test_whoever_may_not_answer_does_not_read_it_either(
    slack: Slack, asking: Asking, people: SlackPeople, label: str
) -> None:
    await slack.type("ask_approval what=horses", channel="C0GENERAL")
    message = await asking.message("ask_approval", channel="C0GENERAL")
    view = await open_question(
        asking, message, label, saying="guests", channel="C0GENERAL", user="U0GUEST"
    )

    assert "horses" not in json.dumps(view)


async def test_only_the_approvers_of_the_tag_may_answer(
    slack: Slack, asking: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="airflow_talent.slackbot.audit")
    await slack.type("ask_group")
    message = await asking.message("ask_group")

    assert "<!subteam^S0APPROVERS>: it waits for your answer." in shown_text(message)
    await asking.press(message, "Approve")
    assert "only certain user groups may answer it" in await asking.told(about="Sorry")
    await asking.press(message, "Approve", user="U0APPROVE")
    await asking.message("ask_group", saying="*Approve* by <@U0APPROVE>")
    lines = [record.getMessage() for record in caplog.records]
    decided = [line.partition(" act=answer ") for line in lines if " act=answer " in line]
    run_id = message["metadata"]["event_payload"]["run_id"]
    about = f"channel=C0HIRING workflow=ask_group run={run_id} why="
    no = "only certain user groups may answer it"
    assert [(one, rest) for one, _, rest in decided] == [
        ("refused", f"team=T0EMULATOR user=U0RECRUIT {about}{no}"),
        ("allowed", f"team=T0EMULATOR user=U0APPROVE {about}answered"),
    ]


async def test_who_starts_what_costs_money_does_not_approve_it(
    slack: Slack, asking: Asking
) -> None:
    await slack.type("ask_money")
    message = await asking.message("ask_money")

    assert "It costs money, so somebody else than <@U0RECRUIT> must answer." in shown_text(message)
    assert all("confirm" in one for one in buttons(message))
    await asking.press(message, "Approve")
    assert "somebody else than its starter" in await asking.told(about="Sorry")
    await asking.press(message, "Approve", user="U0LEAD")
    await asking.message("ask_money", saying="*Approve* by <@U0LEAD>")


async def test_airflow_lets_only_those_answer_whom_the_task_names(
    slack: Slack, asking: Asking
) -> None:
    await slack.type("ask_named")
    message = await asking.message("ask_named")

    assert "Airflow lets only those answer whom the task names" in shown_text(message)
    await asking.press(message, "Approve")
    told = await asking.told(about="Sorry")
    assert "Airflow lets only those answer whom the task names" in told
    assert not asking.answer_of(message)["response_received"]


async def test_runs_that_channels_follow_ask_there(
    slack: Slack, asking: Asking, workflows: LocalAirflow
) -> None:
    await asyncio.to_thread(workflows.api.trigger, "ask_report")
    private = await asking.message("ask_report")
    public = await asking.message("ask_report", channel="C0GENERAL")

    assert "Report it?" in shown_text(private)
    assert "Report it?" not in json.dumps(public)
    await asking.press(private, "Approve", user="U0LEAD")
    await asking.message("ask_report", saying="*Approve* by <@U0LEAD>")
    await asking.message("ask_report", saying="Answered by <@U0LEAD>", channel="C0GENERAL")


async def test_the_home_lists_what_waits_for_a_person(
    slack: Slack, asking: Asking, people: SlackPeople
) -> None:
    await slack.type("ask_group")
    await slack.type("ask_money")
    await asking.message("ask_group")
    message = await asking.message("ask_money")

    recruiters, approvers = await asking.home("U0RECRUIT"), await asking.home("U0LEAD")

    assert "May we?" not in shown_text(recruiters)
    assert "Spend it?" not in shown_text(recruiters)
    assert "May we?" in shown_text(approvers)
    assert "Spend it?" in shown_text(approvers)
    presses = [one for one in buttons(approvers) if '"ask_money"' in one.get("value", "")]
    await people.choose(
        approvers["id"],
        presses[0]["action_id"],
        user="U0LEAD",
        value=presses[0]["value"],
        block_id=next(
            b["block_id"] for b in approvers["blocks"] if presses[0] == b.get("accessory")
        ),
    )
    view = await modal_of(people, "U0LEAD", saying="Spend it?")
    await people.choose(view["id"], button(view, "Approve")["action_id"], user="U0LEAD")
    await asking.message("ask_money", saying="*Approve* by <@U0LEAD>")
    assert await asking.task(message)


async def test_a_run_that_nobody_is_owed_a_report_of_asks_nobody_in_slack(
    slack: Slack, asking: Asking, workflows: LocalAirflow, people: SlackPeople
) -> None:
    await asyncio.to_thread(workflows.api.trigger, "ask_nobody")
    conf = {**FORGED, "what": "a fake"}
    await asyncio.to_thread(workflows.api.trigger, "ask_approval", conf)
    await slack.type("ask_approval what=truth")
    await asking.message("ask_approval", saying="truth")

    async def all_wait() -> bool:
        path = "/dags/~/dagRuns/~/hitlDetails"
        query = {"response_received": False, "state": "awaiting_input"}
        found = await asyncio.to_thread(workflows.api.get, path, **query)
        return len(found["hitl_details"]) == 3

    await eventually(all_wait)
    assert len(await asking.messages("ask_approval")) == 1
    told = json.dumps(await slack.messages("C0HIRING"))
    assert "Hidden?" not in told
    assert "a fake" not in told
    assert "Hidden?" not in shown_text(await asking.home("U0RECRUIT"))
    assert "a fake" not in shown_text(await asking.home("U0RECRUIT"))
