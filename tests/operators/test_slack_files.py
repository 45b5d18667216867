"""A file that somebody gave to the Slack app, on its way to object storage."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from airflow.sdk import Context

from airflow_talent.clients.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    UnexpectedAnswer,
    VendorUnavailable,
)
from airflow_talent.clients.slack import SlackApi, SlackSettings
from airflow_talent.emulator.client import Emulator
from airflow_talent.hooks.base import ConnectionInvalid
from airflow_talent.operators.arguments import ArgumentInvalid
from airflow_talent.operators.slack import SlackFileToStorageOperator
from airflow_talent.tests.bucket import Bucket
from airflow_talent.tests.operators.strange_slack import PDF, Host, host

TOKEN = "xoxb-emulator"
NAME = "Ada Ray, resume.pdf"
CONTENT = b"%PDF-1.7 " + bytes(range(256)) * 2000


class Slack:
    """The emulated one, as an app that people give files to."""

    def __init__(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.emulator = emulator
        self._monkeypatch = monkeypatch
        self.connect(TOKEN)

    def connect(self, token: str, base_url: str = "", **extra: Any) -> None:
        """Say what the connection ``slack_default`` is."""
        connection = {
            "conn_type": "slack",
            "password": token,
            "extra": {"base_url": base_url or f"{self.emulator.url}/slack/api/", **extra},
        }
        self._monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(connection))

    def give(self, content: bytes = CONTENT, name: str = NAME) -> str:
        """Leave a file at Slack; returns its id."""
        place = self._ask("files.getUploadURLExternal", filename=name, length=str(len(content)))
        httpx.post(place["upload_url"], content=content, trust_env=False).raise_for_status()
        files = json.dumps([{"id": place["file_id"]}])
        self._ask("files.completeUploadExternal", files=files)
        return str(place["file_id"])

    def _ask(self, method: str, **arguments: str) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.emulator.url}/slack/api/{method}",
            data=arguments,
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
        ).json()
        assert answer["ok"], answer
        return dict(answer)


@pytest.fixture
def slack(talent_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Slack:
    return Slack(talent_emulator, monkeypatch)


@pytest.fixture
def strange(slack: Slack) -> Iterator[Host]:
    """A Slack that says what a test wants, in the place of the emulated one."""
    with host() as strange:
        slack.connect(TOKEN, base_url=f"{strange.url}/api/")
        yield strange


@pytest.fixture
def elsewhere() -> Iterator[Host]:
    """A host that is not Slack's."""
    with host() as elsewhere:
        yield elsewhere


def fetch(file_id: str, folder: Path | str, **more: Any) -> Any:
    where = folder.as_uri() if isinstance(folder, Path) else folder
    step = SlackFileToStorageOperator(task_id="fetch", file_id=file_id, folder=where, **more)
    return step.execute(Context())


def is_empty(folder: Path) -> bool:
    return not any(folder.rglob("*"))


@pytest.mark.parametrize("file_id", ["", "None", "../../etc/passwd", "C0HIRING", "F0/../x", "f0a"])
def test_what_is_no_id_of_a_file_is_refused_before_slack_is_asked(
    slack: Slack, tmp_path: Path, file_id: str
) -> None:
    with pytest.raises(ArgumentInvalid, match="file_id must"):
        fetch(file_id, tmp_path)

    assert slack.emulator.requests("slack") == []


@pytest.mark.parametrize("token", ["", "   ", "xoxb-\x00"])
def test_a_connection_without_a_token_says_so(slack: Slack, tmp_path: Path, token: str) -> None:
    slack.connect(token)

    with pytest.raises(ConnectionInvalid, match=r"slack_default: password: .*xoxb"):
        fetch("F0RESUME", tmp_path)


def test_a_proxy_that_cannot_be_one_is_named_without_its_password(
    slack: Slack, tmp_path: Path
) -> None:
    slack.connect(TOKEN, proxy="user:proxy-password@proxy")

    with pytest.raises(ConnectionInvalid, match="slack_default: proxy") as refused:
        fetch("F0RESUME", tmp_path)

    assert "proxy-password" not in str(refused.value)


def test_a_wrong_token_is_not_tried_again(slack: Slack, tmp_path: Path) -> None:
    file_id = slack.give()
    slack.connect("xoxb-wrong")

    with pytest.raises(AuthenticationFailed, match="check the connection's password"):
        fetch(file_id, tmp_path)

    assert is_empty(tmp_path)


def test_an_app_without_the_scope_is_told_which(slack: Slack, tmp_path: Path) -> None:
    file_id = slack.give()
    slack.emulator.settings(slack={"scopes": ["chat:write"]})

    with pytest.raises(PermissionDenied, match=r"lacks the scope files:read.*missing_scope"):
        fetch(file_id, tmp_path)


