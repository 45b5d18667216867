"""The Slack app from the shell."""

from __future__ import annotations

import json

import typer


def run_bot() -> int:
    """Run the Slack app until it is stopped, and return its exit code."""
    from ...slackbot.main import main

    return main()


def print_manifest(request_url: str | None, redirect_url: str | None) -> None:
    """Print the app's manifest as JSON."""
    from ...slackbot.manifest import manifest

    typer.echo(json.dumps(manifest(request_url, redirect_url), indent=2))
