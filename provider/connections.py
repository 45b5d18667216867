"""The connection forms that Airflow shows, as plain data: nothing is imported to show them."""

from __future__ import annotations

from typing import Any

Field = dict[str, Any]


def _field(label: str, description: str, **schema: Any) -> Field:
    return {"label": label, "description": description, "schema": schema}


def _optional(kind: str) -> list[str]:
    return [kind, "null"]


def _common(
    *, requests_per_second: float | None, connections: int = 4, timeout: float = 30
) -> dict[str, Field]:
    """The fields of every form, with a vendor's own defaults; no rate means no limit."""
    rate: dict[str, Any] = {"type": _optional("number"), "exclusiveMinimum": 0}
    if requests_per_second is not None:
        rate["default"] = requests_per_second
    return {
        "mode": _field(
            "Mode",
            "live sends everything; read_only refuses whatever changes something or writes to "
            "somebody; dry_run logs each call and sends nothing",
            type="string",
            enum=["live", "read_only", "dry_run"],
            default="live",
        ),
        "allowed_recipients": _field(
            "Allowed recipients",
            "Addresses or domains that may be written to, separated by blanks or commas; "
            "empty allows everybody",
            type=_optional("string"),
        ),
        "max_messages_per_run": _field(
            "Messages per task",
            "How many calls that contact a person or cost money one task may make",
            type=_optional("integer"),
            minimum=0,
            default=100,
        ),
        "max_requests_per_second": _field(
            "Requests per second", "Empty keeps the vendor's default", **rate
        ),
        "max_connections": _field(
            "Connections",
            "Requests at the same time",
            type=_optional("integer"),
            minimum=1,
            maximum=100,
            default=connections,
        ),
        "timeout": _field(
            "Timeout",
            "Seconds to wait for an answer",
            type=_optional("number"),
            minimum=1,
            maximum=600,
            default=timeout,
        ),
    }


