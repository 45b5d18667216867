"""A Bolt app in Socket Mode hears what people do, and people see what it answers."""

from __future__ import annotations

from typing import Any


async def test_a_command_is_acknowledged_and_its_answer_is_seen_by_the_person_only(
    slack: Any, app: Any, connect: Any
) -> None:
    heard = []

    @app.command("/talent")
    async def answer(ack: Any, command: Any) -> None:
        heard.append(command)
        await ack("On it")

    await connect(app)
    act = await slack.command("list")

    assert act["ack"] == {"text": "On it"}
    assert act["error"] is None
    assert heard[0]["text"] == "list"
    assert heard[0]["trigger_id"] == act["trigger_id"]
    (message,) = await slack.messages()
    assert (message["text"], message["ephemeral_to"]) == ("On it", "U0RECRUIT")


async def test_a_message_is_posted_updated_and_answered_in_its_thread(
    slack: Any, client: Any
) -> None:
    posted = await client.chat_postMessage(channel="C0HIRING", text="Running")
    await client.chat_postMessage(channel="C0HIRING", text="Detail", thread_ts=posted["ts"])
    await client.chat_update(channel="C0HIRING", ts=posted["ts"], text="Done")

    (root,) = await slack.messages()
    assert (root["text"], root["edits"]) == ("Done", 1)
    assert [reply["text"] for reply in root["replies"]] == ["Detail"]


async def test_a_file_arrives_in_the_thread_it_was_meant_for(slack: Any, client: Any) -> None:
    root = await client.chat_postMessage(channel="C0HIRING", text="Report")
    await client.files_upload_v2(
        channel="C0HIRING", thread_ts=root["ts"], filename="report.pdf", content=b"%PDF-1.4 x"
    )

    (message,) = await slack.messages()
    (reply,) = message["replies"]
    assert [file["name"] for file in reply["files"]] == ["report.pdf"]
