"""The log that the rebuild is measured on: lives of projects over the vocabulary, as ingest would have written them.

One registered deposit or plant for every twenty events, in 400 markets (8 countries, 50 commodities). A project has two or three
investors of a few hundred parties, half of which have a parent. Most of its deals stay on paper; one project in eight has a
deal that crosses the line. One event in twenty is late: it occurred years before what the log already has of its project. One
in two hundred corrects or retracts an earlier one, one in five hundred is sent twice. The same count gives the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

EVENTS_OF_A_PROJECT = 20
MARKETS = 400
PARTIES = 400
_COUNTRIES = ("KZ", "UZ", "KG", "TJ", "TM", "MN", "AZ", "GE")
_FIRST = date(2008, 1, 1)
_DAYS = 6000
_RECORDED = "2026-01-15T10:00:00Z"
_ON_PAPER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("memorandum.signed", {"instrument": "mou"}),
    ("intent.announced", {"kind": "talks"}),
    ("study.started", {"kind": "prefeasibility"}),
    ("study.completed", {"kind": "prefeasibility"}),
    ("setback.reported", {"kind": "price"}),
    ("termsheet.signed", {"instrument": "heads"}),
    ("memorandum.signed", {"instrument": "framework"}),
    ("exploration.reported", {"result": "a second seam"}),
    ("setback.reported", {"kind": "financing"}),
    ("review.confirmed", {}),
)
_BINDING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("equity.agreed", {}),
    ("rights.granted", {"right": "mining"}),
    ("offtake.signed", {"commodity": "tungsten"}),
    ("construction.started", {}),
)
_encode = msgspec.json.Encoder(order="sorted").encode

Message = tuple[bytes, bytes]


def messages(count: int, seed: int = 1, markets: int = MARKETS) -> Iterator[Message]:
    """Key and value of so many events, in the order of the log, of projects in so many markets."""
    chance = random.Random(seed)
    yield from (message for message in _parties())
    made = PARTIES
    projects = max(1, count // EVENTS_OF_A_PROJECT)
    written: list[Message] = []
    step = 0
    while made < count:
        for project in range(projects):
            if made >= count:
                return
            message = _event(chance, project, step, markets)
            yield message
            made += 1
            if chance.random() < 0.002 and written and made < count:
                yield chance.choice(written)
                made += 1
            if len(written) < 1000:
                written.append(message)
            elif chance.random() < 0.01:
                written[chance.randrange(1000)] = message
        step += 1


def _parties() -> Iterator[Message]:
    for number in range(PARTIES):
        data = {"party": f"party-{number}", "name": f"Party {number}", "home_country": "JP", "kind": "company"}
        if number % 2:
            data["parent"] = f"party-{number // 10 * 10}"
        yield _message(f"party:party-{number}", "party.registered", "registered", data)


def _event(chance: random.Random, project: int, step: int, markets: int) -> Message:
    key = f"project-{project:06}"
    if step == 0:
        market = project % markets
        data: dict[str, Any] = {
            "name": f"Project {project}",
            "country": _COUNTRIES[market % len(_COUNTRIES)],
            "sector": "mining",
            "kind": "deposit" if project % 3 else "plant",
            "commodities": [f"commodity-{market // len(_COUNTRIES)}"],
            "reported": "2007-12-01",
        }
        return _message(key, "project.registered", "registered", data)
    if chance.random() < 0.005 and step > 2:
        target = {"id": f"e{chance.randrange(1, step)}", "source": "/benchmarks"}
        if chance.random() < 0.5:
            return _message(key, "event.retracted", f"c{step}", {"target": target, "reason": "it was another deposit"})
        changes = {"occurred": "2015-05"}
        return _message(key, "event.corrected", f"c{step}", {"target": target, "changes": changes})
    late = chance.random() < 0.05
    day = _FIRST + timedelta(
        days=chance.randrange(_DAYS) if late else step * _DAYS // EVENTS_OF_A_PROJECT + chance.randrange(250)
    )
    binds = project % 8 == 0 and step in (9, 13, 14, 17)
    name, own = _BINDING[(9, 13, 14, 17).index(step)] if binds else _ON_PAPER[(step + project) % len(_ON_PAPER)]
    investor = (project * 7 + (0 if binds else step % (2 + project % 2))) % PARTIES
    data = {
        "occurred": day.isoformat(),
        "reported": (day + timedelta(days=chance.randrange(60))).isoformat(),
        "parties": [{"party": f"party-{investor}", "role": "investor", "name": f"Party {investor}"}],
        "evidence": [
            {"grade": "company", "title": "Press release", "url": f"https://example.org/news/{project}/{step}"}
        ],
        "note": "Told by the company and by the ministry; the figures are those of the press release of that day.",
        **own,
    }
    return _message(key, name, f"e{step}", data)


def _message(subject: str, name: str, id: str, data: dict[str, Any]) -> Message:
    envelope = {
        "specversion": "1.0",
        "id": id,
        "source": "/benchmarks",
        "type": f"steppe.{name}.v1",
        "subject": subject,
        "time": _RECORDED,
        "recordedtime": _RECORDED,
        "datacontenttype": "application/json",
        "data": data,
    }
    return subject.encode(), _encode(envelope)
