"""The menu, the forms, and what a submitted form starts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.slackbot.listeners.shortcuts import OPEN, SCREEN

from .conftest import Slack, bot_process, eventually, modal, running_bot, shown_text
from .gate import Gate, Hold, open_gate

MENU = "talent_workflow"


async def conf_of(workflows: LocalAirflow, slack: Slack, dag_id: str) -> dict[str, Any]:
    root = await slack.root("C0HIRING", dag_id)
    run_id = root["metadata"]["event_payload"]["run_id"]
    run = await asyncio.to_thread(workflows.api.run, dag_id, run_id)
    conf: dict[str, Any] = run["conf"]
    return conf


@pytest.mark.usefixtures("bot")
class TestFilledIn:
    async def test_the_menu_leads_to_a_form_and_the_form_to_a_run(
        self, slack: Slack, people: SlackPeople, workflows: LocalAirflow
    ) -> None:
        await people.command("/talent", "")
        menu = await modal(people, saying="*Invite somebody*")
        await people.choose(menu["id"], MENU, block_id="invite")
        form = await modal(people, titled="Invite somebody")

        done = await people.submit(
            form["id"],
            {
                "field.name": "Ann Lee",
                "field.days": "3",
                "field.topics": "pay\nteam",
                "field.start": "2026-12-01",
            },
        )

        assert done["error"] is None
        assert await people.modal() is None
        conf = await conf_of(workflows, slack, "invite")
        assert conf["name"] == "Ann Lee"
        assert conf["days"] == 3
        assert conf["topics"] == ["pay", "team"]
        assert conf["start"] == "2026-12-01"
        assert conf["slack"]["channel"] == "C0HIRING"
        assert "Dear Ann Lee" in shown_text((await slack.replies("C0HIRING", "invite"))[0])

    async def test_what_is_wrong_comes_back_onto_its_field(
        self, slack: Slack, people: SlackPeople
    ) -> None:
        await people.command("/talent", "ask_much q001=x")
        form = await modal(people, titled="ask_much")

        done = await people.submit(form["id"], {"field.q001": "y"})

        assert done["error"] == "invalid_input"
        assert await slack.posts("C0HIRING") == []

    async def test_many_values_go_over_pages(
        self, slack: Slack, people: SlackPeople, workflows: LocalAirflow
    ) -> None:
        await people.command("/talent", "ask_much q120=last")
        form = await modal(people, saying="Page 1 of 2")
        first = [block["block_id"] for block in form["blocks"] if block["type"] == "input"]
        await people.submit(form["id"], dict.fromkeys(first, "x"))
        second = await modal(people, saying="Page 2 of 2")
        inputs = [block for block in second["blocks"] if block["type"] == "input"]
        rest = [block["block_id"] for block in inputs]
        assert inputs[-1]["element"]["initial_value"] == "last"

        await people.submit(second["id"], dict.fromkeys(rest[:-1], "y"))

        conf = await conf_of(workflows, slack, "ask_much")
        assert len(first) + len(rest) == 120
        assert (conf["q001"], conf["q119"], conf["q120"]) == ("x", "y", "last")

    async def test_a_form_that_is_submitted_twice_starts_one_run(
        self, slack: Slack, people: SlackPeople
    ) -> None:
        await people.command("/talent", "invite")
        form = await modal(people, titled="Invite somebody")

        await people.submit(form["id"], {"field.name": "Ann"}, deliveries=3)

        await slack.replies("C0HIRING", "invite")
        assert len(await slack.roots("C0HIRING", "invite")) == 1

    async def test_what_is_missing_in_a_command_is_asked_for(
        self, slack: Slack, people: SlackPeople, workflows: LocalAirflow
    ) -> None:
        await people.command("/talent", "invite days=5")
        form = await modal(people, titled="Invite somebody")

        await people.submit(form["id"], {"field.name": "Ann"})

        assert (await conf_of(workflows, slack, "invite"))["days"] == 5

    async def test_the_global_shortcut_opens_the_menu_and_reports_in_a_direct_message(
        self, slack: Slack, people: SlackPeople
    ) -> None:
        await people.shortcut(OPEN)
        menu = await modal(people, saying="*Invite somebody*")
        assert "only_hiring" not in shown_text(menu)
        await people.choose(menu["id"], MENU, block_id="say_nothing")
        form = await modal(people, titled="Say nothing")

        await people.submit(form["id"])

        assert "direct messages" in shown_text(await modal(people, saying="is started"))
        assert await slack.root("D0RECRUIT", "say_nothing", saying="done in")

    async def test_a_message_with_a_file_starts_the_workflow_that_takes_one(
        self, slack: Slack, people: SlackPeople, workflows: LocalAirflow
    ) -> None:
        uploaded = await people.upload("cv.pdf", b"%PDF-1.4", "C0HIRING")

        await people.shortcut(SCREEN, uploaded["ts"])
        form = await modal(people, titled="Screen a CV", saying="cv.pdf")
        await people.submit(form["id"], {"field.opening": "Designer"})

        conf = await conf_of(workflows, slack, "screen")
        assert conf["cv"] == uploaded["file"]
        assert conf["opening"] == "Designer"

    async def test_a_message_without_a_file_starts_nothing(self, people: SlackPeople) -> None:
        said = await people.say("no file here")

        await people.shortcut(SCREEN, said["ts"])

        assert await modal(people, saying="holds no file")

    async def test_a_file_may_be_given_in_the_form(
        self, slack: Slack, people: SlackPeople, workflows: LocalAirflow
    ) -> None:
        uploaded = await people.upload("cv.pdf", b"%PDF-1.4")
        await people.command("/talent", "screen")
        form = await modal(people, titled="Screen a CV")

        await people.submit(form["id"], {"field.cv": [uploaded["file"]]})

        assert (await conf_of(workflows, slack, "screen"))["cv"] == uploaded["file"]

    async def test_guests_are_told_and_shown_nothing(self, people: SlackPeople) -> None:
        await people.shortcut(OPEN, user="U0GUEST")

        async def look() -> str:
            view = await people.modal("U0GUEST")
            return shown_text(view) if view else ""

        assert "guests may not start workflows" in await eventually(look, within=15)

    async def test_the_same_input_that_is_running_is_not_started_by_mistake(
        self, slack: Slack, people: SlackPeople, tmp_path: Any
    ) -> None:
        until = tmp_path / "go"
        await people.command("/talent", f"wait_long until={until}")
        await slack.root("C0HIRING", "wait_long")

        await people.command("/talent", f"wait_long until={until}")
        asked = await modal(people, saying="already with the same input")
        await people.close(asked["id"], whole_modal=True)
        await people.command("/talent", "wait_long")
        form = await modal(people, titled="wait_long")
        await people.submit(form["id"], {"field.until": str(until)})
        question = await modal(people, saying="already with the same input")
        assert len(await slack.roots("C0HIRING", "wait_long")) == 1
        await people.submit(question["id"])
        until.touch()

        async def two_done() -> bool:
            roots = await slack.roots("C0HIRING", "wait_long")
            return len([root for root in roots if "done in" in shown_text(root)]) == 2

        await eventually(two_done)


@pytest.fixture
def gate(workflows: LocalAirflow) -> Iterator[Gate]:
    with open_gate(workflows.url) as opened:
        yield opened


async def test_a_loading_view_opens_while_airflow_is_slow(
    people: SlackPeople, environment: dict[str, str], gate: Gate
) -> None:
    gate.delay = ("GET", "/dags$", 4)
    async with running_bot({**environment, "TALENT_AIRFLOW_URL": gate.url}):
        await people.command("/talent", "")

        assert await modal(people, saying="One moment")
        assert await modal(people, saying="*Invite somebody*")


async def test_a_start_that_takes_long_is_said_and_then_shown(
    slack: Slack, people: SlackPeople, environment: dict[str, str], gate: Gate
) -> None:
    gate.delay = ("POST", "/invite/dagRuns$", 4)
    async with running_bot({**environment, "TALENT_AIRFLOW_URL": gate.url}):
        await people.command("/talent", "invite")
        form = await modal(people, titled="Invite somebody")

        done = await people.submit(form["id"], {"field.name": "Ann"})

        assert done["error"] is None
        assert await modal(people, saying="has not answered yet")
        assert await modal(people, saying="is started")
        assert await slack.replies("C0HIRING", "invite")


async def test_airflows_own_refusal_comes_back_onto_its_field(
    slack: Slack, people: SlackPeople, environment: dict[str, str], gate: Gate
) -> None:
    gate.answers["POST /api/v2/dags/invite/dagRuns"] = (
        400,
        {"detail": "Invalid input for param name: 'Ann' is too short\n\nFailed validating …"},
    )
    async with running_bot({**environment, "TALENT_AIRFLOW_URL": gate.url}):
        await people.command("/talent", "invite")
        form = await modal(people, titled="Invite somebody")

        done = await people.submit(form["id"], {"field.name": "Ann"})

        assert "is too short" in str(done["view"]["errors"])
        assert await slack.posts("C0HIRING") == []


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_bot_that_dies_while_a_form_is_submitted_leaves_one_run(
    slack: Slack,
    people: SlackPeople,
    environment: dict[str, str],
    gate: Gate,
    tmp_path: Path,
    when: Literal["before", "after"],
) -> None:
    gate.hold = Hold("POST", "/invite/dagRuns$", when)
    held = gate.hold.happened
    through = {**environment, "TALENT_AIRFLOW_URL": gate.url}
    with bot_process(through, tmp_path / "bot.log") as bot:
        await bot.ready()
        await people.command("/talent", "invite")
        form = await modal(people, titled="Invite somebody")
        submitting = asyncio.create_task(people.submit(form["id"], {"field.name": f"Zoe {when}"}))
        assert await asyncio.to_thread(held.wait, 30), bot.said()
        bot.kill()
        await submitting

    gate.hold = None
    async with running_bot(environment):
        # On a slow machine the form may have given way to a notice, which has nothing to submit.
        view = await people.modal()
        if view and not view.get("submit") and when == "before":
            await people.command("/talent", "invite")
            view = await modal(people, titled="Invite somebody")
        if view and view.get("submit"):
            await people.submit(view["id"], {"field.name": f"Zoe {when}"})

        async def told() -> list[str]:
            return await slack.posts("C0HIRING", about=f"Dear Zoe {when}")

        assert len(await eventually(told)) == 1
