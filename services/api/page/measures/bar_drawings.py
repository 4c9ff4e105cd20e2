"""Bars of measures: what is bound a year against demand, ages of papers, months at a level, shares of years, steps of a chain, and promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.api.drawing.figure import NARROW, Panel
from services.api.drawing.marks import Mark, bar, bottom_axis, dot, grid, hatched_bar, label, line
from services.api.drawing.scales import Categories, Linear, step_of
from services.api.drawing.text_layout import shortened, text_width
from steppe.page.i18n import Translation

Item = Mapping[str, Any]

_TOP = 24
_AXIS = 26
_LEFT = 52
_YEARS_MAX = 40
_PAPER_HEIGHT = 14.0
_ROW = 30.0


def supply_panel(
    translation: Translation, row: Item, width: float, *, text: str, papers: int, this_year: int, title: str = ""
) -> Panel:
    """What is bound a calendar year as bars, demand as marks, and what is only paper as a hatched block on the bar of `this_year`.

    The block is as high for one paper as for many: papers state no volume.
    """
    small = bool(title)
    height = 150.0 if small else 250.0 if width <= NARROW else 320.0
    years = range(row["years"][0]["year"], max(row["years"][-1]["year"], this_year if papers else 0) + 1)[-_YEARS_MAX:]
    entries = {entry["year"]: entry for entry in row["years"]}
    most = max(
        [entry["bound"] for entry in row["years"]]
        + [figure["high"] for entry in row["years"] for figure in entry["demand"]]
    )
    right, bottom = width - 8, height - _AXIS
    y = Linear(0, (most or 1) * 1.05, bottom, _TOP + (_PAPER_HEIGHT if papers else 0))
    ticks = [(y.at(tick), translation.number(tick)) for tick in y.ticks(3 if small else 5)]
    left = max(text_width(tick_text, 12) for _, tick_text in ticks) + 12
    x = Categories([str(year) for year in years], left, right, gap=0.25)
    marks = grid(ticks, left, right)
    most_labels = 3 if small else 5 if width <= NARROW else 11
    step = _label_step(len(years), most_labels)
    labels = [(x.middle(str(year)), str(year)) for year in years if year % step == 0]
    marks += bottom_axis(labels, bottom, left, right)
    if not small:
        marks.append(label(left, 14, row["unit"], "note"))
    for year in years:
        entry = entries.get(year)
        at = x.at(str(year))
        top = y.at(entry["bound"]) if entry else bottom
        if entry and entry["bound"]:
            bar_title = f"{year}: {translation.number(entry['bound'])} {row['unit']}"
            marks.append(bar(at, top, x.width, bottom - top, "fill-1", title=bar_title))
        if papers and year == this_year:
            marks += hatched_bar(at, top - _PAPER_HEIGHT, x.width, _PAPER_HEIGHT, "line-2")
    for entry in row["years"]:
        if entry["year"] in years:
            marks += _demand_marks(translation, entry, row["unit"], x, y, small=small)
    return Panel(width=width, height=height, marks=marks, text=text, title=title)


def _demand_marks(
    translation: Translation, entry: Item, unit: str, x: Categories, y: Linear, *, small: bool
) -> list[Mark]:  # fmt: skip
    """Each figure that is stated for a year: a dot, of a range a line with a dot at each end."""
    marks: list[Mark] = []
    middle = x.middle(str(entry["year"]))
    for figure in entry["demand"]:
        ends = sorted({figure["low"], figure["high"]})
        dot_title = f"{entry['year']}: {' – '.join(translation.number(end) for end in ends)} {unit}, {figure['metric']}"
        if len(ends) > 1:
            marks.append(line([(middle, y.at(ends[0])), (middle, y.at(ends[-1]))], "thin line-4"))
        marks += [dot(middle, y.at(end), "fill-4", radius=2.5 if small else 4, title=dot_title) for end in ends]
    return marks


def ages_panel(translation: Translation, bars: Sequence[Item], width: float, *, text: str) -> Panel:
    """How many papers are how old, a bar for every twelve months."""
    height = 220.0 if width <= NARROW else 280.0
    left, right, bottom = _LEFT - 12, width - 8, height - _AXIS
    names = [str(entry["from_months"]) for entry in bars]
    x = Categories(names, left, right, gap=0.12)
    y = Linear(0, max((entry["deals"] for entry in bars), default=1) * 1.1, bottom, _TOP)
    marks = _whole_grid(translation, y, left, right)
    step = _label_step(len(names), 6 if width <= NARROW else 14)
    labels = [(x.at(name), str(number)) for number, name in enumerate(names) if number % step == 0]
    marks += bottom_axis(labels, bottom, left, right)
    marks.append(label(right, height + 8, translation.gettext("years since the memorandum"), "note", anchor="end"))
    for entry in bars:
        top = y.at(entry["deals"])
        marks.append(bar(x.at(str(entry["from_months"])), top, x.width, bottom - top, "fill-1"))
        if entry["deals"]:
            middle = x.middle(str(entry["from_months"]))
            marks.append(label(middle, top - 4, translation.number(entry["deals"]), "strong", anchor="middle"))
    return Panel(width=width, height=height + 16, marks=marks, text=text)


def levels_panel(translation: Translation, levels: Sequence[Item], width: float, *, text: str) -> Panel:
    """Of each level the middle half of the spells that ended as a bar with its median, and under it of those that last, pale."""
    _ = translation.gettext
    narrow = width <= NARROW
    left = 12.0 if narrow else 170.0
    right = width - 40
    ends = [level[part]["upper"] or 0 for level in levels for part in ("ended", "lasting")]
    x = Linear(0, max([*ends, 12]) * 1.05, left, right)
    row = 2 * _ROW + (8 if narrow else -8)
    bottom = 30 + row * len(levels)
    step = max(step_of(x.last / 12, 5 if narrow else 9), 1)
    years = [number * step for number in range(int(x.last / 12 / step) + 1)]
    marks = [line([(x.at(12 * year), 24), (x.at(12 * year), bottom)], "grid") for year in years]
    marks += bottom_axis([(x.at(12 * year), f"{year:g}") for year in years], bottom, left, right)
    marks.append(label(right, bottom + 34, _("years at the level"), "note", anchor="end"))
    marks += [
        bar(left, 4, 18, 10, "fill-1"), label(left + 24, 14, _("ended"), "note"),
        bar(left + 110, 4, 18, 10, "fill-1 pale"), label(left + 134, 14, _("last"), "note"),
    ]  # fmt: skip
    for number, level in enumerate(levels):
        at = 30 + row * number
        name_at = (left, at + 12, "start") if narrow else (left - 10, at + 26, "end")
        marks.append(label(name_at[0], name_at[1], _(level["level"]), "strong", anchor=name_at[2]))
        first = at + (18 if narrow else 8)
        for part, classes, top in (("ended", "fill-1", first), ("lasting", "fill-1 pale", first + 18)):
            spells = level[part]
            if spells["median"] is None:
                continue
            start, end, median = x.at(spells["lower"]), x.at(spells["upper"]), x.at(spells["median"])
            marks.append(bar(start, top, max(end - start, 2), 12, classes))
            marks.append(line([(median, top - 2), (median, top + 14)], "curve line-4"))
            label_text = f"{translation.number(spells['median'])} ({translation.number(spells['count'])})"
            marks.append(label(max(end, median) + 6, top + 10, label_text, "tick"))
    return Panel(width=width, height=bottom + 42, marks=marks, text=text)


def shares_panel(translation: Translation, groups: Sequence[Item], width: float, *, text: str) -> Panel:
    """Of each group how many deals are bound, how many are open, hatched, and how many ended unbound, pale, on each other."""
    _ = translation.gettext
    narrow = width <= NARROW
    height = 240.0 if narrow else 300.0
    left, right, bottom = _LEFT - 16, width - 8, height - _AXIS
    names = [group["group"] or "–" for group in groups]
    x = Categories(names, left, right, gap=0.2)
    y = Linear(0, max((group["deals"] for group in groups), default=1) * 1.1, bottom, 30)
    marks = _whole_grid(translation, y, left, right)
    step = _label_step(len(names), 6 if narrow else 13)
    marks += bottom_axis(
        [(x.middle(name), name) for number, name in enumerate(names) if number % step == 0], bottom, left, right
    )
    at = float(left)
    for classes, name in (("fill-1", _("bound")), ("line-2", _("open")), ("fill-6 pale", _("ended"))):
        marks += hatched_bar(at, 4, 18, 10, classes) if classes.startswith("line") else [bar(at, 4, 18, 10, classes)]
        marks.append(label(at + 24, 14, name, "note"))
        at += 44 + text_width(name, 12)
    for group, name in zip(groups, names, strict=True):
        bound_top, open_top, ended_top = (
            y.at(value) for value in (group["bound"], group["bound"] + group["open"], group["deals"])
        )
        bar_title = f"{name}: {translation.number(group['bound'])} / {translation.number(group['deals'])}"
        marks.append(bar(x.at(name), bound_top, x.width, bottom - bound_top, "fill-1", title=bar_title))
        if group["open"]:
            marks += hatched_bar(x.at(name), open_top, x.width, bound_top - open_top, "line-2")
        marks.append(bar(x.at(name), ended_top, x.width, open_top - ended_top, "fill-6 pale"))
        if group["bound"] and x.width >= 26:
            share = translation.percent(group["share"])
            marks.append(label(x.middle(name), ended_top - 4, share, "tick", anchor="middle"))
    return Panel(width=width, height=height, marks=marks, text=text)


def chain_panel(
    translation: Translation, markets: Sequence[tuple[str, Item]], steps: Mapping[str, str], width: float, *, text: str
) -> Panel:
    """A row for each market, a column for each step (with its name): full where works run, a ring where events name a step and none runs,
    and a faint point where none names it."""
    narrow = width <= NARROW
    left = 10.0 if narrow else 250.0
    row = 40.0 if narrow else 26.0
    columns = Categories(list(steps), left, width - 8, gap=0.0)
    marks: list[Mark] = []
    head = 48.0 if narrow else 34.0
    for number, (step, step_name) in enumerate(steps.items()):
        y = 30 if narrow and number % 2 else 16  # side by side they would meet on a phone
        marks.append(label(columns.middle(step), y, step_name, "tick" if narrow else "strong", anchor="middle"))
    for number, (name, market) in enumerate(markets):
        top = head + row * number
        at = top + (26 if narrow else 8)
        marks.append(label(left if narrow else left - 14, top + 12, name, anchor="start" if narrow else "end"))
        localised = [step for step in market["steps"] if step["projects"]]
        first, last = (columns.middle(step["step"]) for step in (market["steps"][0], localised[-1]))
        marks.append(line([(first, at), (last, at)], "grid"))
        for step in market["steps"]:
            x = columns.middle(step["step"])
            if not step["projects"]:
                marks.append(dot(x, at, "fill-6 pale", radius=2))
                continue
            dot_title = f"{name}, {steps[step['step']]}: {', '.join(step['projects'])}"
            classes = "fill-1" if step["running"] else "ring line-1"
            marks.append(dot(x, at, classes, radius=8, title=dot_title))
            if len(step["projects"]) > 1:
                marks.append(label(x + 12, at + 4, translation.number(len(step["projects"])), "tick"))
    return Panel(width=width, height=head + row * len(markets) + 4, marks=marks, text=text)


def pledges_panel(translation: Translation, pledges: Sequence[Item], width: float, *, text: str) -> Panel:
    """Of each promise a pale bar, as long for a small one as for a large one; in front what is bound and paid of it as shares,
    and a stroke at the share of its time that is over."""
    _ = translation.gettext
    narrow = width <= NARROW
    row = 44.0 if narrow else 28.0
    left = 4.0 if narrow else 300.0
    sums = [f"{pledge['currency']} {translation.number(round(Decimal(pledge['announced'])))}" for pledge in pledges]
    sum_width = max((text_width(amount, 14) for amount in sums), default=0.0) + 12  # types differ, and digits are wide
    x = Linear(0, 1, left, width - 4 if narrow else width - sum_width)
    marks: list[Mark] = []
    for number, (pledge, announced) in enumerate(zip(pledges, sums, strict=True)):
        top = row * number
        at = top + (22 if narrow else 4)
        name = pledge["project_name"] or pledge["project"]
        name_width = width - 8 - sum_width if narrow else left - 14
        marks.append(label(left if narrow else left - 10, top + 15, shortened(name, name_width, 14), anchor="start" if narrow else "end", title=name))  # fmt: skip
        marks.append(label(width - 4, top + 15, announced, "tick", anchor="end"))
        shares = {field: pledge[field] for field in ("bound_share", "disbursed_share", "time_passed")}
        percents = {field: "–" if share is None else translation.percent(share) for field, share in shares.items()}
        bar_text = _("Bound %(bound)s, disbursed %(paid)s, time over %(time)s") % {
            "bound": percents["bound_share"], "paid": percents["disbursed_share"], "time": percents["time_passed"],
        }  # fmt: skip
        marks.append(bar(left, at, x.end - left, 14, "fill-6 pale", title=f"{name}: {bar_text}"))
        for field, inset, classes in (("bound_share", 0.0, "fill-1"), ("disbursed_share", 4.0, "fill-2")):
            if shares[field]:
                marks.append(bar(left, at + inset, x.at(shares[field]) - left, 14 - 2 * inset, classes))
        if shares["time_passed"] is not None:
            time_x = x.at(shares["time_passed"])
            marks.append(line([(time_x, at - 3), (time_x, at + 17)], "curve line-4"))
    return Panel(width=width, height=row * len(pledges) + 6, marks=marks, text=text)


def _whole_grid(translation: Translation, y: Linear, left: float, right: float) -> list[Mark]:
    """The grid of an axis that counts: lines at whole numbers alone."""
    ticks = [int(tick) for tick in y.ticks(5) if tick == int(tick)]
    return grid([(y.at(tick), translation.number(tick)) for tick in ticks], left, right)


def _label_step(count: int, most: int) -> int:
    """Of how many bars one has a label, so that there are fewer labels than `most`."""
    return max(int(step_of(max(count, 1), most)), 1)
