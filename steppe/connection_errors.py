"""Turns what goes wrong between a command and its database or broker into words: which setting, what is wrong, what to do.

Every program behind `steppe` runs in `run`. No sentence shows a password: a host and a port at most.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
import sys
from collections.abc import Callable

import asyncpg
from aiokafka import errors as kafka_errors
from aiokafka.errors import KafkaError

from steppe.database.connection import DatabaseUnreachableError
from steppe.database.settings import DatabaseAddressError
from steppe.environment import SettingFileError
from steppe.log.broker_address import KafkaAddressError

DONE, REFUSED, USED_WRONGLY = 0, 1, 2
_KAFKA_ACCESS = (
    kafka_errors.AuthenticationFailedError,
    kafka_errors.SaslAuthenticationFailed,
    kafka_errors.UnsupportedSaslMechanismError,
    kafka_errors.IllegalSaslStateError,
)


def run(program: Callable[[], int | None]) -> int:
    """Run a program to its end and return its exit code: its own; 1 where database or broker refuse, 2 for an address that is wrong."""
    remarks = _ClientRemarks()
    try:
        return program() or DONE
    except Exception as error:
        sentence = explained(error, remarks.last)
        if sentence is None:
            raise
        sys.stderr.write(f"{sentence}\n")
        return exit_code_of(error)
    finally:
        remarks.remove()


def exit_code_of(error: BaseException) -> int:
    """2 when the setting itself is wrong, 1 when the neighbour refuses."""
    return USED_WRONGLY if isinstance(error, DatabaseAddressError | KafkaAddressError | SettingFileError) else REFUSED


def explained(error: BaseException, remark: str | None = None) -> str | None:
    """The error in words; None: it is none of a database or a broker. `remark` is the last that the client of Kafka logged."""
    match error:
        case SettingFileError():
            return f"{error}."
        case DatabaseAddressError():
            return f"STEPPE_DATABASE cannot be used: {error}."
        case KafkaAddressError():
            return f"STEPPE_KAFKA cannot be used: {error}."
        case DatabaseUnreachableError():
            return _database_away(error.place, error.cause)
        case asyncpg.InsufficientPrivilegeError():
            return (
                f"{error}: STEPPE_DATABASE must name a user with the rights of the projector, or the owner for "
                "`steppe migrate` and `steppe restore`."
            )
        case asyncpg.UndefinedTableError() | asyncpg.InvalidSchemaNameError():
            return f"{error}: run `steppe migrate`."
        case asyncpg.PostgresError() | asyncpg.InterfaceError():
            return f"The database of STEPPE_DATABASE refused or was lost: {error}. Its own log says more."
        case KafkaError():
            return _broker_away(error, remark)
        case ConnectionError():
            return f"The connection to database or broker was lost: {_reason(error)}. Try again."
        case TimeoutError():
            return "Database or broker did not answer in time. See whether they run, and try again."
        case _:
            return None


def _database_away(place: str, cause: BaseException) -> str:
    at = f"The database of STEPPE_DATABASE, {place},"
    match cause:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return f"{at} does not let this user in: {cause}. Correct user or password."
        case asyncpg.InvalidCatalogNameError():
            return f"{at} has none of that name: {cause}. Create it, or name another."
        case asyncpg.ClientConfigurationError() | ValueError():
            return f"STEPPE_DATABASE cannot be used: {cause}."
        case socket.gaierror():
            return f"{at} cannot be found: no host has that name. Correct it."
        case ssl.SSLError() | asyncpg.InterfaceError():
            return f"{at} cannot be reached safely: {cause}. See sslmode in docs/operating.md."
        case asyncpg.PostgresError():
            return f"{at} takes no session now: {cause}. Try again later."
        case _:
            return f"{at} does not answer: {_reason(cause)}. Start it, or correct the address."


def _broker_away(error: KafkaError, remark: str | None) -> str:
    text = remark or str(error)
    if isinstance(error, _KAFKA_ACCESS) or "Authentication" in text or "Sasl" in text or "SASL" in text:
        return f"The broker of STEPPE_KAFKA does not let this user in: {text}. Correct user, password or mechanism."
    if isinstance(error, kafka_errors.KafkaConnectionError | kafka_errors.KafkaTimeoutError):
        return f"The broker of STEPPE_KAFKA does not answer: {text}. Start it, or correct the address."
    return f"The broker of STEPPE_KAFKA refused or was lost: {text}. Its own log says more."


def _reason(cause: BaseException) -> str:
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno in errno.errorcode:
        return os.strerror(cause.errno).lower()
    return str(cause) or ("no answer in time" if isinstance(cause, TimeoutError) else type(cause).__name__)


class _ClientRemarks(logging.Handler):
    """Keeps the last remark of the client of Kafka, which alone says why a broker could not be reached, off the screen."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last: str | None = None
        self._logger = logging.getLogger("aiokafka")
        self._propagated = self._logger.propagate
        self._logger.propagate = False
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage()

    def remove(self) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagated
