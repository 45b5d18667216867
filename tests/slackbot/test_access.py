"""Who may start what: ids only, and no answer is a no."""

from __future__ import annotations

import logging

import pytest

from airflow_talent.slackbot.access import (
    Account,
    Person,
    Refused,
    check_person,
    check_rules,
    read_rules,
    record_decision,
)

TEAMS = frozenset({"T1"})
MEMBER = Account(teams=TEAMS, is_guest=False, is_stranger=False, is_person=True)
ANN = Person("T1", "U1", "C1")


class Directory:
    """What Slack would say."""

    def __init__(self, account: Account = MEMBER, **groups: set[str]) -> None:
        self._account = account
        self._groups = groups

    async def account(self, user: str) -> Account:
        return self._account

    async def group_members(self, group: str) -> frozenset[str]:
        return frozenset(self._groups.get(group, ()))


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        (Account(TEAMS, is_guest=True, is_stranger=False, is_person=True), "guests"),
        (Account(TEAMS, is_guest=False, is_stranger=True, is_person=True), "other workspaces"),
        (
            Account(frozenset({"T2"}), is_guest=False, is_stranger=False, is_person=True),
            "other workspaces",
        ),
        (Account(TEAMS, is_guest=False, is_stranger=False, is_person=False), "only people"),
    ],
)
async def test_only_full_members_pass(account: Account, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        await check_person(ANN, teams=TEAMS, directory=Directory(account))


async def test_a_foreign_workspace_is_refused_whoever_asks() -> None:
    with pytest.raises(Refused):
        await check_person(Person("T2", "U1", "C1"), teams=TEAMS, directory=Directory())


async def test_a_member_passes() -> None:
    await check_person(ANN, teams=TEAMS, directory=Directory())


@pytest.mark.parametrize(
    "tags",
    [
        ["slack"],
        ["slack", "hr", "slack-public-result", "slack-report:C9", "slack-approver-group:S9"],
        ["slack", "slack-user:U1"],
        ["slack", "slack-user:U2", "slack-user:U1"],
        ["slack", "slack-channel:C1"],
        ["slack", "slack-group:S1"],
        ["slack", "slack-group:S2", "slack-group:S1"],
        ["slack", "slack-group:S1", "slack-channel:C1", "slack-user:U1"],
    ],
)
async def test_tags_let_pass(tags: list[str]) -> None:
    await check_rules(ANN, read_rules(tags), directory=Directory(S1={"U1"}, S2={"U2"}))


@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["slack-report:C1"],
        ["slack-user:U1"],
        ["slack", "slack-user:U2"],
        ["slack", "slack-user:"],
        ["slack", "slack-channel:C2"],
        ["slack", "slack-channel:hiring"],
        ["slack", "slack-group:S2"],
        ["slack", "slack-group:unknown"],
        ["slack", "slack-group:S1", "slack-channel:C2"],
        ["slack", "slack-user:U1", "slack-group:S2"],
    ],
)
async def test_tags_refuse(tags: list[str]) -> None:
    with pytest.raises(Refused):
        await check_rules(ANN, read_rules(tags), directory=Directory(S1={"U1"}, S2={"U2"}))


@pytest.mark.parametrize("tag", ["slack-chanel:C2", "slack-users:U1", "slack-"])
async def test_a_misspelt_tag_opens_a_workflow_to_nobody(tag: str) -> None:
    with pytest.raises(Refused, match="unknown"):
        await check_rules(ANN, read_rules(["slack", tag]), directory=Directory())


def test_reports_and_public_results_are_read_from_tags() -> None:
    rules = read_rules(["slack-report:C1", "slack-report:C2", "slack-public-result"])

    assert rules.reports == ("C1", "C2")
    assert rules.has_public_result
    assert not rules.is_workflow


def test_an_audit_line_is_one_line_whatever_was_typed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "airflow_talent.slackbot.audit"):
        record_decision(ANN, workflow="x\nallowed user=U2", allowed=False, why="no such workflow")

    assert caplog.messages == [
        (
            "refused act=start team=T1 user=U1 channel=C1 workflow=x?allowed?user?U2 run=-"
            " why=no such workflow"
        )
    ]
