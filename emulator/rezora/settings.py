"""What the emulated Rezora can be told to be like.

Of its API only parts of the documents are left; where they contradict each other or say nothing,
a setting chooses.
"""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveFloat

from ..world import VendorSettings


class RezoraSettings(VendorSettings):
    """Settings of the emulated Rezora; the names are those of ``POST /_emulator/settings``."""

    challenge: Literal["digest", "digest_without_qop", "auth_int", "basic"] = "digest"
    """What a request without a login is told to use; only the first two can be answered."""
    qop_look: Literal["any", "quoted", "bare"] = "any"
    """How ``qop`` must be written in a login."""
    nonce_life: PositiveFloat = 300
    """Seconds of the world's time that a nonce is good for."""
    wrong_level_status: Literal[401, 403] = 401
    """What credentials of the other level get."""

    strict_headers: bool = False
    """Refuse requests without ``Accept`` or ``Content-Type``, whatever the method."""
    unknown_id_get: Literal[204, 404] = 204
    empty_collection: Literal[200, 204] = 204
    """200 sends a collection with nothing in it."""
    empty_answers: bool = False
    """Answer changes with no body at all, and 204."""
    errors_as_200: bool = False
    """Answer refusals with HTTP 200 and the status in the body; logins excepted."""
    not_implemented: tuple[str, ...] = ()
    """Methods and resources that answer 501, as ``PUT contacts/ID``."""

    double_xml_declaration: bool = False
    """Begin XML twice, as the printed samples do."""
    csv_look: Literal["quoted", "bare"] = "quoted"
    """``bare`` is the one before July 2010: no quotes, no header row."""
    json_numbers: bool = False
    """Send values of digits as numbers."""
    unsubscribe_field: bool = True
    """Contacts have ``contact_unsubscribe``, which they had not before July 2010."""
    server_banners: bool = False

    self_contact_put: bool = False
    """The self contact may be updated."""
    unique_emails: bool = True
    """No two contacts of the account may have the same address, whatever its case."""
    put_means: Literal["partial", "full"] = "partial"
    """``full`` empties the fields of a contact that a PUT does not send."""
