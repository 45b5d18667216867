"""What the environment must say, and one sentence when it does not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from airflow_talent.services.settings import SettingsError
from airflow_talent.slackbot.settings import Settings, read_settings

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-secret-1",
    "SLACK_APP_TOKEN": "xapp-secret-2",
    "TALENT_AIRFLOW_URL": "https://airflow.example/prefix/",
    "TALENT_AIRFLOW_USERNAME": "bot",
    "TALENT_AIRFLOW_PASSWORD": "secret-3",
}


INSTALLED: dict[str, str | None] = {
    "SLACK_BOT_TOKEN": None,
    "SLACK_APP_TOKEN": None,
    "SLACK_SIGNING_SECRET": "secret-8",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "secret-9",
    "TALENT_SLACK_INSTALLATIONS": "postgresql+asyncpg://u:secret-10@db/talent",
    "TALENT_SLACK_TEAMS": "T1,T2",
}
"""What is different when several workspaces install the app."""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> Settings:
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return read_settings()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        TALENT_SLACK_TEAMS="T1, T2",
        TALENT_FILE_ROOTS="/data,s3://bucket/reports",
        TALENT_BOT_PORT="",
    )

    assert settings.uses_socket_mode
    assert settings.talent_airflow_url == "https://airflow.example/prefix"
    assert settings.talent_slack_teams == ("T1", "T2")
    assert settings.talent_file_roots == ("/data", "s3://bucket/reports")
    assert settings.talent_bot_port == 8710


def test_several_workspaces_need_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **INSTALLED)

    assert settings.uses_oauth
    assert "secret-" not in repr(settings)


def test_no_setting_shows_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "secret-" not in repr(read(monkeypatch))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SLACK_BOT_TOKEN": None}, "SLACK_BOT_TOKEN is missing."),
        (
            {"SLACK_BOT_TOKEN": "xoxp-secret-1"},
            "SLACK_BOT_TOKEN must be a bot token, which starts with xoxb-.",
        ),
        (
            {"SLACK_APP_TOKEN": "secret-2"},
            "SLACK_APP_TOKEN must be an app-level token, which starts with xapp-.",
        ),
        (
            {"SLACK_APP_TOKEN": None},
            "SLACK_SIGNING_SECRET is missing: without SLACK_APP_TOKEN the bot serves HTTP",
        ),
        ({"TALENT_AIRFLOW_URL": None}, "TALENT_AIRFLOW_URL is missing."),
        (
            {"TALENT_AIRFLOW_URL": "airflow.example"},
            "TALENT_AIRFLOW_URL must be an address that starts with http:// or https://.",
        ),
        (
            {"TALENT_AIRFLOW_URL": "https://u:secret-4@airflow.example"},
            "TALENT_AIRFLOW_URL must hold no user, password, query or fragment.",
        ),
        (
            {"TALENT_AIRFLOW_PASSWORD": None},
            "TALENT_AIRFLOW_PASSWORD is missing beside TALENT_AIRFLOW_USERNAME.",
        ),
        (
            {"TALENT_AIRFLOW_USERNAME": None, "TALENT_AIRFLOW_PASSWORD": None},
            "TALENT_AIRFLOW_USERNAME is missing: set it with TALENT_AIRFLOW_PASSWORD, or set",
        ),
        (
            {"TALENT_AIRFLOW_TOKEN": "secret-5"},
            "TALENT_AIRFLOW_USERNAME and TALENT_AIRFLOW_TOKEN exclude each other: keep one.",
        ),
        (
            {"TALENT_SLACK_TEAMS": "emulator"},
            "TALENT_SLACK_TEAMS must be workspace ids such as T0123456789, separated by commas.",
        ),
        (
            {"TALENT_FILE_ROOTS": "reports"},
            "TALENT_FILE_ROOTS must be absolute paths or URIs such as s3://bucket/folder.",
        ),
        (
            {"SLACK_API_URL": "slack.com/api"},
            "SLACK_API_URL must be an address that starts with http:// or https://.",
        ),
        (
            {"TALENT_AIRFLOW_USERNAME": None, "TALENT_AIRFLOW_PASSWORD": "secret-6"},
            "TALENT_AIRFLOW_USERNAME is missing beside TALENT_AIRFLOW_PASSWORD.",
        ),
        (
            {"TALENT_AIRFLOW_TOKEN_FILE": "/run/token"},
            "TALENT_AIRFLOW_USERNAME and TALENT_AIRFLOW_TOKEN_FILE exclude each other: keep one.",
        ),
        ({"SLACK_CLIENT_ID": "1.2"}, "SLACK_BOT_TOKEN and SLACK_CLIENT_ID exclude each other"),
        (
            {**INSTALLED, "SLACK_CLIENT_SECRET": None},
            "SLACK_CLIENT_SECRET is missing beside SLACK_CLIENT_ID.",
        ),
        (
            {**INSTALLED, "SLACK_CLIENT_ID": None},
            "SLACK_CLIENT_ID is missing beside SLACK_CLIENT_SECRET.",
        ),
        (
            {**INSTALLED, "TALENT_SLACK_INSTALLATIONS": None},
            "TALENT_SLACK_INSTALLATIONS is missing beside SLACK_CLIENT_ID.",
        ),
        (
            {**INSTALLED, "TALENT_SLACK_INSTALLATIONS": "postgresql://u:secret-7@db/talent"},
            "TALENT_SLACK_INSTALLATIONS must be s3://bucket, or an SQLAlchemy URL with an",
        ),
        (
            {**INSTALLED, "TALENT_SLACK_INSTALLATIONS": "s3://bucket/folder"},
            "TALENT_SLACK_INSTALLATIONS must be s3://bucket, or an SQLAlchemy URL with an",
        ),
        (
            {**INSTALLED, "SLACK_APP_TOKEN": "xapp-secret-2"},
            "SLACK_APP_TOKEN must not be set beside SLACK_CLIENT_ID: people install the app over",
        ),
        (
            {**INSTALLED, "TALENT_SLACK_TEAMS": None},
            "TALENT_SLACK_TEAMS is missing beside SLACK_CLIENT_ID: it says which workspaces may",
        ),
        (
            {**INSTALLED, "SLACK_SIGNING_SECRET": None},
            "SLACK_SIGNING_SECRET is missing: without SLACK_APP_TOKEN the bot serves HTTP",
        ),
        ({"TALENT_BOT_PORT": "70000"}, "TALENT_BOT_PORT is wrong:"),
        ({"TALENT_BOT_PORT": "http"}, "TALENT_BOT_PORT is wrong:"),
        ({"TALENT_METRICS_PORT": "-1"}, "TALENT_METRICS_PORT is wrong:"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(monkeypatch, **changes)

    assert str(refusal.value).startswith(sentence)
    assert "secret-" not in str(refusal.value)


def test_the_bot_does_not_start_without_its_settings() -> None:
    environment = {name: value for name, value in os.environ.items() if "SLACK" not in name}

    ended = subprocess.run(
        [sys.executable, "-m", "airflow_talent.slackbot.main"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stderr == "SLACK_BOT_TOKEN is missing.\n"
