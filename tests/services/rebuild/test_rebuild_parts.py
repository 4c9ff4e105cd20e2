"""The fast codec that a rebuild uses gives what the full one gives. No broker, no database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import steppe.contracts
from benchmarks.rebuild_events import messages
from services.projector.projection import decode, event_rows
from services.projector.projection.batches import Headers, Record
from services.projector.projection.decode import State, StoredEvent
from services.projector.projection.deduplicate import entry_if_undecodable
from services.projector.rebuild.compare import statements_between
from services.projector.rebuild.load_events import rows_of
from steppe.contracts.fast_codec import decode_fast
from steppe.contracts.partitioning import partition_of
from steppe.database.read_model import flag_rows, market_rows, projection_rows, registry_rows
from steppe.database.read_model.stored_events import folded_event, validated_event
from tests.contracts.test_fast_codec import mutations

EXAMPLES = sorted((Path(steppe.contracts.__file__).parent / "examples").rglob("*.json"))
RECORDED = "2026-11-22T10:00:00.5Z"


def record_of(value: bytes, key: bytes, headers: Headers = ()) -> Record:
    return Record(partition_of(key, 4), 7, 1_700_000_000_000, key, value, headers)


def same(record: Record) -> None:
    """Both ways give the same row, and the stored row gives the same event back."""
    decoded = decode.decode_record(record, 4)
    if not isinstance(decoded, StoredEvent):
        diverted = entry_if_undecodable(decoded, None)
        assert diverted is not None
        assert rows_of(record, 4, {}) == (False, event_rows.quarantine_row(diverted))
        return
    assert rows_of(record, 4, {}) == (True, event_rows.event_row(decoded))
    if decoded.state is not State.UNKNOWN:
        row = {"raw": decoded.raw, "headers": decoded.headers, "subject": decoded.subject}
        assert folded_event(row) == validated_event(decoded.raw, decoded.headers, decoded.subject) == decoded.event


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name + "/" + path.stem)
def test_the_fast_codec_and_the_full_one_store_the_same_row(path: Path) -> None:
    event = {"recordedtime": RECORDED, "specversion": "1.0", "id": "one", **json.loads(path.read_text())}
    for number, mutated in enumerate(mutations(event)):
        if number % (5 if path.stem.startswith("accepted") else 40):
            continue  # a share of many thousands, and less of what is refused anyhow
        try:
            value = json.dumps(mutated).encode()
        except UnicodeEncodeError:
            continue
        key = mutated.get("subject") if isinstance(mutated, dict) else None
        same(record_of(value, key.encode(errors="replace") if isinstance(key, str) and key else b"north"))


def test_records_with_headers_or_in_other_partitions_take_the_full_codec() -> None:
    key, value = next(
        message for message in messages(600) if message[0].startswith(b"project") and b"memorandum" in message[1]
    )
    same(record_of(value, key, (("content-type", b"application/cloudevents+json"),)))
    same(record_of(value, key, (("ce_type", b"steppe.memorandum.signed.v1"),)))
    home = partition_of(key, 4)
    same(Record((home + 1) % 4, 7, 1_700_000_000_000, key, value))


def test_nearly_every_record_of_a_long_log_takes_the_fast_codec() -> None:
    log = list(messages(3_000))
    for key, value in log[::10]:
        same(record_of(value, key))
    plain = sum(decode_fast(value, key) is not None for key, value in log)
    assert plain > 0.8 * len(log), plain


@pytest.mark.parametrize(
    ("name", "table", "columns"),
    [
        ("differing_projects", "project", [column for column in projection_rows.PROJECT if column != "updated_at"]),
        ("differing_project_spans", "project_span", projection_rows.PROJECT_SPAN),
        ("differing_deal_spans", "deal_span", projection_rows.DEAL_SPAN),
        ("differing_flag_spans", "flag_span", flag_rows.FLAG_SPAN),
        ("differing_market_flag_spans", "flag_span", flag_rows.FLAG_SPAN),
        ("differing_standings", "standing", market_rows.STANDING),
        ("differing_party_namings", "party_naming", projection_rows.PARTY_NAMING),
        ("differing_co_investment_spans", "co_investment_span", projection_rows.CO_INVESTMENT_SPAN),
    ],
)
def test_a_comparison_of_read_models_has_every_column_that_is_written(
    name: str, table: str, columns: Sequence[str]
) -> None:
    statement = statements_between("rm_v1", "rm_v2")[name]
    for schema in ("rm_v1", "rm_v2"):
        assert f"ROW({', '.join(columns)})::text, 0)) AS content\n    FROM {schema}.{table}\n" in statement


def test_registries_are_compared_with_every_column_that_is_written() -> None:
    columns = ", ".join(registry_rows.PARTY_SPAN)
    statement = statements_between("rm_v1", "rm_v2")["registries_differ"]
    assert statement.count(f"SELECT {columns} FROM rm_v1.party_span") == 2
    assert statement.count(f"SELECT {columns} FROM rm_v2.party_span") == 2
