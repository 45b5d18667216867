"""Takes people and secrets out of error texts before anybody reads them in Slack."""

from __future__ import annotations

import re

MAX_REASON = 300
"""Characters of an error that are shown; the rest is in the log."""

SENSITIVE = (
    "secret|token|password|passwd|passphrase|api[_-]?key|authori[sz]ation|credential|cookie"
    "|signature"
)

RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # Addresses keep host and path; user, password and query are where secrets travel.
        (r"(\b[a-z][a-z0-9+.-]*://)[^\s/@]+@", r"\1"),
        (r"(\b[a-z][a-z0-9+.-]*://[^\s?#'\"]*)[?#][^\s'\"]*", r"\1"),
        (r"[\w.+'-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", "[e-mail]"),
        (r"\b(bearer|basic|digest)\s+\S+", r"\1 [secret]"),
        (
            rf"([\w-]*(?:{SENSITIVE})[\w-]*[\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|\S+)",
            r"\1[secret]",
        ),
        (r"\b(?:xox[a-z]|xapp|ghp|sk|pk|wsk|askr?w?)[-_][\w-]{8,}", "[secret]"),
        (r"\beyJ[\w-]+\.[\w-]+\.[\w-]*", "[secret]"),
        (r"\b(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])[\w+/-]{32,}={0,2}", "[secret]"),
        (r"(?<![\w.:-])\+?\(?\d[\d ()./-]{7,}\d(?![\w:])", "[number]"),
    )
)


def scrub(text: str) -> str:
    """One line of an error, without e-mail addresses, phone numbers, secrets and queries."""
    line = " ".join(text.split())
    # Long texts are cut before and after: the rules take time for each character.
    line = line[: 10 * MAX_REASON]
    for pattern, replacement in RULES:
        line = pattern.sub(replacement, line)
    return line if len(line) <= MAX_REASON else f"{line[: MAX_REASON - 1]}…"
