"""Erase one person's records at Vitay, Riminder and Rezora, once somebody has approved.

Started from Slack by ``/talent candidate_erasure email=…``. Looks for records with that
e-mail address, shows how many there are, and deletes them **for good** after an approval.
Another run finds nothing and says so. RickRut and Rezi have no call that deletes
somebody, and Vitay only hides candidates; the result says what is left to people.

The address stays in this run's configuration: delete the run when it is not needed as
evidence. Say in the tags who may start this, such as ``slack-group:<id>``.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param, dag, task

from airflow_talent.clients import rezora, riminder, vitay
from airflow_talent.clients.errors import InvalidRequest, NotFound
from airflow_talent.clients.rezora.calls import find_contacts_by_email
from airflow_talent.hooks.retries import VENDOR_RETRIES
from airflow_talent.hooks.rezora import RezoraHook
from airflow_talent.hooks.riminder import RiminderHook
from airflow_talent.hooks.vitay import VitayHook
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult

DELETIONS: dict[str, tuple[Any, Any, Any]] = {
    "candidates": (VitayHook, vitay.delete_candidate, vitay.show_candidate),
    "references": (VitayHook, vitay.delete_reference, vitay.show_reference),
    "profiles": (RiminderHook, riminder.delete_profile, riminder.show_profile),
    "contacts": (RezoraHook, rezora.delete_contact, rezora.show_contact),
}

LEFT_TO_PEOPLE = (
    "Left to people: a root recruiter deletes hidden candidates at Vitay for good; RickRut and "
    "Rezi have no call that deletes somebody, so ask them; the configuration of this run has "
    "the address."
)


@dag(
    dag_display_name="Erase a person",
    description="Deletes a person's records at Vitay, Riminder and Rezora, after an approval",
    schedule=None,
    max_active_runs=100,
    tags=["slack"],
    default_args={
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": VENDOR_RETRIES,
    },
    params={
        "email": Param(
            type="string",
            format="email",
            title="E-mail",
            description="Whose records are looked for; somebody must approve before they go",
        )
    },
)
def candidate_erasure():
    @task
    def find(params=None) -> dict[str, list[dict[str, str]]]:
        email = params["email"].strip().casefold()

        def theirs(hook, index):
            return [r for r in hook.iterate(index) if (r.email or "").casefold() == email]

        vitay_hook, riminder_hook = VitayHook(), RiminderHook()
        candidates = theirs(vitay_hook, vitay.list_candidates())
        references = theirs(vitay_hook, vitay.list_references())
        sources = [source.source_id for source in riminder_hook.run(riminder.list_sources())]
        profiles = theirs(riminder_hook, riminder.list_profiles(sources))
        contacts = RezoraHook().run(find_contacts_by_email([email]))
        return {
            "candidates": [{"candidate_id": record.id} for record in candidates],
            "references": [{"reference_id": record.id} for record in references],
            "profiles": [{"source_id": p.source_id, "profile_id": p.profile_id} for p in profiles],
            "contacts": [{"contact_id": c.contact_id} for c in contacts if not c.is_self],
        }

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def is_anything_there(found: dict) -> bool:
        return any(found.values())

    approved = ApprovalOperator(
        task_id="approve",
        subject="Delete the records of the person whom this run is about, for good?",
        body=(
            "{% for kind, records in ti.xcom_pull('find').items() %}"
            "- {{ kind }}: {{ records | length }}\n"
            "{% endfor %}"
        ),
        response_timeout=timedelta(days=7),
    )

    @task
    def erase(kind: str, found: dict) -> int:
        hook_type, delete, show = DELETIONS[kind]
        hook = hook_type()
        for record in found[kind]:
            try:
                hook.run(delete(**record))
            except (NotFound, InvalidRequest):
                # An earlier try may have deleted it; what can be read still is not deleted.
                if not is_gone(hook, show(**record)):
                    raise
        return len(found[kind])

    @task(trigger_rule="none_failed")
    def tell(found: dict, erased: list, ti=None):
        if not any(found.values()):
            text = "Vitay, Riminder and Rezora have no records with this address."
        elif None in erased:
            text = "Nothing was deleted, because it was not approved."
        else:
            text = "The records are deleted."
        counts = {kind.capitalize(): len(records) for kind, records in found.items()}
        result = SlackResult(text=f"{text} {LEFT_TO_PEOPLE}", fields=counts)
        ti.xcom_push(SLACK_RESULT, result.as_xcom())

    found = find()
    erased = [erase.override(task_id=f"erase_{kind}")(kind, found) for kind in DELETIONS]
    is_anything_there(found) >> approved >> erased
    tell(found, erased)


def is_gone(hook, show) -> bool:
    """Whether a vendor shows a record no more, or as one that is out of use."""
    try:
        record = hook.run(show)
    except NotFound:
        return True
    return getattr(record, "is_active", None) is False


candidate_erasure()
