"""/v1/value-chain: up to which step a commodity is told to have come, of whom, and what stands beside the steps."""

from __future__ import annotations

from typing import Any

import httpx

from tests.services.api.reading_api import Envelope, Log, event, get, registered

AS_OF = "2025-12-31"


def party(key: str, **data: Any) -> Envelope:
    return event("party.registered", f"party:{key}", key, party=key, name=key, reported="2018-01-01", **{"kind": "company", **data})  # fmt: skip


def localised(key: str, step: str, occurred: str, *parties: tuple[str, str], **data: Any) -> Envelope:
    named = [{"party": name, "role": role} for name, role in parties]
    return event("processing.localised", key, f"{key}-{step}-{occurred}", occurred=occurred, reported="2025-01-01", step=step, parties=named, **data)  # fmt: skip


def of_kind(name: str, key: str, occurred: str, *parties: tuple[str, str], **data: Any) -> Envelope:
    named = [{"party": party, "role": role} for party, role in parties]
    return event(name, key, f"{key}-{name}-{occurred}", occurred=occurred, reported="2025-01-01", parties=named, **data)


async def test_a_market_is_told_up_to_its_last_step_and_silence_is_counted_apart(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        party("sumitomo", home_country="JP"), party("cgn", home_country="CN"),
        registered("mine"), registered("smelter", countries=["UZ"]), registered("quiet"), registered("elsewhere", commodities=["gold"]),
        localised("mine", "mining", "2020-05-01", ("sumitomo", "investor")),
        of_kind("production.started", "mine", "2020-06-01", ("sumitomo", "investor"), phase="commercial"),
        localised("smelter", "metal", "2021-05-01", ("cgn", "investor"), ("sumitomo", "contractor"), ("ulba", "host")),
    )  # fmt: skip
    answer = await get(client, "/v1/value-chain", as_of=AS_OF)
    markets = {(market["country"], market["commodity"]): market for market in answer["markets"]}
    assert sorted(markets) == [("KZ", "tungsten"), ("UZ", "tungsten")]
    kazakh = markets["KZ", "tungsten"]
    assert (kazakh["told_up_to"], kazakh["running_up_to"]) == ("metal", "mining"), "nobody told that the smelter runs"
    assert (kazakh["projects"], kazakh["silent"]) == (3, 1)
    steps = {step["step"]: (step["projects"], step["running"], step["nations"]) for step in kazakh["steps"]}
    assert steps == {
        "mining": (["mine"], ["mine"], ["JP"]), "concentrate": ([], [], []), "separation": ([], [], []),
        "metal": (["smelter"], [], ["CN", "JP"]), "component": ([], [], []),
    }  # fmt: skip
    nations = {
        nation["nation"]: (nation["told_up_to"], [row["project"] for row in nation["projects"]])
        for nation in answer["nations"]
    }
    assert nations == {"CN": ("metal", ["smelter"]), "JP": ("metal", ["mine", "smelter"])}
    narrow = await get(client, "/v1/value-chain", as_of=AS_OF, country="UZ", commodity="tungsten")
    assert [(market["country"], market["told_up_to"]) for market in narrow["markets"]] == [("UZ", "metal")]
    assert [project["project"] for project in narrow["projects"]] == ["smelter"]


