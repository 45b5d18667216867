"""What Rezora sends back. Source: fact sheet section 7, in the order of its tables.

Names are the vendor's. Every value is text on the way, so empty text and nothing
are the same; fields that the documents do not name are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..fields import Flag, Moment


def _no_moment(value: Any) -> Any:
    """None for the day zero, which databases of that age keep where there is no date."""
    return None if isinstance(value, str) and value.startswith("0000-") else value


Id = Annotated[str, Field(min_length=1)]
Date = Annotated[Moment, BeforeValidator(_no_moment)]
"""``YYYY-MM-DD HH:MM:SS`` in UTC."""


class Record(BaseModel):
    """Anything Rezora sends."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class Agent(Record):
    """An agent's account; an index shows only its id, e-mail, name and date.

    ``user_status_id`` is 1 active, 2 suspended, 3 trial, 4 pending, 5 free, 6 deactivated.
    """

    user_id: Id
    user_email: str = ""
    user_status_id: str = ""
    user_fname: str = ""
    user_lname: str = ""
    user_company_name: str = ""
    user_email_work: str = ""
    user_website: str = ""
    user_phone_work: str = ""
    user_phone_home: str = ""
    user_phone_mobile: str = ""
    user_phone_fax: str = ""
    user_photo_path: str = ""
    user_home_street: str = ""
    user_home_suite: str = ""
    user_home_city: str = ""
    user_home_state: str = ""
    user_home_zip: str = ""
    user_company_website: str = ""
    user_company_street: str = ""
    user_company_suite: str = ""
    user_company_city: str = ""
    user_company_state: str = ""
    user_company_zip: str = ""
    user_company_logo_path: str = ""
    user_tagline: str = ""
    user_bio: str = ""
    user_date: Date = None
    user_report_daily: Flag = None
    user_report_weekly: Flag = None
    user_report_monthly: Flag = None
    user_sitename: str = ""
    user_directory_hidden: Flag = None
    brokerage_employee_id: str = ""

    @property
    def id(self) -> str:
        return self.user_id


class Contact(Record):
    """A contact of an agent. Each account has one that is the agent, the self contact.

    ``contact_type`` is ``Hot``, ``Active``, ``Inactive`` or empty.
    """

    contact_id: Id
    contact_name: str = ""
    contact_email: str = ""
    contact_type: str = ""
    contact_title: str = ""
    contact_company: str = ""
    contact_phone_home: str = ""
    contact_phone_work: str = ""
    contact_phone_mobile: str = ""
    contact_phone_fax: str = ""
    contact_business_street: str = ""
    contact_business_street2: str = ""
    contact_business_city: str = ""
    contact_business_state: str = ""
    contact_business_zip: str = ""
    contact_home_street: str = ""
    contact_home_street2: str = ""
    contact_home_city: str = ""
    contact_home_state: str = ""
    contact_home_zip: str = ""
    contact_date: Date = None
    contact_self: Flag = None
    contact_unsubscribe: Flag = None

    @property
    def id(self) -> str:
        return self.contact_id

    @property
    def is_self(self) -> bool:
        """Whether this is the agent, whom nobody may edit or delete."""
        return bool(self.contact_self)

    @property
    def is_unsubscribed(self) -> bool:
        """Whether the person wants no mail; older versions of the API do not tell."""
        return bool(self.contact_unsubscribe)

    @property
    def writable(self) -> dict[str, str]:
        """The fields that a request may change."""
        return {name: getattr(self, name) for name in WRITABLE}


WRITABLE = tuple(Contact.model_fields)[1:20]
"""What a contact is created and updated with: from ``contact_name`` to ``contact_home_zip``."""


class MailingList(Record):
    """A distribution list; ``list_type`` is 1 for the account's Primary Sphere, else 0."""

    list_id: Id
    list_name: str = ""
    list_date: Date = None
    list_type: str = ""

    @property
    def id(self) -> str:
        return self.list_id

    @property
    def is_primary_sphere(self) -> bool:
        """Whether this is the one list that cannot be renamed or deleted."""
        return self.list_type == "1"


class Membership(Record):
    """A contact's place on a list."""

    contacttolist_id: Id
    contact_id: Id
    list_id: Id
    contacttolist_date: Date = None

    @property
    def id(self) -> str:
        return self.contacttolist_id


class NewContact(Record):
    """What creating a contact gives: its id alone."""

    contact_id: Id


class NewList(Record):
    """What creating a list gives: its id alone."""

    list_id: Id


class NewMembership(Record):
    """What adding to a list gives: the id of the place, which no other call takes."""

    contacttolist_id: Id


class Done(Record):
    """What a change gives: that it happened."""

    status: str = Field(pattern=r"^2\d\d$")


def columns_of(model: type[Record], *, is_index: bool) -> tuple[str, ...]:
    """The columns of a CSV that does not name them."""
    if model is Agent and is_index:
        return ("user_id", "user_email", "user_fname", "user_lname", "user_date")
    return tuple(model.model_fields)


def complete(contact: Mapping[str, str | None], *, defaults: Mapping[str, str]) -> dict[str, str]:
    """All fields that a request about a contact sends.

    :param contact: values by the vendor's names; None is as good as no value.
    :param defaults: for fields that ``contact`` does not name.
    :raises ValueError: names a field that is unknown, or missing here and there.
    """
    if unknown := sorted(set(contact) - set(WRITABLE)):
        raise ValueError(f"a contact has no field {unknown[0]!r} that can be written")
    given = {name: value for name, value in contact.items() if value is not None}
    fields = {**defaults, **given}
    if missing := [name for name in WRITABLE if name not in fields]:
        raise ValueError(f"missing of the contact: {', '.join(missing)}")
    return {name: str(fields[name]) for name in WRITABLE}
