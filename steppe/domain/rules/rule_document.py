"""A version of the rules as a document of plain values, and back, with every validation error (domain page, section 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from steppe.domain.events.validation import Fault
from steppe.domain.events.vocabulary import SECTORS
from steppe.domain.rules.thresholds import Override, Rules
from steppe.domain.values.levels import LEVEL_OF_LABEL

CONDITIONS = ("level", "commodity", "sector", "country")
_FIELDS = ("version", "values", "overrides", "note")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,39}")
_VALUE_MAX = 1200


class RuleDocumentError(ValueError):
    """The document is no version of the rules; `faults` say where and why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer or '/'} {fault.message}" for fault in faults))
        self.faults = faults


def document_of(rules: Rules) -> dict[str, Any]:
    """The version as plain values, complete; `rules_from` reads it back as the same."""
    return {
        "version": rules.version,
        "values": dict(sorted(rules.values.items())),
        "overrides": [_override_document(override) for override in rules.overrides],
    }


def rules_from(document: object, basis: Rules) -> Rules:
    """The version that a document describes. What `values` leaves out is as in `basis`; `overrides`, if given, replace
    those of `basis`.

    Raises RuleDocumentError with all faults.
    """
    if not isinstance(document, Mapping):
        raise RuleDocumentError([Fault("", "must be an object with version, values and overrides")])
    faults = [
        Fault(f"/{_escaped(field)}", f"is not known; fields are {', '.join(_FIELDS)}")
        for field in document
        if field not in _FIELDS
    ]
    version = document.get("version")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        faults.append(Fault("/version", "must be a name of up to 40 letters, digits, dots and hyphens, as 2027-1"))
    given = document.get("values", {})
    if not isinstance(given, Mapping):
        faults.append(Fault("/values", "must be an object of rule names and whole numbers"))
        given = {}
    for rule, value in given.items():
        faults += _faults_of_value(f"/values/{_escaped(rule)}", rule, value, basis)
    overrides = basis.overrides
    if "overrides" in document:
        listed = document["overrides"]
        if not isinstance(listed, list | tuple):
            faults.append(Fault("/overrides", "must be a list"))
            listed = []
        for number, override in enumerate(listed):
            faults += _faults_of_override(f"/overrides/{number}", override, basis)
        if not faults:
            overrides = tuple(Override(**override) for override in listed)
    if faults:
        raise RuleDocumentError(faults)
    return Rules(version=str(version), values=MappingProxyType({**basis.values, **given}), overrides=overrides)


def _faults_of_value(pointer: str, rule: object, value: object, basis: Rules) -> list[Fault]:
    if rule not in basis.values:
        return [_no_rule(pointer, rule, basis)]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _VALUE_MAX:
        return [Fault(pointer, f"must be a whole number from 1 to {_VALUE_MAX}")]
    return []


def _no_rule(pointer: str, rule: object, basis: Rules) -> Fault:
    near = get_close_matches(str(rule), basis.values, n=2)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return Fault(pointer, f"is no rule; rules are {', '.join(sorted(basis.values))}.{meant}")


def _faults_of_override(pointer: str, override: object, basis: Rules) -> list[Fault]:
    if not isinstance(override, Mapping):
        return [Fault(pointer, f"must be an object with rule, value and one of {', '.join(CONDITIONS)}")]
    faults = [
        Fault(f"{pointer}/{_escaped(field)}", f"is not known; fields are rule, value, {', '.join(CONDITIONS)}")
        for field in override
        if field not in ("rule", "value", *CONDITIONS)
    ]
    if "rule" not in override:
        faults.append(Fault(f"{pointer}/rule", "is required"))
    elif override["rule"] not in basis.values:
        faults.append(_no_rule(f"{pointer}/rule", override["rule"], basis))
    else:
        faults += _faults_of_value(f"{pointer}/value", override["rule"], override.get("value"), basis)
    conditions = [field for field in CONDITIONS if field in override]
    if len(conditions) != 1:
        faults.append(Fault(pointer, f"must name exactly one of {', '.join(CONDITIONS)}"))
    for field in conditions:
        faults += _faults_of_condition(f"{pointer}/{field}", field, override[field])
    return faults


def _faults_of_condition(pointer: str, field: str, value: object) -> list[Fault]:
    if not isinstance(value, str) or not value:
        return [Fault(pointer, "must be text")]
    if field == "level" and value not in LEVEL_OF_LABEL:
        return [Fault(pointer, f"is no level; levels are {', '.join(LEVEL_OF_LABEL)}")]
    if field == "sector" and value not in SECTORS:
        return [Fault(pointer, f"is no sector; sectors are {', '.join(SECTORS)}")]
    if field == "country" and not re.fullmatch(r"[A-Z]{2}", value):
        return [Fault(pointer, "must be a country of two capital letters, ISO 3166-1 alpha-2")]
    return []


def _override_document(override: Override) -> dict[str, Any]:
    conditions = {field: getattr(override, field) for field in CONDITIONS}
    return {"rule": override.rule, "value": override.value, **{k: v for k, v in conditions.items() if v is not None}}


def _escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
