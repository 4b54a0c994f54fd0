"""The response bodies that are decoded, by name: the same bytes in every run.

Associations are clean or drifted, each with 1, 10 or 100 associated objects per row:

    clean     what HubSpot usually sends: `toObjectId` is a number, a label is text or null
    drifted   an unknown key in every object, `toObjectId` is text, no labels, an unknown category
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

SEED = 4
KINDS = ("clean", "drifted")
SIZES = (1, 10, 100)
ASSOCIATIONS = [f"{kind} {size}" for size in SIZES for kind in KINDS]
OTHERS = ["associations v3", "campaigns", "workflow id mappings"]

ENVELOPES = dict.fromkeys(ASSOCIATIONS, "AssociationEnvelope") | {
    "associations v3": "AssociationV3Envelope",
    "campaigns": "CampaignEnvelope",
    "workflow id mappings": "WorkflowIdMappingEnvelope",
}
"""The model that decodes a body."""

UNKNOWN_CATEGORY = "PARTNER_DEFINED"
UNKNOWN_KEY = "schemaVersion"

Json = dict[str, Any]


class Type(NamedTuple):
    """A type of association."""

    category: str
    type_id: int
    label: str | None


TYPES = [
    Type("HUBSPOT_DEFINED", 279, None),
    Type("HUBSPOT_DEFINED", 1, "Primary"),
    Type("HUBSPOT_DEFINED", 341, None),
    Type("USER_DEFINED", 37, "Billing contact"),
    Type("USER_DEFINED", 39, "Decision maker"),
    Type("USER_DEFINED", 41, "Former employer"),
    Type("USER_DEFINED", 43, "Chief technology officer"),
    Type("INTEGRATOR_DEFINED", 53, "Synchronised"),
]


@contextmanager
def files(names: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield the paths of these bodies, each in a file, for other processes."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.json" for name in names}
        for name, path in paths.items():
            path.write_bytes(body(name))
        yield {name: str(path) for name, path in paths.items()}


def body(name: str) -> bytes:
    """Return the body with this name, as compact JSON."""
    chance = random.Random(f"{SEED} {name}")  # noqa: S311 - no secret
    kind, _, size = name.rpartition(" ")
    if kind in KINDS:
        rows = [association(chance, row, int(size)) for row in range(1000)]
    elif name == "associations v3":
        rows = [association_v3(chance, row) for row in range(1000)]
    elif name == "campaigns":
        rows = [campaign(chance, row) for row in range(50)]
    else:
        rows = [workflow_id_mapping(chance, row) for row in range(100)]
    envelope: Json = {
        "completedAt": "2026-02-11T09:14:27.402Z",
        "results": rows,
        "startedAt": "2026-02-11T09:14:27.310Z",
        "status": "COMPLETE",
    }
    if kind == "drifted":
        drift(envelope)
    return json.dumps(envelope, separators=(",", ":")).encode()


def association(chance: random.Random, row: int, size: int) -> Json:
    """Return a row with a number of associated objects, of one to three types each."""
    return {
        "from": {"id": str(40_000_000_000 + 7 * row)},
        "to": [
            {
                "toObjectId": chance.randrange(10**9, 10**11),
                "associationTypes": [
                    {"category": type_.category, "typeId": type_.type_id, "label": type_.label}
                    for type_ in chance.sample(TYPES, chance.randint(1, 3))
                ],
            }
            for _ in range(size)
        ],
    }


def drift(envelope: Json) -> None:
    """Turn a clean associations body into a drifted one."""
    for row in add_key(envelope)["results"]:
        add_key(row)
        add_key(row["from"])
        for item in row["to"]:
            add_key(item)
            item["toObjectId"] = str(item["toObjectId"])
            for type_ in item["associationTypes"]:
                add_key(type_)
                del type_["label"]
                if type_["category"] == "INTEGRATOR_DEFINED":
                    type_["category"] = UNKNOWN_CATEGORY


def add_key(data: Json) -> Json:
    """Add the unknown key to a JSON object; return the object."""
    data[UNKNOWN_KEY] = 2
    return data


def association_v3(chance: random.Random, row: int) -> Json:
    """Return a row with ten associated objects."""
    types = ["contact_to_company", "contact_to_company_unlabeled", "billing_contact"]
    return {
        "from": {"id": str(40_000_000_000 + 7 * row)},
        "to": [
            {"id": str(chance.randrange(10**9, 10**11)), "type": chance.choice(types)}
            for _ in range(10)
        ],
    }


def campaign(chance: random.Random, row: int) -> Json:
    """Return a campaign with ten properties and assets of two types."""
    return {
        "id": f"{row:08x}-52d1-4c6f-9a0e-{chance.randrange(16**12):012x}",
        "properties": {
            "hs_name": f"Campaign {row}",
            "hs_start_date": "2026-01-05",
            "hs_end_date": "2026-03-31",
            "hs_notes": "Goes to everyone who came to the spring fair, then to their colleagues.",
            "hs_audience": "Customers in Europe",
            "hs_currency_code": "EUR",
            "hs_campaign_status": chance.choice(["planned", "in_progress", "completed"]),
            "hs_owner": str(chance.randrange(10**8)),
            "hs_color_hex": "#4f81bd",
            "hs_budget_items_sum_amount": f"{chance.randrange(10**6) / 100:.2f}",
        },
        "createdAt": f"2026-01-{1 + row % 28:02}T13:47:20.118Z",
        "updatedAt": f"2026-02-{1 + row % 28:02}T08:02:11.004Z",
        "businessUnits": [{"id": 0}, {"id": chance.randrange(10**6)}],
        "assets": {
            "MARKETING_EMAIL": {
                "results": [
                    asset(chance, f"Email {number}", OPEN=5000, OPEN_RATE=1, CLICK=900)
                    for number in range(4)
                ],
                "paging": {"next": {"after": "NTA%3D"}},
            },
            "FORM": {
                "results": [
                    asset(chance, f"Form {number}", VIEWS=9000, SUBMISSIONS=300)
                    for number in range(3)
                ]
            },
        },
    }


def asset(chance: random.Random, name: str, **metrics: int) -> Json:
    """Return an asset whose metrics are below these values; a value below 1 is a rate."""
    return {
        "id": str(chance.randrange(10**9, 10**11)),
        "name": name,
        "metrics": {
            key: round(chance.random(), 4) if below == 1 else chance.randrange(below)
            for key, below in metrics.items()
        },
    }


def workflow_id_mapping(chance: random.Random, row: int) -> Json:
    """Return the two ids of a workflow."""
    return {"flowId": 1_600_000_000 + 13 * row, "workflowId": chance.randrange(10**7, 10**9)}
