"""What the environment must say, and one sentence when it does not."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from airflow_talent.services.settings import SettingsError
from airflow_talent.webhooks.settings import Settings, read_settings

PATH = secrets.token_urlsafe(24)

GOOD = {
    "TALENT_AIRFLOW_URL": "https://airflow.example/",
    "TALENT_AIRFLOW_TOKEN": "secret-1",
    "TALENT_WEBHOOK_FOLDER": "/var/lib/talent",
    "TALENT_WEBHOOK_VITAY_PATH": PATH,
}

MAKE_ONE = "make one with `talent webhooks --new-path`"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("TALENT_"):
            monkeypatch.delenv(name)


def read(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> Settings:
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return read_settings()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        TALENT_WEBHOOK_VITAY_CONN_ID="vitay_berlin",
        TALENT_WEBHOOK_VITAY_NETWORKS="203.0.113.7, 2001:db8::/32",
        TALENT_WEBHOOK_VITAY_HEADER="X-Token: a value",
        TALENT_WEBHOOK_RIMINDER_SECRET="wsk_1",
        TALENT_WEBHOOK_RIMINDER_SIGNATURE_MODE="hex-body",
        TALENT_WEBHOOK_TRUSTED_PROXIES="10.0.0.0/8",
        TALENT_WEBHOOK_PORT="",
    )

    vitay, riminder = settings.talent_webhook_vitay, settings.talent_webhook_riminder
    assert vitay
    assert riminder
    assert vitay.path.get_secret_value() == PATH
    assert vitay.conn_id == "vitay_berlin"
    assert vitay.networks == (ip_network("203.0.113.7/32"), ip_network("2001:db8::/32"))
    assert riminder.signature_mode == "hex-body"
    assert settings.talent_webhook_rezi is None
    assert settings.talent_webhook_trusted_proxies == (ip_network("10.0.0.0/8"),)
    assert settings.talent_webhook_port == 8720
    assert PATH not in repr(settings)


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex])
def test_a_path_of_128_bits_of_chance_is_taken(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[int], str]
) -> None:
    assert read(monkeypatch, TALENT_WEBHOOK_VITAY_PATH=make(16)).talent_webhook_vitay


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"TALENT_WEBHOOK_VITAY_PATH": None},
            (
                "No vendor is set: set TALENT_WEBHOOK_VITAY_PATH, TALENT_WEBHOOK_REZI_PATH or"
                " TALENT_WEBHOOK_RIMINDER_SECRET."
            ),
        ),
        (
            {"TALENT_WEBHOOK_VITAY_PATH": None, "TALENT_WEBHOOK_VITAY_CONN_ID": "x"},
            "TALENT_WEBHOOK_VITAY_PATH is missing.",
        ),
        ({"TALENT_WEBHOOK_FOLDER": None}, "TALENT_WEBHOOK_FOLDER is missing."),
        ({"TALENT_AIRFLOW_URL": None}, "TALENT_AIRFLOW_URL is missing."),
        (
            {"TALENT_AIRFLOW_TOKEN": None},
            (
                "TALENT_AIRFLOW_USERNAME is missing: set it with TALENT_AIRFLOW_PASSWORD,"
                " or set TALENT_AIRFLOW_TOKEN or TALENT_AIRFLOW_TOKEN_FILE."
            ),
        ),
        *(
            (
                {"TALENT_WEBHOOK_VITAY_PATH": path},
                (
                    "TALENT_WEBHOOK_VITAY_PATH must be made of 128 bits of chance or more:"
                    f" {MAKE_ONE}."
                ),
            )
            for path in ("hooks", "1" * 60, "password" * 5, "0123456789abcdef")
        ),
        (
            {"TALENT_WEBHOOK_REZI_PATH": "two/parts"},
            f"TALENT_WEBHOOK_REZI_PATH must hold letters, digits, - and _ only: {MAKE_ONE}.",
        ),
        (
            {"TALENT_WEBHOOK_VITAY_HEADER": "secret"},
            (
                "TALENT_WEBHOOK_VITAY_HEADER must be a header with its value, such as"
                " X-Token: 3f9a2c1d."
            ),
        ),
        (
            {"TALENT_WEBHOOK_VITAY_HMAC_HEADER": "X-Signature"},
            "TALENT_WEBHOOK_VITAY must have _HMAC_HEADER and _HMAC_SECRET both, or neither.",
        ),
        (
            {"TALENT_WEBHOOK_VITAY_NETWORKS": "vitay.io"},
            (
                "TALENT_WEBHOOK_VITAY_NETWORKS must be addresses or networks such as 203.0.113.7 or"
                " 198.51.100.0/24, with commas."
            ),
        ),
        (
            {"TALENT_WEBHOOK_VITAY_CONN_ID": "two words"},
            (
                "TALENT_WEBHOOK_VITAY_CONN_ID must be the id of an Airflow connection: letters,"
                " digits, _, - and dots."
            ),
        ),
        (
            {"TALENT_WEBHOOK_VITAY_PAHT": "x"},
            "TALENT_WEBHOOK_VITAY_PAHT is no setting: correct its name, or take it away.",
        ),
        (
            {"TALENT_WEBHOOK_RIMINDER_SECRET": "s", "TALENT_WEBHOOK_RIMINDER_SIGNATURE_MODE": "x"},
            (
                "TALENT_WEBHOOK_RIMINDER_SIGNATURE_MODE is wrong: input should be 'auto',"
                " 'raw-json', 'raw-encoded', 'hex-json' or 'hex-body'."
            ),
        ),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_setting_and_not_its_value(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(monkeypatch, **changes)

    assert str(refusal.value) == sentence
