"""The receiver of webhooks from the shell."""

from __future__ import annotations

import secrets

import typer

from .failures import CommandFailed, WronglyCalled

CHANCE = 24
"""Bytes of chance in a new path: more than is asked for, and no longer than a line."""

PLACES = {
    "vitay": "in Vitay as root recruiter: Developers tab, the account's webhook URL",
    "rezi": "in Rezi's RMS configuration: add a new WebHook",
    "riminder": "in Riminder's dashboard: Webhooks, one for each type of event, all with this"
    " callback URL",
}


def run_webhooks() -> int:
    """Run the receiver until it is stopped, and return its exit code."""
    from ...webhooks.main import main

    return main()


def print_new_path() -> None:
    """Print what nobody guesses, for an address that only a vendor knows."""
    typer.echo(secrets.token_urlsafe(CHANCE))


def print_urls(base: str) -> None:
    """Print what to enter at each vendor. The addresses let in whoever has them.

    :param base: The public address of the receiver.
    """
    from ...services.settings import SettingsError, plain_url
    from ...webhooks.settings import read_settings

    try:
        base = plain_url(base)
    except ValueError as error:
        raise WronglyCalled(f"the address after --print-urls {error}") from None
    try:
        settings = read_settings()
    except SettingsError as error:
        raise CommandFailed(str(error)) from None
    for vendor, door in (
        ("vitay", settings.talent_webhook_vitay),
        ("rezi", settings.talent_webhook_rezi),
    ):
        if door:
            _print(vendor, f"{base}/{vendor}/{door.path.get_secret_value()}")
    if settings.talent_webhook_riminder:
        _print("riminder", f"{base}/riminder")


def _print(vendor: str, url: str) -> None:
    typer.echo(f"{url}\n    {PLACES[vendor]}\n")
