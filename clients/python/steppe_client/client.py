"""The client: asks one API, goes through pages, tries again what may pass, and makes frames and typed objects of answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, Unpack, overload
from urllib.parse import quote

import httpx
import msgspec
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_before_delay, wait_random_exponential

from steppe_client.core import answer_types, question_types
from steppe_client.data_frames import MakeFrame, frame_maker
from steppe_client.refusals import ForeignAnswerError, Refusal, UnreachableError, refusal

if TYPE_CHECKING:
    import pandas
    import polars

F = TypeVar("F")
A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R")
_ROWS_OF_PAGE = 500
_EVER_LONGER = wait_random_exponential(multiplier=0.5, max=10)
_PASSING = (429, 502, 503, 504)
_PAGED = {"deals", "displaced", "crowded", "projects"}


class Client(Generic[F]):
    """Asks one API. Its lists are frames, with `attrs`: as_of (date), known_at (datetime), position of the log, positions of
    all pages (more than one: events came in between), and whatever else the list says of itself.

    `address`: default STEPPE_API, else http://localhost:8000. `key`: an API key or token; default STEPPE_KEY, or the file
    that STEPPE_KEY_FILE names. `frame`: `pandas` or `polars`; default the first of them that is installed. `timeout`:
    seconds without a byte, after which a request is given up. `patience`: seconds in which what may pass (no answer, 429,
    502, 503, 504) is tried again, waiting as Retry-After says or else ever longer; it is raised when they are over.

    Every method raises Refusal, UnreachableError or ForeignAnswerError. Nothing it sends changes anything.
    """

    @overload
    def __init__(self: Client[pandas.DataFrame], address: str | None = ..., *, key: str | None = ..., frame: Literal["pandas"] | None = ..., timeout: float = ..., patience: float = ...) -> None: ...  # fmt: skip
    @overload
    def __init__(self: Client[polars.DataFrame], address: str | None = ..., *, key: str | None = ..., frame: Literal["polars"], timeout: float = ..., patience: float = ...) -> None: ...  # fmt: skip
    def __init__(
        self,
        address: str | None = None,
        *,
        key: str | None = None,
        frame: Literal["pandas", "polars"] | None = None,
        timeout: float = 60,
        patience: float = 120,
    ) -> None:
        self._address = address
        self._key = key
        self._frame = frame
        self._timeout = timeout
        self._patience = patience
        self._http: httpx.Client | None = None
        self._maker: MakeFrame | None = None

    # Lists, as frames.

    def flags(self, **question: Unpack[question_types.ListFlags]) -> F:
        """Flags that stand on a day, each with its clock, evidence and sentence: the gravest first."""
        return self._frame_of("/v1/flags", question, answer_types.FlagRow)

    def projects(self, **question: Unpack[question_types.ListProjects]) -> F:
        """Projects as they stand on a day: level, headline, flags, investors."""
        return self._frame_of("/v1/projects", question, answer_types.ProjectRow)

    def deals(self, **question: Unpack[question_types.ListDeals]) -> F:
        """Deals as they stand on a day: phase, level, pursuers, legs, clocks, flags."""
        return self._frame_of("/v1/deals", question, answer_types.DealRow)

    def timeline(self, project: str, **question: Unpack[question_types.GetTimeline]) -> F:
        """The events of a project in order, with the levels after each; `attrs` has its flag_changes and conflicts."""
        return self._frame_of(f"/v1/projects/{_part(project)}/timeline", question, answer_types.TimelineEntry)

    def parties(self, **question: Unpack[question_types.ListParties]) -> F:
        """Parties, registered or named by events."""
        return self._frame_of("/v1/parties", question, answer_types.KnownParty)

    def markets(self, **question: Unpack[question_types.ListMarkets]) -> F:
        """Markets, a country and a commodity each: who is bound, who has only paper."""
        return self._frame_of("/v1/markets", question, answer_types.MarketSummary)

    def forums(self, **question: Unpack[question_types.ListForums]) -> F:
        """Forums at which papers were signed."""
        return self._frame_of("/v1/forums", question, answer_types.ForumItem)

    def transitions(self, **question: Unpack[question_types.ListTransitions]) -> F:
        """What became of flags, in the order in which it was found out; `after`: only what has a larger id."""
        return self._frame_of("/v1/flags/transitions", question, answer_types.TransitionItem)

    def retractions(self, **question: Unpack[question_types.ListRetractions]) -> F:
        """What was taken back."""
        return self._frame_of("/v1/retractions", question, answer_types.RetractionItem)

    def conflicts(self, **question: Unpack[question_types.ListConflicts]) -> F:
        """Sources that disagree, and claims that may be one."""
        return self._frame_of("/v1/conflicts", question, answer_types.ConflictItem)

    # One thing, as an object with fields.

    def project(self, key: str, **question: Unpack[question_types.GetProject]) -> answer_types.ProjectAnswer:
        """A project with its deals, legs, stakes, money, and why it stands where it stands."""
        return self._one(f"/v1/projects/{_part(key)}", question, answer_types.ProjectAnswer)

    def portfolio(self, **question: Unpack[question_types.GetPortfolio]) -> answer_types.PortfolioAnswer:
        """The projects that pass the filters, counted by level and headline."""
        return self._one("/v1/portfolio", question, answer_types.PortfolioAnswer)

    def party(self, key: str, **question: Unpack[question_types.GetParty]) -> answer_types.PartyAnswer:
        """A party with all its deals; `next_cursor` is None."""
        return self._gathered(f"/v1/parties/{_part(key)}", question, answer_types.PartyAnswer)

    def market(
        self, country: str, commodity: str, **question: Unpack[question_types.GetMarket]
    ) -> answer_types.MarketAnswer:
        """A market with all its projects and the deals of each nation."""
        return self._gathered(f"/v1/markets/{_part(country)}/{_part(commodity)}", question, answer_types.MarketAnswer)

    def scorecard(self, forum: str, **question: Unpack[question_types.GetScorecard]) -> answer_types.ScorecardAnswer:
        """What became of the papers of a forum."""
        return self._one(f"/v1/forums/{_part(forum)}/scorecard", question, answer_types.ScorecardAnswer)

    def scorecards(self, **question: Unpack[question_types.GetScorecards]) -> answer_types.ScorecardsAnswer:
        """What became of the papers of several forums (`forum`), at the same age and as one."""
        return self._one("/v1/scorecards", question, answer_types.ScorecardsAnswer)

    def conversion(self, **question: Unpack[question_types.GetConversion]) -> answer_types.ConversionAnswer:
        """How many first papers of deals became binding, and after how long: curves, and the deals that they are made of."""
        return self._one("/v1/conversion", question, answer_types.ConversionAnswer)

    def money(self, **question: Unpack[question_types.GetMoney]) -> answer_types.MoneyAnswer:
        """Who gave how much to whom, by leg: sums, and the rows that they are made of."""
        return self._one("/v1/money", question, answer_types.MoneyAnswer)

    def aid(self, **question: Unpack[question_types.GetAid]) -> answer_types.AidAnswer:
        """Aid by donor, recipient and year with ranks, from reference series."""
        return self._one("/v1/money/aid", question, answer_types.AidAnswer)

    def reference(self, name: str, **question: Unpack[question_types.GetReference]) -> answer_types.SeriesAnswer:
        """A reference series with its rows, as `fx`: rates, aid, demand or groups, each row with its source."""
        return self._one(f"/v1/reference/{_part(name)}", question, answer_types.SeriesAnswer)

    def value_chain(self, **question: Unpack[question_types.GetValueChain]) -> answer_types.ValueChainAnswer:
        """Which steps were told as localised in the host countries, and whether the works run."""
        return self._one("/v1/value-chain", question, answer_types.ValueChainAnswer)

    def supply(self, **question: Unpack[question_types.GetSupply]) -> answer_types.SupplyAnswer:
        """What binding offtake contracts deliver a calendar year, against the demand that countries state."""
        return self._one("/v1/supply", question, answer_types.SupplyAnswer)

    def pledges(self, **question: Unpack[question_types.GetPledges]) -> answer_types.PledgesAnswer:
        """What of each promise of money is bound and disbursed, against its time, and programmes traced to projects."""
        return self._one("/v1/pledges", question, answer_types.PledgesAnswer)

    def lifecycle(self, **question: Unpack[question_types.GetLifecycle]) -> answer_types.LifecycleAnswer:
        """How long deals stay at a level, how old papers are, how many bind, and who overtook whom."""
        return self._one("/v1/lifecycle", question, answer_types.LifecycleAnswer)

    def trace(self, event: str, **question: Unpack[question_types.GetTrace]) -> answer_types.TraceAnswer:
        """An event, source#id: what it says and what it brought about."""
        return self._one(f"/v1/trace/{_part(event)}", question, answer_types.TraceAnswer)

    def rules(self, **question: Unpack[question_types.ListRules]) -> answer_types.RulesAnswer:
        """The versions of the rules."""
        return self._one("/v1/rules", question, answer_types.RulesAnswer)

    def status(self, **question: Unpack[question_types.GetStatus]) -> answer_types.StatusAnswer:
        """How far the read model is behind the log, partition by partition."""
        return self._one("/v1/status", question, answer_types.StatusAnswer)

    def what_if(
        self, events: Mapping[str, Any] | Sequence[Mapping[str, Any]], **question: Unpack[question_types.TryEvents]
    ) -> answer_types.WhatIfAnswer:
        """What these events (CloudEvents, as ingest takes them) would do to the judgement; nothing is written."""
        return self._one("/v1/what-if", question, answer_types.WhatIfAnswer, events)

    def backtest(self, body: question_types.BacktestBody) -> answer_types.BacktestAnswer:
        """History under other rules, beside those in force: what would have been raised when, and what came of it."""
        return self._one("/v1/backtest", {}, answer_types.BacktestAnswer, body)

    # A file.

    def export(self, path: str | os.PathLike[str], **question: Unpack[question_types.Export]) -> Path:
        """Write an export (`format`: events, parquet, iati, bods, oc4ids, snapshot) to a file, and return its path.

        The file is there whole or not at all: what breaks off is asked again from the start, within the patience.
        """
        target = Path(path)
        part = target.with_name(f"{target.name}.part")

        def download() -> None:
            with self._connection().stream("GET", "/v1/export", params=_parameters(question)) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise refusal(answer.status_code, answer.content, answer.headers.get("retry-after"))
                with part.open("wb") as file:
                    file.writelines(answer.iter_bytes())

        try:
            self._patiently(download)
            return part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Give up the connections. The client may be asked again, and makes new ones then."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def __enter__(self) -> Client[F]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _frame_of(self, path: str, question: Mapping[str, Any], row: type[msgspec.Struct]) -> F:
        if self._maker is None:
            self._maker = frame_maker(self._frame)
        pages = list(self._pages(path, question, question.get("limit")))
        attributes = {name: value for name, value in pages[0].items() if name not in ("items", "next_cursor")}
        if "as_of" in attributes:
            attributes["as_of"] = date.fromisoformat(attributes["as_of"])
        attributes["known_at"] = datetime.fromisoformat(attributes["known_at"])
        attributes["positions"] = list(dict.fromkeys(page["position"] for page in pages))
        frame: F = self._maker([item for page in pages for item in page["items"]], row, attributes)
        return frame

    def _gathered(self, path: str, question: Mapping[str, Any], answer: type[A]) -> A:
        """One thing whose lists come in pages, with all of them."""
        whole, *others = self._pages(path, question, None)
        nations = {nation["nation"]: nation for nation in whole.get("nations", ())}
        for page in others:
            for name in _PAGED & page.keys():
                whole[name] += page[name]
            for nation in page.get("nations", ()):
                # A nation of which only ended deals are is on the pages of these alone.
                if nations.setdefault(nation["nation"], nation) is not nation:
                    nations[nation["nation"]]["deals"] += nation["deals"]
        if nations:
            whole["nations"] = sorted(nations.values(), key=lambda one: (one["nation"] is None, one["nation"] or ""))
        whole.pop("next_cursor", None)
        return _typed({"next_cursor": None, **whole} if answer is answer_types.PartyAnswer else whole, answer)

    def _pages(self, path: str, question: Mapping[str, Any], rows_max: int | None) -> Iterator[dict[str, Any]]:
        left = rows_max
        filters = {name: value for name, value in question.items() if name != "limit"}
        cursor: str | None = None
        while True:
            limit = _ROWS_OF_PAGE if left is None else min(left, _ROWS_OF_PAGE)
            page = self._answer(path, {**filters, "limit": limit, "cursor": cursor})
            yield page
            cursor = page.get("next_cursor")
            left = None if left is None else left - len(page["items"])
            if cursor is None or left == 0:
                return

    def _one(self, path: str, question: Mapping[str, Any], answer: type[A], body: Any = None) -> A:
        return _typed(self._answer(path, question, body), answer)

    def _answer(self, path: str, question: Mapping[str, Any], body: Any = None) -> dict[str, Any]:
        """What the API answers, as JSON has it."""

        def ask() -> httpx.Response:
            if body is None:
                response = self._connection().get(path, params=_parameters(question))
            else:
                content = msgspec.json.encode(body)
                headers = {"content-type": "application/json"}
                response = self._connection().post(path, params=_parameters(question), content=content, headers=headers)
            if response.status_code != 200:
                raise refusal(response.status_code, response.content, response.headers.get("retry-after"))
            return response

        response = self._patiently(ask)
        try:
            return msgspec.json.decode(response.content, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise ForeignAnswerError(f"{response.url} answers no JSON: is it a Steppe API?") from error

    def _patiently(self, ask: Callable[[], R]) -> R:
        """What `ask` returns, tried again as long as what stops it may pass and the patience lasts."""
        try:
            return Retrying(
                retry=retry_if_exception(_may_pass), wait=_pause, stop=stop_before_delay(self._patience), reraise=True
            )(ask)
        except httpx.TransportError as error:
            raise UnreachableError(f"{self._connection().base_url} does not answer: {error!r}") from error

    def _connection(self) -> httpx.Client:
        if self._http is None:
            address = self._address or os.environ.get("STEPPE_API") or "http://localhost:8000"
            key = self._key or _key_of_environment()
            if not address.startswith(("http://", "https://")):
                raise UnreachableError(f"{address!r} is no address: write it like http://localhost:8000")
            headers = {"authorization": f"Bearer {key}"} if key else {}
            self._http = httpx.Client(base_url=address, headers=headers, timeout=self._timeout)
        return self._http


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, Refusal):
        return error.status in _PASSING
    return isinstance(error, httpx.TransportError)


def _pause(state: RetryCallState) -> float:
    """Seconds until the next attempt: as long as the answer says, else longer each time, and never quite the same."""
    error = state.outcome and state.outcome.exception()
    if isinstance(error, Refusal) and error.retry_after is not None:
        return error.retry_after
    return _EVER_LONGER(state)


def _key_of_environment() -> str | None:
    if file := os.environ.get("STEPPE_KEY_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get("STEPPE_KEY")


def _part(key: str) -> str:
    return quote(key, safe="")


def _parameters(question: Mapping[str, Any]) -> dict[str, str]:
    """The question as the API reads it: `from_` as from, days in ISO 8601, lists with commas, truth in small letters."""
    return {name.rstrip("_"): _text(value) for name, value in question.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Iterable):
        return ",".join(map(_text, value))
    return str(value)


def _typed(answer: dict[str, Any], declared: type[A]) -> A:
    try:
        return msgspec.convert(answer, declared)
    except msgspec.ValidationError as error:
        raise ForeignAnswerError(f"{declared.__name__}: {error}. Another release? Compare the versions.") from error
