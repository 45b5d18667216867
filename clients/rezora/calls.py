"""Rezora's eight resources and what may be done to them. Source: fact sheet section 7.

Each function makes the call and sends nothing. Nothing is paged: a call that
lists gives everything there is, which a hook's ``iterate`` reads as it arrives.
Calls of agents and of the company need credentials of that level.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

from ..calls import Call, Endpoints, sends
from ..errors import NotFound
from ..flows import Flow
from .models import (
    WRITABLE,
    Agent,
    Contact,
    Done,
    MailingList,
    Membership,
    NewContact,
    NewList,
    NewMembership,
    complete,
)

endpoint = Endpoints("rezora")

ContactType = Literal["Hot", "Active", "Inactive", ""]

CONFIRMATION = "delete all"
"""What the calls that empty a whole collection must be told."""

LONGEST_LIST_NAME = 255


@endpoint("GET", "/agents", effect="read")
def list_agents() -> Call[list[Agent]]:
    """List the agents of the company, with few of their fields."""
    return sends()


@endpoint("GET", "/agents/{agent_id}", effect="read")
def show_agent(agent_id: str) -> Call[Agent]:
    """Read the account of one agent of the company."""
    return sends()


@endpoint("GET", "/contacts", effect="read")
def list_contacts() -> Call[list[Contact]]:
    """List all contacts of the agent, the self contact among them."""
    return sends()


@endpoint("POST", "/contacts", effect="write")
def create_contact(contact: Mapping[str, str]) -> Call[NewContact]:
    """Add a contact, which is on no list yet and gets no mail.

    :param contact: values by the vendor's field names; ``contact_name`` and
        ``contact_email`` are needed, what is not named stays empty.
    """
    return sends(json=_checked(complete(contact, defaults=dict.fromkeys(WRITABLE, ""))))


@endpoint("DELETE", "/contacts", effect="delete")
def delete_all_contacts(confirm: str) -> Call[Done]:
    """Delete every contact of the agent but the self contact, for good.

    :param confirm: ``delete all``, so that nobody does it by mistake.
    """
    _check_confirmation(confirm)
    return sends()


@endpoint("GET", "/contacts/{contact_id}", effect="read")
def show_contact(contact_id: str) -> Call[Contact]:
    """Read one contact."""
    return sends()


@endpoint("PUT", "/contacts/{contact_id}", effect="write")
def update_contact(contact_id: str, contact: Mapping[str, str]) -> Call[Done]:
    """Replace the fields of a contact, all of them.

    :func:`change_contact` changes some.

    :param contact: all 19 writable fields, because Rezora may empty those that it
        is not sent; ``Contact.writable`` gives them.
    """
    # Unchecked, because a contact may hold values that are older than today's rules.
    return sends(json=complete(contact, defaults={}))


@endpoint("DELETE", "/contacts/{contact_id}", effect="delete")
def delete_contact(contact_id: str) -> Call[Done]:
    """Delete a contact and its places on lists, for good."""
    return sends()


@endpoint("GET", "/lists", effect="read")
def list_lists() -> Call[list[MailingList]]:
    """List the agent's distribution lists, the Primary Sphere among them."""
    return sends()


@endpoint("POST", "/lists", effect="write")
def create_list(list_name: str) -> Call[NewList]:
    """Add an empty list.

    :param list_name: no other list of the account may have it.
    """
    return sends(json={"list_name": _list_name(list_name)})


@endpoint("DELETE", "/lists", effect="delete")
def delete_all_lists(confirm: str) -> Call[Done]:
    """Delete every list but the Primary Sphere, for good; contacts stay.

    :param confirm: ``delete all``, so that nobody does it by mistake.
    """
    _check_confirmation(confirm)
    return sends()


@endpoint("GET", "/lists/{list_id}", effect="read")
def show_list(list_id: str) -> Call[MailingList]:
    """Read one list, without who is on it."""
    return sends()


