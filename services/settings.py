"""What a service is told by its environment about Airflow, and how mistakes are said."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting is missing or wrong; the text is one sentence that names it, never its value."""


class AirflowSettings(BaseSettings):
    """Where Airflow is, and one login: by name and password, by token, or by a token file that is
    read again whenever it changes. Each field is the variable of the same name in capitals.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    talent_airflow_url: str
    talent_airflow_username: str | None = None
    talent_airflow_password: SecretStr | None = None
    talent_airflow_token: SecretStr | None = None
    talent_airflow_token_file: str | None = None

    @field_validator("talent_airflow_url")
    @classmethod
    def _is_a_plain_url(cls, url: str) -> str:
        return plain_url(url)

    @model_validator(mode="after")
    def _has_one_login(self) -> AirflowSettings:
        if self.talent_airflow_username and not self.talent_airflow_password:
            raise ValueError("TALENT_AIRFLOW_PASSWORD is missing beside TALENT_AIRFLOW_USERNAME")
        if self.talent_airflow_password and not self.talent_airflow_username:
            raise ValueError("TALENT_AIRFLOW_USERNAME is missing beside TALENT_AIRFLOW_PASSWORD")
        logins = {
            "TALENT_AIRFLOW_USERNAME": self.talent_airflow_username,
            "TALENT_AIRFLOW_TOKEN": self.talent_airflow_token,
            "TALENT_AIRFLOW_TOKEN_FILE": self.talent_airflow_token_file,
        }
        given = [name for name, value in logins.items() if value]
        if not given:
            raise ValueError(
                "TALENT_AIRFLOW_USERNAME is missing: set it with TALENT_AIRFLOW_PASSWORD,"
                " or set TALENT_AIRFLOW_TOKEN or TALENT_AIRFLOW_TOKEN_FILE"
            )
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other: keep one")
        return self


Kind = TypeVar("Kind", bound=AirflowSettings)


def read_environment(kind: type[Kind], **given: Any) -> Kind:
    """The settings from the environment, or a :class:`SettingsError` with one sentence.

    :param given: Values that outrank the environment, by field name.
    """
    try:
        return kind(**given)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def plain_url(url: str) -> str:
    """The address without a slash at its end.

    :raises ValueError: it is none, or holds more than scheme, host, port and path.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that starts with http:// or https://")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must hold no user, password, query or fragment")
    return url.rstrip("/")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if not first["loc"]:
        return f"{first['msg'].removeprefix('Value error, ')}."
    # A setting inside another is a variable with both names.
    name = "_".join(part for part in first["loc"] if isinstance(part, str)).upper()
    if first["type"] == "missing":
        return f"{name} is missing."
    if first["type"] == "extra_forbidden":
        return f"{name} is no setting: correct its name, or take it away."
    return f"{name} {_expected(first['msg'])}."


def _expected(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message if message.startswith("must") else f"is wrong: {message[0].lower()}{message[1:]}"
