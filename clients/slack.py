"""Slack's files: what one is, and its content. Nothing else of Slack's API is needed here.

Source: https://docs.slack.dev/reference/methods/files.info and
https://docs.slack.dev/reference/objects/file-object.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from typing import IO, Annotated, Any, TypeVar

import httpx
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from .api import NAME_ONLY, Api
from .calls import Call, Endpoints, sends
from .errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
    VendorUnavailable,
)
from .runners import Runner
from .settings import BaseURL, ConnectionSettings

T = TypeVar("T")

Text = Annotated[str, BeforeValidator(lambda value: value or "")]
"""Slack writes null, or nothing, where there is none."""

REFUSALS: Mapping[str, tuple[type[VendorError], str]] = {
    "missing_scope": (
        PermissionDenied,
        "the Slack app lacks the scope files:read; add it and install the app again",
    ),
    "file_not_found": (
        NotFound,
        "there is no such file, or it is in no conversation that the Slack app is in",
    ),
    "file_deleted": (NotFound, "the file was deleted"),
    "ratelimited": (RateLimited, "too many requests"),
    **dict.fromkeys(
        (
            "account_inactive",
            "invalid_auth",
            "not_allowed_token_type",
            "not_authed",
            "token_expired",
            "token_revoked",
        ),
        (AuthenticationFailed, "the token was refused; check the connection's password"),
    ),
    **dict.fromkeys(
        ("fatal_error", "internal_error", "request_timeout", "service_unavailable"),
        (VendorUnavailable, "Slack failed"),
    ),
}
"""What Slack's words for a refusal mean; any other is an :class:`InvalidRequest`."""

SIGN_IN = (
    "Slack wants a person to sign in instead of giving the file: the app lacks the scope "
    "files:read, or it is in no conversation that the file is in"
)

NO_CONTENT: Mapping[str | None, tuple[type[VendorError], str]] = {
    "external": (InvalidRequest, "the file is a link to another service, which Slack cannot give"),
    "tombstone": (NotFound, "the file was deleted"),
    "hidden_by_limit": (NotFound, "the file is older than the workspace's plan shows"),
}
"""By mode: files that Slack knows of and has no content of."""


def _check_token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value().strip()
    if not (text and text.isascii() and text.isprintable()):
        raise ValueError("expected the token of the Slack app's bot, xoxb-…")
    return SecretStr(text)


def _check_proxy(url: str) -> str:
    try:
        httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        raise ValueError(
            "expected the URL of a proxy such as http://proxy.example.com:3128"
        ) from None
    return url


class SlackSettings(ConnectionSettings):
    """An Airflow connection of type ``slack``: ``password`` is the bot's token.

    :param proxy: URL of a proxy, None for what the environment says.
    """

    base_url: BaseURL = "https://slack.com/api/"
    password: Annotated[SecretStr, AfterValidator(_check_token)]
    proxy: Annotated[str, AfterValidator(_check_proxy)] | None = Field(default=None, repr=False)


class SlackFile(BaseModel):
    """What Slack knows about a file; its name and title, which may be a person's, are left out.

    :param filetype: Slack's word for the type, such as ``pdf``.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    id: str = Field(pattern=r"^F[A-Z0-9]+$")
    size: Annotated[int, BeforeValidator(lambda value: value or 0)] = 0
    mimetype: Text = ""
    filetype: Text = ""
    mode: str | None = None
    is_external: bool = False
    url_private_download: Text = ""


endpoint = Endpoints("slack")


@endpoint("GET", "/files.info", effect="read")
def show_file(file_id: str) -> Call[SlackFile]:
    """Read what a file is."""
    return sends(query={"file": file_id})


@endpoint("GET", "/files-pri/{file_id}", effect="read")
def download_file(file_id: str) -> Call[bytes]:
    """Read what a file contains; where that is stands in its ``url_private_download``."""
    return sends()


class SlackApi(Api[SlackSettings]):
    """Slack's Web API over one connection: a token in a header, refusals inside a 200."""

    vendor = "slack"

    def auth(self) -> httpx.Auth:
        return _Token(self.settings.password.get_secret_value())

    def check(self, call: Call[Any], response: httpx.Response) -> None:
        super().check(call, response)
        body = _object(response)
        if body.get("ok") is not False:
            return
        code = str(body.get("error"))
        kind, reason = REFUSALS.get(code, (InvalidRequest, "Slack refused it"))
        shown = code if NAME_ONLY.fullmatch(code) else None
        raise self._error(kind, call, reason, code=shown)

    def error_code(self, body: Any) -> str | None:
        return body.get("error") if isinstance(body, Mapping) else None

    def read(self, call: Call[T], response: httpx.Response) -> T:
        file: Any = SlackFile.model_validate(response.json()["file"])
        return file  # type: ignore[no-any-return]  # T, of the only call that is read here

    def takes_token(self, url: httpx.URL) -> bool:
        """Whether the token may be sent there: to the host of the API and to that of its files.

        Files are at ``https://files.slack.com``; they were at ``https://slack.com``.
        """
        api = httpx.URL(self.settings.base_url)
        home = api.host.removeprefix("www.")
        is_home = url.scheme == "https" and url.netloc.decode() in (home, f"files.{home}")
        return is_home or (url.scheme, url.netloc) == (api.scheme, api.netloc)

    def refuse(
        self, call: Call[Any], kind: type[VendorError], reason: str, **facts: Any
    ) -> VendorError:
        """An error about ``call``."""
        return self._error(kind, call, reason, **facts)


