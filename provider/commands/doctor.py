"""Looks at everything that is configured and says what works, what does not, what will hurt."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from ..airflow_api import AirflowApi, AirflowApiError
from .doctor_slack import (
    Slack,
    connect,
    find_address_problem,
    look_at_slack,
    look_at_users_file,
)
from .doctor_webhooks import look_at_tags, look_at_webhook_settings
from .doctor_workflows import look_at_permissions, look_at_workflow
from .findings import Finding, State

SHOWN: Mapping[State, str] = {
    "works": "[green]works[/green]  ",
    "broken": "[bold red]broken[/bold red] ",
    "warning": "[yellow]warning[/yellow]",
    "absent": "[dim]not set[/dim]",
}

DEFAULT_MAX_ACTIVE_RUNS = 16
DEFAULT_CAPACITY = 1000
NOT_UP = "is not healthy"

CONSEQUENCES = {
    "metadatabase": f"{NOT_UP}: nothing works",
    "scheduler": f"{NOT_UP}: runs stay queued",
    "dag_processor": f"{NOT_UP}: new and changed DAGs are not seen",
    "triggerer": f"{NOT_UP}: waiting tasks wait for ever",
}


def examine() -> bool:
    """Print all findings; True when something is broken."""
    console = Console(highlight=False)
    is_broken = False
    for look in LOOKS:
        for finding in look():
            is_broken |= finding.state == "broken"
            console.print(
                f"{SHOWN[finding.state]}  [bold]{escape(finding.subject)}[/bold]  "
                f"{escape(finding.text)}",
                soft_wrap=True,
            )
    return is_broken


def look_at_connections() -> Iterator[Finding]:
    """Make one call without effect over each connection to a vendor."""
    from .connections import HOOKS, ConnectionUnusable, find_connections, open_hook

    found = find_connections()
    for conn_id, vendor in sorted(found.items()):
        subject = f"connection {conn_id}"
        try:
            is_accepted, text = open_hook(vendor, conn_id).test_connection()
        except ConnectionUnusable as error:
            yield Finding("broken", subject, str(error))
        else:
            yield Finding("works" if is_accepted else "broken", subject, text)
    for vendor in HOOKS.keys() - set(found.values()):
        yield Finding("absent", vendor, f"no connection of type {vendor} is known here")


def look_at_waiting() -> Iterator[Finding]:
    """Look for settings of Airflow on this machine that waits and their records do not bear."""
    from airflow.configuration import conf

    capacity = conf.getint("triggerer", "capacity")
    if capacity < DEFAULT_CAPACITY:
        yield Finding(
            "warning",
            "[triggerer] capacity",
            f"is {capacity}: every waiting task takes a place, and those above wait for one",
        )
    if conf.getboolean("state_store", "clear_on_success"):
        yield Finding(
            "warning",
            "[state_store] clear_on_success",
            "is on: a task that is cleared after it succeeded does not know what it has sent",
        )


def look_at_airflow(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Log in to Airflow as the Slack app does, and look at its parts and its workflows."""
    url = environment.get("TALENT_AIRFLOW_URL")
    if not url:
        yield Finding("absent", "Airflow", "TALENT_AIRFLOW_URL is not set")
        return
    if problem := find_address_problem(url):
        yield Finding("broken", "TALENT_AIRFLOW_URL", problem)
        return
    try:
        token = _read_token(environment)
    except (OSError, ValueError) as error:
        why = f"cannot be read ({type(error).__name__}): let it hold a token of the bot's account"
        yield Finding("broken", "TALENT_AIRFLOW_TOKEN_FILE", why)
        return
    try:
        api = _log_in(url, token, environment)
        yield from _look_at_parts(api)
        yield from _look_at_workflows(api, connect(environment))
        yield from look_at_tags(api, environment)
    except AirflowApiError as error:
        yield Finding("broken", "Airflow", str(error))
    except (httpx.HTTPError, OSError, ValueError) as error:
        yield Finding("broken", "Airflow", f"{url} does not answer ({type(error).__name__})")


LOOKS = (
    look_at_connections,
    look_at_waiting,
    look_at_airflow,
    look_at_slack,
    look_at_users_file,
    look_at_webhook_settings,
)


def _read_token(environment: Mapping[str, str]) -> str | None:
    if file := environment.get("TALENT_AIRFLOW_TOKEN_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return environment.get("TALENT_AIRFLOW_TOKEN")


def _log_in(url: str, token: str | None, environment: Mapping[str, str]) -> AirflowApi:
    return AirflowApi(
        url,
        username=environment.get("TALENT_AIRFLOW_USERNAME", ""),
        password=environment.get("TALENT_AIRFLOW_PASSWORD", ""),
        token=token,
    )


def _look_at_parts(api: AirflowApi) -> Iterator[Finding]:
    health = api.health()
    for part, consequence in CONSEQUENCES.items():
        if (health.get(part) or {}).get("status") != "healthy":
            yield Finding("broken", f"Airflow's {part.replace('_', ' ')}", consequence)
    version = api.get("/version")["version"]
    yield Finding("works", "Airflow", f"{version} at {api.url}, the login is accepted")


def _look_at_workflows(api: AirflowApi, slack: Slack | None) -> Iterator[Finding]:
    workflows = list(_find_workflows(api))
    if not any("slack" in _names(dag["tags"]) for dag in workflows):
        yield Finding("warning", "workflows", "no DAG has the tag slack, so /talent starts nothing")
    for dag in workflows:
        yield from _look_at_workflow(dag)
        yield from look_at_workflow(slack, api.dag(dag["dag_id"]))
    for dag in workflows[:1]:
        yield from look_at_permissions(api, dag["dag_id"])
    for file, problem in api.import_errors().items():
        yield Finding("broken", f"DAG file {Path(file).name}", problem)


def _find_workflows(api: AirflowApi) -> Iterator[dict[str, Any]]:
    """Every DAG with a tag that is meant for the Slack app."""
    known = api.get("/dagTags", tag_name_pattern="slack%", limit=100)["tags"]
    tags = [tag for tag in known if tag == "slack" or tag.startswith("slack-")]
    found = 0
    while tags:
        page = api.get(
            "/dags", tags=tags, tags_match_mode="any", exclude_stale=True, limit=100, offset=found
        )["dags"]
        yield from page
        found += len(page)
        if len(page) < 100:
            return


def _names(tags: list[dict[str, Any]]) -> set[str]:
    return {tag["name"] for tag in tags}


def _look_at_workflow(dag: Mapping[str, Any]) -> Iterator[Finding]:
    subject = f"workflow {dag['dag_id']}"
    if dag["is_paused"]:
        yield Finding("warning", subject, "is paused: its runs wait until somebody unpauses it")
    runs = dag["max_active_runs"]
    if runs is not None and runs <= DEFAULT_MAX_ACTIVE_RUNS:
        yield Finding(
            "warning",
            subject,
            f"max_active_runs is {runs}: run number {runs + 1} waits without a word until one of "
            "the others ends",
        )
