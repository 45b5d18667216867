"""Airflow provider for talent vendors, and the Slack app that starts its DAGs."""

__version__ = "0.1.0"
