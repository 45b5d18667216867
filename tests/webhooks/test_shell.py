"""The receiver from the shell: what to enter at each vendor, and what the doctor says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.commands.doctor_webhooks import look_at_tags, look_at_webhook_settings
from airflow_talent.provider.commands.findings import Finding
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.webhooks.settings import PATH, read_settings

from .conftest import REZI_PATH, VITAY_PATH, receiver_environment
from .standin import StandIn, serving

LOOK = """
import sys
import airflow_talent.webhooks.main
found = sorted({name.partition(".")[0] for name in sys.modules} & {"airflow", "slack_sdk"})
with open("/proc/self/status") as status:
    size = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
print(*found, size // 1024)
"""

MOST = 80
"""MiB of a receiver that has nothing to do."""


def talent(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "airflow_talent.provider.cli", "webhooks", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def set_environment(monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, str]:
    """The environment of this process is that of a receiver of Vitay and Riminder."""
    for name in list(os.environ):
        if name.startswith("TALENT_"):
            monkeypatch.delenv(name)
    environment = receiver_environment(folder) | {"TALENT_AIRFLOW_URL": "http://127.0.0.1:9"}
    del environment["TALENT_WEBHOOK_REZI_PATH"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def said(findings: Iterator[Finding]) -> list[str]:
    return [f"{found.state} {found.subject}: {found.text}" for found in findings]


def test_a_new_path_is_one_that_is_taken(
    monkeypatch: pytest.MonkeyPatch, set_environment: dict[str, str]
) -> None:
    one, other = talent("--new-path"), talent("--new-path")

    assert one.stdout != other.stdout
    path = one.stdout.strip()
    assert PATH.fullmatch(path)
    monkeypatch.setenv("TALENT_WEBHOOK_VITAY_PATH", path)
    assert read_settings().talent_webhook_vitay


def test_what_to_enter_at_each_vendor_is_printed(folder: Path) -> None:
    environment = receiver_environment(folder) | {"TALENT_AIRFLOW_URL": "http://127.0.0.1:9"}

    done = talent("--print-urls", "https://hooks.firm.example/", **environment)

    assert done.returncode == 0, done.stderr
    assert re.findall(r"^https.*$", done.stdout, re.MULTILINE) == [
        f"https://hooks.firm.example/vitay/{VITAY_PATH}",
        f"https://hooks.firm.example/rezi/{REZI_PATH}",
        "https://hooks.firm.example/riminder",
    ]
    assert not folder.exists(), "nothing was started"


@pytest.mark.parametrize("url", ["hooks.firm.example", "https://u:p@hooks.firm.example"])
def test_an_address_that_is_none_is_one_sentence(folder: Path, url: str) -> None:
    done = talent("--print-urls", url, **receiver_environment(folder))

    assert done.returncode == 2
    assert re.fullmatch(r"talent: the address after --print-urls must .*\n", done.stderr)


def test_without_settings_it_says_what_is_missing() -> None:
    done = talent()

    assert (done.returncode, done.stderr) == (2, "TALENT_AIRFLOW_URL is missing.\n")


def test_the_receiver_imports_no_airflow_and_stays_small() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)

    *found, size = done.stdout.split()
    assert found == []
    assert int(size) < MOST


def test_the_doctor_says_that_nothing_is_set() -> None:
    assert said(look_at_webhook_settings({})) == ["absent webhooks: no TALENT_WEBHOOK_… is set"]


def test_the_doctor_finds_settings_right(set_environment: dict[str, str]) -> None:
    works, warning = said(look_at_webhook_settings(set_environment))

    assert works == "works webhooks: the settings are right, vitay, riminder can deliver"
    assert warning.startswith("warning TALENT_WEBHOOK_METRICS_PORT: is not set")


def test_the_doctor_finds_a_wrong_setting(
    set_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALENT_WEBHOOK_VITAY_PATH", "short")

    (broken,) = said(look_at_webhook_settings(set_environment))

    assert broken.startswith("broken webhooks: TALENT_WEBHOOK_VITAY_PATH must be made of 128 bits")


def test_the_doctor_finds_a_folder_that_is_none(
    set_environment: dict[str, str], folder: Path
) -> None:
    folder.write_text("a file")

    assert said(look_at_webhook_settings(set_environment)) == [
        "broken TALENT_WEBHOOK_FOLDER: names something that is no folder"
    ]


@pytest.fixture
def api() -> Iterator[tuple[AirflowApi, StandIn]]:
    stand_in = StandIn()
    with serving(stand_in) as url:
        api = AirflowApi(url, token="stand-in-token")
        yield api, stand_in
        api.close()


def test_the_doctor_warns_of_tags_that_nobody_tells_of(
    set_environment: dict[str, str], api: tuple[AirflowApi, StandIn]
) -> None:
    airflow, stand_in = api
    stand_in.dags = {
        "right": ["on:vitay:reference.completed", "slack", "only"],
        "misspelt": ["on:vitay:reference.complete"],
        "off": ["on:rezi:resume.section.saved"],
        "stranger": ["on:rickrut:scored"],
    }

    assert said(look_at_tags(airflow, set_environment)) == [
        (
            "works webhooks: DAGs are tagged on:rezi:resume.section.saved, on:rickrut:scored,"
            " on:vitay:reference.complete, on:vitay:reference.completed"
        ),
        "warning tag on:rezi:resume.section.saved: waits for rezi, which is not set to deliver",
        (
            "warning tag on:rickrut:scored: names no vendor that tells of anything: those are rezi,"
            " riminder, vitay"
        ),
        (
            "warning tag on:vitay:reference.complete: is no event that vitay is known to tell of,"
            " such as on:vitay:reference.completed"
        ),
    ]


def test_the_doctor_warns_when_no_dag_is_tagged(
    set_environment: dict[str, str], api: tuple[AirflowApi, StandIn]
) -> None:
    (warning,) = said(look_at_tags(api[0], set_environment))

    assert warning.endswith("so events start nothing")
    assert said(look_at_tags(api[0], {})) == []


def test_the_doctor_reads_the_tags_of_a_real_airflow(
    set_environment: dict[str, str], listening: LocalAirflow
) -> None:
    works, *_ = said(look_at_tags(listening.api, set_environment))

    assert "on:vitay:reference.completed" in works
