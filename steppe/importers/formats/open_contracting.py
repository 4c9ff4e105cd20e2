"""What OCDS and OC4IDS have in common: organisations, amounts, days, places, and the sectors of what is bought or built."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from steppe.importers.cell_values import country_of, decimal_of, decimal_text, edtf_of, is_nobody, text_of
from steppe.importers.import_report import EditionReport
from steppe.importers.project_keys import party_key, slug_of
from steppe.importers.statement import Data

Json = Mapping[str, Any]
_AIRLESS = re.compile(r"\s+")
# By the beginning of a code of the Common Procurement Vocabulary, the longest first.
_CPV: Mapping[str, tuple[str, str]] = {
    "45221": ("transport", "corridor"), "45231": ("energy", "corridor"), "45232": ("resilience", "plant"), "45233": ("transport", "corridor"),
    "45234": ("transport", "corridor"), "45235": ("transport", "corridor"), "4524": ("transport", "corridor"), "45246": ("resilience", "plant"),
    "45247": ("resilience", "plant"), "45248": ("energy", "plant"), "45251": ("energy", "plant"), "45252": ("resilience", "plant"),
    "45253": ("processing", "plant"), "45254": ("processing", "plant"), "45255": ("mining", "deposit"), "45214": ("human-capital", "programme"),
    "45215": ("human-capital", "programme"), "09": ("energy", "plant"), "14": ("mining", "deposit"), "31": ("energy", "plant"),
    "34": ("transport", "corridor"), "60": ("transport", "corridor"), "65": ("energy", "plant"), "76": ("mining", "deposit"),
    "80": ("human-capital", "programme"), "85": ("human-capital", "programme"), "90": ("resilience", "plant"),
}  # fmt: skip
_COMMODITIES: Mapping[str, str] = {
    "0911": "coal", "0912": "natural-gas", "0913": "oil", "0922": "oil", "0923": "oil", "0931": "electricity", "0932": "heat", "142": "aggregates",
    "143": "chemicals", "146": "metals", "147": "metals", "149": "metals", "6530": "electricity", "6531": "electricity", "6520": "natural-gas",
    "6521": "natural-gas",
}  # fmt: skip
_OC4IDS: Mapping[str, tuple[str, str]] = {
    "education": ("human-capital", "programme"), "health": ("human-capital", "programme"), "energy": ("energy", "plant"),
    "waterAndWaste": ("resilience", "plant"), "transport": ("transport", "corridor"), "naturalResources": ("resilience", "programme"),
    "naturalResources.floodProtection": ("resilience", "plant"),
}  # fmt: skip
_SECTORS = frozenset({"mining", "processing", "energy", "transport", "resilience", "human-capital", "other"})
_KINDS = frozenset({"deposit", "exploration", "plant", "corridor", "supply", "corporate", "programme", "umbrella"})
NO_SECTOR = ("other", "programme")


def objects(value: object) -> Iterator[Json]:
    """The objects of a list; nothing where it is none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def member(value: object, *path: str) -> Any:
    """What stands under these names in an object; None where there is nothing."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def words(value: object) -> str | None:
    """A text in one line; None where it says nothing."""
    return text_of(_AIRLESS.sub(" ", value)) if isinstance(value, str) else None


def identifier(value: object) -> str:
    """An id, which may be a number."""
    return "" if value is None or isinstance(value, bool | list | Mapping) else str(value).strip()


def day(value: object) -> str | None:
    """The day of a date or an instant."""
    return edtf_of(value) if isinstance(value, str) else None


def past_day(text: object, edition: str, contradict: Callable[[str], None], what: str) -> Data:
    """The day on which something occurred, as `occurred`; what lies behind the edition is none, and told."""
    occurred = day(text)
    if occurred is None:
        return {}
    if occurred > edition:
        contradict(f"{what} on {occurred}, after the edition; the day is left out")
        return {}
    return {"occurred": occurred}


def organisation(reference: object, parties: Mapping[str, Json]) -> Json:
    """An organisation as `parties` has it, with what its reference says besides."""
    if not isinstance(reference, Mapping):
        return {}
    whole = parties.get(identifier(reference.get("id")), {})
    return {**whole, **{name: value for name, value in reference.items() if value}}


def party(of: Json, role: str) -> Data | None:
    """An organisation as a party of an event, with the country of its address; None where nobody is named."""
    name = words(of.get("name")) or words(member(of, "identifier", "legalName"))
    if name is None or is_nobody(name):
        return None
    named: Data = {"party": party_key(name), "role": role, "name": name}
    country = country_of_address(of.get("address"))
    return {**named, "country": country} if country else named


def parties_of(organisations: Iterable[tuple[Json, str]]) -> list[Data]:
    """Each once a role."""
    parties: dict[tuple[str, str], Data] = {}
    for of, role in organisations:
        if (entry := party(of, role)) is not None:
            parties.setdefault((entry["party"], role), entry)
    return list(parties.values())


def country_of_address(address: object) -> str | None:
    """The country of an address, by its name or its code."""
    for name in ("country", "countryName", "countryCode"):
        text = words(member(address, name))
        if text is not None and (code := country_of(text)) is not None:
            return code
    return None


def money(value: object, report: EditionReport) -> tuple[Data, bool] | None:
    """An amount without its sign, and whether it is less than nothing; None where there is none, or 0, which is counted."""
    amount, currency = member(value, "amount"), words(member(value, "currency"))
    if amount is None or isinstance(amount, bool) or currency is None:
        return None
    number = decimal_of(str(amount))
    if number is None:
        report.unsent.count("amount that is no number")
        return None
    if number == 0:
        report.zeros += 1
        return None
    return {"value": decimal_text(abs(number)), "currency": currency.upper()}, number < 0


def point(geometry: object) -> Data:
    """Latitude and longitude of a GeoJSON point."""
    coordinates = member(geometry, "coordinates")
    if member(geometry, "type") != "Point" or not isinstance(coordinates, list) or len(coordinates) < 2:
        return {}
    longitude, latitude = (decimal_of(str(number)) for number in coordinates[:2])
    if longitude is None or latitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return {}
    return {"latitude": float(latitude), "longitude": float(longitude)}


def cpv_codes(items: Iterable[Json]) -> Iterator[str]:
    """The codes of the Common Procurement Vocabulary of items."""
    for item in items:
        for classification in (item.get("classification"), *objects(item.get("additionalClassifications"))):
            if str(member(classification, "scheme") or "").upper() in ("CPV", "EU-CPV", "ДК021"):
                yield re.sub(r"\D", "", identifier(member(classification, "id"))[:8])


def sector_of_codes(codes: Iterable[str]) -> tuple[str, str]:
    """What most of the codes are of."""
    counts = Counter(meant for code in codes if (meant := _longest(code, _CPV)) is not None)
    return counts.most_common(1)[0][0] if counts else NO_SECTOR


def in_own_words(classifications: Iterable[Json], meant: tuple[str, str]) -> tuple[str, str, list[str]]:
    """Sector, kind and commodities: as Steppe's own classifications have them, else what else was meant."""
    listed = list(classifications)
    sector = next((word for word in own_words(listed, "sector") if word in _SECTORS), meant[0])
    kind = next((word for word in own_words(listed, "kind") if word in _KINDS), meant[1])
    return (
        sector,
        kind,
        [slug for word in dict.fromkeys(own_words(listed, "commodity")) if (slug := slug_of(word))][:100],
    )