class SlackRunner(Runner):
    """Sends calls to Slack, and fetches what files contain."""

    api: SlackApi

    def download(self, file: SlackFile, content: IO[bytes], *, max_bytes: int) -> None:
        """Write what a file contains to ``content``, from the beginning; as often as reads are.

        The token goes to Slack's own hosts only, and no redirect is followed.

        :param content: is emptied before.
        :raises InvalidRequest: the file is larger than ``max_bytes``, or kept elsewhere.
        :raises NotFound: it was deleted, or there is nothing to download.
        :raises PermissionDenied: the token may not have it.
        :raises UnexpectedAnswer: Slack gave something else.
        """
        call = download_file(file.id)
        if refusal := self._refuse(call, file, max_bytes=max_bytes):
            raise refusal
        self._repeating(self._write, call, file, content)

    def _network_options(self, connections: int) -> dict[str, Any]:
        return {**super()._network_options(connections), "proxy": self.api.settings.proxy}

    def _refuse(self, call: Call[Any], file: SlackFile, *, max_bytes: int) -> VendorError | None:
        """Why a file is not even asked for."""
        mode = "external" if file.is_external else file.mode
        if mode in NO_CONTENT:
            return self.api.refuse(call, *NO_CONTENT[mode])
        if not file.url_private_download:
            return self.api.refuse(call, NotFound, "the file has nothing to download")
        if file.size > max_bytes:
            reason = f"the file has {file.size} bytes, and {max_bytes} are allowed"
            return self.api.refuse(call, InvalidRequest, reason)
        try:
            is_slacks = self.api.takes_token(httpx.URL(file.url_private_download))
        except httpx.InvalidURL:
            is_slacks = False
        if not is_slacks:
            reason = "the file is at a host that is not Slack's, so the token is not sent there"
            return self.api.refuse(call, UnexpectedAnswer, reason)
        return None

    def _write(self, call: Call[bytes], file: SlackFile, content: IO[bytes]) -> None:
        request = httpx.Request(
            "GET",
            file.url_private_download,
            headers={"User-Agent": self.api.headers["User-Agent"]},
            extensions={"timeout": httpx.Timeout(self.api.settings.timeout).as_dict()},
        )
        content.seek(0)
        content.truncate()
        try:
            with (
                self._new_client() as client,
                closing(client.send(request, stream=True)) as response,
            ):
                self._check_content(call, file, response)
                for chunk in response.iter_bytes():
                    content.write(chunk)
                    if content.tell() > file.size:
                        break
        except httpx.HTTPError as error:
            raise self.api.lost(call, request, error) from None
        if content.tell() != file.size:
            reason = f"the content is not of the {file.size} bytes that Slack says"
            raise self.api.refuse(call, UnexpectedAnswer, reason)

    def _check_content(self, call: Call[bytes], file: SlackFile, response: httpx.Response) -> None:
        """Refuse what is not the file: errors, redirects, and the page on which people sign in."""
        if response.next_request is not None:
            if self._is_at_slack(response.next_request.url):
                raise self.api.refuse(call, PermissionDenied, SIGN_IN, status=response.status_code)
            reason = "Slack sent to another host, where the token does not go"
            raise self.api.refuse(call, UnexpectedAnswer, reason, status=response.status_code)
        if not response.is_success:
            response.read()
            self.api.check(call, response)
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type == "text/html" and file.mimetype != media_type:
            raise self.api.refuse(call, PermissionDenied, SIGN_IN, status=response.status_code)

    def _is_at_slack(self, url: httpx.URL) -> bool:
        """Whether it is a page of Slack's, where a workspace has a host of its own."""
        home = httpx.URL(self.api.settings.base_url).host.removeprefix("www.")
        return url.host == home or url.host.endswith(f".{home}")


class _Token(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}
