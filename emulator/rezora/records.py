"""What Rezora keeps for one agent and one company, and what there is at first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Literal

Level = Literal["agent", "company"]
Row = Mapping[str, str]

AGENTS_SHOWN = ("user_id", "user_email", "user_fname", "user_lname", "user_date")
AGENT = (
    "user_id",
    "user_email",
    "user_status_id",
    "user_fname",
    "user_lname",
    "user_company_name",
    "user_email_work",
    "user_website",
    "user_phone_work",
    "user_phone_home",
    "user_phone_mobile",
    "user_phone_fax",
    "user_photo_path",
    "user_home_street",
    "user_home_suite",
    "user_home_city",
    "user_home_state",
    "user_home_zip",
    "user_company_website",
    "user_company_street",
    "user_company_suite",
    "user_company_city",
    "user_company_state",
    "user_company_zip",
    "user_company_logo_path",
    "user_tagline",
    "user_bio",
    "user_date",
    "user_report_daily",
    "user_report_weekly",
    "user_report_monthly",
    "user_sitename",
    "user_directory_hidden",
    "brokerage_employee_id",
)
WRITABLE = (
    "contact_name",
    "contact_email",
    "contact_type",
    "contact_title",
    "contact_company",
    "contact_phone_home",
    "contact_phone_work",
    "contact_phone_mobile",
    "contact_phone_fax",
    "contact_business_street",
    "contact_business_street2",
    "contact_business_city",
    "contact_business_state",
    "contact_business_zip",
    "contact_home_street",
    "contact_home_street2",
    "contact_home_city",
    "contact_home_state",
    "contact_home_zip",
)
CONTACT = ("contact_id", *WRITABLE, "contact_date", "contact_self", "contact_unsubscribe")
LIST = ("list_id", "list_name", "list_date", "list_type")
MEMBERSHIP = ("contacttolist_id", "contact_id", "list_id", "contacttolist_date")


@dataclass(frozen=True, slots=True)
class Account:
    """API credentials, which are not those of a person."""

    username: str
    password: str
    level: Level


ACCOUNTS = {
    account.username: account
    for account in (
        Account("demo-agent", "demo-secret", "agent"),
        Account("demo-company", "demo-secret", "company"),
    )
}


@dataclass(slots=True, kw_only=True)
class Contact:
    id: int
    details: tuple[str, ...]
    """In the order of ``WRITABLE``; there may be very many contacts, so no mapping."""
    created_at: datetime
    is_self: bool = False
    is_unsubscribed: bool = False

    @property
    def name(self) -> str:
        return self.details[0]

    @property
    def email(self) -> str:
        return self.details[1]

    def row(self) -> dict[str, str]:
        return {
            "contact_id": str(self.id),
            **dict(zip(WRITABLE, self.details, strict=True)),
            "contact_date": print_date(self.created_at),
            "contact_self": str(int(self.is_self)),
            "contact_unsubscribe": str(int(self.is_unsubscribed)),
        }


@dataclass(slots=True, kw_only=True)
class MailingList:
    id: int
    name: str
    created_at: datetime
    is_primary_sphere: bool = False
    members: dict[int, Membership] = field(default_factory=dict)
    """By the id of the contact."""

    def row(self) -> dict[str, str]:
        return {
            "list_id": str(self.id),
            "list_name": self.name,
            "list_date": print_date(self.created_at),
            "list_type": str(int(self.is_primary_sphere)),
        }


@dataclass(slots=True, kw_only=True)
class Membership:
    id: int
    contact_id: int
    list_id: int
    created_at: datetime

    def row(self) -> dict[str, str]:
        return {
            "contacttolist_id": str(self.id),
            "contact_id": str(self.contact_id),
            "list_id": str(self.list_id),
            "contacttolist_date": print_date(self.created_at),
        }


class Store:
    """The records, in the order of their ids."""

    def __init__(self, now: datetime) -> None:
        self.agents: dict[int, Row] = {}
        self.contacts: dict[int, Contact] = {}
        self.lists: dict[int, MailingList] = {}
        self._emails: dict[str, int] = {}
        self._contact_ids = count(123456)
        self._list_ids = count(1234)
        self._membership_ids = count(1234567)
        self._make_first_records(now - timedelta(days=30))

    def add_contact(
        self, details: Mapping[str, str], now: datetime, *, is_self: bool = False
    ) -> Contact:
        contact = Contact(
            id=next(self._contact_ids),
            details=tuple(details.get(name, "") for name in WRITABLE),
            created_at=now,
            is_self=is_self,
        )
        self.contacts[contact.id] = contact
        self._emails.setdefault(contact.email.lower(), contact.id)
        return contact

    def change_contact(self, contact: Contact, details: Mapping[str, str]) -> None:
        self._forget_email(contact)
        contact.details = tuple(details[name] for name in WRITABLE)
        self._emails.setdefault(contact.email.lower(), contact.id)

    def remove_contact(self, contact: Contact) -> None:
        """Delete a contact with its memberships."""
        self._forget_email(contact)
        del self.contacts[contact.id]
        for mailing_list in self.lists.values():
            mailing_list.members.pop(contact.id, None)

    def has_email(self, email: str, *, but: Contact | None = None) -> bool:
        """Whether a contact, other than ``but``, has an address, whatever its case."""
        owner = self._emails.get(email.lower())
        return owner is not None and (but is None or owner != but.id)

    def add_list(self, name: str, now: datetime, *, is_primary_sphere: bool = False) -> MailingList:
        made = MailingList(
            id=next(self._list_ids), name=name, created_at=now, is_primary_sphere=is_primary_sphere
        )
        self.lists[made.id] = made
        return made

    def add_member(self, mailing_list: MailingList, contact: Contact, now: datetime) -> Membership:
        membership = Membership(
            id=next(self._membership_ids),
            contact_id=contact.id,
            list_id=mailing_list.id,
            created_at=now,
        )
        mailing_list.members[contact.id] = membership
        return membership

    def lists_of(self, contact: Contact) -> Iterator[MailingList]:
        return (each for each in self.lists.values() if contact.id in each.members)

    def _forget_email(self, contact: Contact) -> None:
        email = contact.email.lower()
        if self._emails.get(email) == contact.id:
            del self._emails[email]

    def _make_first_records(self, at: datetime) -> None:
        for number, first, last in ((1234, "John", "Smith"), (1235, "Mary", "Lopez")):
            self.agents[number] = _agent(number, first, last, at)
        self.add_contact(
            {"contact_name": "John Smith", "contact_email": "john.smith@company.test"},
            at,
            is_self=True,
        )
        sphere = self.add_list("Primary Sphere", at, is_primary_sphere=True)
        prospects = self.add_list("Current Prospects", at)
        for name, email, kind in (
            ("Jane Smith", "jane.smith@company.test", "Active"),
            ('Bob "Bobby" O\'Neil', "bob.oneil@people.test", "Hot"),
            ("Zoë | Co", "zoe@people.test", ""),
        ):
            contact = self.add_contact(
                {"contact_name": name, "contact_email": email, "contact_type": kind}, at
            )
            self.add_member(sphere, contact, at)
        self.add_member(prospects, contact, at)


def print_date(moment: datetime) -> str:
    """UTC, without a zone marker."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _agent(number: int, first: str, last: str, at: datetime) -> Row:
    known = {
        "user_id": str(number),
        "user_email": f"{first}.{last}@company.test".lower(),
        "user_status_id": "1",
        "user_fname": first,
        "user_lname": last,
        "user_company_name": "Shady Acres Brokerage",
        "user_website": "www.shadyacres.test",
        "user_phone_work": "303-555-1234",
        "user_company_city": "Boulder",
        "user_company_state": "CO",
        "user_date": print_date(at),
        "user_report_daily": "0",
        "user_report_weekly": "1",
        "user_report_monthly": "1",
        "user_directory_hidden": "0",
    }
    return {name: known.get(name, "") for name in AGENT}
