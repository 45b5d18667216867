"""Rezora, contacts and mailing lists of real-estate agents: the calls of its API."""

from .calls import *  # noqa: F403  # the calls are this package's interface
