"""The command ``talent``. Each command's work is in ``commands/`` and imported when it is run."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .commands.failures import CommandFailed, WronglyCalled

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Airflow for people who hire: reference checks from a slash command to the stored report.

    Try `talent demo` first: it shows all of it for real, without an account anywhere.
    """,
)

VENDOR_HELP = "A vendor, such as vitay."


@app.command()
def demo(
    *,
    keep_running: Annotated[
        bool, typer.Option("--keep-running", help="Leave all running, with a page to try it on.")
    ] = False,
) -> None:
    """Show a reference check from slash command to stored report, on a real Airflow.

    Vitay, Slack and the people are emulated on this machine; nothing leaves it. Takes about a
    minute and ends by itself. Reports and logs go to a folder below .talent.
    """
    from .commands.demo import run_demo

    run_demo(keep_running=keep_running)


@app.command()
def emulator(
    *,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 8700,
    print_env: Annotated[
        bool,
        typer.Option(
            "--print-env",
            help="Start nothing: print the settings that point Airflow and the bot at an emulator "
            'on this port. Use as: eval "$(talent emulator --print-env)"',
        ),
    ] = False,
) -> None:
    """Run the emulated vendors and Slack on this machine, until Ctrl-C.

    Open its address in a browser to see all conversations and records, and to act as anybody.
    """
    from .commands.emulator import print_environment, run_emulator

    if print_env:
        print_environment(port)
    else:
        run_emulator(port)


@app.command()
def bot() -> None:
    """Run the Slack app, until Ctrl-C.

    Needs SLACK_BOT_TOKEN, and SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP), or
    for several workspaces SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and TALENT_SLACK_INSTALLATIONS;
    TALENT_AIRFLOW_URL with TALENT_AIRFLOW_USERNAME and TALENT_AIRFLOW_PASSWORD. README.md says
    where to get them; `talent doctor` says whether they work. With TALENT_METRICS_PORT it answers
    /health, /ready and /metrics there.
    """
    from .commands.bot import run_bot

    raise typer.Exit(run_bot())


@app.command()
def webhooks(
    *,
    print_urls: Annotated[
        str | None,
        typer.Option(
            "--print-urls",
            metavar="URL",
            help="Start nothing: print what to enter at each vendor, when URL is the receiver's"
            " public address. The addresses let in whoever has them.",
        ),
    ] = None,
    new_path: Annotated[
        bool,
        typer.Option(
            "--new-path",
            help="Start nothing: print a new secret for TALENT_WEBHOOK_VITAY_PATH or"
            " TALENT_WEBHOOK_REZI_PATH.",
        ),
    ] = False,
) -> None:
    """Receive the vendors' webhooks and start the DAGs tagged with what happened, until Ctrl-C.

    A DAG tagged on:vitay:reference.completed is started once for every reference that is filled.
    Needs TALENT_WEBHOOK_FOLDER, where events are kept until Airflow has them;
    TALENT_WEBHOOK_VITAY_PATH, TALENT_WEBHOOK_REZI_PATH or TALENT_WEBHOOK_RIMINDER_SECRET;
    TALENT_AIRFLOW_URL with TALENT_AIRFLOW_USERNAME and TALENT_AIRFLOW_PASSWORD. Serves on
    127.0.0.1:8720 unless TALENT_WEBHOOK_HOST and TALENT_WEBHOOK_PORT say otherwise, and with
    TALENT_WEBHOOK_METRICS_PORT answers /health, /ready and /metrics there. docs/webhooks.md has
    every setting; `talent doctor` says whether they work.
    """
    from .commands import webhooks as command

    if new_path:
        command.print_new_path()
    elif print_urls is not None:
        command.print_urls(print_urls)
    else:
        raise typer.Exit(command.run_webhooks())


@app.command()
def manifest(
    *,
    request_url: Annotated[
        str | None,
        typer.Option(help="Public address of the bot's /slack/events; leave out for Socket Mode."),
    ] = None,
    redirect_url: Annotated[
        str | None,
        typer.Option(
            help="Public address of the bot's /slack/oauth_redirect, when several workspaces"
            " install the app."
        ),
    ] = None,
) -> None:
    """Print the Slack app's manifest: what to paste at https://api.slack.com/apps."""
    from .commands.bot import print_manifest

    if redirect_url and not request_url:
        raise typer.BadParameter("--redirect-url needs --request-url: Socket Mode serves neither")
    print_manifest(request_url, redirect_url)


@app.command()
def calls(
    *,
    vendor: Annotated[str | None, typer.Option(help=VENDOR_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """List every call that the vendors' APIs have, and what each does to the world."""
    from .commands.calls import print_calls

    print_calls(vendor, as_json=as_json)


@app.command()
def call(
    vendor: Annotated[str, typer.Argument(help=VENDOR_HELP)],
    name: Annotated[str, typer.Argument(help="Name of the call, as `talent calls` lists it.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARG",
            help="Values in the order of the call's arguments, or name=value. @FILE is a file's "
            "content.",
        ),
    ] = None,
    *,
    conn_id: Annotated[
        str | None, typer.Option(help="Airflow connection; VENDOR_default when left out.")
    ] = None,
    allow_effect: Annotated[
        str | None,
        typer.Option(
            help="Must name the effect of calls that delete, handle credentials or act "
            "as somebody else."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the request and send nothing.")
    ] = False,
) -> None:
    """Make one call to a vendor and print its result as JSON.

    Calls whose effect is message write to real people. Example:

        talent call vitay list_candidates page=1
    """
    from .commands.calls import make_call

    make_call(
        vendor,
        name,
        arguments or [],
        conn_id=conn_id,
        allow_effect=allow_effect,
        is_dry_run=dry_run,
    )


@app.command()
def doctor() -> None:
    """Test each connection, Airflow, Slack and webhooks, and warn of settings that will hurt.

    Sends nothing to anybody. Reads the same variables as `talent bot` and `talent webhooks`, and
    Airflow's connections from the environment and from Airflow's own stores. Ends with 1 when
    something is broken.
    """
    from .commands.doctor import examine

    raise typer.Exit(1 if examine() else 0)


def main() -> None:
    """Run the command line: exit code 0 when it worked, 1 when it did not, 2 for wrong usage."""
    try:
        app()
    except CommandFailed as error:
        _leave(error, 1)
    except WronglyCalled as error:
        _leave(error, 2)
    except ModuleNotFoundError as error:
        if (extra := _extra_of(error)) is None:
            raise
        _leave(f"this needs more: pip install 'airflow-provider-talent[{extra}]'", 1)
    except KeyboardInterrupt:
        _leave("stopped", 130)


EXTRAS = {
    "slack": ("slack_bolt", "slack_sdk", "aiohttp"),
    "webhooks": ("prometheus_client", "pydantic_settings", "h11"),
    "all": ("starlette", "uvicorn", "websockets", "multipart", "jinja2", "fpdf"),
}


def _extra_of(error: ModuleNotFoundError) -> str | None:
    package = (error.name or "").partition(".")[0]
    return next((extra for extra, packages in EXTRAS.items() if package in packages), None)


def _leave(reason: object, code: int) -> None:
    typer.echo(f"talent: {reason}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
