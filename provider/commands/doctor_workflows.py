"""What the doctor looks at for workflows in Slack: tags that match nothing, params that no form can
show, and whether the bot's login may do what it must. Nothing is started or changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from ..airflow_api import AirflowApi, AirflowApiError
from .doctor_slack import Slack, SlackRefuses
from .findings import Finding, State

Problem = tuple[State, str]

RUN = "/dagRuns/talent-doctor-asks"
RIGHTS = (
    ("start runs", "POST", "/dagRuns", "nobody can start anything"),
    ("change runs", "PATCH", RUN, "nothing can be cancelled, and after a crash results come twice"),
    ("clear tasks", "POST", f"{RUN}/clear", "the button Retry fails"),
    (
        "answer questions",
        "PATCH",
        f"{RUN}/taskInstances/none/-1/hitlDetails",
        "nothing can be approved in Slack",
    ),
)
"""What the bot does with a workflow, how, and what fails without it.

Each is asked for with nothing in it, about a run that does not exist: whoever may do it gets 404
or 422, who may not gets 403, and nothing happens either way but a line in Airflow's audit log.
"""


def look_at_permissions(api: AirflowApi, dag_id: str) -> Iterator[Finding]:
    """Whether the bot's login may do with a workflow what it will have to."""
    for right, method, path, consequence in RIGHTS:
        try:
            api.request(method, f"/dags/{dag_id}{path}", json={})
        except AirflowApiError as error:
            if error.status == httpx.codes.FORBIDDEN:
                yield Finding(
                    "broken",
                    "Airflow",
                    f"the bot's login may not {right}, so {consequence}; give it the role User",
                )


def look_at_workflow(slack: Slack | None, dag: Mapping[str, Any]) -> Iterator[Finding]:
    """What the tags and params of a DAG do in Slack that its author did not mean.

    :param slack: None leaves out whether the ids in its tags exist.
    :param dag: As of `GET /dags/{dag_id}/details`.
    """
    tags = [str(tag["name"]) for tag in dag["tags"]]
    for state, text in (*_look_at_tags(slack, tags), *_look_at_params(dag["params"])):
        yield Finding(state, f"workflow {dag['dag_id']}", text)


def _look_at_tags(slack: Slack | None, tags: list[str]) -> Iterator[Problem]:
    from ...slackbot.access import REPORT, WORKFLOW, channel_of, read_rules

    rules = read_rules(tags)
    for tag in rules.unknown:
        yield "broken", f"its tag {tag} is unknown, so nobody may start it; correct the tag"
    if not (rules.is_workflow or rules.reports):
        yield "warning", f"its tags do nothing without {WORKFLOW}; add that one"
    for prefix, (letters, look) in LOOKS.items():
        for tag in tags:
            if not tag.startswith(prefix):
                continue
            identifier = tag.removeprefix(prefix)
            if prefix == REPORT:
                identifier = channel_of(identifier)
            if not re.fullmatch(f"[{letters}][A-Z0-9]+", identifier):
                yield "broken", f"its tag {tag} holds no id such as {letters[0]}0123456789"
            elif slack:
                for state, text in look(slack, identifier):
                    yield state, f"its tag {tag} {text}"


def _look_at_channel(slack: Slack, channel: str) -> Iterator[Problem]:
    try:
        found = slack.ask("conversations.info", channel=channel).json()["channel"]
    except SlackRefuses as refusal:
        yield _refused(refusal, "channel_not_found", "names no channel that the bot can see")
        return
    if found.get("is_archived"):
        yield "broken", "names an archived channel"
    elif found.get("is_member") is False:
        yield "warning", "names a channel where the bot is not; type `/invite @talent` there"


def _look_at_group(slack: Slack, group: str) -> Iterator[Problem]:
    try:
        members = slack.ask("usergroups.users.list", usergroup=group).json()["users"]
    except SlackRefuses as refusal:
        yield _refused(refusal, "no_such_subteam", "names no user group, or a disabled one")
        return
    if not members:
        yield "broken", "names a user group without members, so nobody passes"


def _look_at_user(slack: Slack, user: str) -> Iterator[Problem]:
    try:
        found = slack.ask("users.info", user=user).json()["user"]
    except SlackRefuses as refusal:
        yield _refused(refusal, "user_not_found", "names nobody")
        return
    if found.get("deleted"):
        yield "warning", "names somebody whose account is deactivated"
    elif found.get("is_restricted"):
        yield "warning", "names a guest, and guests may start nothing"


LOOKS: Mapping[str, tuple[str, Callable[[Slack, str], Iterator[Problem]]]] = {
    "slack-channel:": ("CGD", _look_at_channel),
    "slack-report:": ("CGD", _look_at_channel),
    "slack-group:": ("S", _look_at_group),
    "slack-approver-group:": ("S", _look_at_group),
    "slack-user:": ("UW", _look_at_user),
}
"""How the ids after a tag's name begin, and how to see whether there is such a thing."""


def _refused(refusal: SlackRefuses, code: str, text: str) -> Problem:
    if refusal.code == code:
        return "broken", f"{text}; correct the id, or take the tag away"
    return "warning", f"could not be checked: {refusal}"


DEFAULT = "give the param a default"


def _look_at_params(params: Mapping[str, Any] | None) -> Iterator[Problem]:
    from ...slackbot.fields import read_fields
    from ...slackbot.forms import make_form

    for hidden in make_form(read_fields(params)).hidden:
        name = hidden.field.name
        if hidden.is_obstacle:
            yield "broken", f"its param {name} {hidden.why}, so no form can start it; {DEFAULT}"
        elif "const" not in hidden.field.schema:
            yield "warning", f"its param {name} {hidden.why}; its default is taken"
