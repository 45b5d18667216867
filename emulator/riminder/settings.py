"""What the emulated Riminder can be told to be like.

The published sources contradict each other in places and are silent in others; where that is so,
a setting chooses, and its default is what most of the official clients can read.
"""

from __future__ import annotations

from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, field_validator

from ..world import VendorSettings


class RiminderSettings(VendorSettings):
    """Settings of the emulated Riminder; the names are those of ``POST /_emulator/settings``."""

    auto: bool = True
    """Profiles are parsed and scored by themselves; without it, the act ``parse`` does it."""
    delay: NonNegativeFloat = 0
    """Seconds from the reception of a profile to its parsing."""

    unknown_id_status: Literal[400, 404] = 400
    """What a well-formed id or reference gets that nothing has."""
    invalid_profile_status: Literal[400, 422] = 400
    """What a structured profile gets that cannot be accepted."""
    patch_status: Literal[200, 201] = 200
    upload_status: Literal[200, 201, 202] = 201

    quota: NonNegativeInt | None = None
    """How often each endpoint answers from now on before it is over quota (402); None means for
    ever."""
    approved_domains: tuple[str, ...] = ()
    """When there are some, the write key is good only for requests with an ``Origin`` there."""
    refuse_extensions: bool = True
    """Uploads of files that are no resumes by their extension are refused."""
    reference_reuse: Literal["refuse", "allow"] = "refuse"
    """What happens to a second profile with the same reference in a source. When it is allowed,
    the reference means the newest."""
    rating_range: tuple[int, int] = (1, 4)
    largest_page: PositiveInt = 1000
    score_scale: PositiveFloat = 1
    """The highest possible score; 100 makes percentages."""
    experimental: bool = False
    """Serve ``/profiles/reference`` and ``/profile/enrichment``, of which only names are known."""

    parsing_shape: Literal["2018", "2019", "both"] = "2018"
    """The shape of the typed clients, that of the vendor's exporter, or the two in one."""
    revealing_shape: Literal["objects", "arrays"] = "objects"
    """As the C# client has it, or the Go client."""
    filter_detail_key: Literal["template", "filter"] = "template"
    source_id_key: Literal["source_id", "_id"] = "source_id"
    metadata_key: Literal["profile_metadata", "profile_metadatas"] = "profile_metadata"
    empty_objects: Literal["array", "object"] = "array"
    """``array`` prints an empty object as ``[]``, as PHP does."""
    numbers: Literal["number", "text"] = "number"
    """How ``file_size`` and ``score_threshold`` are printed."""

    webhook_integration: bool = True
    """Off, nothing is sent and ``/webhook/check`` answers 400."""
    webhook_check_delivers: bool = False
    """``/webhook/check`` sends an event about nothing."""
    webhook_check_shape: Literal["v1", "successor"] = "v1"
    webhook_tries: PositiveInt = 1
    """How often an event is sent until it is taken (2xx)."""
    webhook_alphabet: Literal["url", "standard"] = "url"
    """The base64 letters of the signature header."""
    webhook_body: Literal["array", "object"] = "array"
    """The event in the body stands in an array, or bare."""
    webhook_rating: Literal["number", "text"] = "number"
    parse_updates: bool = False
    """Send ``profile.parse.update`` when a profile is parsed again, which most clients refuse."""

    @field_validator("rating_range")
    @classmethod
    def _rises(cls, bounds: tuple[int, int]) -> tuple[int, int]:
        if bounds[0] >= bounds[1]:
            raise ValueError("the lowest rating comes first")
        return bounds
