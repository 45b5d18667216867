"""In whose name the bot acts in Airflow: its own, or that of the person who asked."""

from __future__ import annotations

from dataclasses import dataclass

from .airflow_api import AirflowApi


@dataclass(frozen=True, slots=True)
class Accounts:
    """:param own: Airflow as the bot's account sees it."""

    own: AirflowApi

    def acting_for(self, user: str) -> AirflowApi:
        """Airflow for what this Slack user starts, ends and answers."""
        return self.own

    def user_of(self, login: str) -> str | None:
        """The Slack user whose Airflow login this is."""
        return None
