"""The connection form that Airflow shows, and the settings that the hook reads, are one thing."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import airflow
import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from airflow_talent.provider.get_provider_info import get_provider_info

OF_AIRFLOW = {"base_url", "login", "password"}
"""Settings that have fields of Airflow's own: host, login, password."""

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum")

FORMS = {form["connection-type"]: form for form in get_provider_info()["connection-types"]}


@pytest.fixture(params=FORMS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def hook_of(vendor: str) -> Any:
    module, _, name = FORMS[vendor]["hook-class-name"].rpartition(".")
    return getattr(import_module(module), name)


def properties(vendor: str) -> dict[str, dict[str, Any]]:
    """The settings of a vendor as JSON schema, without those that Airflow has fields for."""
    schema = hook_of(vendor).settings_type().model_json_schema()["properties"]
    return {name: flat(field) for name, field in schema.items() if name not in OF_AIRFLOW}


def flat(field: dict[str, Any]) -> dict[str, Any]:
    """A field's schema without the "or null" that pydantic writes as a choice."""
    (kind,) = [k for k in field.get("anyOf", [field]) if k.get("type") != "null"]
    return {**field, **kind}


def test_the_metadata_is_as_airflow_wants_it() -> None:
    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_every_setting_has_a_field_and_every_field_a_setting(vendor: str) -> None:
    assert set(FORMS[vendor]["conn-fields"]) == set(properties(vendor))


def test_a_field_has_the_default_of_its_setting(vendor: str) -> None:
    fields = FORMS[vendor]["conn-fields"]
    # A list is written as text, and an empty one as nothing.
    settings = {
        name: setting.get("default")
        for name, setting in properties(vendor).items()
        if setting["type"] != "array"
    }
    assert {name: fields[name]["schema"].get("default") for name in settings} == settings


def test_a_field_has_the_bounds_of_its_setting(vendor: str) -> None:
    def bounds(schema: dict[str, Any]) -> dict[str, Any]:
        return {name: schema[name] for name in BOUNDS if name in schema}

    fields = FORMS[vendor]["conn-fields"]
    settings = properties(vendor)
    assert {name: bounds(field["schema"]) for name, field in fields.items()} == {
        name: bounds(setting) for name, setting in settings.items()
    }


def test_a_field_has_the_type_of_its_setting_or_is_text_for_a_list(vendor: str) -> None:
    for name, setting in properties(vendor).items():
        kinds = FORMS[vendor]["conn-fields"][name]["schema"]["type"]
        kind = "string" if setting["type"] == "array" else setting["type"]
        assert kind in ([kinds] if isinstance(kinds, str) else kinds), name


def test_every_field_says_what_it_is_for(vendor: str) -> None:
    for field in FORMS[vendor]["conn-fields"].values():
        assert field["label"]
        assert field["description"]


def test_the_form_leads_to_the_hook(vendor: str) -> None:
    hook = hook_of(vendor)
    assert hook.conn_type == hook.vendor == vendor
    assert hook.hook_name == FORMS[vendor]["hook-name"]


def test_the_placeholder_of_the_host_is_the_default(vendor: str) -> None:
    placeholders = FORMS[vendor]["ui-field-behaviour"]["placeholders"]
    settings = hook_of(vendor).settings_type()
    assert placeholders["host"] == settings.model_fields["base_url"].default
