"""How a command says that it could not do its work."""

from __future__ import annotations


class CommandFailed(Exception):
    """Something expected went wrong; the text is one sentence for the person at the terminal."""


class WronglyCalled(Exception):
    """The command cannot be understood; the text is one sentence that says what to type."""
