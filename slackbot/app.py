"""The Bolt app: the checks before everything, and who listens to what.

What people do is in `listeners`, one module for each kind of thing. All of them acknowledge
first and work afterwards, in the background: Slack waits three seconds, Airflow may take longer.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Protocol

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.logger import get_bolt_logger
from slack_bolt.logger.messages import warning_client_prioritized_and_token_skipped
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from . import metrics
from .access import Person, record_decision
from .answers import Answers
from .background import Background
from .desk import Desk
from .listeners.approvals import QuestionButtons
from .listeners.commands import Commands
from .listeners.forms import Forms
from .listeners.home import Home
from .listeners.runs import RunButtons
from .listeners.shortcuts import Shortcuts
from .settings import Settings
from .slack_api import SlackApi

log = logging.getLogger(__name__)

Next = Callable[[], Awaitable[BoltResponse]]


class Listener(Protocol):
    """Something that people can do."""

    def register(self, bolt: AsyncApp) -> None: ...


def listen(desk: Desk, answers: Answers, slack: SlackApi, background: Background) -> list[Listener]:
    """Everything that people can do."""
    forms = Forms(desk, slack, background)
    questions = QuestionButtons(answers, slack, background)
    return [
        Commands(desk, slack, forms, background),
        forms,
        RunButtons(desk, slack, forms, background),
        Shortcuts(desk, forms, background),
        questions,
        Home(desk, slack, background, questions.list_open),
    ]


@dataclass(frozen=True, slots=True)
class App:
    """:param teams: The workspaces that are served."""

    listeners: Iterable[Listener]
    teams: frozenset[str]

    def bolt(
        self,
        settings: Settings,
        client: AsyncWebClient,
        authorize: Callable[..., Awaitable[AuthorizeResult]] | None = None,
    ) -> AsyncApp:
        """The Bolt app with its middleware and listeners.

        :param authorize: Says whose token it is; without it Bolt asks Slack once.
        """
        secret = settings.slack_signing_secret
        if authorize:
            # Bolt warns of a token that is there and not needed.
            client = copy(client)
            client.token = None
        with _without_warning_about_tokens():
            bolt = AsyncApp(
                client=client,
                authorize=authorize,
                # Requests of Socket Mode are not signed, those of HTTP must be.
                signing_secret=secret.get_secret_value() if secret else None,
                request_verification_enabled=not settings.uses_socket_mode,
                # No listener waits for anything once it has acknowledged. Without this Bolt looks
                # every 10 ms whether it has.
                process_before_response=True,
            )
        bolt.middleware(self.refuse_other_teams)
        bolt.error(_log_kind)
        for listener in self.listeners:
            listener.register(bolt)
        return bolt

    async def refuse_other_teams(self, context: AsyncBoltContext, next_: Next) -> BoltResponse:
        """Stop whatever comes from a workspace that is not served."""
        if context.team_id in self.teams:
            return await next_()
        record_decision(
            Person(context.team_id or "-", context.user_id or "-", context.channel_id or "-"),
            workflow="-",
            allowed=False,
            why="foreign workspace",
        )
        return BoltResponse(status=200, body="This app does not serve your workspace.")


async def _log_kind(error: Exception) -> None:
    """Bolt's own handler would log the text of an error, which may repeat what a person wrote."""
    log.error("a listener failed: %s", type(error).__name__)
    metrics.failure(type(error).__name__)


@contextmanager
def _without_warning_about_tokens() -> Iterator[None]:
    """Bolt reads SLACK_BOT_TOKEN by itself and warns that the client has a token already."""
    bolt_log = get_bolt_logger(AsyncApp)
    bolt_log.addFilter(_is_news)
    try:
        yield
    finally:
        bolt_log.removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return record.getMessage() != warning_client_prioritized_and_token_skipped()
