"""Files: announced, uploaded, shared, and fetched again with the token."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack import BOT_TOKEN
from airflow_talent.emulator.slack.client import SlackPeople

PDF = b"%PDF-1.4 a report"


async def test_a_file_arrives_in_the_thread_it_was_meant_for(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel="C0HIRING", text="Report")
    await client.files_upload_v2(
        channel="C0HIRING",
        thread_ts=root["ts"],
        filename="report.pdf",
        title="The report",
        content=PDF,
        initial_comment="Here it is",
    )

    ((reply,),) = [message["replies"] for message in await people.messages()]
    (file,) = reply["files"]
    assert reply["text"] == "Here it is"
    assert (file["name"], file["title"], file["size"]) == ("report.pdf", "The report", len(PDF))


async def test_several_files_share_one_message(people: SlackPeople, client: AsyncWebClient) -> None:
    uploads = [{"filename": name, "content": PDF} for name in ("a.pdf", "b.csv")]
    await client.files_upload_v2(channel="C0HIRING", file_uploads=uploads)

    (message,) = await people.messages()
    assert [(file["name"], file["filetype"]) for file in message["files"]] == [
        ("a.pdf", "pdf"),
        ("b.csv", "csv"),
    ]


async def test_the_blocking_client_uploads_too(
    people: SlackPeople, talent_emulator: Emulator
) -> None:
    client = WebClient(token=BOT_TOKEN, base_url=f"{talent_emulator.url}/slack/api/")
    await asyncio.to_thread(
        client.files_upload_v2, channel="C0HIRING", filename="é à.txt", content="hello"
    )
    (message,) = await people.messages()
    assert message["files"][0]["name"] == "é à.txt"


async def test_the_content_is_given_to_the_token_only(client: AsyncWebClient) -> None:
    shared = await client.files_upload_v2(channel="C0HIRING", filename="a b.pdf", content=PDF)
    info = await client.files_info(file=shared["file"]["id"])
    url = info["file"]["url_private_download"]

    async with httpx.AsyncClient(trust_env=False) as http:
        signed_in = await http.get(url, headers={"Authorization": f"Bearer {BOT_TOKEN}"})
        stranger = await http.get(url)

    assert signed_in.content == PDF
    assert stranger.status_code == 302


async def test_a_file_can_wait_unshared(people: SlackPeople, client: AsyncWebClient) -> None:
    uploaded = await client.files_upload_v2(filename="a.pdf", content=PDF)
    assert uploaded["file"]["shares"] == {}
    assert await people.messages() == []


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"channel": "C0RANDOM"}, "not_in_channel"),
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": "C0HIRING", "thread_ts": "1.000001"}, "invalid_thread_ts"),
    ],
)
async def test_a_file_cannot_go_where_a_message_cannot(
    client: AsyncWebClient, sent: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError, match=error):
        await client.files_upload_v2(filename="a.pdf", content=PDF, **sent)


async def test_an_upload_of_another_length_fails(
    client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    announced = await client.files_getUploadURLExternal(filename="a.pdf", length=5)
    async with httpx.AsyncClient(trust_env=False) as http:
        short = await http.post(announced["upload_url"], content=b"1234")

    assert short.status_code == 400
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=[{"id": announced["file_id"]}])


async def test_an_empty_file_is_refused(client: AsyncWebClient) -> None:
    with pytest.raises((SlackApiError, SlackRequestError)):
        await client.files_upload_v2(channel="C0HIRING", filename="a.pdf", content=b"")
