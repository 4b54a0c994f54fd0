"""The tables: what of a record they hold, and that Arrow takes everything that HubSpot can send."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any, get_args

import pyarrow as pa
import pytest

from hubspot_batch_read.operations import (
    ASSOCIATIONS,
    ASSOCIATIONS_V3,
    WORKFLOWS_BY_FLOW_ID,
    campaigns,
)
from hubspot_batch_read.tables import arrow
from hubspot_batch_read.tables import table as tables
from hubspot_batch_read_api.models import Association, AssociationV3, Campaign, WorkflowIdMapping
from tests.reads import EVERY_READ, check_listed


def table_of(properties: list[str]) -> tables.Table[Campaign]:
    return campaigns(properties=properties, start_date=None, end_date=None).table


CAMPAIGNS = table_of(["hs_name", "hs_notes"])
CAMPAIGN = Campaign.from_dict(
    {
        "id": "0e1cf94a",
        "createdAt": "2026-01-02T03:04:05.678+02:00",
        "properties": {"hs_name": "Spring"},
        "businessUnits": [{"id": 0}, {"id": 7}],
        "assets": {
            "FORM": {"results": [{"id": 1, "name": "Sign-up", "metrics": {"VIEWS": 3}}]},
            "OBJECT_LIST": {"results": []},
            "SOCIAL_BROADCAST": {},
            "MARKETING_EMAIL": {"results": [{"id": "2"}]},
        },
    }
)
ASSOCIATION = Association.from_dict(
    {
        "from": {"id": "101"},
        "to": [
            {
                "toObjectId": 7,
                "associationTypes": [
                    {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": None},
                    {"category": "INVENTED", "typeId": 2, "label": "CEO"},
                ],
            },
            {"toObjectId": "8", "associationTypes": []},
        ],
    }
)
ASSOCIATION_V3 = AssociationV3.from_dict(
    {
        "from": {"id": "101"},
        "to": [{"id": 7, "type": "contact_to_company"}, {"id": "7", "type": "boss"}],
    }
)
# The table of each read, some records, and their rows.
ROWS: dict[str, tuple[tables.Table[Any], list[Any], list[dict[str, Any]]]] = {
    "read_associations": (
        ASSOCIATIONS.table,
        [ASSOCIATION],
        [
            {
                "from_id": "101",
                "to_id": "7",
                "type_id": 1,
                "category": "HUBSPOT_DEFINED",
                "label": None,
            },
            {"from_id": "101", "to_id": "7", "type_id": 2, "category": "INVENTED", "label": "CEO"},
            {"from_id": "101", "to_id": "8", "type_id": None, "category": None, "label": None},
        ],
    ),
    "read_associations_v3": (
        ASSOCIATIONS_V3.table,
        [ASSOCIATION_V3],
        [
            {"from_id": "101", "to_id": "7", "type": "contact_to_company"},
            {"from_id": "101", "to_id": "7", "type": "boss"},
        ],
    ),
    "read_campaigns": (
        CAMPAIGNS,
        [CAMPAIGN],
        [
            {
                "id": "0e1cf94a",
                "created_at": datetime(2026, 1, 2, 1, 4, 5, 678000, UTC),
                "updated_at": None,
                "business_unit_ids": [0, 7],
                "hs_name": "Spring",
                "hs_notes": None,
                "assets": [
                    {"type": "FORM", "id": "1", "name": "Sign-up", "metrics": [("VIEWS", 3.0)]},
                    {"type": "MARKETING_EMAIL", "id": "2", "name": None, "metrics": None},
                ],
            }
        ],
    ),
    "read_workflow_id_mappings": (
        WORKFLOWS_BY_FLOW_ID.table,
        [WorkflowIdMapping(flow_id=5, workflow_id=6), WorkflowIdMapping(flow_id=7)],
        [{"flow_id": 5, "workflow_id": 6}, {"flow_id": 7, "workflow_id": None}],
    ),
}


def rows(table: tables.Table[Any], *records: Any) -> list[dict[str, Any]]:
    """Return the lines of records, as they come back from Arrow."""
    batch = table.record_batch(table.columns_of(records))
    assert batch.schema == table.schema
    return batch.to_pylist()


def test_the_rows_of_every_read_are_tested_here() -> None:
    check_listed(ROWS, EVERY_READ, "ROWS in tests/unit/test_tables.py")


@pytest.mark.parametrize("name", ROWS)
def test_a_record_becomes_rows(name: str) -> None:
    table, records, expected = ROWS[name]
    assert rows(table, *records) == expected
    assert table.columns == tuple(expected[0])


def test_a_category_is_plain_text_in_a_row() -> None:
    lines = list(ASSOCIATIONS.table.rows_of([ASSOCIATION]))
    assert lines == [
        ("101", "7", 1, "HUBSPOT_DEFINED", None),
        ("101", "7", 2, "INVENTED", "CEO"),
        ("101", "8", None, None, None),
    ]
    assert {type(line[3]) for line in lines} == {str, type(None)}


def test_every_type_of_column_has_an_arrow_type() -> None:
    check_listed(map(str, arrow.TYPES), get_args(tables.ColumnType), "TYPES in tables/arrow.py")


def test_what_a_campaign_does_not_have_is_null() -> None:
    (row,) = rows(CAMPAIGNS, Campaign(id="1"))
    assert set(row) == set(CAMPAIGNS.columns)
    assert {name for name, value in row.items() if value is not None} == {"id"}


def test_a_property_named_like_another_column_keeps_its_values() -> None:
    table = table_of(["id", "assets", "properties.id", "id"])
    values = {"id": "a", "assets": "b", "properties.id": "c"}
    (row,) = rows(table, Campaign(id="1", properties=values))
    assert len(set(table.columns)) == len(table.columns)
    assert row["id"] == "1"
    assert row["properties.id"] == "a"
    assert row["properties.assets"] == "b"
    assert row["properties.properties.id"] == "c"


@pytest.mark.parametrize(("number", "held"), [(2**63 - 1, 2**63 - 1), (2**63, None)])
def test_an_integer_that_arrow_cannot_hold_costs_no_row(number: int, held: int | None) -> None:
    records = [WorkflowIdMapping(flow_id=number), WorkflowIdMapping(flow_id=1)]
    assert [row["flow_id"] for row in rows(WORKFLOWS_BY_FLOW_ID.table, *records)] == [held, 1]


def test_text_and_numbers_that_arrow_cannot_hold_cost_no_row() -> None:
    odd = Campaign.from_dict(
        {
            "id": "1",
            "properties": json.loads(r'{"hs_name": "\ud800 \ud83d\ude00", "hs_notes": "usual"}'),
            "businessUnits": [{"id": -(2**63) - 1}, {"id": 7}],
            "assets": {
                "FORM": {
                    "results": [{"id": "\udfff", "metrics": {"VIEWS": 2**60 + 1, "\ud800": 0.5}}]
                }
            },
        }
    )
    first, second = rows(CAMPAIGNS, odd, CAMPAIGN)
    assert (first["hs_name"], first["hs_notes"]) == ("\ufffd 😀", "usual")
    assert first["business_unit_ids"] == [None, 7]
    (asset,) = first["assets"]
    assert asset["id"] == "\ufffd"
    assert asset["metrics"] == [("VIEWS", float(2**60)), ("\ufffd", 0.5)]
    assert second == rows(CAMPAIGNS, CAMPAIGN)[0]


def test_a_table_without_a_line_has_its_schema() -> None:
    batch = CAMPAIGNS.record_batch(CAMPAIGNS.columns_of([]))
    assert (batch.num_rows, batch.schema) == (0, CAMPAIGNS.schema)
    assert CAMPAIGNS.schema.field("created_at").type == pa.timestamp("us", tz="UTC")


def test_without_pyarrow_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from hubspot_batch_read.operations import ASSOCIATIONS\n"
        "assert ASSOCIATIONS.table.columns\n"
        "try: ASSOCIATIONS.table.schema\n"
        "except ModuleNotFoundError as error: print(error.name, error)"
    )
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert printed.startswith("pyarrow ")
    assert 'pip install "hubspot-batch-read[arrow]"' in printed
