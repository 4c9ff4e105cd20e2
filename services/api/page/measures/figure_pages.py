"""A drawing by itself: at `/embed/…` for a frame on another site, and at `/drawings/….svg`, `.png` and `.csv`."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Awaitable, Callable, Mapping

from fastapi import Response

from services.api.computation import computed
from services.api.drawing.figure import Figure
from services.api.drawing.figure_file import figure_file
from services.api.drawing.figure_image import figure_image
from services.api.drawing.file_styles import file_styles
from services.api.export.formula_quoting import quote_formulas
from services.api.page.measures import (
    conversion_page,
    lifecycle_page,
    money_page,
    pledges_page,
    scorecard_page,
    supply_page,
    value_chain_page,
)
from services.api.page.measures.drawn_figure import DrawnFigure
from services.api.page.page_request import PageRequest
from services.api.web.responses import service_of
from steppe.http.security_headers import embedded_policy

ReadFigure = Callable[[PageRequest], Awaitable[DrawnFigure]]
View = Callable[[PageRequest], Awaitable[Response]]

FIGURES: Mapping[str, ReadFigure] = {
    "money": money_page.legs_figure,
    "money-donors": money_page.donors_figure,
    "aid-ranks": money_page.ranks_figure,
    "conversion": conversion_page.conversion_figure,
    "conversion-groups": conversion_page.groups_figure,
    "supply": supply_page.supply_figure,
    "supply-buyers": supply_page.buyers_figure,
    "value-chain": value_chain_page.value_chain_figure,
    "lifecycle-ages": lifecycle_page.ages_figure,
    "lifecycle-levels": lifecycle_page.levels_figure,
    "lifecycle-years": lifecycle_page.years_figure,
    "conversion-delivery": conversion_page.delivery_figure,
    "pledges": pledges_page.pledges_figure,
    "scorecards/{slug}": scorecard_page.scorecard_figure,
}
"""Each drawing by its name in addresses, which may have parameters, as `scorecards/{slug}`."""


def figure_views() -> dict[str, View]:
    """The view of each address of a drawing."""
    views: dict[str, View] = {}
    for name, read_figure in FIGURES.items():
        views[f"/embed/{name}"] = _embedded(read_figure)
        for ending, respond in (("svg", _svg), ("png", _png), ("csv", _csv)):
            views[f"/drawings/{name}.{ending}"] = _file(respond, read_figure)
    return views


def _embedded(read_figure: ReadFigure) -> View:
    async def view(page: PageRequest) -> Response:
        drawing = await read_figure(page)
        origins = page.request.app.state.settings.framing_origins
        return await page.render(
            "embed.html", question=drawing.question, snapshot=drawing.snapshot, figure=drawing.figure, page_path=drawing.page_path,
            policy=embedded_policy(origins),
        )  # fmt: skip

    return view


def _file(respond: Callable[[PageRequest, DrawnFigure], Awaitable[Response]], read_figure: ReadFigure) -> View:
    async def view(page: PageRequest) -> Response:
        return await respond(page, await read_figure(page))

    return view


async def _svg(page: PageRequest, drawing: DrawnFigure) -> Response:
    # Its styles are inside, and a browser that opens it takes them by their hash.
    digest = base64.b64encode(hashlib.sha256(file_styles().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    headers = {"Content-Security-Policy": policy, **_file_headers(page, drawing, "svg")}
    return Response(figure_file(drawing.figure), headers=headers, media_type="image/svg+xml")


async def _png(page: PageRequest, drawing: DrawnFigure) -> Response:
    queue = service_of(page.request).queues.files
    image = await computed(queue, 1, figure_image, figure_file(drawing.figure, themes=False), folds=True)
    return Response(image, headers=_file_headers(page, drawing, "png"), media_type="image/png")


async def _csv(page: PageRequest, drawing: DrawnFigure) -> Response:
    return Response(
        "\ufeff" + csv_of(drawing.figure),
        headers=_file_headers(page, drawing, "csv"),
        media_type="text/csv; charset=utf-8",
    )


def csv_of(figure: Figure) -> str:
    """The data of a figure as comma-separated values: shares as shares of one, days in ISO 8601."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([quote_formulas(column.heading) for column in figure.table.columns])
    for row in figure.table.rows:
        writer.writerow(["" if cell is None else quote_formulas(str(cell)) for cell in row.cells])
    return lines.getvalue()


def _file_headers(page: PageRequest, drawing: DrawnFigure, ending: str) -> dict[str, str]:
    name = f"steppe-{drawing.figure.name.replace('/', '-')}-{drawing.question.as_of.isoformat()}.{ending}"
    headers = page.headers(drawing.question, drawing.snapshot)
    return {**headers, "Content-Disposition": f'attachment; filename="{name}"'}
