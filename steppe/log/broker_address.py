"""How to reach the brokers, as one address: plain, with TLS, with a user.

    kafka:9092,kafka-2:9092                                              plain, on a network of one's own
    tls://kafka:9093?ca=/run/secrets/kafka_ca.pem                        TLS; `cert` and `key` name a client's own
    sasl+tls://user:password@kafka:9093?mechanism=SCRAM-SHA-512          TLS and a user; PLAIN and SCRAM-SHA-256 are there too
    sasl+plain://user:password@kafka:9092                                a user without TLS: the password is readable

One text, so that it is a secret as a whole, in a file (STEPPE_KAFKA_FILE), like the address of the database.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_SCHEMES = ("tls", "sasl+tls", "sasl+plain")
_OPTIONS = {"ca", "cert", "key", "mechanism"}
_EXAMPLE = "write it like kafka:9092,kafka-2:9092"
_PORT_MAX = 65535
_OPTION_NAME = re.compile(r"[a-z_]+")


class KafkaAddressError(ValueError):
    """The address cannot be read; says what is wrong, and repeats of it at most names of options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAddress:
    """An address, taken apart. `tls` None: the connection is not encrypted."""

    servers: str
    tls: ssl.SSLContext | None = None
    user: str | None = None
    password: str | None = None
    mechanism: str = "SCRAM-SHA-512"

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self.servers


def parse(address: str) -> KafkaAddress:
    """Take an address apart. Raises KafkaAddressError; reads the files that it names."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return KafkaAddress(servers=_checked(address))
    if scheme not in _SCHEMES:
        raise KafkaAddressError(
            f"what stands before :// is no way to Kafka; there are host:port, {'://, '.join(_SCHEMES)}://"
        )
    place, _, query = rest.partition("?")
    login, at, servers = place.rpartition("@")
    if "@" in query:  # the ? is one of the password
        raise KafkaAddressError("an @ stands behind the ?; percent-encode / # ? @ in user, password and options")
    options = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    if unknown := sorted(options.keys() - _OPTIONS):
        names = ", ".join(name if _OPTION_NAME.fullmatch(name) else "what is no name of an option" for name in unknown)
        raise KafkaAddressError(f"{names} is not known after the ?; there are {', '.join(sorted(_OPTIONS))}")
    mechanism = options.get("mechanism", "SCRAM-SHA-512")
    if mechanism not in _MECHANISMS:
        raise KafkaAddressError(f"this mechanism is not known; there are {', '.join(_MECHANISMS)}")
    user, colon, password = login.partition(":")
    if scheme.startswith("sasl") != bool(at and colon):
        raise KafkaAddressError("user:password@ belongs to sasl+tls:// and sasl+plain://, and only to them")
    return KafkaAddress(
        servers=_checked(servers.strip("/")),
        tls=_context(options) if scheme.endswith("tls") else None,
        user=unquote(user) or None,
        password=unquote(password) or None,
        mechanism=mechanism,
    )


def client_options(address: str) -> dict[str, Any]:
    """The arguments of aiokafka's clients that say where the brokers are and how to come in. Raises KafkaAddressError."""
    parsed = parse(address)
    options: dict[str, Any] = {"bootstrap_servers": parsed.servers}
    if parsed.user is not None:
        options |= {
            "security_protocol": "SASL_PLAINTEXT" if parsed.tls is None else "SASL_SSL",
            "sasl_mechanism": parsed.mechanism,
            "sasl_plain_username": parsed.user,
            "sasl_plain_password": parsed.password,
        }
    elif parsed.tls is not None:
        options["security_protocol"] = "SSL"
    return options if parsed.tls is None else {**options, "ssl_context": parsed.tls}


def _checked(servers: str) -> str:
    for server in servers.split(","):
        # Without a port it is 9092; an address of IPv6 stands in brackets.
        host, colon, port = server.strip().rpartition(":") if _has_port(server) else (server.strip(), "", "")
        if not host or "=" in host or any(character in host for character in " /@"):
            raise KafkaAddressError(f"there is no host where one belongs; {_EXAMPLE}")
        if colon and not (port.isascii() and port.isdigit() and 0 < int(port) <= _PORT_MAX):
            raise KafkaAddressError(
                f"the port is no number from 1 to {_PORT_MAX}; percent-encode / # ? @ in the password; {_EXAMPLE}"
            )
    return servers


def _has_port(server: str) -> bool:
    return ":" in server.rpartition("]")[2]


def _context(options: dict[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=options.get("ca"))
        if "cert" in options:
            context.load_cert_chain(options["cert"], options.get("key"))
    except (OSError, ssl.SSLError) as error:
        raise KafkaAddressError(f"the certificates cannot be read: {error}") from error
    return context