def test_a_file_that_is_not_there_is_not_found(slack: Slack, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no such file"):
        fetch("F0NOWHERE", tmp_path)


@pytest.mark.parametrize(
    ("file", "error", "reason"),
    [
        ({"mode": "tombstone"}, NotFound, "was deleted"),
        (
            {"mode": "tombstone", "size": None, "mimetype": None, "url_private_download": None},
            NotFound,
            "was deleted",
        ),
        ({"mode": "hidden_by_limit"}, NotFound, "older than the workspace's plan"),
        ({"mode": "external"}, InvalidRequest, "a link to another service"),
        ({"is_external": True, "external_type": "gdrive"}, InvalidRequest, "a link to another"),
        ({"url_private_download": ""}, NotFound, "nothing to download"),
        ({"size": 30 * 2**20}, InvalidRequest, "31457280 bytes, and 20971520 are allowed"),
        ({"id": "../../etc/passwd"}, UnexpectedAnswer, "not in the documented form"),
        ({"size": "large"}, UnexpectedAnswer, "not in the documented form"),
    ],
)
def test_what_cannot_be_stored_is_not_even_asked_for(
    strange: Host, tmp_path: Path, file: dict[str, Any], error: type[Exception], reason: str
) -> None:
    strange.file = file

    with pytest.raises(error, match=reason):
        fetch("F0RESUME", tmp_path)

    assert [path for path, _ in strange.asked] == ["/api/files.info"]


def test_the_token_is_not_sent_to_another_host(
    strange: Host, elsewhere: Host, tmp_path: Path
) -> None:
    strange.file = {"url_private_download": f"{elsewhere.url}/resume.pdf"}

    with pytest.raises(UnexpectedAnswer, match="a host that is not Slack's"):
        fetch("F0RESUME", tmp_path)

    assert elsewhere.asked == []


def test_a_redirect_to_another_host_is_not_followed(
    strange: Host, elsewhere: Host, tmp_path: Path
) -> None:
    strange.status = 302
    strange.headers = {"Location": elsewhere.url.replace("127.0.0.1", "localhost")}

    with pytest.raises(UnexpectedAnswer, match="another host, where the token does not go"):
        fetch("F0RESUME", tmp_path)

    assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (302, {"Location": "/?redir=%2Ffiles-pri%2FF0RESUME"}),
        (200, {"Content-Type": "text/html; charset=utf-8"}),
    ],
)
def test_the_page_to_sign_in_is_no_file(
    strange: Host, tmp_path: Path, status: int, headers: dict[str, str]
) -> None:
    strange.status, strange.headers, strange.content = status, headers, b"<h1>Sign in</h1>"

    with pytest.raises(PermissionDenied, match=r"wants a person to sign in.*files:read"):
        fetch("F0RESUME", tmp_path)

    assert is_empty(tmp_path)
    assert len(strange.asked) == 2


@pytest.mark.parametrize("content", [b"", PDF[:-1], PDF + b"\0", PDF * 1000])
def test_content_of_another_size_is_not_stored(
    strange: Host, tmp_path: Path, content: bytes
) -> None:
    strange.content = content

    with pytest.raises(UnexpectedAnswer, match=f"not of the {len(PDF)} bytes"):
        fetch("F0RESUME", tmp_path)

    assert is_empty(tmp_path)


@pytest.mark.parametrize(
    ("base_url", "url", "may_have_it"),
    [
        ("https://slack.com/api/", "https://files.slack.com/files-pri/T0-F0/ada.pdf", True),
        ("https://www.slack.com/api/", "https://files.slack.com/files-pri/T0-F0/ada.pdf", True),
        ("https://slack.com/api/", "https://slack.com/files-pri/T0-F0/ada.pdf", True),
        ("https://slack-gov.com/api/", "https://files.slack-gov.com/files-pri/T0-F0/a", True),
        ("http://127.0.0.1:8700/slack/api/", "http://127.0.0.1:8700/slack/files/F0/a", True),
        ("https://slack.com/api/", "http://files.slack.com/files-pri/T0-F0/ada.pdf", False),
        ("https://slack.com/api/", "https://files.slack.com:8443/files-pri/T0-F0/a", False),
        ("https://slack.com/api/", "https://acme.slack.com/files/U0/F0/ada.pdf", False),
        ("https://slack.com/api/", "https://slack-files.com/T0-F0-abc", False),
        ("https://slack.com/api/", "https://files.slack.com.evil.test/F0", False),
        ("https://slack.com/api/", "https://files.slack.com@evil.test/F0", False),
        ("https://slack.com/api/", "https://evilslack.com/F0", False),
        ("https://slack.com/api/", "https://docs.google.com/document/d/1", False),
        ("https://slack-gov.com/api/", "https://files.slack.com/files-pri/T0-F0/a", False),
        ("http://127.0.0.1:8700/slack/api/", "http://127.0.0.1:8701/slack/files/F0/a", False),
    ],
)
def test_the_token_is_for_slacks_own_hosts(base_url: str, url: str, may_have_it: bool) -> None:
    api = SlackApi(SlackSettings.model_validate({"base_url": base_url, "password": TOKEN}))

    assert api.takes_token(httpx.URL(url)) is may_have_it


