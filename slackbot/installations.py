"""The bot tokens of the workspaces that have installed the app, kept in a database or a bucket.

The tables and objects are those of `slack_sdk`, so that other tools read them too. A token that
Slack lets end (token rotation) is replaced two hours before, by whichever process sees it first.

https://docs.slack.dev/authentication/using-token-rotation
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from ..services.settings import SettingsError
from .settings import Settings

log = logging.getLogger(__name__)

STATE_LASTS = 600
"""Seconds between the first and the last step of an installation."""

IN_A_BUCKET = "s3://"


class StoreSilent(Exception):
    """The database or the bucket does not answer; the text says which error it was."""


class Store(Protocol):
    """Where installations are kept."""

    @property
    def installations(self) -> AsyncInstallationStore: ...

    @property
    def states(self) -> AsyncOAuthStateStore: ...

    async def open(self) -> None:
        """Make what it needs. May be repeated.

        :raises StoreSilent: it does not answer.
        """

    async def tidy(self) -> None:
        """Forget installations that were begun and never finished."""

    async def close(self) -> None: ...


class Installations:
    """The workspaces that have installed the app, by id.

    :param client: Slack without a token, for replacing tokens.
    """

    def __init__(self, settings: Settings, client: AsyncWebClient) -> None:
        assert settings.slack_client_id  # noqa: S101 - the settings have seen to both
        assert settings.slack_client_secret  # noqa: S101
        self.client_id = settings.slack_client_id
        self.client_secret = settings.slack_client_secret.get_secret_value()
        self.store = _store(settings)
        self._rotator = AsyncTokenRotator(
            client_id=self.client_id, client_secret=self.client_secret, client=client
        )

    async def open(self) -> None:
        """:raises SettingsError: they cannot be kept where the settings say."""
        try:
            await self.store.open()
        except StoreSilent as error:
            raise SettingsError(f"TALENT_SLACK_INSTALLATIONS cannot be used: {error}.") from None

    async def add(self, installation: Installation) -> None:
        """Keep what a workspace has agreed to.

        :raises StoreSilent: it is not kept.
        """
        # A workspace is found by its id alone, also one of an Enterprise Grid.
        installation.enterprise_id = None
        await _asking(self.store.installations.async_save(installation))

    async def find(self, team: str) -> Bot | None:
        """The bot of a workspace with a token that lasts; None when it is not installed.

        :raises StoreSilent: that cannot be said now.
        """
        bot = await self._kept(team)
        if bot is None:
            return None
        try:
            fresh = await self._rotator.perform_bot_token_rotation(bot=bot)
        except Exception as error:
            # Its text holds the request. The old token lasts for two hours yet, and another
            # process may have replaced it at this moment: the next look tells.
            log.warning("the token of %s is not replaced yet: %s", team, type(error).__name__)
            return bot
        if fresh is None:
            return bot
        await _asking(self.store.installations.async_save_bot(fresh))
        log.info("the token of %s was replaced", team)
        return fresh

    async def token(self, team: str) -> str | None:
        """The token of a workspace as it is kept; None when it is not installed.

        :raises StoreSilent: that cannot be said now.
        """
        bot = await self._kept(team)
        return bot.bot_token if bot else None

    async def remove(self, team: str) -> None:
        """Forget a workspace and its tokens.

        :raises StoreSilent: it may still be there.
        """
        store = self.store.installations
        await _asking(store.async_delete_bot(enterprise_id=None, team_id=team))
        await _asking(store.async_delete_installation(enterprise_id=None, team_id=team))

    async def _kept(self, team: str) -> Bot | None:
        store = self.store.installations
        bot: Bot | None = await _asking(store.async_find_bot(enterprise_id=None, team_id=team))
        return bot


async def _asking(request: Any) -> Any:
    try:
        return await request
    except Exception as error:
        # Texts of databases may hold the values, which are tokens.
        raise StoreSilent(type(error).__name__) from None


def _store(settings: Settings) -> Store:
    assert settings.slack_client_id  # noqa: S101 - the settings have seen to both
    assert settings.talent_slack_installations  # noqa: S101
    url = settings.talent_slack_installations.get_secret_value()
    kind = _Bucket if url.startswith(IN_A_BUCKET) else _Database
    try:
        return kind(url, settings.slack_client_id)
    except ImportError as error:
        raise SettingsError(
            f"TALENT_SLACK_INSTALLATIONS needs the package {error.name}: install it."
        ) from None
    except Exception as error:
        # Its text may hold the password.
        raise SettingsError(
            f"TALENT_SLACK_INSTALLATIONS is wrong ({type(error).__name__})."
        ) from None


class _Database:
    """Three tables, made when they are not there: `slack_bots`, `slack_installations` and
    `slack_oauth_states`."""

    def __init__(self, url: str, client_id: str) -> None:
        from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
        from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
        from sqlalchemy.ext.asyncio import create_async_engine

        self._engine = create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
        self.installations = AsyncSQLAlchemyInstallationStore(client_id, self._engine)
        self.states = AsyncSQLAlchemyOAuthStateStore(STATE_LASTS, self._engine)

    async def open(self) -> None:
        with suppress(StoreSilent):
            await self._make_tables()
        # Another process may have made them at the same moment.
        await self._make_tables()

    async def _make_tables(self) -> None:
        for store in (self.installations, self.states):
            await _asking(store.create_tables())  # type: ignore[no-untyped-call]  # slack_sdk's

    async def tidy(self) -> None:
        states = self.states.oauth_states
        # Kept without a time zone, in UTC.
        now = datetime.now(UTC).replace(tzinfo=None)
        async with self._engine.begin() as connection:
            await connection.execute(states.delete().where(states.c.expire_at < now))

    async def close(self) -> None:
        await self._engine.dispose()


class _Bucket:
    """Objects in a bucket of their own; only the newest of each workspace is kept."""

    def __init__(self, url: str, client_id: str) -> None:
        import boto3  # type: ignore[import-untyped]  # it ships no types
        from slack_sdk.oauth.installation_store.amazon_s3 import AmazonS3InstallationStore
        from slack_sdk.oauth.state_store.amazon_s3 import AmazonS3OAuthStateStore

        class Kept(AmazonS3InstallationStore):
            """Slack's own answers "not installed" whenever the bucket does not answer."""

            def find_bot(
                self,
                *,
                enterprise_id: str | None,
                team_id: str | None,
                is_enterprise_install: bool | None = False,
            ) -> Bot | None:
                key = f"{client_id}/{enterprise_id or 'none'}-{team_id}/bot-latest"
                try:
                    found = s3.get_object(Bucket=self.bucket_name, Key=key)
                except s3.exceptions.NoSuchKey:
                    return None
                return Bot(**json.load(found["Body"]))

        s3 = boto3.client("s3")
        self._s3 = s3
        self._name = url.removeprefix(IN_A_BUCKET).rstrip("/")
        self.installations = _beside(
            Kept(
                s3_client=s3,
                bucket_name=self._name,
                client_id=client_id,
                historical_data_enabled=False,
            ),
            *("save", "save_bot", "find_bot", "delete_bot", "delete_installation"),
        )
        self.states = _beside(
            AmazonS3OAuthStateStore(
                s3_client=s3, bucket_name=self._name, expiration_seconds=STATE_LASTS
            ),
            *("issue", "consume"),
        )

    async def open(self) -> None:
        await _asking(asyncio.to_thread(self._s3.head_bucket, Bucket=self._name))

    async def tidy(self) -> None:
        """A lifecycle rule of the bucket does it: states are the objects in its root."""

    async def close(self) -> None:
        self._s3.close()


def _beside(store: Any, *methods: str) -> Any:
    """The store with what is asynchronous in name only done in threads: boto3 would hold up
    everything else until the bucket answers."""

    def put_beside(work: Callable[..., Any]) -> Callable[..., Any]:
        async def do(*positional: Any, **named: Any) -> Any:
            return await asyncio.to_thread(work, *positional, **named)

        return do

    for method in methods:
        setattr(store, f"async_{method}", put_beside(getattr(store, method)))
    return store
