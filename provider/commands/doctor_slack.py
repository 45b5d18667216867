"""What the doctor looks at for the Slack app: tokens, scopes, the clock, people's own logins.
Nothing is posted."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from ..airflow_api import AirflowApi, AirflowApiError
from .findings import Finding

if TYPE_CHECKING:
    from ...slackbot.users_file import Account

SLACK_URL = "https://slack.com/api/"

SIGNED_WITHIN = 300
"""Seconds by which the clock may differ before every request of Slack looks forged."""
CLOCK_OFF = 30


class SlackRefuses(Exception):
    """The answer is no, or there is none; `code` is Slack's word for why."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Slack:
    """Slack's Web API with one token; the same is asked once, since some of it is rationed."""

    def __init__(self, url: str, token: str) -> None:
        self._answers: dict[tuple[str, ...], httpx.Response] = {}
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=15
        )

    def ask(self, method: str, **arguments: str) -> httpx.Response:
        """:raises SlackRefuses: the answer is no, or there is none."""
        question = (method, *arguments.values())
        try:
            answer = self._answers.get(question) or self._http.post(method, data=arguments)
            body = answer.json()
            self._answers[question] = answer
        except (httpx.HTTPError, ValueError) as error:
            raise SlackRefuses(f"Slack does not answer ({type(error).__name__})") from None
        if not body.get("ok"):
            code = str(body.get("error", "no reason given"))
            raise SlackRefuses(f"Slack refuses it: {code}", code)
        return answer

    def find_problem(self, method: str, **arguments: str) -> str | None:
        """Why Slack does not do it; None when it does."""
        try:
            self.ask(method, **arguments)
        except SlackRefuses as refusal:
            return str(refusal)
        return None


def connect(environment: Mapping[str, str]) -> Slack | None:
    """Slack as the bot sees it; None without a token."""
    token = environment.get("SLACK_BOT_TOKEN")
    return Slack(environment.get("SLACK_API_URL") or SLACK_URL, token) if token else None


def find_address_problem(url: str) -> str | None:
    """Why the Slack app would not take an address as Airflow's, which would then stand in links
    that everybody reads; None when it would."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "must be an address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be an address that starts with http:// or https://"
    if "@" in parts.netloc or parts.query or parts.fragment:
        return "must hold no user, password, query or fragment"
    return None


def look_at_slack(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Try the Slack app's tokens and scopes."""
    if environment.get("SLACK_CLIENT_ID"):
        yield from _look_at_installations(environment)
        return
    slack = connect(environment)
    if slack is None:
        yield Finding("absent", "Slack", "SLACK_BOT_TOKEN is not set")
        return
    yield from _look_at_bot_token(slack)
    if app_token := environment.get("SLACK_APP_TOKEN"):
        url = environment.get("SLACK_API_URL") or SLACK_URL
        yield _look_at_app_token(Slack(url, app_token))
    elif not environment.get("SLACK_SIGNING_SECRET"):
        yield Finding("broken", "Slack", "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set")
    if not environment.get("TALENT_FILE_ROOTS"):
        yield Finding(
            "warning",
            "TALENT_FILE_ROOTS",
            "is not set: reports are linked and not attached; set it to the folder of reports",
        )


def _look_at_installations(environment: Mapping[str, str]) -> Iterator[Finding]:
    """See which of several workspaces have installed the app, and whether their tokens work."""
    from ...services.settings import SettingsError
    from ...slackbot.settings import read_settings
    from ...slackbot.workspaces import find_tokens

    subject = "TALENT_SLACK_INSTALLATIONS"
    try:
        given = {name.lower(): value for name, value in environment.items() if value}
        tokens = asyncio.run(find_tokens(read_settings(**given)))
    except SettingsError as error:
        yield Finding("broken", subject, str(error))
        return
    url = environment.get("SLACK_API_URL") or SLACK_URL
    for team, token in tokens.items():
        if token is None:
            yield Finding("warning", team, "has not installed the app: open /slack/install there")
        elif problem := Slack(url, token).find_problem("auth.test"):
            yield Finding("broken", team, f"{problem}; install the app again")
        else:
            yield Finding("works", team, "has installed the app, its token is accepted")


