"""Assets and their URIs, as authors write them and as Airflow reads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from airflow.sdk import Asset

from airflow_talent.assets import (
    VENDOR_ASSETS,
    find_asset,
    rezi,
    rezora,
    rickrut,
    riminder,
    vitay,
)
from airflow_talent.assets.vendor_asset import VendorAsset
from airflow_talent.provider.get_provider_info import VENDORS
from airflow_talent.tests.offline import OfflineAirflow


def test_an_asset_is_named_by_its_uri_and_belongs_to_a_connection() -> None:
    asset = vitay.references_filled()

    assert asset.name == asset.uri == "vitay://vitay_default/references/filled"
    assert vitay.references_filled("vitay_uk").uri == "vitay://vitay_uk/references/filled"
    assert {each.vendor for each in VENDOR_ASSETS} == VENDORS.keys()


@pytest.mark.parametrize("what", VENDOR_ASSETS, ids=lambda what: what.path)
@pytest.mark.parametrize("conn_id", [None, "team/Vitay:1"])
def test_airflow_finds_nothing_to_change_in_our_uris(
    what: VendorAsset, conn_id: str | None
) -> None:
    assert Asset(what.uri(conn_id)) == what(conn_id)


def test_each_event_belongs_to_one_asset() -> None:
    for what in VENDOR_ASSETS:
        assert find_asset(what.vendor, what.event) is what
    assert find_asset("vitay", "reference.forgotten") is None


@pytest.mark.parametrize(
    ("uri", "fault"),
    [
        ("vitay://", "names no connection"),
        ("vitay:///references/filled", "names no connection"),
        ("vitay://vitay_default", "ends in /, which is none of candidates/created, "),
        ("vitay://vitay_default/references/filed", "ends in /references/filed, which is none"),
        ("rezi://rezi_default/references/filled", "which is none of users/created, "),
        ("vitay://me@vitay_default/references/filled", "has a user or a query"),
        ("vitay://vitay_default/references/filled?since=1", "has a user or a query"),
    ],
)
def test_a_uri_that_is_none_is_an_error_when_the_file_is_read(
    offline_airflow: OfflineAirflow, uri: str, fault: str
) -> None:
    (offline_airflow.dags_folder / "wrong.py").write_text(
        f"from airflow.sdk import DAG, Asset\nDAG('wrong', schedule=[Asset({uri!r})])\n"
    )

    (error,) = offline_airflow.bag().import_errors.values()

    assert "is written " in error
    assert fault in error


def test_the_page_about_events_lists_each_asset_with_its_type() -> None:
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
    modules = (vitay, riminder, rickrut, rezi, rezora)
    rows = [
        f"| `{what.vendor}.{name}` | `{what.event}` |"
        for module in modules
        for name, what in vars(module).items()
        if isinstance(what, VendorAsset)
    ]

    assert len(rows) == len(VENDOR_ASSETS)
    assert [row for row in rows if row not in page] == []


def test_airflow_lists_our_schemes() -> None:
    from airflow.providers_manager import ProvidersManager

    handlers = ProvidersManager().asset_uri_handlers

    assert {handlers[scheme].__module__ for scheme in VENDORS} == {"airflow_talent.assets.uris"}


def test_naming_an_asset_does_not_make_airflow_import_all_providers() -> None:
    program = (
        "import sys; from airflow_talent.assets import vitay; vitay.references_filled();"
        "sys.exit('boto3' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
