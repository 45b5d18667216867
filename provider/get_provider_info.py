"""What Airflow learns about this package without importing the rest of it."""

from __future__ import annotations

from typing import Any

from .. import __version__


def get_provider_info() -> dict[str, Any]:
    """The provider's metadata, as Airflow's ``provider_info.schema.json`` describes it."""
    return {
        "package-name": "airflow-provider-talent",
        "name": "Talent",
        "description": "Reference checks, resumes, pre-selection and contacts for people who hire.",
        "versions": [__version__],
    }
