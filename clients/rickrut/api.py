"""How RickRut is spoken to: a key in the query, which nobody may see, and errors as a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from json import JSONDecodeError
from typing import Any, TypeVar, cast

import httpx

from ..api import Api
from ..calls import Call
from .models import read_applicant, read_errors
from .settings import RickRutSettings

T = TypeVar("T")

ABOUT_THE_KEY = re.compile(r"\bkey\b", re.IGNORECASE)
ABOUT_A_KNOWN_APPLICANT = re.compile(r"\b(already|taken)\b", re.IGNORECASE)
OUR_FIELDS = re.compile(r"\b(email|opening|first_name|last_name)\b", re.IGNORECASE)


class RickRutApi(Api[RickRutSettings]):
    """RickRut over one connection. Source: its API reference of 2016-11-18 and later."""

    vendor = "rickrut"

    def auth(self) -> None:
        return None

    def secret_query(self) -> Mapping[str, str]:
        key = self.settings.password.get_secret_value()
        return {"api_key": key} if key else {}

    def read(self, call: Call[T], response: httpx.Response) -> T:
        return cast("T", read_applicant(response.json(), self.settings.structure))

    def status_of(self, response: httpx.Response) -> int:
        """A missing key comes as a 400 in one place of the documents, as a 401 in another.

        That somebody is on the opening already is a 422 among others, told by its text alone.
        """
        status = response.status_code
        if status not in (400, 422):
            return status
        for code, details in _said(_json_or_none(response)):
            if status == 400 and code == "wrong_params" and ABOUT_THE_KEY.search(details):
                return 401
            if status == 422 and ABOUT_A_KNOWN_APPLICANT.search(details):
                return 409
        return status

    def error_code(self, body: Any) -> str | None:
        codes = "/".join(dict.fromkeys(code for code, _ in _said(body)))
        key = self.settings.password.get_secret_value()
        return None if key and key in codes else codes

    def error_place(self, body: Any) -> str | None:
        places = [found[0] for _, details in _said(body) if (found := OUR_FIELDS.search(details))]
        return "/".join(dict.fromkeys(place.lower() for place in places))


def _said(body: Any) -> Iterator[tuple[str, str]]:
    """The machine word and the text of each error."""
    for error in read_errors(body):
        yield str(error.get("id") or ""), str(error.get("details") or "")


def _json_or_none(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (JSONDecodeError, UnicodeDecodeError):
        return None
