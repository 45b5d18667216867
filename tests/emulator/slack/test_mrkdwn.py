"""Slack's text as HTML: what it means is shown, what it could do is not."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.emulator.slack.mrkdwn import Mrkdwn

NAMES = {"U0LEAD": "lead", "C0GENERAL": "general", "S0RECRUITERS": "recruiters"}
ALLOWED = {
    "a": {"href", "rel", "target"},
    "span": {"class"},
    **{tag: set() for tag in ("b", "i", "s", "code", "pre", "blockquote", "br")},
}

mrkdwn = Mrkdwn(lambda identifier: NAMES.get(identifier, identifier))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~no~ `code`", "<b>bold</b> <i>it</i> <s>no</s> <code>code</code>"),
        ("*bold _and it_*", "<b>bold <i>and it</i></b>"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("a &lt;b&gt; &amp;amp;", "a &lt;b&gt; &amp;amp;"),
        ("<@U0LEAD>", '<span class="mention">@lead</span>'),
        ("<@U0NOBODY>", '<span class="mention">@U0NOBODY</span>'),
        ("<#C0GENERAL|general>", '<span class="mention">#general</span>'),
        ("<!subteam^S0RECRUITERS>", '<span class="mention">@recruiters</span>'),
        ("<!here>", '<span class="mention">@here</span>'),
        ("<!date^0^{date_num} {time}|then>", "1970-01-01 00:00"),
        ("<!date^soon^{date_num}|then>", "then"),
        ("`*not bold* <@U0LEAD>`", "<code>*not bold* &lt;@U0LEAD&gt;</code>"),
        ("```*not bold*\n&lt;b&gt;```", "<pre>*not bold*\n&lt;b&gt;</pre>"),
        ("&gt; quoted\n&gt; twice\nnot", "<blockquote>quoted<br>twice</blockquote>not"),
        ("one\ntwo", "one<br>two"),
        (":tada: :rocket: :no_such_thing:", "🎉 🚀 :no_such_thing:"),
        ("<javascript:alert(1)|click me>", "click me"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_text_is_rendered_as_slack_means_it(text: str, html: str) -> None:
    assert mrkdwn.render(text) == html


def test_a_link_shows_its_label_and_leads_outside() -> None:
    html = mrkdwn.render("<https://x.test/?a=1&amp;b=2|a *site*>")
    assert html.startswith('<a href="https://x.test/?a=1&amp;b=2" rel="noopener noreferrer"')
    assert html.endswith(">a *site*</a>")


def test_plain_text_is_not_marked_up() -> None:
    assert mrkdwn.render_plain("*a* <@U0LEAD> :x:\n&lt;") == ("*a* &lt;@U0LEAD&gt; ❌<br>&amp;lt;")


class _Watch(HTMLParser):
    """Fails on any tag, attribute or address that this page never writes itself."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        for name, value in attrs:
            if name == "href":
                assert (value or "").lower().startswith(("http://", "https://", "mailto:"))


SHARDS = """< > & " ' | * _ ~ ` ``` : ! @ # ^ a <script> </pre> javascript: https:// mailto:
onload= &lt; &gt; &amp; <@U0LEAD> !date^ !subteam^ :tada:"""
PIECES = st.sampled_from(SHARDS.split()) | st.sampled_from(" \n") | st.text(max_size=3)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_text_brings_markup_of_its_own(text: str) -> None:
    for html in (mrkdwn.render(text), mrkdwn.render_plain(text)):
        _Watch().feed(html)
