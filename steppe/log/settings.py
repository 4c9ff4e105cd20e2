"""The brokers' address as a setting: a mistake in it is reported at the start, with the name of the setting."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from steppe.log.broker_address import parse


def _checked(address: str) -> str:
    parse(address)
    return address


Brokers = Annotated[str, AfterValidator(_checked)]
