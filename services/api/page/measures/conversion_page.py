"""How many papers became binding, at `/conversion`: the curve, the groups beside each other, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from fastapi import Response

from services.api.computation import in_thread
from services.api.drawing.figure import MULTIPLE, NARROW, WIDE, Column, DataRow, DataTable, Figure
from services.api.page.measures.curve_drawing import curve_panel, highest, small_panel
from services.api.page.measures.drawn_figure import DrawnFigure, source_line
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import RegisteredNames, read_names
from services.api.routes.measures import conversions
from services.api.store.snapshot import Snapshot
from services.api.views.measures import conversion_view
from services.api.views.measures.conversion_view import StoredConversion
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of

_PATH = "/v1/conversion"
PAGE = "/conversion"
_BY_DEFAULT = "investor_country"
_PARAMETERS = ("by", "from", "to")
_MULTIPLES_MAX = 12
_ROWS_MAX = 25


async def conversion_page(page: PageRequest) -> Response:
    """The curve of all deals, those of groups beside each other, counts, and what is in no curve."""
    question, snapshot, answer = await _answer(page)
    names = await _names(page, question, answer)
    return await page.render(
        "conversion.html", question=question, snapshot=snapshot, names=names, answer=answer, page_path=PAGE,
        figures=[
            _all_deals(page, question, snapshot, answer),
            _by_group(page, question, snapshot, answer, names),
            _delivery(page, question, snapshot, answer),
        ],
        groupings=query_parameters.GROUPINGS, rows_max=_ROWS_MAX, api=_api_url(page), deals_url=page.api_url(
            _PATH, query_parameters.CONVERSION, by=answer["by"], include="deals"
        ),
    )  # fmt: skip


async def conversion_figure(page: PageRequest) -> DrawnFigure:
    """The drawing of all deals by itself."""
    question, snapshot, answer = await _answer(page)
    figure = _all_deals(page, question, snapshot, answer)
    return DrawnFigure(figure=figure, question=question, snapshot=snapshot, page_path=PAGE)


async def groups_figure(page: PageRequest) -> DrawnFigure:
    """The drawings of the groups by themselves."""
    question, snapshot, answer = await _answer(page)
    figure = _by_group(page, question, snapshot, answer, await _names(page, question, answer))
    return DrawnFigure(figure=figure, question=question, snapshot=snapshot, page_path=PAGE)


async def delivery_figure(page: PageRequest) -> DrawnFigure:
    """The drawing from the first contract to production by itself."""
    question, snapshot, answer = await _answer(page)
    figure = _delivery(page, question, snapshot, answer)
    return DrawnFigure(figure=figure, question=question, snapshot=snapshot, page_path=PAGE)


async def _answer(page: PageRequest) -> tuple[Question, Snapshot, Item]:
    page.reject_unknown_params(*_PARAMETERS)
    question = page.build_query(
        _PATH, query_parameters.CONVERSION, by=page.query.get("by", _BY_DEFAULT), include="deals"
    )
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        stored = await conversions.read_conversion(service, snapshot, question)
    return question, snapshot, await in_thread(_shown, stored)


def _shown(stored: StoredConversion) -> Item:
    """The answer with the rows that the page shows."""
    answer = conversion_view.measure(stored)
    deals = answer.get("deals", [])
    return {
        **answer,
        "deals": deals[:_ROWS_MAX],
        "deals_in_all": len(deals),
    }


async def _names(page: PageRequest, question: Question, answer: Item) -> RegisteredNames:
    groups = [group["group"] for group in answer["groups"] if group["group"]]
    facets = {"investor": groups} if answer["by"] == "investor_country" else {}
    facets |= {"forum": groups} if answer["by"] == "forum" else {}
    return await read_names(service_of(page.request), question, answer["deals"], facets=facets)


def _api_url(page: PageRequest) -> str:
    return page.api_url(_PATH, query_parameters.CONVERSION, by=page.query.get("by", _BY_DEFAULT))


def _all_deals(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    translation, total = page.translation, answer["total"]
    _ = translation.gettext
    counts = {name: translation.number(total[name]) for name in ("deals", "bound", "ended", "open")}
    text = _curve_text(page, total)
    panel = partial(
        curve_panel, translation, total, text=text, event=_("have a binding contract"), since=_("years since the memorandum"),
        others=[("km", _("if ends did not compete"))],
    )  # fmt: skip
    return Figure(
        name="conversion",
        title=_("Of %(deals)s memoranda %(bound)s became binding contracts; %(ended)s ended without one") % counts,
        subtitle=_("Share of deals with a binding contract by the age of their first memorandum, in percent, with its 95% band. That a deal ends competes (Aalen-Johansen)."),
        text=text,
        source=source_line(page, question, snapshot),
        wide=panel(WIDE) if total["curve"] else None,
        narrow=panel(NARROW) if total["curve"] else None,
        table=_curve_table(
            page, total["curve"], "total.curve", event=Column(heading=_("Bound"), kind="number", field="bound"), share=_("Share bound"),
            others=[Column(heading="1 - Kaplan-Meier", kind="share", field="km")],
        ),
    )  # fmt: skip


def _curve_text(page: PageRequest, conversion: Item) -> str:
    """The curve in words, at whole years."""
    curve = conversion["curve"]
    if not curve:
        return page.translation.gettext("There is no curve under ten deals.")
    shares = []
    for months in (12, 24, 36, 60, 120):
        steps = [step for step in curve if step["months"] <= months]
        if steps and curve[-1]["months"] >= months:
            share = page.translation.share(steps[-1]["incidence"])
            shares.append(
                page.translation.gettext("%(share)s after %(months)s months") % {"share": share, "months": months}
            )
    last = {"share": page.translation.share(curve[-1]["incidence"]), "months": curve[-1]["months"]}
    shares.append(page.translation.gettext("%(share)s after %(months)s months") % last)
    heading = page.translation.gettext("Share with a binding contract")
    return f"{heading}: {'; '.join(shares)}."


def _curve_table(
    page: PageRequest, curve: Sequence[Item], path: str, *, event: Column, share: str, others: Sequence[Column] = ()
) -> DataTable:  # fmt: skip
    """The steps of a curve, at `path` of the answer: `event` is the column of the deals that came to it, `share` heads that of their share; `others` stand last."""
    _ = page.translation.gettext
    columns = [
        Column(heading=_("Age in months"), kind="number", field="months"),
        Column(heading=_("At risk"), kind="number", field="at_risk"),
        event,
        Column(heading=_("Ended"), kind="number", field="ended"),
        Column(heading=_("Not decided"), kind="number", field="open"),
        Column(heading=share, kind="share", field="incidence"),
        Column(heading=_("Band from"), kind="share", field="low"),
        Column(heading=_("Band to"), kind="share", field="high"),
        Column(heading=_("Share ended"), kind="share", field="incidence_ended"),
        *others,
    ]
    rows = [
        DataRow(cells=[step[column.field] for column in columns], path=f"{path}.{number}")
        for number, step in enumerate(curve)
    ]
    return DataTable(columns=columns, rows=rows, api=_api_url(page))


def _delivery(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    translation, delivery = page.translation, answer["delivery"]
    _ = translation.gettext
    curve: Sequence[Item] = delivery["curve"]
    counts = {name: translation.number(delivery[name]) for name in ("deals", "delivered", "ended", "open")}
    title = _("Of %(deals)s deals with a contract %(delivered)s produce; %(ended)s ended before") % counts
    # The panel draws the field `bound` of a step as the event; here the event is production.
    conversion = {
        **delivery,
        "curve": [{**step, "bound": step["delivered"], "km": step["incidence"]} for step in curve],
    }
    panel = partial(
        curve_panel, translation, conversion, text=title, event=_("produce"), since=_("years since the first contract")
    )
    return Figure(
        name="conversion-delivery",
        title=title,
        subtitle=_("Share of deals of deposits, plants and corridors that produce by the age of their first contract, in percent, with its 95% band. That a deal ends competes (Aalen-Johansen)."),
        text=title if curve else f"{title}. {_('There is no curve under ten deals.')}",
        source=source_line(page, question, snapshot),
        wide=panel(WIDE) if curve else None,
        narrow=panel(NARROW) if curve else None,
        table=_curve_table(
            page, curve, "delivery.curve", event=Column(heading=_("Delivered"), kind="number", field="delivered"),
            share=_("Share delivered"),
        ),
    )  # fmt: skip


def _by_group(
    page: PageRequest, question: Question, snapshot: Snapshot, answer: Item, names: RegisteredNames
) -> Figure:
    translation = page.translation
    _ = translation.gettext
    groups: Sequence[Item] = answer["groups"]
    largest = sorted((group for group in groups if group["curve"]), key=_by_deals)[:_MULTIPLES_MAX]
    ranked = sorted(largest, key=_by_share)
    last = max((group["curve"][-1]["months"] for group in ranked), default=12)
    most = max(map(highest, ranked), default=1.0)
    multiples = []
    for group in ranked:
        title = _group_title(page, names, answer["by"], group)
        multiples.append(
            small_panel(
                translation,
                group,
                MULTIPLE,
                title=title,
                text=f"{title}. {_curve_text(page, group)}",
                last=last,
                most=most,
            )
        )
    columns = [
        Column(heading=_("Group")),
        *(
            Column(heading=heading, kind="number", field=field)
            for heading, field in ((_("Memoranda"), "deals"), (_("Bound"), "bound"), (_("Ended"), "ended"), (_("Not decided"), "open"))
        ),
    ]  # fmt: skip
    rows = [
        DataRow(
            cells=[group_name(page, names, answer["by"], group["group"]), *(group[field] for field in ("deals", "bound", "ended", "open"))],
            path=f"groups.{number}",
        )
        for number, group in enumerate(groups)
    ]  # fmt: skip
    return Figure(
        name="conversion-groups",
        title=_groups_title(page, names, answer["by"], ranked),
        subtitle=_("Share of deals with a binding contract by the age of their first memorandum in years, in percent. A deal of several groups is in each; drawn are the largest groups, of at least ten deals."),
        text="; ".join(panel.title for panel in multiples),
        source=source_line(page, question, snapshot),
        multiples=multiples,
        table=DataTable(columns=columns, rows=rows, api=_api_url(page)),
    )  # fmt: skip


def _by_deals(group: Item) -> tuple[int, str]:
    return -group["deals"], group["group"] or ""


def _by_share(group: Item) -> tuple[float, str]:
    return -group["curve"][-1]["incidence"], group["group"] or ""


def _group_title(page: PageRequest, names: RegisteredNames, by: str, group: Item) -> str:
    return page.translation.gettext("%(group)s: %(bound)s of %(deals)s") % {
        "group": group_name(page, names, by, group["group"]),
        "bound": page.translation.number(group["bound"]),
        "deals": page.translation.number(group["deals"]),
    }


def _groups_title(page: PageRequest, names: RegisteredNames, by: str, groups: Sequence[Item]) -> str:
    if not groups:
        return page.translation.gettext("No group has the ten deals that a curve needs")
    if len(groups) == 1:
        return page.translation.gettext("%(group)s became binding") % {
            "group": _group_title(page, names, by, groups[0])
        }
    most = max(groups, key=lambda group: group["bound"] / group["deals"])
    least = min(groups, key=lambda group: group["bound"] / group["deals"])
    return page.translation.gettext("From %(least)s to %(most)s became binding") % {
        "least": _group_title(page, names, by, least),
        "most": _group_title(page, names, by, most),
    }


def group_name(page: PageRequest, names: RegisteredNames, by: str, group: str | None) -> str:
    """What a group is called on the page."""
    if group is None:
        return page.translation.gettext("not stated")
    if by == "investor_country":
        return page.translation.country(group) if len(group) == 2 else names.party(group)
    translate: Any = {"sector": page.translation.gettext, "forum": names.forum}.get(by, str)
    return str(translate(group))
