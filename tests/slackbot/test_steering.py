"""Runs that go on: looking at them, ending them, trying again, starting once more."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.slackbot.buttons import ACTION, AGAIN, CANCEL, OPEN_MENU, RETRY

from .conftest import Slack, eventually, modal, shown_text

pytestmark = pytest.mark.usefixtures("bot")


def short_name(root: dict[str, Any]) -> str:
    run_id: str = root["metadata"]["event_payload"]["run_id"]
    return run_id.rpartition("__")[2][:8]


async def test_a_run_is_shown_to_who_asks(slack: Slack) -> None:
    await slack.type("say_hello name=Ann")
    root = await slack.root("C0HIRING", "say_hello", saying="done in")

    await slack.type("status")
    await slack.type(f"status {short_name(root)}")

    assert short_name(root) in await slack.told("C0HIRING", about="*Say &lt;hello&gt;")
    shown = await slack.told("C0HIRING", about="started by")
    assert "greet" in shown
    assert "Ann" not in shown
    assert len(await slack.posts("C0HIRING", about=short_name(root))) == 1


async def test_nothing_is_shown_of_runs_that_a_person_may_not_see(
    slack: Slack, workflows: LocalAirflow
) -> None:
    await slack.type("only_lead", user="U0LEAD")
    root = await slack.root("C0HIRING", "only_lead")
    foreign = await asyncio.to_thread(workflows.api.trigger, "no_workflow")

    for name in (short_name(root), foreign, "ffffffff", "%"):
        for command in ("status", "cancel", "again"):
            await slack.type(f"{command} {name}", channel="C0GENERAL")

    async def all_told() -> bool:
        told = [
            message
            for message in await slack.messages("C0GENERAL")
            if "I know no such run" in shown_text(message)
        ]
        return len(told) == 12

    await eventually(all_told, within=20)


async def test_who_is_merely_told_of_a_run_neither_ends_it_nor_gets_its_input(
    slack: Slack, workflows: LocalAirflow
) -> None:
    reported = await asyncio.to_thread(workflows.api.trigger, "report_here")
    started_in_airflow = await asyncio.to_thread(
        workflows.api.trigger, "say_hello", conf={"name": "Ann"}
    )

    await slack.type(f"status {reported}")
    await slack.type(f"cancel {reported}")
    await slack.type(f"again {started_in_airflow}")

    assert "report" in await slack.told("C0HIRING", about="Open in Airflow")
    assert await slack.told("C0HIRING", about="it is not a workflow for Slack")
    assert await slack.told("C0HIRING", about="only who started it")


async def test_a_run_is_cancelled_after_asking(
    slack: Slack, people: SlackPeople, tmp_path: Path, workflows: LocalAirflow
) -> None:
    await slack.type(f"wait_long until={tmp_path / 'never'}")
    root = await slack.root("C0HIRING", "wait_long", saying="running")

    await slack.type(f"cancel {short_name(root)}")
    assert "Cancel *wait_long*?" in await slack.told("C0HIRING", about="Cancel")
    question = next(
        message
        for message in await people.messages()
        if message["ephemeral_to"] and "Cancel *wait_long*?" in shown_text(message)
    )
    await people.press(question["ts"], CANCEL)

    assert await slack.root("C0HIRING", "wait_long", saying="cancelled by <@U0RECRUIT>")
    assert await slack.told("C0HIRING", about="is being cancelled")
    await slack.type(f"cancel {short_name(root)}")
    assert await slack.told("C0HIRING", about="it has ended already")


async def test_a_failed_run_is_tried_again_and_reported_again(
    slack: Slack, people: SlackPeople, tmp_path: Path
) -> None:
    path = tmp_path / "there"
    await slack.type(f"fail_until path={path}")
    failure = (await slack.replies("C0HIRING", "fail_until"))[0]
    assert "it is not there" in shown_text(failure)
    path.touch()

    await people.press(failure["ts"], RETRY)
    await people.press(failure["ts"], RETRY)

    replies = await slack.replies("C0HIRING", "fail_until", count=2)
    assert await slack.root("C0HIRING", "fail_until", saying="done in")
    assert "Now it works" in shown_text(replies[1])
    assert len(await slack.roots("C0HIRING", "fail_until")) == 1


async def test_a_run_is_started_again_with_the_same_input(slack: Slack) -> None:
    await slack.type("say_hello name=Ann")
    root = await slack.root("C0HIRING", "say_hello", saying="done in")

    await slack.type(f"again {short_name(root)}")

    assert len(await slack.replies("C0HIRING", "say_hello", count=2)) == 2
    assert len(await slack.posts("C0HIRING", about="Hello Ann")) == 2


async def test_who_did_not_start_a_run_does_not_get_its_input(slack: Slack) -> None:
    await slack.type("say_hello name=Ann")
    root = await slack.root("C0HIRING", "say_hello", saying="done in")

    await slack.type(f"again {short_name(root)}", user="U0LEAD")

    told = await slack.told("C0HIRING", user="U0LEAD", about="Sorry")
    assert "only who started it" in told


async def test_the_button_of_a_run_that_ended_opens_its_form_filled_in(
    slack: Slack, people: SlackPeople
) -> None:
    await slack.type("say_hello name=Ann times=2")
    root = await slack.root("C0HIRING", "say_hello", saying="done in")

    await people.press(root["ts"], AGAIN)
    form = await modal(people, titled="Say <hello>")
    await people.submit(form["id"], {"field.times": "3"})

    assert len(await slack.replies("C0HIRING", "say_hello", count=2)) == 2
    assert len(await slack.posts("C0HIRING", about="Hello Ann")) == 2


async def test_a_result_proposes_what_to_do_next(slack: Slack, people: SlackPeople) -> None:
    await slack.type("invite name=Ann")
    result = (await slack.replies("C0HIRING", "invite"))[0]

    await people.press(result["ts"], f"{ACTION}:0")
    form = await modal(people, titled="Invite somebody")
    await people.submit(form["id"])
    await people.press(result["ts"], f"{ACTION}:1")
    too_early = await modal(people, saying="makes sense only from")

    assert too_early
    replies = await slack.replies("C0HIRING", "invite", count=2)
    assert "Dear Bob" in shown_text(replies[1])


async def test_the_home_shows_a_persons_own_runs(slack: Slack, people: SlackPeople) -> None:
    await slack.type("say_hello name=Ann")
    root = await slack.root("C0HIRING", "say_hello", saying="done in")

    await people.home()

    async def look() -> str:
        home = (await people.views())["home"]
        text = shown_text(home) if home else ""
        return text if short_name(root) in text else ""

    shown = await eventually(look, within=15)
    assert "Nothing waits for you." in shown
    home = (await people.views())["home"]
    await people.choose(home["id"], OPEN_MENU)
    assert await modal(people, saying="*Invite somebody*")
