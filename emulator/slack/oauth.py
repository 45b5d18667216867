"""Installing the app in a team by OAuth, and tokens that end.

Sources: https://docs.slack.dev/authentication/installing-with-oauth,
https://docs.slack.dev/authentication/using-token-rotation and
https://docs.slack.dev/reference/methods/oauth.v2.access.
"""

from __future__ import annotations

import secrets
from base64 import b64decode
from binascii import Error as NoBase64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from markupsafe import escape
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from .api import APP_TOKEN, BOT_TOKEN, Caller
from .records import APP, BOT_USER, TEAM, TEAM_NAMES, Json, SlackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from . import Slack

CLIENT_ID = "100.200"
CLIENT_SECRET = "emulator-client-secret"  # noqa: S105 - the emulator's published credential

CODE_LASTS = 600
"""Seconds."""


@dataclass(slots=True)
class Grant:
    """What a token allows: to act in a team, until it ends (None: for ever)."""

    team: str
    ends_at: float | None = None


@dataclass(slots=True)
class OAuth:
    """Codes and tokens. The first team has one that never ends, from the beginning.

    :param clock: Seconds since 1970, by the emulator's clock.
    :param lifetime: Seconds that new tokens last; None for ever.
    """

    clock: Callable[[], float]
    lifetime: Callable[[], int | None]
    codes: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=lambda: {BOT_TOKEN: Grant(TEAM)})
    refreshing: dict[str, str] = field(default_factory=dict)
    """The team of each refresh token; each can be used once."""
    revoked: set[str] = field(default_factory=set)

    def agree(self, team: str) -> str:
        """The code that a person brings to the app who agreed to install it."""
        code = secrets.token_hex(8)
        self.codes[code] = Grant(team, self.clock() + CODE_LASTS)
        return code

    def answer(self, request: Request, args: Json, scopes: Sequence[str]) -> Json:
        """`oauth.v2.access`: a token for a code, or a new one for one that ends."""
        _check_client(request, args)
        if args.get("grant_type") == "refresh_token":
            team = self.refreshing.pop(str(args.get("refresh_token")), None)
            if team is None:
                raise SlackError("invalid_refresh_token")
        else:
            code = self.codes.pop(str(args.get("code")), None)
            if code is None or self._has_ended(code):
                raise SlackError("invalid_code")
            team = code.team
        return {
            **self._issue(team),
            "token_type": "bot",
            "scope": ",".join(scopes),
            "bot_user_id": BOT_USER,
            "app_id": APP,
            "team": {"id": team, "name": TEAM_NAMES[team]},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": "U0RECRUIT"},
        }

    def team_of(self, token: str, caller: Caller) -> str:
        """Whose token it is; raises `SlackError` for one that is not good, or not for this."""
        if token in self.revoked:
            raise SlackError("account_inactive")
        if token != APP_TOKEN and token not in self.tokens:
            raise SlackError("invalid_auth")
        if (caller == "app") != (token == APP_TOKEN):
            raise SlackError("not_allowed_token_type")
        grant = self.tokens.get(token) or Grant(TEAM)
        if self._has_ended(grant):
            raise SlackError("token_expired")
        return grant.team

    def revoke(self, token: str) -> None:
        self.tokens.pop(token, None)
        self.revoked.add(token)

    def uninstall(self, team: str) -> None:
        for token in [token for token, grant in self.tokens.items() if grant.team == team]:
            self.revoke(token)
        self.refreshing = {one: whose for one, whose in self.refreshing.items() if whose != team}

    def _issue(self, team: str) -> Json:
        lifetime = self.lifetime()
        if lifetime is None:
            token = f"xoxb-{team}-{secrets.token_hex(8)}"
            self.tokens[token] = Grant(team)
            return {"access_token": token}
        token = f"xoxe.xoxb-{team}-{secrets.token_hex(8)}"
        refresh = f"xoxe-{secrets.token_hex(8)}"
        self.tokens[token] = Grant(team, self.clock() + lifetime)
        self.refreshing[refresh] = team
        return {"access_token": token, "refresh_token": refresh, "expires_in": lifetime}

    def _has_ended(self, grant: Grant) -> bool:
        return grant.ends_at is not None and self.clock() >= grant.ends_at


def oauth_routes(slack: Slack) -> list[BaseRoute]:
    """Where a person is asked whether a team shall have the app."""

    async def ask(request: Request) -> Response:
        query = request.query_params
        allowed = slack.now_settings.redirect_urls
        back = query.get("redirect_uri") or next(iter(allowed), None)
        if query.get("client_id") != CLIENT_ID:
            return PlainTextResponse("invalid_client_id", 400)
        if back is None or back not in allowed:
            return PlainTextResponse("bad_redirect_uri", 400)
        team = query.get("team")
        if team not in TEAM_NAMES:
            return HTMLResponse(_choose_team(request))
        answer = {"code": slack.oauth.agree(team), "state": query.get("state", "")}
        return RedirectResponse(f"{back}?{urlencode(answer)}", 302)

    return [Route("/oauth/v2/authorize", ask, methods=["GET"])]


def _choose_team(request: Request) -> str:
    links = (
        f'<li><a href="{escape(request.url.include_query_params(team=team))}">{name}</a></li>'
        for team, name in TEAM_NAMES.items()
    )
    return (
        f"<!doctype html><title>Install</title><h1>Install Talent in</h1><ul>{''.join(links)}</ul>"
    )


def _check_client(request: Request, args: Json) -> None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    shown = f"{args.get('client_id')}:{args.get('client_secret')}"
    if scheme.lower() == "basic":
        try:
            shown = b64decode(encoded).decode()
        except (NoBase64, ValueError):
            raise SlackError("invalid_client_id") from None
    client_id, _, client_secret = shown.partition(":")
    if client_id != CLIENT_ID:
        raise SlackError("invalid_client_id")
    if client_secret != CLIENT_SECRET:
        raise SlackError("bad_client_secret")
