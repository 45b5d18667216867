"""What a person types after `/talent`."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_talent.slackbot.command import (
    Again,
    Cancel,
    Command,
    CommandError,
    Help,
    ListWorkflows,
    Menu,
    Start,
    Status,
    parse_command,
    read_list,
    read_scalar,
    restore_typed,
    write_command,
    write_value,
)

# Slack itself escapes these three.
signs = st.characters(exclude_categories=["Cs"], exclude_characters="<>&")
typed_text = st.text(signs | st.sampled_from(" \n\u00a0\"'\u201c\u201d\u2018\u2019"))


def values_of(text: str) -> dict[str, str]:
    command = parse_command(text)
    assert isinstance(command, Start)
    return {name: read_scalar(value) for name, value in command.values}


@pytest.mark.parametrize("text", ["cancel", "again", "cancel one two", "status one two"])
def test_a_command_about_a_run_wants_one_run(text: str) -> None:
    with pytest.raises(CommandError, match="Name one run"):
        parse_command(text)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("status", Status()),
        ("status  ", Status()),
        ("Status 1a2b3c4d", Status("1a2b3c4d")),
        ("cancel `1a2b3c4d`", Cancel("1a2b3c4d")),
        ("again scheduled__2026-12-01", Again("scheduled__2026-12-01")),
    ],
)
def test_a_command_about_a_run_is_read(text: str, command: Command) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_asks_for_the_menu(text: str) -> None:
    assert parse_command(text) == Menu()


@pytest.mark.parametrize("text", ["help", "HELP", "?"])
def test_help_asks_for_help(text: str) -> None:
    assert parse_command(text) == Help()


def test_list_asks_for_the_workflows() -> None:
    assert parse_command(" List ") == ListWorkflows()


def test_a_name_alone_starts_a_workflow_without_values() -> None:
    assert parse_command("reference_check") == Start("reference_check")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("w email=<mailto:ann@example.com|ann@example.com>", "ann@example.com"),
        ("w email=<mailto:ann@example.com>", "ann@example.com"),
        ("w site=<http://example.com|example.com>", "example.com"),
        ("w site=<https://example.com/a?b=1&amp;c=2>", "https://example.com/a?b=1&c=2"),
        ("w site=<https://example.com/real|click here>", "https://example.com/real"),
        ("w who=<@U0123|ann>", "U0123"),
        ("w where=<#C0123|hiring>", "C0123"),
        ("w group=<!subteam^S0123|@recruiters>", "S0123"),
        ("w phone='<tel:+4912345|+49 12345>'", "+49 12345"),
        ("w text=\u201cAnn Lee\u201d", "Ann Lee"),
        ("w text=\u2018Ann Lee\u2019", "Ann Lee"),
        ("w text=O\u2019Brien", "O'Brien"),
        ("w text='O'Brien'", "O'Brien"),
        ('w text="say \\"hi\\" \\\\ bye"', 'say "hi" \\ bye'),
        ("w text=a=b==c", "a=b==c"),
        ("w text='a &lt;b&gt; &amp;'", "a <b> &"),
        ("w\u00a0text=5'", "5'"),
        ("w\ntext=x", "x"),
        ("w text=", ""),
        ("w text='first\nsecond\u00a0line'", "first\nsecond\u00a0line"),
        ("w text=\u201cfirst\nsecond\u201d", "first\nsecond"),
        ('w text="He said \u201cno\u201d to me"', "He said \u201cno\u201d to me"),
        ("w text='It\u2019s \u2018fine\u2019'", "It\u2019s \u2018fine\u2019"),
        ('w text=\u201cHe said "no" to me\u201d', 'He said "no" to me'),
        ("w text=\u201eAnn Lee\u201c", "Ann Lee"),
        ('w text=\u201cAnn Lee"', "Ann Lee"),
        ('w text="Ann Lee\u201d', "Ann Lee"),
        ("w text=\u201ca \\\u201d b\u201d", "a \u201d b"),
    ],
)
def test_what_slack_and_keyboards_did_is_undone(text: str, value: str) -> None:
    assert list(values_of(text).values()) == [value]


def test_json_is_taken_as_it_is_spaces_included() -> None:
    command = parse_command('w filter={"a": [1, "b c"]} next=1')

    assert command == Start("w", (("filter", '{"a": [1, "b c"]}'), ("next", "1")))


def test_json_with_typographic_quotes_is_json() -> None:
    command = parse_command("w tags=[\u201ca b\u201d,\u00a0\u201cc\u201d]\nnext=1")

    assert command == Start("w", (("tags", '["a b", "c"]'), ("next", "1")))


def test_quotes_inside_of_json_are_left_alone() -> None:
    command = parse_command('w tags=["it\u2019s", "\u201cb\u201d"]')

    assert command == Start("w", (("tags", '["it\u2019s", "\u201cb\u201d"]'),))


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_brackets_without_end_are_words(bracket: str) -> None:
    text = bracket * 3_500

    assert values_of(f"w x={text}") == {"x": text}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("w loose", "`loose`"),
        ("w a=1 loose b=2", "`loose`"),
        ("w =1", "`=1`"),
        ("w a = 1", "`a`"),
        ('w a="never closed', "`a` is never closed"),
        ("w a=b,'never closed", "`a` is never closed"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, complaint: str) -> None:
    with pytest.raises(CommandError) as refusal:
        parse_command(text)

    assert complaint in str(refusal.value)


def test_quoted_items_of_a_list_may_hold_commas() -> None:
    assert read_list("a, \"b, c\",'d' ,,e") == ["a", "b, c", "d", "e"]
    assert read_list("\u201cb, c\u201d,\u2018d\u2019,e\u2019s") == ["b, c", "d", "e's"]


@given(st.text())
@example("<")
@example('a b="')
@example("<|>")
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        command = parse_command(text)
    except CommandError:
        return
    assert isinstance(command, Command)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), typed_text))
@example({"a": "[1"})
@example({"a": '"'})
@example({"a": "\\"})
@example({"a": "x,'y"})
def test_a_written_command_is_read_back(values: dict[str, str]) -> None:
    line = write_command("w", [(name, write_value(value)) for name, value in values.items()])

    assert values_of(line.removeprefix("/talent ")) == values


@given(st.lists(typed_text))
@example([""])
@example(["a,b", "c"])
def test_a_written_list_is_read_back(items: list[str]) -> None:
    command = parse_command(f"w tags={write_value(items)}")

    assert isinstance(command, Start)
    assert read_list(command.values[0][1].replace("[]", "")) == items


@given(typed_text)
def test_plain_text_is_left_alone(text: str) -> None:
    assert restore_typed(text) == text