CONNECTION_TYPES: list[dict[str, Any]] = [
    {
        "connection-type": "vitay",
        "hook-name": "Vitay",
        "hook-class-name": "airflow_talent.hooks.vitay.VitayHook",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port", "extra"],
            "relabeling": {"host": "Base URL", "login": "E-mail"},
            "placeholders": {
                "host": "https://api.vitay.io/api",
                "login": "an account without a second factor",
            },
        },
        "conn-fields": {
            **_common(requests_per_second=2),
            "literal_types": _field(
                "Literal record types",
                "Send the record types of a reference request as Vitay's documents misprint them",
                type=_optional("boolean"),
                default=False,
            ),
        },
    },
    {
        "connection-type": "rickrut",
        "hook-name": "RickRut",
        "hook-class-name": "airflow_talent.hooks.rickrut.RickRutHook",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port", "extra"],
            "relabeling": {"host": "Base URL", "login": "Account", "password": "API key"},
            "placeholders": {
                "host": "https://www.rickrut.com/api/v1",
                "login": "any name, where you have several accounts",
            },
        },
        "conn-fields": {
            **_common(requests_per_second=2),
            "structure": _field(
                "Structure",
                "How applicants are answered: auto sees which it is, the others take only this one",
                type="string",
                enum=["auto", "flat", "jsonapi"],
                default="auto",
            ),
        },
    },
    {
        "connection-type": "riminder",
        "hook-name": "Riminder",
        "hook-class-name": "airflow_talent.hooks.riminder.RiminderHook",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port", "login", "extra"],
            "relabeling": {"host": "Base URL", "password": "API secret key"},
            "placeholders": {
                "host": "https://www.riminder.net/sf/public/api/v1.0/",
                "password": "ask_…, askr_… (read only) or askw_… (write only)",
            },
        },
        "conn-fields": {
            **_common(requests_per_second=None, connections=16),
            "origin": _field(
                "Origin",
                "For a write key that is limited to domains: one of them, such as "
                "https://careers.example.com",
                type=_optional("string"),
                pattern="^\\S*$",
                default="",
            ),
            "team": _field(
                "Team",
                "The name in https://TEAM.riminder.net, so that tasks can link there",
                type=_optional("string"),
                pattern="^[A-Za-z0-9-]*$",
                default="",
            ),
            "webhook_secret": _field(
                "Webhook secret",
                "wsk_…, of the integration whose webhooks are received",
                type=_optional("string"),
                format="password",
                default="",
            ),
            "signature_mode": _field(
                "Signature mode",
                "How webhooks are signed: auto accepts every published way",
                type="string",
                enum=["auto", "raw-json", "raw-encoded", "hex-json", "hex-body"],
                default="auto",
            ),
        },
    },
    {
        "connection-type": "rezi",
        "hook-name": "Rezi",
        "hook-class-name": "airflow_talent.hooks.rezi.ReziHook",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port", "extra"],
            "relabeling": {
                "host": "Base URL",
                "login": "Account",
                "password": "Private token API key",
            },
            "placeholders": {
                "host": "https://open-api.rezi.ai/v1",
                "login": "any name, where you have several accounts or a test key",
            },
        },
        "conn-fields": {
            **_common(requests_per_second=5),
            "auth_header": _field(
                "Header of the key",
                "Rezi prints Authentication; Authorization is the usual name",
                type="string",
                enum=["authentication", "authorization", "both"],
                default="authentication",
            ),
            "token_mode": _field(
                "Token",
                "long_lived sends the key itself; short_lived gets tokens of 15 minutes for it",
                type="string",
                enum=["long_lived", "short_lived"],
                default="long_lived",
            ),
            "upgrade_path": _field(
                "Path of upgrades",
                "Where plans are bought: a path, with {userID} if it names the user, or a whole "
                "https URL, which then gets the key",
                type=_optional("string"),
                default="/plan/upgrade",
            ),
            "allowed_plans": _field(
                "Allowed plans",
                "Ids of plans that may be bought, separated by blanks or commas; empty allows all",
                type=_optional("string"),
            ),
            "uid_secret": _field(
                "Secret of the users' ids",
                "Makes each user's uid, which is their password, from their e-mail: 32 random "
                "characters or more. Changing it locks out every user made with it",
                type=_optional("string"),
                format="password",
                default="",
            ),
            "sign_in_url": _field(
                "Sign-in link",
                "Where a user is signed in, as https://app.your-rms.com/login?token={token}",
                type=_optional("string"),
                default="",
            ),
        },
    },
    {
        "connection-type": "rezora",
        "hook-name": "Rezora",
        "hook-class-name": "airflow_talent.hooks.rezora.RezoraHook",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port", "extra"],
            "relabeling": {"host": "Base URL", "login": "User name"},
            "placeholders": {
                "host": "https://api.rezora.com/v1",
                "login": "API credentials, not those of a person",
            },
        },
        "conn-fields": {
            **_common(requests_per_second=2, connections=1, timeout=60),
            "level": _field(
                "Level",
                "Whose credentials these are: an agent's reach contacts and lists, a company's "
                "reach its agents",
                type="string",
                enum=["agent", "company"],
                default="agent",
            ),
            "format": _field(
                "Format of answers",
                "All three hold the same",
                type="string",
                enum=["json", "xml", "csv"],
                default="json",
            ),
            "request_format": _field(
                "Format of requests",
                "How contacts and lists are written; text is what a form sends",
                type="string",
                enum=["json", "xml", "text"],
                default="json",
            ),
            "csv_header": _field(
                "Header of CSV",
                "absent reads CSV without a row of field names, as before July 2010",
                type="string",
                enum=["required", "absent"],
                default="required",
            ),
            "json_media_type": _field(
                "Media type of JSON",
                "Rezora's documents print no name for it",
                type=_optional("string"),
                default="application/json",
            ),
            "digest_quote_qop": _field(
                "Quote qop",
                'Send qop="auth" in logins, as Rezora\'s documents print it',
                type=_optional("boolean"),
                default=False,
            ),
        },
    },
]
