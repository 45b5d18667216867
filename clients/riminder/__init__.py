"""Riminder, resume parsing and scoring: the calls of its API."""

from .calls import *  # noqa: F403  # the calls are this package's interface
