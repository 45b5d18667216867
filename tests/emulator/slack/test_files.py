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
from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople
from airflow_talent.tests.emulator.slack.views import Heard, Open, error_of, field, modal

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


async def fetch(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.get(url, headers={"Authorization": f"Bearer {BOT_TOKEN}"})


async def test_a_file_somebody_shares_is_told_and_can_be_fetched(
    people: SlackPeople, client: AsyncWebClient, heard: Heard, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"events": ["file_shared"]})
    shared = await people.upload("cv.pdf", PDF, "C0HIRING", text="A CV")

    (body,) = heard.bodies
    assert (body["event"]["file_id"], body["event"]["channel_id"]) == (shared["file"], "C0HIRING")
    info = (await client.files_info(file=shared["file"]))["file"]
    assert (info["name"], info["user"], info["size"]) == ("cv.pdf", "U0RECRUIT", len(PDF))
    assert (await fetch(info["url_private_download"])).content == PDF


@pytest.mark.parametrize("channel", [None, "C0RANDOM"], ids=["unshared", "where the app is not"])
async def test_a_file_the_app_cannot_see_is_not_there(
    people: SlackPeople, client: AsyncWebClient, talent_emulator: Emulator, channel: str | None
) -> None:
    file = (await people.upload("cv.pdf", PDF, channel))["file"]
    assert await error_of(client.files_info(file=file)) == "file_not_found"
    assert (await fetch(f"{talent_emulator.url}/slack/files/{file}/cv.pdf")).status_code == 404


async def test_a_file_put_into_a_form_is_given_to_the_app(
    people: SlackPeople, client: AsyncWebClient, heard: Heard, open_modal: Open
) -> None:
    file = (await people.upload("cv.pdf", PDF))["file"]
    await people.submit(await open_modal(field({"type": "file_input"})), {"b": [file]})

    (given,) = heard.value()["files"]
    assert given["id"] == file
    assert (await client.files_info(file=file))["file"]["id"] == file
    assert (await fetch(given["url_private"])).content == PDF


@pytest.mark.parametrize(
    ("limits", "names", "told"),
    [
        ({"filetypes": ["pdf", "docx"]}, ["cv.exe"], "of these types: pdf, docx"),
        ({"max_files": 1}, ["a.pdf", "b.pdf"], "no more than 1 files"),
    ],
)
async def test_a_form_takes_only_the_files_it_names(
    people: SlackPeople,
    heard: Heard,
    open_modal: Open,
    limits: dict[str, Any],
    names: list[str],
    told: str,
) -> None:
    files = [(await people.upload(name, PDF))["file"] for name in names]
    view_id = await open_modal(field({"type": "file_input", **limits}))
    act = await people.submit(view_id, {"b": files})
    assert (act["error"], heard.bodies) == ("invalid_input", [])
    assert told in act["view"]["errors"]["b"]


async def test_nobody_hands_in_the_file_of_another(people: SlackPeople, open_modal: Open) -> None:
    file = (await people.upload("cv.pdf", PDF, user="U0LEAD"))["file"]
    view_id = await open_modal(field({"type": "file_input"}))
    with pytest.raises(SlackActRefused, match="file_not_found"):
        await people.submit(view_id, {"b": [file]})


async def test_files_are_only_for_apps_that_may_read_them(
    people: SlackPeople, client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    shared = await people.upload("cv.pdf", PDF, "C0HIRING")
    url = f"{talent_emulator.url}/slack/files/{shared['file']}/cv.pdf"
    talent_emulator.settings(slack={"scopes": ["chat:write", "commands"]})
    trigger_id = (await people.command())["trigger_id"]

    asked = client.views_open(trigger_id=trigger_id, view=modal(field({"type": "file_input"})))
    assert await error_of(asked) == "missing_scope"
    assert await error_of(client.files_info(file=shared["file"])) == "missing_scope"
    assert (await fetch(url)).status_code == 302


async def test_a_file_cannot_be_shared_where_its_person_is_not(people: SlackPeople) -> None:
    with pytest.raises(SlackActRefused, match="not_in_channel"):
        await people.upload("cv.pdf", PDF, "C0RANDOM", user="U0ENGINEER")
