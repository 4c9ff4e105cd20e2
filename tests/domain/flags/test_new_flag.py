"""A new flag is one file, one line in the registry, one test module: proved on a copy of the code that gets one more flag."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

FLAG = '''
"""ceremonial: announced for long, and no paper followed."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_age
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import for_age
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch and stagnant by the silence clock while the deal is only announced."""
    if given.level is not Level.ANNOUNCED or given.deal.news.silence is None:
        return None
    return FlagEvaluation(
        steps=tuple(
            step_at_age(severity, given.deal.news.silence, given.thresholds[f"ceremonial.{severity}"])
            for severity in FLAG.severities
        ),
        start=given.deal.news.silence,
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    return message("Announced and nothing more %(age)s.", age=for_age(flag.start, as_of))


FLAG: DealFlag = DealFlag(
    name="ceremonial",
    severities=("watch", "stagnant"),
    thresholds={"ceremonial.watch": 9, "ceremonial.stagnant": 30},
    clock="silence",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("a paper is signed first"),
    warns_of_unbound=True,
)
'''

USES = """
from datetime import date

from services.api.web import backtest_request, query_parameters
from steppe.contracts import items
from steppe.contracts.type_schemas import components
from steppe.domain.analysis.backtest import BACKTEST_FLAGS
from steppe.domain.analysis.forecast import upcoming_changes
from steppe.domain.explanation.flag_text import sentence
from steppe.domain.explanation.forecast_text import next_changes
from steppe.domain.flags.flag_registry import FLAGS, RULES
from steppe.domain.fold.fold_state import fold_history, judge
from steppe.domain.messages.english import english
from steppe.domain.values.flag_clock import flag_spans
from steppe.domain.rules.rule_document import document_of, rules_from
from tests.domain.event_logs import event

log = [event("intent.announced", "2020-01-31", kind="ceremony")]
judged = judge("north", log, date(2020, 12, 31))
(flag,) = [flag for flag in judged.flags if flag.flag == "ceremonial"]
assert (flag.severity, flag.since, flag.clock, flag.threshold_months) == ("watch", date(2020, 10, 31), "silence", 9)
assert english(sentence(flag, date(2020, 12, 31))) == "Announced and nothing more for 11 months."
assert items.flag("north", flag, date(2020, 12, 31))["sentence"] == "Announced and nothing more for 11 months."

history = fold_history("north", log)
coming = [
    change
    for change in upcoming_changes(history.deals, flag_spans(history.flags), date(2020, 10, 1))
    if change.on.month == 10
]
deals = judge("north", log, date(2020, 10, 1)).deals
told = english(next_changes(deals, coming))
assert told == "Counts as ceremonial (watch) on 31 October 2020 unless a paper is signed first."

assert document_of(RULES)["values"]["ceremonial.watch"] == 9
tried = rules_from({"version": "tried", "values": {"ceremonial.watch": 24}}, RULES)
assert not [flag for flag in judge("north", log, date(2020, 12, 31), tried).flags if flag.flag == "ceremonial"]

assert query_parameters.FLAGS == tuple(FLAGS)
assert "ceremonial" in query_parameters.FLAGS
worsening = {name for name, flag in FLAGS.items() if flag.worsens_unbound}
assert worsening == {"memorandum-only", "announced-only", "overdue", "idle-right", "ceremonial"}
assert "ceremonial" in BACKTEST_FLAGS
assert "'ceremonial'" in str(components([backtest_request.BacktestBody], "{name}"))
"""


def test_a_new_flag_is_one_file_and_one_line(tmp_path: Path) -> None:
    for package in ("steppe", "services", "tests/domain"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "__init__.py").touch()
    (tmp_path / "steppe" / "domain" / "flags" / "ceremonial.py").write_text(FLAG)
    registry = tmp_path / "steppe" / "domain" / "flags" / "flag_registry.py"
    text = registry.read_text().replace("    crowded,\n", "    ceremonial,\n    crowded,\n", 1)
    registry.write_text(text.replace("    crowded.FLAG,\n", "    crowded.FLAG,\n    ceremonial.FLAG,\n", 1))
    (tmp_path / "uses.py").write_text(USES)
    sources = {**os.environ, "STEPPE_COMPILED": "0"}
    ran = subprocess.run(
        [sys.executable, "uses.py"], cwd=tmp_path, env=sources, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
