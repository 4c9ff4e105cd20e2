"""What is proposed from an article that somebody pasted; a person decides about each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.articles.article import read_article
from services.ingest.articles.mentions import NameFinder, RegisteredName
from services.ingest.articles.proposals import PROPOSALS_MAX, propose
from tests.services.ingest.entry_client import EntryClient
from tests.stack import Stack, start_service

_HTML = """<!doctype html><html lang="en"><head><title>Tungsten deal - Steppe News</title>
<meta property="og:title" content="Cove Capital to develop tungsten deposits">
<meta property="og:site_name" content="Steppe News"><meta property="article:published_time" content="2025-11-07T09:00:00Z"></head>
<body><nav><a href="/">Home</a></nav><article><h1>Cove Capital to develop tungsten deposits</h1>
<p>Cove Capital and Tau-Ken Samruk signed a term sheet on November 6, 2025 for a project of $1.1 billion in the Karaganda region of
Kazakhstan, the companies said.</p>
<p>EXIM issued a letter of interest for up to USD 900 million. Construction will begin in 2027, and production is expected after that.</p>
<p><script>alert(1)</script>The company agreed to acquire a 70% stake in Severniy Katpar LLP, which holds both of the deposits.</p>
</article></body></html>"""


@pytest.fixture
def entry(stack: Stack, topic: str, tmp_path: Path) -> Iterator[EntryClient]:
    service = start_service("ingest", {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic}, tmp_path)
    client = EntryClient(service.address)
    yield client
    client.close()
    service.stop()


def test_an_article_fills_in_the_form_and_is_its_evidence(entry: EntryClient) -> None:
    entry.open("/article")
    entry.press(
        "Read it", url="https://news.example/tungsten", pasted=_HTML, grade="trade-press", subject="north-katpar"
    )
    assert "Cove Capital to develop tungsten deposits" in entry.text
    assert "Publisher Steppe News Public since 7 Nov 2025" in entry.text
    entry.follow("Termsheet signed")
    assert entry.value("subject") == "north-katpar"
    assert entry.value("data.occurred") == "2025-11-06"
    assert (entry.value("data.amount.value"), entry.value("data.amount.currency")) == ("1100000000", "USD")
    assert entry.value("data.reported") == "2025-11-07"
    assert entry.value("data.evidence.0.url") == "https://news.example/tungsten"
    assert entry.value("data.evidence.0.grade") == "trade-press"
    assert entry.value("data.note").startswith("Cove Capital and Tau-Ken Samruk signed")
    entry.press("Preview", parties__0__party="cove-capital", parties__0__role="investor")
    assert (entry.status, entry.errors()) == (200, {})


def test_what_cannot_be_read_is_said_and_what_was_pasted_stays(entry: EntryClient) -> None:
    entry.open("/article")
    entry.press("Read it", pasted="x" * 500_001)
    assert entry.status == 422
    assert "at most 500,000" in entry.text
    entry.press("Read it", pasted="<html><body>" + "<div>" * 60_000 + "deep")
    assert entry.status in (200, 422)
    entry.press("Read it", pasted="A memorandum was signed on 6 November 2025.\nNothing else.")
    assert entry.status == 200
    assert "A memorandum was signed on 6 November 2025." in entry.text
    entry.press("Read it", pasted="Nothing of the kind.")
    assert "The rules find no event in it." in entry.text


def test_an_address_alone_gives_the_publisher_and_a_day_that_stands_in_it() -> None:
    article = asyncio.run(read_article("https://www.news.example/2025/11/07/deal", ""))
    assert (article.publisher, article.published, article.is_read) == ("news.example", "2025-11-07", False)


@pytest.mark.parametrize(
    ("sentence", "name", "texts"),
    [
        ("The parties signed an MoU in March 2019.", "memorandum.signed", {"data.instrument": "mou", "data.occurred": "2019-03"}),
        ("Стороны подписали меморандум 6 ноября 2025 года на сумму 40,2 млн долларов.", "memorandum.signed",
         {"data.occurred": "2025-11-06", "data.amount.value": "40200000", "data.amount.currency": "USD"}),
        ("JOGMECは2019年3月に覚書を締結した。", "memorandum.signed", {"data.occurred": "2019-03"}),
        ("JBIC signed a loan agreement of 5,000,000 euros.", "loan.signed", {"data.amount.value": "5000000", "data.amount.currency": "EUR"}),
        ("It bought a 12.5% stake in the mine.", "equity.agreed", {"data.stake_percent": "12.5"}),
        ("The partners took the final investment decision.", "investment.decided", {"data.occurred": "../2026-01-02"}),
        ("Construction began on 2 May 2024.", "construction.started", {"data.occurred": "2024-05-02"}),
        ("Xiamen Tungsten withdrew from the project.", "investor.withdrew", {}),
        ("Инвестор вышел из проекта.", "investor.withdrew", {}),
    ],
)  # fmt: skip
def test_a_sentence_is_proposed_as_what_it_says(sentence: str, name: str, texts: dict[str, str]) -> None:
    (proposal,) = propose(sentence, "2026-01-02")
    assert (proposal.name, proposal.sentence) == (name, sentence)
    assert texts.items() <= proposal.texts.items()


@pytest.mark.parametrize(
    "sentence",
    [
        "Construction will begin in 2027.",
        "The parties plan to sign an offtake agreement.",
        "The loan agreement was not signed.",
        "Стороны планируют подписать меморандум.",
        "覚書を締結する予定だ。",
        "The weather was fine.",
    ],
)
def test_what_is_planned_or_denied_is_not_proposed_as_done(sentence: str) -> None:
    assert not propose(sentence)


def test_two_amounts_or_days_in_a_sentence_are_left_to_the_person() -> None:
    (proposal,) = propose("They signed an MoU on 6 May 2024 or 7 May 2024 for $5 million or $6 million.")
    assert not {"data.amount.value", "data.occurred"} & proposal.texts.keys()


def test_of_a_long_text_the_first_twenty_are_proposed() -> None:
    assert len(propose("They signed an MoU. " * 50)) == PROPOSALS_MAX


_NAMES = NameFinder(
    RegisteredName(kind, key, name)
    for kind, key, name in (
        ("projects", "north-katpar", "Northern Katpar"), ("projects", "katpar", "Katpar"),
        ("parties", "cove-capital", "Cove Capital LLC / Cove Kaz Capital Group"), ("parties", "cove", "Cove"),
        ("parties", "tau-ken-samruk", "JSC Tau-Ken Samruk"), ("parties", "kap", "АО «Казатомпром»"), ("parties", "adb", "ADB"),
        ("parties", "us-exim", "Export-Import Bank of the United States (EXIM)"), ("parties", "mitsubishi", "三菱"),
        ("parties", "mc", "三菱商事株式会社"), ("parties", "alpha-1", "Alpha Resources"), ("parties", "alpha-2", "Alpha Resources Ltd"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "keys"),
    [
        ("Cove Capital signed for Northern Katpar.", [["cove-capital"], ["north-katpar"]]),
        ("COVE CAPITAL's shares rose in a cove near Katpar.", [["cove-capital"], ["katpar"]]),
        ("Covenants and Katparov are other words, Coves too.", []),
        ("Акции Казатомпрома купил Тау-Кен Самрук.", [["kap"], ["tau-ken-samruk"]]),
        ("Kazatomprom, EXIM and ADB met; the adb of the exim did not.", [["kap"], ["us-exim"], ["adb"]]),
        ("三菱商事は覚書を締結した。三菱は違う。三菱重工も違う。", [["mc"], ["mitsubishi"]]),
        ("Alpha Resources withdrew.", [["alpha-1", "alpha-2"]]),
    ],
)
def test_registered_names_are_found_as_whole_words_the_longest_first(sentence: str, keys: list[list[str]]) -> None:
    assert [[named.key for named in bearers] for bearers in _NAMES.names_in(sentence)] == keys


def test_parties_and_project_of_a_sentence_are_proposed_and_roles_and_names_of_several_are_not() -> None:
    (proposal,) = propose(
        "Cove Capital, ADB and Alpha Resources signed an MoU on Northern Katpar in May 2024.", "", _NAMES
    )
    named = {
        name: text for name, text in proposal.texts.items() if name == "subject" or name.startswith("data.parties")
    }
    assert named == {"subject": "north-katpar", "data.parties.0.party": "cove-capital", "data.parties.1.party": "adb"}
    (proposal,) = propose("ADB signed an MoU on Northern Katpar and Katpar.", "", _NAMES)
    assert "subject" not in proposal.texts
