"""What Airflow learns about this package without importing the rest of it."""

from __future__ import annotations

from typing import Any

from .. import __version__
from .connections import CONNECTION_TYPES

VENDORS = {
    "vitay": "Vitay",
    "rickrut": "RickRut",
    "rezi": "Rezi",
    "rezora": "Rezora",
    "riminder": "Riminder",
}

WITH_SLACK = {**VENDORS, "slack": "Slack"}
"""Those that have a hook and operators; Slack's connections are those of Airflow's own provider."""

POKE_INTERVALS = {"vitay": 900, "rickrut": 300, "rezi": 300, "rezora": 300, "riminder": 10}
"""Seconds between two looks of a vendor's sensors."""


def get_provider_info() -> dict[str, Any]:
    """The provider's metadata, as Airflow's ``provider_info.schema.json`` describes it."""
    return {
        "package-name": "airflow-provider-talent",
        "name": "Talent",
        "description": "Reference checks, resumes, pre-selection and contacts for people who hire.",
        "versions": [__version__],
        "integrations": [
            {"integration-name": name, "external-doc-url": "", "tags": ["service"]}
            for name in WITH_SLACK.values()
        ],
        "hooks": _modules("hooks", WITH_SLACK),
        "operators": _modules("operators", WITH_SLACK),
        "sensors": _modules("sensors", VENDORS),
        "triggers": _modules("triggers", VENDORS),
        "transfers": [
            {
                "source-integration-name": "Riminder",
                "target-integration-name": target,
                "python-module": "airflow_talent.operators.riminder_transfers",
            }
            for target in ("RickRut", "Rezora")
        ],
        "connection-types": CONNECTION_TYPES,
        "asset-uris": [
            {"schemes": list(VENDORS), "handler": "airflow_talent.assets.uris.check_uri"}
        ],
        "extra-links": [
            "airflow_talent.operators.vitay.VitayLink",
            "airflow_talent.operators.rezi.ReziLink",
            "airflow_talent.operators.rickrut.RickRutLink",
            "airflow_talent.operators.riminder.RiminderLink",
        ],
        "config": CONFIG,
    }


def _modules(folder: str, integrations: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"integration-name": name, "python-modules": [f"airflow_talent.{folder}.{module}"]}
        for module, name in integrations.items()
    ]


CONFIG: dict[str, Any] = {
    "talent": {
        "description": "How the talent provider's sensors wait, unless a task says otherwise.",
        "options": {
            f"{vendor}_poke_interval": {
                "description": (
                    f"Seconds between two looks at what {VENDORS[vendor]} sensors wait for."
                ),
                "version_added": "0.1.0",
                "type": "float",
                "example": None,
                "default": str(seconds),
            }
            for vendor, seconds in POKE_INTERVALS.items()
        },
    },
}
