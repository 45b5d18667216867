"""What a Vitay connection may say."""

from __future__ import annotations

from pydantic import Field

from ..settings import BaseURL, ConnectionSettings


class VitaySettings(ConnectionSettings):
    """A Vitay connection: ``login`` is an e-mail address.

    :param literal_types: send the record types as the documents misprint them
        (``RerefenceRequest`` for the question set and the candidate of a request).
    """

    base_url: BaseURL = "https://api.vitay.io/api"
    max_requests_per_second: float | None = Field(default=2, gt=0)
    literal_types: bool = False