def own_words(classifications: Iterable[Json], what: str) -> list[str]:
    """What classifications in Steppe's own words say: its sector, kind, or commodities."""
    return [
        identifier(classification.get("id"))
        for classification in classifications
        if classification.get("scheme") == f"steppe-{what}"
    ]


def commodity_of(codes: Iterable[str]) -> str | None:
    """What is delivered, where it is something that a plant or a mine puts out."""
    return next((meant for code in codes if (meant := _longest(code, _COMMODITIES)) is not None), None)


def sector_of_words(sectors: Iterable[str]) -> tuple[str, str]:
    """By the codelist of OC4IDS, or in Steppe's own words, the first that is known."""
    for sector in sectors:
        if sector in _SECTORS:
            return sector, "programme"
        for code in (sector, sector.partition(".")[0]):
            if code in _OC4IDS:
                return _OC4IDS[code]
    return NO_SECTOR


def count_losses(report: EditionReport, value: object, read: frozenset[str], where: str = "") -> None:
    """Count the members that Steppe does not keep."""
    if isinstance(value, Mapping):
        for name, content in value.items():
            if name not in read and content not in (None, "", [], {}):
                report.losses.count(f"{where}{name}")


def _longest(code: str, table: Mapping[str, Any]) -> Any:
    return next((table[code[:length]] for length in (5, 4, 3, 2) if code[:length] in table), None)
