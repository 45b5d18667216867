"""Rezi, resumes and the plans of those who write them: the calls of its API."""

from .calls import *  # noqa: F403  # the calls are this package's interface
