"""What can be waited for at Rezora. Source: fact sheet section 7.4."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..calls import Call
from ..errors import NotFound, UnexpectedAnswer
from ..flows import Flow
from ..waits import Done, Resource, See, Sightings, Verdict, Wait, Waiting
from .calls import find_contacts, list_contacts, normal
from .models import Contact


def key_of(address: str) -> str:
    """What stands for an e-mail address in logs and messages, which must not show one."""
    return hashlib.sha256(normal(address).encode()).hexdigest()[:16]


class Contacts(Resource):
    """The contacts of each e-mail address; one read of all contacts shows everybody waited for."""

    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        wanted = set(keys)
        return (yield from _read(wanted, find_contacts(lambda address: key_of(address) in wanted)))

    def sweep(self, keys: Collection[str], see: See) -> Flow[Sightings]:
        wanted = set(keys)

        def show(record: Mapping[str, Any]) -> bool:
            contact = Contact.model_validate(record)
            see([contact])
            return key_of(contact.contact_email) in wanted

        return (yield from _read(wanted, replace(list_contacts(), wanted=show)))


def _read(keys: Collection[str], call: Call[list[Contact]]) -> Flow[Sightings]:
    """The contacts of each key, by a call that lists them."""
    seen: dict[str, tuple[Contact, ...]] = dict.fromkeys(keys, ())
    try:
        contacts = yield call
    except NotFound as error:
        # Nobody may take this for the absence of a contact.
        raise UnexpectedAnswer(
            "there is no such index", vendor=error.vendor, call=error.call, status=error.status
        ) from None
    for contact in contacts:
        seen[key_of(contact.contact_email)] += (contact,)
    return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactExists(Wait):
    """Somebody has become a contact."""

    name = "contact"
    resource = Contacts

    email_address: str

    def __post_init__(self) -> None:
        if self.email_address.count("@") != 1:
            raise ValueError("email_address must be one e-mail address")

    @property
    def key(self) -> str:
        return key_of(self.email_address)

    def judge(self, state: tuple[Contact, ...]) -> Verdict:
        if not state:
            return Waiting()
        contact = min(state, key=lambda each: each.is_self)
        return Done(
            {
                "contact_id": contact.id,
                "is_self": contact.is_self,
                "is_unsubscribed": contact.is_unsubscribed,
            }
        )
