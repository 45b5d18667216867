"""What is posted when a run has ended, and to whom."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow

from .conftest import Slack, eventually, markup_of, shown_text

pytestmark = pytest.mark.usefixtures("bot")


async def test_in_a_private_channel_results_go_to_the_thread(slack: Slack) -> None:
    await slack.type("say_hello name=Ann")

    assert "Hello Ann" in shown_text((await slack.replies("C0HIRING", "say_hello"))[0])
    assert await slack.messages("D0RECRUIT") == []


async def test_in_a_public_channel_results_go_to_a_direct_message(slack: Slack) -> None:
    await slack.type("say_hello name=Ann", channel="C0GENERAL")

    async def in_direct_message() -> list[str]:
        return await slack.posts("D0RECRUIT", about="Hello Ann")

    direct = await eventually(in_direct_message)
    assert "*Say &lt;hello&gt; &amp; more*, started in <#C0GENERAL>" in direct[0]
    await slack.root("C0GENERAL", "say_hello", saying="done in")
    assert await slack.posts("C0GENERAL", about="Ann") == []


async def test_a_tag_makes_results_public(slack: Slack) -> None:
    await slack.type("show_everyone", channel="C0GENERAL")

    replies = await slack.replies("C0GENERAL", "show_everyone")
    assert "for everyone" in shown_text(replies[0])


async def test_several_results_come_in_the_order_their_tasks_ended(slack: Slack) -> None:
    await slack.type("say_much")

    replies = await slack.replies("C0HIRING", "say_much", count=3)
    assert [shown_text(reply) for reply in replies] == [
        "first",
        "second",
        "The result of *third* cannot be shown: slack_result must have v = 1",
    ]


async def test_a_run_without_a_result_is_summed_up_and_mapped_tasks_are_counted(
    slack: Slack,
) -> None:
    await slack.type("say_nothing")

    replies = await slack.replies("C0HIRING", "say_nothing")
    root = await slack.root("C0HIRING", "say_nothing", saying="done in")
    assert "*Say nothing* is done: 4 tasks in" in shown_text(replies[0])
    assert "group.each  ·  3 of 3 done" in shown_text(root)


async def test_a_failure_names_task_and_reason_without_secrets_or_people(
    slack: Slack, workflows: LocalAirflow
) -> None:
    await slack.type("fail_badly")

    reply = shown_text((await slack.replies("C0HIRING", "fail_badly"))[0])
    root = await slack.root("C0HIRING", "fail_badly", saying="failed after")
    assert "*break_down* failed" in reply
    assert "RuntimeError: cannot reach [e-mail] token=[secret]" in reply
    assert f"{workflows.url}/dags/fail_badly/runs/" in reply
    assert "/tasks/break_down?try_number=1|log>" in reply
    for secret in ("ann@example.com", "hunter2", "u:p@", "key=1", "1234567"):
        assert secret not in reply
    assert "not run, a task before it failed" in shown_text(root)
    assert "RuntimeError" not in shown_text(root)


async def test_a_retried_task_is_shown_as_retried_not_as_failed(slack: Slack) -> None:
    await slack.type("fail_at_first")

    waiting = await slack.root("C0HIRING", "fail_at_first", saying=":repeat:")
    assert "try 1 of 2 did not work, trying again soon" in shown_text(waiting)
    reply = (await slack.replies("C0HIRING", "fail_at_first"))[0]
    assert "is done: 1 task" in shown_text(reply)


async def test_files_below_the_roots_are_attached_and_others_linked(
    slack: Slack, files: Path, tmp_path: Path
) -> None:
    report, outside = files / "report.txt", tmp_path / "outside.txt"
    report.write_text("fine")
    outside.write_text("secret")
    (files / "link.txt").symlink_to(outside)
    (files / "sub").mkdir()
    (files / "sub" / "report.txt").write_text("also fine")
    (files / "empty.txt").touch()
    names = [
        str(report),
        f"file://{files}/sub/report.txt",
        str(files / "link.txt"),
        str(files / ".." / "outside.txt"),
        str(files / "empty.txt"),
        str(files / "missing.txt"),
        str(files),
        "https://u:p@vendor.example/x.pdf",
        "s3://conn@bucket/key.pdf",
    ]

    await slack.type(f"send_files files='{json.dumps(names)}'".replace("'", ""))

    replies = await slack.replies("C0HIRING", "send_files", count=3)
    attached = [file["title"] for reply in replies for file in reply.get("files", ())]
    assert attached == ["report.txt", "report.txt (2)"]
    linked = shown_text(replies[0]).split("Not attached:\n")[1].splitlines()
    assert linked == [
        f"• {files}/link.txt",
        f"• {files}/../outside.txt",
        f"• {files}/empty.txt",
        f"• {files}/missing.txt",
        f"• {files}",
        "• https://vendor.example/x.pdf",
        "• s3://bucket/key.pdf",
    ]


async def test_what_vendors_and_people_wrote_pings_nobody(slack: Slack) -> None:
    await slack.type("say_hello name='<!channel> &lt;!here&gt; @everyone <@U0LEAD|x> *x* &amp;'")

    reply = (await slack.replies("C0HIRING", "say_hello"))[0]
    assert "Hello @channel <!here> @everyone U0LEAD *x* &" in shown_text(reply)
    for mark in ("<!", "@channel", "@everyone", "<@"):
        assert mark not in markup_of(reply)


async def test_runs_of_a_tagged_dag_are_reported_whoever_started_them(
    slack: Slack, workflows: LocalAirflow
) -> None:
    await asyncio.to_thread(workflows.api.trigger, "report_here")

    replies = await slack.replies("C0HIRING", "report_here")
    assert "nightly figures" in shown_text(replies[0])
    await slack.root("C0GENERAL", "report_here", saying="done in")
    assert await slack.posts("C0GENERAL", about="nightly figures") == []


async def test_a_forged_conf_makes_nobody_a_starter(slack: Slack, workflows: LocalAirflow) -> None:
    forged = {"team": "T0EMULATOR", "channel": "C0GENERAL", "user": "U0LEAD", "signature": "0"}
    run_id = "slack__T0EMULATOR__U0LEAD__0123456789abcdef"
    with_signature = {"name": "Ann", "slack": forged}
    await asyncio.to_thread(
        workflows.api.trigger, "say_hello", with_signature, run_id=f"{run_id}{id(forged)}"
    )
    await asyncio.to_thread(workflows.api.trigger, "report_here")

    # The look that finds the reported run has passed over the forged one.
    await slack.replies("C0HIRING", "report_here")
    assert await slack.roots("C0GENERAL", "say_hello") == []


async def test_updates_keep_to_the_rate_of_the_workspace(
    slack: Slack, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"published_rate_limits": True})

    for name in ("Ann", "Bob", "Cleo", "Dan"):
        await slack.type(f"say_hello name={name}")

    await slack.replies("C0HIRING", "say_hello", count=4)
    refused = [r for r in talent_emulator.requests("slack") if r["status"] == 429]
    assert not [r for r in refused if "chat.update" in r["path"]]


async def test_a_message_that_may_not_be_edited_stops_nothing(
    slack: Slack, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"edit_window_closed": True})

    await slack.type("say_hello name=Ann")

    assert "Hello Ann" in shown_text((await slack.replies("C0HIRING", "say_hello"))[0])


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "status", "html"])
async def test_slacks_bad_moments_lose_and_repeat_nothing(
    slack: Slack, talent_emulator: Emulator, fault: str
) -> None:
    for path in ("chat.postMessage", "chat.update"):
        talent_emulator.fault("slack", "POST", path, fault, times=2)

    await slack.type("say_hello name=Ann")

    await slack.root("C0HIRING", "say_hello", saying="done in")
    await slack.replies("C0HIRING", "say_hello")
    assert len(await slack.roots("C0HIRING", "say_hello")) == 1
    assert len(await slack.posts("C0HIRING", about="Hello Ann")) == 1
