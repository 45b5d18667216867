"""RickRut, tests before the first talk: the calls of its API."""

from .calls import *  # noqa: F403  # the calls are this package's interface
