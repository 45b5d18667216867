"""What a RickRut connection may say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..settings import BaseURL, ConnectionSettings

API_PATH = "/api/v1"


class RickRutSettings(ConnectionSettings):
    """A RickRut connection: ``password`` is an API key.

    The vendor's keys have no login, so ``login`` may be any name that tells one
    account from another.

    :param structure: how applicants are answered: ``flat`` or ``jsonapi`` takes only
        this one, ``auto`` sees which it is.
    """

    base_url: BaseURL = f"https://www.rickrut.com{API_PATH}"
    max_requests_per_second: float | None = Field(default=2, gt=0)
    structure: Literal["auto", "flat", "jsonapi"] = "auto"

    def file_url(self, path: str) -> str:
        """Where a path in an answer leads, such as ``cv``; who may read it is not documented."""
        return self.base_url.rstrip("/").removesuffix(API_PATH) + path