def _look_at_bot_token(slack: Slack) -> Iterator[Finding]:
    subject = "SLACK_BOT_TOKEN"
    try:
        answer = slack.ask("auth.test")
    except SlackRefuses as refusal:
        yield Finding("broken", subject, str(refusal))
        return
    team = answer.json().get("team") or answer.json().get("team_id")
    yield Finding("works", subject, f"belongs to the workspace {team}")
    yield from _look_at_scopes(answer.headers.get("x-oauth-scopes"))
    yield from look_at_clock(answer.headers.get("date"), time.time())


def _look_at_scopes(header: str | None) -> Iterator[Finding]:
    from ...slackbot.manifest import SCOPES

    granted = {scope.strip() for scope in (header or "").split(",")} - {""}
    if not granted:
        return
    if missing := SCOPES.keys() - granted:
        yield Finding(
            "broken",
            "SLACK_BOT_TOKEN",
            f"lacks {', '.join(sorted(missing))}; bring the app up to `talent manifest` and install"
            " it again",
        )
    if unused := granted - SCOPES.keys():
        yield Finding(
            "warning",
            "SLACK_BOT_TOKEN",
            f"has {', '.join(sorted(unused))}, which the bot never uses; take it away at"
            " api.slack.com/apps",
        )


def look_at_clock(date: str | None, now: float) -> Iterator[Finding]:
    """Compare this machine's clock with Slack's.

    :param date: The header `Date` of an answer.
    :param now: Seconds since 1970.
    """
    try:
        off = round(abs(now - parsedate_to_datetime(date or "").timestamp()))
    except ValueError:
        return
    what = f"differs from Slack's by {off} s"
    if off > SIGNED_WITHIN:
        what += ", so the bot refuses every signed request as too old; let NTP set it"
        yield Finding("broken", "clock", what)
    elif off > CLOCK_OFF:
        what += f", and above {SIGNED_WITHIN} s nothing works; let NTP set it"
        yield Finding("warning", "clock", what)


def _look_at_app_token(slack: Slack) -> Finding:
    if problem := slack.find_problem("apps.connections.open"):
        return Finding("broken", "SLACK_APP_TOKEN", problem)
    return Finding("works", "SLACK_APP_TOKEN", "may open Socket Mode connections")


def look_at_users_file(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Try each login of the file that says who has one of their own."""
    from ...slackbot.users_file import SETTING, UsersFile, UsersFileError

    path, url = environment.get(SETTING), environment.get("TALENT_AIRFLOW_URL")
    if not path or not url or find_address_problem(url):
        return
    try:
        accounts = UsersFile(Path(path)).accounts
    except UsersFileError as error:
        yield Finding("broken", SETTING, str(error))
        return
    yield Finding("works", SETTING, f"has {len(accounts)} people with a login of their own")
    slack = connect(environment)
    for user, account in accounts.items():
        if problem := _try_login(url, account):
            yield Finding("broken", SETTING, f"[{user}]: {problem}; correct the entry")
        if slack and (problem := slack.find_problem("users.info", user=user)):
            yield Finding("broken", SETTING, f"[{user}] names nobody: {problem}")


def _try_login(url: str, account: Account) -> str | None:
    token = account.token_file.read_text(encoding="utf-8").strip() if account.token_file else None
    api = AirflowApi(
        url, username=account.username or "", password=account.password or "", token=token
    )
    try:
        api.get("/dags", limit=1)
    except AirflowApiError as error:
        return str(error)
    except httpx.HTTPError as error:
        return f"Airflow does not answer ({type(error).__name__})"
    finally:
        api.close()
    return None
