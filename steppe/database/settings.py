"""The database's address as a setting: a mistake in it is reported at the start, with the name of the setting."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator

_SCHEMES = ("postgresql", "postgres")
_EXAMPLE = "write it like postgresql://user:password@host:5432/name"
_PORT_MAX = 65535
_SESSIONS = ("any", "primary", "standby", "read-write", "read-only", "prefer-standby")


class DatabaseAddressError(ValueError):
    """The address cannot be read; says what is wrong, and repeats no part of it: any may be a piece of the password."""


def checked(address: str) -> str:
    """The same address. Raises DatabaseAddressError; opens no connection."""
    scheme, separator, _ = address.partition("://")
    if not separator:
        raise DatabaseAddressError(f"that is no address of a database; {_EXAMPLE}")
    if scheme not in _SCHEMES:
        raise DatabaseAddressError(f"what stands before :// is no way to Postgres; {_EXAMPLE}")
    try:
        parts = urlsplit(address)
    except ValueError:  # a bracket of IPv6 that is not closed
        raise DatabaseAddressError(f"the host cannot be read; {_EXAMPLE}") from None
    if "@" in parts.path + parts.query + parts.fragment:
        raise DatabaseAddressError(
            f"an @ stands behind the host; percent-encode / # ? @ in user, password and options; {_EXAMPLE}"
        )
    for host in parts.netloc.rpartition("@")[2].split(","):
        port = host.rpartition("]")[2].partition(":")[2]
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) <= _PORT_MAX):
            raise DatabaseAddressError(
                f"the port is no number from 1 to {_PORT_MAX}; percent-encode / # ? @ in the password; {_EXAMPLE}"
            )
    _check_options(parts.query)
    return address


def _check_options(query: str) -> None:
    try:
        options = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise DatabaseAddressError(
            f"the options after the ? are not name=value&name=value; {_EXAMPLE}?sslmode=require"
        ) from None
    # What asyncpg says of it names no value that it takes.
    if options.get("target_session_attrs", ["any"])[-1] not in _SESSIONS:
        raise DatabaseAddressError(f"target_session_attrs is none of {', '.join(_SESSIONS)}; {_EXAMPLE}")


Database = Annotated[str, AfterValidator(checked)]
