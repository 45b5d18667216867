"""RickRut: tests before the first talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clients.errors import NotFound, UnexpectedAnswer
from .base import VendorHook

if TYPE_CHECKING:
    from ..clients.calls import Call
    from ..clients.rickrut.api import RickRutApi
    from ..clients.rickrut.settings import RickRutSettings

NOBODY = "0"
"""No applicant has this id, since the vendor counts from 1."""


class RickRutHook(VendorHook["RickRutSettings"]):
    """Runs RickRut's calls over an Airflow connection of type ``rickrut``.

    The connection's password is an API key. It travels in the query of every
    request, is added below everything that logs, and stands in no error. Its login
    may be any name that tells one account from another: what was sent lately is
    remembered by base URL and login.

    >>> from airflow_talent.clients import rickrut
    >>> hook = RickRutHook("rickrut_default")
    >>> applicant = hook.run(rickrut.show_applicant("31415"))

    :param rickrut_conn_id: the Airflow connection.
    """

    vendor = "rickrut"
    conn_name_attr = "rickrut_conn_id"
    default_conn_name = "rickrut_default"
    conn_type = "rickrut"
    hook_name = "RickRut"

    def __init__(self, rickrut_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(rickrut_conn_id, **kwargs)

    @classmethod
    def settings_type(cls) -> type[RickRutSettings]:
        from ..clients.rickrut.settings import RickRutSettings

        return RickRutSettings

    @classmethod
    def api_type(cls) -> type[RickRutApi]:
        from ..clients.rickrut.api import RickRutApi

        return RickRutApi

    @classmethod
    def check_call(cls) -> Call[Any]:
        from ..clients.rickrut import show_applicant

        return show_applicant(NOBODY)

    def check(self) -> None:
        """Ask for an applicant who cannot be there, as nothing else may be asked for.

        That nobody has this id is said only to a key that is accepted.
        """
        try:
            super().check()
        except NotFound as error:
            if error.code is None:
                raise UnexpectedAnswer(
                    "the base URL does not lead to the API",
                    vendor=self.vendor,
                    call=error.call,
                    status=error.status,
                ) from None
