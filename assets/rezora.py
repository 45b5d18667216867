"""What happens at Rezora, which sends no events itself."""

from __future__ import annotations

from .vendor_asset import VendorAsset

contacts_saved = VendorAsset("rezora", "contacts/saved", "contact.saved", ("contact_id",))
contacts_added = VendorAsset(
    "rezora",
    "contacts/added",
    "contact.added",
    ("contact_id",),
    watcher="airflow_talent.triggers.rezora.RezoraContactsAddedEventTrigger",
)
contacts_unsubscribed = VendorAsset(
    "rezora",
    "contacts/unsubscribed",
    "contact.unsubscribed",
    ("contact_id",),
    watcher="airflow_talent.triggers.rezora.RezoraContactsUnsubscribedEventTrigger",
)
lists_changed = VendorAsset("rezora", "lists/changed", "list.changed", ("list_id", "contact_id"))
