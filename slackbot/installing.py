"""How a workspace installs the app in a browser: `/slack/install` and `/slack/oauth_redirect`.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from html import escape

import aiohttp
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .installations import STATE_LASTS, Installations, StoreSilent
from .manifest import SCOPES
from .settings import Settings

log = logging.getLogger(__name__)

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"

AGAIN = "Please begin again at the link that you were given."
WHY_NOT = {
    "access_denied": "You did not agree, so nothing was installed.",
    "invalid_browser": f"This browser did not begin the installation. {AGAIN}",
    "invalid_code": f"Slack did not accept the installation. {AGAIN}",
    "invalid_state": f"The installation took too long, or was finished already. {AGAIN}",
    "missing_code": f"Slack did not say for which workspace. {AGAIN}",
}
"""What the person reads, by Bolt's word for what is wrong."""


class _NotServed(Exception):
    """A workspace may not install the app."""


class Installer:
    """Takes an installation from the person's click to its token.

    :param client: Slack without a token.
    :param tell: Called with the workspace when its token is kept.
    """

    def __init__(
        self,
        settings: Settings,
        installations: Installations,
        client: AsyncWebClient,
        tell: Callable[[str], Awaitable[None]],
    ) -> None:
        self._tell = tell
        self._flow = _Flow(
            client=client,
            settings=AsyncOAuthSettings(
                client_id=installations.client_id,
                client_secret=installations.client_secret,
                scopes=list(SCOPES),
                user_scopes=[],
                authorization_url=(
                    f"{settings.slack_api_url.removesuffix('/api')}/oauth/v2/authorize"
                ),
                install_page_rendering_enabled=False,
                installation_store=installations.store.installations,
                state_store=installations.store.states,
                state_expiration_seconds=STATE_LASTS,
                callback_options=AsyncCallbackOptions(success=_say_done, failure=_say_failed),
            ),
        )
        self._flow.installations = installations
        self._flow.teams = frozenset(settings.talent_slack_teams)

    def routes(self) -> list[Route]:
        return [
            Route(INSTALL, self._begin, methods=["GET"]),
            Route(REDIRECT, self._end, methods=["GET"]),
        ]

    async def _begin(self, request: Request) -> Response:
        return await self._answer(self._flow.handle_installation, request)

    async def _end(self, request: Request) -> Response:
        return await self._answer(self._flow.handle_callback, request)

    async def _answer(
        self, step: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]], request: Request
    ) -> Response:
        asked = AsyncBoltRequest(
            body="", query=request.url.query, headers=dict(request.headers), mode="http"
        )
        try:
            answer = await step(asked)
            if team := asked.context.get("installed"):
                await self._tell(team)
        except _NotServed:
            answer = _page(403, "Not installed", "This app does not serve your workspace.")
        except StoreSilent as error:
            log.warning("an installation was not kept: %s", error)
            answer = _page(503, "Not installed", "It cannot be kept just now. Please try later.")
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("an installation failed at Slack: %s", type(error).__name__)
            answer = _page(502, "Not installed", f"Slack does not answer just now. {AGAIN}")
        return Response(answer.body, answer.status, answer.first_headers())


class _Flow(AsyncOAuthFlow):
    """Bolt's steps, which keep nothing of a workspace that is not served."""

    installations: Installations
    teams: frozenset[str]

    async def run_installation(self, code: str) -> Installation | None:
        installation = await super().run_installation(code)
        if installation and (
            installation.is_enterprise_install or installation.team_id not in self.teams
        ):
            log.warning("refused to be installed in %s", installation.team_id or "an organisation")
            await self.client.auth_revoke(token=installation.bot_token)
            raise _NotServed
        return installation

    async def store_installation(
        self, request: AsyncBoltRequest, installation: Installation
    ) -> None:
        await self.installations.add(installation)
        log.info("installed in %s", installation.team_id)
        request.context["installed"] = installation.team_id


async def _say_done(done: AsyncSuccessArgs) -> BoltResponse:
    name = done.installation.team_name or done.installation.team_id
    return _page(200, "Installed", f"Talent is at work in {name}. Type /talent help in Slack.")


async def _say_failed(failed: AsyncFailureArgs) -> BoltResponse:
    sentence = WHY_NOT.get(failed.reason, f"Slack did not install the app. {AGAIN}")
    return _page(failed.suggested_status_code, "Not installed", sentence)


def _page(status: int, title: str, sentence: str) -> BoltResponse:
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{escape(sentence)}</p></html>"
    )
    headers: dict[str, str | Sequence[str]] = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    }
    return BoltResponse(status=status, body=body, headers=headers)
