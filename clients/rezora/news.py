"""What can be found out at Rezora without being told. Source: fact sheet section 7.4."""

from __future__ import annotations

from ..news import Ids, News
from .models import Contact
from .waits import Contacts


class ContactAdded(News):
    """Somebody has become a contact."""

    vendor = "rezora"
    event = "contact.added"
    resource = Contacts

    @classmethod
    def mark(cls, record: Contact) -> str | None:
        return None if record.is_self else record.id

    @classmethod
    def ids(cls, record: Contact) -> Ids:
        return {"contact_id": record.id}


class ContactUnsubscribed(News):
    """A contact wants no more mail."""

    vendor = "rezora"
    event = "contact.unsubscribed"
    resource = Contacts

    @classmethod
    def mark(cls, record: Contact) -> str | None:
        return record.id if record.is_unsubscribed else None

    @classmethod
    def ids(cls, record: Contact) -> Ids:
        return {"contact_id": record.id}
