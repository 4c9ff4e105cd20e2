"""A setting from the environment, or from the file that the environment names.

Apart from steppe.settings, whose classes need a library that the command does without.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

FILE = "_FILE"
# What Kubernetes sets in every container for a service that is called steppe-…, such as …_SERVICE_HOST.
_OF_A_SERVICE = re.compile(
    r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)", re.ASCII
)
_LINK = re.compile(r"(tcp|udp|sctp)://\S+", re.ASCII)


class SettingFileError(ValueError):
    """A file that is to hold a setting cannot be read; says which."""


def set_by_kubernetes(variable: str, value: str) -> bool:
    """Whether Kubernetes itself sets such a variable, which then is no setting: a service's host or port, or NAME_PORT=tcp://…"""
    is_link = variable.endswith("_PORT") and _LINK.fullmatch(value)
    return bool(is_link or _OF_A_SERVICE.fullmatch(variable))


def setting(variable: str) -> str:
    """A variable, or the contents of the file that VARIABLE_FILE names; empty when neither is set. Raises SettingFileError."""
    if value := os.environ.get(variable):
        return value
    path = os.environ.get(f"{variable}{FILE}")
    try:
        return Path(path).read_text(encoding="utf-8").strip() if path else ""
    except OSError as error:
        raise SettingFileError(f"{variable}{FILE}={path} cannot be read: {error.strerror}") from None
