"""What the emulated RickRut can be told to be like.

Its published descriptions are of several years and contradict each other here and there; where
that is so, a setting chooses. The defaults are those of November 2016.
"""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveFloat, PositiveInt

from ..world import VendorSettings


class RickRutSettings(VendorSettings):
    """Settings of the emulated RickRut; the names are those of ``POST /_emulator/settings``."""

    structure: Literal["flat", "jsonapi"] = "flat"
    """How an applicant is answered: in snake_case under ``data.applicant``, or as JSON:API."""
    last_ip: bool = True
    """JSON:API answers have ``last_ip``, as since April 2017."""
    errors: Literal["array", "object", "absent"] = "array"
    """What ``errors`` of a refusal holds; the descriptions print a list and one object."""
    slug: Literal["uuid", "time"] = "uuid"
    finished_at: bool = False
    """Whether scoring sets it; in the one published example it does not."""

    missing_key_status: Literal[400, 401] = 400
    key_in_body: bool = False
    """Whether ``api_key`` counts among the fields of a body too."""
    invite_by_get: bool = False
    """Serve ``GET /invite`` of the first version, which invites somebody."""
    unknown_opening_status: Literal[404, 422] = 404
    same_again: Literal["refuse", "create"] = "refuse"
    """What the same address on the same opening gets: 422, or another applicant and invitation."""

    usage_limit: PositiveInt | None = None
    """How many requests an account may make within the window; None for any number."""
    usage_window: PositiveFloat = 3600
    """Seconds of the world's time."""
    retry_after: bool = False
    """Whether a refusal for the usage limit says when to come back."""
