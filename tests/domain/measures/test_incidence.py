"""Cumulative incidence: the check vector of the domain page, and the same figures as lifelines and statsmodels give.

These live in .venv-client: lifelines wants an older pandas than what is tested here.
"""

from __future__ import annotations

import json
import random
import subprocess
from math import exp, log
from pathlib import Path
from typing import Any

import pytest

from steppe.domain.measures.incidence import BOUND, ENDED, OPEN, Age, Step, shown, steps

OTHERS = Path(__file__).resolve().parents[3] / ".venv-client" / "bin" / "python"
CHECK = [Age(10, BOUND), Age(12, ENDED), Age(18, BOUND), Age(24, BOUND), Age(24, OPEN), Age(36, OPEN)]
SCRIPT = """
import json, sys, warnings
import numpy, pandas
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from statsmodels.duration.survfunc import CumIncidenceRight

warnings.simplefilter("ignore")
answers = []
for months, causes in json.load(sys.stdin):
    months, causes = numpy.array(months, dtype=float), numpy.array(causes)
    cumulated = CumIncidenceRight(months, causes)
    km = KaplanMeierFitter().fit(months, causes == 1)
    band = km.confidence_interval_
    answer = {
        "months": cumulated.times.tolist(),
        "incidence": [of_cause.tolist() for of_cause in cumulated.cinc],
        "deviation": cumulated.cinc_se[0].tolist(),
        "km": (1 - km.survival_function_at_times(cumulated.times)).tolist(),
        "km_low": (1 - band.iloc[:, 1]).loc[cumulated.times].tolist(),
        "km_high": (1 - band.iloc[:, 0]).loc[cumulated.times].tolist(),
    }
    if len(set(months)) == len(months):  # lifelines moves ages that are equal apart
        curve = AalenJohansenFitter().fit(months, causes, event_of_interest=1)
        band = curve.confidence_interval_
        answer["lifelines"] = curve.cumulative_density_.iloc[:, 0].loc[cumulated.times].tolist()
        answer["low"] = band.iloc[:, 0].loc[cumulated.times].tolist()
        answer["high"] = band.iloc[:, 1].loc[cumulated.times].tolist()
    answers.append(answer)
print(json.dumps(answers))
"""


def test_the_check_vector_of_the_domain_page() -> None:
    at_24 = next(step for step in steps(CHECK) if step.months == 24)
    assert at_24.incidence == pytest.approx(0.5)
    assert at_24.incidence_ended == pytest.approx(0.1667, abs=0.0001)
    assert at_24.km == pytest.approx(0.5833, abs=0.0001)
    assert [(step.months, step.at_risk, step.bound, step.ended, step.open) for step in steps(CHECK)] == [
        (10, 6, 1, 0, 0), (12, 5, 0, 1, 0), (18, 4, 1, 0, 0), (24, 3, 1, 0, 1), (36, 1, 0, 0, 1),
    ]  # fmt: skip


def test_there_is_no_curve_under_ten_deals_and_none_where_fewer_than_five_are_at_risk() -> None:
    assert shown(steps(CHECK)) == ()
    nine = [Age(months, BOUND) for months in range(9)]
    assert shown(steps(nine)) == ()
    curve = shown(steps([*nine, Age(9, OPEN)]))
    assert [step.at_risk for step in curve] == [10, 9, 8, 7, 6, 5]


def test_nobody_makes_no_curve_and_what_is_open_makes_a_flat_one() -> None:
    assert steps([]) == []
    (step,) = steps([Age(3, OPEN)] * 12)
    assert (step.incidence, step.km, step.low, step.high, step.open) == (0, 0, None, None, 12)


def cohorts() -> list[list[Age]]:
    """Two hundred: half of them with ages of whole months that meet, half with ages that do not, of which none is 0: lifelines
    begins there.
    """
    drawn = random.Random(23)
    return [
        [
            Age(months, drawn.choice((BOUND, BOUND, ENDED, OPEN)))
            for months in (drawn.choices(range(40), k=size) if number % 2 else drawn.sample(range(1, 600), k=size))
        ]
        for number in range(200)
        for size in [drawn.randint(10, 80)]
    ]


def test_two_hundred_cohorts_have_the_figures_of_lifelines_and_statsmodels() -> None:
    drawn = cohorts()
    causes = {OPEN: 0, BOUND: 1, ENDED: 2}
    given = json.dumps([
        ([age.months for age in cohort], [causes[age.outcome] for age in cohort]) for cohort in drawn
    ])  # fmt: skip
    assert OTHERS.is_file(), "there is no .venv-client: run make .venv-client/ready"
    ran = subprocess.run([OTHERS, "-c", SCRIPT], input=given, capture_output=True, text=True, check=True, timeout=300)
    answers = json.loads(ran.stdout)
    assert sum("lifelines" in answer for answer in answers) >= 90
    for cohort, answer in zip(drawn, answers, strict=True):
        agrees(steps(cohort), answer)


def agrees(curve: list[Step], answer: dict[str, Any]) -> None:
    """Each step has the figures of the others, but for bands behind which nobody is left, where they have none."""
    assert [step.months for step in curve] == answer["months"]
    assert [step.incidence for step in curve] == pytest.approx(answer["incidence"][0], abs=1e-9)
    assert [step.incidence_ended for step in curve] == pytest.approx(answer["incidence"][1], abs=1e-9)
    assert [step.km for step in curve] == pytest.approx(answer["km"], abs=1e-9)
    for place, step in enumerate(curve):
        if step.km_low is not None:
            assert (step.km_low, step.km_high) == pytest.approx(
                (answer["km_low"][place], answer["km_high"][place]), abs=1e-9
            )
        if step.low is None or step.bound + step.ended == step.at_risk:
            continue
        assert (step.low, step.high) == pytest.approx(band(step.incidence, answer["deviation"][place]), abs=1e-9)
        if "lifelines" in answer:
            assert step.incidence == pytest.approx(answer["lifelines"][place], abs=1e-9)
            assert (step.low, step.high) == pytest.approx((answer["low"][place], answer["high"][place]), abs=1e-9)


def band(share: float, deviation: float) -> tuple[float, float]:
    """The log(-log) band, written down once more, as lifelines has it of a deviation."""
    width = 1.959963984540054 * deviation / (share * log(share))
    return share ** exp(-width), share ** exp(width)
