"""A copy of associations in SQLite, which is kept up to date.

    python examples/mirror.py crm.sqlite --add contacts.txt
    python examples/mirror.py crm.sqlite --older-than 24

The first command adds contacts and reads their companies. The second reads the contacts again that
were last read more than 24 hours ago. However a run ends, the records that it has read are stored,
and the next run reads the contacts that it did not reach.

    select company_id, count(*) from contact_companies group by company_id;
    select id, problem from contacts where problem is not null;

The access token is taken from HUBSPOT_ACCESS_TOKEN.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import httpx

from hubspot_batch_read import ArgumentError, Association, HubSpot, HubSpotError, Missing

TABLES = """
create table if not exists contacts (id text primary key, read_at text, problem text);
create table if not exists contact_companies (contact_id text, company_id text, label text);
create index if not exists companies_of_contacts on contact_companies (contact_id);
"""
STALE = """
select id from contacts where read_at is null or read_at <= datetime('now', ?) order by read_at
"""


def main() -> int:
    """Run the command line, and return the exit code."""
    parser = argparse.ArgumentParser(description="Mirror the companies of contacts in SQLite.")
    parser.add_argument("database", type=Path)
    parser.add_argument("--add", type=Path, metavar="FILE", help="contacts to add: an id per line")
    parser.add_argument("--older-than", type=float, default=24, metavar="HOURS")
    parser.add_argument("--base-url", default="https://api.hubapi.com", help="or a sandbox")
    arguments = parser.parse_args()

    with (
        closing(sqlite3.connect(arguments.database)) as database,
        HubSpot(base_url=arguments.base_url) as hubspot,
    ):
        database.executescript(TABLES)
        if arguments.add:
            add(database, arguments.add.read_text().split())
        try:
            update(database, hubspot, arguments.older_than)
        except (ArgumentError, HubSpotError, httpx.RequestError) as error:
            print(f"stopped early: {error}", file=sys.stderr)
            return 1
    return 0


def add(database: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Add contacts that are not in the database yet."""
    with database:
        database.executemany(
            "insert or ignore into contacts (id) values (?)", ((id_,) for id_ in ids)
        )


def update(database: sqlite3.Connection, hubspot: HubSpot, hours: float) -> None:
    """Read the contacts that were last read longer ago, and those never read."""
    ids = [id_ for (id_,) in database.execute(STALE, [f"-{hours} hours"])]
    contacts = hubspot.read_associations("contacts", "companies", ids, unique_ids=True)
    try:
        for number, contact in enumerate(contacts, start=1):
            store(database, contact)
            if number % 1000 == 0:
                database.commit()
    finally:  # what was read is kept, whatever ended the loop
        for missing in contacts.missing:
            store_missing(database, missing)
        database.commit()
        print(contacts.summary)


def store(database: sqlite3.Connection, contact: Association) -> None:
    """Replace the companies of a contact: a row for each type of association."""
    note(database, contact.from_.id)
    rows = []
    for company in contact.to:
        labels = [kind.label for kind in company.association_types] or [None]
        rows += [(contact.from_.id, company.to_object_id, label) for label in labels]
    database.execute("delete from contact_companies where contact_id = ?", [contact.from_.id])
    database.executemany("insert into contact_companies values (?, ?, ?)", rows)


def store_missing(database: sqlite3.Connection, missing: Missing) -> None:
    """Store why a contact has no record; if it no longer has companies, remove its rows."""
    if missing.reason == "without_associations":
        note(database, missing.id)
        database.execute("delete from contact_companies where contact_id = ?", [missing.id])
    else:
        note(database, missing.id, missing.message or missing.reason)


def note(database: sqlite3.Connection, id_: str, problem: str | None = None) -> None:
    """Store that a contact was read now."""
    database.execute(
        "update contacts set read_at = datetime('now'), problem = ? where id = ?", [problem, id_]
    )


if __name__ == "__main__":
    sys.exit(main())
