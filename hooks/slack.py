"""Slack: the files that people gave to the app."""

from __future__ import annotations

from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from .base import VendorHook

if TYPE_CHECKING:
    from ..clients.slack import SlackApi, SlackFile, SlackRunner, SlackSettings


class SlackFileHook(VendorHook["SlackSettings"]):
    """Reads files over an Airflow connection of type ``slack``.

    It is the type of ``apache-airflow-providers-slack``, which shows its form and need
    not be installed here: the password is the bot's token (scope ``files:read``), and of
    the extra fields ``base_url``, ``timeout`` and ``proxy`` count.

    >>> from airflow_talent.clients.slack import show_file
    >>> hook = SlackFileHook("slack_default")
    >>> file = hook.run(show_file("F0123ABCD"))
    >>> with TemporaryFile() as content:
    ...     hook.download(file, content, max_bytes=2**20)

    :param slack_conn_id: the Airflow connection.
    """

    vendor = "slack"
    conn_name_attr = "slack_conn_id"
    default_conn_name = "slack_default"
    conn_type = "slack"
    hook_name = "Slack files"

    def __init__(self, slack_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(slack_conn_id, **kwargs)

    @classmethod
    def settings_type(cls) -> type[SlackSettings]:
        from ..clients.slack import SlackSettings

        return SlackSettings

    @classmethod
    def api_type(cls) -> type[SlackApi]:
        from ..clients.slack import SlackApi

        return SlackApi

    def download(self, file: SlackFile, content: IO[bytes], *, max_bytes: int) -> None:
        """Write what a file contains to ``content``; see :meth:`.SlackRunner.download`."""
        self._runner.download(file, content, max_bytes=max_bytes)

    @cached_property
    def _runner(self) -> SlackRunner:
        from ..clients.slack import SlackApi, SlackRunner

        # The token is sent as it stands, and so Airflow masks it already.
        return SlackRunner(SlackApi(self.settings))
