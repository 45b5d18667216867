"""What the bot is told by its environment, read once and checked before anything starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from ..services.settings import AirflowSettings, plain_url, read_environment

TEAM_ID = re.compile(r"[TE][A-Z0-9]+")
STORE = re.compile(r"s3://[a-z0-9.-]+/?|[a-z0-9]+\+[a-z0-9]+://.*")

Names = Annotated[tuple[str, ...], NoDecode]


class Settings(AirflowSettings):
    """The environment of `talent bot`; each field is the variable of the same name in capitals.

    Slack: with `SLACK_APP_TOKEN` the bot uses Socket Mode and needs no public address, without it
    the bot serves HTTP and `SLACK_SIGNING_SECRET` is required. The signing secret (or else the app
    token) is also the key under which the bot recognises its own runs: while it is changed, runs
    that are still going are no longer reported.

    Airflow: `TALENT_AIRFLOW_URL` is where people open Airflow too, since links in Slack point
    there. The login needs the role `user`, by name and password, by token, or by a token file
    that is read again whenever it changes.

    Several workspaces: instead of `SLACK_BOT_TOKEN`, the client id and secret of the app and
    `TALENT_SLACK_INSTALLATIONS`, where the token of each workspace is kept that installs it.

    What faces the internet should reach `/slack/events` and nothing else, with several workspaces
    also `/slack/install` and `/slack/oauth_redirect`: the other paths tell strangers how busy the
    bot is.
    """

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"

    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    talent_slack_installations: SecretStr | None = None
    """An SQLAlchemy URL with an asynchronous driver, or `s3://bucket`."""

    talent_airflow_users_file: Path | None = None
    """Who has an Airflow login of their own (see `users_file`); nobody without it."""

    talent_slack_teams: Names = ()
    """Workspaces whose people are served; empty means the one that the bot token belongs to."""

    talent_file_roots: Names = ()
    """Folders and buckets, separated by commas, below which results may name files to attach;
    empty means that files are only ever linked."""

    talent_bot_host: str = "127.0.0.1"
    talent_bot_port: int = Field(default=8710, ge=0, le=65535)
    """Used without Socket Mode; 0 takes a free port."""

    talent_metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Where `/health`, `/ready` and `/metrics` are, at the host above. Without it they are beside
    `/slack/events`, and in Socket Mode nowhere."""

    @field_validator("slack_bot_token")
    @classmethod
    def _looks_like_a_bot_token(cls, token: SecretStr | None) -> SecretStr | None:
        return token and _starting_with("xoxb-", token, "a bot token")

    @field_validator("slack_app_token")
    @classmethod
    def _looks_like_an_app_token(cls, token: SecretStr | None) -> SecretStr | None:
        return token and _starting_with("xapp-", token, "an app-level token")

    @field_validator("slack_api_url")
    @classmethod
    def _is_a_plain_address(cls, url: str) -> str:
        return plain_url(url)

    @field_validator("talent_slack_teams", "talent_file_roots", mode="before")
    @classmethod
    def _split_at_commas(cls, names: Any) -> Any:
        if not isinstance(names, str):
            return names
        return tuple(name.strip() for name in names.split(",") if name.strip())

    @field_validator("talent_slack_teams")
    @classmethod
    def _are_team_ids(cls, teams: tuple[str, ...]) -> tuple[str, ...]:
        if not all(TEAM_ID.fullmatch(team) for team in teams):
            raise ValueError("must be workspace ids such as T0123456789, separated by commas")
        return teams

    @field_validator("talent_file_roots")
    @classmethod
    def _are_absolute(cls, roots: tuple[str, ...]) -> tuple[str, ...]:
        if not all(root.startswith("/") or "://" in root for root in roots):
            raise ValueError("must be absolute paths or URIs such as s3://bucket/folder")
        return roots

    @field_validator("talent_slack_installations")
    @classmethod
    def _is_a_store(cls, store: SecretStr | None) -> SecretStr | None:
        # Its value holds a password, so what is wrong with it is said without it.
        if store and not STORE.fullmatch(store.get_secret_value()):
            raise ValueError(
                "must be s3://bucket, or an SQLAlchemy URL with an asynchronous driver such as"
                " postgresql+asyncpg://… or sqlite+aiosqlite:///…"
            )
        return store

    @model_validator(mode="before")
    @classmethod
    def _has_some_token(cls, given: Any) -> Any:
        kinds = ("slack_bot_token", "slack_client_id", "slack_client_secret")
        if not any(given.get(name) for name in (*kinds, "talent_slack_installations")):
            raise ValueError("SLACK_BOT_TOKEN is missing")
        return given

    @model_validator(mode="after")
    def _has_one_kind_of_tokens(self) -> Settings:
        parts = {
            "SLACK_CLIENT_ID": self.slack_client_id,
            "SLACK_CLIENT_SECRET": self.slack_client_secret,
            "TALENT_SLACK_INSTALLATIONS": self.talent_slack_installations,
        }
        given = [name for name, value in parts.items() if value]
        if not given:
            return self
        if self.slack_bot_token:
            raise ValueError(f"SLACK_BOT_TOKEN and {given[0]} exclude each other: keep one")
        for name, value in parts.items():
            if not value:
                raise ValueError(f"{name} is missing beside {given[0]}")
        if self.slack_app_token:
            raise ValueError(
                "SLACK_APP_TOKEN must not be set beside SLACK_CLIENT_ID: people install the app"
                " over HTTP, which Socket Mode does not serve"
            )
        if not self.talent_slack_teams:
            raise ValueError(
                "TALENT_SLACK_TEAMS is missing beside SLACK_CLIENT_ID: it says which workspaces"
                " may install the app"
            )
        return self

    @model_validator(mode="after")
    def _can_check_signatures(self) -> Settings:
        if not (self.slack_app_token or self.slack_signing_secret):
            raise ValueError(
                "SLACK_SIGNING_SECRET is missing: without SLACK_APP_TOKEN the bot serves HTTP"
                " and must check Slack's signatures"
            )
        return self

    @property
    def uses_oauth(self) -> bool:
        """Whether workspaces install the app, instead of one giving its token."""
        return self.slack_client_id is not None

    @property
    def uses_socket_mode(self) -> bool:
        return self.slack_app_token is not None

    @property
    def own_secret(self) -> bytes:
        """The secret that only this bot and Slack know."""
        secret = self.slack_signing_secret or self.slack_app_token
        assert secret is not None  # noqa: S101 - _can_check_signatures has seen to it
        return secret.get_secret_value().encode()


def read_settings(**given: Any) -> Settings:
    """The settings from the environment, or a :class:`SettingsError` with one sentence.

    :param given: Values that outrank the environment, by field name.
    """
    return read_environment(Settings, **given)


def _starting_with(prefix: str, token: SecretStr, kind: str) -> SecretStr:
    if not token.get_secret_value().startswith(prefix):
        raise ValueError(f"must be {kind}, which starts with {prefix}")
    return token