async def test_training_stands_beside_row_by_row_and_a_programme_is_in_no_market(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        party("gov-jp", home_country="JP", kind="government"), party("jica", home_country="JP", kind="agency"),
        party("adb", home_country="PH", kind="multilateral"),
        registered("jds", kind="programme", sector="human-capital", commodities=[]),
        registered("plant", kind="plant", sector="energy", commodities=["electricity"]),
        of_kind("training.delivered", "jds", "2006", ("gov-jp", "donor"), ("jica", "adviser"), people=209, what="JDS"),
        of_kind("training.delivered", "jds", "2012", ("gov-jp", "donor"), people=20, what="JDS"),
        of_kind("training.delivered", "plant", "2020-07", ("jica", "adviser"), ("tps", "host"), what="Turbines"),
        of_kind("certification.granted", "plant", "2021", ("adb", "donor"), scheme="ISO 9001"),
        localised("jds", "mining", "2020-01-01"),
    )  # fmt: skip
    answer = await get(client, "/v1/value-chain", as_of=AS_OF)
    assert answer["markets"] == []
    projects = {project["project"]: project for project in answer["projects"]}
    assert [(row["on"], row["people"], row["nations"]) for row in projects["jds"]["training"]] == [
        ("2006-12-31", 209, ["JP"]),
        ("2012-12-31", 20, ["JP"]),
    ]
    assert projects["jds"]["umbrella"] is True
    assert projects["plant"]["told_up_to"] is None
    assert [row["nations"] for row in projects["plant"]["training"]] == [["JP"]], (
        "who only advises, where nobody pursues"
    )
    assert {nation["nation"] for nation in answer["nations"]} == {"JP", "adb"}, "a bank of several states is itself"


async def test_the_works_of_today_stand_beside_what_was_told(log: Log, client: httpx.AsyncClient) -> None:
    of = ("sumitomo", "investor")
    await log.append(
        registered("trial", kind="plant"),
        localised("trial", "concentrate", "2014-06-01", of),
        of_kind("production.started", "trial", "2014-06-01", of, phase="trial"),
        of_kind("project.suspended", "trial", "2015-07-01"),
    )
    before = (await get(client, "/v1/value-chain", as_of="2015-01-01"))["projects"][0]
    assert (before["running"], before["physical_state"], before["suspended"]) == (True, "commissioning", False)
    after = (await get(client, "/v1/value-chain", as_of=AS_OF))["projects"][0]
    assert (after["running"], after["suspended"], after["told_up_to"]) == (False, True, "concentrate")
    assert (await get(client, "/v1/value-chain", as_of="2014-05-31"))["projects"] == []


async def test_corrections_endings_and_knowledge_count(log: Log, client: httpx.AsyncClient) -> None:
    of = ("sumitomo", "investor")
    await log.append(
        registered("drawn"), localised("drawn", "mining", "2020", of),
        of_kind("investor.withdrew", "drawn", "2020-03-01", of),
        registered("mended"), localised("mended", "mining", "2020-01-01", of),
        event("event.corrected", "mended", "mend", target={"source": "/tests", "id": "mended-mining-2020-01-01"},
              changes={"step": "metal"}, reason="It smelts.", reported="2025-06-01"),
        registered("taken-back"), localised("taken-back", "mining", "2020-01-01", of),
        event("event.retracted", "taken-back", "back", target={"source": "/tests", "id": "taken-back-mining-2020-01-01"},
              reason="Never.", reported="2025-06-01"),
        registered("renamed"), of_kind("intent.announced", "renamed", "2020-01-01", of, kind="statement"),
        event("event.reclassified", "renamed", "rename", target={"source": "/tests", "id": "renamed-intent.announced-2020-01-01"},
              name="processing.localised", changes={"step": "separation"}, reason="It separates.", reported="2025-06-01"),
    )  # fmt: skip

    async def last_steps(**day: str) -> dict[str, Any]:
        answer = await get(client, "/v1/value-chain", **day)
        return {project["project"]: project["told_up_to"] for project in answer["projects"]}

    now = {"drawn": "mining", "mended": "metal", "renamed": "separation"}
    assert await last_steps(as_of=AS_OF) == now
    assert await last_steps(as_of="2020-03-01") == now, "what ends must have begun"
    assert await last_steps(as_of="2020-02-28") == {key: step for key, step in now.items() if key != "drawn"}
    then = {"drawn": "mining", "mended": "mining", "taken-back": "mining"}
    assert await last_steps(as_of="2021-01-01", known_at="2025-05-01") == then
    assert await last_steps(as_of="2021-01-01", known_at="2024-12-31") == {}
