"""The share of deals that came to an event by an age, as a curve: with its band, the ages of its steps, and how many are left under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.api.drawing.figure import NARROW, Panel
from services.api.drawing.marks import Mark, Point, area, bottom_axis, dot, grid, label, line, steps
from services.api.drawing.scales import Linear, apart
from services.api.drawing.text_layout import text_width
from steppe.page.i18n import Translation

Item = Mapping[str, Any]

_TOP = 22
_AXIS = 24
_ROW = 17
_LEFT = 40
_END_LABELS = 150
_MARKED_MAX = 40
_DISTINCT_PIXELS = 3


def curve_panel(
    translation: Translation,
    conversion: Item,
    width: float,
    *,
    text: str,
    event: str,
    since: str,
    others: Sequence[tuple[str, str]] = (),
) -> Panel:
    """A curve with its numbers at risk. `event` says what it counts, beside its end, `since` what its ages are reckoned from; `others` are further fields of its
    steps, drawn thin, each with its name.

    `conversion` is a ConversionCurve of the API.
    """
    _ = translation.gettext
    narrow = width <= NARROW
    height = 250.0 if narrow else 330.0
    curve: Sequence[Item] = conversion["curve"]
    right = width - 8 if narrow else width - _END_LABELS
    x, y = _scales(curve, conversion["range"], _LEFT, right, _TOP, height - _AXIS)
    marks: list[Mark] = grid([(y.at(tick), translation.percent(tick)) for tick in y.ticks(5)], _LEFT, right)
    months = _whole_years(x.last, 6 if narrow else 11)
    marks += bottom_axis([(x.at(month), str(month // 12)) for month in months], height - _AXIS, _LEFT, right)
    marks.append(label(right, height + 10, since, "note", anchor="end"))
    marks += _band(curve, x, y, "band fill-1")
    if _differs(conversion):
        marks.append(line(_line(conversion["range"], "incidence", x, y), "thin line-1"))
    others = [(field, name) for field, name in others if any(step[field] != step["incidence"] for step in curve)]
    for field, _name in others:
        marks.append(line(_line(curve, field, x, y), "thin line-6"))
    marks.append(line(_line(curve, "incidence", x, y), "curve line-1"))
    if not narrow:
        marks += [_step_mark(translation, step, x, y) for step in _marked(curve)]
    names = [(event, curve[-1]["incidence"], "strong fill-1")]
    names += [(name, curve[-1][field], "note") for field, name in others]
    if _differs(conversion):
        names.append((_("from earliest days"), conversion["range"][-1]["incidence"], "note"))
    marks += _narrow_names(translation, names) if narrow else _end_names(translation, names, y, right, height)
    base = height + 32
    marks.append(label(_LEFT, base, _("Left at that age, not decided"), "note"))
    marks += [
        label(x.at(month), base + _ROW, translation.number(_at_risk(curve, month)), "tick", anchor="middle")
        for month in months
    ]
    return Panel(width=width, height=base + _ROW + 6, marks=marks, text=text)


def small_panel(
    translation: Translation, conversion: Item, width: float, *, title: str, text: str, last: int, most: float
) -> Panel:
    """A curve beside others of the same scales: ages to `last` months, shares to `most`."""
    height = 150.0
    right = width - _LEFT
    x, y = Linear(0, last, _LEFT, right), Linear(0, most, height - _AXIS, 14)
    marks = grid([(y.at(tick), translation.percent(tick)) for tick in y.ticks(4)], _LEFT, right)
    years = [(x.at(month), str(month // 12)) for month in _whole_years(last, 5)]
    marks += bottom_axis(years, height - _AXIS, _LEFT, right)
    curve = _distinct_steps(conversion["curve"], x)
    marks += _band(curve, x, y, "band fill-1")
    end = x.at(curve[-1]["months"])
    marks.append(line(_line(curve, "incidence", x, y), "curve line-1"))
    share = curve[-1]["incidence"]
    marks.append(label(end + 5, y.at(share) + 4, translation.percent(share), "strong fill-1"))
    return Panel(width=width, height=height, marks=marks, text=text, title=title)


def cohort_panel(
    translation: Translation, scorecard: Item, width: float, *, last: int, text: str, title: str = ""
) -> Panel:
    """How much of a forum's cohort was strict, thick, and loose, thin, by age to `last` months; all of a page have these scales."""
    height = 150.0 if title else 220.0 if width <= NARROW else 280.0
    right, bottom = width - _LEFT, height - _AXIS
    x, y = Linear(0, last, _LEFT, right), Linear(0, 1, bottom, 14)
    ticks = (0, 0.5, 1) if title else (0, 0.25, 0.5, 0.75, 1)
    marks = grid([(y.at(tick), translation.percent(tick)) for tick in ticks], _LEFT, right)
    months = [(x.at(month), str(month)) for month in x.ticks(5 if width <= NARROW else 10) if month == int(month)]
    marks += bottom_axis([(at, month.removesuffix(".0")) for at, month in months], bottom, _LEFT, right)
    curve = scorecard["curve"]
    cohort = scorecard["papers"] - scorecard["already_bound"]
    end = x.at(curve[-1]["months"])
    marks.append(label(right, bottom + 30, translation.gettext("Months"), "note", anchor="end"))
    for field, classes in (("loose", "thin line-6"), ("strict", "curve line-1")):
        points = [(x.at(0), y.at(0)), *((x.at(point["months"]), y.at(point[field] / cohort)) for point in curve)]
        marks.append(line(steps(points, end), classes))
    label_classes = {"strict": "strong fill-1", "loose": "tick"}
    fields = ["strict"] if curve[-1]["strict"] == curve[-1]["loose"] else ["loose", "strict"]
    shares = [curve[-1][field] / cohort for field in fields]
    for place, field, share in zip(
        apart([y.at(share) for share in shares], 14, 14, bottom), fields, shares, strict=True
    ):
        marks.append(label(end + 5, place + 4, translation.percent(share), label_classes[field]))
    return Panel(width=width, height=height + 14, marks=marks, text=text, title=title)