@pytest.mark.parametrize("path", ["/api/files.info", "/files/"])
@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("status", {"code": 429, "retry_after": 0}),
        ("status", {"code": 503}),
        ("drop_before", {}),
        ("cut_body", {}),
    ],
)
def test_a_passing_fault_is_survived(
    slack: Slack, tmp_path: Path, path: str, fault: str, more: dict[str, Any]
) -> None:
    file_id = slack.give()
    slack.emulator.fault("slack", "GET", path, fault, **more)

    stored = fetch(file_id, tmp_path)

    assert (tmp_path / Path(stored["path"]).name).read_bytes() == CONTENT


def test_a_slack_that_asks_for_a_long_pause_is_left_to_the_next_try(
    slack: Slack, tmp_path: Path
) -> None:
    file_id = slack.give()
    slack.emulator.fault("slack", "GET", "/files/", "status", code=429, retry_after=600)

    with pytest.raises(RateLimited) as refused:
        fetch(file_id, tmp_path)

    assert refused.value.retry_after == 600
    assert is_empty(tmp_path)


def test_a_slack_that_is_down_is_not_asked_for_ever(
    slack: Slack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    file_id = slack.give()
    slack.emulator.fault("slack", "GET", "/files/", "status", code=500, times=None)

    with pytest.raises(VendorUnavailable):
        fetch(file_id, tmp_path)

    assert is_empty(tmp_path)


def test_a_file_is_stored_under_its_id_and_nobody_is_named(
    slack: Slack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file_id = slack.give()
    with caplog.at_level(logging.DEBUG):
        stored = fetch(file_id, tmp_path / "made" / "when" / "needed")

    file = tmp_path / "made" / "when" / "needed" / f"{file_id}.pdf"
    assert file.read_bytes() == CONTENT
    assert stored == {
        "path": file.as_uri(),
        "file_id": file_id,
        "size": len(CONTENT),
        "media_type": "application/pdf",
    }
    assert "Ada" not in caplog.text
    assert TOKEN not in caplog.text


def test_a_file_is_stored_again_in_its_place(slack: Slack, tmp_path: Path) -> None:
    file_id = slack.give()

    assert fetch(file_id, tmp_path) == fetch(file_id, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [f"{file_id}.pdf"]


@pytest.mark.parametrize(
    ("filetype", "suffix"),
    [
        ("PDF", ".pdf"),
        ("text", ".txt"),
        ("", ""),
        ("../../etc/passwd", ""),
        ("pdf/..", ""),
        ("p\N{LATIN SMALL LETTER E WITH ACUTE}f", ""),
    ],
)
def test_of_what_slack_says_nothing_but_a_plain_extension_gets_into_the_path(
    strange: Host, tmp_path: Path, filetype: str, suffix: str
) -> None:
    strange.file = {"filetype": filetype, "name": "../../../ada.exe"}
    fetch("F0RESUME", tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == [f"F0RESUME{suffix}"]


def test_a_file_is_stored_in_a_bucket(
    slack: Slack, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket(aws, "from-slack")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_HERE", json.dumps(bucket.connection))
    file_id = slack.give()

    stored = fetch(file_id, "s3://aws_here@from-slack/inbox")

    assert stored["path"] == f"s3://aws_here@from-slack/inbox/{file_id}.pdf"
    assert bucket.files("inbox") == {f"inbox/{file_id}.pdf": CONTENT}


def test_everything_goes_through_the_proxy_that_the_connection_names(
    slack: Slack, strange: Host, tmp_path: Path
) -> None:
    slack.connect(TOKEN, base_url="http://slack.test/api/", proxy=strange.url)
    strange.file = {"url_private_download": "http://slack.test/files-pri/T0-F0RESUME/ada.pdf"}

    assert fetch("F0RESUME", tmp_path)["size"] == len(PDF)
    paths = ["/api/files.info", "/files-pri/T0-F0RESUME/ada.pdf"]
    assert strange.asked == [(path, f"Bearer {TOKEN}") for path in paths]


def test_a_file_as_large_as_allowed_is_stored_and_no_larger_one(
    slack: Slack, tmp_path: Path
) -> None:
    file_id = slack.give()

    with pytest.raises(InvalidRequest, match="are allowed"):
        fetch(file_id, tmp_path, max_bytes=len(CONTENT) - 1)
    assert fetch(file_id, tmp_path, max_bytes=len(CONTENT))["size"] == len(CONTENT)