@endpoint("PUT", "/lists/{list_id}", effect="write")
def rename_list(list_id: str, list_name: str) -> Call[Done]:
    """Give a list another name; not to the Primary Sphere.

    :param list_name: no other list of the account may have it.
    """
    return sends(json={"list_name": _list_name(list_name)})


@endpoint("DELETE", "/lists/{list_id}", effect="delete")
def delete_list(list_id: str) -> Call[Done]:
    """Delete a list for good, but not the Primary Sphere; contacts stay."""
    return sends()


@endpoint("GET", "/lists/{list_id}/contacts", effect="read")
def list_memberships(list_id: str) -> Call[list[Membership]]:
    """List who is on a list, by ids."""
    return sends()


@endpoint("POST", "/lists/{list_id}/contacts", effect="write")
def add_contact_to_list(list_id: str, contact_id: str) -> Call[NewMembership]:
    """Put a contact on a list, whose mail the person gets from then on.

    Sends nothing by itself. A connection with ``allowed_recipients`` refuses everybody else.
    """
    return sends(json={"contact_id": contact_id}, recipients=lambda: _address_of(contact_id))


@endpoint("DELETE", "/lists/{list_id}/contacts", effect="delete")
def remove_all_contacts_from_list(list_id: str, confirm: str) -> Call[Done]:
    """Take everybody off a list, which is then empty; contacts stay.

    :param confirm: ``delete all``, so that nobody does it by mistake.
    """
    _check_confirmation(confirm)
    return sends()


@endpoint("GET", "/lists/{list_id}/contacts/{contact_id}", effect="read")
def show_membership(list_id: str, contact_id: str) -> Call[Membership]:
    """Read a contact's place on a list."""
    return sends()


@endpoint("DELETE", "/lists/{list_id}/contacts/{contact_id}", effect="delete")
def remove_contact_from_list(list_id: str, contact_id: str) -> Call[Done]:
    """Take a contact off a list; the contact stays."""
    return sends()


def find_contacts(is_wanted: Callable[[str], bool]) -> Call[list[Contact]]:
    """All contacts whose e-mail address is wanted, since Rezora itself cannot search.

    Reads every contact, but holds only those.

    :param is_wanted: judges an address in the form of :func:`normal`.
    """
    return replace(
        list_contacts(), wanted=lambda record: is_wanted(normal(record["contact_email"]))
    )


def find_contacts_by_email(addresses: Collection[str]) -> Call[list[Contact]]:
    """All contacts with one of these e-mail addresses, whatever their case."""
    return find_contacts({normal(address) for address in addresses}.__contains__)


def find_membership(list_id: str, contact_id: str) -> Flow[Membership | None]:
    """A contact's place on a list, None when the contact is not on it."""
    try:
        membership: Membership = yield show_membership(list_id, contact_id)
    except NotFound:
        return None
    return membership


def change_contact(contact_id: str, changes: Mapping[str, str]) -> Flow[Done]:
    """Change some fields of a contact and leave the others as they are."""
    contact: Contact = yield show_contact(contact_id)
    done: Done = yield update_contact(contact_id, complete(changes, defaults=contact.writable))
    return done


def normal(text: str) -> str:
    """An e-mail address or the name of a list as Rezora compares them."""
    return text.strip().casefold()


def _address_of(contact_id: str) -> Flow[list[str]]:
    contact: Contact = yield show_contact(contact_id)
    return [contact.contact_email]


def _checked(fields: dict[str, str]) -> dict[str, str]:
    for name in ("contact_name", "contact_email"):
        if not fields[name].strip():
            raise ValueError(f"{name} must not be empty")
    if "@" not in fields["contact_email"]:
        raise ValueError("contact_email must be an e-mail address")
    if fields["contact_type"] not in get_args(ContactType):
        raise ValueError("contact_type must be Hot, Active, Inactive or empty")
    return fields


def _list_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_LIST_NAME:
        raise ValueError(f"list_name must have 1 to {LONGEST_LIST_NAME} characters")
    return name


def _check_confirmation(confirm: Any) -> None:
    if confirm != CONFIRMATION:
        raise ValueError(f"confirm must be {CONFIRMATION!r}")
