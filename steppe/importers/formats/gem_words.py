"""The words of the trackers of Global Energy Monitor: their headings, their statuses, and what each tracker is about."""

from __future__ import annotations

from dataclasses import dataclass

# Headings as they are compared (small letters, words parted by one space), of the map files and the workbooks of the trackers.
_NAMES = (
    "plant", "plant name", "plant name (english)", "plant project name", "project name", "mine name", "terminalname", "terminal name",
    "coal terminal name", "wiki name", "pipelinename", "pipeline name", "project", "name",
)  # fmt: skip
HEADINGS: dict[str, tuple[str, ...]] = {
    "status": ("status", "plant status", "status (status)", "capacity operating status"),
    "name": _NAMES,
    "country": ("country", "country area", "country area 1", "countries", "areas", "countriesorareas", "countries or areas"),
    "country_2": ("country area 2",),
    "unit": ("unit", "unit name", "unitname", "phase name", "unit phase name", "segmentname", "segment name", "coal terminal name (detail or other)"),
    "location_id": (
        "gem location id", "location id", "gem terminal id", "gem mine id", "terminalid", "terminal id", "gem project id", "plant id",
    ),
    "unit_id": ("gem unit phase id", "gem unit id", "gem phase id", "projectid", "unit id"),
    "url": ("url", "wiki url", "wiki page", "gem wiki page", "wiki", "wiki link", "gem.wiki url", "gem wiki url", "gem wiki page url"),
    "native_name": (
        "chinese name", "plant name (local)", "plant name in local language script", "project name in local language script",
        "plant name (other language)", "otherlanguagename", "project loc", "local name", "other language name",
    ),
    "other_name": (
        "plant name (other)", "other plant names", "other plant names (english)", "plant name other", "other name(s)", "project name other",
        "other name",
    ),
    "owner": ("owner", "owner(s)", "owners"),
    "parent": ("parent", "parent(s)", "parents", "parent company"),
    "capacity": ("capacity", "capacity (mw)", "capacity (mtpa)", "capacity (mt)", "capacityinmtpa", "capacityinbcm y"),
    "start": (
        "year", "start year", "startyear1", "start year 1", "production start year", "commercial operation date", "start date", "year1", "opening year", "startyear", "startyearearliest", "commercial operation",
    ),
    "built": ("construction start date", "construction start", "construction date", "constructionyear", "construction year"),
    "retired": ("retired year", "retirement year", "retirement date", "retired date", "retired", "stop year", "stopyear", "closing year", "retirement", "stopyear1"),
    "cancelled": ("cancelled year", "cancellation year", "cancelled date", "cancellation date", "cancelledyear"),
    "suspended": ("shelved year", "mothballed year", "shelvedyear", "mothballedyear", "idled date", "idledyear"),
    "place": ("subnational", "subnational unit (province, state)", "subnational unit (province state)", "subnational unit (state, province)", "subnational unit (state province)", "subnational unit", "state province", "state province 1", "state, province", "province"),
    "latitude": ("lat", "latitude"),
    "longitude": ("lng", "lon", "longitude"),
    "accuracy": ("location accuracy", "coordinate accuracy", "accuracy"),
    "sector": ("steppe sector",),  # of our own export
    "kind": ("steppe kind",),
    "commodities": ("steppe commodities",),
}  # fmt: skip

RAN = frozenset({"operating", "mothballed", "retired"})
PLANNED = frozenset({"announced", "proposed", "pre-construction", "pre-permit", "permitted"})
ALIVE = RAN - {"retired"} | PLANNED | {"construction"}
STATUSES = ALIVE | {"retired", "shelved", "cancelled"}
SPELLINGS = {
    "closed": "retired", "canceled": "cancelled", "pre construction": "pre-construction", "pre permit": "pre-permit",
    "in construction": "construction", "under construction": "construction", "idle": "mothballed", "idled": "mothballed",
    "shut in": "mothballed", "abandoned": "retired", "decommissioned": "retired", "operating pre retirement": "operating",
    "mothballed pre retirement": "mothballed",
}  # fmt: skip
CLOSING = "closing"
"""The part, in keys of statements, that is the whole plant when no unit of it lives."""
LISTED_MAX = 100
"""Of the parts and aliases of a project."""


@dataclass(frozen=True, slots=True)
class Tracker:
    """What the things of a tracker are, by the heading that tells it."""

    sector: str
    kind: str
    commodity: str
    unit: str


POWER = Tracker("energy", "plant", "electricity", "MW")
# By a heading that only they have, the first that fits.
TRACKERS = {
    "mine name": Tracker("mining", "deposit", "coal", "Mt/year"),
    "coal terminal name": Tracker("transport", "corridor", "coal", "Mt/year"),
    "terminalname": Tracker("energy", "plant", "natural-gas", "Mt/year"),
    "terminal name": Tracker("energy", "plant", "natural-gas", "Mt/year"),
    "wiki name": Tracker("mining", "deposit", "oil-and-gas", ""),
    "pipelinename": Tracker("transport", "corridor", "natural-gas", ""),
    "pipeline name": Tracker("transport", "corridor", "natural-gas", ""),
    "plant name (english)": Tracker("processing", "plant", "steel", ""),
}
UNITS_OF_CAPACITY = {"capacity (mw)": "MW", "capacityinbcm y": "bcm/year"}
