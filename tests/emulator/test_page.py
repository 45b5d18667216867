"""The page to look at: it shows what happened, lets one act, and runs nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Dialog, Page, expect

from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.browser import open_page

BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Approve"}}


@pytest.fixture
def http(talent_emulator: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=talent_emulator.url, trust_env=False, timeout=30) as http:
        yield http


def call(http: httpx.Client, method: str, **arguments: object) -> dict[str, str]:
    headers = {"Authorization": "Bearer xoxb-emulator"}
    answer = http.post(f"/slack/api/{method}", json=arguments, headers=headers).json()
    assert answer["ok"], answer
    return dict(answer)


@pytest.fixture
def browser_page() -> Iterator[Page]:
    with open_page() as page:
        problems: list[str] = []

        def note_error(said: ConsoleMessage) -> None:
            if said.type == "error":
                problems.append(said.text)

        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", note_error)
        yield page
    assert problems == []


@pytest.mark.parametrize("tab", ["slack", "vitay", "outbox", "nonsense"])
def test_every_tab_can_be_looked_at(http: httpx.Client, tab: str) -> None:
    answer = http.get("/", params={"tab": tab})
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_markup_in_messages_and_names_is_only_text(http: httpx.Client) -> None:
    attack = '<img src=x onerror="alert(1)">'
    plain = {"type": "plain_text", "text": attack}
    button = {"type": "button", "text": plain, "action_id": attack, "value": attack}
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": attack}]}
    call(
        http,
        "chat.postMessage",
        channel="C0HIRING",
        text=attack,
        blocks=[
            {"type": "header", "text": plain},
            {"type": "section", "text": {"type": "mrkdwn", "text": attack}, "accessory": button},
            {"type": "context", "elements": [plain]},
            {"type": "markdown", "text": attack},
            {"type": "image", "image_url": "javascript:alert(1)", "alt_text": attack},
            {"type": "rich_text", "elements": [rich]},
            {"type": "table", "rows": [[{"type": "raw_text", "text": attack}]]},
        ],
    )
    call(http, "chat.postMessage", channel="C0HIRING", text=attack)
    user = {"id": "U0EVIL", "name": attack, "real_name": attack}
    http.post("/_emulator/slack/users", json=user)

    html = http.get("/", params={"channel": "C0HIRING", "as": "U0EVIL"}).text

    assert "<img src=x" not in html
    assert html.count("&lt;img src=x") >= 9


def test_a_form_sends_a_message_and_comes_back(http: httpx.Client) -> None:
    form = {"user": "U0LEAD", "channel": "C0HIRING", "text": "hello *there*"}
    answer = http.post("/page/write", data=form)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/?channel=C0HIRING&as=U0LEAD",
    )
    assert "hello <b>there</b>" in http.get(answer.headers["location"]).text


def test_a_person_can_begin_a_direct_message(http: httpx.Client) -> None:
    assert "Nothing said here yet" in http.get("/?channel=D0GUEST&as=U0GUEST").text
    form = {"user": "U0GUEST", "channel": "D0GUEST", "text": "may I?"}
    assert "may I?" in http.get(http.post("/page/write", data=form).headers["location"]).text


def test_what_is_not_allowed_is_explained(http: httpx.Client) -> None:
    form = {"user": "U0GUEST", "channel": "C0RANDOM", "text": "hello"}
    answer = http.post("/page/write", data=form)
    assert "Only members can write" in http.get(answer.headers["location"]).text


def test_another_sites_page_cannot_act_here(http: httpx.Client) -> None:
    form = {"user": "U0LEAD", "channel": "C0HIRING", "text": "hello"}
    answer = http.post("/page/write", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_view_is_sent_again_only_when_it_changed(http: httpx.Client) -> None:
    view = {"channel": "C0HIRING", "part": "view"}
    first = http.get("/", params=view)
    same = http.get("/", params=view, headers={"If-None-Match": first.headers["etag"]})
    call(http, "chat.postMessage", channel="C0HIRING", text="news")
    changed = http.get("/", params=view, headers={"If-None-Match": first.headers["etag"]})

    assert (same.status_code, changed.status_code) == (304, 200)
    assert "<html" not in first.text


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("a.pdf", "application/pdf", "inline"),
        ("a.html", "application/octet-stream", "attachment"),
        ("a.svg", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_is_shown_only_when_it_can_do_nothing(
    http: httpx.Client, name: str, kind: str, disposition: str
) -> None:
    announced = call(http, "files.getUploadURLExternal", filename=name, length="4")
    http.post(announced["upload_url"], content=b"%PDF")
    files = [{"id": announced["file_id"]}]
    call(http, "files.completeUploadExternal", files=files, channel_id="C0HIRING")

    answer = http.get(f"/page/files/{announced['file_id']}")

    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == disposition


def test_a_browser_follows_what_happens_and_acts(
    browser_page: Page, http: httpx.Client, talent_emulator: Emulator
) -> None:
    browser_page.goto(f"{talent_emulator.url}/?channel=C0HIRING&as=U0LEAD")
    expect(browser_page.get_by_text("App not connected")).to_be_visible()

    confirm = {"text": {"type": "plain_text", "text": "Really?"}}
    call(
        http,
        "chat.postMessage",
        channel="C0HIRING",
        text="Approve?",
        blocks=[{"type": "actions", "elements": [{**BUTTON, "confirm": confirm}]}],
    )
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    browser_page.once("dialog", agree)
    browser_page.get_by_role("button", name="Approve").click()
    expect(browser_page.get_by_text("no_connection")).to_be_visible()
    assert asked == ["Really?"]

    browser_page.get_by_label("Message or command").fill("/talent help")
    browser_page.keyboard.press("Enter")
    expect(
        browser_page.get_by_text('/talent failed with the error "no_connection"')
    ).to_be_visible()

    browser_page.get_by_text("You are").click()
    browser_page.get_by_role("link", name=re.compile("Gale Guest")).click()
    expect(browser_page.get_by_label("Message or command")).to_be_disabled()


def test_a_half_written_message_survives_news(
    browser_page: Page, http: httpx.Client, talent_emulator: Emulator
) -> None:
    browser_page.goto(f"{talent_emulator.url}/?channel=C0HIRING")
    writing = browser_page.get_by_label("Message or command")
    writing.fill("half a sen")
    call(http, "chat.postMessage", channel="C0HIRING", text="news")
    expect(browser_page.get_by_text("news")).to_be_visible()
    expect(writing).to_have_value("half a sen")
