"""The database's address as a setting: a mistake in it is reported at the start, with the name of the setting."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

_SCHEMES = ("postgresql", "postgres")
_EXAMPLE = "write it like postgresql://user:password@host:5432/name"
_PORT_MAX = 65535


class DatabaseAddressError(ValueError):
    """The address cannot be read; says which part, and shows no password."""


def checked(address: str) -> str:
    """The same address. Raises DatabaseAddressError; opens no connection."""
    scheme, separator, _ = address.partition("://")
    if not separator:
        raise DatabaseAddressError(f"that is no address of a database; {_EXAMPLE}")
    if scheme not in _SCHEMES:
        raise DatabaseAddressError(f"{scheme}:// is no way to Postgres; {_EXAMPLE}")
    try:
        place = urlsplit(address).netloc.rpartition("@")[2]
    except ValueError:  # a bracket of IPv6 that is not closed
        raise DatabaseAddressError(f"the host cannot be read; {_EXAMPLE}") from None
    for host in place.split(","):
        port = host.rpartition("]")[2].partition(":")[2]
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) <= _PORT_MAX):
            raise DatabaseAddressError(f"{port!r} is no port, which is a number from 1 to {_PORT_MAX}; {_EXAMPLE}")
    return address


Database = Annotated[str, AfterValidator(checked)]