def highest(conversion: Item) -> float:
    """The highest share that is drawn of a curve: of its band, where that has one."""
    return max((step["high"] or step["incidence"] for step in conversion["curve"]), default=0.0)


def _scales(
    curve: Sequence[Item], earliest: Sequence[Item], left: float, right: float, top: float, bottom: float
) -> tuple[Linear, Linear]:
    shares = [step["high"] or step["incidence"] for step in curve] + [step["km"] for step in curve]
    most = max([*shares, *(step["incidence"] for step in earliest), 0.05])
    last = max([step["months"] for step in (*curve, *earliest)], default=12)
    return Linear(0, max(last, 12), left, right), Linear(0, min(most * 1.05, 1), bottom, top)


def _whole_years(last: float, most: int) -> list[int]:
    """Ages in months that are whole years, fewer than so many."""
    years = int(last) // 12
    step = next(step for step in (1, 2, 3, 5, 10, 20, 50) if years // step < most)
    return list(range(0, int(last) + 1, 12 * step))


def _line(curve: Sequence[Item], field: str, x: Linear, y: Linear) -> list[Point]:
    points = [(x.at(0), y.at(0)), *((x.at(step["months"]), y.at(step[field])) for step in curve)]
    return steps(points, x.at(curve[-1]["months"]))


def _distinct_steps(curve: Sequence[Item], x: Linear) -> list[Item]:
    """Of steps that lie within a few pixels of each other the last: a small drawing shows no more."""
    return list({int(x.at(step["months"]) / _DISTINCT_PIXELS): step for step in curve}.values())


def _band(curve: Sequence[Item], x: Linear, y: Linear, classes: str) -> list[Mark]:
    banded = [step for step in curve if step["low"] is not None]
    if not banded:
        return []
    end = x.at(curve[-1]["months"])
    upper, lower = (
        steps([(x.at(step["months"]), y.at(step[field])) for step in banded], end) for field in ("high", "low")
    )
    return [area(upper, lower, classes)]


def _differs(conversion: Item) -> bool:
    """Whether papers on their earliest days would give another curve."""
    return [(step["months"], step["incidence"]) for step in conversion["range"]] != [
        (step["months"], step["incidence"]) for step in conversion["curve"]
    ]


def _step_mark(translation: Translation, step: Item, x: Linear, y: Linear) -> Mark:
    title = translation.gettext("%(share)s after %(months)s months; %(bound)s of the %(at_risk)s left at that age") % {
        "share": translation.share(step["incidence"]),
        "months": step["months"],
        "bound": translation.number(step["bound"]),
        "at_risk": translation.number(step["at_risk"]),
    }
    if step["low"] is not None:
        title += f" ({translation.share(step['low'])} – {translation.share(step['high'])})"
    return dot(x.at(step["months"]), y.at(step["incidence"]), "fill-1", title=title)


def _marked(curve: Sequence[Item]) -> list[Item]:
    """The steps that have a dot and a text: at which something bound; of very many, evenly chosen ones with the last."""
    bound = [step for step in curve if step["bound"]]
    every = -(-len(bound) // _MARKED_MAX)
    return bound[::-every][::-1] if every else []


def _at_risk(curve: Sequence[Item], month: int) -> int:
    """How many were left at an age: at the first step that is not younger; behind the last one, who was left after it."""
    for step in curve:
        if step["months"] >= month:
            return int(step["at_risk"])
    last = curve[-1]
    return int(last["at_risk"] - last["bound"] - last["ended"] - last["open"])


def _end_names(
    translation: Translation, names: Sequence[tuple[str, float, str]], y: Linear, right: float, height: float
) -> list[Mark]:
    """What each line is, at its end; apart, so that none lies on another."""
    lines = [(f"{translation.percent(share)} {name}", share, classes) for name, share, classes in names]
    wrapped = [_in_lines(text) for text, *_ in lines]
    least = 15 * max(map(len, wrapped)) + 4
    places = apart([y.at(share) for _, share, _ in lines], least, _TOP, height - _AXIS)
    return [
        label(right + 8, round(place + 4 + 14 * number, 1), words, classes)
        for place, texts, (_, _, classes) in zip(places, wrapped, lines, strict=True)
        for number, words in enumerate(texts)
    ]


def _in_lines(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, 13) > _END_LABELS - 34:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _narrow_names(translation: Translation, names: Sequence[tuple[str, float, str]]) -> list[Mark]:
    """On a phone the curve is named over the drawing; the thin lines are not drawn with names of their own."""
    name, share, classes = names[0]
    return [label(4, 12, f"{translation.percent(share)} {name}", classes)]
