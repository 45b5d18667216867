"""In whose name the bot acts in Airflow: its own, or that of the person who asked.

Nobody needs an account of their own. Who has one in the users file acts with it, so that Airflow
itself decides what they may and its audit log names them. When Airflow refuses that login, the
person is told; the bot's own account never steps in.
"""

from __future__ import annotations

from typing import Any

from ..services.airflow_api import AirflowApi, AirflowForbids, AirflowRefusedLogin
from ..services.airflow_login import Login, PasswordLogin, TokenFile, TokenSource
from .users_file import SETTING, Account, UsersFile


class Accounts:
    """:param own: Airflow as the bot's account sees it.
    :param users: Who has an account of their own; None means nobody.
    """

    def __init__(self, own: AirflowApi, users: UsersFile | None = None) -> None:
        self.own = own
        self._users = users
        self._opened: dict[str, tuple[Account, AirflowApi]] = {}

    def acting_for(self, user: str) -> AirflowApi:
        """Airflow for what this Slack user starts, ends and answers.

        All share the connections and limits of the bot; a login is made when it is first needed
        and kept until the person's entry changes.
        """
        account = self._users.accounts.get(user) if self._users else None
        if account is None:
            self._opened.pop(user, None)
            return self.own
        opened = self._opened.get(user)
        if opened is None or opened[0] != account:
            opened = self._opened[user] = account, PersonsAirflow(self.own, account, user)
        return opened[1]

    def login_of(self, user: str) -> str | None:
        """The name of this Slack user's own account; None when there is none, or none is named
        since they log in by a token."""
        account = self._users.accounts.get(user) if self._users else None
        return account.username if account else None

    def users_of(self, login: str) -> list[str]:
        """The Slack users whose Airflow login this is: several may share one."""
        accounts = self._users.accounts if self._users else {}
        return [user for user, one in accounts.items() if one.username == login]


class LoginOfPersonRefused(AirflowForbids):
    """Airflow does not accept what the users file says about this person."""


class PersonsAirflow(AirflowApi):
    """Airflow as one person's account sees it."""

    def __init__(self, own: AirflowApi, account: Account, user: str) -> None:
        super().__init__(own._http, own._count)
        self._one_write = own._one_write
        self._login = Login(self._source(account, f"[{user}] in {SETTING}"))

    def _source(self, account: Account, name: str) -> TokenSource:
        if account.token_file:
            return TokenFile(str(account.token_file), setting=name)
        assert account.username  # noqa: S101 - the file was read so
        assert account.password  # noqa: S101
        return PasswordLogin(self._http, account.username, account.password, setting=name)

    async def _send(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            return await super()._send(method, path, auth=self._login, **arguments)
        except AirflowRefusedLogin:
            raise LoginOfPersonRefused(
                "Airflow does not accept your own login. Please tell those who run this app."
            ) from None
        except AirflowForbids:
            raise AirflowForbids("Airflow does not allow you to do this.") from None
