"""Who may start a workflow and answer it: read from the tags of its DAG, decided by ids only.

Names are never compared, since anybody can take a name. Where Slack does not answer, the answer
is no.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

WORKFLOW = "slack"
PUBLIC_RESULT = "slack-public-result"
REPORT = "slack-report:"
COSTS_MONEY = "slack-costs-money"
APPROVERS = "slack-approver-group:"
NARROWING = ("slack-channel:", "slack-group:", "slack-user:")
KNOWN = (*NARROWING, REPORT, APPROVERS)
MARKS = frozenset({PUBLIC_RESULT, COSTS_MONEY})

audit = logging.getLogger("airflow_talent.slackbot.audit")


class Refused(Exception):
    """A person may not do this; the text says why, in words for that person."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking, from a verified request.

    :param channel: The conversation in which the person asked.
    """

    team: str
    user: str
    channel: str


@dataclass(frozen=True, slots=True)
class Account:
    """What Slack knows about a user."""

    teams: frozenset[str]
    is_guest: bool
    is_stranger: bool
    is_person: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """What the tags of a DAG say.

    :param is_workflow: It may be started from Slack at all.
    :param reports: Conversations that every run is reported in, as `<channel>` or
        `<workspace>/<channel>`.
    :param approvers: Groups of which one must be somebody's who answers its questions; empty
        means whoever may start it.
    :param costs_money: Who starts a run does not answer its questions: four eyes see a purchase.
    :param unknown: Tags that begin with `slack-` and mean nothing. A misspelt restriction must
        not open a workflow to everyone, so with one of these nobody may start it.
    """

    is_workflow: bool
    channels: frozenset[str]
    groups: frozenset[str]
    users: frozenset[str]
    approvers: frozenset[str]
    reports: tuple[str, ...]
    has_public_result: bool
    costs_money: bool
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """One workspace of several that have installed the app. A run is reported in one of them:
    where it was started, else where the first of its DAG's `slack-report:` tags says.

    :param is_first: `slack-report:` tags that name no workspace mean this one.
    """

    team: str
    is_first: bool

    def has(self, starter_team: str | None, rules: Rules) -> bool:
        """Whether a run belongs here.

        :param starter_team: Where it was started; None when that was not in Slack.
        """
        if starter_team is not None:
            return starter_team == self.team
        return not rules.reports or self.owns(rules.reports[0])

    def owns(self, report: str) -> bool:
        """Whether a conversation that a `slack-report:` tag names is here."""
        team, _, _ = report.rpartition("/")
        return team == self.team or (not team and self.is_first)


def channel_of(report: str) -> str:
    """The conversation of a `slack-report:` tag, which may name its workspace before."""
    return report.rpartition("/")[2]


class Directory(Protocol):
    """What must be asked of Slack to decide."""

    async def account(self, user: str) -> Account: ...

    async def group_members(self, group: str) -> frozenset[str]: ...


def read_rules(tags: Iterable[str]) -> Rules:
    """The meaning of a DAG's tags."""
    tags = tuple(tags)

    def ids(prefix: str) -> tuple[str, ...]:
        return tuple(tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix))

    channels, groups, users = (frozenset(ids(prefix)) for prefix in NARROWING)
    return Rules(
        is_workflow=WORKFLOW in tags,
        channels=channels,
        groups=groups,
        users=users,
        approvers=frozenset(ids(APPROVERS)),
        reports=tuple(dict.fromkeys(ids(REPORT))),
        has_public_result=PUBLIC_RESULT in tags,
        costs_money=COSTS_MONEY in tags,
        unknown=tuple(
            tag
            for tag in tags
            if tag.startswith("slack-") and tag not in MARKS and not tag.startswith(KNOWN)
        ),
    )


async def check_person(person: Person, *, teams: frozenset[str], directory: Directory) -> None:
    """Let pass whoever belongs to one of the workspaces, as a full member.

    :raises Refused: for guests, people of other workspaces, bots and deactivated accounts.
    """
    if person.team not in teams:
        raise Refused("this app does not serve your workspace")
    account = await directory.account(person.user)
    if not account.is_person:
        raise Refused("only people may start workflows")
    if account.is_stranger or not account.teams & teams:
        raise Refused("people of other workspaces may not start workflows")
    if account.is_guest:
        raise Refused("guests may not start workflows")


async def check_rules(person: Person, rules: Rules, *, directory: Directory) -> None:
    """Let pass whom a DAG's tags let pass: one of each kind that is there.

    :raises Refused: the reason names what is missing, never who else may.
    """
    if not rules.is_workflow:
        raise Refused("it is not a workflow for Slack")
    if rules.unknown:
        raise Refused(f"its tag {rules.unknown[0]} is unknown, so nobody may start it")
    if rules.users and person.user not in rules.users:
        raise Refused("it is open to certain people only")
    if rules.channels and person.channel not in rules.channels:
        raise Refused("it may be started in certain channels only")
    if rules.groups and not await _is_in_one(person, rules.groups, directory):
        raise Refused("it is open to certain user groups only")


async def check_answer(
    person: Person, rules: Rules, *, starter: str | None, directory: Directory
) -> None:
    """Let pass who may answer what a run of a workflow asks.

    :param starter: The user who started the run; None when its schedule did.
    :raises Refused: the reason names what is missing, never who else may.
    """
    if rules.unknown:
        raise Refused(f"its tag {rules.unknown[0]} is unknown, so nobody may answer it")
    if rules.costs_money and person.user == starter:
        raise Refused("it costs money, so somebody else than its starter must answer")
    if rules.approvers:
        if not await _is_in_one(person, rules.approvers, directory):
            raise Refused("only certain user groups may answer it")
    elif rules.is_workflow:
        await check_reach(person, rules, starter=starter, directory=directory)


async def check_reach(
    person: Person, rules: Rules, *, starter: str | None, directory: Directory
) -> None:
    """Let pass who may see and steer a run: whoever might have started it, and its starter also
    outside the channels in which it may be started, since results go to direct messages too.

    :raises Refused: as `check_rules`.
    """
    if person.user == starter:
        rules = replace(rules, channels=frozenset())
    await check_rules(person, rules, directory=directory)


async def _is_in_one(person: Person, groups: Iterable[str], directory: Directory) -> bool:
    for group in sorted(groups):
        if person.user in await directory.group_members(group):
            return True
    return False


def record_decision(
    person: Person,
    *,
    workflow: str,
    allowed: bool,
    why: str,
    run_id: str | None = None,
    act: str = "start",
) -> None:
    """One audit line: who, what, allowed or not, and why; never a value.

    :param act: What the person wanted to do, one word.
    """
    audit.info(
        "%s act=%s team=%s user=%s channel=%s workflow=%s run=%s why=%s",
        "allowed" if allowed else "refused",
        act,
        person.team,
        person.user,
        person.channel,
        _one_word(workflow),
        run_id or "-",
        why,
    )


def _one_word(typed: str) -> str:
    """What a person typed, unable to look like a log line or another field."""
    return "".join(sign if sign.isalnum() or sign in "._~:+-" else "?" for sign in typed[:250])
