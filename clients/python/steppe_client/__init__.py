"""Asks a Steppe API: `import steppe_client as steppe`, then `steppe.flags(as_of="2026-11-01", country="KZ")`.

The functions here ask the API that STEPPE_API names, else http://localhost:8000; `connect` makes a client of another one,
with the same methods. The description is docs/client.md in the repository of Steppe.

The package is not called `steppe`, because that is the name of the product's own package: who has both installed, as
whoever develops it, would get one of them under the name of the other.
"""

from steppe_client.client import Client
from steppe_client.refusals import ForeignAnswerError, Refusal, SteppeError, UnreachableError

__version__ = "0.3.0"
__all__ = [
    "Client", "ForeignAnswerError", "Refusal", "SteppeError", "UnreachableError", "backtest", "close", "conflicts", "connect",
    "conversion", "deals", "export", "flags", "forums", "lifecycle", "market", "markets", "parties", "party", "pledges",
    "portfolio", "project", "projects", "retractions", "rules", "scorecard", "scorecards", "status", "supply", "timeline",
    "trace", "transitions", "value_chain", "what_if",
]  # fmt: skip

connect = Client
_client = Client()
close = _client.close
flags = _client.flags
projects = _client.projects
deals = _client.deals
timeline = _client.timeline
parties = _client.parties
markets = _client.markets
forums = _client.forums
transitions = _client.transitions
retractions = _client.retractions
conflicts = _client.conflicts
project = _client.project
portfolio = _client.portfolio
party = _client.party
market = _client.market
scorecard = _client.scorecard
scorecards = _client.scorecards
conversion = _client.conversion
value_chain = _client.value_chain
supply = _client.supply
pledges = _client.pledges
lifecycle = _client.lifecycle
trace = _client.trace
rules = _client.rules
status = _client.status
what_if = _client.what_if
backtest = _client.backtest
export = _client.export
