"""From `/talent …` to a run, or to the reason why there is none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow

from .conftest import Slack, eventually, shown_text

pytestmark = pytest.mark.usefixtures("bot")


async def test_a_command_starts_one_run_and_shows_it(slack: Slack, workflows: LocalAirflow) -> None:
    await slack.type("say_hello name='Ann Lee' times=2")

    root = await slack.root("C0HIRING", "say_hello", saying="done in")
    reply = (await slack.replies("C0HIRING", "say_hello"))[0]
    run_id = root["metadata"]["event_payload"]["run_id"]
    run = await asyncio.to_thread(workflows.api.run, "say_hello", run_id)
    assert run_id.startswith("slack__T0EMULATOR__U0RECRUIT__")
    assert run["conf"]["name"] == "Ann Lee"
    assert run["conf"]["times"] == 2
    assert run["conf"]["slack"]["channel"] == "C0HIRING"
    assert run["logical_date"] is None
    assert root["ts"] in run["note"]
    assert "*Say &lt;hello&gt; &amp; more*, started by <@U0RECRUIT>" in shown_text(root)
    assert f"{workflows.url}/dags/say_hello/runs/{run_id}" in shown_text(root)
    assert "greet" in shown_text(root)
    assert "Ann Lee" not in root["text"] + shown_text(root)
    assert "Hello Ann Lee" in shown_text(reply)


async def test_a_command_that_arrives_twice_starts_one_run(
    slack: Slack, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"deliveries": 3})

    await slack.type("say_hello name=Ann")

    await slack.replies("C0HIRING", "say_hello")
    assert await slack.told("C0HIRING", about="already started")
    assert len(await slack.roots("C0HIRING", "say_hello")) == 1
    assert len(await slack.posts("C0HIRING", about="Hello Ann")) == 1


async def test_two_commands_with_the_same_words_start_two_runs(slack: Slack) -> None:
    await slack.type("say_hello name=Ann")
    await slack.root("C0HIRING", "say_hello", saying="done in")
    await slack.type("say_hello name=Ann")

    assert len(await slack.replies("C0HIRING", "say_hello", count=2)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("help", "/talent list"),
        ("list", "*Say &lt;hello&gt; &amp; more*  `/talent say_hello`"),
        ("say_hello name=A times=9", "`times` must be 3 or less"),
        ("say_hello name=A email=nobody", "`email` must be an e-mail address"),
        ("say_hello name=A emial=a@b.c", "did you mean `email`?"),
        ("say_hello name='A", "is never closed"),
        ("say_helo name=A", "did you mean `say_hello`?"),
        ("nonsense_of_all_kinds", "I know no workflow"),
        ("<!channel>", "I know no workflow `@\u2060channel`"),
        ("no_workflow", "I know no workflow"),
        ("misspelt", "slack-chanel:C0HIRING is unknown"),
        ("only_lead", "certain people only"),
        ("switched_off", "it is paused in Airflow"),
    ],
)
async def test_nothing_is_started_and_the_person_reads_why(
    slack: Slack, text: str, said: str
) -> None:
    typed = await slack.type(text)

    assert typed["error"] is None
    assert said in await slack.told("C0HIRING")
    assert await slack.posts("C0HIRING") == []


async def test_the_example_in_a_refusal_can_be_copied(slack: Slack) -> None:
    await slack.type("say_hello times=9")

    refusal = await slack.told("C0HIRING")
    line = refusal.split("```")[1]
    await slack.type(line.removeprefix("/talent "))
    assert await slack.replies("C0HIRING", "say_hello")


async def test_a_workflow_may_be_named_as_it_is_shown(slack: Slack) -> None:
    await slack.type("SAY_NOTHING")

    assert await slack.root("C0HIRING", "say_nothing")


async def test_guests_start_nothing(slack: Slack) -> None:
    await slack.type("say_hello name=A", user="U0GUEST", channel="C0GENERAL")

    assert "guests" in await slack.told("C0GENERAL", user="U0GUEST")
    assert await slack.posts("C0GENERAL") == []


async def test_tags_decide_by_ids_who_may_start_where(slack: Slack) -> None:
    await slack.type("only_lead", user="U0LEAD")
    await slack.type("only_recruiters")
    await slack.type("only_hiring")
    await slack.type("only_hiring", channel="C0GENERAL")

    for dag_id in ("only_lead", "only_recruiters", "only_hiring"):
        assert await slack.root("C0HIRING", dag_id)
    assert "certain channels only" in await slack.told("C0GENERAL")


async def test_a_list_shows_what_this_person_may_start_here(slack: Slack) -> None:
    await slack.type("list", user="U0LEAD", channel="C0GENERAL")

    listed = await slack.told("C0GENERAL", user="U0LEAD")
    assert "`/talent only_lead`" in listed
    assert "`/talent only_recruiters`" in listed
    for hidden in ("only_hiring", "misspelt", "no_workflow", "report_here"):
        assert hidden not in listed


async def test_a_run_that_must_wait_for_others_says_so(slack: Slack, tmp_path: Path) -> None:
    until = tmp_path / "go"
    await slack.type(f"one_at_a_time until={until}")
    await slack.root("C0HIRING", "one_at_a_time", saying="running since")

    await slack.type(f"one_at_a_time until={tmp_path}/./go")

    assert "is queued: 1 of its runs" in await slack.told("C0HIRING", about="is queued")
    until.touch()

    async def both_done() -> bool:
        roots = await slack.roots("C0HIRING", "one_at_a_time")
        return len([root for root in roots if "done in" in shown_text(root)]) == 2

    await eventually(both_done)


async def test_where_the_bot_is_no_member_it_goes_on_in_a_direct_message(slack: Slack) -> None:
    await slack.type("say_hello name=Ann", channel="C0RANDOM")

    assert "direct messages" in await slack.told("C0RANDOM")
    assert "Hello Ann" in shown_text((await slack.replies("D0RECRUIT", "say_hello"))[0])
    assert await slack.posts("C0RANDOM") == []
